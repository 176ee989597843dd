package patch

import (
	"strings"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// LinkChange is one change to the linked attribute of a resource (schema.ResourceType.Linked), such as the members of a
// group. Changes are kept apart from the attributes so that one member more costs the same in a group of ten as in one of
// a hundred thousand.
type LinkChange struct {
	Op  LinkOp
	IDs []string // of the resources, each once; for Unlink: those to take out, unless Where or none is given

	// Where, for Unlink, selects among the elements of the attribute, which are objects with the sub-attributes of the
	// schema; nil with no IDs selects all.
	Where filter.Expr
}

// LinkOp is what a LinkChange does.
type LinkOp int

// The operations. Linking what is linked and unlinking what is not change nothing.
const (
	Link   LinkOp = iota + 1 // add IDs
	Unlink                   // remove IDs, or Where, or all
	Relink                   // exactly IDs
)

// LinkIDs reads a value of the linked attribute a, a list or one element, as the distinct ids in it. Null, an empty list
// and an empty string have none. Errors are *schema.Error of type invalidValue or invalidSyntax.
func LinkIDs(a *schema.Attribute, value any) ([]string, error) {
	if value == nil || value == "" {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	ids := make([]string, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, item := range list {
		id, ok := plainID(item)
		if !ok {
			element, err := a.Element(item)
			if err != nil {
				return nil, err
			}
			if id, err = linkID(a, element); err != nil {
				return nil, err
			}
		}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// plainID is the id in an element that is written as nearly all are, which linkID would give too, at thirty times the cost:
// a group may come with a hundred thousand of them.
func plainID(item any) (id string, ok bool) {
	m, _ := item.(map[string]any)
	for name, v := range m {
		switch name {
		case "value":
			id, _ = v.(string)
		case "display":
		case "$ref":
			if _, isString := v.(string); v != nil && !isString {
				return "", false
			}
		case "type":
			if v != nil && v != "User" {
				return "", false
			}
		default:
			return "", false
		}
	}
	return id, id != "" && strings.IndexByte(id, 0) < 0
}

// linkID is the id of the resource that a normalized element points to.
func linkID(a *schema.Attribute, element any) (string, error) {
	m, _ := element.(map[string]any)
	id, _ := m["value"].(string)
	kind, _ := m["type"].(string)
	if id == "" {
		ref, _ := m["$ref"].(string)
		id, kind = referred(ref, kind)
	}
	if strings.EqualFold(kind, "Group") && a.LinksTo != "Group" {
		return "", refuse(schema.InvalidValue, "%s: expected values of type %s only", a.Name, a.LinksTo)
	}
	if id == "" {
		return "", refuse(schema.InvalidValue, "%s: every value needs the id of a %s as value", a.Name, a.LinksTo)
	}
	return id, nil
}

// referred reads .../Users/2819c223, the URI of a resource; kind is what is known of its type already.
func referred(ref, kind string) (id, _ string) {
	ref, _, _ = strings.Cut(ref, "#")
	ref, _, _ = strings.Cut(ref, "?")
	segments := strings.Split(strings.TrimRight(ref, "/"), "/")
	if n := len(segments); n > 1 && strings.EqualFold(segments[n-2], "Groups") {
		kind = "Group"
	}
	return segments[len(segments)-1], kind
}
