package check_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim/check"
)

// TestRun_LeavesNothing interrupts a run at many points, loses answers, and breaks the filter by which it finds what it made.
func TestRun_LeavesNothing(t *testing.T) {
	foreign := object{"id": "them", "userName": "anna@acme.example"}
	for _, everything := range []bool{false, true} {
		for _, lost := range []bool{false, true} {
			for stop := 4; stop < 200; stop += 13 {
				t.Run(fmt.Sprintf("filter broken %t, answers lost %t, stopped at %d", everything, lost, stop), func(t *testing.T) {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					s := newShelf()
					s.everything, s.kept["/Users/them"] = everything, foreign
					s.before = func(n int, _ *http.Request) {
						if n == stop {
							cancel()
						}
					}
					s.after = func(r *http.Request, status int) bool {
						return lost && status == http.StatusCreated && s.requests%2 == 0
					}
					report, err := check.Run(ctx, options(s))
					if !errors.Is(err, context.Canceled) {
						t.Errorf("Run = %v, want that it was canceled", err)
					}
					if got := slices.Collect(maps.Keys(s.kept)); !slices.Equal(got, []string{"/Users/them"}) {
						t.Errorf("there are %q, want the other one's alone; left behind: %q", got, report.LeftBehind)
					}
				})
			}
		}
	}
}

func TestRun_SaysWhatItLeftBehind(t *testing.T) {
	s := newShelf()
	s.instead = func(r *http.Request) *http.Response {
		if r.Method != http.MethodDelete {
			return nil
		}
		return response(http.StatusInternalServerError, object{})
	}
	report, err := check.Run(t.Context(), with(options(s), func(o *check.Options) { o.Only = "okta" }))
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(maps.Keys(s.kept))
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(report.LeftBehind))); diff != "" || len(want) == 0 {
		t.Errorf("left behind (-kept +told):\n%s", diff)
	}
}
