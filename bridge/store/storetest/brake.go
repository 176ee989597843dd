package storetest

import (
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/policy"
)

// revoke records a revocation as started and done.
func (f *fixture) revoke(u bridge.User, answered bool, lease bridge.Lease) error {
	in := f.intent(u, "suspend")
	in.Answered = answered
	if err := f.BeginIntent(f.ctx(), in, lease); err != nil {
		return err
	}
	in.State = bridge.IntentDone
	f.must(f.EndIntent(f.ctx(), in, nil, nil))
	return nil
}

// testI3Brake: whatever the limits say, no more than 200 revocations start within an hour that nobody was asked about.
func testI3Brake(t *testing.T, s *store.Store) {
	f, beta := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	lease := f.lease()
	u, v := f.put(f.deactivated(f.add("anna"))), beta.put(beta.deactivated(beta.add("bert")))
	f.wantCode("a claim that somebody was asked", f.revoke(u, true, lease), bridge.Conflict)
	for range 100 {
		f.must(f.revoke(u, false, lease))
		f.must(beta.revoke(v, false, lease))
	}
	f.wantCode("the 201st", f.revoke(u, false, lease), bridge.Refused)
	beta.wantCode("the 201st, of another customer", beta.revoke(v, false, lease), bridge.Refused)
	f.must(f.BeginIntent(f.ctx(), f.intent(f.add("carl"), "update"), lease)) // takes no access
	f.approve("", u)
	f.must(f.revoke(u, true, lease))
	if got, err := s.Removals(f.ctx(), f.customer.ID, f.now); err != nil || got.StartedLastHour != 100 {
		t.Errorf("%d started, %v; want 100 and not the answered one", got.StartedLastHour, err)
	}
	if started, _, _, _, err := s.GlobalRemovals(f.ctx(), f.now.Add(-time.Hour)); err != nil || started != 200 {
		t.Errorf("%d started over all customers, %v; want 200 and not the answered one", started, err)
	}
	later := f.intent(u, "suspend")
	later.Sent = f.now.Add(time.Hour + time.Second)
	f.must(s.BeginIntent(f.ctx(), later, lease))
}

// testI3NothingStartsWhileHeld: an open hold keeps back whatever nobody was asked about, whoever decided it.
func testI3NothingStartsWhileHeld(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	lease, u := f.lease(), f.put(f.deactivated(f.add("anna")))
	f.openHold()
	f.wantCode("a revocation while a hold is open", f.revoke(u, false, lease), bridge.Conflict)
	f.approve("", u)
	f.must(f.revoke(u, true, lease))
	u = f.put(f.activated(u))
	w := f.deactivated(u)
	w.User.Removed = f.now.Add(time.Minute)
	f.wantCode("a later removal that claims the answer to one before", f.revoke(f.put(w), true, lease), bridge.Conflict)
}

// testI13Containment: a lock is in force until a person lifts it, takes access whatever the connection is, and remembers that it did.
func testI13Containment(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	lease, u := f.lease(), f.add("anna")
	lock := func(since time.Time) error {
		c := bridge.Containment{UserID: u.ID, CustomerID: f.customer.ID, Since: since, Actor: "support:anna", Why: "stolen laptop"}
		return s.Contain(f.ctx(), c, f.event(bridge.EventUserContained))
	}
	lift := func(at time.Time) error {
		return s.Lift(f.ctx(), f.customer.ID, u.ID, at, f.event(bridge.EventUserUnlocked))
	}
	f.wantCode("lifting no lock", lift(f.now), bridge.Conflict)
	f.must(lock(f.now))
	f.wantCode("locking twice", lock(f.now.Add(time.Second)), bridge.Conflict)
	if v := f.subject(u.ID); !v.Contained.Equal(f.now) || v.Due.Rank != bridge.RankContain || v.Unlocked {
		t.Errorf("locked: %+v, due %+v", v, v.Due)
	}
	for _, kind := range []string{"unsuspend", "activate"} {
		f.wantCode("a call that gives back what a person has locked", s.BeginIntent(f.ctx(), f.intent(u, kind), lease), bridge.Conflict)
	}
	f.change(bridge.Disconnected)
	u = f.subject(u.ID).User
	f.must(f.revoke(u, true, lease))
	f.must(lift(f.now.Add(time.Minute)))
	if v := f.subject(u.ID); !v.Contained.IsZero() || v.Due.Rank != bridge.RankRestore || !v.Unlocked {
		t.Errorf("unlocked: %+v, due %+v", v, v.Due)
	}
	f.wantCode("a revocation by the lock that was lifted", f.revoke(u, true, lease), bridge.Conflict)

	f.change(bridge.Live)
	f.must(s.SaveLink(f.ctx(), bridge.Link{UserID: u.ID, CustomerID: f.customer.ID, LoginKey: "anna", OktaID: "00u1", Status: policy.Active}, nil))
	f.now = f.now.Add(time.Hour)
	u = f.put(f.deactivated(u))
	if f.subject(u.ID).Unlocked {
		t.Error("a removal that came after the lock counts as taken by it")
	}
	f.must(f.revoke(u, false, lease))
	u = f.put(f.activated(u))
	if f.subject(u.ID).Unlocked {
		t.Error("what a removal took counts as taken by a lock of before")
	}
	u = f.put(f.deactivated(u))
	f.must(lock(f.now.Add(time.Minute)))
	f.must(lift(f.now.Add(2 * time.Minute)))
	if d := f.due(u.ID); d.Rank != bridge.RankRevoke || len(f.held()) != 1 {
		t.Errorf("a removal that waited before the lock: due %+v, %d wait", d, len(f.held()))
	}
	c := bridge.Containment{UserID: newID(), CustomerID: f.customer.ID, Since: f.now}
	f.wantCode("locking nobody", s.Contain(f.ctx(), c, f.event(bridge.EventUserContained)), bridge.NotFound)
}
