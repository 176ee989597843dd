package storetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

// testI24EventsInCommitOrder writes users from many sides while the sequencer runs in small batches. At rest each
// customer's numbers have no gap, each user's versions stand in order, each write has exactly one event, and no number
// that was read was ever given to another event.
func testI24EventsInCommitOrder(t *testing.T, s *store.Store) {
	const customers, writers, rounds = 2, 6, 12
	fixtures := make([]*fixture, customers)
	for i := range fixtures {
		fixtures[i] = newFixture(t, s, fmt.Sprintf("acme%d", i))
	}
	stop := make(chan struct{})
	var sequencer, work sync.WaitGroup
	first := make(map[string]string) // customer and number: event, as first read
	sequencer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := s.NumberEvents(t.Context(), 7); err != nil {
				t.Error(err)
				return
			}
			for _, f := range fixtures {
				events, err := s.Events(t.Context(), f.customer.ID, 0, 100_000)
				if err != nil {
					t.Error(err)
					return
				}
				for _, why := range remember(first, events) {
					t.Error(why)
				}
			}
		}
	})
	for _, f := range fixtures {
		for w := range writers {
			work.Go(func() { f.history(fmt.Sprintf("user%d", w), rounds) })
		}
	}
	work.Wait()
	close(stop)
	sequencer.Wait()
	for _, f := range fixtures {
		events := f.number()
		for _, why := range append(remember(first, events), disorder(events)...) {
			t.Error(why)
		}
		// customer.added, token.created, and those of the writers
		if want := 2 + writers*(2*rounds+1); len(events) != want {
			t.Errorf("%d events, want %d", len(events), want)
		}
	}
	testDisorderIsSeen(t, fixtures[0].number())
}

// history is the life of one user: created, then removed and restored again and again.
func (f *fixture) history(name string, rounds int) {
	w := f.draft(name)
	if _, err := f.InsertUser(f.ctx(), f.now, w); err != nil {
		f.Error(err)
		return
	}
	for range rounds {
		w = f.deactivated(w.User)
		err := f.ReplaceUser(f.ctx(), f.now, w)
		if err == nil {
			w = f.activated(w.User)
			err = f.ReplaceUser(f.ctx(), f.now, w)
		}
		if err != nil {
			f.Error(err)
			return
		}
	}
}

// disorder lists what is wrong with all events of a customer.
func disorder(events []bridge.Event) []string {
	var wrong []string
	versions, ids := map[string]int64{}, map[string]bool{}
	var epoch int64
	for i, e := range events {
		if e.Seq != int64(i+1) {
			wrong = append(wrong, fmt.Sprintf("event %d has number %d", i+1, e.Seq))
		}
		if ids[e.ID] {
			wrong = append(wrong, fmt.Sprintf("event %s is there twice", e.ID))
		}
		ids[e.ID] = true
		if e.Epoch < epoch {
			wrong = append(wrong, fmt.Sprintf("number %d is of epoch %d, after one of %d", e.Seq, e.Epoch, epoch))
		}
		epoch = e.Epoch
		if e.Version == 0 {
			continue
		}
		if e.Version != versions[e.UserID]+1 {
			wrong = append(wrong, fmt.Sprintf("number %d is version %d of a user, after %d", e.Seq, e.Version, versions[e.UserID]))
		}
		versions[e.UserID] = e.Version
	}
	return wrong
}

// remember checks that a number that was read once stands for the same event.
func remember(first map[string]string, events []bridge.Event) []string {
	var wrong []string
	for _, e := range events {
		key := fmt.Sprint(e.CustomerID, e.Seq)
		if id, ok := first[key]; ok && id != e.ID {
			wrong = append(wrong, fmt.Sprintf("number %d was of event %s and is of %s", e.Seq, id, e.ID))
		}
		first[key] = e.ID
	}
	return wrong
}

// testDisorderIsSeen is the mutant: the check finds a gap, a turned order, a missing and a repeated event.
func testDisorderIsSeen(t *testing.T, good []bridge.Event) {
	t.Helper()
	if wrong := disorder(good); len(wrong) > 0 {
		return // reported already
	}
	broken := map[string]func(e []bridge.Event) []bridge.Event{
		"a gap":     func(e []bridge.Event) []bridge.Event { e[9].Seq++; return e },
		"a lost":    func(e []bridge.Event) []bridge.Event { return append(e[:9], e[10:]...) },
		"a repeat":  func(e []bridge.Event) []bridge.Event { e[9].ID = e[8].ID; return e },
		"an epoch":  func(e []bridge.Event) []bridge.Event { e[9].Epoch = 7; return e },
		"a turn of": func(e []bridge.Event) []bridge.Event { return turned(e) },
	}
	for what, mutate := range broken {
		if wrong := disorder(mutate(append([]bridge.Event(nil), good...))); len(wrong) == 0 {
			t.Errorf("the check does not see %s event", what)
		}
	}
}

// turned exchanges the versions of the first two events of some user, as an order by a replica's clock might.
func turned(events []bridge.Event) []bridge.Event {
	last := map[string]int{}
	for i, e := range events {
		if e.Version == 0 {
			continue
		}
		if j, ok := last[e.UserID]; ok {
			events[i].Version, events[j].Version = events[j].Version, events[i].Version
			return events
		}
		last[e.UserID] = i
	}
	return events
}

func testEventsOfUser(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna")
	f.add("bert")
	u = f.put(f.deactivated(u))
	f.number()
	f.put(f.activated(u))
	note := f.event(bridge.EventAccountRevoked)
	note.UserID, note.Data = u.ID, `{"reason":"removed"}`
	f.must(s.AddEvent(f.ctx(), note))

	events, err := s.EventsOfUser(f.ctx(), f.customer.ID, u.ID, 3)
	f.must(err)
	type line struct {
		Kind     string
		Numbered bool
	}
	var got []line
	for _, e := range events {
		got = append(got, line{e.Kind, e.Seq > 0})
	}
	want := []line{{bridge.EventAccountRevoked, false}, {bridge.EventUserReactivated, false}, {bridge.EventUserDeactivated, true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("history, the newest first (-want +got):\n%s", diff)
	}
	note.Epoch = 1
	if diff := cmp.Diff(note, events[0]); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	all := f.number()
	tail, err := s.Events(f.ctx(), f.customer.ID, 2, 2)
	f.must(err)
	if diff := cmp.Diff(all[2:4], tail); diff != "" {
		t.Errorf("two events after the second (-want +got):\n%s", diff)
	}
	note.CustomerID = "none"
	f.wantCode("an event of nobody", s.AddEvent(f.ctx(), note), bridge.NotFound)
}
