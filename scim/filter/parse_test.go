package filter

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func at(name string) AttrPath { return AttrPath{Name: name} }

func eq(name string, v any) *Compare { return &Compare{Path: at(name), Op: Eq, Value: v} }

func pr(name string) *Present { return &Present{Path: at(name)} }

func and(l, r Expr) Expr { return &Logical{Left: l, Right: r} }

func or(l, r Expr) Expr { return &Logical{Or: true, Left: l, Right: r} }

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

var parseTests = []struct {
	name, text string
	want       Expr
}{
	{"one comparison", `userName eq "bjensen"`, eq("userName", "bjensen")},
	{"operator in capitals", `userName EQ "b"`, eq("userName", "b")},
	{"sub-attribute", `name.familyName co "O'Malley"`, &Compare{Path: AttrPath{Name: "name", Sub: "familyName"}, Op: Co, Value: "O'Malley"}},
	{"core URN", `urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`,
		&Compare{Path: AttrPath{URN: "urn:ietf:params:scim:schemas:core:2.0:User", Name: "userName"}, Op: Sw, Value: "J"}},
	{"extension URN and sub-attribute", enterprise + `:manager.value eq "26118915"`,
		&Compare{Path: AttrPath{URN: enterprise, Name: "manager", Sub: "value"}, Op: Eq, Value: "26118915"}},
	{"dollar sub-attribute", `members.$ref ew "/1"`, &Compare{Path: AttrPath{Name: "members", Sub: "$ref"}, Op: Ew, Value: "/1"}},
	{"every name byte", `a-b_c$9 pr`, pr("a-b_c$9")},
	{"pr in any case", `title pR`, pr("title")},
	{"gt", `a gt 1`, &Compare{Path: at("a"), Op: Gt, Value: json.Number("1")}},
	{"ge", `a ge -1.50e+3`, &Compare{Path: at("a"), Op: Ge, Value: json.Number("-1.50e+3")}},
	{"lt", `a lt 0`, &Compare{Path: at("a"), Op: Lt, Value: json.Number("0")}},
	{"le", `a le 0.1E2`, &Compare{Path: at("a"), Op: Le, Value: json.Number("0.1E2")}},
	{"true", `active eq True`, eq("active", true)},
	{"false", `active eq FALSE`, eq("active", false)},
	{"null", `title ne Null`, &Compare{Path: at("title"), Op: Ne}},
	{"empty string", `a eq ""`, eq("a", "")},
	{"all escapes", `a eq "\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00x"`, eq("a", "\"\\/\b\f\n\r\té😀x")},
	{"brackets and keywords in a string", `a eq "x] and (not y) \" or"`, eq("a", `x] and (not y) " or`)},
	{"and binds tighter than or", `a pr or b pr and c pr`, or(pr("a"), and(pr("b"), pr("c")))},
	{"and before or", `a pr and b pr or c pr`, or(and(pr("a"), pr("b")), pr("c"))},
	{"left to right", `a pr and b pr and c pr`, and(and(pr("a"), pr("b")), pr("c"))},
	{"parentheses", `a pr and (b pr or c pr)`, and(pr("a"), or(pr("b"), pr("c")))},
	{"and grouped from the right", `a pr and (b pr and c pr)`, and(pr("a"), and(pr("b"), pr("c")))},
	{"or grouped from the right", `a pr or (b pr or c pr)`, or(pr("a"), or(pr("b"), pr("c")))},
	{"or grouped first", `(a pr or b pr) and c pr`, and(or(pr("a"), pr("b")), pr("c"))},
	{"not binds tightest", `not (a pr) and b pr`, and(&Not{pr("a")}, pr("b"))},
	{"not without space", `NOT(a pr OR b pr)`, &Not{or(pr("a"), pr("b"))}},
	{"not of not", `not (not (a pr))`, &Not{&Not{pr("a")}}},
	{"keywords as names", `not eq "x" and and pr or or pr`, or(and(eq("not", "x"), pr("and")), pr("or"))},
	{"spaces", `  (  a   pr )  and   b  eq   "x"  `, and(pr("a"), eq("b", "x"))},
	{"value path", `emails[type eq "work" and value co "@example.com"]`,
		&ValuePath{Path: at("emails"), Inner: and(eq("type", "work"), &Compare{Path: at("value"), Op: Co, Value: "@example.com"})}},
	{"value path with all operators", `emails[ not (type eq "a" or type pr) and value pr ]`,
		&ValuePath{Path: at("emails"), Inner: and(&Not{or(eq("type", "a"), pr("type"))}, pr("value"))}},
	{"value paths joined", `a[b pr] or c[d pr] and e pr`,
		or(&ValuePath{Path: at("a"), Inner: pr("b")}, and(&ValuePath{Path: at("c"), Inner: pr("d")}, pr("e")))},
	{"tail", `emails[type eq "work"].value eq "x"`, &ValuePath{Path: at("emails"), Inner: eq("type", "work"), Tail: eq("value", "x")}},
	{"tail on a single attribute", `name[givenName eq "FOO"].familyName pr`,
		&ValuePath{Path: at("name"), Inner: eq("givenName", "FOO"), Tail: pr("familyName")}},
	{"tail, then more", `a[b pr].$ref pr and c pr`, and(&ValuePath{Path: at("a"), Inner: pr("b"), Tail: pr("$ref")}, pr("c"))},
	{"qualified value path", enterprise + `:x[y pr]`, &ValuePath{Path: AttrPath{URN: enterprise, Name: "x"}, Inner: pr("y")}},
}

