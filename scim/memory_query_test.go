package scim_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"drawbridge/scim"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

func (m *memory) Query(_ context.Context, rt *schema.ResourceType, q scim.Query) (scim.Page, error) {
	defer m.mu.Unlock()
	if err := m.enter(); err != nil {
		return scim.Page{}, err
	}
	var found []scim.Resource
	for _, res := range *m.table(rt) {
		if q.Filter == nil || filter.Match(q.Filter, rt, m.whole(rt, res)) {
			found = append(found, res)
		}
	}
	if q.Sort != nil {
		slices.SortStableFunc(found, func(a, b scim.Resource) int { return m.order(rt, *q.Sort, a, b) })
	}
	page := scim.Page{Total: len(found)}
	from := min(q.StartIndex-1, len(found))
	if q.After != "" {
		var err error
		if from, err = m.behind(rt, q, found); err != nil {
			return scim.Page{}, err
		}
	}
	count := q.Count
	if m.cut > 0 {
		count = min(count, m.cut)
	}
	to := min(from+count, len(found))
	for _, res := range found[from:to] {
		page.Resources = append(page.Resources, m.shown(rt, res, q.References))
	}
	page.More = to < len(found)
	return page, nil
}

// whole is a resource as a filter sees it.
func (m *memory) whole(rt *schema.ResourceType, res scim.Resource) map[string]any {
	attrs := decoded(res.Doc)
	attrs["id"] = res.ID
	attrs["meta"] = map[string]any{
		"resourceType": rt.ID, "created": res.Created.Format(time.RFC3339Nano), "lastModified": res.Modified.Format(time.RFC3339Nano),
	}
	var list []any
	for _, ref := range m.references(rt, res.ID) {
		list = append(list, map[string]any{"value": ref.ID, "display": ref.Display})
	}
	attrs[rt.Linked().Name] = list
	return attrs
}

// behind is the first place of found behind the resource with the id q.After, there or deleted.
func (m *memory) behind(rt *schema.ResourceType, q scim.Query, found []scim.Resource) (int, error) {
	last, dead := m.graves[q.After]
	if i, err := m.find(rt, q.After); err == nil {
		last = grave{(*m.table(rt))[i], i}
	} else if !dead {
		return 0, scim.ExpiredCursor()
	}
	for i, res := range found {
		at, _ := m.find(rt, res.ID)
		later := cmp.Compare(at, last.at)
		if dead && later == 0 {
			later = 1 // what stood behind it moved up
		}
		if q.Sort != nil {
			if c := m.order(rt, *q.Sort, res, last.Resource); c != 0 {
				later = c
			}
		}
		if later > 0 {
			return i, nil
		}
	}
	return len(found), nil
}

// order puts resources without a value last or, descending, first.
func (m *memory) order(rt *schema.ResourceType, by scim.Sort, a, b scim.Resource) int {
	x, y := m.key(rt, by.By, a), m.key(rt, by.By, b)
	c := 0
	switch {
	case x == nil && y == nil:
	case x == nil:
		c = 1
	case y == nil:
		c = -1
	default:
		c = cmp.Compare(*x, *y)
	}
	if by.Descending {
		return -c
	}
	return c
}

// key is the text of the value to sort by; nil if there is none.
func (m *memory) key(rt *schema.ResourceType, t filter.Target, res scim.Resource) *string {
	attrs := m.whole(rt, res)
	if t.URN != "" {
		attrs, _ = attrs[t.URN].(map[string]any)
	}
	v := attrs[t.Attr.Name]
	if list, ok := v.([]any); ok {
		v = list[0]
		for _, item := range list {
			if e, _ := item.(map[string]any); e["primary"] == true {
				v = item
			}
		}
	}
	if t.Sub != nil {
		parts, _ := v.(map[string]any)
		v = parts[t.Sub.Name]
	}
	if v == nil {
		return nil
	}
	text := fmt.Sprint(v)
	if filter.Folded(t.Leaf()) {
		text = schema.Fold(text)
	}
	return &text
}
