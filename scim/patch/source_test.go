package patch_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"

	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// thing is a resource type with what a user lacks: immutable and read-only parts of every kind, and a list of strings.
func thing() *schema.ResourceType {
	text := func(name, mutability string) *schema.Attribute {
		return &schema.Attribute{Name: name, Type: schema.String, Mutability: mutability}
	}
	return schema.New(schema.ResourceType{ID: "Thing", Name: "Thing", Endpoint: "/Things",
		Schema: &schema.Schema{ID: "urn:example:params:Thing", Attributes: []*schema.Attribute{
			{Name: "label", Type: schema.String, Required: true},
			{Name: "flag", Type: schema.Boolean},
			text("born", schema.Immutable), text("seen", schema.ReadOnly),
			{Name: "box", Type: schema.Complex, SubAttributes: []*schema.Attribute{
				text("size", ""), text("serial", schema.Immutable), text("weight", schema.ReadOnly)}},
			{Name: "parts", Type: schema.Complex, MultiValued: true, SubAttributes: []*schema.Attribute{
				{Name: "value", Type: schema.String, CaseExact: true}, text("type", ""), text("display", ""),
				text("code", schema.Immutable), {Name: "primary", Type: schema.Boolean}}},
			{Name: "tags", Type: schema.String, MultiValued: true},
		}},
		Extensions: []*schema.Schema{{ID: "urn:example:params:ext:Thing", Attributes: []*schema.Attribute{
			text("note", ""), text("spare", schema.Immutable)}}},
	})
}

// source makes resources and requests out of random numbers. It stays within what the RFC defines as far as that can be
// told without the resource; the reference tells the rest.
type source struct {
	*rand.Rand
	rt *schema.ResourceType
}

// usable leaves out what the dialect reads in its own way, what is never kept, and what wants values of a form of its own.
func usable(a *schema.Attribute) bool {
	switch a.Name {
	case "$ref", "groups", "password", "profileUrl", "photos", "x509Certificates", "addresses":
		return false
	}
	return true
}

func (s source) places() []place {
	var all []place
	add := func(urn string, attrs []*schema.Attribute) {
		for _, a := range attrs {
			if usable(a) {
				all = append(all, place{urn: urn, attr: a})
			}
		}
	}
	add("", s.rt.Schema.Attributes)
	for _, x := range s.rt.Extensions {
		add(x.ID, x.Attributes)
	}
	return all
}

func pick[T any](s source, from ...T) T { return from[s.IntN(len(from))] }

func (s source) sub(a *schema.Attribute) *schema.Attribute {
	var subs []*schema.Attribute
	for _, sub := range a.SubAttributes {
		if usable(sub) {
			subs = append(subs, sub)
		}
	}
	return subs[s.IntN(len(subs))]
}

func (s source) place() place {
	p := pick(s, s.places()...)
	if p.attr.Type != schema.Complex {
		return p
	}
	if p.attr.MultiValued && s.IntN(3) > 0 {
		p.filter = s.condition(p.attr)
	}
	if (p.filter != nil || !p.attr.MultiValued) && s.IntN(3) > 0 {
		p.sub = s.sub(p.attr)
	}
	return p
}

func (s source) condition(a *schema.Attribute) *condition {
	c := condition{or: s.IntN(3) == 0, not: s.IntN(4) == 0}
	for range pick(s, 1, 1, 2, 3) {
		sub := s.sub(a)
		t := term{sub: sub, op: pick(s, "eq", "eq", "ne", "pr"), value: s.simple(sub)}
		if sub.Type == schema.String && s.IntN(5) == 0 {
			t.op = "co"
		}
		c.terms = append(c.terms, t)
	}
	return &c
}

func (s source) simple(a *schema.Attribute) any {
	switch {
	case a.Type == schema.Boolean:
		return s.IntN(2) == 0
	case a.Name == "type":
		return pick[any](s, "work", "home", "Work")
	}
	return pick[any](s, "a", "b", "B", "ab", "ü")
}

