package filter

import "fmt"

// Limits on a filter or path; what exceeds one is refused. They bound the work that Check, evaluation and the
// translation to SQL can be made to do.
const (
	MaxBytes = 8 << 10 // length of the text
	MaxDepth = 32      // parentheses and brackets open at once
	MaxNodes = 50      // comparisons, value paths and logical operators together
)

// Parse reads a filter by the grammar of RFC 7644 section 3.4.2.2 and the dialect described at ValuePath.
// Operators, and, or, not, true, false and null may be in any case; spaces around an expression are ignored. The
// error is an *Error.
func Parse(s string) (Expr, error) {
	if len(s) > MaxBytes {
		return nil, &Error{Pos: MaxBytes, Msg: fmt.Sprintf("a filter is at most %d bytes long", MaxBytes)}
	}
	p := parser{text: s}
	x, err := p.parseGroup()
	if err != nil {
		return nil, err
	}
	if p.pos < len(s) {
		return nil, p.expected("and, or, or the end of the filter")
	}
	return x, nil
}

// parser reads text from left to right and never steps back further than over one word.
type parser struct {
	text     string
	pos      int
	depth    int
	nodes    int
	brackets bool // inside a value path, where no further one may open
}

func (p *parser) expected(what string) error {
	return &Error{Pos: p.pos, Msg: "expected " + what}
}

// open enters a parenthesis or bracket that stands at pos.
func (p *parser) open() error {
	if p.depth++; p.depth > MaxDepth {
		return &Error{Pos: p.pos, Msg: fmt.Sprintf("parentheses and brackets nest at most %d deep", MaxDepth)}
	}
	p.pos++
	return nil
}

// close leaves what open entered.
func (p *parser) close(c byte) error {
	if p.peek() != c {
		return p.expected("and, or, or " + string(c))
	}
	p.depth--
	p.pos++
	return nil
}

// node counts a node of the tree.
func (p *parser) node() error {
	if p.nodes++; p.nodes > MaxNodes {
		return &Error{Pos: p.pos, Msg: fmt.Sprintf("a filter has at most %d comparisons and operators", MaxNodes)}
	}
	return nil
}

// parseGroup reads a whole filter, up to the end or the bracket that closes it, with the spaces around it.
func (p *parser) parseGroup() (Expr, error) {
	p.spaces()
	x, err := p.parseOr()
	if err != nil {
		return nil, err
	}
	p.spaces()
	return x, nil
}

func (p *parser) parseOr() (Expr, error) {
	left, err := p.parseAnd()
	for err == nil && p.infix("or") {
		left, err = p.join(true, left, p.parseAnd)
	}
	return left, err
}

func (p *parser) parseAnd() (Expr, error) {
	left, err := p.parseTerm()
	for err == nil && p.infix("and") {
		left, err = p.join(false, left, p.parseTerm)
	}
	return left, err
}

func (p *parser) join(or bool, left Expr, operand func() (Expr, error)) (Expr, error) {
	if err := p.node(); err != nil {
		return nil, err
	}
	right, err := operand()
	if err != nil {
		return nil, err
	}
	return &Logical{Or: or, Left: left, Right: right}, nil
}

// parseTerm reads what and, or and not join: a parenthesis, a negation, a comparison or a value path.
func (p *parser) parseTerm() (Expr, error) {
	if p.peek() == '(' {
		return p.parseParenthesis()
	}
	if p.prefixNot() {
		if err := p.node(); err != nil {
			return nil, err
		}
		x, err := p.parseParenthesis()
		if err != nil {
			return nil, err
		}
		return &Not{X: x}, nil
	}
	path, err := p.attrPath()
	if err != nil {
		return nil, err
	}
	if p.peek() == '[' {
		return p.parseValuePath(path)
	}
	return p.parseComparison(path)
}

func (p *parser) parseParenthesis() (Expr, error) {
	if err := p.open(); err != nil {
		return nil, err
	}
	x, err := p.parseGroup()
	if err != nil {
		return nil, err
	}
	return x, p.close(')')
}

// parseComparison reads the operator and literal that follow path.
func (p *parser) parseComparison(path AttrPath) (Expr, error) {
	if err := p.node(); err != nil {
		return nil, err
	}
	if p.spaces() == 0 {
		return nil, p.expected("a space and an operator")
	}
	op, present, ok := p.operator()
	if !ok {
		return nil, p.expected("an operator: eq, ne, co, sw, ew, gt, ge, lt, le or pr")
	}
	if present {
		return &Present{Path: path}, nil
	}
	if p.spaces() == 0 {
		return nil, p.expected("a space and a value")
	}
	value, err := p.literal()
	if err != nil {
		return nil, err
	}
	return &Compare{Path: path, Op: op, Value: value}, nil
}

func (p *parser) parseValuePath(path AttrPath) (Expr, error) {
	if p.brackets {
		return nil, &Error{Pos: p.pos, Msg: "a value path cannot stand inside another"}
	}
	if err := p.node(); err != nil {
		return nil, err
	}
	inner, err := p.parseBrackets()
	if err != nil {
		return nil, err
	}
	x := &ValuePath{Path: path, Inner: inner}
	if p.peek() != '.' {
		return x, nil
	}
	p.pos++
	sub, err := p.subName()
	if err != nil {
		return nil, err
	}
	x.Tail, err = p.parseComparison(AttrPath{Name: sub})
	return x, err
}

// parseBrackets reads [filter].
func (p *parser) parseBrackets() (Expr, error) {
	if err := p.open(); err != nil {
		return nil, err
	}
	p.brackets = true
	x, err := p.parseGroup()
	if err != nil {
		return nil, err
	}
	p.brackets = false
	return x, p.close(']')
}
