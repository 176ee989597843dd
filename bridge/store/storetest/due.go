package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

func (f *fixture) due(id string) *bridge.Due { return f.subject(id).Due }

// settle settles one mark.
func (f *fixture) settle(d bridge.Due, next time.Time) error {
	return f.Settle(f.ctx(), []bridge.Settlement{{Due: d, Next: next}})
}

// testDueMark checks which mark each write leaves.
func testDueMark(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna")
	want := &bridge.Due{UserID: u.ID, CustomerID: f.customer.ID, Rank: bridge.RankCreate, At: f.now, Version: 1}
	check := func(after string) {
		t.Helper()
		if diff := cmp.Diff(want, f.due(u.ID)); diff != "" {
			t.Errorf("mark after %s (-want +got):\n%s", after, diff)
		}
	}
	check("a create")

	f.must(s.Postpone(f.ctx(), *want, f.now.Add(time.Minute), 3, "login_taken", nil))
	update := func(raise bool, rank bridge.Rank) {
		u.Version++
		w := f.write(u, bridge.EventUserUpdated, rank, 0, 0)
		w.Raise = raise
		f.put(w)
		want.Version = u.Version
	}
	update(false, bridge.RankUpdate)
	check("an update of a stuck create: its rank, and unstuck")

	u = f.put(f.deactivated(u))
	want.Rank, want.Version = bridge.RankRevoke, u.Version
	check("a removal")
	update(false, bridge.RankUpdate)
	check("an update of a removed user: still as urgent")
	u = f.put(f.activated(u))
	want.Rank, want.Version = bridge.RankRestore, u.Version
	check("a restoration: the removal is superseded")

	f.now = f.now.Add(time.Minute)
	update(false, bridge.RankUpdate)
	check("a less urgent write a minute later: its place in the queue")
	update(true, bridge.RankRevoke)
	want.Rank = bridge.RankRevoke
	check("another rank a minute later: likewise")
}

