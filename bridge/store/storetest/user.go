package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/scim/schema"
)

// asRead is a user as reads return it.
func asRead(u bridge.User) bridge.User {
	u.Folded = nil
	return u
}

func testUser(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna@acme.example")
	if u.Ordinal < 1 {
		t.Errorf("ordinal %d, want one above 0", u.Ordinal)
	}
	if next := f.add("bert@acme.example"); next.Ordinal <= u.Ordinal {
		t.Errorf("ordinal %d of the second user, %d of the first", next.Ordinal, u.Ordinal)
	}
	got, err := s.User(f.ctx(), f.now, f.cred, u.ID, 0)
	f.must(err)
	if diff := cmp.Diff(asRead(u), got); diff != "" {
		t.Errorf("user by id (-want +got):\n%s", diff)
	}
	u.ExternalID = ""
	u = f.put(f.deactivated(u))
	got, err = s.UserByName(f.ctx(), f.now, f.cred, "anna@acme.example")
	f.must(err)
	if diff := cmp.Diff(asRead(u), got); diff != "" {
		t.Errorf("user by name (-want +got):\n%s", diff)
	}
	_, err = s.User(f.ctx(), f.now, f.cred, newID(), 0)
	f.wantCode("an unknown id", err, bridge.NotFound)
	_, err = s.UserByName(f.ctx(), f.now, f.cred, "carl@acme.example")
	f.wantCode("an unknown name", err, bridge.NotFound)
	f.wantCode("replacing nobody", s.ReplaceUser(f.ctx(), f.now, f.deactivated(f.draft("nobody").User)), bridge.Conflict)
}

func testUniqueName(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	u := f.add("anna")
	_, err := s.InsertUser(f.ctx(), f.now, f.draft("anna"))
	f.wantCode("the same name", err, bridge.Taken)
	other.add("anna") // names are a customer's own

	v := f.add("bert")
	rename := f.activated(v)
	rename.User.NameKey, rename.Actives = "anna", 0
	f.wantCode("a rename to a name in use", s.ReplaceUser(f.ctx(), f.now, rename), bridge.Taken)

	u = f.put(f.deleted(u))
	w := f.add("anna") // the delete freed the name
	revival := f.activated(u)
	revival.User.Deleted, revival.Members = time.Time{}, 1
	f.wantCode("a revival under a name in use", s.ReplaceUser(f.ctx(), f.now, revival), bridge.Taken)
	f.put(f.deleted(w))
	f.must(s.ReplaceUser(f.ctx(), f.now, revival))
	got, err := s.User(f.ctx(), f.now, f.cred, u.ID, 0)
	f.must(err)
	if diff := cmp.Diff(asRead(revival.User), got); diff != "" {
		t.Errorf("revived (-want +got):\n%s", diff)
	}
}

func testFresh(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.put(f.deleted(f.add("anna")))
	again := f.draft("anna")
	again.Fresh = true
	_, err := s.InsertUser(f.ctx(), f.now, again)
	f.wantCode("a fresh user with the name of a deleted one", err, bridge.Conflict)

	old, err := s.DeletedUser(f.ctx(), f.now, f.cred, "anna", "")
	f.must(err)
	if diff := cmp.Diff([]bridge.User{asRead(u)}, old); diff != "" {
		t.Errorf("deleted users (-want +got):\n%s", diff)
	}
	again.Fresh = false
	_, err = s.InsertUser(f.ctx(), f.now, again)
	f.must(err)
	again = f.draft("anna")
	again.Fresh = true
	_, err = s.InsertUser(f.ctx(), f.now, again)
	f.wantCode("a fresh user where both a live and a deleted one bear the name", err, bridge.Taken)

	later := f.deleted(f.add("carl"))
	later.User.ExternalID, later.User.Deleted = u.ExternalID, f.now.Add(time.Second)
	f.put(later)
	old, err = s.DeletedUser(f.ctx(), f.now, f.cred, "anna", u.ExternalID)
	f.must(err)
	if diff := cmp.Diff([]bridge.User{asRead(later.User), asRead(u)}, old); diff != "" {
		t.Errorf("deleted users by name or external id, the latest first (-want +got):\n%s", diff)
	}
}

