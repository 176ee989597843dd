package patch

import (
	"maps"
	"slices"

	"drawbridge/scim/schema"
)

// drop notes the names in a value for the target that the schema does not know, and that are therefore left out.
func (d *draft) drop(t target, value any) {
	if t.sub != nil || t.attr.Type != schema.Complex {
		return
	}
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	for _, item := range items {
		given, _ := item.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(given)) {
			if t.attr.Sub(name) == nil {
				d.dropped = append(d.dropped, t.attr.Name+"."+name)
			}
		}
	}
}
