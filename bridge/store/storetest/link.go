package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

func testReservation(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna")
	l := bridge.Link{UserID: u.ID, CustomerID: f.customer.ID, LoginKey: "anna@acme.example", Applied: map[string]any{}}
	f.must(s.ReserveLink(f.ctx(), l))
	f.must(s.ReserveLink(f.ctx(), l))
	l.LoginKey = "anna2@acme.example"
	f.must(s.ReserveLink(f.ctx(), l))
	if diff := cmp.Diff(&l, f.subject(u.ID).Link); diff != "" {
		t.Errorf("reservation (-want +got):\n%s", diff)
	}
	lease := f.lease()
	in := f.intent(u, "create")
	f.must(s.BeginIntent(f.ctx(), in, lease))
	f.must(s.DropReservation(f.ctx(), f.customer.ID, u.ID))
	if f.subject(u.ID).Link == nil {
		t.Error("a reservation was dropped while a call that may use it is open")
	}
	in.State = bridge.IntentFailed
	f.must(s.EndIntent(f.ctx(), in, nil, nil))
	f.must(s.DropReservation(f.ctx(), f.customer.ID, u.ID))
	if got := f.subject(u.ID).Link; got != nil {
		t.Errorf("link %+v after its reservation was dropped", got)
	}
	l.OktaID = "00u1"
	f.must(s.SaveLink(f.ctx(), l, nil))
	f.must(s.DropReservation(f.ctx(), f.customer.ID, u.ID))
	if f.subject(u.ID).Link == nil {
		t.Error("a link with an account was dropped")
	}
	l.UserID = newID()
	l.LoginKey = "nobody@acme.example"
	f.wantCode("a link of nobody", s.ReserveLink(f.ctx(), l), bridge.NotFound)
}

// testI15OneLoginOneUser checks over two customers that a login and an Okta account have one user.
func testI15OneLoginOneUser(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	u, v := f.add("anna"), other.add("anna")
	mine := bridge.Link{UserID: u.ID, CustomerID: f.customer.ID, LoginKey: "anna@acme.example", OktaID: "00u1"}
	theirs := bridge.Link{UserID: v.ID, CustomerID: other.customer.ID, LoginKey: "anna@acme.example"}
	f.must(s.ReserveLink(f.ctx(), mine))
	f.wantCode("reserving a login that is reserved", s.ReserveLink(f.ctx(), theirs), bridge.Taken)
	f.must(s.SaveLink(f.ctx(), mine, nil))
	ev := f.event(bridge.EventAccountCreated)
	f.wantCode("saving a login in use", s.SaveLink(f.ctx(), theirs, &ev), bridge.Taken)
	theirs.LoginKey = "anna@beta.example"
	f.must(s.ReserveLink(f.ctx(), theirs))
	theirs.OktaID = "00u1"
	f.wantCode("saving an account in use", s.SaveLink(f.ctx(), theirs, &ev), bridge.Taken)
	theirs.LoginKey = "anna@acme.example"
	f.wantCode("taking a login over", s.ReserveLink(f.ctx(), theirs), bridge.Taken)

	got, err := s.LinkByOktaID(f.ctx(), "00u1")
	f.must(err)
	mine.Applied = map[string]any{}
	if diff := cmp.Diff(mine, got); diff != "" {
		t.Errorf("owner of the account (-want +got):\n%s", diff)
	}
	_, err = s.LinkByOktaID(f.ctx(), "00u2")
	f.wantCode("an unknown account", err, bridge.NotFound)
	for _, e := range f.number() {
		if e.ID == ev.ID {
			t.Error("a refused link left its event")
		}
	}
}

// testI12AppliedVersionNeverGoesBack saves links out of order.
func testI12AppliedVersionNeverGoesBack(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna")
	newer := bridge.Link{
		UserID: u.ID, CustomerID: f.customer.ID, LoginKey: "anna@acme.example", OktaID: "00u1", Status: "ACTIVE", StatusAt: f.now,
		Taken: "SUSPENDED", TakenAt: f.now.Add(time.Second), Born: true, SuspendedSince: f.now.Add(2 * time.Second), SuspendRefused: true,
		Foreign: true, Protected: true, SessionsEnded: 5, Applied: map[string]any{"title": "newer", "n": 1.5, "list": []any{"a"}, "none": nil},
		AppliedVersion: 6, Read: f.now.Add(3 * time.Second), Provider: "FEDERATION", Password: bridge.PasswordNone,
	}
	ev := f.event(bridge.EventAccountUpdated)
	f.must(s.SaveLink(f.ctx(), newer, &ev))
	if diff := cmp.Diff(&newer, f.subject(u.ID).Link); diff != "" {
		t.Errorf("link (-want +got):\n%s", diff)
	}
	if events := f.number(); events[len(events)-1].ID != ev.ID {
		t.Error("the link's event is not there")
	}
	older := newer
	older.Status, older.Applied, older.AppliedVersion, older.SessionsEnded = "SUSPENDED", map[string]any{"title": "older"}, 5, 0
	older.Foreign, older.Born = false, false
	older.Provider, older.Password = "OKTA", bridge.PasswordSet
	f.must(s.SaveLink(f.ctx(), older, nil))
	want := older // what was read counts; what was applied does not
	want.Applied, want.AppliedVersion = newer.Applied, 6
	if diff := cmp.Diff(&want, f.subject(u.ID).Link); diff != "" {
		t.Errorf("link after an older one was saved (-want +got):\n%s", diff)
	}
	again := want
	again.Applied = map[string]any{"title": "again"}
	f.must(s.SaveLink(f.ctx(), again, nil))
	if diff := cmp.Diff(&again, f.subject(u.ID).Link); diff != "" {
		t.Errorf("link after one of the same version was saved (-want +got):\n%s", diff)
	}
}

func testStillActive(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	link := func(name string, removed, suspended bool) {
		u := f.add(name)
		if removed {
			u = f.put(f.deactivated(u))
		}
		l := bridge.Link{UserID: u.ID, CustomerID: f.customer.ID, LoginKey: name, OktaID: "00u" + name}
		l.Status = "ACTIVE"
		if suspended {
			l.Status = "SUSPENDED"
		}
		f.must(s.SaveLink(f.ctx(), l, nil))
	}
	link("a", true, false)
	link("b", true, true)
	link("c", false, false)
	link("d", true, false)
	links, total, err := s.StillActive(f.ctx(), 1)
	f.must(err)
	if total != 2 || len(links) != 1 || links[0].CustomerID != f.customer.ID {
		t.Errorf("%d still active, listed %+v; want 2 and one of them", total, links)
	}
	f.change(bridge.Disconnecting)
	if _, total, err = s.StillActive(f.ctx(), 1); err != nil || total != 0 {
		t.Errorf("%d still active after the disconnect, %v", total, err)
	}
}
