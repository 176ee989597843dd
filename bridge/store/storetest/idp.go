package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

// testIdP keeps what was read of customers' identity providers, and shows it with the customer and each of its users.
func testIdP(t *testing.T, s *store.Store) {
	f, other, none := newFixture(t, s, "acme"), newFixture(t, s, "beta"), newFixture(t, s, "none")
	u, v := f.add("anna"), none.add("bert")
	set := func(f *fixture, id string) {
		t.Helper()
		c, err := s.ChangeCustomer(f.ctx(), f.customer.Slug, func(c *bridge.Customer) (bridge.Event, error) {
			c.OktaIdP = id
			return bridge.Event{}, nil
		})
		f.must(err)
		f.customer = c
	}
	check := func(when string, want *bridge.OktaIdP) {
		t.Helper()
		if diff := cmp.Diff(want, f.subject(u.ID).IdP); diff != "" {
			t.Errorf("%s, of the user (-want +got):\n%s", when, diff)
		}
		all, err := s.CustomerIdPs(f.ctx())
		f.must(err)
		if diff := cmp.Diff([]bridge.CustomerIdP{{Customer: f.customer, IdP: want}, {Customer: other.customer}}, all); diff != "" {
			t.Errorf("%s, of all (-want +got):\n%s", when, diff)
		}
	}
	set(f, "0oa1")
	set(other, "0oa2")
	check("never read", nil)

	read := bridge.OktaIdP{
		CustomerID: f.customer.ID, ID: "0oa1", Name: "Acme's Entra", Status: bridge.IdPActive, Unsuspends: true, Reactivates: true, Read: f.now,
		SignedIn: f.now.Add(-time.Hour), SignInsRead: f.now,
	}
	f.must(s.SaveIdP(f.ctx(), read))
	check("read", &read)
	read.Status, read.Name, read.Unsuspends, read.Reactivates = bridge.IdPMissing, "", false, false
	read.Read = f.now.Add(time.Minute)
	f.must(s.SaveIdP(f.ctx(), read))
	check("read again", &read)

	set(f, "0oa3")
	check("another one was set", nil)
	f.must(s.SaveIdP(f.ctx(), bridge.OktaIdP{CustomerID: none.customer.ID, ID: "0oa4", Status: bridge.IdPActive, Read: f.now}))
	if got := none.subject(v.ID).IdP; got != nil {
		t.Errorf("a user of a customer without an identity provider has %+v", got)
	}
}
