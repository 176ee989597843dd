package patch_test

import (
	"encoding/json"
	"slices"
	"strings"

	"drawbridge/scim/schema"
)

// condition is a filter over an element: terms joined by and, or by or, and perhaps negated.
type condition struct {
	terms   []term
	or, not bool
}

type term struct {
	sub   *schema.Attribute
	op    string // eq, ne, co, pr
	value any
}

func (c *condition) holds(m map[string]any) bool {
	result := !c.or
	for _, t := range c.terms {
		if t.holds(m[t.sub.Name]) == c.or {
			result = c.or
		}
	}
	return result != c.not
}

func (t term) holds(v any) bool {
	a, isString := v.(string)
	b, _ := t.value.(string)
	if !t.sub.CaseExact {
		a, b = strings.ToLower(a), strings.ToLower(b)
	}
	same := v != nil && (isString && a == b || !isString && v == t.value)
	switch t.op {
	case "eq":
		return same
	case "ne":
		return !same
	case "co":
		return isString && strings.Contains(a, b)
	}
	return v != nil
}

// names reports whether the filter is eq joined by and: the dialect lets it name a value that is not there.
func (c *condition) names() bool {
	return !c.not && (!c.or || len(c.terms) == 1) && !slices.ContainsFunc(c.terms, func(t term) bool { return t.op != "eq" })
}

func (c *condition) noMatch() string {
	if c.names() {
		return undefined
	}
	return schema.NoTarget
}

// repeated reports whether the value says again all that the filter names.
func (c *condition) repeated(value any) bool {
	m, _ := value.(map[string]any)
	return !c.names() || !slices.ContainsFunc(c.terms, func(t term) bool { return m[t.sub.Name] != t.value })
}

func (c *condition) text(name func(string) string) string {
	var terms []string
	for _, t := range c.terms {
		text := name(t.sub.Name) + " " + t.op
		if t.op != "pr" {
			literal, _ := json.Marshal(t.value)
			text += " " + string(literal)
		}
		terms = append(terms, text)
	}
	text := strings.Join(terms, map[bool]string{true: " or ", false: " and "}[c.or])
	if c.not {
		return "not (" + text + ")"
	}
	return text
}
