package patch

import (
	"errors"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// target is what a path names, looked up in the schema.
type target struct {
	schema string            // URN, when the path names a whole schema
	urn    string            // the extension that holds attr; empty for the core schema
	attr   *schema.Attribute // nil when the path names a whole schema
	sub    *schema.Attribute // nil when the path names no sub-attribute
	filter filter.Expr       // nil when the path has no filter
	match  func(element any) bool
}

// String names the target without the filter, which holds personal data.
func (t target) String() string {
	switch {
	case t.attr == nil:
		return t.schema
	case t.sub == nil:
		return t.attr.Name
	}
	return t.attr.Name + "." + t.sub.Name
}

func (t target) readOnly() bool {
	return t.attr != nil && t.attr.Mutability == schema.ReadOnly ||
		t.sub != nil && t.sub.Mutability == schema.ReadOnly
}

// ignored holds for what is accepted and not kept: the password, and schemas, which follow from the data.
func (t target) ignored() bool {
	return t.attr != nil && (t.attr.Mutability == schema.WriteOnly || t.attr.Name == "schemas")
}

func (t target) isID() bool { return t.attr != nil && t.urn == "" && t.attr.Name == "id" }

// selects reports whether the target means this element; a path without a filter means all of them.
func (t target) selects(element any) bool { return t.match == nil || t.match(element) }

// resolve reads a path. What the schema does not know is an error of type invalidPath.
func (d *draft) resolve(path string) (target, error) {
	p, err := filter.ParsePath(path, d.urns...)
	if err != nil {
		return target{}, pathError(schema.InvalidPath, err)
	}
	if p.Attr.Name == "" {
		return d.resolveSchema(p.Attr.URN)
	}
	t := d.find(p.Attr)
	if t.attr == nil {
		return target{}, refuse(schema.InvalidPath, "path: no such attribute")
	}
	if p.Sub != "" {
		if t.sub = t.attr.Sub(p.Sub); t.sub == nil {
			return target{}, refuse(schema.InvalidPath, "path: %s has no such sub-attribute", t)
		}
	}
	if p.Filter == nil {
		return t, nil
	}
	if t.attr.Type != schema.Complex {
		return target{}, refuse(schema.InvalidPath, "path: %s has no elements to filter", t)
	}
	t.filter = p.Filter
	if t.match, err = filter.ElementMatcher(p.Filter, t.attr); err != nil {
		return target{}, pathError(schema.InvalidFilter, err)
	}
	return t, nil
}

func pathError(kind string, err error) error {
	var e *filter.Error
	if !errors.As(err, &e) {
		return err
	}
	return refuse(kind, "path: %s", e.Error())
}

func (d *draft) resolveSchema(urn string) (target, error) {
	if x := d.rt.Extension(urn); x != nil {
		return target{schema: x.ID, urn: x.ID}, nil
	}
	if d.rt.Attribute(urn, "schemas") != nil {
		return target{schema: d.rt.Schema.ID}, nil
	}
	return target{}, refuse(schema.InvalidPath, "path: no such schema")
}

// find looks an unqualified name up in the extensions as well: Entra jobs send manager without its URN.
func (d *draft) find(p filter.AttrPath) target {
	if a := d.rt.Attribute(p.URN, p.Name); a != nil {
		if x := d.rt.Extension(p.URN); x != nil {
			return target{urn: x.ID, attr: a}
		}
		return target{attr: a}
	}
	if p.URN != "" {
		return target{}
	}
	for _, x := range d.rt.Extensions {
		if a := d.rt.Attribute(x.ID, p.Name); a != nil {
			return target{urn: x.ID, attr: a}
		}
	}
	return target{}
}