// value is one for the attribute, or for one element of it.
func (s source) value(a *schema.Attribute) any {
	if a.Type != schema.Complex {
		return s.simple(a)
	}
	m := map[string]any{}
	for _, sub := range a.SubAttributes {
		if !usable(sub) || sub.Mutability == schema.ReadOnly || sub.Name == "primary" {
			continue
		}
		if always := sub.Name == "value" || sub.Name == "type"; always || s.IntN(2) == 0 {
			m[sub.Name] = s.simple(sub)
		}
	}
	if a.MultiValued && s.IntN(3) == 0 {
		m["primary"] = s.IntN(3) > 0
	}
	return m
}

func (s source) whole(a *schema.Attribute) any {
	switch {
	case s.IntN(12) == 0:
		return json.Number("5") // no attribute here is a number
	case s.IntN(8) == 0 && a.Default == nil:
		return nil
	case !a.MultiValued:
		v := s.value(a)
		if m, ok := v.(map[string]any); ok && s.IntN(4) == 0 {
			for name := range m {
				m[name] = nil
				break
			}
		}
		return v
	case s.IntN(5) == 0:
		return s.value(a)
	}
	list := make([]any, s.IntN(4))
	for i := range list {
		list[i] = s.value(a)
	}
	return list
}

func (s source) request() request {
	q := request{op: pick(s, "add", "add", "replace", "replace", "remove"), hasValue: true}
	if s.IntN(60) == 0 {
		q.op = "move"
	}
	if s.IntN(6) == 0 {
		if q.hasValue = q.op != "remove"; q.hasValue { // a value would narrow the removal down, in the dialect
			q.value = s.attributes()
		}
		return q
	}
	p := s.place()
	q.at, q.unknown = &p, s.IntN(60) == 0
	if q.op == "remove" || s.IntN(60) == 0 {
		q.hasValue = false
		return q
	}
	switch {
	case p.sub != nil && s.IntN(8) > 0:
		q.value = s.simple(p.sub)
	case p.sub != nil:
		q.value = pick[any](s, nil, json.Number("5"))
	case p.filter != nil:
		q.value = s.value(p.attr)
		for _, t := range p.filter.terms { // so that the value often says again what the filter names
			q.value.(map[string]any)[t.sub.Name] = t.value
		}
	default:
		q.value = s.whole(p.attr)
	}
	return q
}

// attributes is a value for an operation without a path.
func (s source) attributes() any {
	m := map[string]any{}
	for _, p := range s.places() {
		if s.IntN(5) > 0 || p.attr.Mutability == schema.ReadOnly {
			continue
		}
		if p.urn == "" {
			m[p.attr.Name] = s.whole(p.attr)
			continue
		}
		part, _ := m[p.urn].(map[string]any)
		if part == nil {
			part = map[string]any{}
		}
		part[p.attr.Name], m[p.urn] = s.whole(p.attr), part
	}
	return m
}

func (s source) resource() map[string]any {
	for {
		m := s.attributes().(map[string]any)
		for _, a := range s.rt.Schema.Attributes {
			if a.Required || a.Default != nil {
				m[a.Name] = s.simple(a)
			}
		}
		if out, _, err := s.rt.Validate(m); err == nil {
			return out
		}
	}
}

// operation writes a request down as a client would, in any case.
func (s source) operation(q request) patch.Operation {
	op := patch.Operation{Op: pick(s, q.op, strings.ToUpper(q.op[:1])+q.op[1:]), Value: q.value, HasValue: q.hasValue}
	if q.at == nil {
		return op
	}
	name := func(text string) string { return pick(s, text, text, strings.ToUpper(text)) }
	switch {
	case q.at.urn != "":
		op.Path = name(q.at.urn) + ":"
	case s.IntN(4) == 0:
		op.Path = name(s.rt.Schema.ID) + ":"
	}
	op.Path += name(q.at.attr.Name)
	if q.unknown {
		op.Path += "x"
	}
	if q.at.filter != nil {
		op.Path += "[" + q.at.filter.text(name) + "]"
	}
	if q.at.sub != nil {
		op.Path += "." + name(q.at.sub.Name)
	}
	return op
}
