// Package filter parses SCIM filter expressions and attribute paths (RFC 7644 sections 3.4.2.2 and 3.5.2)
// and evaluates them against resources in memory.
package filter

// Expr is a parsed filter: one of *Logical, *Not, *Compare, *Present or *ValuePath.
type Expr interface {
	// String is the filter in canonical text: Parse of it gives the same tree.
	String() string
	expr()
}

// Op is a comparison operator of RFC 7644 table 3, in lower case.
type Op string

// The comparison operators. Present (pr) is an Expr of its own.
const (
	Eq Op = "eq"
	Ne Op = "ne"
	Co Op = "co"
	Sw Op = "sw"
	Ew Op = "ew"
	Gt Op = "gt"
	Ge Op = "ge"
	Lt Op = "lt"
	Le Op = "le"
)

// AttrPath names an attribute: [URN ":"] Name ["." Sub]. Case is kept as written; names compare
// without regard to case (RFC 7643 section 2.1).
type AttrPath struct {
	URN  string // schema URN, empty when the path is not qualified
	Name string // attribute name; empty only when a PATCH path names a whole extension
	Sub  string // sub-attribute name, empty when none
}

// Logical joins two expressions by "and" or "or".
type Logical struct {
	Or          bool // false: and
	Left, Right Expr
}

// Not negates an expression.
type Not struct{ X Expr }

// Compare compares an attribute with a literal. Value is string, bool, nil (JSON null) or
// json.Number, as written.
type Compare struct {
	Path  AttrPath
	Op    Op
	Value any
}

// Present is "attr pr".
type Present struct{ Path AttrPath }

// ValuePath is attr[filter] with, in the dialect that some identity providers speak, a tail:
// emails[type eq "work"].value eq "x". The tail is nil for the plain form. Otherwise it is a
// *Compare or *Present whose Path.Name is the sub-attribute (URN and Sub empty) and which must
// hold for one and the same element that the inner filter selects.
type ValuePath struct {
	Path  AttrPath
	Inner Expr
	Tail  Expr
}

func (*Logical) expr()   {}
func (*Not) expr()       {}
func (*Compare) expr()   {}
func (*Present) expr()   {}
func (*ValuePath) expr() {}
