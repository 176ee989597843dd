package scim

import (
	"net/http"
	"strconv"
)

// list is what a query answers with (RFC 7644 section 3.4.2): the resources of each part, in order.
type list struct {
	total int
	start int    // 1-based place of the first resource; 0, when paging by cursor, is not shown
	next  string // the cursor of the next page; empty when there is none
	parts []part
}

// writeList always shows Resources, though empty: clients look for it.
func (s *Server) writeList(c *call, l list) error {
	buf := s.buffer()
	defer s.release(buf)
	b := buf.AvailableBuffer()
	b = append(b, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":`...)
	b = strconv.AppendInt(b, int64(l.total), 10)
	if l.start > 0 {
		b = append(b, `,"startIndex":`...)
		b = strconv.AppendInt(b, int64(l.start), 10)
	}
	items := 0
	for _, p := range l.parts {
		items += len(p.page.Resources)
	}
	b = append(b, `,"itemsPerPage":`...)
	b = strconv.AppendInt(b, int64(items), 10)
	if l.next != "" {
		b = append(b, `,"nextCursor":`...)
		b = appendString(b, l.next)
	}
	b = append(b, `,"Resources":[`...)
	b, err := l.appendResources(b)
	if err != nil {
		return err
	}
	b = append(b, "]}"...)
	write(c.w, http.StatusOK, b)
	adopt(buf, b)
	return nil
}

func (l list) appendResources(b []byte) ([]byte, error) {
	first := true
	for _, p := range l.parts {
		for _, res := range p.page.Resources {
			if !first {
				b = append(b, ',')
			}
			first = false
			var err error
			if b, err = p.view.append(b, res); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}
