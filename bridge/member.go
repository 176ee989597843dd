package bridge

import (
	"slices"

	"drawbridge/scim/filter"
	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// membership is what the changes so far make of the members of a group, without a look at the members themselves.
type membership struct {
	reset bool            // the members there were are out
	says  map[string]bool // what was said last of a user: in or out
	live  map[string]bool // who was put in at any time
}

// memberChange adds up the changes of one request. members lists those the group has; it is called only if a change selects
// among them.
func memberChange(attr *schema.Attribute, links []patch.LinkChange, members func() ([]Reference, error)) (MemberChange, error) {
	m := membership{says: map[string]bool{}, live: map[string]bool{}}
	for _, l := range links {
		if l.Op == patch.Unlink && l.Where != nil {
			if err := m.removeWhere(attr, l.Where, members); err != nil {
				return MemberChange{}, err
			}
			continue
		}
		m.apply(l)
	}
	return m.change(), nil
}

func (m *membership) apply(l patch.LinkChange) {
	switch {
	case l.Op == patch.Relink, l.Op == patch.Unlink && len(l.IDs) == 0:
		m.reset = true
		clear(m.says)
	}
	for _, id := range l.IDs {
		m.says[id] = l.Op != patch.Unlink
		if m.says[id] {
			m.live[id] = true
		}
	}
}

// removeWhere takes out the members whose element the filter selects.
func (m *membership) removeWhere(attr *schema.Attribute, where filter.Expr, members func() ([]Reference, error)) error {
	match, err := filter.ElementMatcher(where, attr)
	if err != nil {
		return err
	}
	list, err := members()
	if err != nil {
		return err
	}
	names := make(map[string]string, len(list))
	for _, r := range list {
		names[r.ID] = r.Display
		if _, said := m.says[r.ID]; !said && !m.reset && match(element(r)) {
			m.says[r.ID] = false
		}
	}
	for id, in := range m.says {
		if in && match(element(Reference{ID: id, Display: names[id]})) {
			m.says[id] = false
		}
	}
	return nil
}

// element is a member as filters see it.
func element(r Reference) map[string]any {
	e := map[string]any{"value": r.ID, "type": "User", "$ref": "/Users/" + r.ID}
	if r.Display != "" {
		e["display"] = r.Display
	}
	return e
}

func (m *membership) change() MemberChange {
	c := MemberChange{Reset: m.reset}
	for id, in := range m.says {
		switch {
		case in:
			c.Add = append(c.Add, id)
		case !m.reset:
			c.Remove = append(c.Remove, id)
		}
	}
	for id := range m.live {
		c.Live = append(c.Live, id)
	}
	slices.Sort(c.Add) // in one order for all, so that no two writes wait for each other
	slices.Sort(c.Remove)
	slices.Sort(c.Live)
	return c
}
