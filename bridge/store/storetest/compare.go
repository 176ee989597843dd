package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

// testI1Compare: a plan is compared in parts, and however many people there are, with those of others between them, each who counts is
// told exactly once: all of them when asked for, else whoever changed or is new.
func testI1Compare(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "other")
	compare := func(p bridge.Plan, all bool) map[string]int {
		told := map[string]int{}
		f.must(s.EachChanged(f.ctx(), p, all, func(x bridge.Subject, was *bridge.PlanRow) error {
			told[x.User.ID]++
			if was != nil && was.UserID != x.User.ID {
				t.Errorf("the row of %s was given for %s", was.UserID, x.User.ID)
			}
			return nil
		}))
		return told
	}
	if told := compare(f.plan(), true); len(told) > 0 {
		t.Errorf("of nobody were told %v", told)
	}
	var rows []bridge.PlanRow
	everybody := map[string]int{}
	for i := range 11 {
		u := f.add(fmt.Sprint("user", i))
		other.add(fmt.Sprint("other", i))
		everybody[u.ID] = 1
		f.must(s.EachDeparting(f.ctx(), f.customer.ID, true, func(x bridge.Subject) error {
			if x.User.ID == u.ID {
				rows = append(rows, bridge.PlanRow{UserID: u.ID, Ordinal: u.Ordinal, UserName: u.NameKey, Active: true, Facts: x.PlanFacts})
			}
			return nil
		}))
		p := f.plan(rows...)
		if diff := cmp.Diff(everybody, compare(p, true)); diff != "" {
			t.Errorf("with all of %d people (-want +got):\n%s", i+1, diff)
		}
		if told := compare(p, false); len(told) > 0 {
			t.Errorf("nobody of %d people changed, and were told %v", i+1, told)
		}
		if diff := cmp.Diff(map[string]int{u.ID: 1}, compare(f.plan(rows[:i]...), false)); diff != "" {
			t.Errorf("with the last of %d people new (-want +got):\n%s", i+1, diff)
		}
	}
	p := f.plan(rows...)
	first := f.subject(rows[0].UserID).User
	f.put(f.deactivated(first))
	if diff := cmp.Diff(map[string]int{first.ID: 1}, compare(p, false)); diff != "" {
		t.Errorf("with one removed since (-want +got):\n%s", diff)
	}
}
