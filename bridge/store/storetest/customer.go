package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

func testCustomer(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	other := newCustomer("acme", f.now)
	f.wantCode("a second customer with the slug", s.AddCustomer(f.ctx(), other, nil, nil), bridge.Taken)
	other.Slug = "beta"
	domains := []bridge.Domain{{Name: "acme.example", CustomerID: other.ID, Verified: f.now, Reason: "a test"}}
	f.wantCode("a second owner of the domain", s.AddCustomer(f.ctx(), other, domains, nil), bridge.Taken)
	_, err := s.Customer(f.ctx(), "beta")
	f.wantCode("reading a customer that was rolled back", err, bridge.NotFound)
	f.must(s.AddCustomer(f.ctx(), other, nil, nil))

	for _, read := range []struct {
		name string
		read func() (bridge.Customer, error)
	}{
		{"by slug", func() (bridge.Customer, error) { return s.Customer(f.ctx(), "acme") }},
		{"by id", func() (bridge.Customer, error) { return s.CustomerByID(f.ctx(), f.customer.ID) }},
	} {
		got, err := read.read()
		f.must(err)
		if diff := cmp.Diff(f.customer, got); diff != "" {
			t.Errorf("customer %s (-want +got):\n%s", read.name, diff)
		}
	}
	all, err := s.Customers(f.ctx())
	f.must(err)
	if diff := cmp.Diff([]bridge.Customer{f.customer, other}, all); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
	f.wantCode("an unverified domain", s.AddDomain(f.ctx(), bridge.Domain{Name: "x.example", CustomerID: other.ID}, f.event("")), bridge.Invalid)
	f.wantCode("a domain of nobody", s.AddDomain(f.ctx(), bridge.Domain{Name: "x.example", CustomerID: "none", Verified: f.now}, f.event("")), bridge.NotFound)
	d := bridge.Domain{Name: "beta.example", CustomerID: other.ID, Verified: f.now, Reason: "DNS"}
	f.must(s.AddDomain(f.ctx(), d, bridge.Event{ID: newID(), CustomerID: other.ID, At: f.now, Kind: bridge.EventDomainTrusted}))
	got, err := s.Domains(f.ctx(), other.ID)
	f.must(err)
	if diff := cmp.Diff([]bridge.Domain{d}, got); diff != "" {
		t.Errorf("domains (-want +got):\n%s", diff)
	}
}

func testChangeCustomer(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	want := f.customer
	want.Name, want.State, want.Epoch, want.OktaIdP, want.Logins = "Acme Ltd", bridge.Disconnecting, 2, "0oa1", bridge.RefuseLogins
	want.Grace, want.SuspendOnly, want.Rate, want.Modified = 3*time.Hour, true, 7, f.now.Add(time.Second)
	got, err := s.ChangeCustomer(f.ctx(), "acme", func(c *bridge.Customer) (bridge.Event, error) {
		*c = want
		return f.event(bridge.EventCustomerDisconnect), nil
	})
	f.must(err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("returned (-want +got):\n%s", diff)
	}
	stored, err := s.Customer(f.ctx(), "acme")
	f.must(err)
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	events := f.number()
	last := events[len(events)-1]
	if last.Kind != bridge.EventCustomerDisconnect || last.Epoch != 2 {
		t.Errorf("last event %s of epoch %d, want the change's, of the epoch it began", last.Kind, last.Epoch)
	}

	refusal := errors.New("no")
	_, err = s.ChangeCustomer(f.ctx(), "acme", func(c *bridge.Customer) (bridge.Event, error) {
		c.Name = "changed all the same"
		return f.event("x"), refusal
	})
	if !errors.Is(err, refusal) {
		t.Errorf("error %v, want the one that change returned", err)
	}
	stored, err = s.Customer(f.ctx(), "acme")
	f.must(err)
	if stored.Name != want.Name || len(f.number()) != len(events) {
		t.Errorf("a refused change left name %q and %d events", stored.Name, len(f.number()))
	}
	_, err = s.ChangeCustomer(f.ctx(), "nobody", func(*bridge.Customer) (bridge.Event, error) { return bridge.Event{}, nil })
	f.wantCode("changing nobody", err, bridge.NotFound)
}
