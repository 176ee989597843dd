package scim1

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge/scim"
	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// patchIn translates the body of PATCH (draft-scim-api-01 section 3.3.2): a partial resource, whose meta.attributes names what
// to remove first. Single values replace, parts of a complex one and elements of a list are merged, and elements marked with
// "operation":"delete" are taken out.
func patchIn(rt *schema.ResourceType, text string) ([]string, error) {
	p := patcher{rt: rt, given: map[*schema.Attribute]bool{}}
	p.rest.most = len(text)
	if err := eachMember(text, p.member); err != nil {
		return nil, err
	}
	p.removals()
	if p.rest.items > 0 {
		p.operation("add", "", "{", p.rest.String(), "}")
	}
	for _, l := range p.lists {
		if err := p.merge(l); err != nil {
			return nil, err
		}
	}
	return slices.Concat([]string{`{"Operations":[`}, p.out, []string{"]}"}), nil
}

// patcher gathers the operations.
type patcher struct {
	rt      *schema.ResourceType
	given   map[*schema.Attribute]bool // attributes of the core schema that the body holds
	removed []string                   // of meta.attributes, as paths of SCIM 2.0
	rest    builder                    // what one operation without a path can do
	lists   []*list
	out     []string // operations, in pieces
}

// operation adds one. The path is plain text, empty for none; the value comes in pieces of JSON, none for no value.
func (p *patcher) operation(op, path string, value ...string) {
	head := `{"op":"` + op + `"`
	if len(p.out) > 0 {
		head = "," + head
	}
	if path != "" {
		head += `,"path":` + quote(path)
	}
	if len(value) > 0 {
		head += `,"value":`
	}
	p.out = append(append(append(p.out, head), value...), "}")
}

func (p *patcher) member(key, value string) error {
	name, _ := text(key)
	a := p.rt.Attribute("", name)
	switch {
	case strings.EqualFold(name, "Operations"):
		return scim.InvalidSyntax("Operations belong to SCIM 2.0; send the changed attributes themselves, or use the SCIM 2.0 endpoint")
	case strings.EqualFold(name, enterpriseURN):
		value, err := enterprise(value, "managerId", "value")
		p.rest.member(quote(schema.EnterpriseUserURN), value)
		return err
	case a == nil:
		p.rest.member(key, value)
		return nil
	case p.given[a]:
		return scim.InvalidSyntax(a.Name + ": given more than once")
	}
	p.given[a] = true
	if a.MultiValued && a.Name != "schemas" && a.Mutability != schema.ReadOnly {
		l, err := newList(a, value)
		p.lists = append(p.lists, l)
		return err
	}
	p.rest.member(key, value) // SCIM 2.0 ignores schemas and meta, and checks the id
	if a.Name == "meta" {
		return p.meta(value)
	}
	return nil
}

// meta reads the names of the attributes to remove.
func (p *patcher) meta(value string) error {
	if at(value, 0) != '{' {
		return nil
	}
	return eachMember(value, func(key, value string) error {
		if name, _ := text(key); !strings.EqualFold(name, "attributes") || value == "null" {
			return nil
		}
		if at(value, 0) != '[' {
			value = "[" + value + "]"
		}
		return eachElement(value, p.remove)
	})
}

func (p *patcher) remove(value string) error {
	name, ok := text(value)
	if !ok {
		return scim.InvalidSyntax("meta.attributes: expected a list of attribute names")
	}
	if len(p.removed) == patch.MaxOperations {
		return scim.TooMany(fmt.Sprintf("meta.attributes: at most %d names", patch.MaxOperations))
	}
	p.removed = append(p.removed, path(p.rt, name))
	return nil
}

// removals makes the operations for meta.attributes. What the body also gives a value takes that value, so that an attribute
// which must have one can be named as well, and nobody leaves a group whose members are listed anew.
func (p *patcher) removals() {
	for _, name := range p.removed {
		a := p.rt.Attribute("", strings.TrimPrefix(name, p.rt.Schema.ID+":"))
		single := a != nil && !a.MultiValued && a.Type != schema.Complex
		if single && p.given[a] || p.replaces(a) {
			continue
		}
		p.operation("remove", name)
	}
}

// replaces reports whether the body lists elements to take the place of all that an attribute has.
func (p *patcher) replaces(a *schema.Attribute) bool {
	for _, l := range p.lists {
		if l.attr == a {
			l.replace = true
			return l.count > 0
		}
	}
	return false
}

// merge makes the operations for a list.
func (p *patcher) merge(l *list) error {
	verb, name := "add", l.attr.Name
	if l.replace { // deletions of what was removed as a whole are ignored
		verb = "replace"
	} else if l.marks > 0 {
		p.operation("remove", name, l.deleted)
	}
	switch {
	case l.count == 0:
		return nil
	case l.replace, l.attr.LinksTo != "", l.attr.Sub("value") == nil, l.count > mostMatched:
		p.operation(verb, name, l.kept)
		return nil
	}
	return p.match(l)
}

// Elements are matched one by one, and each then costs going through the list, if there are no more than mostMatched of them,
// and by values of no more than longestMatched bytes.
const (
	mostMatched    = 20
	longestMatched = 256
)

// match merges each element into the one with the same value, whatever its type. Those that cannot be told apart by their
// values are merged as SCIM 2.0 has it, by value and type.
func (p *patcher) match(l *list) error {
	times := map[string]int{}
	err := eachElement(l.kept, func(element string) error {
		v, err := valueOf(element)
		times[v]++
		return err
	})
	if err != nil {
		return err
	}
	others := builder{most: len(l.kept)}
	err = eachElement(l.kept, func(element string) error {
		v, err := valueOf(element)
		if v == "" || times[v] > 1 || len(v) > longestMatched {
			others.element(element)
			return err
		}
		p.operation("add", l.attr.Name+"[value eq "+quote(v)+"]", element)
		return err
	})
	if others.items > 0 {
		p.operation("add", l.attr.Name, "[", others.String(), "]")
	}
	return err
}
