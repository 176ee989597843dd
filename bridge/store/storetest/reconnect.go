package storetest

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/policy"
)

// leave disconnects the customer.
func (f *fixture) leave() {
	f.Helper()
	p := f.confirmed(f.plan(), f.now)
	f.mustCut(p)
	_, err := f.ReleaseUsers(f.ctx(), f.customer.ID, 1000)
	f.must(err)
	p.State = bridge.PlanDone
	f.must(f.FinishPlan(f.ctx(), p, f.now, f.event(bridge.EventCustomerDisconnected)))
}

func (f *fixture) reconnection(at time.Time) bridge.Reconnection {
	return bridge.Reconnection{CustomerID: f.customer.ID, At: at, Events: func(kind string, data map[string]string) bridge.Event { return f.event(kind) }}
}

// waits has the customer leave and wait, with a new token.
func (f *fixture) waits() {
	f.Helper()
	f.leave()
	c, err := f.StartReconnect(f.ctx(), f.reconnection(f.now))
	f.must(err)
	f.customer, f.cred = c, f.token("second")
}

func (f *fixture) arrive(u bridge.User, by bridge.Match) {
	f.Helper()
	first, err := f.Arrive(f.ctx(), f.now, f.cred, u.ID, by)
	f.must(err)
	if !first {
		f.Errorf("%s was known before", u.NameKey)
	}
}

// returning lists who is in the waiting room, and what they are known by.
func (f *fixture) returning() map[string]bridge.Match {
	f.Helper()
	out := map[string]bridge.Match{}
	f.must(f.EachReturning(f.ctx(), f.customer.ID, func(x bridge.Returning) error {
		out[x.User.NameKey] = x.By
		return nil
	}))
	return out
}

func (f *fixture) accept(a bridge.Acceptance) error {
	_, err := f.AcceptReconnect(f.ctx(), f.customer.ID, func(bridge.Customer, bridge.EachReturning) (bridge.Acceptance, error) {
		a.At, a.Actor = f.now, "support:anna"
		return a, nil
	})
	return err
}

func testReconnect(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "globex")
	anna, ben, cleo, dan, eve := f.add("anna"), f.add("ben"), f.add("cleo"), f.add("dan"), f.put(f.deleted(f.add("eve")))
	for _, u := range []bridge.User{anna, ben, cleo, eve} {
		f.account(u, policy.Active)
	}
	f.must(s.Unmanage(f.ctx(), bridge.Release{UserID: cleo.ID, CustomerID: f.customer.ID, Since: f.now, Actor: "support:anna"}, f.event(bridge.EventUserReleased)))
	_, err := s.StartReconnect(f.ctx(), f.reconnection(f.now))
	f.wantCode("a reconnect of a live customer", err, bridge.Conflict)
	f.wantCode("accepting a live customer", f.accept(bridge.Acceptance{}), bridge.Conflict)
	f.leave()
	stale := f.token("while it is away")
	c, err := s.StartReconnect(f.ctx(), f.reconnection(f.now.Add(time.Minute)))
	f.must(err)
	if c.State != bridge.Paused || !c.Waiting.Equal(f.now.Add(time.Minute)) || c.Epoch != 3 || c.DisconnectedBy != 0 || !c.VerifyFrom.Equal(c.Waiting) || !c.PausedUntil.IsZero() {
		t.Errorf("in the waiting room: %+v", c)
	}
	f.wantCode("a token of before", s.CheckCredential(f.ctx(), stale, f.now), bridge.Unauthorized)
	if over, err := s.PausesOver(f.ctx(), f.now.Add(1000*time.Hour)); err != nil || len(over) > 0 {
		t.Errorf("the wait ends by itself: %v, %v", over, err)
	}
	if due := f.subject(anna.ID).Due; due == nil || due.Rank != bridge.RankFlags || due.At.After(c.Waiting) {
		t.Errorf("an account is to be read again: %+v", due)
	}
	f.cred = f.token("second")
	_, err = s.InsertUser(f.ctx(), f.now, f.draft("new"))
	f.must(err)
	created, err := s.UserOf(f.ctx(), c.ID, "new")
	f.must(err)
	if created.Connected {
		t.Error("SCIM has a say over whom the IdP creates in the waiting room")
	}
	f.arrive(created, bridge.AsNew)
	f.arrive(ben, bridge.ByExternalID)
	if first, err := s.Arrive(f.ctx(), f.now, f.cred, ben.ID, bridge.ByLogin); err != nil || first {
		t.Errorf("the second sign of one person: %t, %v", first, err)
	}
	if _, err := s.Arrive(f.ctx(), f.now, other.cred, anna.ID, bridge.ByLogin); err != nil {
		t.Errorf("a sign of another customer: %v", err)
	}
	want := map[string]bridge.Match{"anna": "", "ben": bridge.ByExternalID, "new": bridge.AsNew}
	if diff := cmp.Diff(want, f.returning()); diff != "" {
		t.Errorf("in the waiting room (-want +got):\n%s", diff)
	}
	f.acceptsAndJoins(map[string]bool{anna.ID: false, ben.ID: true, cleo.ID: false, dan.ID: false, created.ID: true, eve.ID: false})
	f.must(s.ComeBack(f.ctx(), f.now, f.cred, cleo.ID, f.event(bridge.EventUserRejoined)))
	f.must(s.ComeBack(f.ctx(), f.now, f.cred, anna.ID, f.event(bridge.EventUserRejoined)))
	if f.subject(cleo.ID).User.Connected || !f.subject(anna.ID).User.Connected {
		t.Error("a write brings back whom a person released, or does not bring back who was missing")
	}
}

