package store

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// compileFilter turns a filter over the resources of a customer into a condition on the table of their type, which the query
// calls u, with `?` for every value. It selects exactly the rows that filter.Match does (invariant I28).
//
// What has a column is compared there, so that the indexes serve; the values of the linked attribute are rows of
// group_members; the rest is read from u.folded, which differs from u.doc only in the strings that compare without case. The
// condition may be NULL where a column is: WHERE, AND and OR take that for false, and every negation is IS NOT TRUE.
//
// Besides what filter.Check refuses it refuses, with a *filter.Error, what depends on the URL that the client knows
// (meta.location, the $ref of a linked attribute) and meta.version, and comparisons of dates outside meta, which no type has.
func compileFilter(d dialect, rt *schema.ResourceType, customerID string, x filter.Expr) (where string, args []any, err error) {
	c := filterCompiler{dialect: d, customerID: customerID}
	row := rowPlace(d, rt)
	sieve := c.byMail(x, row)
	if word := required(x, row); word != "" {
		sieve += c.compareText("u.folded", filter.Co, word) + " AND "
	}
	where, err = c.expr(x, row)
	if err != nil {
		return "", nil, err
	}
	return sieve + where, c.args, nil
}

// filterCompiler gathers the arguments in the order of their placeholders: whatever makes SQL text must make it in
// the order in which it will stand.
type filterCompiler struct {
	dialect    dialect
	customerID string
	args       []any
	elements   int // subqueries so far, to name their rows apart
}

func (c *filterCompiler) bind(v any) string {
	c.args = append(c.args, v)
	return "?"
}

func unsupported(format string, args ...any) error {
	return &filter.Error{Pos: filter.NoPos, Msg: fmt.Sprintf(format, args...)}
}

// not is a two-valued negation: true of what is false and of what is NULL.
func not(condition string) string { return "(" + condition + ") IS NOT TRUE" }

func (c *filterCompiler) expr(x filter.Expr, at place) (string, error) {
	switch x := x.(type) {
	case *filter.Logical:
		return c.logical(x, at)
	case *filter.Not:
		s, err := c.expr(x.X, at)
		return not(s), err
	case *filter.Present:
		t, err := at.scope.Resolve(x.Path)
		if err != nil {
			return "", err
		}
		return c.present(t, at)
	case *filter.Compare:
		return c.compare(x, at)
	case *filter.ValuePath:
		return c.valuePath(x, at)
	}
	return "", unsupported("the filter is empty")
}

func (c *filterCompiler) logical(x *filter.Logical, at place) (string, error) {
	left, err := c.expr(x.Left, at)
	if err != nil {
		return "", err
	}
	right, err := c.expr(x.Right, at)
	if err != nil {
		return "", err
	}
	if x.Or {
		return "(" + left + " OR " + right + ")", nil
	}
	return "(" + left + " AND " + right + ")", nil
}

func (c *filterCompiler) compare(x *filter.Compare, at place) (string, error) {
	t, literal, err := at.scope.Bind(x)
	if err != nil {
		return "", err
	}
	if literal == nil {
		s, err := c.present(t, at)
		if err == nil && x.Op == filter.Eq {
			s = not(s)
		}
		return s, err
	}
	if linked(t) {
		return c.compareLinked(t, x.Op, literal)
	}
	col, ok, err := at.column(t)
	if err != nil {
		return "", err
	}
	if ok {
		return c.compareColumn(col, x.Op, literal), nil
	}
	if _, date := literal.(time.Time); date {
		return "", unsupported("%s can be filtered by pr only", t.Leaf().Name)
	}
	if !t.Attr.MultiValued {
		return c.compareJSON(t, at.json.member(t.URN, t.Attr.Name), x.Op, literal), nil
	}
	return c.compareElements(t, at, x.Op, literal), nil
}

// compareElements is true if the comparison holds of one element; ne holds also where there is none.
func (c *filterCompiler) compareElements(t filter.Target, at place, op filter.Op, literal any) string {
	list := at.json.member(t.URN, t.Attr.Name)
	some := c.exists(list, t.Attr, func(element jsonRef) string { return c.compareJSON(t, element, op, literal) })
	if op != filter.Ne {
		return some
	}
	one := c.exists(list, t.Attr, func(jsonRef) string { return "TRUE" })
	return "(" + some + " OR " + not(one) + ")"
}

