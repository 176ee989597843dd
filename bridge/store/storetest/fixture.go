package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

// fixture is a customer with a live token in a store.
type fixture struct {
	*testing.T
	*store.Store
	customer bridge.Customer
	cred     bridge.Credential
	now      time.Time
}

// newFixture adds a customer; a store may hold many.
func newFixture(t *testing.T, s *store.Store, slug string) *fixture {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	f := &fixture{T: t, Store: s, now: now, customer: newCustomer(slug, now)}
	d := bridge.Domain{Name: slug + ".example", CustomerID: f.customer.ID, Verified: now, Reason: "a test"}
	f.must(s.AddCustomer(f.ctx(), f.customer, []bridge.Domain{d}, []bridge.Event{f.event(bridge.EventCustomerAdded)}))
	f.cred = f.token(slug + "-idp")
	return f
}

func newCustomer(slug string, now time.Time) bridge.Customer {
	return bridge.Customer{
		ID: newID(), Slug: slug, Name: strings.ToUpper(slug), State: bridge.Live, Epoch: 1, Logins: bridge.ParkLogins,
		Grace: bridge.DefaultGrace, Rate: bridge.DefaultRate, Created: now, Modified: now,
	}
}

func (f *fixture) ctx() context.Context { return f.Context() }

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// wantCode checks that an operation failed with a code; the empty code is success.
func (f *fixture) wantCode(doing string, err error, want bridge.Code) {
	f.Helper()
	if got := bridge.CodeOf(err); got != want || (err == nil) != (want == "") {
		f.Errorf("%s: error %v with code %q, want %q", doing, err, got, want)
	}
}

// token adds a live token.
func (f *fixture) token(name string) bridge.Credential {
	f.Helper()
	id := newID()
	var digest bridge.Digest
	copy(digest[:], strings.ReplaceAll(id, "-", ""))
	token := bridge.Token{
		ID: id, CustomerID: f.customer.ID, Class: bridge.SCIMToken, Name: name, Created: f.now, Expires: f.now.Add(bridge.DefaultTokenLife),
	}
	f.must(f.AddToken(f.ctx(), token, digest, 100, f.event(bridge.EventTokenCreated)))
	return bridge.Credential{TokenID: id, CustomerID: f.customer.ID}
}

func (f *fixture) event(kind string) bridge.Event {
	return bridge.Event{ID: newID(), CustomerID: f.customer.ID, At: f.now, Kind: kind, Actor: "support:test", Data: "{}"}
}

// draft is the write that creates a user.
func (f *fixture) draft(name string) bridge.UserWrite {
	u := bridge.User{
		ID: newID(), CustomerID: f.customer.ID, NameKey: name, ExternalID: "x-" + name, Version: 1, Connected: true, Active: true,
		Doc:     fmt.Appendf(nil, `{"userName":%q,"externalId":%q,"active":true}`, name, "x-"+name),
		Folded:  fmt.Appendf(nil, `{"userName":%q,"externalId":%q,"active":true}`, name, "x-"+name),
		Created: f.now, Modified: f.now,
	}
	return f.write(u, bridge.EventUserCreated, bridge.RankCreate, 1, 1)
}

func (f *fixture) write(u bridge.User, kind string, rank bridge.Rank, members, actives int) bridge.UserWrite {
	e := f.event(kind)
	e.UserID, e.Version = u.ID, u.Version
	return bridge.UserWrite{Credential: f.cred, User: u, Members: members, Actives: actives, Rank: rank, Event: e}
}

// add creates a user.
func (f *fixture) add(name string) bridge.User {
	f.Helper()
	w := f.draft(name)
	ordinal, err := f.InsertUser(f.ctx(), f.now, w)
	f.must(err)
	w.User.Ordinal = ordinal
	return w.User
}

// deactivated is the write that follows on u with active false.
func (f *fixture) deactivated(u bridge.User) bridge.UserWrite {
	u.Version++
	u.Active, u.Removed, u.Modified = false, f.now, f.now
	w := f.write(u, bridge.EventUserDeactivated, bridge.RankRevoke, 0, -1)
	w.Raise = true
	return w
}

// activated is the write that follows on u with active true.
func (f *fixture) activated(u bridge.User) bridge.UserWrite {
	u.Version++
	u.Active, u.Removed, u.Modified = true, time.Time{}, f.now
	w := f.write(u, bridge.EventUserReactivated, bridge.RankRestore, 0, 1)
	w.Raise = true
	return w
}

// deleted is the write that follows on u with DELETE.
func (f *fixture) deleted(u bridge.User) bridge.UserWrite {
	actives := 0
	if u.Active {
		actives = -1
	}
	u.Version++
	u.Active, u.Removed, u.Deleted, u.Modified = false, f.now, f.now, f.now
	w := f.write(u, bridge.EventUserDeleted, bridge.RankRevoke, -1, actives)
	w.Raise = true
	return w
}

// put commits a write and returns the user that it left.
func (f *fixture) put(w bridge.UserWrite) bridge.User {
	f.Helper()
	f.must(f.ReplaceUser(f.ctx(), f.now, w))
	return w.User
}

// subject reads all of a user.
func (f *fixture) subject(id string) bridge.Subject {
	f.Helper()
	s, err := f.Subject(f.ctx(), f.customer.ID, id)
	f.must(err)
	return s
}

// change sets the customer's state.
func (f *fixture) change(state bridge.State) {
	f.Helper()
	f.customer = f.storeState(state)
}

// storeState is change for the middle of a test whose other goroutines read the fixture, which stays as it is.
func (f *fixture) storeState(state bridge.State) bridge.Customer {
	f.Helper()
	c, err := f.ChangeCustomer(f.ctx(), f.customer.Slug, func(c *bridge.Customer) (bridge.Event, error) {
		c.State = state
		if state == bridge.Disconnecting {
			c.Epoch++
		}
		return f.event(bridge.EventCustomerChanged), nil
	})
	f.must(err)
	return c
}

// number numbers all events and returns the customer's.
func (f *fixture) number() []bridge.Event {
	f.Helper()
	for {
		n, err := f.NumberEvents(f.ctx(), 1000)
		f.must(err)
		if n == 0 {
			break
		}
	}
	events, err := f.Events(f.ctx(), f.customer.ID, 0, 1_000_000)
	f.must(err)
	return events
}