// acceptsAndJoins accepts, brings everybody back who came, and checks of people whether SCIM has a say over them.
func (f *fixture) acceptsAndJoins(connected map[string]bool) {
	f.Helper()
	no := errors.New("no")
	_, err := f.AcceptReconnect(f.ctx(), f.customer.ID, func(_ bridge.Customer, each bridge.EachReturning) (bridge.Acceptance, error) {
		n := 0
		f.must(each(func(bridge.Returning) error { n++; return nil }))
		if n != len(f.returning()) {
			f.Errorf("decided from %d people", n)
		}
		return bridge.Acceptance{}, no
	})
	if c, read := f.Customer(f.ctx(), f.customer.Slug); !errors.Is(err, no) || read != nil || c.Waiting.IsZero() {
		f.Errorf("a refused acceptance: %v, %+v", err, c)
	}
	hold := bridge.Hold{ID: newID(), CustomerID: f.customer.ID, Opened: f.now, Code: bridge.HoldReconnected, Sentence: "Many."}
	f.must(f.accept(bridge.Acceptance{Hold: &hold, Events: []bridge.Event{f.event(bridge.EventReconnectAccepted)}}))
	joining, err := f.JoiningCustomers(f.ctx())
	f.must(err)
	if len(joining) != 1 || joining[0].State != bridge.Held || !joining[0].Waiting.IsZero() || !joining[0].Paused.IsZero() {
		f.Errorf("accepted: %+v", joining)
	}
	if closed, err := f.CloseHold(f.ctx(), f.customer.ID, f.now, f.event(bridge.EventHoldClosed)); err != nil || closed {
		f.Errorf("the hold was closed (%t, %v) before its people were back", closed, err)
	}
	_, err = f.RejoinUsers(f.ctx(), f.customer.ID, 100)
	f.must(err)
	f.must(f.FinishJoining(f.ctx(), joining[0], f.event(bridge.EventReconnectDone)))
	if again, err := f.JoiningCustomers(f.ctx()); err != nil || len(again) > 0 {
		f.Errorf("after the end %v come back, %v", again, err)
	}
	for id, want := range connected {
		if x := f.subject(id); x.User.Connected != want {
			f.Errorf("%s: connected %t", x.User.NameKey, x.User.Connected)
		}
	}
}

