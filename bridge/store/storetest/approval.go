package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/policy"
)

// openHold opens the customer's hold.
func (f *fixture) openHold() bridge.Hold {
	f.Helper()
	h := bridge.Hold{ID: newID(), CustomerID: f.customer.ID, Opened: f.now, Code: "over_limit", Sentence: "12 people were removed."}
	opened, err := f.OpenHold(f.ctx(), h, f.event(bridge.EventHoldOpened))
	f.must(err)
	if !opened {
		f.Fatal("a hold is open already")
	}
	return h
}

// state is the customer's, as it is stored.
func (f *fixture) state() bridge.State {
	f.Helper()
	c, err := f.CustomerByID(f.ctx(), f.customer.ID)
	f.must(err)
	return c.State
}

// held lists the ids of those whose removals wait.
func (f *fixture) held() []string {
	f.Helper()
	people, err := f.HeldPeople(f.ctx(), f.customer.ID)
	f.must(err)
	n, err := f.HeldCount(f.ctx(), f.customer.ID)
	f.must(err)
	if n != len(people) {
		f.Errorf("%d wait, and %d are listed", n, len(people))
	}
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.UserID
	}
	return ids
}

// approve lets removals through and returns how many.
func (f *fixture) approve(holdID string, users ...bridge.User) int {
	f.Helper()
	set := make([]bridge.Removal, len(users))
	for i, u := range users {
		set[i] = bridge.Removal{UserID: u.ID, At: u.Removed}
	}
	told := -1
	by := bridge.Approval{CustomerID: f.customer.ID, HoldID: holdID, Actor: "support:anna", At: f.now.Add(time.Second)}
	f.must(f.Approve(f.ctx(), by, set, func(n int) []bridge.Event {
		told = n
		return []bridge.Event{f.event(bridge.EventHoldAnswered)}
	}))
	return told
}

// testI3ApprovalIsForOneRemoval: an approval covers exactly the removal that it names, takes it out of every count, and ends with
// it.
func testI3ApprovalIsForOneRemoval(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	remove := func(name string, at time.Duration) bridge.User {
		w := f.deactivated(f.add(name))
		w.User.Removed = f.now.Add(at)
		return f.put(w)
	}
	anna, bert, carl := remove("anna", -3*time.Minute), remove("bert", -2*time.Minute), remove("carl", -time.Minute)
	foreign := other.put(other.deactivated(other.add("eve")))
	h := f.openHold()
	if got := f.state(); got != bridge.Held {
		t.Errorf("the connection is %s while a hold is open", got)
	}
	if diff := cmp.Diff([]string{anna.ID, bert.ID, carl.ID}, f.held()); diff != "" {
		t.Errorf("who waits (-want +got):\n%s", diff)
	}
	earlier := bert
	earlier.Removed = bert.Removed.Add(-time.Microsecond)
	if n := f.approve(h.ID, anna, earlier, foreign); n != 1 {
		t.Errorf("%d were let through: of another removal, or of another customer", n)
	}
	if n := f.approve(h.ID, anna); n != 0 {
		t.Errorf("%d were let through that were already", n)
	}
	if a, b := f.subject(anna.ID), f.subject(bert.ID); a.Held || !a.Approved || !b.Held || b.Approved {
		t.Errorf("held and approved: anna %t %t, bert %t %t", a.Held, a.Approved, b.Held, b.Approved)
	}
	if other.subject(foreign.ID).Approved {
		t.Error("the removal of another customer's user is let through")
	}
	if d := f.due(anna.ID); d == nil || !d.At.Equal(f.now.Add(time.Second)) {
		t.Errorf("due mark of who was let through: %+v", d)
	}
	got, err := s.Removals(f.ctx(), f.customer.ID, f.now)
	f.must(err)
	if got.Hour != 2 || got.Day != 2 || got.Week != 2 || got.Peak != [3]int{3, 3, 3} {
		t.Errorf("counts %+v, want 2 removals of 3 people", got)
	}
	if closed, err := s.CloseHold(f.ctx(), f.customer.ID, f.now, f.event(bridge.EventHoldClosed)); err != nil || closed {
		t.Errorf("a hold with two who wait was closed: %t, %v", closed, err)
	}
	w := f.deactivated(f.put(f.activated(anna)))
	w.User.Removed = f.now
	again := f.put(w)
	if v := f.subject(anna.ID); !v.Held || v.Approved || again.Removed.Equal(anna.Removed) {
		t.Errorf("a later removal: held %t, approved %t", v.Held, v.Approved)
	}
	f.approve(h.ID, again, bert, carl)
	if closed, err := s.CloseHold(f.ctx(), f.customer.ID, f.now, f.event(bridge.EventHoldClosed)); err != nil || !closed || f.state() != bridge.Live {
		t.Errorf("after the answer: closed %t, %s, %v", closed, f.state(), err)
	}
}

