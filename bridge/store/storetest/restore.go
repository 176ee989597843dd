package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/policy"
)

// freeze has every customer wait for an approval.
func (f *fixture) freeze(l bridge.Lease, at time.Time) int {
	f.Helper()
	n, err := f.Freeze(f.ctx(), l, bridge.Counter{Pending: 7}, at, func(id string) bridge.Event {
		e := f.event(bridge.EventCustomerFrozen)
		e.CustomerID = id
		return e
	})
	f.must(err)
	return n
}

// testCounter keeps the counter under the lease alone.
func testCounter(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	check := func(want bridge.Counter) {
		t.Helper()
		got, err := s.Counter(f.ctx())
		f.must(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("counter (-want +got):\n%s", diff)
		}
	}
	check(bridge.Counter{})
	l := f.lease()
	one := bridge.Counter{OktaID: "00g1", Pending: 2, Confirmed: 1, Strayed: f.now}
	f.must(s.SaveCounter(f.ctx(), l, one))
	check(one)
	stale := l
	stale.Fence--
	f.wantCode("counting without the lease", s.SaveCounter(f.ctx(), stale, bridge.Counter{Pending: 1}), bridge.Lost)
	_, err := s.Freeze(f.ctx(), stale, bridge.Counter{Pending: 9}, f.now, func(string) bridge.Event { return bridge.Event{} })
	f.wantCode("freezing without the lease", err, bridge.Lost)
	check(one)
	if c, err := s.Customer(f.ctx(), "acme"); err != nil || c.Frozen() {
		t.Errorf("without the lease the customer was frozen: %+v, %v", c, err)
	}
}

