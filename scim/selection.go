package scim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// selection is what the parameters attributes and excludedAttributes ask for (RFC 7644 section 3.9). Attributes
// that are always returned are shown whatever it says.
type selection struct {
	include *branch // nil: everything
	exclude *branch // nil: nothing
}

// branch names parts of a resource: all of it, or some members, by canonical name.
type branch struct {
	all     bool
	members map[string]*branch
}

// selectionOf returns nil when everything is shown. Names that the schema does not know select nothing.
func (p params) selectionOf(rt *schema.ResourceType) *selection {
	hidden := rt.Withheld()
	if p.attributes == nil && p.excluded == nil && len(hidden) == 0 {
		return nil
	}
	s := &selection{}
	if p.attributes != nil {
		s.include = branchOf(rt, p.attributes)
	}
	if p.excluded != nil {
		s.exclude = branchOf(rt, p.excluded)
	}
	for _, w := range hidden {
		s.withhold(w)
	}
	return s
}

// withhold excludes what is not shown by itself, unless it is shown on request and the client named it.
func (s *selection) withhold(w schema.Withheld) {
	path := []string{w.Attr.Name}
	if w.URN != "" {
		path = []string{w.URN, w.Attr.Name}
	}
	if w.Sub != nil {
		path = append(path, w.Sub.Name)
	}
	if w.OnRequest() && s.include.names(path) {
		return
	}
	if s.exclude == nil {
		s.exclude = &branch{}
	}
	at := s.exclude
	for _, name := range path {
		at = at.member(name)
	}
	at.all = true
}

// names reports whether the branch names the path, a part of it, or something that it is a part of.
func (b *branch) names(path []string) bool {
	if b == nil || b.all || len(path) == 0 {
		return b != nil
	}
	return b.members[path[0]].names(path[1:])
}

// asks reports whether the client named a core attribute, or a part of it.
func (s *selection) asks(a *schema.Attribute) bool {
	return s != nil && s.include != nil && s.include.members[a.Name] != nil
}

// shows reports whether a sub-attribute of a core attribute is shown.
func (s *selection) shows(a *schema.Attribute, sub string) bool {
	if s == nil {
		return true
	}
	path := []string{a.Name, sub}
	return (s.include == nil || s.include.covers(path)) && (s.exclude == nil || !s.exclude.covers(path))
}

// covers reports whether the branch holds the whole of what the path names.
func (b *branch) covers(path []string) bool {
	if b == nil || b.all || len(path) == 0 {
		return b != nil && b.all
	}
	return b.members[path[0]].covers(path[1:])
}

func branchOf(rt *schema.ResourceType, paths []string) *branch {
	root := &branch{}
	urns := rt.URNs()
	for _, text := range paths {
		p, err := filter.ParsePath(text, urns...)
		if err != nil || p.Filter != nil {
			continue
		}
		extension := rt.Extension(p.Attr.URN)
		if p.Attr.Name == "" {
			root.addSchema(rt, extension)
			continue
		}
		a := rt.Attribute(p.Attr.URN, p.Attr.Name)
		if a == nil {
			continue
		}
		at := root
		if extension != nil {
			at = at.member(extension.ID)
		}
		at = at.member(a.Name)
		if p.Sub == "" {
			at.all = true
			continue
		}
		if sub := a.Sub(p.Sub); sub != nil {
			at.member(sub.Name).all = true
		}
	}
	return root
}

// addSchema adds all attributes of an extension or, with nil, of the core schema.
func (b *branch) addSchema(rt *schema.ResourceType, extension *schema.Schema) {
	if extension != nil {
		b.member(extension.ID).all = true
		return
	}
	for _, a := range rt.Schema.Attributes {
		b.member(a.Name).all = true
	}
}

func (b *branch) member(name string) *branch {
	m := b.members[name]
	if m == nil {
		m = &branch{}
		if b.members == nil {
			b.members = map[string]*branch{}
		}
		b.members[name] = m
	}
	return m
}

// appendSelected renders the selected part of a resource.
func (v view) appendSelected(b []byte, res Resource) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(res.Doc, &members); err != nil {
		return nil, fmt.Errorf("scim: reading the document of %s %s: %w", v.rt.ID, res.ID, err)
	}
	members["id"] = appendString(nil, res.ID)
	members["meta"] = v.appendMeta(nil, res)
	b = append(b, '{')
	first := true
	for _, name := range slices.Sorted(maps.Keys(members)) {
		part, err := v.selection.part(v.rt, name, members[name])
		if err != nil {
			return nil, fmt.Errorf("scim: reading %s of %s %s: %w", name, v.rt.ID, res.ID, err)
		}
		if part == nil {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, name)
		b = append(b, ':')
		b = append(b, part...)
	}
	b = v.linked.append(b, v.base, res.References) // id is always before it
	return append(b, '}'), nil
}

// part returns what is shown of a member; nil for nothing.
func (s *selection) part(rt *schema.ResourceType, name string, raw json.RawMessage) (json.RawMessage, error) {
	if a := rt.Attribute("", name); a != nil && a.Returned == schema.Always {
		return raw, nil
	}
	include, exclude := &branch{all: true}, &branch{}
	if s.include != nil {
		include = s.include.members[name]
	}
	if s.exclude != nil && s.exclude.members[name] != nil {
		exclude = s.exclude.members[name]
	}
	if include == nil || exclude.all {
		return nil, nil
	}
	if include.all && exclude.members == nil {
		return raw, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	v = exclude.cut(include.pick(v))
	if v == nil {
		return nil, nil
	}
	return json.Marshal(v)
}

// pick returns what the branch names of v; nil for nothing.
func (b *branch) pick(v any) any {
	if b.all {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, m := range b.members {
			if part := v[name]; part != nil {
				if part = m.pick(part); part != nil {
					out[name] = part
				}
			}
		}
		return orNil(out)
	case []any:
		return each(v, b.pick)
	}
	return nil
}

// cut returns v without what the branch names; nil for nothing left.
func (b *branch) cut(v any) any {
	if b.all {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for name, m := range b.members {
			if part := m.cut(out[name]); part != nil {
				out[name] = part
			} else {
				delete(out, name)
			}
		}
		return orNil(out)
	case []any:
		return each(v, b.cut)
	}
	return v
}

func orNil(m map[string]any) any {
	if len(m) == 0 {
		return nil
	}
	return m
}

func each(list []any, f func(any) any) any {
	var out []any
	for _, v := range list {
		if part := f(v); part != nil {
			out = append(out, part)
		}
	}
	if out == nil {
		return nil
	}
	return out
}
