package schema

// Withheld is an attribute that documents hold and answers do not show by themselves (RFC 7643 section 7, returned).
type Withheld struct {
	URN  string     // of the extension; empty for the core schema
	Attr *Attribute // never nil
	Sub  *Attribute // nil when it is the whole attribute
}

// OnRequest tells whether a client sees it by asking for it; otherwise it never does.
func (w Withheld) OnRequest() bool {
	if w.Sub != nil {
		return w.Sub.Returned == Request
	}
	return w.Attr.Returned == Request
}

// Withheld lists the attributes that are returned on request, and those that are never returned though they are kept.
// What is write-only, such as a password, is never in a document.
func (rt *ResourceType) Withheld() []Withheld { return rt.withheld }

func withheld(rt *ResourceType) []Withheld {
	list := withheldOf("", append(common(), rt.Schema.Attributes...))
	for _, x := range rt.Extensions {
		list = append(list, withheldOf(x.ID, x.Attributes)...)
	}
	return list
}

func withheldOf(urn string, attrs []*Attribute) []Withheld {
	var list []Withheld
	for _, a := range attrs {
		if isWithheld(a) {
			list = append(list, Withheld{URN: urn, Attr: a})
			continue
		}
		for _, sub := range a.SubAttributes {
			if isWithheld(sub) {
				list = append(list, Withheld{URN: urn, Attr: a, Sub: sub})
			}
		}
	}
	return list
}

func isWithheld(a *Attribute) bool {
	return a.Returned == Request || a.Returned == Never && a.Mutability != WriteOnly
}
