package storetest

import (
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/policy"
)

func (f *fixture) delete(c bridge.Customer) error {
	return f.DeleteCustomer(f.ctx(), c, f.now, func(kind string, data map[string]string) bridge.Event { return f.event(kind) })
}

// endPurge reports whether the customer's purge is over.
func (f *fixture) endPurge() bool {
	f.Helper()
	over, err := f.EndPurge(f.ctx(), f.customer.ID, f.now, 1, func(map[string]string) bridge.Event { return f.event(bridge.EventCustomerPurged) })
	f.must(err)
	return over
}

// testDelete deletes a customer: not before it is disconnected, not over a call that is open, and then at once for whoever asks.
func testDelete(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	u := f.add("anna")
	f.account(u, policy.Active)
	lease := f.lease()
	for _, state := range []bridge.State{bridge.Off, bridge.Live, bridge.Paused, bridge.Held, bridge.Disconnecting} {
		f.change(state)
		f.wantCode("deleting a customer that is "+string(state), f.delete(f.customer), bridge.Conflict)
	}
	f.change(bridge.Disconnected)
	in := f.intent(u, "update")
	f.must(s.BeginIntent(f.ctx(), in, lease))
	f.wantCode("deleting while a call is open", f.delete(f.customer), bridge.Conflict)
	in.State = bridge.IntentDone
	f.must(s.EndIntent(f.ctx(), in, nil, nil))
	older := f.customer
	older.Epoch--
	f.wantCode("deleting a connection that was cut again since", f.delete(older), bridge.Conflict)
	f.must(s.MarkDue(f.ctx(), f.customer.ID, u.ID, bridge.RankFlags, f.now))
	f.must(f.delete(f.customer))
	f.wantCode("deleting twice", f.delete(f.customer), bridge.Conflict)

	c, err := s.Customer(f.ctx(), "acme")
	f.wantCode("finding it by its slug", err, bridge.Conflict)
	if c.State != bridge.Deleted || c.Epoch != f.customer.Epoch+1 || c.Slug != "acme" {
		t.Errorf("the deleted customer is %+v", c)
	}
	_, err = s.ChangeCustomer(f.ctx(), "acme", func(c *bridge.Customer) (bridge.Event, error) { c.State = bridge.Live; return bridge.Event{}, nil })
	f.wantCode("changing it", err, bridge.Conflict)
	all, err := s.Customers(f.ctx())
	f.must(err)
	if len(all) != 1 || all[0].Slug != "beta" {
		t.Errorf("all customers: %+v", all)
	}
	f.wantCode("its slug again", s.AddCustomer(f.ctx(), newCustomer("acme", f.now), nil, nil), bridge.Taken)
	f.wantCode("its token", s.CheckCredential(f.ctx(), f.cred, f.now), bridge.Unauthorized)
	d := bridge.Domain{Name: "acme.example", CustomerID: other.customer.ID, Verified: f.now, Reason: "a test"}
	f.must(s.AddDomain(f.ctx(), d, other.event(bridge.EventDomainTrusted)))
	if due, err := s.DueUsers(f.ctx(), f.now.Add(time.Hour), bridge.RankLater, 10, nil); err != nil || len(due) != 0 {
		t.Errorf("due: %+v, %v", due, err)
	}
	in = f.intent(u, "update")
	in.Epoch = c.Epoch
	f.wantCode("beginning a call", s.BeginIntent(f.ctx(), in, lease), bridge.Conflict)
}

// testPurge forgets the people of a deleted customer bit by bit, and remembers the accounts: nobody else gets one.
func testPurge(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	people := []bridge.User{f.add("anna"), f.add("bert"), f.add("carl")}
	f.account(people[0], policy.Active)
	f.account(people[2], policy.Suspended)
	f.addGroup("Crew", people[0].ID, people[1].ID)
	f.must(s.AddRequests(f.ctx(), []bridge.Request{{ID: newID(), CustomerID: f.customer.ID, At: f.now, Body: "anna"}}))
	f.raise(f.aNotice("hold:1", 0), true)
	theirs := other.add("anna")
	other.account(theirs, policy.Active)
	stolen := bridge.Link{UserID: theirs.ID, CustomerID: other.customer.ID, LoginKey: "anna@beta", OktaID: "00uannaacme"}

	_, err := s.PurgeCustomer(f.ctx(), f.customer.ID, 2)
	f.wantCode("purging a customer that is there", err, bridge.Conflict)
	f.change(bridge.Disconnected)
	f.must(f.delete(f.customer))
	f.wantCode("an account of somebody who is not forgotten yet", s.SaveLink(f.ctx(), stolen, nil), bridge.Taken)
	if f.endPurge() {
		t.Error("the purge was over before it began")
	}
	var steps []int
	for {
		n, err := s.PurgeCustomer(f.ctx(), f.customer.ID, 1)
		f.must(err)
		if n == 0 {
			break
		}
		steps = append(steps, n)
	}
	if len(steps) != 4 { // one person went with the attempt to end; then two people, a group and a request
		t.Errorf("forgotten in steps of %v", steps)
	}
	if left, err := s.CustomersToPurge(f.ctx()); err != nil || len(left) != 1 || left[0].ID != f.customer.ID {
		t.Errorf("to purge: %+v, %v", left, err)
	}
	for range 2 {
		if !f.endPurge() {
			t.Error("the purge is not over")
		}
	}
	if left, err := s.CustomersToPurge(f.ctx()); err != nil || len(left) != 0 {
		t.Errorf("to purge in the end: %+v, %v", left, err)
	}
	if h, err := s.Holdings(f.ctx(), f.customer.ID); err != nil || h != (bridge.Holdings{}) {
		t.Errorf("kept: %+v, %v", h, err)
	}
	f.wantNotices()
	for id, want := range map[string]bool{"00uannaacme": true, "00ucarlacme": true, "00uannabeta": false, "00ubertacme": false} {
		if got, err := s.Tombstoned(f.ctx(), id, other.customer.ID); err != nil || got != want {
			t.Errorf("tombstone of %s: %t, %v", id, got, err)
		}
	}
	if got, err := s.Tombstoned(f.ctx(), "00unew", f.customer.ID); err != nil || !got {
		t.Errorf("an account with the mark of a deleted customer: %t, %v", got, err)
	}
	f.wantCode("an account of somebody who is forgotten", s.SaveLink(f.ctx(), stolen, nil), bridge.Conflict)
	if got := other.subject(theirs.ID).Link.OktaID; got != "00uannabeta" {
		t.Errorf("the other customer's person is linked with %s", got)
	}
	kinds := map[string]int{}
	for _, e := range f.number() {
		kinds[e.Kind]++
	}
	if kinds[bridge.EventCustomerDeleted] != 1 || kinds[bridge.EventCustomerPurged] != 1 || kinds[bridge.EventUserCreated] != 3 {
		t.Errorf("events %v", kinds)
	}
	other.must(s.ReserveLink(f.ctx(), bridge.Link{UserID: theirs.ID, CustomerID: other.customer.ID, LoginKey: "anna@acme"}))
}