// testHoldState: a hold changes the state of a connection that is live, and of no other.
func testHoldState(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	for _, state := range []bridge.State{bridge.Paused, bridge.Disconnecting} {
		f.change(state)
		f.openHold()
		if got := f.state(); got != state {
			t.Errorf("a hold made %s of %s", got, state)
		}
		if closed, err := s.CloseHold(f.ctx(), f.customer.ID, f.now, f.event(bridge.EventHoldClosed)); err != nil || !closed || f.state() != state {
			t.Errorf("closed %t, %s, %v; want still %s", closed, f.state(), err, state)
		}
	}
	// While a disconnect is being undone, whoever will wait is not there yet.
	p := bridge.Plan{ID: newID(), CustomerID: f.customer.ID, State: bridge.PlanUndoing, Epoch: 1, Created: f.now, CreatedBy: "support:test", Expires: f.now}
	p, err := s.AddPlan(f.ctx(), p, nil, f.event(bridge.EventPlanMade))
	f.must(err)
	f.openHold()
	for _, want := range []bool{false, true} {
		closed, err := s.CloseHold(f.ctx(), f.customer.ID, f.now, f.event(bridge.EventHoldClosed))
		if err != nil || closed != want {
			t.Errorf("with a plan that is %s: closed %t, %v; want %t", p.State, closed, err, want)
		}
		p, err = s.ChangePlan(f.ctx(), p.CustomerID, p.Number, func(p *bridge.Plan) (bridge.Event, error) {
			p.State = bridge.PlanUndone
			return bridge.Event{}, nil
		})
		f.must(err)
	}
}

// testHeldPeople: only removals wait that nothing else has dealt with.
func testHeldPeople(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	link := func(u bridge.User, status policy.Status) {
		f.must(s.SaveLink(f.ctx(), bridge.Link{
			UserID: u.ID, CustomerID: f.customer.ID, LoginKey: u.NameKey, OktaID: "00u" + u.NameKey, Status: status,
		}, nil))
	}
	active := f.put(f.deactivated(f.add("active")))
	link(active, policy.Active)
	deleted := f.put(f.deleted(f.add("deleted")))
	link(deleted, policy.Provisioned)
	suspended := f.put(f.deactivated(f.add("suspended")))
	link(suspended, policy.Suspended)
	back := f.put(f.activated(f.put(f.deactivated(f.add("back")))))
	link(back, policy.Active)
	stuck := f.put(f.deactivated(f.add("stuck")))
	f.must(s.Postpone(f.ctx(), *f.due(stuck.ID), f.now.Add(time.Hour), 1, "no_right", nil))
	f.add("there")

	got, err := s.HeldPeople(f.ctx(), f.customer.ID)
	f.must(err)
	want := []bridge.HeldPerson{
		{Removal: bridge.Removal{UserID: active.ID, At: f.now}, UserName: "active", Status: policy.Active},
		{Removal: bridge.Removal{UserID: deleted.ID, At: f.now}, UserName: "deleted", Deleted: true, Status: policy.Provisioned},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who waits (-want +got):\n%s", diff)
	}
}

// testProposal keeps an answer for a second person, exactly.
func testProposal(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	h := f.openHold()
	_, err := s.Proposal(f.ctx(), f.customer.ID, h.ID)
	f.wantCode("reading what nobody proposed", err, bridge.NotFound)
	p := bridge.Proposal{HoldID: h.ID, CustomerID: f.customer.ID, Answer: bridge.Left, Actor: "support:anna", At: f.now}
	for i := range 30 {
		p.Set = append(p.Set, bridge.Removal{UserID: newID(), At: f.now.Add(-time.Duration(i) * time.Microsecond)})
	}
	f.must(s.Propose(f.ctx(), p, f.event(bridge.EventHoldProposed)))
	for range 2 {
		got, err := s.Proposal(f.ctx(), f.customer.ID, h.ID)
		f.must(err)
		if diff := cmp.Diff(p, got); diff != "" {
			t.Errorf("proposal (-want +got):\n%s", diff)
		}
		p.Set, p.Actor = p.Set[:3], "support:bert"
		f.must(s.Propose(f.ctx(), p, f.event(bridge.EventHoldProposed)))
	}
	f.approve(h.ID)
	_, err = s.Proposal(f.ctx(), f.customer.ID, h.ID)
	f.wantCode("reading what was carried out", err, bridge.NotFound)
}

