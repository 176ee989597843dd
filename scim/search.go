package scim

import (
	"encoding/json"
	"math"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// list is GET on the endpoint of a type, or on that of the service for all types (RFC 7644 section 3.4.2).
func (s *Server) list(types ...*schema.ResourceType) handler {
	return func(c *call) error {
		p, err := parseParams(c.r.URL.RawQuery)
		if err != nil {
			return err
		}
		return s.search(c, p, types)
	}
}

// find is POST on .search (section 3.4.3): the same in a body, so that what is looked for stays out of URLs.
func (s *Server) find(types ...*schema.ResourceType) handler {
	return func(c *call) error {
		body, err := s.readObject(c, plainBody())
		if err != nil {
			return err
		}
		p, err := searchRequest(body)
		if err != nil {
			return err
		}
		return s.search(c, p, types)
	}
}

// searchRequest reads the body of .search. Keys are taken in any case, null means absent, and what is not known is ignored.
func searchRequest(body map[string]any) (params, error) {
	members, bad := lowerKeys(body)
	if bad != nil {
		return params{}, bad
	}
	var p params
	for name, v := range members {
		single, list := p.place(name)
		var err error
		switch {
		case v == nil:
		case list != nil:
			*list, err = stringsOf(name, v)
		case single != nil:
			*single, err = singleOf(name, v)
		}
		if err != nil {
			return params{}, err
		}
	}
	return p, nil
}

func stringsOf(name string, v any) ([]string, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, InvalidSyntax(name + ": expected a list of strings")
	}
	var list []string // empty means absent (RFC 7643 section 2.5)
	for _, item := range items {
		text, ok := item.(string)
		if !ok {
			return nil, InvalidSyntax(name + ": expected a list of strings")
		}
		list = append(list, text)
	}
	return list, nil
}

func singleOf(name string, v any) (*string, error) {
	if name == "startindex" || name == "count" {
		n, ok := v.(json.Number)
		if !ok {
			return nil, InvalidSyntax(name + ": expected an integer")
		}
		text := n.String()
		return &text, nil
	}
	text, ok := v.(string)
	if !ok {
		return nil, InvalidSyntax(name + ": expected a string")
	}
	if len(text) > filter.MaxBytes {
		return nil, tooLong(name)
	}
	return &text, nil
}

// search is a query over one type or several, whose resources follow each other in the order of the types.
type search struct {
	filter filter.Expr // as it was sent; nil for none
	sort   *Sort
	start  int      // 1-based; 0 when paging by cursor
	at     position // when paging by cursor
	count  int      // resources on the page
	parts  []part
}

// part is what a search is for one type.
type part struct {
	view   view
	filter filter.Expr
	empty  bool // the filter selects nothing of this type
	page   Page
}

func (s *Server) search(c *call, p params, types []*schema.ResourceType) error {
	q := search{start: 1, count: DefaultPage}
	var err error
	if q.sort, err = p.sort(types); err != nil {
		return err
	}
	if err := q.take(p, types); err != nil {
		return err
	}
	for i, rt := range types {
		q.parts[i].view = s.viewOf(c, rt, p)
	}
	if err := q.page(p); err != nil {
		return err
	}
	l, err := q.run(c)
	if err != nil {
		return settled{err}
	}
	return s.writeList(c, l)
}

// take reads the filter, for each of the types.
func (q *search) take(p params, types []*schema.ResourceType) error {
	q.parts = make([]part, len(types))
	if p.filter == nil {
		return nil
	}
	var err error
	if q.filter, err = filter.Parse(*p.filter); err != nil {
		return err
	}
	if len(types) == 1 {
		q.parts[0].filter = q.filter
		return filter.Check(q.filter, types[0])
	}
	for i, rt := range types {
		x, v, err := narrow(q.filter, rt, types)
		if err != nil {
			return err
		}
		q.parts[i].filter, q.parts[i].empty = x, v == never
	}
	return nil
}

// page reads where the page begins and how long it is.
func (q *search) page(p params) (err error) {
	if p.cursor != nil {
		return q.pageByCursor(p)
	}
	if p.startIndex != nil {
		if q.start, err = clamped("startIndex", *p.startIndex, 1, math.MaxInt32); err != nil {
			return err
		}
	}
	if p.count != nil {
		q.count, err = clamped("count", *p.count, 0, MaxPage)
	}
	return err
}

func (q *search) pageByCursor(p params) (err error) {
	if p.startIndex != nil {
		return InvalidValue("startIndex: send it or cursor, not both")
	}
	q.start = 0
	if p.count != nil {
		if q.count, err = cursorCount(*p.count); err != nil {
			return err
		}
	}
	q.at, err = decodePosition(*p.cursor, q.signature(), len(q.parts))
	return err
}

// run asks for the parts in turn, each for what is left of the page; for those before and behind the page, for the total
// alone.
func (q *search) run(c *call) (list, error) {
	l := list{start: q.start, parts: q.parts}
	skip, room := max(q.start-1, 0), q.count
	asked := false
	var next *position // the place behind the page
	for i := range q.parts {
		p := &q.parts[i]
		if p.empty {
			continue
		}
		ask := q.ask(i, skip, room)
		var err error
		if p.page, err = c.tenant.Backend.Query(c.ctx(), p.view.rt, ask); err != nil {
			return list{}, err
		}
		asked = true
		l.total += p.page.Total
		skip = max(skip-p.page.Total, 0)
		room -= len(p.page.Resources)
		if next == nil && i >= q.at.part {
			if next = p.behind(i, ask); next != nil {
				room = 0
			}
		}
	}
	if q.start == 0 && next != nil {
		l.next = next.encode(q.signature())
	}
	if !asked {
		return l, c.tenant.Live(c.ctx())
	}
	return l, nil
}

// ask is the query for part i when skip resources come before the page, and room are left on it.
func (q *search) ask(i, skip, room int) Query {
	p := q.parts[i]
	ask := Query{Filter: p.filter, Sort: q.sort, StartIndex: skip + 1, Count: room, References: p.view.references(All)}
	if i < q.at.part {
		ask.Count = 0
	}
	if i == q.at.part {
		ask.After = q.at.after
	}
	return ask
}

// behind is where the next page begins if it begins in part i; nil if the part is over. A page may be shorter than asked for.
func (p *part) behind(i int, ask Query) *position {
	n := len(p.page.Resources)
	switch {
	case n > 0 && p.page.More:
		return &position{i, p.page.Resources[n-1].ID}
	case ask.Count == 0 && p.page.Total > 0:
		return &position{part: i}
	}
	return nil
}