func testReconnectCancelled(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna := f.add("anna")
	f.account(anna, policy.Active)
	f.waits()
	f.arrive(anna, bridge.ByLogin)
	c, err := s.CancelReconnect(f.ctx(), f.reconnection(f.now))
	f.must(err)
	if c.State != bridge.Disconnected || !c.Waiting.IsZero() || c.Epoch != 4 || !c.Paused.IsZero() || c.DisconnectedBy != 1 {
		t.Errorf("after the end: %+v", c)
	}
	if p, err := s.Plan(f.ctx(), f.customer.ID, 1); err != nil || !p.ReturnCancelled.Equal(f.now) {
		t.Errorf("the plan's return was cancelled at %v, %v", p.ReturnCancelled, err)
	}
	f.wantCode("its token", s.CheckCredential(f.ctx(), f.cred, f.now), bridge.Refused)
	_, err = s.CancelReconnect(f.ctx(), f.reconnection(f.now))
	f.wantCode("the same again", err, bridge.Conflict)
	_, err = s.StartReconnect(f.ctx(), f.reconnection(f.now))
	f.must(err)
	if got := f.returning(); got["anna"] != "" || len(got) != 1 {
		t.Errorf("another waiting room begins with %v", got)
	}
}

func testReconnectWhileACallMayLand(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna := f.add("anna")
	f.account(anna, policy.Active)
	lease := f.lease()
	in := f.intent(anna, "suspend")
	f.must(s.BeginIntent(f.ctx(), in, lease))
	f.leave()
	_, err := s.StartReconnect(f.ctx(), f.reconnection(f.now))
	f.wantCode("a reconnect while a call may land", err, bridge.Conflict)
	if _, err := s.StartReconnect(f.ctx(), f.reconnection(f.now.Add(time.Hour))); err != nil {
		t.Errorf("a reconnect after it: %v", err)
	}
}

func testFormerUser(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "globex")
	people := map[string]bridge.User{}
	for _, name := range []string{"anna", "ben@old.example", "cleo@old.example", "dan"} {
		u := f.add(name)
		f.account(u, policy.Active)
		people[name] = u
	}
	gone := f.put(f.deleted(f.add("gone")))
	other.waits()
	find := func(name, address, external string) (string, bridge.Match) {
		u, by, err := s.FormerUser(f.ctx(), f.now, f.cred, name, address, external)
		if bridge.CodeOf(err) != bridge.NotFound {
			f.must(err)
		}
		return u.NameKey, by
	}
	if name, _ := find("anna", "", ""); name != "" {
		t.Error("somebody of before is found for a customer that does not wait")
	}
	f.waits()
	f.must(s.SetRenames(f.ctx(), f.customer.ID, []bridge.Rename{
		{Old: "old.example", New: "new.example", Domain: true}, {Old: "cleo@old.example", New: "clara@new.example"},
	}, f.event(bridge.EventRenamesSet)))
	for _, tt := range []struct {
		name, address, external string
		want                    string
		by                      bridge.Match
	}{
		{"anna", "", "x-dan", "anna", bridge.ByLogin},  // a name is a surer sign than an external id
		{"zoe", "dan@acme", "", "dan", bridge.ByLogin}, // what the account carries
		{"zoe", "", "x-dan", "dan", bridge.ByExternalID},
		{"ben@new.example", "ben@new.example", "", "ben@old.example", bridge.ByRename},
		{"clara@new.example", "clara@new.example", "", "cleo@old.example", bridge.ByRename},
		{"zoe@new.example", "zoe@new.example", "", "", ""},
		{"ben@other.example", "ben@other.example", "", "", ""},
		{gone.NameKey, "", gone.ExternalID, "", ""},
		{"", "", "", "", ""},
		{"nul\x00", "", "nul\x00", "", ""},
	} {
		if got, by := find(tt.name, tt.address, tt.external); got != tt.want || by != tt.by {
			t.Errorf("%q %q %q: %q by %q, want %q by %q", tt.name, tt.address, tt.external, got, by, tt.want, tt.by)
		}
	}
	f.arrive(people["anna"], bridge.ByLogin)
	if name, _ := find("anna", "", ""); name != "" {
		t.Error("whom the IdP has shown to know is found again")
	}
	got, err := s.Renames(f.ctx(), f.customer.ID)
	f.must(err)
	if len(got) != 2 || !got[0].Domain || got[1].New != "clara@new.example" {
		t.Errorf("the renames are %+v", got)
	}
	f.must(f.accept(bridge.Acceptance{}))
	f.wantCode("renames of a customer that does not wait", s.SetRenames(f.ctx(), f.customer.ID, got, f.event(bridge.EventRenamesSet)), bridge.Conflict)
}