// testVersionRace lets many change one version of a user: exactly one of them does.
func testVersionRace(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna")
	for round := range 5 {
		const writers = 8
		errs := make([]error, writers)
		writes := make([]bridge.UserWrite, writers)
		for i := range writes {
			writes[i] = f.activated(u)
			writes[i].Actives = 0
			writes[i].User.ExternalID = string(rune('a' + i))
		}
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() { errs[i] = s.ReplaceUser(f.ctx(), f.now, writes[i]) })
		}
		wg.Wait()
		var won []int
		for i, err := range errs {
			if err == nil {
				won = append(won, i)
				continue
			}
			f.wantCode("the write that lost", err, bridge.Conflict)
		}
		if len(won) != 1 {
			t.Fatalf("round %d: %d writers of one version succeeded, want 1", round, len(won))
		}
		got, err := s.User(f.ctx(), f.now, f.cred, u.ID, 0)
		f.must(err)
		u = writes[won[0]].User
		if diff := cmp.Diff(asRead(u), got); diff != "" {
			t.Errorf("stored is not the winner's (-want +got):\n%s", diff)
		}
	}
}

// testI18CustomersApart asks for everything of one customer in another one's name.
func testI18CustomersApart(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	u := f.add("anna")
	f.must(s.SaveLink(f.ctx(), bridge.Link{UserID: u.ID, CustomerID: f.customer.ID, LoginKey: "anna@acme.example", OktaID: "00u1"}, nil))
	before := f.subject(u.ID)

	_, err := s.User(f.ctx(), f.now, other.cred, u.ID, 0)
	f.wantCode("User", err, bridge.NotFound)
	_, err = s.UserByName(f.ctx(), f.now, other.cred, u.NameKey)
	f.wantCode("UserByName", err, bridge.NotFound)
	_, err = s.UserOf(f.ctx(), other.customer.ID, u.ID)
	f.wantCode("UserOf", err, bridge.NotFound)
	_, err = s.Subject(f.ctx(), other.customer.ID, u.ID)
	f.wantCode("Subject", err, bridge.NotFound)
	page, err := s.FindUsers(f.ctx(), f.now, other.cred, schema.User(), bridge.Query{StartIndex: 1, Count: 10})
	f.must(err)
	if page.Total != 0 || len(page.Users) != 0 {
		t.Errorf("ListUsers: %+v, want nobody", page)
	}
	foreign := other.deactivated(u)
	f.wantCode("ReplaceUser", s.ReplaceUser(f.ctx(), f.now, foreign), bridge.Conflict)
	f.wantCode("MarkDue", s.MarkDue(f.ctx(), other.customer.ID, u.ID, bridge.RankContain, f.now), bridge.NotFound)
	due := *before.Due
	due.CustomerID = other.customer.ID
	f.must(f.settle(due, time.Time{}))
	f.must(s.Postpone(f.ctx(), due, f.now, 9, "mine", nil))
	f.must(s.SaveLink(f.ctx(), bridge.Link{UserID: u.ID, CustomerID: other.customer.ID, LoginKey: "stolen@beta.example"}, nil))
	f.must(s.ReserveLink(f.ctx(), bridge.Link{UserID: u.ID, CustomerID: other.customer.ID, LoginKey: "stolen@beta.example"}))
	f.must(s.DropReservation(f.ctx(), other.customer.ID, u.ID))
	n, err := s.ReleaseUsers(f.ctx(), other.customer.ID, 10)
	f.must(err)
	if n != 0 {
		t.Errorf("ReleaseUsers released %d of another customer", n)
	}
	if diff := cmp.Diff(before, f.subject(u.ID)); diff != "" {
		t.Errorf("what another customer asked for changed the user (-before +after):\n%s", diff)
	}
}
