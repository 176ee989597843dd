package patch_test

import (
	"maps"
	"reflect"
	"slices"

	"drawbridge/scim/schema"
)

// undefined is the verdict on a request whose meaning RFC 7644 leaves open, or that Apply reads in the tolerant dialect.
const undefined = "undefined"

// place is what a path names: attr, attr.sub, attr[filter] or attr[filter].sub.
type place struct {
	urn       string // of an extension; empty for the core schema
	attr, sub *schema.Attribute
	filter    *condition
}

// request is an operation with its path taken apart.
type request struct {
	op       string // in small letters
	at       *place // nil: no path
	unknown  bool   // the path names nothing
	value    any
	hasValue bool
}

// reference is PATCH as the text of RFC 7644 section 3.5.2 demands, rule by rule and without any care for speed.
// A flaw makes it wrong on purpose, to show that a comparison with it notices.
type reference struct {
	rt    *schema.ResourceType
	attrs map[string]any // by name, or URN:name
	flaw  string
}

// refer applies the requests and returns the resource, or what is wrong: a scimType, or undefined.
func refer(rt *schema.ResourceType, current map[string]any, requests []request, flaw string) (map[string]any, string) {
	r := reference{rt: rt, attrs: map[string]any{}, flaw: flaw}
	for name, v := range current {
		if x := rt.Extension(name); x != nil {
			for inner, v := range v.(map[string]any) {
				r.attrs[x.ID+":"+inner] = deepCopy(v)
			}
		} else if name != "schemas" && name != "id" {
			r.attrs[name] = deepCopy(v)
		}
	}
	for _, q := range requests {
		if wrong := r.apply(q); wrong != "" {
			return nil, wrong
		}
	}
	for _, a := range rt.Schema.Attributes {
		if a.Required && r.attrs[a.Name] == nil {
			return nil, schema.InvalidValue
		}
	}
	return r.resource(), ""
}

func (r *reference) resource() map[string]any {
	out := map[string]any{}
	schemas := []any{r.rt.Schema.ID}
	for _, x := range r.rt.Extensions {
		part := map[string]any{}
		for _, a := range x.Attributes {
			if v := r.attrs[x.ID+":"+a.Name]; v != nil {
				part[a.Name] = v
			}
		}
		if len(part) > 0 {
			out[x.ID] = part
			schemas = append(schemas, x.ID)
		}
	}
	for key, v := range r.attrs {
		if r.rt.Attribute("", key) != nil {
			out[key] = v
		}
	}
	out["schemas"] = schemas
	return out
}

func (r *reference) apply(q request) string {
	switch {
	case q.op != "add" && q.op != "replace" && q.op != "remove":
		return schema.InvalidSyntax
	case q.op != "remove" && !q.hasValue:
		return schema.InvalidValue
	case q.unknown:
		return schema.InvalidPath
	case q.at == nil && q.op == "remove":
		return schema.NoTarget
	case q.at == nil: // the value is a set of attributes
		attributes, ok := q.value.(map[string]any)
		if !ok {
			return schema.InvalidValue
		}
		return r.applySet(q.op, "", attributes)
	case q.at.attr.Mutability == schema.ReadOnly, q.at.sub != nil && q.at.sub.Mutability == schema.ReadOnly:
		return schema.Mutability
	}
	return r.applyAt(q.op, *q.at, q.value)
}

func (r *reference) applySet(op, urn string, attributes map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		wrong := ""
		if r.rt.Extension(name) != nil {
			wrong = r.applySet(op, name, attributes[name].(map[string]any))
		} else {
			wrong = r.applyAt(op, place{urn: urn, attr: r.rt.Attribute(urn, name)}, attributes[name])
		}
		if wrong != "" {
			return wrong
		}
	}
	return ""
}

