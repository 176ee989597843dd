package store

import (
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// linked reports whether the values of an attribute are other resources, which group_members knows.
func linked(t filter.Target) bool { return t.URN == "" && t.Attr.LinksTo != "" }

// Of a group, the members; m is a row of group_members and v is the user.
const (
	membersFrom = `u.id IN (SELECT m.group_id FROM group_members m JOIN users v ON v.customer_id = m.customer_id AND v.id = m.user_id AND NOT v.deleted WHERE m.customer_id = `
	groupsFrom  = `u.id IN (SELECT m.user_id FROM group_members m JOIN groups v ON v.customer_id = m.customer_id AND v.id = m.group_id WHERE m.customer_id = `
)

// linkPlace is a row of group_members with the resource at its other end, as the element of a linked attribute.
func (c *filterCompiler) linkPlace(a *schema.Attribute) place {
	value, display, kind := "m.user_id", memberName(c.dialect, "v.folded", "v.user_name_key"), schema.Fold(schema.User().ID)
	if a.LinksTo == schema.Group().ID {
		value, display, kind = "m.group_id", "v.name_key", "direct"
	}
	columns := func(t filter.Target) (column, bool, error) {
		switch t.Attr.Name {
		case "value":
			return column{expr: value}, true, nil
		case "display":
			return column{expr: display}, true, nil
		case "type":
			return column{expr: sqlString(kind)}, true, nil
		}
		return column{}, false, unsupported("%s.%s cannot be filtered by; use %[1]s.value", a.Name, t.Attr.Name)
	}
	return place{scope: filter.ElementScope(a), columns: columns}
}

// memberName is how a member is called: by the displayName in its document, else by its userName.
func memberName(d dialect, doc, otherwise string) string {
	name := jsonRef{dialect: d, doc: doc, path: "$"}
	if d == postgres {
		name.doc += "::jsonb"
	}
	name = name.member("", "displayName")
	return "COALESCE(NULLIF(CASE WHEN " + name.isString() + " THEN " + name.text() + " END, ''), " + otherwise + ")"
}

// someLinked is true if the condition holds of one of the values. The values are looked up the other way round, so that an
// index finds the resources of one value, however many resources there are.
func (c *filterCompiler) someLinked(a *schema.Attribute, condition func(place) (string, error)) (string, error) {
	from := membersFrom
	if a.LinksTo == schema.Group().ID {
		from = groupsFrom
	}
	from += c.bind(c.customerID)
	s, err := condition(c.linkPlace(a))
	return from + " AND " + s + ")", err
}

func (c *filterCompiler) compareLinked(t filter.Target, op filter.Op, literal any) (string, error) {
	some, err := c.someLinked(t.Attr, func(at place) (string, error) {
		col, _, err := at.columns(filter.Target{Attr: t.Sub})
		return c.compareColumn(col, op, literal), err
	})
	if err != nil || op != filter.Ne {
		return some, err
	}
	one, err := c.presentLinked(filter.Target{Attr: t.Attr})
	return "(" + some + " OR " + not(one) + ")", err
}

func (c *filterCompiler) presentLinked(t filter.Target) (string, error) {
	return c.someLinked(t.Attr, func(at place) (string, error) {
		if t.Sub == nil {
			return "TRUE", nil
		}
		_, _, err := at.columns(filter.Target{Attr: t.Sub})
		return "TRUE", err
	})
}

func (c *filterCompiler) bracketsLinked(t filter.Target, x *filter.ValuePath) (string, error) {
	return c.someLinked(t.Attr, func(at place) (string, error) {
		s, err := c.expr(x.Inner, at)
		if err != nil || x.Tail == nil {
			return s, err
		}
		tail, err := c.expr(x.Tail, at)
		return "(" + s + " AND " + tail + ")", err
	})
}
