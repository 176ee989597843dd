package scim

import (
	"strings"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// sort reads sortBy and sortOrder (RFC 7644 section 3.4.2.3); nil when the client asked for no order. The RFC does not say
// what an attribute that there is not means. It is refused, because an order that is silently another one is a trap for
// those who page by it; sortOrder alone has nothing to order and is ignored, as the RFC says.
func (p params) sort(types []*schema.ResourceType) (*Sort, error) {
	if p.sortBy == nil || strings.TrimSpace(*p.sortBy) == "" {
		return nil, nil
	}
	if len(types) != 1 {
		return nil, InvalidValue("sortBy: resources of several types have no common order; ask the endpoint of one type")
	}
	by, err := sortTarget(types[0], *p.sortBy)
	if err != nil {
		return nil, err
	}
	s := &Sort{By: by}
	if p.sortOrder == nil {
		return s, nil
	}
	switch strings.ToLower(*p.sortOrder) {
	case "", "ascending":
	case "descending":
		s.Descending = true
	default:
		return nil, InvalidValue("sortOrder: expected ascending or descending")
	}
	return s, nil
}

// sortTarget finds an attribute to sort by. A complex one stands for its value, as in a filter.
func sortTarget(rt *schema.ResourceType, text string) (filter.Target, error) {
	unknown := InvalidValue("sortBy: expected the path of an attribute of " + rt.ID)
	path, err := filter.ParsePath(text, rt.URNs()...)
	if err != nil || path.Filter != nil || path.Attr.Name == "" {
		return filter.Target{}, unknown
	}
	t, err := filter.ResourceScope(rt).Resolve(path.Attr)
	if err != nil {
		return filter.Target{}, unknown
	}
	if t.Attr.LinksTo != "" {
		return filter.Target{}, InvalidValue("sortBy: " + t.Attr.Name + " has no order")
	}
	if t.Leaf().Type == schema.Complex {
		if t.Sub = t.Attr.Sub("value"); t.Sub == nil {
			return filter.Target{}, InvalidValue("sortBy: " + t.Attr.Name + " has parts; name one of them")
		}
	}
	return t, nil
}
