package patch

import (
	"maps"
	"slices"
	"strings"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// Split takes what concerns the linked attribute of the type out of the operations and returns it as changes, in order.
// Rest are the operations for Apply, as many as there were, so that positions in errors stay right: one that was taken
// whole is left as one that does nothing. A type without a linked attribute, or with a read-only one such as the groups of
// a user, gets its operations back as they are, and so does a malformed operation: Apply has the words for both.
//
// Elements are ids, objects with an id as value, or objects without value whose $ref ends in one. Null and the empty
// string mean an empty list where a list stands, and are refused as elements of one. What identity providers send is read
// like this:
//   - remove with a value takes out those listed, none for an empty list; without one, or with null, all of them
//   - remove with a filter takes out what it selects; that it selects nothing is no error, so a repeated request succeeds
//   - add and replace with a filter link the one value that the filter names with eq; the value sent may say more of the
//     same element, not name another (invalidValue). A filter that names none, or several, is noTarget. To replace by null
//     is to remove
//   - an element's sub-attributes are immutable, so paths that end in one are refused (mutability), removal included; but
//     replacing display or type of a filtered element is ignored, as is what is read-only in an operation without a path
//
// Errors are those of Apply.
func Split(rt *schema.ResourceType, ops []Operation) (rest []Operation, links []LinkChange, err error) {
	linked := rt.Linked()
	if linked == nil || linked.Mutability == schema.ReadOnly {
		return ops, nil, nil
	}
	if len(ops) > MaxOperations {
		return nil, nil, tooMany()
	}
	s := splitter{draft: draft{rt: rt, urns: rt.URNs()}, linked: linked,
		name: strings.ToLower(linked.Name), urn: strings.ToLower(rt.Schema.ID)}
	rest = make([]Operation, 0, len(ops))
	for i, op := range ops {
		left, err := s.split(op)
		if err != nil {
			return nil, nil, at(i, err)
		}
		rest = append(rest, left)
	}
	return rest, s.links, nil
}

// splitter gathers changes; the draft, of nothing, reads paths for it.
type splitter struct {
	draft  draft
	linked *schema.Attribute
	links  []LinkChange
	name   string // of linked, in small letters, and
	urn    string // of its schema
	nodes  int    // of the filters that have to be asked of every value, which may be a hundred thousand
}

// concerns reports whether a path could be about the linked attribute, before anything is parsed.
func (s *splitter) concerns(path string) bool {
	path = strings.ToLower(path)
	return strings.Contains(path, s.name) || strings.Contains(path, s.urn)
}

// nothing is an operation that changes nothing.
func nothing() Operation { return Operation{Op: "add", Value: map[string]any{}, HasValue: true} }

// split returns what is left of the operation.
func (s *splitter) split(op Operation) (Operation, error) {
	v := verbOf(op.Op)
	if v == 0 {
		return op, nil
	}
	if strings.TrimSpace(op.Path) == "" {
		return s.splitValue(v, op, "")
	}
	if !s.concerns(op.Path) {
		return op, nil
	}
	if err := s.draft.parse(op.Path); err != nil {
		return Operation{}, err
	}
	t, err := s.draft.resolve(op.Path)
	switch {
	case err != nil:
		return op, nil // Apply finds the same
	case t.attr == nil && t.urn == "":
		return s.splitValue(v, op, t.schema+":")
	case t.attr != s.linked:
		return op, nil
	case v != remove && !op.HasValue:
		return Operation{}, valueMissing()
	}
	return nothing(), s.change(v, t, op.Value)
}

// splitValue is split for an operation whose value names the attributes; prefix is empty, or a schema URN with its colon.
func (s *splitter) splitValue(v verb, op Operation, prefix string) (Operation, error) {
	given, ok := op.Value.(map[string]any)
	if !ok {
		return op, nil
	}
	left, err := s.prune(v, prefix, given)
	op.Value = left
	return op, err
}

// prune returns a copy of given without the keys that are about the linked attribute.
func (s *splitter) prune(v verb, prefix string, given map[string]any) (map[string]any, error) {
	left := maps.Clone(given)
	whole := false
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !s.concerns(prefix + key) {
			continue
		}
		if err := s.draft.parse(prefix + key); err != nil {
			return nil, err
		}
		t, err := s.draft.resolve(prefix + key)
		if err != nil {
			continue // ignored by Apply
		}
		if part, nested := given[key].(map[string]any); nested && t.attr == nil && t.urn == "" {
			if left[key], err = s.prune(v, t.schema+":", part); err != nil {
				return nil, err
			}
		}
		if t.attr != s.linked {
			continue
		}
		delete(left, key)
		if t.readOnly() {
			continue
		}
		if t.sub == nil && t.filter == nil {
			if whole {
				return nil, refuse(schema.InvalidSyntax, "%s: given more than once", t)
			}
			whole = true
		}
		if err := s.change(v, t, given[key]); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// change notes what an operation does to the target, which is the linked attribute or lies in it.
func (s *splitter) change(v verb, t target, value any) error {
	switch {
	case t.sub != nil:
		return refuseSub(v, t)
	case t.filter == nil:
		return s.changeListed(v, value)
	case v == remove, v == replace && (value == nil || value == ""):
		return s.unlink(t.filter)
	}
	return s.linkNamed(t, value)
}

func refuseSub(v verb, t target) error {
	if v == replace && t.filter != nil && (t.sub.Name == "display" || t.sub.Name == "type") {
		return nil
	}
	return refuse(schema.Mutability, "%s: cannot be changed; add or remove whole values of %s", t, t.attr.Name)
}

func (s *splitter) changeListed(v verb, value any) error {
	if v == remove && value == nil {
		s.links = append(s.links, LinkChange{Op: Unlink})
		return nil
	}
	ids, err := LinkIDs(s.linked, value)
	if err != nil {
		return err
	}
	if len(ids) == 0 && v != replace {
		return nil
	}
	s.links = append(s.links, LinkChange{Op: linkOpOf(v), IDs: ids})
	return nil
}

func linkOpOf(v verb) LinkOp {
	switch v {
	case add:
		return Link
	case replace:
		return Relink
	}
	return Unlink
}

// unlink notes the removal of what the filter selects, by id if it does no more than list some.
func (s *splitter) unlink(x filter.Expr) error {
	if ids, ok := listed(x, nil); ok {
		s.links = append(s.links, LinkChange{Op: Unlink, IDs: ids})
		return nil
	}
	if s.nodes += nodes(x); s.nodes > filter.MaxNodes {
		return refuse(schema.TooMany, "the operations hold more than %d comparisons over all values; name the values by value eq",
			filter.MaxNodes)
	}
	s.links = append(s.links, LinkChange{Op: Unlink, Where: x})
	return nil
}

// listed reads value eq "a" or value eq "b".
func listed(x filter.Expr, ids []string) ([]string, bool) {
	switch x := x.(type) {
	case *filter.Logical:
		ids, ok := listed(x.Left, ids)
		if !x.Or || !ok {
			return nil, false
		}
		return listed(x.Right, ids)
	case *filter.Compare:
		id, isString := x.Value.(string)
		if x.Op != filter.Eq || !strings.EqualFold(x.Path.Name, "value") || !isString {
			return nil, false
		}
		if slices.Contains(ids, id) {
			return ids, true
		}
		return append(ids, id), true
	}
	return nil, false
}

// linkNamed links the resource whose id the filter names.
func (s *splitter) linkNamed(t target, value any) error {
	seed, ok := seedOf(t)
	if !ok || seed["value"] == nil {
		return refuse(schema.NoTarget, "%s: the filter names no single value; say value eq and its id", t)
	}
	if list, isList := value.([]any); isList && len(list) == 1 {
		value = list[0]
	}
	normal, err := s.linked.Element(value)
	if err != nil {
		return err
	}
	given, _ := normal.(map[string]any)
	if v, ok := given["value"]; ok && !equal(v, seed["value"]) {
		return refuse(schema.InvalidValue, "%s.value: expected the value that the filter names, or none", t)
	}
	maps.Copy(seed, given)
	id, err := linkID(s.linked, seed)
	if err != nil {
		return err
	}
	s.links = append(s.links, LinkChange{Op: Link, IDs: []string{id}})
	return nil
}
