package patch

import (
	"maps"
	"reflect"

	"drawbridge/scim/schema"
)

// draft is a resource that is being changed. Only root is a copy: whatever lies deeper belongs to the original as
// well, so it is replaced by a changed copy and never written to.
type draft struct {
	rt    *schema.ResourceType
	urns  []string
	root  map[string]any
	spent int // units of budget

	dropped []string // names that the schema does not know
}

// get reads the value of the target's attribute, whatever its sub-attribute and filter.
func (d *draft) get(t target) any {
	if t.urn == "" {
		return d.root[t.attr.Name]
	}
	extension, _ := d.root[t.urn].(map[string]any)
	return extension[t.attr.Name]
}

// put sets the value of the target's attribute. Nil, and what is empty, unassigns it. It fails where that would alter
// something immutable.
func (d *draft) put(t target, v any) error {
	if err := checkImmutable(t.attr, d.get(t), v); err != nil {
		return err
	}
	switch c := v.(type) {
	case map[string]any:
		if len(c) == 0 {
			v = nil
		}
	case []any:
		if len(c) == 0 {
			v = nil
		}
	}
	if t.urn == "" {
		assign(d.root, t.attr.Name, v)
		return nil
	}
	extension := copyOf(d.root[t.urn])
	assign(extension, t.attr.Name, v)
	assign(d.root, t.urn, any(extension))
	if len(extension) == 0 {
		delete(d.root, t.urn)
	}
	return nil
}

func assign(m map[string]any, name string, v any) {
	if v == nil {
		delete(m, name)
		return
	}
	m[name] = v
}

// copyOf copies an object; what is none gives an empty one.
func copyOf(v any) map[string]any {
	if m, ok := v.(map[string]any); ok {
		return maps.Clone(m)
	}
	return map[string]any{}
}

// setSub sets or, with nil, unsets a sub-attribute. A $ref belongs to the value it came with.
func setSub(m map[string]any, sub *schema.Attribute, v any) {
	if sub.Name == "value" && !equal(m["value"], v) {
		delete(m, "$ref")
	}
	assign(m, sub.Name, v)
}

// merge sets the sub-attributes that change holds.
func merge(into, change map[string]any) {
	if v, ok := change["value"]; ok && !equal(into["value"], v) {
		delete(into, "$ref")
	}
	maps.Copy(into, change)
}

func equal(a, b any) bool {
	if s, ok := a.(string); ok {
		t, ok := b.(string)
		return ok && s == t
	}
	return reflect.DeepEqual(a, b)
}
