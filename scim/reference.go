package scim

import (
	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// MaxWriteReferences is how many references the answer to a write shows unless the client asked for them: a change of one
// member should not send a hundred thousand back.
const MaxWriteReferences = 1000

// linked is how a view shows the linked attribute; the zero value does not.
type linked struct {
	attr                      *schema.Attribute // nil when the answer does not show it
	asked                     bool              // by name
	endpoint                  string            // of the type that it links to
	value, ref, kind, display bool              // the sub-attributes to show
}

// linkedIn is how a selection shows the linked attribute of a type.
func (s *Server) linkedIn(rt *schema.ResourceType, sel *selection) linked {
	a := rt.Linked()
	if a == nil {
		return linked{}
	}
	l := linked{
		attr: a, asked: sel.asks(a), endpoint: s.endpointOf(a.LinksTo),
		value: sel.shows(a, "value"), ref: sel.shows(a, "$ref"), kind: sel.shows(a, "type"), display: sel.shows(a, "display"),
	}
	if !l.value && !l.ref && !l.kind && !l.display {
		return linked{}
	}
	return l
}

func (s *Server) endpointOf(typeID string) string {
	for _, rt := range s.types {
		if rt.ID == typeID {
			return rt.Endpoint
		}
	}
	return "/" + typeID + "s"
}

// references is how many references to ask the backend for, of which an answer shows limit unless the client asked for the
// attribute by name.
func (v view) references(limit int) int {
	switch {
	case v.linked.attr == nil:
		return 0
	case v.linked.asked:
		return All
	}
	return limit
}

// append renders references as a member of the resource, behind other members; nothing when there are none (RFC 7643
// section 2.5).
func (l linked) append(b []byte, base string, refs []Reference) []byte {
	if l.attr == nil || len(refs) == 0 {
		return b
	}
	b = appendString(append(b, ','), l.attr.Name)
	b = append(b, ":["...)
	start := appendString(nil, base+l.endpoint+"/")
	start = start[:len(start)-1]
	var kind []byte
	if sub := l.attr.Sub("type"); l.kind && sub != nil && len(sub.CanonicalValues) > 0 {
		kind = appendString(nil, sub.CanonicalValues[0])
	}
	for i, ref := range refs {
		if i > 0 {
			b = append(b, ',')
		}
		b = l.appendOne(b, ref, start, kind)
	}
	return append(b, ']')
}

// appendOne renders an element; start is the quoted beginning of its $ref, kind its quoted type.
func (l linked) appendOne(b []byte, ref Reference, start, kind []byte) []byte {
	b = append(b, '{')
	empty := len(b)
	if l.value {
		b = appendString(append(b, `"value":`...), ref.ID)
		b = append(b, ',')
	}
	if l.ref {
		b = append(append(b, `"$ref":`...), start...)
		quote := len(b)
		b = appendString(b, ref.ID)
		b = append(b[:quote], b[quote+1:]...)
		b = append(b, ',')
	}
	if kind != nil {
		b = append(append(b, `"type":`...), kind...)
		b = append(b, ',')
	}
	if l.display && ref.Display != "" {
		b = appendString(append(b, `"display":`...), ref.Display)
		b = append(b, ',')
	}
	if len(b) > empty {
		b = b[:len(b)-1]
	}
	return append(b, '}')
}

// takeLinks takes the linked attribute out of the body of a POST or PUT. Without it nothing changes: Okta and Entra send
// groups without their members. Null and an empty list are nobody. A read-only one is for Validate to leave out.
func takeLinks(rt *schema.ResourceType, body map[string]any) ([]patch.LinkChange, error) {
	a := rt.Linked()
	if a == nil || a.Mutability == schema.ReadOnly {
		return nil, nil
	}
	found := ""
	for key := range body {
		if rt.Attribute("", key) != a {
			continue
		}
		if found != "" {
			return nil, InvalidSyntax(a.Name + ": given more than once, in different case")
		}
		found = key
	}
	if found == "" {
		return nil, nil
	}
	ids, err := patch.LinkIDs(a, body[found])
	if err != nil {
		return nil, err
	}
	delete(body, found)
	return []patch.LinkChange{{Op: patch.Relink, IDs: ids}}, nil
}
