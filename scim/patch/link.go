package patch

import "drawbridge/scim/filter"

// LinkChange is one change to the linked attribute of a resource (schema.ResourceType.Linked), such as the members of a
// group. Changes are kept apart from the attributes so that one member more costs the same in a group of ten as in one of
// a hundred thousand.
type LinkChange struct {
	Op  LinkOp
	IDs []string // of the resources; for Unlink: those to take out, unless Where or none is given

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
