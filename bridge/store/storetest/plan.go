package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/policy"
)

// account links a user with an account in a status.
func (f *fixture) account(u bridge.User, status policy.Status) {
	f.Helper()
	f.must(f.SaveLink(f.ctx(), bridge.Link{
		UserID: u.ID, CustomerID: f.customer.ID, LoginKey: u.NameKey + "@" + f.customer.Slug, OktaID: "00u" + u.NameKey + f.customer.Slug, Status: status,
		Provider: "FEDERATION", Password: bridge.PasswordNone, Applied: map[string]any{"isSCIMConnected": true}, AppliedVersion: u.Version, Read: f.now,
	}, nil))
}

func (f *fixture) row(u bridge.User, o policy.Outcome) bridge.PlanRow {
	return bridge.PlanRow{
		UserID: u.ID, Ordinal: u.Ordinal, UserName: "=" + u.NameKey, Outcome: o, SignIn: bridge.BySSO, Status: policy.Active, Active: u.Active, Removed: u.Removed,
		Writes: []bridge.FieldWrite{{Field: "isSCIMConnected", From: true, To: false}},
	}
}

// plan adds a plan for these people.
func (f *fixture) plan(rows ...bridge.PlanRow) bridge.Plan {
	f.Helper()
	p := bridge.Plan{
		ID: newID(), CustomerID: f.customer.ID, State: bridge.PlanOpen, Hash: "0123456789abcdef", Epoch: f.customer.Epoch, Created: f.now, CreatedBy: "support:anna",
		Expires: f.now.Add(bridge.PlanLife), Totals: map[policy.Outcome]int{policy.StaysActive: len(rows)}, NoSignIn: 3,
		Choices: bridge.Choices{LeftTo: "Jo", Users: map[string]policy.Outcome{"u": policy.Restore}},
	}
	p, err := f.AddPlan(f.ctx(), p, rows, f.event(bridge.EventPlanMade))
	f.must(err)
	return p
}

func (f *fixture) confirmed(p bridge.Plan, at time.Time) bridge.Plan {
	f.Helper()
	p, err := f.ChangePlan(f.ctx(), p.CustomerID, p.Number, func(p *bridge.Plan) (bridge.Event, error) {
		p.State, p.Confirmed, p.ConfirmedBy, p.Accepted, p.RunAt = bridge.PlanConfirmed, f.now, "support:anna", "Jo", at
		return f.event(bridge.EventPlanConfirmed), nil
	})
	f.must(err)
	return p
}

func (f *fixture) cut(p bridge.Plan) (bridge.Customer, error) {
	return f.Cut(f.ctx(), bridge.Cut{Plan: p, At: f.now, LateFor: time.Minute, Events: func(kind string, data map[string]string) bridge.Event { return f.event(kind) }})
}

func (f *fixture) mustCut(p bridge.Plan) {
	f.Helper()
	c, err := f.cut(p)
	f.must(err)
	f.customer = c
}

func testPlans(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "globex")
	_, err := s.Plan(f.ctx(), f.customer.ID, 0)
	f.wantCode("a plan before there is one", err, bridge.NotFound)
	anna, ben := f.add("anna"), f.put(f.deactivated(f.add("ben")))
	rows := []bridge.PlanRow{f.row(anna, policy.StaysActive), f.row(ben, policy.HeldBack)}
	first, second := f.plan(), f.plan(rows...)
	if first.Number != 1 || second.Number != 2 || other.plan().Number != 1 {
		t.Errorf("plans are numbered %d, %d", first.Number, second.Number)
	}
	if first, err = s.Plan(f.ctx(), f.customer.ID, 1); err != nil || first.State != bridge.PlanCancelled {
		t.Errorf("a plan that was replaced is %s, %v", first.State, err)
	}
	got, err := s.Plan(f.ctx(), f.customer.ID, 0)
	f.must(err)
	if diff := cmp.Diff(second, got); diff != "" {
		t.Errorf("the latest plan (-added +read):\n%s", diff)
	}
	rows[1].Outcome, rows[1].Reason = policy.Conflicting, "login_taken"
	f.must(s.SavePlanRows(f.ctx(), second, rows[1:]))
	var read []bridge.PlanRow
	for after := int64(0); ; {
		page, err := s.PlanRows(f.ctx(), second, after, 1)
		f.must(err)
		if len(page) == 0 {
			break
		}
		read, after = append(read, page...), page[0].Ordinal
	}
	if diff := cmp.Diff(rows, read); diff != "" {
		t.Errorf("rows (-saved +read):\n%s", diff)
	}
	f.confirmed(second, f.now.Add(time.Hour))
	for at, want := range map[time.Duration]int{59 * time.Minute: 0, time.Hour: 1} {
		due, err := s.DuePlans(f.ctx(), f.now.Add(at))
		if err != nil || len(due) != want {
			t.Errorf("after %v %d plans are due, %v; want %d", at, len(due), err, want)
		}
	}
}

