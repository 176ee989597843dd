package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/policy"
)

// testI3LoginHold: what the limit on changes of logins is measured by, and the logins that wait.
func testI3LoginHold(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	lease := f.lease()
	anna, bert, carl, dora := f.add("anna"), f.add("bert"), f.add("carl"), f.add("dora")
	counts := func(u bridge.User, now time.Time, want bridge.LoginCount) {
		t.Helper()
		got, err := s.LoginChanges(f.ctx(), f.customer.ID, u.ID, now)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("changes of logins (-want +got): %s %v", diff, err)
		}
	}
	call := func(u bridge.User, kind string, state bridge.IntentState) {
		t.Helper()
		in := f.intent(u, kind)
		f.must(s.BeginIntent(f.ctx(), in, lease))
		in.State, in.Ended = state, f.now
		f.must(s.EndIntent(f.ctx(), in, nil, nil))
	}
	call(anna, "rename", bridge.IntentDone)
	call(anna, "rename", bridge.IntentDone)
	call(bert, "rename", bridge.IntentUnknown)
	call(carl, "rename", bridge.IntentFailed)
	call(dora, "update", bridge.IntentDone)
	counts(carl, f.now, bridge.LoginCount{Changed: 2})
	counts(anna, f.now.Add(59*time.Minute), bridge.LoginCount{Changed: 1, Again: true})
	counts(anna, f.now.Add(23*time.Hour), bridge.LoginCount{Again: true})
	counts(anna, f.now.Add(25*time.Hour), bridge.LoginCount{})

	pin := bridge.LoginPin{UserID: carl.ID, Login: "Carl@acme.example", Email: "c@acme.example", Wanted: "charles@acme.example", Held: f.now}
	other := bridge.LoginPin{UserID: dora.ID, Login: "dora@acme.example", Email: "d@acme.example", Wanted: "dorothy@acme.example"}
	held := f.event(bridge.EventLoginHeld)
	f.must(s.PinLogin(f.ctx(), f.customer.ID, pin, &held))
	f.must(s.PinLogin(f.ctx(), f.customer.ID, other, nil))
	holds := func(want ...bridge.LoginHold) {
		t.Helper()
		got, err := s.LoginHolds(f.ctx())
		if diff := cmp.Diff(want, got); err != nil || diff != "" && len(want)+len(got) > 0 {
			t.Errorf("holds of logins (-want +got): %s %v", diff, err)
		}
		counts(dora, f.now, bridge.LoginCount{Changed: 2, Held: len(want)})
	}
	one := bridge.LoginHold{CustomerID: f.customer.ID, Slug: "acme", Logins: 1, Since: f.now}
	holds(one)
	pins, err := s.LoginPins(f.ctx(), f.customer.ID, f.now)
	if diff := cmp.Diff(bridge.LoginPins{Pinned: 2, Held: []bridge.HeldLogin{{LoginPin: pin, UserName: carl.UserName()}}}, pins); err != nil || diff != "" {
		t.Errorf("logins that stay (-want +got): %s %v", diff, err)
	}
	if diff := cmp.Diff(&pin, f.subject(carl.ID).Pin); diff != "" {
		t.Errorf("the login that stays (-want +got):\n%s", diff)
	}

	pin.Wanted = "chas@acme.example"
	f.must(s.PinLogin(f.ctx(), f.customer.ID, pin, nil))
	tell := func(int) bridge.Event { return f.event(bridge.EventLoginsApplied) }
	if n, err := s.ApplyLogins(f.ctx(), f.customer.ID, f.now, tell); err != nil || n != 2 {
		t.Errorf("let %d logins through: %v", n, err)
	}
	holds()
	if x := f.subject(carl.ID); x.Pin != nil || x.Renamed == nil || x.Renamed.Wanted != pin.Wanted {
		t.Errorf("after the answer: %+v, %+v", x.Pin, x.Renamed)
	}
	if n, err := s.RevertLogins(f.ctx(), f.customer.ID, f.now, f.now, tell); err != nil || n != 2 {
		t.Errorf("took %d logins back: %v", n, err)
	}
	holds() // a person wanted it so: nobody is asked

	f.must(s.PinLogin(f.ctx(), f.customer.ID, pin, nil))
	holds(one)
	gone := f.put(f.deleted(carl))
	holds()
	f.must(s.UnpinLogin(f.ctx(), f.customer.ID, gone.ID, f.event(bridge.EventLoginWithdrawn)))
	if x := f.subject(carl.ID); x.Pin != nil || x.Renamed != nil {
		t.Errorf("a login that was given up stays: %+v, %+v", x.Pin, x.Renamed)
	}
	f.account(bert, policy.Active)
	f.must(s.PinLogin(f.ctx(), f.customer.ID, bridge.LoginPin{UserID: bert.ID, Login: "b@acme.example", Held: f.now}, nil))
	holds(one)
	f.change(bridge.Disconnecting)
	holds()
}
