package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

// lease takes the syncer's lease.
func (f *fixture) lease() bridge.Lease {
	f.Helper()
	l, ok, err := f.AcquireLease(f.ctx(), "sync", "holder", time.Minute)
	f.must(err)
	if !ok {
		f.Fatalf("the lease is held: %+v", l)
	}
	return l
}

func (f *fixture) intent(u bridge.User, kind string) bridge.Intent {
	return bridge.Intent{
		ID: newID(), CustomerID: f.customer.ID, UserID: u.ID, Kind: kind, State: bridge.IntentSent, Version: u.Version, Epoch: f.customer.Epoch,
		Revokes: kind == "suspend", Sent: f.now, Deadline: f.now.Add(30 * time.Second),
	}
}

// testI23OneCallInFlight starts calls for one user from many sides: one is recorded.
func testI23OneCallInFlight(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u, lease := f.add("anna"), f.lease()
	for round := range 5 {
		const callers = 8
		errs := make([]error, callers)
		intents := make([]bridge.Intent, callers)
		var wg sync.WaitGroup
		for i := range callers {
			intents[i] = f.intent(u, "update")
			wg.Go(func() { errs[i] = s.BeginIntent(f.ctx(), intents[i], lease) })
		}
		wg.Wait()
		var won []bridge.Intent
		for i, err := range errs {
			if err == nil {
				won = append(won, intents[i])
				continue
			}
			f.wantCode("the call that lost", err, bridge.Conflict)
		}
		if len(won) != 1 {
			t.Fatalf("round %d: %d calls are in flight for one user, want 1", round, len(won))
		}
		open, err := s.OpenIntents(f.ctx())
		f.must(err)
		if diff := cmp.Diff(won, open); diff != "" {
			t.Errorf("open calls (-want +got):\n%s", diff)
		}
		in := won[0]
		in.State, in.Ended = bridge.IntentUnknown, f.now.Add(time.Second)
		f.must(s.EndIntent(f.ctx(), in, nil, nil))
		f.wantCode("a call beside one whose effect is not known", s.BeginIntent(f.ctx(), f.intent(u, "update"), lease), bridge.Conflict)
		in.State = bridge.IntentDone
		f.must(s.EndIntent(f.ctx(), in, nil, nil))
	}
}

// testBeginIntent changes one condition of a call at a time.
func testBeginIntent(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u, lease := f.add("anna"), f.lease()
	tests := []struct {
		name   string
		change func(in *bridge.Intent, l *bridge.Lease)
		want   bridge.Code
	}{
		{"another holder", func(_ *bridge.Intent, l *bridge.Lease) { l.Holder = "somebody" }, bridge.Lost},
		{"another fence", func(_ *bridge.Intent, l *bridge.Lease) { l.Fence++ }, bridge.Lost},
		{"another lease", func(_ *bridge.Intent, l *bridge.Lease) { l.Name = "other" }, bridge.Lost},
		{"an older version", func(in *bridge.Intent, _ *bridge.Lease) { in.Version-- }, bridge.Conflict},
		{"an older epoch", func(in *bridge.Intent, _ *bridge.Lease) { in.Epoch-- }, bridge.Conflict},
		{"another user", func(in *bridge.Intent, _ *bridge.Lease) { in.UserID = newID() }, bridge.Conflict},
		{"another customer", func(in *bridge.Intent, _ *bridge.Lease) { in.CustomerID = newID() }, bridge.Conflict},
	}
	for _, tt := range tests {
		in, l := f.intent(u, "suspend"), lease
		tt.change(&in, &l)
		f.wantCode("a call with "+tt.name, s.BeginIntent(f.ctx(), in, l), tt.want)
	}
	for _, state := range []bridge.State{bridge.Off, bridge.Live, bridge.Paused, bridge.Held, bridge.Disconnecting, bridge.Disconnected} {
		f.change(state)
		in, want := f.intent(u, "suspend"), bridge.Conflict
		if state.Governs() {
			want = ""
		}
		f.wantCode("a revocation while "+string(state), s.BeginIntent(f.ctx(), in, lease), want)
		if want == "" {
			in.State = bridge.IntentDone
			f.must(s.EndIntent(f.ctx(), in, nil, nil))
		}
		in = f.intent(u, "update")
		f.wantCode("an update while "+string(state), s.BeginIntent(f.ctx(), in, lease), "")
		in.State = bridge.IntentDone
		f.must(s.EndIntent(f.ctx(), in, nil, nil))
	}
	f.change(bridge.Live)
	in := f.intent(u, "suspend")
	f.must(s.ReleaseLease(f.ctx(), lease))
	f.wantCode("a call after the lease was released", s.BeginIntent(f.ctx(), in, lease), bridge.Lost)
	open, err := s.OpenIntents(f.ctx())
	f.must(err)
	if len(open) != 0 {
		t.Errorf("refused calls are open: %+v", open)
	}
}