// testCut: one commit ends the connection, its tokens and its hold, and writes down whose revocation was under way.
func testCut(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna, ben, cleo := f.add("anna"), f.add("ben"), f.add("cleo")
	for _, u := range []bridge.User{anna, ben, cleo} {
		f.account(u, policy.Active)
	}
	ben, cleo = f.put(f.deactivated(ben)), f.put(f.deactivated(cleo))
	f.account(cleo, policy.Suspended)
	lease, in := f.lease(), f.intent(ben, "suspend")
	f.must(s.BeginIntent(f.ctx(), in, lease))
	f.openHold()
	f.change(bridge.Held)
	p := f.plan(f.row(anna, policy.StaysActive), f.row(ben, policy.HeldBack), f.row(cleo, policy.Restore))
	_, err := f.cut(p)
	f.wantCode("a cut by a plan that nobody confirmed", err, bridge.Conflict)
	p = f.confirmed(p, f.now)
	f.mustCut(p)
	if c := f.customer; c.State != bridge.Disconnecting || c.Epoch != 2 || c.DisconnectedBy != p.Number || !c.VerifyFrom.Equal(in.Deadline.Add(time.Second)) {
		t.Errorf("after the cut: %+v", c)
	}
	_, err = f.cut(p)
	f.wantCode("the same cut again", err, bridge.Conflict)
	tokens, err := s.Tokens(f.ctx(), f.customer.ID)
	if err != nil || len(tokens) != 1 || tokens[0].Revoked.IsZero() {
		t.Errorf("tokens after the cut: %+v, %v", tokens, err)
	}
	if holds, err := s.Holds(f.ctx()); err != nil || len(holds) != 0 {
		t.Errorf("holds after the cut: %+v, %v", holds, err)
	}
	f.wantCode("the IdP after the cut", s.CheckCredential(f.ctx(), f.cred, f.now), bridge.Refused)
	if x := f.subject(anna.ID); x.GiveBack {
		t.Error("somebody gets access back who never lost it")
	}
	if x := f.subject(ben.ID); !x.GiveBack || !x.LateFrom.Equal(in.Sent.Add(-time.Second)) || !x.LateUntil.Equal(in.Deadline.Add(time.Minute)) {
		t.Errorf("a revocation under way: gives back %t, may land from %v to %v", x.GiveBack, x.LateFrom, x.LateUntil)
	}
	if x := f.subject(cleo.ID); !x.GiveBack || !x.LateFrom.IsZero() {
		t.Errorf("restored by the plan: gives back %t, may land from %v", x.GiveBack, x.LateFrom)
	}
	f.must(s.EndIntent(f.ctx(), f.ended(in), nil, nil))
	for _, u := range []bridge.User{anna, cleo} {
		in := f.intent(u, "suspend")
		in.Epoch = 1
		f.wantCode("a revocation planned before the cut", s.BeginIntent(f.ctx(), in, lease), bridge.Conflict)
		in.Epoch = 2
		f.wantCode("a revocation planned after the cut", s.BeginIntent(f.ctx(), in, lease), bridge.Conflict)
	}
	n, err := s.ReleaseUsers(f.ctx(), f.customer.ID, 10)
	f.must(err)
	if n != 3 || f.due(anna.ID).Rank != bridge.RankFlags || f.due(cleo.ID).Rank != bridge.RankRestore {
		t.Errorf("%d released; due are %v and %v", n, f.due(anna.ID), f.due(cleo.ID))
	}
	at, err := s.PlansAtWork(f.ctx())
	if err != nil || len(at) != 1 || at[0].ID != p.ID {
		t.Errorf("plans at work: %+v, %v", at, err)
	}
}

// ended is a call that Okta answered without having done it.
func (f *fixture) ended(in bridge.Intent) bridge.Intent {
	in.State, in.Ended = bridge.IntentFailed, f.now
	return in
}

