package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

func testContacts(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	contact := func(f *fixture, name string, age time.Duration) bridge.Contact {
		return bridge.Contact{
			ID: newID(), CustomerID: f.customer.ID, Name: name, Email: name + "@acme.example", Role: bridge.SecurityContact, Notify: true, Created: f.now.Add(-age),
		}
	}
	const limit = 2
	younger, older, foreign := contact(f, "Anna", 0), contact(f, "Bert", time.Hour), contact(other, "Anna", 0)
	for _, c := range []bridge.Contact{younger, older, foreign} {
		e := f.event(bridge.EventContactAdded)
		e.CustomerID = c.CustomerID
		f.must(s.AddContact(f.ctx(), c, limit, e))
	}
	f.wantCode("a third contact of two", s.AddContact(f.ctx(), contact(f, "Carl", 0), limit, f.event("")), bridge.Conflict)
	again := contact(f, "anna", 0)
	f.wantCode("the same address in another case", s.AddContact(f.ctx(), again, 3, f.event("")), bridge.Taken)
	again.CustomerID = "none"
	f.wantCode("a contact of nobody", s.AddContact(f.ctx(), again, 3, f.event("")), bridge.NotFound)

	want := func(f *fixture, want ...bridge.Contact) {
		t.Helper()
		got, err := s.Contacts(f.ctx(), f.customer.ID)
		f.must(err)
		if diff := cmp.Diff(append([]bridge.Contact{}, want...), got); diff != "" {
			t.Errorf("contacts (-want +got):\n%s", diff)
		}
	}
	want(f, older, younger)
	f.wantCode("removing another customer's", s.RemoveContact(f.ctx(), f.customer.ID, foreign.ID, f.event(bridge.EventContactRemoved)), bridge.NotFound)
	f.must(s.RemoveContact(f.ctx(), f.customer.ID, older.ID, f.event(bridge.EventContactRemoved)))
	want(f, younger)
	want(other, foreign)

	kinds := map[string]int{}
	for _, e := range f.number() {
		kinds[e.Kind]++
		if strings.Contains(e.Data, "@") {
			t.Errorf("an event holds an address: %s", e.Data)
		}
	}
	if kinds[bridge.EventContactAdded] != 2 || kinds[bridge.EventContactRemoved] != 1 {
		t.Errorf("events %v, want one for each change", kinds)
	}
}