func (r *reference) applyAt(op string, at place, value any) string {
	key := at.attr.Name
	if at.urn != "" {
		key = at.urn + ":" + key
	}
	before := deepCopy(r.attrs[key])
	after, wrong := before, ""
	switch {
	case op == "remove":
		after, wrong = r.remove(at, deepCopy(before))
	case at.attr.MultiValued:
		after, wrong = r.setMany(op, at, deepCopy(before), value)
	default:
		after, wrong = r.setOne(at, deepCopy(before), value)
	}
	if wrong != "" {
		return wrong
	}
	// What is immutable may be added where there was no value, and not be modified.
	if at.attr.Mutability == schema.Immutable && before != nil && !reflect.DeepEqual(before, after) && r.flaw != "immutable" {
		return schema.Mutability
	}
	delete(r.attrs, key)
	if m, ok := after.(map[string]any); after != nil && !(ok && len(m) == 0) {
		r.attrs[key] = after
	}
	return ""
}

// remove is section 3.5.2.2.
func (r *reference) remove(at place, v any) (any, string) {
	if at.filter != nil {
		return r.removeSelected(at, v)
	}
	if at.sub == nil {
		if at.attr.Required || at.attr.Default != nil { // has to keep a value
			return nil, schema.Mutability
		}
		return nil, ""
	}
	if at.attr.MultiValued {
		return nil, undefined
	}
	m, _ := v.(map[string]any)
	return v, set(at.sub, m, nil, r.flaw)
}

func (r *reference) removeSelected(at place, v any) (any, string) {
	list, _ := v.([]any)
	kept, found := []any{}, false
	for _, e := range list {
		m := e.(map[string]any)
		if !at.filter.holds(m) || found && r.flaw == "remove one" {
			kept = append(kept, e)
			continue
		}
		found = true
		if at.sub == nil {
			continue
		}
		if wrong := set(at.sub, m, nil, r.flaw); wrong != "" {
			return nil, wrong
		}
		if empty(m) {
			return nil, undefined
		}
		kept = append(kept, m)
	}
	if !found {
		return nil, at.filter.noMatch()
	}
	if len(kept) == 0 { // unassigned
		return nil, ""
	}
	return kept, ""
}

