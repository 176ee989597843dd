package patch

import (
	"slices"

	"drawbridge/scim/schema"
)

// remove unassigns what the target names. A value narrows it down.
func (d *draft) remove(t target, value any) error {
	if t.sub == nil && t.filter == nil && (t.attr.Required || t.attr.Default != nil) {
		return refuse(schema.Mutability, "%s: cannot be removed", t)
	}
	if t.attr.MultiValued {
		return d.removeMany(t, value)
	}
	current := d.get(t)
	if t.match != nil && (current == nil || !t.match(current)) {
		return d.removedNothing(t)
	}
	if t.sub != nil {
		m := copyOf(current)
		setSub(m, t.sub, nil)
		return d.put(t, m)
	}
	if given, ok := value.(map[string]any); ok && t.attr.Type == schema.Complex {
		m := copyOf(current)
		for name := range given {
			if sub := t.attr.Sub(name); sub != nil && sub.Mutability != schema.ReadOnly {
				setSub(m, sub, nil)
			}
		}
		return d.put(t, m)
	}
	return d.put(t, nil)
}

// removedNothing is fine for a filter that could name an element by its values: a repeated request must succeed.
func (d *draft) removedNothing(t target) error {
	if _, ok := seedOf(t); ok {
		return nil
	}
	return noTarget(t)
}

func (d *draft) removeMany(t target, value any) error {
	if t.filter == nil && t.sub == nil && value != nil {
		return d.removeListed(t, value)
	}
	if err := d.scan(t); err != nil {
		return err
	}
	list, _ := d.get(t).([]any)
	if t.match != nil && !slices.ContainsFunc(list, t.match) {
		return d.removedNothing(t)
	}
	if t.sub != nil {
		return d.change(t, true, func(m map[string]any) { setSub(m, t.sub, nil) })
	}
	return d.deleteSelected(t)
}

// deleteSelected removes the elements that the path selects.
func (d *draft) deleteSelected(t target) error {
	if err := d.scan(t); err != nil {
		return err
	}
	return d.put(t, slices.DeleteFunc(d.list(t), t.selects))
}

// removeListed removes the elements in value, as Entra and OneLogin name group members. An empty list removes
// nothing: absence never takes anything away.
func (d *draft) removeListed(t target, value any) error {
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	list := d.list(t)
	for _, item := range items {
		given, err := t.attr.Element(item)
		if err != nil {
			return err
		}
		if given == nil {
			continue
		}
		if err := d.spend(len(list)); err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(there any) bool {
			m, isObject := there.(map[string]any)
			g, wantObject := given.(map[string]any)
			if isObject && wantObject {
				return same(m, g)
			}
			return equal(there, given)
		})
	}
	return d.put(t, list)
}
