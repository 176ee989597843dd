package schema

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Normalize checks a decoded JSON value against the attribute and returns it in canonical form: canonical
// sub-attribute names, booleans as bool, a multi-valued attribute always as []any, no unassigned parts. It returns
// nil when the value means unassigned: null, an empty list (RFC 7643 section 2.5) or, as identity providers mean
// it, an empty string. in is not modified, and the result may share with it. Errors are *Error of type
// invalidValue or invalidSyntax.
func (a *Attribute) Normalize(in any) (any, error) {
	var n normalizer
	out, f := n.value(a, in)
	if f != nil {
		return nil, f.err()
	}
	return out, nil
}

// Element is Normalize for one element of a multi-valued attribute. It also returns elements that Normalize leaves
// out of a list, those with nothing but type and primary, because they may be meant to be merged into another.
func (a *Attribute) Element(in any) (any, error) {
	var n normalizer
	out, f := n.single(a, in)
	if f != nil {
		return nil, f.err()
	}
	return out, nil
}

// normalizer gathers the names of what it leaves out because the schema does not know it.
type normalizer struct {
	dropped []string
}

func (n *normalizer) value(a *Attribute, in any) (any, *fault) {
	if unassigned(in) {
		if a.Default != nil {
			return nil, wrong(a, "expected "+expected(a)+"; it cannot be unassigned")
		}
		return nil, nil
	}
	if a.MultiValued {
		return n.list(a, in)
	}
	if list, ok := in.([]any); ok && a.Type == Complex && len(list) == 1 {
		in = list[0] // an Entra job sends the manager as a list of one
	}
	return n.single(a, in)
}