// compareJSON compares ref, which is the attribute of t or an element of it.
func (c *filterCompiler) compareJSON(t filter.Target, ref jsonRef, op filter.Op, literal any) string {
	if op == filter.Ne {
		return not(c.compareJSON(t, ref, filter.Eq, literal))
	}
	if t.Sub != nil {
		ref = ref.member("", t.Sub.Name)
	}
	switch v := literal.(type) {
	case string:
		return "(" + ref.isString() + " AND " + c.compareText(ref.text(), op, v) + ")"
	case bool:
		return ref.isBool(v)
	default:
		return ref.number() + " " + sqlOperator(op) + " " + c.bind(v)
	}
}

// compareText compares expr, which is text or NULL. LIKE is no use: it would read % and _ in a value as wildcards.
// Lengths are in characters in both dialects.
func (c *filterCompiler) compareText(expr string, op filter.Op, want string) string {
	n := strconv.Itoa(utf8.RuneCountInString(want))
	switch op {
	case filter.Eq:
		return expr + " = " + c.bind(want)
	case filter.Co:
		if c.dialect == postgres {
			return "strpos(" + expr + ", " + c.bind(want) + ") > 0"
		}
		return "instr(" + expr + ", " + c.bind(want) + ") > 0"
	case filter.Sw:
		return "substr(" + expr + ", 1, " + n + ") = " + c.bind(want)
	case filter.Ew:
		if want == "" { // SQLite reads substr(x, -0) as the whole of x
			return expr + " IS NOT NULL"
		}
		if c.dialect == postgres {
			return "right(" + expr + ", " + n + ") = " + c.bind(want)
		}
		return "substr(" + expr + ", -" + n + ") = " + c.bind(want)
	}
	if c.dialect == postgres {
		expr += ` COLLATE "C"` // bytes of UTF-8, as SQLite and Go compare
	}
	return expr + " " + sqlOperator(op) + " " + c.bind(want)
}

func sqlOperator(op filter.Op) string {
	switch op {
	case filter.Gt:
		return ">"
	case filter.Ge:
		return ">="
	case filter.Lt:
		return "<"
	case filter.Le:
		return "<="
	}
	return "="
}

func (c *filterCompiler) present(t filter.Target, at place) (string, error) {
	if linked(t) {
		return c.presentLinked(t)
	}
	col, ok, err := at.column(t)
	switch {
	case err != nil:
		return "", err
	case ok && col.nullable:
		return col.expr + " IS NOT NULL", nil
	case ok:
		return "TRUE", nil
	}
	assigned := func(ref jsonRef) string {
		if t.Sub != nil {
			return ref.member("", t.Sub.Name).isScalar()
		}
		if t.Attr.Type == schema.Complex {
			return c.hasPart(ref)
		}
		return ref.isScalar()
	}
	ref := at.json.member(t.URN, t.Attr.Name)
	if t.Attr.MultiValued {
		return c.exists(ref, t.Attr, assigned), nil
	}
	return assigned(ref), nil
}

func (c *filterCompiler) valuePath(x *filter.ValuePath, at place) (string, error) {
	t, inner, err := at.scope.Elements(x)
	if err != nil {
		return "", err
	}
	if linked(t) {
		return c.bracketsLinked(t, x)
	}
	if _, ok, err := at.column(t); err != nil {
		return "", err
	} else if ok {
		return "", unsupported("%s cannot be filtered by in brackets: write %s.created and the like", t.Attr.Name, t.Attr.Name)
	}
	condition := func(element jsonRef) string {
		var s string
		if err == nil {
			s, err = c.expr(x.Inner, place{scope: inner, json: element})
		}
		if err == nil && x.Tail != nil {
			var tail string
			tail, err = c.expr(x.Tail, place{scope: inner, json: element})
			s = "(" + s + " AND " + tail + ")"
		}
		return s
	}
	ref := at.json.member(t.URN, t.Attr.Name)
	var s string
	if t.Attr.MultiValued {
		s = c.exists(ref, t.Attr, condition)
	} else {
		s = "(" + ref.isObject() + " AND " + condition(ref) + ")"
	}
	return s, err
}

func (c *filterCompiler) compareColumn(col column, op filter.Op, literal any) string {
	if op == filter.Ne {
		return not(c.compareColumn(col, filter.Eq, literal))
	}
	switch v := literal.(type) {
	case string:
		return c.compareText(col.expr, op, v)
	case time.Time:
		return c.compareTime(col, op, v)
	default:
		return col.expr + " " + sqlOperator(op) + " " + c.bind(v)
	}
}