// setOne is sections 3.5.2.1 and 3.5.2.3 for a single-valued attribute.
func (r *reference) setOne(at place, before, value any) (any, string) {
	normal, ok := valid(at.attr, value)
	if at.sub != nil {
		normal, ok = valid(at.sub, value)
	}
	if !ok {
		return nil, schema.InvalidValue
	}
	m, _ := before.(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	switch {
	case at.sub != nil:
		return m, set(at.sub, m, normal, r.flaw)
	case at.attr.Type != schema.Complex || value == nil:
		return normal, ""
	}
	// The sub-attributes in the value replace those of the same name, and are added where there are none.
	if r.flaw == "forgets parts" {
		m = map[string]any{}
	}
	for name, v := range normal.(map[string]any) {
		if wrong := set(at.attr.Sub(name), m, v, r.flaw); wrong != "" {
			return nil, wrong
		}
	}
	return m, ""
}

// setMany is the same for a multi-valued attribute.
func (r *reference) setMany(op string, at place, before, value any) (any, string) {
	list, _ := before.([]any)
	if at.filter != nil {
		return r.setSelected(op, at, list, value)
	}
	if at.sub != nil {
		return nil, undefined
	}
	given, _ := value.([]any)
	if _, isList := value.([]any); !isList && value != nil {
		given = []any{value}
	}
	primaries := 0
	for _, e := range given {
		if _, ok := valid(at.attr, e); !ok {
			return nil, schema.InvalidValue
		}
		if m, _ := e.(map[string]any); m["primary"] == true {
			primaries++
		}
	}
	if primaries > 1 {
		return nil, schema.InvalidValue
	}
	if op == "replace" { // all values go
		list = nil
	}
	for _, e := range given {
		contained, wrong := contains(list, e)
		if wrong != "" && op == "add" {
			return nil, wrong
		}
		// A value that is there already changes nothing.
		if contained && op == "add" && r.flaw != "adds twice" {
			continue
		}
		list = append(list, deepCopy(e))
		r.prefer(list, len(list)-1)
	}
	if len(list) == 0 {
		return nil, ""
	}
	return list, ""
}

// setSelected changes the values that a filter selects.
func (r *reference) setSelected(op string, at place, list []any, value any) (any, string) {
	normal, ok := valid(at.attr, value)
	if at.sub != nil {
		normal, ok = valid(at.sub, value)
	}
	if !ok {
		return nil, schema.InvalidValue
	}
	if at.sub == nil && (op == "add" || value == nil || !at.filter.repeated(value)) {
		return nil, undefined
	}
	var found []int
	for i, e := range list {
		m := e.(map[string]any)
		if !at.filter.holds(m) {
			continue
		}
		found = append(found, i)
		if at.sub == nil { // all matching values are replaced, but for what is immutable in them
			if wrong := immutables(at.attr, m, normal); wrong != "" && r.flaw != "immutable" {
				return nil, wrong
			}
			list[i] = deepCopy(normal)
			continue
		}
		if wrong := set(at.sub, m, normal, r.flaw); wrong != "" {
			return nil, wrong
		}
		if empty(m) {
			return nil, undefined
		}
	}
	if len(found) == 0 && at.sub != nil && value == nil {
		return nil, undefined
	}
	if len(found) == 0 {
		return nil, at.filter.noMatch()
	}
	for _, i := range found {
		if list[i].(map[string]any)["primary"] == true && len(found) > 1 {
			return nil, undefined
		}
		r.prefer(list, i)
	}
	return list, ""
}

// prefer sets primary to false on every other value once a value is primary.
func (r *reference) prefer(list []any, i int) {
	if m, _ := list[i].(map[string]any); m["primary"] != true || r.flaw == "several primaries" {
		return
	}
	for j, e := range list {
		if m := e.(map[string]any); j != i && m["primary"] == true {
			m["primary"] = false
		}
	}
}

func immutables(a *schema.Attribute, before map[string]any, after any) string {
	m, _ := after.(map[string]any)
	for _, sub := range a.SubAttributes {
		if sub.Mutability == schema.Immutable && before[sub.Name] != nil && before[sub.Name] != m[sub.Name] {
			return schema.Mutability
		}
	}
	return ""
}

func set(sub *schema.Attribute, m map[string]any, v any, flaw string) string {
	if sub.Mutability == schema.Immutable && m[sub.Name] != nil && !reflect.DeepEqual(m[sub.Name], v) && flaw != "immutable" {
		return schema.Mutability
	}
	if v == nil {
		delete(m, sub.Name)
	} else {
		m[sub.Name] = v
	}
	return ""
}

// contains reports whether the list holds the value. One that is the same in value and type alone is left open.
func contains(list []any, e any) (bool, string) {
	given, complex := e.(map[string]any)
	found := false
	for _, there := range list {
		if reflect.DeepEqual(there, e) {
			found = true
		} else if m, _ := there.(map[string]any); complex && m["value"] == given["value"] && m["type"] == given["type"] {
			return false, undefined
		}
	}
	return found, ""
}

// empty holds for a value that is left with labels only, which canonical form leaves out.
func empty(m map[string]any) bool {
	for name := range m {
		if name != "type" && name != "primary" {
			return false
		}
	}
	return true
}

// valid checks one value against the type of the attribute.
func valid(a *schema.Attribute, v any) (any, bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case string:
		return v, a.Type == schema.String
	case bool:
		return v, a.Type == schema.Boolean
	case map[string]any:
		for name, part := range v {
			if _, ok := valid(a.Sub(name), part); !ok {
				return nil, false
			}
		}
		return v, a.Type == schema.Complex
	}
	return nil, false
}

func deepCopy(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = deepCopy(e)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, e := range v {
			out[name] = deepCopy(e)
		}
		return out
	}
	return v
}