func unassigned(in any) bool {
	switch v := in.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

// list takes a single value for a list of one, as some clients send it.
func (n *normalizer) list(a *Attribute, in any) (any, *fault) {
	items, ok := in.([]any)
	if !ok {
		items = []any{in}
	}
	out := make([]any, 0, len(items))
	primaries := 0
	for i, item := range items {
		v, f := n.single(a, item)
		if f != nil {
			f.path = a.Name + "[" + strconv.Itoa(i) + "]" + strings.TrimPrefix(f.path, a.Name)
			return nil, f
		}
		if v == nil || saysNothing(v) {
			continue
		}
		m, _ := v.(map[string]any)
		if m["primary"] == true {
			primaries++
		}
		for _, sub := range a.SubAttributes {
			if sub.Required && m[sub.Name] == nil {
				return nil, wrong(a, "every value needs "+sub.Name)
			}
		}
		out = append(out, v)
	}
	if primaries > 1 {
		return nil, wrong(a, "at most one value may be primary")
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// saysNothing reports whether an element of a multi-valued attribute is left with nothing but its labels, as when
// a client clears emails[type eq "work"].value.
func saysNothing(v any) bool {
	m, ok := v.(map[string]any)
	if !ok {
		return false
	}
	for name := range m {
		if name != "type" && name != "primary" {
			return false
		}
	}
	return true
}

func (n *normalizer) single(a *Attribute, in any) (any, *fault) {
	if unassigned(in) {
		return nil, nil
	}
	if a.Type == Complex {
		return n.complex(a, in)
	}
	return simple(a, in)
}

// complex takes a bare string for the value sub-attribute: Entra sends the manager so, WSO2 e-mail addresses.
func (n *normalizer) complex(a *Attribute, in any) (any, *fault) {
	m, ok := in.(map[string]any)
	if s, bare := in.(string); bare && a.Sub("value") != nil {
		m, ok = map[string]any{"value": s}, true
	}
	if !ok {
		return nil, wrong(a, "expected "+expected(a))
	}
	if isCanonical(a, m) {
		return m, nil
	}
	out := make(map[string]any, len(m))
	for _, name := range sortedKeys(m) {
		sub := a.Sub(name)
		if sub == nil {
			n.dropped = append(n.dropped, a.Name+"."+name)
			continue
		}
		if f := clash(m, sub.Name, name); f != nil {
			return nil, f.within(a.Name, ".")
		}
		if sub.Mutability == ReadOnly || sub.Mutability == WriteOnly {
			continue
		}
		v, f := n.value(sub, m[name])
		if f != nil {
			return nil, f.within(a.Name, ".")
		}
		if v != nil {
			out[sub.Name] = v
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// isCanonical reports whether an element of plain strings is as complex would return it. Lists of a hundred thousand
// members consist of such elements, and copying them would cost more than all else.
func isCanonical(a *Attribute, m map[string]any) bool {
	for name, v := range m {
		s, isString := v.(string)
		sub := a.Sub(name)
		if !isString || s == "" || sub == nil || sub.Name != name || sub.MultiValued || sub.Type != String {
			return false
		}
		if sub.Mutability == ReadOnly || sub.Mutability == WriteOnly {
			return false
		}
		if _, f := simple(sub, s); f != nil {
			return false
		}
	}
	return len(m) > 0
}

// clash refuses a second key for the same attribute: which one counts would be a guess. Of two spellings one is
// not the canonical name, so it is enough to look when key is not.
func clash(m map[string]any, name, key string) *fault {
	if key == name {
		return nil
	}
	for other := range m {
		if other != key && equalName(other, key) {
			return &fault{kind: InvalidSyntax, path: name, message: "given more than once, in different case"}
		}
	}
	return nil
}

func simple(a *Attribute, in any) (any, *fault) {
	switch a.Type {
	case Boolean:
		return boolean(a, in)
	case Integer, Decimal:
		return number(a, in)
	}
	s, ok := in.(string)
	if !ok {
		return nil, wrong(a, "expected "+expected(a))
	}
	switch {
	case strings.IndexByte(s, 0) >= 0:
		return nil, wrong(a, "holds the character U+0000, which cannot be stored")
	case a.MaxBytes > 0 && len(s) > a.MaxBytes:
		return nil, wrong(a, "longer than "+strconv.Itoa(a.MaxBytes)+" bytes")
	case a.Type == DateTime && !isDateTime(s), a.Type == Binary && !isBase64(s):
		return nil, wrong(a, "expected "+expected(a))
	}
	return s, nil
}

// boolean also takes the strings that Entra ID sends: "True", "False", in any case.
func boolean(a *Attribute, in any) (any, *fault) {
	switch v := in.(type) {
	case bool:
		return v, nil
	case string:
		if equalName(v, "true") {
			return true, nil
		}
		if equalName(v, "false") {
			return false, nil
		}
	}
	return nil, wrong(a, "expected "+expected(a))
}

func number(a *Attribute, in any) (any, *fault) {
	v, ok := in.(json.Number)
	if ok && a.Type == Integer {
		_, err := v.Int64()
		ok = err == nil
	}
	if ok && a.Type == Decimal {
		_, err := v.Float64()
		ok = err == nil
	}
	if !ok {
		return nil, wrong(a, "expected "+expected(a))
	}
	return v, nil
}

func isDateTime(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// isBase64 takes either alphabet of RFC 4648, with or without padding and line breaks.
func isBase64(s string) bool {
	body := strings.TrimRight(s, "=\r\n")
	for i := 0; i < len(body); i++ {
		c := body[i]
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case c == '+', c == '/', c == '-', c == '_', c == '\r', c == '\n':
		default:
			return false
		}
	}
	return true
}

// expected says what a value of the attribute, or one element of it, has to be.
func expected(a *Attribute) string {
	switch a.Type {
	case Boolean:
		return "true or false"
	case Integer:
		return "an integer"
	case Decimal:
		return "a number"
	case DateTime:
		return "a date and time as in RFC 3339"
	case Binary:
		return "a string in base64"
	case Complex:
		return "an object"
	}
	return "a string"
}
