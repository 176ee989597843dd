package store

import "drawbridge/scim/filter"

// mailLength is how many characters of an address users.mail holds.
const mailLength = 320

// byMail is a condition, true of every row the filter selects, that an index answers: for a filter that demands an e-mail
// address, as Entra ID's emails[type eq "work"].value eq "x" does. Users with several addresses are all looked at. Empty where
// the filter demands none.
func (c *filterCompiler) byMail(x filter.Expr, row place) string {
	address, ok := mailOf(x, row)
	if !ok {
		return ""
	}
	if short := []rune(address); len(short) > mailLength {
		address = string(short[:mailLength])
	}
	return "(u.mail = " + c.bind(address) + " OR u.mail = '') AND "
}

// mailOf finds an address that is demanded of the user, folded.
func mailOf(x filter.Expr, row place) (address string, ok bool) {
	switch x := x.(type) {
	case *filter.Logical:
		if x.Or {
			return "", false
		}
		if address, ok = mailOf(x.Left, row); !ok {
			address, ok = mailOf(x.Right, row)
		}
		return address, ok
	case *filter.Compare:
		t, literal, err := row.scope.Bind(x)
		if err != nil || x.Op != filter.Eq || t.Attr.Name != "emails" || t.Sub == nil || t.Sub.Name != "value" {
			return "", false
		}
		address, ok = literal.(string)
		return address, ok
	case *filter.ValuePath:
		t, element, err := row.scope.Elements(x)
		if err != nil || t.Attr.Name != "emails" {
			return "", false
		}
		if address, ok = valueOf(x.Inner, element); !ok {
			address, ok = valueOf(x.Tail, element)
		}
		return address, ok
	}
	return "", false
}

// valueOf finds a value that is demanded of an element.
func valueOf(x filter.Expr, element filter.Scope) (value string, ok bool) {
	switch x := x.(type) {
	case *filter.Logical:
		if x.Or {
			return "", false
		}
		if value, ok = valueOf(x.Left, element); !ok {
			value, ok = valueOf(x.Right, element)
		}
		return value, ok
	case *filter.Compare:
		t, literal, err := element.Bind(x)
		if err != nil || x.Op != filter.Eq || t.Attr.Name != "value" {
			return "", false
		}
		value, ok = literal.(string)
		return value, ok
	}
	return "", false
}
