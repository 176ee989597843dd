package filter

import (
	"encoding/json"
	"iter"

	"drawbridge/scim/schema"
)

// Target is what a path means in a Scope.
type Target struct {
	URN  string            // of the extension, in the schema's spelling; empty for core and common attributes
	Attr *schema.Attribute // never nil
	Sub  *schema.Attribute // nil when the path ends at Attr
}

// Leaf is the attribute the path ends at.
func (t Target) Leaf() *schema.Attribute {
	if t.Sub != nil {
		return t.Sub
	}
	return t.Attr
}

// values yields what the target has to compare: the elements, or their sub-attribute, of a multi-valued
// attribute; otherwise exactly one value, nil when unassigned.
func (t Target) values(m map[string]any) iter.Seq[any] {
	return func(yield func(any) bool) {
		if t.URN != "" {
			m, _ = m[t.URN].(map[string]any)
		}
		v := m[t.Attr.Name]
		if !t.Attr.MultiValued {
			yield(t.sub(v))
			return
		}
		list, _ := v.([]any)
		for _, e := range list {
			if _, object := e.(map[string]any); e == nil || t.Attr.Type == schema.Complex && !object {
				continue
			}
			if !yield(t.sub(e)) {
				return
			}
		}
	}
}

func (t Target) sub(v any) any {
	if t.Sub == nil {
		return v
	}
	m, _ := v.(map[string]any)
	return m[t.Sub.Name]
}

// present is pr: some value is assigned; of a complex one, some sub-attribute.
func (t Target) present(m map[string]any) bool {
	for v := range t.values(m) {
		if t.Leaf().Type != schema.Complex {
			if isScalar(v) {
				return true
			}
			continue
		}
		parts, _ := v.(map[string]any)
		for _, part := range parts {
			if isScalar(part) {
				return true
			}
		}
	}
	return false
}

func isScalar(v any) bool {
	switch v.(type) {
	case string, bool, json.Number, float64:
		return true
	}
	return false
}
