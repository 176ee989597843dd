package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

func testSubject(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna")
	f.must(s.AddDomain(f.ctx(), bridge.Domain{Name: "a.example", CustomerID: f.customer.ID, Verified: f.now, Reason: "x"}, bridge.Event{}))
	want := bridge.Subject{
		User: asRead(u), Customer: f.customer, Domains: []string{"a.example", "acme.example"},
		Due: &bridge.Due{UserID: u.ID, CustomerID: f.customer.ID, Rank: bridge.RankCreate, At: f.now, Version: 1},
	}
	if diff := cmp.Diff(want, f.subject(u.ID)); diff != "" {
		t.Errorf("subject (-want +got):\n%s", diff)
	}
	u = f.put(f.deleted(u))
	want.User = asRead(u)
	want.Due.Version, want.Due.Rank = 2, bridge.RankRevoke
	if diff := cmp.Diff(want, f.subject(u.ID)); diff != "" {
		t.Errorf("deleted subject (-want +got):\n%s", diff)
	}
	_, err := s.Subject(f.ctx(), f.customer.ID, newID())
	f.wantCode("a subject that is not there", err, bridge.NotFound)
}

func testSearch(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	for _, name := range []string{"bert", "anna", "anton", "ann", "ann\U0001F600", "an%"} {
		f.add(name)
	}
	other.add("anna")
	gone := f.put(f.deleted(f.add("anne")))
	for _, tt := range []struct {
		prefix string
		limit  int
		want   []string
	}{
		{"ann", 10, []string{"ann", "anna", "ann\U0001F600"}},
		{"an", 3, []string{"an%", "ann", "anna"}},
		{"", 10, []string{"an%", "ann", "anna", "ann\U0001F600", "anton", "bert"}},
		{"an%", 10, []string{"an%"}},
		{"z", 10, []string{}},
	} {
		got, err := s.SearchUsers(f.ctx(), f.customer.ID, tt.prefix, tt.limit)
		f.must(err)
		if diff := cmp.Diff(tt.want, mapNames(got)); diff != "" {
			t.Errorf("%d users with %q (-want +got):\n%s", tt.limit, tt.prefix, diff)
		}
	}
	for _, key := range []string{"anne", gone.ID} {
		got, err := s.UserOf(f.ctx(), f.customer.ID, key)
		f.must(err)
		if diff := cmp.Diff(asRead(gone), got); diff != "" {
			t.Errorf("deleted user by %q (-want +got):\n%s", key, diff)
		}
	}
	again := f.add("anne")
	if got, err := s.UserOf(f.ctx(), f.customer.ID, "anne"); err != nil || got.ID != again.ID {
		t.Errorf("UserOf found %s, %v; want the one that is not deleted", got.ID, err)
	}
	if got, err := s.UserOf(f.ctx(), f.customer.ID, gone.ID); err != nil || got.ID != gone.ID {
		t.Errorf("UserOf found %s, %v; want the one of that id", got.ID, err)
	}
}

// testRelease ends the say over some users at a time.
func testRelease(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	other.add("anna")
	var users []bridge.User
	for i := range 5 {
		users = append(users, f.add(fmt.Sprint("user", i)))
	}
	f.must(s.SaveLink(f.ctx(), bridge.Link{UserID: users[0].ID, CustomerID: f.customer.ID, LoginKey: "0", OktaID: "00u0"}, nil))
	f.must(s.SaveLink(f.ctx(), bridge.Link{UserID: users[1].ID, CustomerID: f.customer.ID, LoginKey: "1", OktaID: "00u1"}, nil))
	users[1] = f.put(f.deactivated(users[1])) // a removal that must not run any more
	f.must(f.settle(*f.due(users[0].ID), time.Time{}))
	users[4] = f.put(f.deleted(users[4]))
	for _, want := range []int{2, 2, 1, 0} {
		n, err := s.ReleaseUsers(f.ctx(), f.customer.ID, 2)
		f.must(err)
		if n != want {
			t.Errorf("released %d, want %d", n, want)
		}
	}
	for i, u := range users {
		got := f.subject(u.ID)
		u.Connected, u.Version = false, u.Version+1
		if diff := cmp.Diff(asRead(u), got.User); diff != "" {
			t.Errorf("user %d (-want +got):\n%s", i, diff)
		}
		if i < 2 && (got.Due == nil || got.Due.Rank != bridge.RankFlags || got.Due.Version != u.Version) {
			t.Errorf("user %d with an account is due %+v, want its flags", i, got.Due)
		}
	}
	for _, tt := range []struct {
		id   string
		want int
	}{{f.customer.ID, 0}, {other.customer.ID, 1}} {
		if n, err := s.CountConnected(f.ctx(), tt.id); err != nil || n != tt.want {
			t.Errorf("%d connected, %v; want %d", n, err, tt.want)
		}
	}
	for _, why := range disorder(f.number()) {
		t.Error(why)
	}
}

func testState(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	value, at, err := s.State(f.ctx(), "circuit")
	f.must(err)
	if value != "" || !at.IsZero() {
		t.Errorf("state that was never set: %q %v", value, at)
	}
	f.must(s.SetState(f.ctx(), "circuit", "a"))
	f.must(s.SetState(f.ctx(), "circuit", "b"))
	value, at, err = s.State(f.ctx(), "circuit")
	f.must(err)
	if value != "b" || at.Sub(f.now).Abs() > time.Minute {
		t.Errorf("state %q of %v, want the one that was set just now", value, at)
	}
}

// testCancelled ends requests before they begin: nothing is stored, and the store works on.
func testCancelled(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	u := f.add("anna")
	ctx, cancel := context.WithCancel(f.ctx())
	cancel()
	_, insert := s.InsertUser(ctx, f.now, f.draft("bert"))
	_, read := s.User(ctx, f.now, f.cred, u.ID, 0)
	_, change := s.ChangeCustomer(ctx, "acme", func(c *bridge.Customer) (bridge.Event, error) { return f.event("x"), nil })
	for name, err := range map[string]error{
		"InsertUser": insert, "User": read, "ChangeCustomer": change, "ReplaceUser": s.ReplaceUser(ctx, f.now, f.deactivated(u)),
		"SaveLink": s.SaveLink(ctx, bridge.Link{UserID: u.ID, CustomerID: f.customer.ID, LoginKey: "x"}, nil),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s of a cancelled request: %v", name, err)
		}
	}
	f.add("bert")
	if got := f.subject(u.ID); got.User.Version != 1 || got.Link != nil {
		t.Errorf("a cancelled request left %+v", got)
	}
}

// testWakes checks that writes wake whoever listens, and that many writes wake once.
func testWakes(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	ctx, cancel := context.WithCancel(f.ctx())
	defer cancel()
	wakes, err := s.Wakes(ctx)
	f.must(err)
	woken := func(after string) {
		t.Helper()
		select {
		case <-wakes:
		case <-time.After(10 * time.Second):
			t.Fatalf("no wake-up after %s", after)
		}
	}
	u := f.add("anna")
	woken("an insert")
	f.put(f.deactivated(u))
	woken("a replace")
	f.must(s.MarkDue(f.ctx(), f.customer.ID, u.ID, bridge.RankContain, f.now))
	woken("a mark")
	f.change(bridge.Paused)
	woken("a change of the customer")
	start := time.Now()
	for range 1000 {
		s.Wake()
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("1,000 calls of Wake took %v: it waits for something", took)
	}
	woken("1,000 calls of Wake")
}