func testEndIntent(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u, lease := f.add("anna"), f.lease()
	first := f.intent(u, "create")
	f.must(s.BeginIntent(f.ctx(), first, lease))
	if diff := cmp.Diff(&first, f.subject(u.ID).Open); diff != "" {
		t.Errorf("open call (-want +got):\n%s", diff)
	}
	first.State, first.Ended, first.Outcome = bridge.IntentDone, f.now.Add(time.Second), "200"
	link := bridge.Link{UserID: u.ID, CustomerID: f.customer.ID, LoginKey: "anna@acme.example", OktaID: "00u1", Applied: map[string]any{}}
	ev := f.event(bridge.EventAccountCreated)
	f.must(s.EndIntent(f.ctx(), first, &link, &ev))
	if diff := cmp.Diff(&link, f.subject(u.ID).Link); diff != "" {
		t.Errorf("link that the call made (-want +got):\n%s", diff)
	}
	f.wantCode("ending a call twice", s.EndIntent(f.ctx(), first, nil, nil), bridge.Conflict)

	second := f.intent(u, "suspend")
	second.Sent = f.now.Add(time.Minute)
	f.must(s.BeginIntent(f.ctx(), second, lease))
	v := f.add("bert")
	f.must(s.SaveLink(f.ctx(), bridge.Link{UserID: v.ID, CustomerID: f.customer.ID, LoginKey: "bert@acme.example"}, nil))
	wrong := link
	wrong.LoginKey = "bert@acme.example"
	second.State = bridge.IntentDone
	f.wantCode("ending with a login in use", s.EndIntent(f.ctx(), second, &wrong, nil), bridge.Taken)
	if f.subject(u.ID).Open == nil {
		t.Error("a call whose end was refused is not open any more")
	}
	second.State, second.Ended, second.Outcome = bridge.IntentFailed, f.now.Add(2*time.Minute), "400 E0000001"
	f.must(s.EndIntent(f.ctx(), second, nil, nil))
	got, err := s.IntentsOf(f.ctx(), f.customer.ID, u.ID, 10)
	f.must(err)
	if diff := cmp.Diff([]bridge.Intent{second, first}, got); diff != "" {
		t.Errorf("calls, the newest first (-want +got):\n%s", diff)
	}
	if got, err = s.IntentsOf(f.ctx(), f.customer.ID, u.ID, 1); err != nil || len(got) != 1 {
		t.Errorf("the latest call: %+v, %v", got, err)
	}
}

func testLease(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	acquire := func(holder string, ttl time.Duration) (bridge.Lease, bool) {
		t.Helper()
		l, ok, err := s.AcquireLease(f.ctx(), "sync", holder, ttl)
		f.must(err)
		return l, ok
	}
	none, held, err := s.CurrentLease(f.ctx(), "sync")
	f.must(err)
	if held || none != (bridge.Lease{Name: "sync"}) {
		t.Errorf("a lease that nobody had: %+v %v", none, held)
	}
	first, ok := acquire("one", time.Hour)
	if left := time.Until(first.Until); !ok || left < 50*time.Minute || left > 61*time.Minute {
		t.Errorf("the first took %+v %v, want an hour", first, ok)
	}
	renewed, ok := acquire("one", 2*time.Hour)
	if !ok || renewed.Fence != first.Fence || !renewed.Until.After(first.Until) {
		t.Errorf("renewed %+v %v after %+v, want the same fence and a later end", renewed, ok, first)
	}
	seen, ok := acquire("two", time.Hour)
	if ok || seen != renewed {
		t.Errorf("a second one took %+v %v from %+v", seen, ok, renewed)
	}
	f.must(s.ReleaseLease(f.ctx(), bridge.Lease{Name: "sync", Holder: "two", Fence: renewed.Fence}))
	current, held, err := s.CurrentLease(f.ctx(), "sync")
	f.must(err)
	if !held || current != renewed {
		t.Errorf("after somebody else's release: %+v %v, want %+v", current, held, renewed)
	}
	f.must(s.ReleaseLease(f.ctx(), renewed))
	if _, held, err = s.CurrentLease(f.ctx(), "sync"); err != nil || held {
		t.Errorf("a released lease is held: %v %v", held, err)
	}
	second, ok := acquire("two", time.Microsecond)
	if !ok || second.Fence != first.Fence+1 {
		t.Errorf("taken over %+v %v, want fence %d", second, ok, first.Fence+1)
	}
	// Its microsecond is over by the time that another statement runs.
	third, ok := acquire("one", time.Hour)
	if !ok || third.Fence != second.Fence+1 {
		t.Errorf("taken over after the end %+v %v, want fence %d", third, ok, second.Fence+1)
	}

	const holders = 8
	got := make([]bool, holders)
	var wg sync.WaitGroup
	for i := range holders {
		wg.Go(func() {
			var err error
			if _, got[i], err = s.AcquireLease(f.ctx(), "contested", string(rune('a'+i)), time.Hour); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n := 0
	for _, ok := range got {
		if ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d hold one lease, want 1", n)
	}
}