// testDueQueue checks the order in which the due come, and what else is asked of the queue.
func testDueQueue(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	at := func(d time.Duration) time.Time { return f.now.Add(d) }
	marks := []struct {
		name string
		rank bridge.Rank
		at   time.Time
	}{
		{"flags", bridge.RankFlags, at(-time.Hour)},
		{"second revoke", bridge.RankRevoke, at(-time.Minute)},
		{"create", bridge.RankCreate, at(-time.Second)},
		{"first revoke", bridge.RankRevoke, at(-2 * time.Minute)},
		{"later", bridge.RankLater, at(-3 * time.Hour)},
		{"contain", bridge.RankContain, at(0)},
		{"contain in future", bridge.RankContain, at(2 * time.Minute)},
		{"later in future", bridge.RankLater, at(time.Minute)},
	}
	ids, names := map[string]string{}, map[string]string{}
	for _, m := range marks {
		u := f.add(m.name)
		ids[m.name], names[u.ID] = u.ID, m.name
		f.must(f.settle(*f.due(u.ID), time.Time{}))
		if f.due(u.ID) != nil {
			t.Fatal("a settled mark is still there")
		}
		f.must(s.MarkDue(f.ctx(), f.customer.ID, u.ID, m.rank, m.at))
	}
	queue := func(now time.Time, limit int, exclude ...string) []string {
		t.Helper()
		due, err := s.DueUsers(f.ctx(), now, bridge.RankLater, limit, exclude)
		f.must(err)
		var got []string
		for _, d := range due {
			got = append(got, names[d.Due.UserID])
		}
		return got
	}
	order := []string{"contain", "first revoke", "second revoke", "create", "flags", "later"}
	if diff := cmp.Diff(order, queue(f.now, 100)); diff != "" {
		t.Errorf("due users (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(order[:2], queue(f.now, 2)); diff != "" {
		t.Errorf("the first two (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(order[2:4], queue(f.now, 2, ids["contain"], ids["first revoke"])); diff != "" {
		t.Errorf("the next two (-want +got):\n%s", diff)
	}
	if n := len(queue(at(time.Hour), 100)); n != len(marks) {
		t.Errorf("%d due in an hour, want %d", n, len(marks))
	}
	next, ok, err := s.NextDue(f.ctx(), f.now)
	f.must(err)
	if want := at(time.Minute); !ok || !next.Equal(want) {
		t.Errorf("next due %v %v, want %v", next, ok, want)
	}
	if _, ok, err = s.NextDue(f.ctx(), at(time.Hour)); err != nil || ok {
		t.Errorf("next due after all: %v, %v", ok, err)
	}
	byRank, parked, err := s.DueTotals(f.ctx())
	f.must(err)
	want := map[bridge.Rank]int{bridge.RankContain: 1, bridge.RankRevoke: 2, bridge.RankCreate: 1, bridge.RankFlags: 1, bridge.RankLater: 1}
	if diff := cmp.Diff(want, byRank); diff != "" || parked != 0 {
		t.Errorf("%d stuck, and totals (-want +got):\n%s", parked, diff)
	}
	n, err := s.DueOf(f.ctx(), f.customer.ID, bridge.RankContain)
	f.must(err)
	if n != 2 {
		t.Errorf("%d containments wait, want 2", n)
	}
}

func testMarkDue(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.put(f.deactivated(f.add("anna")))
	f.must(s.MarkDue(f.ctx(), f.customer.ID, u.ID, bridge.RankUpdate, f.now.Add(time.Hour)))
	if d := f.due(u.ID); d.Rank != bridge.RankRevoke || d.At.After(f.now.Add(time.Second)) || d.Version != 2 {
		t.Errorf("mark %+v, want the more urgent rank and the nearer time of the two", d)
	}
	f.must(s.Postpone(f.ctx(), *f.due(u.ID), f.now.Add(time.Hour), 4, "login_taken", nil))
	f.must(s.MarkDue(f.ctx(), f.customer.ID, u.ID, bridge.RankContain, f.now))
	if d := f.due(u.ID); d.Rank != bridge.RankContain || !d.At.Equal(f.now) || d.Parked != "" || d.Attempts != 0 {
		t.Errorf("mark %+v, want a containment due now and not stuck", d)
	}
	f.wantCode("marking nobody", s.MarkDue(f.ctx(), f.customer.ID, newID(), bridge.RankContain, f.now), bridge.NotFound)
}

func testSettle(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna")
	old := *f.due(u.ID)
	u = f.put(f.deactivated(u))
	want := f.due(u.ID)
	f.must(f.settle(old, time.Time{}))
	f.must(f.settle(old, f.now.Add(time.Hour)))
	events := len(f.number())
	ev := f.event(bridge.EventAccountParked)
	f.must(s.Postpone(f.ctx(), old, f.now.Add(time.Hour), 1, "x", &ev))
	if diff := cmp.Diff(want, f.due(u.ID)); diff != "" {
		t.Errorf("what was done for an older version changed the mark (-want +got):\n%s", diff)
	}
	if n := len(f.number()); n != events {
		t.Errorf("%d events for a mark that did not change", n-events)
	}
	later := f.now.Add(30 * 24 * time.Hour)
	f.must(s.Postpone(f.ctx(), *want, f.now.Add(time.Hour), 2, "", nil))
	f.must(f.settle(*f.due(u.ID), later))
	want.Rank, want.At = bridge.RankLater, later
	if diff := cmp.Diff(want, f.due(u.ID)); diff != "" {
		t.Errorf("mark settled until later (-want +got):\n%s", diff)
	}
	ahead := *f.due(u.ID)
	ahead.Version = 9 // the user was looked at in a version that made no mark
	f.must(f.settle(ahead, later))
	if diff := cmp.Diff(want, f.due(u.ID)); diff != "" {
		t.Errorf("mark settled by a later look (-want +got):\n%s", diff)
	}
	// A mark made while the user was being looked at is not settled with the one before, even of the same version and rank.
	for _, rank := range []bridge.Rank{bridge.RankContain, bridge.RankContain, bridge.RankFlags} {
		looked := *f.due(u.ID)
		f.must(s.MarkDue(f.ctx(), f.customer.ID, u.ID, rank, f.now))
		f.must(f.settle(looked, time.Time{}))
		f.must(s.Postpone(f.ctx(), looked, later, 3, "x", nil))
		if d := f.due(u.ID); d == nil || d.Rank != bridge.RankContain || d.Parked != "" || d.At.After(f.now.Add(time.Second)) {
			t.Fatalf("mark %+v after the one before it was settled, want a containment due now", d)
		}
	}
	f.must(f.settle(*f.due(u.ID), later))
	byRank, parked, err := s.DueTotals(f.ctx())
	f.must(err)
	if len(byRank) != 0 || parked != 0 {
		t.Errorf("totals %v and %d stuck, want none: nothing is to be done yet", byRank, parked)
	}
}

func testParked(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	u, v := f.add("anna"), f.add("bert")
	other.add("carl")
	retry := f.now.Add(15 * time.Minute)
	ev := f.event(bridge.EventAccountParked)
	f.must(s.Postpone(f.ctx(), *f.due(u.ID), retry, 0, "login_taken", &ev))
	f.must(s.Postpone(f.ctx(), *f.due(v.ID), retry, 1, "", nil))
	want := []bridge.Due{{
		UserID: u.ID, CustomerID: f.customer.ID, Rank: bridge.RankCreate, At: retry, Version: 1, Parked: "login_taken",
	}}
	got, err := s.ParkedUsers(f.ctx(), f.customer.ID)
	f.must(err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stuck users (-want +got):\n%s", diff)
	}
	byRank, parked, err := s.DueTotals(f.ctx())
	f.must(err)
	if diff := cmp.Diff(map[bridge.Rank]int{bridge.RankCreate: 2}, byRank); diff != "" || parked != 1 {
		t.Errorf("%d stuck, want 1; and totals, with the one that failed (-want +got):\n%s", parked, diff)
	}
	n, err := s.RetryAll(f.ctx(), f.now)
	f.must(err)
	if n != 2 {
		t.Errorf("%d are tried again, want the stuck one and the failed one", n)
	}
	due, err := s.DueUsers(f.ctx(), other.now, bridge.RankLater, 10, nil)
	f.must(err)
	if len(due) != 3 {
		t.Errorf("%d due after all are tried again, want 3", len(due))
	}
	for _, d := range due {
		if d.Due.Attempts != 0 || d.Due.Parked != "" {
			t.Errorf("mark %+v, want no memory of failures", d.Due)
		}
	}
}
