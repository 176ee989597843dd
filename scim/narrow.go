package scim

import (
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// verdict is what is known of a filter before a resource is seen.
type verdict int

const (
	open   verdict = iota // it depends on the resource
	always                // it selects every resource of the type
	never                 // it selects none
)

func (v verdict) not() verdict {
	switch v {
	case always:
		return never
	case never:
		return always
	}
	return open
}

// narrow reads a filter over several types as it is for one of them. An attribute that only others have has no value there
// (RFC 7644 section 3.4.2.1), and the name of the type is known; what is left is a filter that can be checked against the
// type, or a verdict. What no type understands is an error.
func narrow(x filter.Expr, rt *schema.ResourceType, types []*schema.ResourceType) (filter.Expr, verdict, error) {
	switch x := x.(type) {
	case *filter.Logical:
		return narrowLogical(x, rt, types)
	case *filter.Not:
		inner, v, err := narrow(x.X, rt, types)
		if err != nil || v != open {
			return nil, v.not(), err
		}
		return &filter.Not{X: inner}, open, nil
	}
	return narrowLeaf(x, rt, types)
}

func narrowLogical(x *filter.Logical, rt *schema.ResourceType, types []*schema.ResourceType) (filter.Expr, verdict, error) {
	left, l, err := narrow(x.Left, rt, types)
	if err != nil {
		return nil, open, err
	}
	right, r, err := narrow(x.Right, rt, types)
	if err != nil {
		return nil, open, err
	}
	decides := never // whichever side has it
	if x.Or {
		decides = always
	}
	switch {
	case l == decides || r == decides:
		return nil, decides, nil
	case l != open && r != open:
		return nil, l, nil
	case l != open:
		return right, open, nil
	case r != open:
		return left, open, nil
	}
	return &filter.Logical{Or: x.Or, Left: left, Right: right}, open, nil
}

func narrowLeaf(x filter.Expr, rt *schema.ResourceType, types []*schema.ResourceType) (filter.Expr, verdict, error) {
	match, err := filter.Matcher(x, rt)
	switch {
	case err == nil && asksForType(x, rt):
		if match(map[string]any{"meta": map[string]any{"resourceType": rt.ID}}) {
			return nil, always, nil
		}
		return nil, never, nil
	case err == nil:
		return x, open, nil
	}
	for _, other := range types {
		if other != rt && filter.Check(x, other) == nil {
			return nil, ofNothing(x), nil
		}
	}
	return nil, open, err
}

// asksForType holds for meta.resourceType, which is the same for all resources of the type.
func asksForType(x filter.Expr, rt *schema.ResourceType) bool {
	var path filter.AttrPath
	switch x := x.(type) {
	case *filter.Compare:
		path = x.Path
	case *filter.Present:
		path = x.Path
	default:
		return false
	}
	t, err := filter.ResourceScope(rt).Resolve(path)
	return err == nil && t.URN == "" && t.Attr.Name == "meta" && t.Sub != nil && t.Sub.Name == "resourceType"
}

// ofNothing is what a comparison says of an attribute without a value: see filter.Matcher.
func ofNothing(x filter.Expr) verdict {
	c, ok := x.(*filter.Compare)
	if ok && (c.Op == filter.Ne) != (c.Value == nil) {
		return always
	}
	return never
}