// testFinish: the report tells of everybody, also of one whom the plan had not known.
func testFinish(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	stays, lost, gone, none, stuck := f.add("stays"), f.add("lost"), f.put(f.deactivated(f.add("gone"))), f.add("none"), f.add("stuck")
	f.account(stays, policy.Active)
	f.account(lost, policy.Suspended)
	f.account(gone, policy.Deprovisioned)
	f.account(stuck, policy.Active)
	p := f.plan(f.row(stays, policy.StaysActive), f.row(lost, policy.StaysActive), f.row(gone, policy.StaysInactive), f.row(none, policy.Conflicting), f.row(stuck, policy.StaysActive))
	late := f.add("late")
	f.account(late, policy.Active)
	f.mustCut(f.confirmed(p, f.now))
	_, err := s.ReleaseUsers(f.ctx(), f.customer.ID, 100)
	f.must(err)
	f.must(s.Postpone(f.ctx(), *f.due(stuck.ID), f.now.Add(time.Hour), 1, "no_right", nil))
	f.must(s.AddLateRows(f.ctx(), p))
	f.must(s.AddLateRows(f.ctx(), p))
	total := 0
	for n := 1; n > 0; total += n {
		n, err = s.FinishRows(f.ctx(), p, 4)
		f.must(err)
	}
	if total != 6 {
		t.Errorf("%d rows were finished, want 6", total)
	}
	rows, err := s.PlanRows(f.ctx(), p, 0, 100)
	f.must(err)
	got := map[string][3]string{}
	for _, r := range rows {
		got[r.UserID] = [3]string{string(r.Result), r.ResultNote, string(r.After)}
	}
	want := map[string][3]string{
		stays.ID: {"done", "", "ACTIVE"}, lost.ID: {"failed", "without_access", "SUSPENDED"}, gone.ID: {"skipped", "deactivated", "DEPROVISIONED"},
		none.ID: {"skipped", "no_account", ""}, stuck.ID: {"failed", "no_right", "ACTIVE"}, late.ID: {"done", "", "ACTIVE"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what became of them (-want +got):\n%s", diff)
	}
	p.State, p.Finished = bridge.PlanDone, f.now
	f.must(s.FinishPlan(f.ctx(), p, f.now, f.event(bridge.EventCustomerDisconnected)))
	if f.state() != bridge.Disconnected {
		t.Errorf("the customer is %s", f.state())
	}
}

// testSweep: a day after the cut every account is marked once, except who is stuck.
func testSweep(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna, ben := f.add("anna"), f.add("ben")
	f.account(anna, policy.Active)
	f.account(ben, policy.Active)
	p := f.confirmed(f.plan(), f.now)
	f.mustCut(p)
	_, err := s.ReleaseUsers(f.ctx(), f.customer.ID, 100)
	f.must(err)
	for _, u := range []bridge.User{anna, ben} {
		f.must(f.settle(*f.due(u.ID), time.Time{}))
	}
	p.State, p.RunAt = bridge.PlanDone, f.now
	f.must(s.FinishPlan(f.ctx(), p, f.now, f.event(bridge.EventCustomerDisconnected)))
	for age, want := range map[time.Duration]int{-time.Second: 0, 0: 1} {
		plans, err := s.PlansToSweep(f.ctx(), f.now.Add(age))
		if err != nil || len(plans) != want {
			t.Errorf("%d plans to sweep, %v; want %d", len(plans), err, want)
		}
	}
	next := f.now.Add(bridge.SweepAgain)
	f.must(s.StartSweep(f.ctx(), p, next))
	f.must(s.StartSweep(f.ctx(), p, next.Add(time.Hour))) // said before: it does not move
	if x := f.subject(anna.ID); !x.Customer.VerifyFrom.Equal(next) {
		t.Errorf("reads prove from %v, want %v", x.Customer.VerifyFrom, next)
	}
	for i, want := range []int{1, 1, 0} {
		if n, err := s.MarkForSweep(f.ctx(), f.customer.ID, 1); err != nil || n != want {
			t.Errorf("round %d: %d marked, %v; want %d", i, n, err, want)
		}
	}
	f.account(anna, policy.Active)
	link := *f.subject(anna.ID).Link
	link.Read = next
	f.must(s.SaveLink(f.ctx(), link, nil))
	f.must(f.settle(*f.due(anna.ID), time.Time{}))
	if n, err := s.MarkForSweep(f.ctx(), f.customer.ID, 10); err != nil || n != 0 {
		t.Errorf("%d marked once more, %v", n, err)
	}
}

// testUncut: the connection comes back as held before anybody comes back under SCIM, and nothing closes the hold meanwhile.
func testUncut(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna, ben, cleo, dan := f.add("anna"), f.put(f.deactivated(f.add("ben"))), f.add("cleo"), f.add("dan")
	for _, u := range []bridge.User{anna, ben, cleo} {
		f.account(u, policy.Active)
	}
	f.must(s.Unmanage(f.ctx(), bridge.Release{UserID: cleo.ID, CustomerID: f.customer.ID, Since: f.now, Actor: "support:anna"}, f.event(bridge.EventUserReleased)))
	p := f.confirmed(f.plan(), f.now)
	f.mustCut(p)
	_, err := s.ReleaseUsers(f.ctx(), f.customer.ID, 100)
	f.must(err)
	uncut := bridge.Uncut{
		Plan: p, At: f.now, Actor: bridge.Actor{Name: "support:anna"}, HoldID: newID(), Sentence: "The disconnect was undone.",
		Events: func(kind string, data map[string]string) bridge.Event { return f.event(kind) },
	}
	c, err := s.Uncut(f.ctx(), uncut)
	f.must(err)
	if c.State != bridge.Held || c.Epoch != 3 || c.DisconnectedBy != 0 || !c.VerifyFrom.IsZero() {
		t.Errorf("after the undoing: %+v", c)
	}
	_, err = s.Uncut(f.ctx(), uncut)
	f.wantCode("the same undoing again", err, bridge.Conflict)
	if closed, err := s.CloseHold(f.ctx(), f.customer.ID, f.now, f.event(bridge.EventHoldClosed)); err != nil || closed {
		t.Errorf("the hold was closed (%t, %v) before its people were back", closed, err)
	}
	_, err = s.AddPlan(f.ctx(), bridge.Plan{ID: newID(), CustomerID: f.customer.ID, State: bridge.PlanOpen}, nil, f.event(bridge.EventPlanMade))
	f.wantCode("another plan meanwhile", err, bridge.Conflict)
	n := 0
	f.must(s.EachRejoining(f.ctx(), f.customer.ID, func(bridge.Subject) error {
		n++
		return nil
	}))
	var back int
	for k := 1; k > 0; back += k {
		k, err = s.RejoinUsers(f.ctx(), f.customer.ID, 1)
		f.must(err)
	}
	if back != 3 || n != 3 {
		t.Errorf("%d were told to come back and %d did, want 3", n, back)
	}
	for _, tt := range []struct {
		user bridge.User
		rank bridge.Rank
		on   bool
	}{{anna, bridge.RankFlags, true}, {ben, bridge.RankRevoke, true}, {dan, bridge.RankCreate, true}, {cleo, bridge.RankFlags, false}} {
		if x := f.subject(tt.user.ID); x.User.Connected != tt.on || x.Due == nil || x.Due.Rank != tt.rank || !x.Held {
			t.Errorf("%s: connected %t, due %+v, held %t", tt.user.NameKey, x.User.Connected, x.Due, x.Held)
		}
	}
	p.State = bridge.PlanUndone
	f.must(s.FinishPlan(f.ctx(), p, f.now, f.event(bridge.EventPlanUndone)))
	if p.State = bridge.PlanDone; s.FinishPlan(f.ctx(), p, f.now, f.event(bridge.EventCustomerSwept)) != nil {
		t.Error("ending a plan that was undone failed")
	}
	if got, err := s.Plan(f.ctx(), f.customer.ID, p.Number); err != nil || got.State != bridge.PlanUndone {
		t.Errorf("an undone plan became %s, %v", got.State, err)
	}
	if closed, err := s.CloseHold(f.ctx(), f.customer.ID, f.now, f.event(bridge.EventHoldClosed)); err != nil || closed {
		t.Errorf("the hold was closed (%t, %v) while a removal waits", closed, err)
	}
}

func testManage(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna := f.add("anna")
	f.account(anna, policy.Active)
	r := bridge.Release{UserID: anna.ID, CustomerID: f.customer.ID, Since: f.now, Actor: "support:jo", Why: "works for us"}
	f.wantCode("taking back who was never released", s.Manage(f.ctx(), f.customer.ID, anna.ID, f.now, f.event(bridge.EventUserRejoined)), bridge.Conflict)
	f.must(s.Unmanage(f.ctx(), r, f.event(bridge.EventUserReleased)))
	f.wantCode("releasing twice", s.Unmanage(f.ctx(), r, f.event(bridge.EventUserReleased)), bridge.Conflict)
	x := f.subject(anna.ID)
	if x.User.Connected || x.User.Version != 2 || x.Due == nil || x.Due.Rank != bridge.RankFlags || x.Due.Version != 2 {
		t.Errorf("released: %+v, due %+v", x.User, x.Due)
	}
	f.wantCode("a write planned before", s.ReplaceUser(f.ctx(), f.now, f.deactivated(anna)), bridge.Conflict)
	f.must(s.Manage(f.ctx(), f.customer.ID, anna.ID, f.now, f.event(bridge.EventUserRejoined)))
	if x = f.subject(anna.ID); !x.User.Connected || x.User.Version != 3 || x.Due.Rank != bridge.RankUpdate {
		t.Errorf("taken back: %+v, due %+v", x.User, x.Due)
	}
	f.mustCut(f.confirmed(f.plan(), f.now))
	f.wantCode("releasing after the cut", s.Unmanage(f.ctx(), r, f.event(bridge.EventUserReleased)), bridge.Conflict)
}
