package filter

import "drawbridge/scim/schema"

// Check reports with an *Error whether x can be asked of resources of type rt: 400 invalidFilter otherwise,
// never an answer with all rows. It refuses unknown attributes, those that are never returned (password), and
// operators and literals that do not fit the attribute's type (RFC 7644 section 3.4.2.2).
func Check(x Expr, rt *schema.ResourceType) error {
	_, err := Matcher(x, rt)
	return err
}

// Match reports whether the filter selects the resource. What Check refuses selects nothing.
func Match(x Expr, rt *schema.ResourceType, res map[string]any) bool {
	match, err := Matcher(x, rt)
	return err == nil && match(res)
}

// Matcher prepares x once for many resources of type rt; it fails as Check does.
//
// A resource is decoded JSON with the schema's spelling of names: string, bool, json.Number or float64, []any
// and map[string]any; extensions under their URN; id and meta included. Logic is two-valued. What is missing,
// null or an empty list is unassigned, and so is what has another JSON type than the schema says: no comparison
// holds of it, except ne, which is the opposite of eq. A multi-valued attribute matches when one element does, and ne also
// when there is none; elements that are null, or no objects where the attribute is complex, do not count.
func Matcher(x Expr, rt *schema.ResourceType) (func(map[string]any) bool, error) {
	return ResourceScope(rt).matcher(x)
}

// ElementMatcher prepares x, which stands in brackets after the complex attribute a, for many elements of it.
// An element is a map[string]any; what is none never matches.
func ElementMatcher(x Expr, a *schema.Attribute) (func(element any) bool, error) {
	match, err := ElementScope(a).matcher(x)
	if err != nil {
		return nil, err
	}
	return func(element any) bool {
		m, ok := element.(map[string]any)
		return ok && match(m)
	}, nil
}

// predicate tells of a resource or an element.
type predicate = func(map[string]any) bool

func (s Scope) matcher(x Expr) (predicate, error) {
	switch x := x.(type) {
	case *Logical:
		return s.logical(x)
	case *Not:
		p, err := s.matcher(x.X)
		if err != nil {
			return nil, err
		}
		return func(m map[string]any) bool { return !p(m) }, nil
	case *Present:
		t, err := s.Resolve(x.Path)
		if err != nil {
			return nil, err
		}
		return t.present, nil
	case *Compare:
		return s.comparison(x)
	case *ValuePath:
		return s.valuePath(x)
	}
	return nil, refuse("the filter is empty")
}

func (s Scope) logical(x *Logical) (predicate, error) {
	left, err := s.matcher(x.Left)
	if err != nil {
		return nil, err
	}
	right, err := s.matcher(x.Right)
	if err != nil {
		return nil, err
	}
	if x.Or {
		return func(m map[string]any) bool { return left(m) || right(m) }, nil
	}
	return func(m map[string]any) bool { return left(m) && right(m) }, nil
}

func (s Scope) comparison(x *Compare) (predicate, error) {
	t, literal, err := s.Bind(x)
	if err != nil {
		return nil, err
	}
	if literal == nil {
		return func(m map[string]any) bool { return t.present(m) == (x.Op == Ne) }, nil
	}
	if x.Op == Ne {
		equal := valueTest(t.Leaf(), Eq, literal)
		return func(m map[string]any) bool {
			none := true
			for v := range t.values(m) {
				none = false
				if !equal(v) {
					return true
				}
			}
			return none
		}, nil
	}
	test := valueTest(t.Leaf(), x.Op, literal)
	return func(m map[string]any) bool {
		for v := range t.values(m) {
			if test(v) {
				return true
			}
		}
		return false
	}, nil
}

func (s Scope) valuePath(x *ValuePath) (predicate, error) {
	t, inner, err := s.Elements(x)
	if err != nil {
		return nil, err
	}
	test, err := inner.matcher(x.Inner)
	if err != nil {
		return nil, err
	}
	tail := func(map[string]any) bool { return true }
	if x.Tail != nil {
		if tail, err = inner.matcher(x.Tail); err != nil {
			return nil, err
		}
	}
	return func(m map[string]any) bool {
		for v := range t.values(m) {
			if e, ok := v.(map[string]any); ok && test(e) && tail(e) {
				return true
			}
		}
		return false
	}, nil
}

// Elements resolves the attribute of a value path, which must be complex, and gives the scope of its brackets.
// One that is not multi-valued counts as its own single element (the dialect of ValuePath).
func (s Scope) Elements(x *ValuePath) (Target, Scope, error) {
	t, err := s.Resolve(x.Path)
	if err != nil {
		return Target{}, Scope{}, err
	}
	if t.Leaf().Type != schema.Complex {
		return Target{}, Scope{}, refuse("%s has no parts to filter in brackets", shown(x.Path))
	}
	return t, ElementScope(t.Attr), nil
}
