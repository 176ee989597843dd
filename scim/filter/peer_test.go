package filter

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	peer "github.com/scim2/filter-parser/v2"
	"pgregory.net/rapid"
)

// grammar draws filters by the productions of RFC 7644 section 3.4.2.2, spaces and case included. It leaves out
// what the peer reads otherwise: the dialect's tail, value paths with more than one operator, surrogate pairs, hexadecimal digits in
// lower case, and $ inside a name.
type grammar struct{ t *rapid.T }

func (g grammar) oneOf(label string, words ...string) string {
	return rapid.SampledFrom(words).Draw(g.t, label)
}

func (g grammar) sp() string { return g.oneOf("SP", " ", " ", " ", "  ") }

func (g grammar) anyCase(word string) string {
	return g.oneOf("case", word, strings.ToUpper(word), strings.ToUpper(word[:1])+word[1:])
}

func (g grammar) filter(depth int) string {
	kinds := 2
	if depth > 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds).Draw(g.t, "kind") {
	case 0, 1:
		return g.attrExp()
	case 2:
		return g.valuePath()
	case 3:
		return "(" + g.oneOf("pad", "", " ") + g.filter(depth-1) + g.oneOf("pad", "", " ") + ")"
	case 4:
		return g.anyCase("not") + g.oneOf("pad", "", " ") + "(" + g.filter(depth-1) + ")"
	}
	return g.filter(depth-1) + g.sp() + g.anyCase(g.oneOf("operator", "and", "or")) + g.sp() + g.filter(depth-1)
}

func (g grammar) valuePath() string {
	inner := g.attrExp()
	switch rapid.IntRange(0, 2).Draw(g.t, "inner") {
	case 1:
		inner += g.sp() + g.anyCase(g.oneOf("operator", "and", "or")) + g.sp() + g.attrExp()
	case 2:
		inner = g.anyCase("not") + g.oneOf("pad", "", " ") + "(" + inner + ")"
	}
	return g.attrPath() + "[" + inner + "]"
}

func (g grammar) attrExp() string {
	if rapid.IntRange(0, 4).Draw(g.t, "pr") == 0 {
		return g.attrPath() + g.sp() + g.anyCase("pr")
	}
	op := g.anyCase(g.oneOf("op", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"))
	return g.attrPath() + g.sp() + op + g.sp() + g.value()
}

func (g grammar) attrPath() string {
	urn := g.oneOf("urn", "", "", "", coreUser+":", enterprise+":", "urn:a:")
	name := rapid.StringMatching(`[A-Za-z][A-Za-z0-9_-]{0,6}`)
	path := urn + name.Draw(g.t, "name")
	switch rapid.IntRange(0, 3).Draw(g.t, "sub") {
	case 0:
		return path + "." + name.Draw(g.t, "sub name")
	case 1:
		return path + ".$" + name.Draw(g.t, "sub name")
	}
	return path
}

func (g grammar) value() string {
	switch rapid.IntRange(0, 4).Draw(g.t, "value") {
	case 0:
		return g.anyCase(g.oneOf("word", "true", "false", "null"))
	case 1:
		return rapid.StringMatching(`-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?`).Draw(g.t, "number")
	}
	char := rapid.OneOf(
		rapid.StringMatching(`[ !#-\[\]-~]`),
		rapid.SampledFrom([]string{`\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`, `\u00E9`, "é", "ß", "İ", "😀"}),
	)
	return `"` + strings.Join(rapid.SliceOfN(char, 0, 8).Draw(g.t, "string"), "") + `"`
}

// fromPeer translates the peer's tree. It keeps strings as they were written and drops the sign's plus of exponents.
func fromPeer(t *rapid.T, x peer.Expression) Expr {
	path := func(p peer.AttributePath) AttrPath {
		return AttrPath{URN: strings.TrimSuffix(p.URI(), ":"), Name: p.AttributeName, Sub: p.SubAttributeName()}
	}
	switch x := x.(type) {
	case *peer.LogicalExpression:
		return &Logical{Or: x.Operator == peer.OR, Left: fromPeer(t, x.Left), Right: fromPeer(t, x.Right)}
	case *peer.NotExpression:
		return &Not{X: fromPeer(t, x.Expression)}
	case *peer.ValuePath:
		return &ValuePath{Path: path(x.AttributePath), Inner: fromPeer(t, x.ValueFilter)}
	case *peer.AttributeExpression:
		if strings.EqualFold(string(x.Operator), "pr") {
			return &Present{Path: path(x.AttributePath)}
		}
		value := x.CompareValue
		if s, ok := value.(string); ok {
			var decoded string
			if err := json.Unmarshal([]byte(`"`+s+`"`), &decoded); err != nil {
				t.Fatalf("the peer gave the string %q: %v", s, err)
			}
			value = decoded
		}
		return &Compare{Path: path(x.AttributePath), Op: Op(strings.ToLower(string(x.Operator))), Value: value}
	}
	t.Fatalf("the peer gave a %T", x)
	return nil
}

// sameNumber compares numbers by value: 1E+2 and 1e2 are spelt differently by the two parsers.
var sameNumber = cmp.Comparer(func(a, b json.Number) bool {
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && x == y
})

func TestParseAgreesWithPeer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := grammar{t}.filter(3)
		got, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		theirs, err := peer.ParseFilterNumber([]byte(text))
		if err != nil {
			t.Fatalf("the peer refuses %s: %v", text, err)
		}
		if diff := cmp.Diff(fromPeer(t, theirs), got, sameNumber); diff != "" {
			t.Errorf("%s (-peer +ours)\n%s", text, diff)
		}
		again, err := Parse(got.String())
		if err != nil {
			t.Fatalf("canonical text %s of %s: %v", got, text, err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("canonical text %s of %s is another filter (-want +got)\n%s", got, text, diff)
		}
	})
}
