package schema

import (
	"maps"
	"slices"
	"strings"
)

// Validate checks a decoded JSON object (numbers as json.Number) as a resource of this type and returns it in
// canonical form: see Attribute.Normalize. Attributes that only the service sets (id, meta, groups), those it never
// keeps (password) and the linked one, whose values are no part of the document, are left out; so are attributes and URNs that the schemas do not know, whose names are
// returned for counting: they are the client's own text, without bound. schemas is computed from the data that is
// there, because clients name extensions they send no data of, and the other way round.
//
// canonicalValues are not enforced: they are suggestions (RFC 7643 section 7), and clients send others. Errors are
// *Error of type invalidSyntax or invalidValue. in is not modified.
func (rt *ResourceType) Validate(in map[string]any) (map[string]any, []string, error) {
	var n normalizer
	out := make(map[string]any, len(in)+1)
	if f := rt.fill(&n, out, in); f != nil {
		return nil, nil, f.err()
	}
	for _, a := range rt.Schema.Attributes {
		if a.Required && isBlank(out[a.Name]) {
			return nil, nil, wrong(a, "required; send "+expected(a)+" that is not empty").err()
		}
	}
	schemas := []any{rt.Schema.ID}
	for _, x := range rt.Extensions {
		if out[x.ID] != nil {
			schemas = append(schemas, x.ID)
		}
	}
	out["schemas"] = schemas
	return out, n.dropped, nil
}

func isBlank(v any) bool {
	s, isString := v.(string)
	return v == nil || isString && strings.TrimSpace(s) == ""
}

func (rt *ResourceType) fill(n *normalizer, out, in map[string]any) *fault {
	for _, key := range sortedKeys(in) {
		a := rt.Attribute("", key)
		if a == nil {
			if f := rt.fillExtension(n, out, in, key); f != nil {
				return f
			}
			continue
		}
		if f := n.member(out, in, a, key); f != nil {
			return f
		}
	}
	return nil
}

// member normalizes one attribute of a resource or of an extension.
func (n *normalizer) member(out, in map[string]any, a *Attribute, key string) *fault {
	if f := clash(in, a.Name, key); f != nil {
		return f
	}
	if a.Name == "schemas" {
		return checkSchemas(a, in[key])
	}
	if a.Mutability == ReadOnly || a.Mutability == WriteOnly || a.LinksTo != "" {
		return nil
	}
	v, f := n.value(a, in[key])
	if f != nil {
		return f
	}
	if v != nil {
		out[a.Name] = v
	}
	return nil
}

func checkSchemas(a *Attribute, in any) *fault {
	if in == nil {
		return nil
	}
	list, ok := in.([]any)
	for _, urn := range list {
		if _, isString := urn.(string); !isString {
			ok = false
		}
	}
	if !ok {
		return wrong(a, "expected a list of strings")
	}
	return nil
}

func (rt *ResourceType) fillExtension(n *normalizer, out, in map[string]any, key string) *fault {
	x := rt.Extension(key)
	if x == nil {
		n.dropped = append(n.dropped, key)
		return nil
	}
	if f := clash(in, x.ID, key); f != nil {
		return f
	}
	if unassigned(in[key]) {
		return nil
	}
	data, ok := in[key].(map[string]any)
	if !ok {
		return &fault{kind: InvalidValue, path: x.ID, message: "expected an object"}
	}
	part := make(map[string]any, len(data))
	for _, name := range sortedKeys(data) {
		a := rt.Attribute(x.ID, name)
		if a == nil {
			n.dropped = append(n.dropped, x.ID+":"+name)
			continue
		}
		if f := n.member(part, data, a, name); f != nil {
			return f.within(x.ID, ":")
		}
	}
	if len(part) > 0 {
		out[x.ID] = part
	}
	return nil
}

// Keep completes a validated resource that takes the place of current: an attribute with a default that next lacks
// keeps its current value, and gets its default where there is none (current is nil when a resource is created).
// So a PUT without active neither takes access away nor gives it back.
func (rt *ResourceType) Keep(next, current map[string]any) {
	for _, a := range rt.Schema.Attributes {
		if a.Default == nil || next[a.Name] != nil {
			continue
		}
		next[a.Name] = a.Default
		if v := current[a.Name]; v != nil {
			next[a.Name] = v
		}
	}
}

// sortedKeys makes the first error, and so the answer, the same for the same input.
func sortedKeys(m map[string]any) []string {
	keys := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	return keys
}