func TestParse(t *testing.T) {
	for _, tt := range parseTests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			again, err := Parse(got.String())
			if err != nil {
				t.Fatalf("canonical text %s: %v", got, err)
			}
			if diff := cmp.Diff(got, again); diff != "" {
				t.Errorf("canonical text %s is another filter (-want +got)\n%s", got, diff)
			}
		})
	}
}

// Every expression of RFC 7644 figure 2 (section 3.4.2.2), and its canonical text.
func TestParseFigure2(t *testing.T) {
	for text, want := range map[string]string{
		`userName eq "bjensen"`:         ``,
		`name.familyName co "O'Malley"`: ``,
		`userName sw "J"`:               ``,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`: ``,
		`title pr`: ``,
		`meta.lastModified gt "2011-05-13T04:42:34Z"`:                                                       ``,
		`meta.lastModified ge "2011-05-13T04:42:34Z"`:                                                       ``,
		`meta.lastModified lt "2011-05-13T04:42:34Z"`:                                                       ``,
		`meta.lastModified le "2011-05-13T04:42:34Z"`:                                                       ``,
		`title pr and userType eq "Employee"`:                                                               ``,
		`title pr or userType eq "Intern"`:                                                                  ``,
		`schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`:                           ``,
		`userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`:             ``,
		`userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`:         `userType ne "Employee" and not(emails co "example.com" or emails.value co "example.org")`,
		`userType eq "Employee" and (emails.type eq "work")`:                                                `userType eq "Employee" and emails.type eq "work"`,
		`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`:                     ``,
		`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]`: ``,
	} {
		t.Run(text, func(t *testing.T) {
			x, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = text
			}
			if diff := cmp.Diff(want, x.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		name, text string
		pos        int
		want       string // part of the message
	}{
		{"empty", ``, 0, "attribute name"},
		{"spaces only", `   `, 3, "attribute name"},
		{"unquoted value", `userName eq Secret`, 12, "double quotes"},
		{"unquoted address", `userName eq secret@acme.example`, 12, "double quotes"},
		{"single quotes", `userName eq 'secret'`, 12, "double quotes"},
		{"no operator", `userName`, 8, "operator"},
		{"unknown operator", `userName is "secret"`, 9, "eq, ne"},
		{"no value", `userName eq`, 11, "value"},
		{"no space before the value", `userName eq"secret"`, 11, "space"},
		{"value after pr", `title pr "secret"`, 9, "and, or"},
		{"and without an operand", `title pr and`, 9, "and, or"},
		{"and without an operand but space", `title pr and `, 13, "attribute name"},
		{"no space before and", `a eq "secret"and b pr`, 13, "and, or"},
		{"no space after and", `(a pr) and(b pr)`, 7, "and, or"},
		{"open parenthesis", `(a pr`, 5, ")"},
		{"closed twice", `(a pr))`, 6, "end"},
		{"wrong bracket", `(a pr]`, 5, ")"},
		{"nothing in parentheses", `()`, 1, "attribute name"},
		{"nothing in brackets", `a[]`, 2, "attribute name"},
		{"open bracket", `a[b pr`, 6, "]"},
		{"value path in a value path", `a[b[c pr]]`, 3, "inside another"},
		{"not without parenthesis", `not a pr`, 4, "operator"},
		{"tail without operator", `a[b pr].c`, 9, "operator"},
		{"tail with two names", `a[b pr].c.d pr`, 9, "operator"},
		{"tail without name", `a[b pr]. pr`, 8, "sub-attribute"},
		{"digit first", `9a pr`, 0, "attribute name"},
		{"dollar first", `$ref pr`, 0, "attribute name"},
		{"empty sub-attribute", `name. pr`, 5, "sub-attribute"},
		{"three parts", `a.b.c pr`, 3, "operator"},
		{"colon first", `:a pr`, 0, "URN"},
		{"empty URN part", `urn::a pr`, 0, "URN"},
		{"colon last", `urn:a: pr`, 6, "attribute name"},
		{"open string", `a eq "secret`, 12, "double quote"},
		{"open string after an escape", `a eq "secret\"`, 14, "double quote"},
		{"bad escape", `a eq "secret\x"`, 13, "escape"},
		{"escape at the end", `a eq "secret\`, 13, "escape"},
		{"short unicode escape", `a eq "\u12"`, 7, "hexadecimal"},
		{"unicode escape with a sign", `a eq "\u+123"`, 7, "hexadecimal"},
		{"high surrogate alone", `a eq "\ud83dx"`, 7, "surrogates"},
		{"low surrogate first", `a eq "\ude00\ud83d"`, 7, "surrogates"},
		{"NUL escaped", `a eq "\u0000"`, 7, "character"},
		{"NUL", "a eq \"secret\x00\"", 12, "control"},
		{"NUL at the end", "a pr\x00", 4, "end"},
		{"newline in a string", "a eq \"secret\n\"", 12, "control"},
		{"no UTF-8", "a eq \"\xff\"", 6, "UTF-8"},
		{"no UTF-8 after an escape", "a eq \"\\n\xff\"", 8, "UTF-8"},
		{"leading zero", `a eq 01`, 7, "number"},
		{"minus alone", `a eq -`, 6, "number"},
		{"plus", `a eq +1`, 5, "value"},
		{"point without digit", `a eq 1.`, 7, "digit"},
		{"exponent without digit", `a eq 1e+`, 8, "digit"},
		{"number and letters", `a eq 1x`, 6, "and, or"},
		{"word that begins as true", `a eq trueish`, 5, "value"},
		{"NaN", `a eq NaN`, 5, "value"},
		{"tab", "a\tpr", 1, "space"},
		{"name that is not ASCII", `ä pr`, 0, "attribute name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, err := Parse(tt.text)
			var e *Error
			if !errors.As(err, &e) || x != nil {
				t.Fatalf("Parse = %v, %v; want an *Error", x, err)
			}
			if e.Pos != tt.pos || !strings.Contains(e.Msg, tt.want) {
				t.Errorf("error %q; want position %d and %q", err, tt.pos, tt.want)
			}
			if strings.Contains(strings.ToLower(err.Error()), "secret") {
				t.Errorf("error %q repeats the literal", err)
			}
		})
	}
}

// The mutants of I27: each limit one off, or no limit on depth, fails a case here that stands at the limit or one beyond.
func TestI27_FilterLimits(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("(", n) + "a pr" + strings.Repeat(")", n) }
	chain := func(n int) string { return "a pr" + strings.Repeat(" or a pr", n-1) } // n + n-1 nodes
	tests := []struct {
		name, text string
		want       string // part of the error, empty for none
	}{
		{"as long as may be", `a eq "` + strings.Repeat("x", MaxBytes-7) + `"`, ""},
		{"a byte longer", `a eq "` + strings.Repeat("x", MaxBytes-6) + `"`, "bytes"},
		{"as deep as may be", nested(MaxDepth), ""},
		{"a level deeper", nested(MaxDepth + 1), "deep"},
		{"brackets count", strings.Repeat("(", MaxDepth) + "a[b pr]" + strings.Repeat(")", MaxDepth), "deep"},
		{"negations count", strings.Repeat("not (", MaxDepth+1) + "a pr" + strings.Repeat(")", MaxDepth+1), "deep"},
		{"closed ones do not count", strings.TrimSuffix(strings.Repeat("(((a pr))) or ", 20), " or "), ""},
		{"4,000 parentheses", strings.Repeat("(", 4000), "deep"},
		{"4,000 negations", strings.Repeat("not(", 2000), "deep"},
		{"as many nodes as may be", "not (" + chain(25) + ")", ""},
		{"one more", chain(26), "comparisons"},
		{"value path", chain(24) + " or a[b pr]", ""},
		{"a tail counts", chain(24) + " or a[b pr].c pr", "comparisons"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text)
			var e *Error
			if tt.want == "" && err != nil || tt.want != "" && (!errors.As(err, &e) || !strings.Contains(e.Msg, tt.want)) {
				t.Errorf("error %v; want %q", err, tt.want)
			}
		})
	}
	// Depth is looked at on the way down: the refusal stands at the first parenthesis too many.
	_, err := Parse(strings.Repeat("(", 4000))
	if e := new(Error); !errors.As(err, &e) || e.Pos != MaxDepth {
		t.Errorf("error %v; want it at byte %d", err, MaxDepth)
	}
}

func TestParseAllocations(t *testing.T) {
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := Parse(`userName eq "x"`); err != nil {
			t.Fatal(err)
		}
	})
	if allocs >= 10 {
		t.Errorf("%v allocations; want fewer than 10", allocs)
	}
}

func BenchmarkParseUserName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(`userName eq "x"`); err != nil {
			b.Fatal(err)
		}
	}
}
