package oktatest

import (
	"net/url"
	"strconv"
)

// limit returns the page size that the call asks for, at most most.
func (c *call) limit(normal, most int) (int, error) {
	raw := c.query.Get("limit")
	if raw == "" {
		return normal, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 1 {
		return 0, errInvalid("limit", "limit: must be a positive number")
	}
	return min(n, most), nil
}

const cursorMark = "c"

// after returns where the page starts; a cursor that was not given by a next link means the beginning.
func (c *call) after() int {
	raw := c.query.Get("after")
	if len(raw) < 2 || raw[:1] != cursorMark {
		return 0
	}
	n, err := strconv.Atoi(raw[1:])
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// linkPages adds the links to this page and to the next, each a header line of its own as Okta sends them.
func (c *call) linkPages(more bool, next int) {
	base := origin(c.r) + c.r.URL.EscapedPath()
	self := base
	if c.r.URL.RawQuery != "" {
		self += "?" + c.query.Encode()
	}
	c.link = append(c.link, "<"+self+`>; rel="self"`)
	if !more {
		return
	}
	q := url.Values{}
	for k, v := range c.query {
		q[k] = v
	}
	q.Set("after", cursorMark+strconv.Itoa(next))
	c.link = append(c.link, "<"+base+"?"+q.Encode()+`>; rel="next"`)
}

// pageOf cuts the page that the call asks for out of a list and adds the links.
func pageOf[T any](c *call, all []T, normal, most int) ([]T, error) {
	limit, err := c.limit(normal, most)
	if err != nil {
		return nil, err
	}
	start := min(c.after(), len(all))
	end := min(start+limit, len(all))
	c.linkPages(end < len(all), end)
	return append([]T{}, all[start:end]...), nil
}
