package patch_test

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"testing"

	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

func BenchmarkSplit(b *testing.B) {
	all := make([]any, 200_000)
	for i := range all {
		all[i] = map[string]any{"value": fmt.Sprintf("%032d", i)}
	}
	one := make([]patch.Operation, patch.MaxOperations)
	for i := range one {
		one[i] = patch.Operation{Op: "add", Path: "members", HasValue: true, Value: []any{map[string]any{"value": fmt.Sprintf("%032d", i)}}}
	}
	filters := make([]patch.Operation, patch.MaxOperations)
	for i := range filters {
		filters[i] = patch.Operation{Op: "remove", Path: `members[` + strings.Repeat(fmt.Sprintf("value eq %q or ", fmt.Sprint(i)), 24) + `value eq "x"]`}
	}
	for _, bb := range []struct {
		name string
		ops  []patch.Operation
	}{
		{"200,000 members", []patch.Operation{{Op: "replace", Path: "members", HasValue: true, Value: all}}},
		{"1,000 additions", one},
		{"1,000 filters", filters},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := patch.Split(schema.Group(), bb.ops); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// mails is a user with n e-mail addresses.
func mails(n int) map[string]any {
	list := make([]any, n)
	for i := range list {
		list[i] = map[string]any{"value": fmt.Sprint(i), "type": "work", "display": "ü"}
	}
	return map[string]any{"userName": "a", "emails": list}
}

func listOperations() []patch.Operation {
	return []patch.Operation{
		{Op: "add", Path: "emails.display", Value: "x", HasValue: true},
		{Op: "add", Path: "emails", Value: "x", HasValue: true},
		{Op: "add", Value: map[string]any{"emails": []any{"x", "y"}}, HasValue: true},
		{Op: "remove", Path: "emails", Value: []any{"x"}},
		{Op: "remove", Value: map[string]any{"emails": "x"}},
		{Op: "remove", Path: `emails[value eq "x" and display eq "y"]`},
		{Op: "remove", Path: `emails[type eq "home"].display`},
		{Op: "replace", Path: `emails[type eq "work"].display`, Value: "x", HasValue: true},
		{Op: "replace", Path: `emails[not (value pr)].display`, Value: nil, HasValue: true},
		{Op: "add", Path: `emails[value ne "x"]`, Value: map[string]any{"display": "x"}, HasValue: true},
	}
}

func repeated(op patch.Operation, n int) []patch.Operation {
	ops := make([]patch.Operation, n)
	for i := range ops {
		ops[i] = op
	}
	return ops
}

// TestI27_OperationsOverLongLists counts work, not time: as many operations as may be are refused over a list as long as a
// body can hold, whichever way they go through it, and accepted over one as long as a person has. Mutants: each call of
// spend or scan left out.
func TestI27_OperationsOverLongLists(t *testing.T) {
	for _, op := range listOperations() {
		t.Run(op.Op+" "+op.Path, func(t *testing.T) {
			ops := repeated(op, patch.MaxOperations)
			_, _, err := patch.Apply(schema.User(), mails(3500), ops)
			var e *schema.Error
			if !errors.As(err, &e) || e.Type != schema.TooMany {
				t.Errorf("over 3,500 values: %v; want tooMany", err)
			}
			if _, _, err := patch.Apply(schema.User(), mails(5), ops[:50]); err != nil {
				t.Errorf("over 5 values: %v", err)
			}
		})
	}
}

// What each operation costs beyond the length of the list: the price left out, the requests here are accepted.
func TestI27_PricesOfOperations(t *testing.T) {
	long := `emails[value eq "x"` + strings.Repeat(` and display eq "y"`, 19) + `]`
	for _, tt := range []struct {
		name    string
		mails   int
		op      patch.Operation
		refused bool
	}{
		{"short filter", 30, patch.Operation{Op: "remove", Path: `emails[value eq "x"]`}, false},
		{"long filter", 30, patch.Operation{Op: "remove", Path: long}, true},
		{"few copies", 10, patch.Operation{Op: "add", Path: "emails.display", Value: "x", HasValue: true}, false},
		{"copies", 50, patch.Operation{Op: "add", Path: "emails.display", Value: "x", HasValue: true}, true},
		{"long text", 0, patch.Operation{Op: "remove", Path: `emails[value eq "` + strings.Repeat("x", 8000) + `"]`}, true},
		{"long text as a key", 0, patch.Operation{Op: "remove", Value: map[string]any{`emails[value eq "` + strings.Repeat("x", 8000) + `"]`: nil}}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := patch.Apply(schema.User(), mails(tt.mails), repeated(tt.op, patch.MaxOperations))
			var e *schema.Error
			if tooMany := errors.As(err, &e) && e.Type == schema.TooMany; tooMany != tt.refused || !tt.refused && err != nil {
				t.Errorf("error %v; want tooMany %v", err, tt.refused)
			}
		})
	}
}

// BenchmarkCostliest is the most that one request may cost, of each kind of operation.
func BenchmarkCostliest(b *testing.B) {
	for _, op := range listOperations() {
		b.Run(op.Op+" "+op.Path, func(b *testing.B) {
			current := mails(1000)
			n := sort.Search(patch.MaxOperations, func(n int) bool {
				_, _, err := patch.Apply(schema.User(), current, repeated(op, n+1))
				return err != nil
			})
			ops := repeated(op, n)
			for b.Loop() {
				if _, _, err := patch.Apply(schema.User(), current, ops); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n), "operations")
		})
	}
}
