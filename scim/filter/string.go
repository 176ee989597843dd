package filter

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// String is the path as a filter writes it.
func (p AttrPath) String() string {
	s := p.Name
	switch {
	case p.URN != "" && s == "":
		s = p.URN
	case p.URN != "":
		s = p.URN + ":" + s
	}
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// String is the expression in canonical text, with the parentheses that its shape needs and no others.
func (x *Logical) String() string {
	word := " and "
	if x.Or {
		word = " or "
	}
	return x.operand(x.Left, true) + word + x.operand(x.Right, false)
}

// operand encloses what would otherwise be read another way: an or under an and, and, because operators of one
// kind group from the left, such an operator on the right.
func (x *Logical) operand(y Expr, left bool) string {
	l, ok := y.(*Logical)
	if !ok || l.Or == x.Or && left || x.Or && !l.Or {
		return y.String()
	}
	return "(" + y.String() + ")"
}

// String is the expression in canonical text. As in the grammar no space follows not: so a canonical text is
// never longer than one that was parsed, and stays within MaxBytes.
func (x *Not) String() string { return "not(" + x.X.String() + ")" }

// String is the expression in canonical text. It holds the literal, which may be personal data.
func (x *Compare) String() string {
	return x.Path.String() + " " + string(x.Op) + " " + literalText(x.Value)
}

// String is the expression in canonical text.
func (x *Present) String() string { return x.Path.String() + " pr" }

// String is the expression in canonical text.
func (x *ValuePath) String() string {
	s := x.Path.String() + "[" + x.Inner.String() + "]"
	if x.Tail != nil {
		s += "." + x.Tail.String()
	}
	return s
}

func literalText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case string:
		return quote(v)
	}
	return fmt.Sprintf("invalid(%T)", v)
}

// quote writes a JSON string that escapes only what it must.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if isPlain(c) {
			b.WriteByte(c)
			continue
		}
		const from, to = "\"\\\b\f\n\r\t", `"\bfnrt`
		if j := strings.IndexByte(from, c); j >= 0 {
			b.WriteByte('\\')
			b.WriteByte(to[j])
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	b.WriteByte('"')
	return b.String()
}