// testSigns counts what tells one mass removal from another.
func testSigns(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	h := bridge.Hold{ID: newID(), CustomerID: f.customer.ID, Opened: f.now.Add(time.Second)}
	var ids []string
	var set []bridge.Removal
	for i := range 12 {
		u := f.add(fmt.Sprint("u", i))
		ids = append(ids, u.ID)
		if i < 10 {
			u = f.put(f.deactivated(u))
			set = append(set, bridge.Removal{UserID: u.ID, At: u.Removed})
		}
		if i == 9 {
			f.must(s.SaveLink(f.ctx(), bridge.Link{UserID: u.ID, CustomerID: f.customer.ID, LoginKey: "x", Status: policy.Suspended}, nil))
		}
	}
	f.addGroup("all", ids...)
	f.addGroup("sales", ids[:9]...)
	f.addGroup("few", ids[:5]...)
	got, err := s.Signs(f.ctx(), h, set)
	f.must(err)
	want := bridge.HoldSigns{Active: 2, LetThrough: 1, Group: "sales"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("signs (-want +got):\n%s", diff)
	}
	for i, actor := range []string{"idp:new", "idp:new", "idp:old", "idp:old", "idp:old", "support:anna"} {
		e := f.event(bridge.EventUserUpdated)
		if e.Actor, e.UserID, e.Version = actor, ids[0], int64(i); actor == "idp:old" {
			e.Kind = bridge.EventUserDeactivated
		}
		f.must(s.AddEvent(f.ctx(), e))
	}
	long := f.event(bridge.EventUserUpdated)
	long.Actor, long.At = "idp:older", f.now.Add(-25*time.Hour)
	f.must(s.AddEvent(f.ctx(), long))
	for range 2 { // numbered or not
		if got, err = s.Signs(f.ctx(), h, nil); err != nil || got.OtherWrites != 2 || got.Group != "" {
			t.Errorf("signs with two tokens: %+v, %v; want 2 writes by the other", got, err)
		}
		f.number()
	}
}

// testChangeUsers: what a person changes is counted, told and made due as if the identity provider had written it.
func testChangeUsers(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	gone := f.put(f.deleted(f.add("anna")))
	replaced := f.put(f.deleted(f.add("bert")))
	f.add("bert")
	off := f.put(f.deactivated(f.add("carl")))
	on := f.add("dora")
	ids := []string{gone.ID, replaced.ID, off.ID, on.ID, newID()}
	back := func(u bridge.User) (bridge.UserChange, bool, error) {
		if u.Active {
			return bridge.UserChange{}, false, nil
		}
		c := bridge.UserChange{User: u, Actives: 1, Rank: bridge.RankUpdate, Event: f.event(bridge.EventUserReactivated)}
		if !u.Deleted.IsZero() {
			c.Members = 1
		}
		c.User.Version++
		c.User.Active, c.User.Removed, c.User.Deleted, c.User.Modified = true, time.Time{}, time.Time{}, f.now
		c.Event.UserID, c.Event.Version = u.ID, c.User.Version
		return c, true, nil
	}
	changed, taken, err := s.ChangeUsers(f.ctx(), f.customer.ID, ids, back)
	f.must(err)
	if changed != 2 || !cmp.Equal(taken, []string{replaced.ID}) {
		t.Errorf("%d changed, names in use of %v; want 2, %s", changed, taken, replaced.ID)
	}
	for _, id := range []string{gone.ID, off.ID} {
		v := f.subject(id)
		if !v.User.Active || !v.User.Deleted.IsZero() || v.Due == nil || v.Due.Rank != bridge.RankUpdate || v.Due.Version != v.User.Version {
			t.Errorf("user %+v, due %+v", v.User, v.Due)
		}
	}
	if changed, _, err = s.ChangeUsers(f.ctx(), f.customer.ID, ids, back); err != nil || changed != 0 {
		t.Errorf("once more: %d changed, %v", changed, err)
	}
	f.must(s.FoldBlocks(f.ctx()))
	got, err := s.Removals(f.ctx(), f.customer.ID, f.now)
	f.must(err)
	if got.Active != 4 {
		t.Errorf("%d active, want 4", got.Active)
	}
	reactivated := 0
	for _, e := range f.number() {
		if e.Kind == bridge.EventUserReactivated {
			reactivated++
		}
	}
	if reactivated != 2 {
		t.Errorf("%d events, want 2", reactivated)
	}
	f.change(bridge.Disconnecting)
	_, _, err = s.ChangeUsers(f.ctx(), f.customer.ID, ids, back)
	f.wantCode("a change after a disconnect", err, bridge.Conflict)
}
