package patch_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// pair is a resource with a request for it.
type pair struct {
	rt       *schema.ResourceType
	current  map[string]any
	requests []request
	ops      []patch.Operation
}

func pairOf(seed uint64) pair {
	s := source{rand.New(rand.NewPCG(seed, 7)), schema.User()}
	if seed%2 == 0 {
		s.rt = thing()
	}
	p := pair{rt: s.rt, current: s.resource()}
	for range 1 + s.IntN(4) {
		q := s.request()
		p.requests = append(p.requests, q)
		p.ops = append(p.ops, s.operation(q))
	}
	return p
}

// disagreement says how Apply and the reference differ, and what the reference says.
func (p pair) disagreement(flaw string) (diff, verdict string) {
	want, verdict := refer(p.rt, p.current, p.requests, flaw)
	if verdict == undefined {
		return "", verdict
	}
	got, _, err := patch.Apply(p.rt, p.current, p.ops)
	kind := ""
	var e *schema.Error
	if errors.As(err, &e) {
		kind = e.Type
	}
	if kind != verdict {
		return fmt.Sprintf("error %v; want %q", err, verdict), verdict
	}
	return cmp.Diff(want, got), verdict
}

// pairs is how many defined requests the agreement is tried on.
func pairs() int {
	if os.Getenv("DRAWBRIDGE_LONG") != "" {
		return 100_000
	}
	return 10_000
}

// TestApplyAgreesWithReference compares Apply with a second reading of the RFC on random requests, and counts what became of
// them, so that the comparison cannot be about errors or no changes alone.
func TestApplyAgreesWithReference(t *testing.T) {
	verdicts, changed := map[string]int{}, 0
	defined := 0
	for seed := uint64(1); defined < pairs(); seed++ {
		p := pairOf(seed)
		before := encode(t, p.current)
		diff, verdict := p.disagreement("")
		if diff != "" {
			t.Fatalf("seed %d\ncurrent %s\noperations %s\n(-reference +Apply) %s", seed, before, encode(t, p.ops), diff)
		}
		if encode(t, p.current) != before {
			t.Fatalf("seed %d: the input was modified", seed)
		}
		verdicts[verdict]++
		if verdict != undefined {
			defined++
		}
		if next, _, err := patch.Apply(p.rt, p.current, p.ops); verdict == "" && err == nil && encode(t, next) != before {
			changed++
		}
	}
	t.Logf("verdicts %v, of the successes %d changed something", verdicts, changed)
	for _, kind := range []string{schema.InvalidSyntax, schema.InvalidValue, schema.InvalidPath, schema.Mutability, schema.NoTarget} {
		if verdicts[kind] < defined/100 {
			t.Errorf("%d of %d are refused as %s: too few", verdicts[kind], defined, kind)
		}
	}
	if verdicts[""] < defined/3 || changed < defined/4 {
		t.Errorf("%d of %d succeed and %d change something: too few", verdicts[""], defined, changed)
	}
}

// The mutants of the comparison: a reference that is wrong in one rule must disagree with Apply.
func TestReferenceFlawsShow(t *testing.T) {
	for _, flaw := range []string{"immutable", "remove one", "forgets parts", "adds twice", "several primaries"} {
		t.Run(flaw, func(t *testing.T) {
			found := 0
			for seed := uint64(1); seed <= 2000; seed++ {
				if diff, _ := pairOf(seed).disagreement(flaw); diff != "" {
					found++
				}
			}
			t.Logf("%d of 2000 requests tell", found)
			if found == 0 {
				t.Error("no request tells it from the right one: the comparison proves nothing about this rule")
			}
		})
	}
}
