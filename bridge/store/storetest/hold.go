package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/scim/schema"
)

func testRemovals(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	other.put(other.deactivated(other.add("elsewhere")))
	lease := f.lease()
	removed := func(name string, ago time.Duration) bridge.User {
		w := f.deactivated(f.add(name))
		w.User.Removed = f.now.Add(-ago)
		u := f.put(w)
		f.carriedOut(u)
		return u
	}
	f.add("active")
	back := removed("restored", time.Minute)
	f.put(f.activated(back))
	last := removed("minutes", 2*time.Minute)
	f.carriedOut(f.put(f.deleted(removed("deleted", 3*time.Minute))))
	removed("hours", 5*time.Hour)
	removed("days", 50*time.Hour)
	removed("month", 30*24*time.Hour)

	for i, sent := range []time.Duration{30 * time.Minute, 10 * time.Minute, 26 * time.Hour} {
		in := f.intent(last, "suspend")
		if i == 2 {
			in.Kind = "deactivate"
		}
		in.Revokes, in.Sent = true, f.now.Add(-sent)
		f.must(s.BeginIntent(f.ctx(), in, lease))
		in.State = bridge.IntentDone
		f.must(s.EndIntent(f.ctx(), in, nil, nil))
	}
	harmless := f.intent(last, "update")
	f.must(s.BeginIntent(f.ctx(), harmless, lease))

	got, err := s.Removals(f.ctx(), f.customer.ID, f.now)
	f.must(err)
	want := bridge.RemovalCount{
		Hour: 2, Day: 3, Week: 4, Active: 2, Peak: [3]int{4, 5, 6}, LastStart: f.now.Add(-10 * time.Minute), StartedLastHour: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("removals without samples (-want +got):\n%s", diff)
	}

	for i := range 18 {
		f.add(string(rune('a' + i)))
	}
	f.must(s.SamplePeaks(f.ctx(), f.now.Add(-3*24*time.Hour)))
	f.must(s.SamplePeaks(f.ctx(), f.now.Add(-20*24*time.Hour)))
	page, err := s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), bridge.Query{StartIndex: 1, Count: 100})
	f.must(err)
	for _, u := range page.Users[len(page.Users)-10:] {
		f.carriedOut(f.put(f.deactivated(u)))
	}
	f.must(s.SamplePeaks(f.ctx(), f.now.Add(-5*time.Hour)))
	f.must(s.SamplePeaks(f.ctx(), f.now))
	f.must(s.SamplePeaks(f.ctx(), f.now.Add(-3*24*time.Hour))) // fewer than that hour had: its peak stands
	if got, err = s.Removals(f.ctx(), f.customer.ID, f.now); err != nil {
		t.Fatal(err)
	}
	want = bridge.RemovalCount{
		Hour: 12, Day: 13, Week: 14, Active: 10, Peak: [3]int{22, 23, 24}, LastStart: f.now.Add(-10 * time.Minute), StartedLastHour: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("removals (-want +got):\n%s", diff)
	}
	if got, err = s.Removals(f.ctx(), f.customer.ID, f.now.Add(6*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got.Week != 13 || got.Peak != [3]int{10, 10, 23} {
		t.Errorf("removals six days on: %+v", got)
	}

	started, active, held, customers, err := s.GlobalRemovals(f.ctx(), f.now.Add(-time.Hour))
	f.must(err)
	if started != 2 || active != 10 || held != 0 || customers != 2 {
		t.Errorf("over all: %d started, %d active, %d held, %d customers; want 2, 10, 0, 2", started, active, held, customers)
	}
}

// carriedOut ends the mark of a removal, as the syncer does when it is done.
func (f *fixture) carriedOut(u bridge.User) {
	f.Helper()
	f.must(f.settle(*f.due(u.ID), time.Time{}))
}

// testI3LateRemovalsCount: what was accepted long ago counts while it waits, and from when it is carried out on; by a person's
// answer it does not.
func testI3LateRemovalsCount(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	lease := f.lease()
	late := func(name string) bridge.User {
		w := f.deactivated(f.add(name))
		w.User.Removed = f.now.AddDate(0, 0, -30)
		return f.put(w)
	}
	want := func(what string, hour, day, week int) {
		t.Helper()
		got, err := s.Removals(f.ctx(), f.customer.ID, f.now)
		f.must(err)
		if got.Hour != hour || got.Day != day || got.Week != week {
			t.Errorf("%s: %d, %d, %d within an hour, a day and a week; want %d, %d, %d", what, got.Hour, got.Day, got.Week, hour, day, week)
		}
	}
	started := func(u bridge.User, ago time.Duration) {
		t.Helper()
		in := f.intent(u, "suspend")
		in.Sent = f.now.Add(-ago)
		f.must(s.BeginIntent(f.ctx(), in, lease))
		in.State = bridge.IntentDone
		f.must(s.EndIntent(f.ctx(), in, nil, nil))
		f.carriedOut(u)
	}
	want("nobody", 0, 0, 0)
	waits, now, yesterday, ended := late("waits"), late("now"), late("yesterday"), late("ended")
	want("four wait", 4, 4, 4)
	started(now, 10*time.Minute)
	started(yesterday, 20*time.Hour)
	want("two were carried out", 3, 4, 4)
	in := f.intent(ended, "deactivate") // the end of a grace period takes no access that is still there
	in.Revokes = true
	f.must(s.BeginIntent(f.ctx(), in, lease))
	f.carriedOut(ended)
	want("one was deactivated", 2, 3, 3)
	f.openHold()
	f.approve("", waits)
	want("one was let through", 1, 2, 2)
}

func testHolds(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna")
	h := bridge.Hold{ID: newID(), CustomerID: f.customer.ID, Opened: f.now, Code: "over_limit", Sentence: "12 people were removed."}
	open := func(h bridge.Hold, want bool) {
		t.Helper()
		opened, err := s.OpenHold(f.ctx(), h, f.event(bridge.EventHoldOpened))
		f.must(err)
		if opened != want {
			t.Errorf("opened = %t, want %t", opened, want)
		}
	}
	open(h, true)
	again := h
	again.ID, again.Code = newID(), "leaves_nobody"
	open(again, false)
	listed, err := s.Holds(f.ctx())
	f.must(err)
	if diff := cmp.Diff([]bridge.Hold{h}, listed); diff != "" {
		t.Errorf("open holds (-want +got):\n%s", diff)
	}
	if !f.subject(u.ID).Held {
		t.Error("a user of a held customer is not held")
	}
	if _, _, held, _, err := s.GlobalRemovals(f.ctx(), f.now); err != nil || held != 1 {
		t.Errorf("%d customers held, %v", held, err)
	}
	for i, want := range []bool{true, false} {
		closed, err := s.CloseHold(f.ctx(), f.customer.ID, f.now.Add(time.Minute), f.event(bridge.EventHoldClosed))
		if err != nil || closed != want {
			t.Errorf("close %d: %t, %v; want %t", i+1, closed, err, want)
		}
	}
	if listed, err = s.Holds(f.ctx()); err != nil || len(listed) != 0 || f.subject(u.ID).Held {
		t.Errorf("open holds after the answer: %+v, %v", listed, err)
	}
	open(again, true)
	kinds := map[string]int{}
	for _, e := range f.number() {
		kinds[e.Kind]++
	}
	if kinds[bridge.EventHoldOpened] != 2 || kinds[bridge.EventHoldClosed] != 1 {
		t.Errorf("events %v, want one for each change", kinds)
	}
}
