package patch

import (
	"slices"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// setOne adds or replaces at a singular attribute, which is the same.
func (d *draft) setOne(t target, value any) error {
	if t.match != nil {
		return d.setFiltered(t, value)
	}
	if t.sub != nil {
		v, err := t.sub.Normalize(value)
		if err != nil {
			return err
		}
		m := copyOf(d.get(t))
		setSub(m, t.sub, v)
		return d.put(t, m)
	}
	v, err := t.attr.Normalize(value)
	if err != nil {
		return err
	}
	given, isObject := object(t.attr, value)
	if !isObject {
		return d.put(t, v)
	}
	// Sub-attributes that are not given stay as they are (RFC 7644 section 3.5.2.3); null unassigns.
	m := copyOf(d.get(t))
	d.unsetNull(t.attr, m, given)
	if change, ok := v.(map[string]any); ok {
		merge(m, change)
	}
	return d.put(t, m)
}

// object returns the members of a value for a complex attribute, as Normalize reads it.
func object(a *schema.Attribute, value any) (map[string]any, bool) {
	if list, ok := value.([]any); ok && len(list) == 1 && a.Type == schema.Complex {
		value = list[0]
	}
	switch v := value.(type) {
	case map[string]any:
		return v, true
	case string:
		return map[string]any{"value": v}, a.Type == schema.Complex && v != ""
	}
	return nil, false
}

func (d *draft) unsetNull(a *schema.Attribute, m, given map[string]any) {
	for name, v := range given {
		sub := a.Sub(name)
		if sub == nil || sub.Mutability == schema.ReadOnly {
			continue
		}
		if n, err := sub.Normalize(v); err == nil && n == nil {
			setSub(m, sub, nil)
		}
	}
}

// setFiltered handles name[givenName eq "x"].familyName: the one value of a singular attribute, under a condition.
func (d *draft) setFiltered(t target, value any) error {
	plain := t
	plain.filter, plain.match = nil, nil
	current := d.get(t)
	if current != nil && !t.match(current) {
		return noTarget(t)
	}
	if current == nil {
		seed, ok := seedOf(t)
		if !ok {
			return noTarget(t)
		}
		if err := d.put(t, seed); err != nil {
			return err
		}
	}
	return d.setOne(plain, value)
}

// setMany adds or replaces at a multi-valued attribute.
func (d *draft) setMany(v verb, t target, value any) error {
	if t.sub != nil {
		return d.setSubs(t, value)
	}
	if t.match != nil {
		return d.setElements(v, t, value)
	}
	normal, err := t.attr.Normalize(value)
	if err != nil {
		return err
	}
	if v == replace {
		return d.put(t, normal)
	}
	given, _ := normal.([]any)
	list := d.list(t)
	if err := d.spend(indexPrice*weight(list) + copyPrice*len(given)); err != nil {
		return err
	}
	c := collect(list)
	for _, element := range given {
		if err := c.include(t.attr, element); err != nil {
			return err
		}
	}
	return d.put(t, c.list)
}

// list returns a copy of a multi-valued attribute's list.
func (d *draft) list(t target) []any {
	list, _ := d.get(t).([]any)
	return slices.Clone(list)
}

// setSubs sets one sub-attribute of the elements that the path selects.
func (d *draft) setSubs(t target, value any) error {
	v, err := t.sub.Normalize(value)
	if err != nil {
		return err
	}
	return d.change(t, v == nil, func(m map[string]any) { setSub(m, t.sub, v) })
}

// setElements adds to, or replaces, the elements that the path's filter selects. A replaced element keeps what
// the filter says of it, usually its type, because clients leave that out of the value.
func (d *draft) setElements(v verb, t target, value any) error {
	if list, ok := value.([]any); ok && len(list) == 1 {
		value = list[0]
	}
	normal, err := t.attr.Element(value)
	if err != nil {
		return err
	}
	change, ok := normal.(map[string]any)
	if !ok {
		if v == replace && (value == nil || value == "") {
			return d.deleteSelected(t)
		}
		return nil
	}
	seed, _ := seedOf(t)
	return d.change(t, false, func(m map[string]any) {
		if v == replace {
			clear(m)
			merge(m, seed)
		}
		merge(m, change)
	})
}

// change edits a copy of every element that the path selects. When there is none it makes one, unless the edit
// only takes something away.
func (d *draft) change(t target, removing bool, edit func(map[string]any)) error {
	if err := d.scan(t); err != nil {
		return err
	}
	list := d.list(t)
	found, preferred := false, -1
	for i, element := range list {
		if !t.selects(element) {
			continue
		}
		if err := d.spend(copyPrice); err != nil {
			return err
		}
		m := copyOf(element)
		edit(m)
		if err := checkImmutableSubs(t.attr, element, m); err != nil {
			return err
		}
		if m["primary"] == true {
			preferred = i
		}
		list[i], found = m, true
	}
	if !found && removing {
		return nil
	}
	if !found {
		m, ok := seedOf(t)
		if !ok {
			return noTarget(t)
		}
		edit(m)
		if !t.selects(m) {
			return noTarget(t)
		}
		preferred = len(list)
		list = append(list, m)
	}
	prefer(list, preferred)
	return d.put(t, list)
}

func noTarget(t target) error {
	return refuse(schema.NoTarget, "%s: the filter selects nothing", t)
}

// seedOf returns a new element for which the path's filter holds. There is none for a filter that is more than
// eq joined by and.
func seedOf(t target) (map[string]any, bool) {
	seed := map[string]any{}
	if t.filter == nil {
		return seed, true
	}
	return seed, sow(t.attr, t.filter, seed)
}

func sow(a *schema.Attribute, x filter.Expr, seed map[string]any) bool {
	switch x := x.(type) {
	case *filter.Logical:
		return !x.Or && sow(a, x.Left, seed) && sow(a, x.Right, seed)
	case *filter.Compare:
		sub := a.Sub(x.Path.Name)
		if x.Op != filter.Eq || sub == nil || sub.Mutability == schema.ReadOnly {
			return false
		}
		v, err := sub.Normalize(x.Value)
		if err != nil || v == nil || seed[sub.Name] != nil && !equal(seed[sub.Name], v) {
			return false
		}
		seed[sub.Name] = v
		return true
	}
	return false
}