// testI19ClaimedOnce has two writes claim one person at the same time: one of them does.
func testI19ClaimedOnce(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna")
	f.waits()
	u = f.subject(u.ID).User
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		w := f.deactivated(u)
		w.Claim = bridge.ByLogin
		wg.Go(func() { errs[i] = s.ReplaceUser(f.ctx(), f.now, w) })
	}
	wg.Wait()
	taken := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err != nil })
	if len(taken) != 1 {
		t.Errorf("%d writes claimed one person: %v", len(taken), errs)
	}
	for _, err := range errs {
		if err != nil {
			f.wantCode("another claim", err, bridge.Conflict)
		}
	}
	if got := f.subject(u.ID); got.User.Version != u.Version+1 || f.returning()["anna"] != bridge.ByLogin {
		t.Errorf("claimed: %+v, %v", got.User, f.returning())
	}
	w := f.activated(f.subject(u.ID).User)
	w.Claim = bridge.ByLogin
	f.wantCode("a claim of whom the IdP knows", s.ReplaceUser(f.ctx(), f.now, w), bridge.Conflict)
	if got := f.subject(u.ID); got.User.Active {
		t.Error("a claim that failed has written")
	}
}

func testLoginPins(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna, ben := f.add("anna"), f.add("ben")
	f.account(anna, policy.Active)
	f.waits()
	f.arrive(anna, bridge.ByLogin)
	tell := func(int) bridge.Event { return f.event(bridge.EventLoginsApplied) }
	_, err := s.ApplyLogins(f.ctx(), f.customer.ID, f.now, tell)
	f.wantCode("a change of logins in the waiting room", err, bridge.Conflict)
	f.must(f.accept(bridge.Acceptance{Pins: []bridge.LoginPin{{UserID: anna.ID, Login: "Anna@old.example", Email: "a@old.example"}}}))
	_, err = s.RejoinUsers(f.ctx(), f.customer.ID, 100)
	f.must(err)
	want := &bridge.LoginPin{UserID: anna.ID, Login: "Anna@old.example", Email: "a@old.example"}
	if diff := cmp.Diff(want, f.subject(anna.ID).Pin); diff != "" || f.subject(ben.ID).Pin != nil {
		t.Errorf("the login that stays (-want +got):\n%s", diff)
	}
	counts := func(pinned, applied int) {
		t.Helper()
		if got, err := s.LoginPins(f.ctx(), f.customer.ID, f.now); err != nil || got.Pinned != pinned || got.Applied != applied || len(got.Held) > 0 {
			t.Errorf("logins: %+v, %v; want %d and %d", got, err, pinned, applied)
		}
	}
	counts(1, 0)
	f.must(f.settle(*f.subject(anna.ID).Due, time.Time{}))
	if n, err := s.ApplyLogins(f.ctx(), f.customer.ID, f.now, tell); err != nil || n != 1 || f.subject(anna.ID).Pin != nil || f.subject(anna.ID).Due == nil {
		t.Errorf("applied %d, %v: %+v", n, err, f.subject(anna.ID))
	}
	counts(0, 1)
	if n, err := s.RevertLogins(f.ctx(), f.customer.ID, f.now.Add(time.Second), f.now, tell); err != nil || n != 0 {
		t.Errorf("reverted %d of too long ago, %v", n, err)
	}
	if n, err := s.RevertLogins(f.ctx(), f.customer.ID, f.now, f.now, tell); err != nil || n != 1 || f.subject(anna.ID).Pin == nil {
		t.Errorf("reverted %d, %v", n, err)
	}
}

func testHandChanges(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna")
	f.account(u, policy.Active)
	link := *f.subject(u.ID).Link
	link.Status = policy.Suspended
	f.must(s.SaveChanged(f.ctx(), link, []string{"status", "title"}))
	if x := f.subject(u.ID); !slices.Equal(x.Changed, []string{"status", "title"}) || x.Link.Status != policy.Suspended {
		t.Errorf("changed %v, link %+v", x.Changed, x.Link)
	}
	f.must(s.SaveChanged(f.ctx(), link, nil))
	if x := f.subject(u.ID); len(x.Changed) > 0 {
		t.Errorf("still changed: %v", x.Changed)
	}
}
