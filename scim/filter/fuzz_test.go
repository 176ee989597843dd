package filter

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"drawbridge/scim/schema"

	"github.com/google/go-cmp/cmp"
)

// measure counts what the limits are about: nodes, and parentheses and brackets open at once in canonical text.
func measure(x Expr) (nodes, depth int) {
	switch x := x.(type) {
	case *Logical:
		ln, ld := measure(x.Left)
		rn, rd := measure(x.Right)
		return 1 + ln + rn, max(ld, rd)
	case *Not:
		n, d := measure(x.X)
		return 1 + n, 1 + d
	case *ValuePath:
		n, d := measure(x.Inner)
		if x.Tail != nil {
			tn, _ := measure(x.Tail)
			n += tn
		}
		return 1 + n, 1 + d
	}
	return 1, 0
}

// checkLimits is what holds of every filter that was let through.
func checkLimits(t *testing.T, text string, x Expr) {
	t.Helper()
	nodes, depth := measure(x)
	if len(text) > MaxBytes || nodes > MaxNodes || depth > MaxDepth {
		t.Errorf("%d bytes, %d nodes, %d deep were accepted", len(text), nodes, depth)
	}
	if canonical := x.String(); len(canonical) > len(text) || !utf8.ValidString(canonical) {
		t.Errorf("canonical text of %d bytes for %d bytes: %q", len(canonical), len(text), canonical)
	}
}

func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Pos < 0 || e.Pos > len(text) || len(e.Msg) > 200 {
		t.Errorf("error %v for %q", err, text)
	}
}

// hostile are filters that a parser without limits would die of, or work on for long.
var hostile = []string{
	strings.Repeat("(", 4000), strings.Repeat("not(", 2000), strings.Repeat("a[", 4000), strings.Repeat("a pr and ", 900) + "a pr",
	`a eq "` + strings.Repeat(`\u0041`, 1300) + `"`, strings.Repeat("a.", 4000), strings.Repeat("urn:", 2000), strings.Repeat(" ", 8000),
}

func FuzzParse(f *testing.F) {
	for _, tt := range parseTests {
		f.Add(tt.text)
	}
	filters, _ := sent(f)
	for _, text := range append(filters, hostile...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x, err := Parse(text)
		if err != nil {
			checkError(t, text, err)
			return
		}
		checkLimits(t, text, x)
		again, err := Parse(x.String())
		if err != nil {
			t.Fatalf("canonical text %q: %v", x, err)
		}
		if diff := cmp.Diff(x, again); diff != "" {
			t.Errorf("canonical text %q is another filter (-want +got)\n%s", x, diff)
		}
		for _, rt := range []*schema.ResourceType{schema.User(), schema.Group()} {
			if err := Check(x, rt); err != nil && (Match(x, rt, nil) || Match(&Not{X: x}, rt, nil)) {
				t.Errorf("%q is refused (%v) and selects", text, err)
			}
		}
	})
}

func FuzzParsePath(f *testing.F) {
	_, paths := sent(f)
	for _, s := range append(paths,
		`members`, `name.familyName`, ` title `, `emails[type eq "work"].value`, `members[value eq "2819c223"].$ref`, enterprise,
		enterprise+`.manager.value`, coreUser+`:name.familyName`, `urn:x:y:z`, `urn:x:y.z:a`, `urn:a:b.c:2.0:D:e.f`,
		"a"+strings.Repeat("[", 4000), `emails[`+strings.Repeat("(", 4000)) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePath(text, knownURNs()...)
		if err != nil {
			checkError(t, text, err)
			return
		}
		if p.Filter != nil {
			checkLimits(t, text, p.Filter)
		}
		again, err := ParsePath(p.String(), knownURNs()...)
		if err != nil {
			t.Fatalf("canonical text %q: %v", p, err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Errorf("canonical text %q is another path (-want +got)\n%s", p, diff)
		}
	})
}
