package mapping

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDiff(t *testing.T) {
	type m = map[string]any
	tests := []struct {
		name                string
		applied, want, diff m
	}{
		{"nothing known, nothing wanted", nil, nil, m{}},
		{"set", nil, m{"city": "Basel"}, m{"city": "Basel"}},
		{"changed", m{"city": "Bern"}, m{"city": "Basel"}, m{"city": "Basel"}},
		{"same", m{"city": "Basel"}, m{"city": "Basel"}, m{}},
		{"cleared", m{"city": "Basel"}, m{"city": nil}, m{"city": nil}},
		{"missing is nil", m{}, m{"city": nil}, m{}},
		{"nil is nil", m{"city": nil}, m{"city": nil}, m{}},
		{"somebody else's attribute stays", m{"badge": "7"}, m{"city": nil}, m{}},
		{"false is not nil", m{"on": nil}, m{"on": false}, m{"on": false}},
		{"empty text is not nil", m{"city": nil}, m{"city": ""}, m{"city": ""}},
		{"true to false", m{"on": true}, m{"on": false}, m{"on": false}},
		{"text is no boolean", m{"on": "true"}, m{"on": true}, m{"on": true}},
		{"integer, through JSON", m{"n": float64(7)}, m{"n": 7}, m{}},
		{"integer, through JSON as a number", m{"n": json.Number("7")}, m{"n": int64(7)}, m{}},
		{"integer with an exponent", m{"n": json.Number("7e2")}, m{"n": 700}, m{}},
		{"fraction", m{"n": json.Number("0.1")}, m{"n": 0.1}, m{}},
		{"large integers differ by one", m{"n": json.Number("9007199254740993")}, m{"n": json.Number("9007199254740992")}, m{"n": json.Number("9007199254740992")}},
		{"number is no text", m{"n": "7"}, m{"n": 7}, m{"n": 7}},
		{"absurd exponent", m{"n": json.Number("1e999999999")}, m{"n": 1}, m{"n": 1}},
		{"absurd small exponent", m{"n": json.Number("1e-999999999")}, m{"n": 1}, m{"n": 1}},
		{"lists, through JSON", m{"l": []any{"a", "b"}}, m{"l": []string{"a", "b"}}, m{}},
		{"lists in another order", m{"l": []any{"a", "b"}}, m{"l": []any{"b", "a"}}, m{"l": []any{"b", "a"}}},
		{"shorter list", m{"l": []any{"a", "b"}}, m{"l": []any{"a"}}, m{"l": []any{"a"}}},
		{"nil list is null", m{}, m{"l": []string(nil)}, m{}},
		{"empty list is not null", m{}, m{"l": []any{}}, m{"l": []any{}}},
		{"objects with a nil", m{"o": m{"a": 1.0, "b": nil}}, m{"o": m{"a": 1}}, m{}},
		{"objects with one more", m{"o": m{"a": 1, "b": 2}}, m{"o": m{"a": 1}}, m{"o": m{"a": 1}}},
		{"object is no list", m{"o": []any{}}, m{"o": m{}}, m{"o": m{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.diff, Diff(tt.applied, tt.want)); diff != "" {
				t.Errorf("Diff (-want +got):\n%s", diff)
			}
		})
	}
}

// anyValue draws what JSON can hold, a level or two deep.
func anyValue(depth int) *rapid.Generator[any] {
	leaves := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.IntRange(-3, 3).AsAny(),
		rapid.SampledFrom([]float64{0, 1, 1.5}).AsAny(),
		rapid.SampledFrom([]json.Number{"1", "1.0", "-2", "0.5"}).AsAny(),
		rapid.StringMatching(`[ab]{0,2}`).AsAny(),
		rapid.SliceOfN(rapid.StringMatching(`[ab]`), 0, 2).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(leaves...)
	}
	return rapid.OneOf(append(leaves,
		rapid.SliceOfN(anyValue(depth-1), 0, 2).AsAny(),
		rapid.MapOfN(rapid.StringMatching(`[xy]`), anyValue(depth-1), 0, 2).AsAny(),
	)...)
}

func anyProfile() *rapid.Generator[map[string]any] {
	return rapid.MapOfN(rapid.StringMatching(`[a-e]`), anyValue(2), 0, 5)
}

// settles names what is wrong with diff as a way from applied to want.
func settles(diff func(applied, want map[string]any) map[string]any, applied, want map[string]any) string {
	if d := diff(want, want); len(d) != 0 {
		return "writes what is there already"
	}
	d := diff(applied, want)
	after := maps.Clone(applied)
	maps.Copy(after, d)
	if len(Diff(after, want)) != 0 {
		return "does not lead to what is wanted"
	}
	if len(diff(after, want)) != 0 {
		return "does not settle"
	}
	for name := range applied {
		if _, wanted := want[name]; !wanted && !cmp.Equal(after[name], applied[name]) {
			return "touches somebody else's attribute"
		}
	}
	return ""
}

func TestDiffSettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		applied, want := anyProfile().Draw(t, "applied"), anyProfile().Draw(t, "want")
		if wrong := settles(Diff, applied, want); wrong != "" {
			t.Fatalf("Diff(%v, %v) = %v %s", applied, want, Diff(applied, want), wrong)
		}
	})
	mutants := map[string]func(applied, want map[string]any) map[string]any{
		"writes everything": func(_, want map[string]any) map[string]any { return want },
		"never clears": func(applied, want map[string]any) map[string]any {
			d := Diff(applied, want)
			maps.DeleteFunc(d, func(_ string, v any) bool { return v == nil })
			return d
		},
		"clears what it does not know": func(applied, want map[string]any) map[string]any {
			d := Diff(applied, want)
			for name := range applied {
				if _, ok := want[name]; !ok {
					d[name] = nil
				}
			}
			return d
		},
	}
	for name, mutant := range mutants {
		caught := false
		for seed := range 500 {
			caught = caught || settles(mutant, anyProfile().Example(seed), anyProfile().Example(seed+500)) != ""
		}
		if !caught {
			t.Errorf("the mutant %q is not caught", name)
		}
	}
}

// TestDiffThroughJSON: what was written and kept as JSON needs no second write.
func TestDiffThroughJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyProfile().Draw(t, "want")
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var kept map[string]any
		if err := json.Unmarshal(text, &kept); err != nil {
			t.Fatal(err)
		}
		if d := Diff(kept, want); len(d) != 0 {
			t.Fatalf("%s is written again: %v", text, d)
		}
	})
}
