package patch

import (
	"encoding/json"
	"maps"

	"drawbridge/scim/schema"
)

// collection is a list of elements in which equal ones are found without going through it.
type collection struct {
	list []any
	at   map[identity]int // the first element with this identity
}

// identity is what makes two elements of a multi-valued attribute the same. An element with a value is found by
// its value alone, and by value and type; another, such as an address, by all that it holds.
type identity struct {
	value, kind string
	typed       bool
	whole       bool
}

func collect(list []any) *collection {
	c := &collection{list: list, at: make(map[identity]int, 2*len(list))}
	for i, element := range list {
		c.index(i, element)
	}
	return c
}

func (c *collection) index(i int, element any) {
	id := identify(element)
	if _, ok := c.at[id]; !ok {
		c.at[id] = i
	}
	id.kind, id.typed = "", false
	if _, ok := c.at[id]; !ok {
		c.at[id] = i
	}
}

func identify(element any) identity {
	m, _ := element.(map[string]any)
	value, ok := m["value"].(string)
	if !ok {
		text, err := json.Marshal(element) // sorts the keys
		if err != nil {
			text = nil // decoded JSON always marshals
		}
		return identity{value: string(text), whole: true}
	}
	kind, typed := m["type"].(string)
	return identity{value: value, kind: kind, typed: typed}
}

// include adds an element, once: one that is there already takes over what the other says beyond it (RFC 7644
// section 3.5.2.1), unless that is immutable. A primary element makes the others secondary.
func (c *collection) include(a *schema.Attribute, element any) error {
	given, _ := element.(map[string]any)
	i, there := c.at[identify(element)]
	if there {
		m := copyOf(c.list[i])
		merge(m, given)
		if err := checkImmutableSubs(a, c.list[i], m); err != nil {
			return err
		}
		if given != nil {
			c.list[i] = m
		}
	} else {
		i = len(c.list)
		c.list = append(c.list, element)
		c.index(i, element)
	}
	if given["primary"] == true {
		prefer(c.list, i)
	}
	return nil
}

// same reports whether given means the element there: the same value with, if given has one, the same type.
// Elements without a value must agree in all that is given.
func same(there, given map[string]any) bool {
	value, ok := given["value"]
	if !ok {
		return contains(there, given)
	}
	kind := given["type"]
	return equal(there["value"], value) && (kind == nil || equal(there["type"], kind))
}

func contains(there, given map[string]any) bool {
	for name, v := range given {
		if !equal(there[name], v) {
			return false
		}
	}
	return len(given) > 0
}

// prefer makes the element at i, if it is primary, the only one (RFC 7644 section 3.5.2). The list is the
// caller's own, its elements are not.
func prefer(list []any, i int) {
	if i < 0 || i >= len(list) || !isPrimary(list[i]) {
		return
	}
	for j, element := range list {
		if j == i || !isPrimary(element) {
			continue
		}
		m := maps.Clone(element.(map[string]any))
		m["primary"] = false
		list[j] = m
	}
}

func isPrimary(element any) bool {
	m, _ := element.(map[string]any)
	return m["primary"] == true
}
