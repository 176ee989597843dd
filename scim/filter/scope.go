package filter

import (
	"encoding/json"
	"strconv"
	"time"

	"drawbridge/scim/schema"
)

// Scope is what the attribute names of a filter refer to: the attributes of a resource, or, inside a value path,
// the sub-attributes of one element. It holds the rules of what may be asked, for all who interpret a filter.
type Scope struct {
	rt   *schema.ResourceType
	attr *schema.Attribute
}

// ResourceScope is the scope of a filter over resources of type rt.
func ResourceScope(rt *schema.ResourceType) Scope { return Scope{rt: rt} }

// ElementScope is the scope inside the brackets of a value path on the complex attribute a.
func ElementScope(a *schema.Attribute) Scope { return Scope{attr: a} }

// Folded reports whether strings of a are compared after schema.Fold. Binary never is: base64 is case exact
// (RFC 7643 section 2.3.6).
func Folded(a *schema.Attribute) bool { return isText(a) && a.Type != schema.Binary && !a.CaseExact }

// isText holds for the types that JSON writes as strings and that compare as such.
func isText(a *schema.Attribute) bool {
	return a.Type == schema.String || a.Type == schema.Reference || a.Type == schema.Binary
}

func isNumber(a *schema.Attribute) bool {
	return a.Type == schema.Integer || a.Type == schema.Decimal
}

// Resolve finds what p names. It refuses what does not exist and what a client may never read back, with an *Error.
func (s Scope) Resolve(p AttrPath) (Target, error) {
	t := s.find(p)
	if t.Attr == nil {
		return Target{}, refuse("there is no attribute %s to filter by", shown(p))
	}
	if p.Sub != "" {
		if t.Sub = t.Attr.Sub(p.Sub); t.Sub == nil {
			return Target{}, refuse("%s has no sub-attribute %s", t.Attr.Name, shown(AttrPath{Name: p.Sub}))
		}
		if t.Sub.Type == schema.Complex || t.Sub.MultiValued {
			return Target{}, refuse("%s.%s cannot be filtered by: it is not a single simple value", t.Attr.Name, t.Sub.Name)
		}
	}
	if secret(t.Attr) || secret(t.Leaf()) {
		return Target{}, refuse("%s is never returned and cannot be filtered by", t.Attr.Name)
	}
	return t, nil
}

// shown is p for an error message, whatever its length.
func shown(p AttrPath) string {
	const most = 100
	if s := p.String(); len(s) > most {
		return s[:most] + "..."
	}
	return p.String()
}

func (s Scope) find(p AttrPath) Target {
	if s.attr != nil {
		if p.URN != "" {
			return Target{}
		}
		if a := s.attr.Sub(p.Name); a != nil && !a.MultiValued && a.Type != schema.Complex {
			return Target{Attr: a}
		}
		return Target{}
	}
	if a := s.rt.Attribute(p.URN, p.Name); a != nil {
		if x := s.rt.Extension(p.URN); x != nil {
			return Target{URN: x.ID, Attr: a}
		}
		return Target{Attr: a}
	}
	if p.URN != "" {
		return Target{}
	}
	// RFC 7644 section 3.10 wants extensions qualified. Entra ID asks for `manager eq "..."` all the same.
	for _, x := range s.rt.Extensions {
		if a := s.rt.Attribute(x.ID, p.Name); a != nil {
			return Target{URN: x.ID, Attr: a}
		}
	}
	return Target{}
}

func secret(a *schema.Attribute) bool {
	return a.Returned == schema.Never || a.Mutability == schema.WriteOnly
}

// Bind resolves a comparison: a complex attribute stands for its sub-attribute value (RFC 7644 section
// 3.4.2.2), and the literal takes the attribute's type: bool, float64, time.Time, or a string, folded where
// Folded says so. A nil literal, JSON null, asks whether the attribute as written is absent (eq) or present (ne).
func (s Scope) Bind(x *Compare) (Target, any, error) {
	t, err := s.Resolve(x.Path)
	if err != nil {
		return Target{}, nil, err
	}
	if x.Value == nil {
		if x.Op != Eq && x.Op != Ne {
			return Target{}, nil, refuse("%s null has no meaning: use eq, ne or pr", x.Op)
		}
		return t, nil, nil
	}
	if t.Leaf().Type == schema.Complex {
		if t.Sub = t.Attr.Sub("value"); t.Sub == nil || t.Sub.MultiValued || secret(t.Sub) {
			return Target{}, nil, refuse("%s has parts: name one of its sub-attributes", t.Attr.Name)
		}
	}
	literal, err := bindLiteral(t.Leaf(), x.Op, x.Value)
	return t, literal, err
}

func bindLiteral(a *schema.Attribute, op Op, v any) (any, error) {
	if !allowed(a, op) {
		return nil, refuse("%s is of type %s, which %s does not compare", a.Name, a.Type, op)
	}
	switch s, quoted := v.(string); {
	case quoted && isText(a):
		if Folded(a) {
			s = schema.Fold(s)
		}
		return s, nil
	case quoted && a.Type == schema.DateTime:
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return nil, refuse("%s is compared with a dateTime as in \"2011-05-13T04:42:34Z\"", a.Name)
		}
		return t.UTC(), nil
	case a.Type == schema.Boolean:
		if b, ok := boolLiteral(v); ok {
			return b, nil
		}
		return nil, refuse("%s is compared with true or false", a.Name)
	case isNumber(a):
		if n, ok := v.(json.Number); ok {
			f, err := strconv.ParseFloat(n.String(), 64)
			if err != nil {
				return nil, refuse("%s is compared with a number of double precision", a.Name)
			}
			return f, nil
		}
		return nil, refuse("%s is compared with a number", a.Name)
	}
	return nil, refuse("%s is compared with a string in double quotes", a.Name)
}

// allowed follows RFC 7644 table 3: no order among booleans and binaries, and substrings of strings only.
func allowed(a *schema.Attribute, op Op) bool {
	switch op {
	case Eq, Ne:
		return true
	case Co, Sw, Ew:
		return isText(a)
	default:
		return a.Type != schema.Boolean && a.Type != schema.Binary
	}
}

// boolLiteral takes the strings that Entra ID sends for booleans as well.
func boolLiteral(v any) (value, ok bool) {
	switch v {
	case true, "true", "True":
		return true, true
	case false, "false", "False":
		return false, true
	}
	return false, false
}