// testRecords lists what Okta should keep of each customer.
func testRecords(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	second := f.token("second")
	f.must(s.RevokeToken(f.ctx(), f.customer.ID, f.cred.TokenID, f.now, f.event(bridge.EventTokenRevoked)))
	want := []bridge.KeptRecord{
		{CustomerID: f.customer.ID, Want: bridge.CustomerRecord{Slug: "acme", Epoch: 1, State: bridge.Live, Tokens: []string{second.TokenID}}},
		{CustomerID: other.customer.ID, Want: bridge.CustomerRecord{Slug: "beta", Epoch: 1, State: bridge.Live, Tokens: []string{other.cred.TokenID}}},
	}
	check := func(when string, want ...bridge.KeptRecord) {
		t.Helper()
		got, err := s.Records(f.ctx())
		f.must(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	check("nothing was put", want...)
	want[0].OktaID, want[0].Put = "00g1", want[0].Want
	want[0].Put.At = f.now
	f.must(s.SaveRecord(f.ctx(), f.customer.ID, "00g1", want[0].Put))
	check("one was put", want...)
	if id, err := s.RecordID(f.ctx(), f.customer.ID); err != nil || id != "00g1" {
		t.Errorf("it is at %q, %v", id, err)
	}
	off := newFixture(t, s, "off")
	off.change(bridge.Off)
	if n := f.freeze(f.lease(), f.now); n != 2 {
		t.Errorf("%d customers were frozen", n)
	}
	check("frozen", bridge.KeptRecord{CustomerID: off.customer.ID, Want: bridge.CustomerRecord{Slug: "off", Epoch: 1, State: bridge.Off, Tokens: []string{off.cred.TokenID}}})
}

// testI9FrozenWritesNothing: whatever would move a customer that waits for an approval is refused, and no call of it starts.
func testI9FrozenWritesNothing(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	u := f.add("anna")
	other.change(bridge.Off)
	l := f.lease()
	f.freeze(l, f.now)
	frozen, err := s.FrozenCustomers(f.ctx())
	f.must(err)
	if len(frozen) != 1 || frozen[0].Slug != "acme" || !frozen[0].ReviewSince.Equal(f.now) {
		t.Errorf("frozen are %+v", frozen)
	}
	f.wantCode("a call", s.BeginIntent(f.ctx(), f.intent(u, "update"), l), bridge.Conflict)
	f.wantCode("the credential", s.CheckCredential(f.ctx(), f.cred, f.now), bridge.Unavailable)
	_, err = s.InsertUser(f.ctx(), f.now, f.draft("bert"))
	f.wantCode("an insert", err, bridge.Unavailable)
	f.wantCode("a replacement", s.ReplaceUser(f.ctx(), f.now, f.deactivated(u)), bridge.Unavailable)
	f.wantCode("a removal", s.ReplaceUser(f.ctx(), f.now, f.deleted(u)), bridge.Unavailable)
	_, err = s.User(f.ctx(), f.now, f.cred, u.ID, 0)
	f.wantCode("a read", err, bridge.Unavailable)
	_, err = s.InsertGroup(f.ctx(), f.now, bridge.GroupWrite{Credential: f.cred, Group: bridge.Group{ID: newID(), CustomerID: f.customer.ID, NameKey: "g", Doc: []byte(`{}`), Folded: []byte(`{}`)}, Event: f.event(bridge.EventGroupCreated)})
	f.wantCode("a group", err, bridge.Unavailable)
	_, err = s.ChangeCustomer(f.ctx(), "acme", func(*bridge.Customer) (bridge.Event, error) { return bridge.Event{}, nil })
	f.wantCode("a change", err, bridge.Conflict)
	f.wantCode("a lock", s.Contain(f.ctx(), bridge.Containment{UserID: u.ID, CustomerID: f.customer.ID, Since: f.now}, f.event(bridge.EventUserContained)), bridge.Conflict)
	_, err = s.OpenHold(f.ctx(), bridge.Hold{ID: newID(), CustomerID: f.customer.ID, Opened: f.now}, f.event(bridge.EventHoldOpened))
	f.wantCode("a hold", err, bridge.Conflict)
	if closed, err := s.CloseHold(f.ctx(), f.customer.ID, f.now, f.event(bridge.EventHoldClosed)); err != nil || closed {
		t.Errorf("a hold was closed: %t, %v", closed, err)
	}
	f.wantCode("an approval of a removal", s.Approve(f.ctx(), bridge.Approval{CustomerID: f.customer.ID, At: f.now}, nil, func(int) []bridge.Event { return nil }), bridge.Conflict)
	f.token("meanwhile") // may be issued before the approval
	f.must(s.RevokeToken(f.ctx(), f.customer.ID, f.cred.TokenID, f.now, f.event(bridge.EventTokenRevoked)))
	f.wantCode("a revoked credential", s.CheckCredential(f.ctx(), f.cred, f.now), bridge.Unauthorized)
}

// testReview keeps what was found, and refuses an approval before it is complete.
func testReview(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna, bert, carl := f.add("anna"), f.add("bert"), f.put(f.deactivated(f.add("carl")))
	for _, u := range []bridge.User{anna, bert, carl} {
		f.must(s.ReserveLink(f.ctx(), bridge.Link{UserID: u.ID, CustomerID: f.customer.ID, LoginKey: u.NameKey}))
		f.must(s.SaveLink(f.ctx(), bridge.Link{UserID: u.ID, CustomerID: f.customer.ID, LoginKey: u.NameKey, OktaID: "00u" + u.NameKey, Status: policy.Suspended, StatusAt: f.now, Read: f.now, Applied: map[string]any{}}, nil))
	}
	since := f.now.Add(time.Minute)
	f.freeze(f.lease(), since)
	approval := bridge.RestoreApproval{
		CustomerID: f.customer.ID, At: since, Epoch: 4, Hold: bridge.Hold{ID: newID(), CustomerID: f.customer.ID, Opened: since, Code: bridge.HoldRestored},
		Events: func(kind string, _ map[string]string) bridge.Event { return f.event(kind) },
	}
	approve := func(when string, want bridge.Code) {
		t.Helper()
		_, err := s.ApproveRestore(f.ctx(), approval)
		f.wantCode(when, err, want)
	}
	approve("before anything was looked for", bridge.Conflict)
	record := bridge.CustomerRecord{Slug: "acme", Epoch: 4, State: bridge.Live, Tokens: []string{"x"}, At: f.now}
	found := bridge.Found{Record: &record, Lost: []string{"u1"}, At: since}
	f.must(s.SaveFound(f.ctx(), f.customer.ID, found))
	got, err := s.Found(f.ctx(), f.customer.ID)
	if diff := cmp.Diff(found, got); err != nil || diff != "" {
		t.Errorf("found (-want +got), %v:\n%s", err, diff)
	}
	strangers, err := s.Strangers(f.ctx(), f.customer.ID, []string{anna.ID, "u2", "u1"})
	if diff := cmp.Diff([]string{"u1", "u2"}, strangers); err != nil || diff != "" {
		t.Errorf("strangers (-want +got), %v:\n%s", err, diff)
	}
	approve("before the accounts were read", bridge.Conflict)
	if n, err := s.MarkForSweep(f.ctx(), f.customer.ID, 100); err != nil || n != 0 {
		t.Errorf("%d were marked who are due already, %v", n, err)
	}
	f.must(s.NoteOut(f.ctx(), f.customer.ID, anna.ID, "SUSPENDED", true))
	f.must(s.NoteOut(f.ctx(), f.customer.ID, bert.ID, "SUSPENDED", false))
	counts := func(want bridge.ReviewCounts) {
		t.Helper()
		if got, err := s.ReviewCounts(f.ctx(), f.customer.ID); err != nil || got != want {
			t.Errorf("counts %+v, %v, want %+v", got, err, want)
		}
	}
	counts(bridge.ReviewCounts{Unread: 3})
	for _, u := range []bridge.User{anna, bert, carl} {
		l := *f.subject(u.ID).Link
		l.Read = since
		if u.ID == carl.ID {
			l.Status = policy.Active
		}
		f.must(s.SaveLink(f.ctx(), l, nil))
	}
	counts(bridge.ReviewCounts{Waiting: 1})
	approve("before those who stay out are written as removed", bridge.Conflict)
	f.keepsOut(anna, since)
	approve("when all is done", "")
	f.goesOn(anna, bert, carl)
	approve("twice", bridge.Conflict)
}

// keepsOut writes anna as removed, who is the only one that the account's flag says so of.
func (f *fixture) keepsOut(anna bridge.User, at time.Time) {
	f.Helper()
	n, err := f.KeepOut(f.ctx(), f.customer.ID, 100, func(u bridge.User) (bridge.UserChange, error) {
		if u.ID != anna.ID {
			f.Errorf("%s is written as removed", u.NameKey)
		}
		e := f.event(bridge.EventUserRemovedBySupport)
		u.Version++
		u.Active, u.Removed, u.Modified = false, at, at
		return bridge.UserChange{User: u, Actives: -1, Rank: bridge.RankRevoke, Approve: "a test", Event: e}, nil
	})
	if err != nil || n != 1 {
		f.Errorf("%d were written as removed, %v", n, err)
	}
	x := f.subject(anna.ID)
	if x.User.Active || x.Link.Taken != policy.Suspended || !x.Link.TakenAt.Equal(x.Link.StatusAt) || !x.Approved {
		f.Errorf("anna is %+v with %+v", x.User, x.Link)
	}
	out, err := f.StaysOut(f.ctx(), f.customer.ID)
	if err != nil || len(out) != 1 || out[0].ByUs || out[0].UserName != "bert" || out[0].Status != policy.Suspended {
		f.Errorf("out are %+v, %v", out, err)
	}
}

// goesOn: the removal that Okta does not show waits, and the epoch is above both.
func (f *fixture) goesOn(anna, bert, carl bridge.User) {
	f.Helper()
	c, err := f.Customer(f.ctx(), "acme")
	if err != nil || c.Frozen() || c.Epoch != 5 || c.State != bridge.Held {
		f.Errorf("acme goes on as %+v, %v", c, err)
	}
	people, err := f.HeldPeople(f.ctx(), f.customer.ID)
	if err != nil || len(people) != 1 || people[0].UserID != carl.ID {
		f.Errorf("there wait %+v, %v", people, err)
	}
	if out, err := f.StaysOut(f.ctx(), f.customer.ID); err != nil || len(out) > 0 {
		f.Errorf("out are still %+v, %v", out, err)
	}
	if u := f.subject(bert.ID).User; !u.Active {
		f.Errorf("who is out by hand is written as removed: %+v", u)
	}
	f.wantCode("the credential", f.CheckCredential(f.ctx(), f.cred, f.now), "")
	_, err = f.KeepOut(f.ctx(), f.customer.ID, 1, nil)
	f.wantCode("keeping out whom nobody reviews", err, bridge.Conflict)
	if r, err := f.Records(f.ctx()); err != nil || len(r) != 1 || r[0].Put.Epoch != 0 {
		f.Errorf("to be put again: %+v, %v", r, err)
	}
	var frozen, approved int
	for _, e := range f.number() {
		switch e.Kind {
		case bridge.EventCustomerFrozen:
			frozen++
		case bridge.EventCustomerApproved:
			approved++
		}
	}
	if frozen != 1 || approved != 1 {
		f.Errorf("%d events of the freeze and %d of the approval", frozen, approved)
	}
}
