package scim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"drawbridge/scim/schema"
)

const contentType = "application/scim+json"

// instant is RFC 3339 in the microseconds that stores keep, so that a filter on meta.lastModified with a value
// read from here means the same instant.
const instant = "2006-01-02T15:04:05.000000Z"

// keptBuffer bounds the buffers that wait for the next request, in bytes.
const keptBuffer = 256 << 10

func (s *Server) buffer() *bytes.Buffer {
	buf, _ := s.buffers.Get().(*bytes.Buffer)
	buf.Reset()
	return buf
}

// adopt lets buf keep the memory of b, which began as its AvailableBuffer and may have outgrown it.
func adopt(buf *bytes.Buffer, b []byte) {
	if cap(b) > buf.Cap() {
		*buf = *bytes.NewBuffer(b)
	}
}

func (s *Server) release(buf *bytes.Buffer) {
	if buf.Cap() <= keptBuffer {
		s.buffers.Put(buf)
	}
}

func write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	if h["Content-Type"] == nil { // the client did not ask for another name of it
		h.Set("Content-Type", contentType)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone away cannot be told
}

// view is how resources of a type are shown in one answer.
type view struct {
	rt        *schema.ResourceType
	base      string
	selection *selection // nil shows everything
	linked    linked
}

func (s *Server) viewOf(c *call, rt *schema.ResourceType, p params) view {
	selection := p.selectionOf(rt)
	return view{rt: rt, base: c.base, selection: selection, linked: s.linkedIn(rt, selection)}
}

// writeResource answers with one resource.
func (s *Server) writeResource(c *call, status int, v view, res Resource) error {
	buf := s.buffer()
	defer s.release(buf)
	body, err := v.append(buf.AvailableBuffer(), res)
	if err != nil {
		return err
	}
	place := "Content-Location"
	if status == http.StatusCreated {
		place = "Location"
	}
	c.w.Header().Set(place, v.location(res))
	c.w.Header().Set("ETag", etag(res.Version))
	write(c.w, status, body)
	adopt(buf, body)
	return nil
}

func (v view) location(res Resource) string { return v.base + v.rt.Endpoint + "/" + res.ID }

// append renders a resource. Nothing is decoded unless the client asked for a selection: the stored document is
// spliced between id and meta as it is.
func (v view) append(b []byte, res Resource) ([]byte, error) {
	doc := bytes.TrimSpace(res.Doc)
	if len(doc) < len(`{"":0}`) || doc[0] != '{' || doc[len(doc)-1] != '}' {
		return nil, fmt.Errorf("scim: the document of %s %s is no JSON object with members", v.rt.ID, res.ID)
	}
	if v.selection != nil {
		return v.appendSelected(b, res)
	}
	b = append(b, `{"id":`...)
	b = appendString(b, res.ID)
	b = append(b, ',')
	b = append(b, doc[1:len(doc)-1]...)
	b = v.linked.append(b, v.base, res.References)
	b = append(b, `,"meta":`...)
	b = v.appendMeta(b, res)
	return append(b, '}'), nil
}

func (v view) appendMeta(b []byte, res Resource) []byte {
	b = append(b, `{"resourceType":`...)
	b = appendString(b, v.rt.ID)
	b = append(b, `,"created":"`...)
	b = appendInstant(b, res.Created)
	b = append(b, `","lastModified":"`...)
	b = appendInstant(b, res.Modified)
	b = append(b, `","location":`...)
	b = appendString(b, v.location(res))
	b = append(b, `,"version":"W/\"`...)
	b = strconv.AppendInt(b, res.Version, 10)
	return append(b, `\""}`...)
}

func appendInstant(b []byte, t time.Time) []byte { return t.UTC().AppendFormat(b, instant) }

// appendString appends a JSON string; ids and URLs hardly ever need escapes.
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			if err != nil {
				quoted = []byte(`""`) // a string always marshals
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
