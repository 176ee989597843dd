package oktatest

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// matcher decides on an object by the value behind each path, nil where there is none.
type matcher func(field func(path string) any) bool

var (
	errSyntax   = errors.New("malformed expression")
	errOperator = errors.New("operator not supported")
	errPath     = errors.New("attribute not supported")
)

// searchOperators are those of `search=`; there is no `ne` and no `not`.
func searchOperators(op string) bool {
	switch op {
	case "eq", "sw", "gt", "ge", "lt", "le", "pr":
		return true
	}
	return false
}

// filterOperators are those of `filter=`.
func filterOperators(op string) bool {
	switch op {
	case "eq", "gt", "ge", "lt", "le":
		return true
	}
	return false
}

const maxDepth = 32

// parseExpr reads a search expression: comparisons joined by and, or and parentheses. Paths are case-sensitive,
// operators and string values are not.
func parseExpr(s string, operator func(string) bool, path func(string) bool) (matcher, error) {
	tokens, err := tokenize(s)
	if err != nil {
		return nil, err
	}
	p := &exprParser{tokens: tokens, operator: operator, path: path}
	m, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if len(p.tokens) > 0 {
		return nil, errSyntax
	}
	return m, nil
}

type exprToken struct {
	text   string
	quoted bool
}

func tokenize(s string) ([]exprToken, error) {
	var out []exprToken
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		switch s[0] {
		case '(', ')':
			out, s = append(out, exprToken{text: s[:1]}), s[1:]
		case '"':
			quoted, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, errSyntax
			}
			text, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, errSyntax
			}
			out, s = append(out, exprToken{text: text, quoted: true}), s[len(quoted):]
		default:
			n := strings.IndexAny(s, ` ()"`)
			if n < 0 {
				n = len(s)
			}
			out, s = append(out, exprToken{text: s[:n]}), s[n:]
		}
	}
	return out, nil
}

type exprParser struct {
	tokens         []exprToken
	operator, path func(string) bool
}

func (p *exprParser) next() (exprToken, bool) {
	if len(p.tokens) == 0 {
		return exprToken{}, false
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t, true
}

func (p *exprParser) accept(word string) bool {
	if len(p.tokens) == 0 || p.tokens[0].quoted || !strings.EqualFold(p.tokens[0].text, word) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *exprParser) or(depth int) (matcher, error) {
	left, err := p.and(depth)
	if err != nil {
		return nil, err
	}
	all := []matcher{left}
	for p.accept("or") {
		right, err := p.and(depth)
		if err != nil {
			return nil, err
		}
		all = append(all, right)
	}
	return func(field func(string) any) bool {
		for _, m := range all {
			if m(field) {
				return true
			}
		}
		return false
	}, nil
}

func (p *exprParser) and(depth int) (matcher, error) {
	left, err := p.term(depth)
	if err != nil {
		return nil, err
	}
	all := []matcher{left}
	for p.accept("and") {
		right, err := p.term(depth)
		if err != nil {
			return nil, err
		}
		all = append(all, right)
	}
	return func(field func(string) any) bool {
		for _, m := range all {
			if !m(field) {
				return false
			}
		}
		return true
	}, nil
}

func (p *exprParser) term(depth int) (matcher, error) {
	if depth > maxDepth {
		return nil, errSyntax
	}
	if p.accept("(") {
		m, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.accept(")") {
			return nil, errSyntax
		}
		return m, nil
	}
	path, some := p.next()
	if !some || path.quoted {
		return nil, errSyntax
	}
	if !p.path(path.text) {
		return nil, errPath
	}
	op, some := p.next()
	name := strings.ToLower(op.text)
	if !some || op.quoted || !p.operator(name) {
		return nil, errOperator
	}
	if name == "pr" {
		return func(field func(string) any) bool { return field(path.text) != nil }, nil
	}
	lit, some := p.next()
	if !some {
		return nil, errSyntax
	}
	want, err := lit.value()
	if err != nil {
		return nil, err
	}
	return func(field func(string) any) bool { return satisfies(field(path.text), name, want) }, nil
}

func (t exprToken) value() (any, error) {
	if t.quoted {
		return t.text, nil
	}
	switch t.text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	n, err := strconv.ParseFloat(t.text, 64)
	if err != nil {
		return nil, errSyntax
	}
	return n, nil
}

// satisfies reports whether a value, or one element of an array, compares as wanted. What is not set matches nothing.
func satisfies(have any, op string, want any) bool {
	if list, isList := have.([]any); isList {
		for _, v := range list {
			if satisfies(v, op, want) {
				return true
			}
		}
		return false
	}
	if have == nil {
		return false
	}
	if op == "sw" {
		h, isText := have.(string)
		w, wantsText := want.(string)
		return isText && wantsText && strings.HasPrefix(strings.ToLower(h), strings.ToLower(w))
	}
	if h, isText := have.(string); isText && op == "eq" {
		w, wantsText := want.(string)
		return wantsText && strings.EqualFold(h, w)
	}
	order, comparable := ordered(have, want)
	if !comparable {
		return false
	}
	switch op {
	case "eq":
		return order == 0
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	}
	return order <= 0
}

// compare orders two values for sorting; values that cannot be compared, or are not set, are equal.
func compare(a, b any) int {
	order, _ := ordered(a, b)
	return order
}

// ordered compares two values of one type; a date compares with a string that writes one.
func ordered(have, want any) (order int, comparable bool) {
	switch h := have.(type) {
	case string:
		w, same := want.(string)
		return strings.Compare(strings.ToLower(h), strings.ToLower(w)), same
	case bool:
		w, same := want.(bool)
		if h == w {
			return 0, same
		}
		return 1, same
	case float64:
		w, same := want.(float64)
		if h < w {
			return -1, same
		}
		if h > w {
			return 1, same
		}
		return 0, same
	case time.Time:
		if w, same := want.(time.Time); same {
			return h.Compare(w), true
		}
		w, _ := want.(string)
		t, err := time.Parse(time.RFC3339, w)
		return h.Compare(t), err == nil
	}
	return 0, false
}
