// Package patch applies SCIM PATCH operations (RFC 7644 section 3.5.2) to a resource, in all the dialects that
// identity providers speak: a pure function of the resource and the operations.
package patch

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"drawbridge/scim/schema"
)

// MaxOperations is how many operations one request may hold.
const MaxOperations = 1000

// Operation is one operation as a client sent it.
type Operation struct {
	Op       string // add, replace or remove, in any case
	Path     string // empty when the request has none
	Value    any    // decoded JSON, numbers as json.Number
	HasValue bool   // tells a null value from none
}

// Apply returns the resource that the operations, in order, make of current. Either all of them succeed or none:
// current, which must be canonical (schema.ResourceType.Validate) and may also hold the resource's id, is not
// modified; the result shares with it what did not change. The result is canonical too, and without id. The names in
// values that the schemas do not know are left out and returned for counting: they are the client's own text, without
// bound. Of a type with a linked attribute, Split takes what Apply does not see.
//
// Where the RFC leaves room or identity providers ignore it, the reading is the tolerant one:
//   - a path with a filter that finds nothing creates the element, if the filter is made of eq joined by and
//   - without a path, keys of the value may be names, dotted names, value paths, or URN-qualified; unknown and
//     read-only ones are ignored (Okta sends the id), except an id that is not the resource's
//   - an empty string or null unassigns; active cannot be unassigned
//   - remove with a value removes the listed elements only; without a path, those of the attributes in the value
//
// Errors are *schema.Error of type invalidSyntax, invalidValue, invalidPath, invalidFilter, mutability, noTarget
// or tooMany, and name the operation by its position from 1.
func Apply(rt *schema.ResourceType, current map[string]any, ops []Operation) (next map[string]any, dropped []string, err error) {
	if len(ops) > MaxOperations {
		return nil, nil, tooMany()
	}
	d := draft{rt: rt, urns: rt.URNs(), root: maps.Clone(current)}
	if d.root == nil {
		d.root = map[string]any{}
	}
	for i, op := range ops {
		if err := d.apply(op); err != nil {
			return nil, nil, at(i, err)
		}
	}
	next, _, err = rt.Validate(d.root)
	if err != nil {
		return nil, nil, err
	}
	return next, d.dropped, nil
}

func refuse(kind, format string, args ...any) *schema.Error {
	return &schema.Error{Type: kind, Detail: fmt.Sprintf(format, args...)}
}

func tooMany() *schema.Error {
	return refuse(schema.TooMany, "at most %d operations in one request", MaxOperations)
}

func valueMissing() *schema.Error { return refuse(schema.InvalidValue, "value: missing") }

func at(i int, err error) error {
	var e *schema.Error
	if !errors.As(err, &e) {
		return err
	}
	return refuse(e.Type, "operation %d: %s", i+1, e.Detail)
}

type verb int

const (
	add verb = iota + 1
	replace
	remove
)

func verbOf(op string) verb {
	switch strings.ToLower(op) {
	case "add":
		return add
	case "replace":
		return replace
	case "remove":
		return remove
	}
	return 0
}

func (d *draft) apply(op Operation) error {
	v := verbOf(op.Op)
	if v == 0 {
		return refuse(schema.InvalidSyntax, "op: expected add, replace or remove")
	}
	if v != remove && !op.HasValue {
		return valueMissing()
	}
	if strings.TrimSpace(op.Path) == "" {
		return d.applyObject(v, op.Value)
	}
	if err := d.parse(op.Path); err != nil {
		return err
	}
	t, err := d.resolve(op.Path)
	if err != nil {
		return err
	}
	if t.readOnly() {
		return refuse(schema.Mutability, "%s: read-only", t)
	}
	return d.run(v, t, op.Value)
}

// applyObject applies an operation without a path: its value names the attributes.
func (d *draft) applyObject(v verb, value any) error {
	members, ok := value.(map[string]any)
	if ok {
		return d.members(v, "", members)
	}
	if v == remove {
		return refuse(schema.NoTarget, "path: missing; say what to remove")
	}
	return refuse(schema.InvalidValue, "value: expected an object, because there is no path")
}

// members runs the verb for each member of a value; prefix is empty, or a schema URN with its colon. Keys are
// taken in sorted order: that puts name before name.givenName, so that the finer one wins.
func (d *draft) members(v verb, prefix string, members map[string]any) error {
	seen := make(map[[2]*schema.Attribute]bool, len(members))
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if err := d.parse(prefix + key); err != nil {
			return err
		}
		t, err := d.resolve(prefix + key)
		if err != nil {
			d.dropped = append(d.dropped, prefix+key) // a name that the schema does not know is ignored, as in a POST
			continue
		}
		if t.isID() && d.root["id"] != nil && members[key] != d.root["id"] {
			return refuse(schema.Mutability, "id: read-only, and not the id of this resource")
		}
		if t.readOnly() {
			continue
		}
		if place := [2]*schema.Attribute{t.attr, t.sub}; t.attr != nil && t.filter == nil {
			if seen[place] {
				return refuse(schema.InvalidSyntax, "%s: given more than once", t)
			}
			seen[place] = true
		}
		if err := d.run(v, t, members[key]); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) run(v verb, t target, value any) error {
	switch {
	case t.ignored():
		return nil
	case t.attr == nil:
		return d.runSchema(v, t, value)
	}
	d.drop(t, value)
	switch {
	case v == remove:
		return d.remove(t, value)
	case t.attr.MultiValued:
		return d.setMany(v, t, value)
	}
	return d.setOne(t, value)
}

// runSchema handles a whole schema, nearly always an extension, named by its URN.
func (d *draft) runSchema(v verb, t target, value any) error {
	if members, ok := value.(map[string]any); ok {
		return d.members(v, t.schema+":", members)
	}
	if value != nil && value != "" {
		return refuse(schema.InvalidValue, "%s: expected an object", t)
	}
	if t.urn == "" {
		return refuse(schema.NoTarget, "%s: name the attributes", t)
	}
	extension, _ := d.root[t.urn].(map[string]any)
	for name, v := range extension {
		if a := d.rt.Attribute(t.urn, name); a != nil {
			if err := checkImmutable(a, v, nil); err != nil {
				return err
			}
		}
	}
	delete(d.root, t.urn)
	return nil
}
