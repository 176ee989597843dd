package oktasync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
	"drawbridge/scim"
)

// left disconnects a customer and waits until that is over, its second sweep included.
func (t *tenant) left(p *process) {
	t.Helper()
	t.disconnect(bridge.Choices{})
	t.rest(p, func() {})
	if s := t.state().State; s != bridge.Disconnected {
		t.Fatalf("the customer is %s", s)
	}
}

// delete deletes a customer whose disconnect is over.
func (t *tenant) delete() {
	t.Helper()
	_, err := t.svc.DeleteCustomer(t.Context(), support, t.slug, bridge.DeleteOrder{Typed: t.slug, Now: true})
	t.must(err)
}

// purged forgets the people of a deleted customer.
func (t *tenant) purged(p *process) {
	t.Helper()
	for range 20 {
		t.must(p.Purge(t.Context()))
		left, err := t.store.CustomersToPurge(t.Context())
		if t.must(err); len(left) == 0 {
			return
		}
		t.later(time.Minute)
	}
	t.Fatal("the purge does not end")
}

// takes has the identity provider create a person with a login of somebody else.
func (t *tenant) takes(login string) string {
	t.Helper()
	res, err := t.backend.Create(t.Context(), t.rt, scim.Draft{Attributes: scim.Attributes{
		"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": login, "externalId": login, "active": true,
		"name":   map[string]any{"givenName": "New", "familyName": "Owner"},
		"emails": []any{map[string]any{"value": login, "type": "work", "primary": true}},
	}}, 0)
	t.must(err)
	t.users = append(t.users, res.ID)
	return res.ID
}

// TestDelete_WhenItMay: a customer is deleted after its disconnect, not before all accounts were read a second time, and only with
// a word more while the disconnect can be undone.
func TestDelete_WhenItMay(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(3)
		refused := func(when string, o bridge.DeleteOrder, want bridge.Code) {
			w.Helper()
			if _, err := x.svc.DeleteCustomer(w.Context(), support, x.slug, o); bridge.CodeOf(err) != want {
				w.Errorf("%s: %v, want %s", when, err, want)
			}
		}
		_, secret, err := x.svc.CreateToken(w.Context(), support, x.slug, "second", 0)
		w.must(err)
		answered := func(when string, want int) {
			w.Helper()
			for _, who := range []string{"who asked before", "who asks anew"} {
				_, err := w.face.Authenticate(w.Context(), x.slug, secret)
				if e := new(scim.Error); err == nil && want != 200 || err != nil && (!errors.As(err, &e) || e.Status != want) {
					w.Errorf("%s, %s: %v, want %d", when, who, err, want)
				}
				w.later(time.Minute)
			}
		}
		answered("live", 200)
		meant := bridge.DeleteOrder{Typed: x.slug}
		refused("live", meant, bridge.Conflict)
		p := x.process()
		x.disconnect(bridge.Choices{})
		refused("disconnecting", meant, bridge.Conflict)
		x.settled(p)
		if s := x.state().State; s != bridge.Disconnected {
			w.Fatalf("the customer is %s", s)
		}
		refused("before the second sweep", bridge.DeleteOrder{Typed: x.slug, Now: true}, bridge.Conflict)
		x.rest(p, func() {})
		answered("disconnected", 403)
		refused("while it can be undone", meant, bridge.Conflict)
		refused("with another slug", bridge.DeleteOrder{Typed: "acme", Now: true}, bridge.Invalid)
		d, err := x.svc.DeleteCustomer(w.Context(), support, x.slug, bridge.DeleteOrder{})
		if w.must(err); d.People != 3 || d.Accounts != 3 || !slices.Equal(d.Domains, []string{x.slug + ".example"}) || d.Until.IsZero() || x.state().State != bridge.Disconnected {
			w.Errorf("what would be: %+v", d)
		}
		viewer := bridge.Actor{Name: "support:viewer", Role: bridge.Viewer}
		if _, err := x.svc.DeleteCustomer(w.Context(), viewer, x.slug, meant); bridge.CodeOf(err) != bridge.Refused {
			w.Errorf("by somebody who may only look: %v", err)
		}
		x.later(bridge.UndoLife)
		_, err = x.svc.DeleteCustomer(w.Context(), support, x.slug, meant)
		w.must(err)
		answered("deleted, as for a token that never was", 401)
		refused("twice", meant, bridge.Conflict)
		_, err = x.svc.UndoDisconnect(w.Context(), support, x.slug, x.slug)
		if bridge.CodeOf(err) != bridge.Conflict {
			w.Errorf("undoing the disconnect of a deleted customer: %v", err)
		}
		_, err = x.svc.DeleteCustomer(w.Context(), support, "nobody", meant)
		if bridge.CodeOf(err) != bridge.NotFound {
			w.Errorf("deleting a customer that there is not: %v", err)
		}
	})
}

// TestI15_DeletedAccountsAreInheritedByNobody: another customer gets the domain of a deleted one, and its people get the same
// logins. Whatever the marks of the accounts say by then, none of them is linked or written, before the purge or after it.
func TestI15_DeletedAccountsAreInheritedByNobody(t *testing.T) {
	eachWorld(t, func(w *world) {
		x, y := w.tenant(4), w.tenant(1)
		y.org = x.org
		x.left(x.process())
		logins := make([]string, len(x.users))
		before := map[string]oktatest.User{}
		for i, id := range x.users {
			u, _ := x.org.User(x.accounts[id])
			logins[i], before[u.ID] = fmt.Sprint(u.Profile["login"]), u
		}
		x.delete()
		since := len(x.org.Log())
		x.exec(fmt.Sprintf(`UPDATE links SET applied = '{}' WHERE customer_id = '%s'`, x.id)) // as if something was to be written
		w.must(w.store.MarkDue(w.Context(), x.id, x.users[0], bridge.RankFlags, w.now()))
		x.work(x.process())
		if due := x.due(w.now().Add(bridge.UndoLife), bridge.RankLater); len(due) > 0 {
			w.Errorf("due of a deleted customer: %+v", due)
		}
		p := y.process()
		_, err := y.svc.TrustDomain(w.Context(), support, y.slug, x.slug+".example", "a test")
		w.must(err)
		mark := func(account, key, customer string) {
			y.org.SetProfile(account, map[string]any{oktasync.KeyAttr: key, oktasync.CustomerAttr: customer})
			before[account], _ = y.org.User(account)
		}
		parked := func(when, id string) {
			w.Helper()
			y.settled(p)
			if s := y.subject(id); s.Due == nil || s.Due.Parked != string(policy.LoginTaken) || s.Link != nil && s.Link.OktaID != "" {
				w.Errorf("%s: due %+v, link %+v", when, s.Due, s.Link)
			}
		}
		early := y.takes(logins[0])
		parked("before the purge", early)
		x.purged(p)
		y.later(2 * time.Hour)
		parked("after the purge", early)

		late := y.takes(logins[1])
		mark(x.accounts[x.users[1]], late, y.id) // somebody moves the account over by hand
		parked("an account that carries another customer's mark", late)
		y.later(2 * time.Hour)
		parked("and once more", late)

		foreign := y.takes(logins[2])
		strange := x.org.AddUser(map[string]any{"login": "made@elsewhere.example", "email": "made@elsewhere.example", "firstName": "Made", "lastName": "By hand"}, "ACTIVE")
		mark(strange, foreign, x.id)
		parked("an account that carries a deleted customer's mark", foreign)

		lost := y.takes(logins[3])
		y.org.SetProfile(x.accounts[x.users[3]], map[string]any{oktasync.KeyAttr: lost, oktasync.CustomerAttr: y.id})
		before[x.accounts[x.users[3]]], _ = y.org.User(x.accounts[x.users[3]])
		y.org.Inject(oktatest.Fault{Op: "create", Kind: oktatest.ResetAfter, Times: 1})
		parked("after a create whose answer was lost", lost)

		for id, was := range before {
			if now, _ := x.org.User(id); now.Status != was.Status || !now.LastUpdated.Equal(was.LastUpdated) {
				w.Errorf("account %s was %+v and is %+v", id, was, now)
			}
		}
		for _, e := range x.org.Log()[since:] {
			if _, theirs := before[e.UserID]; theirs && e.Token == oktatest.DefaultToken && e.Write() {
				w.Errorf("written: %s %s", e.Method, e.Path)
			}
		}
	})
}

// errDied is what a process sees of the store after its death.
var errDied = errors.New("the process died")

// dyingPurge is the store of a process that dies before or after one of its commits.
type dyingPurge struct {
	oktasync.Store
	lives int // steps that it sees through; 0: it dies before the next one, -1: after it
}

func (s *dyingPurge) step(do func() error) error {
	s.lives--
	if s.lives == -1 {
		return errDied
	}
	if err := do(); err != nil {
		return err
	}
	if s.lives < -1 {
		return errDied
	}
	return nil
}

func (s *dyingPurge) PurgeCustomer(ctx context.Context, id string, limit int) (n int, err error) {
	return n, s.step(func() error { n, err = s.Store.PurgeCustomer(ctx, id, min(limit, 100)); return err })
}

func (s *dyingPurge) EndPurge(ctx context.Context, id string, at time.Time, limit int, ev func(map[string]string) bridge.Event) (over bool, err error) {
	return over, s.step(func() error { over, err = s.Store.EndPurge(ctx, id, at, limit, ev); return err })
}

// TestI25_APurgeKilledAnywhere forgets many people with the process killed before and after commits: everybody is forgotten, every
// account is remembered, and that is told once.
func TestI25_APurgeKilledAnywhere(t *testing.T) {
	eachWorld(t, func(w *world) {
		v := w.vast(450)
		w.exec(fmt.Sprintf(`UPDATE users SET connected = FALSE WHERE customer_id = '%s'`, v.id), fmt.Sprintf(`UPDATE customers SET state = 'disconnected' WHERE id = '%s'`, v.id))
		v.delete()
		deaths := 0
		for life := 0; ; life++ {
			s := &dyingPurge{Store: v.store, lives: life%4 - 1}
			p := v.process()
			p.Store = s
			err := p.Purge(w.Context())
			for err == nil && s.lives > 0 {
				err = p.Purge(w.Context())
			}
			if errors.Is(err, errDied) {
				deaths++
			} else {
				w.must(err)
			}
			left, err := v.store.CustomersToPurge(w.Context())
			if w.must(err); len(left) == 0 {
				break
			}
			if life > 100 {
				w.Fatal("the purge does not end")
			}
			v.later(30 * time.Second)
		}
		h, err := v.store.Holdings(w.Context(), v.id)
		w.must(err)
		buried := 0
		for i := 1; i < v.n; i++ {
			found, err := v.store.Tombstoned(w.Context(), vastAccount(i), "")
			if w.must(err); found {
				buried++
			}
		}
		if h != (bridge.Holdings{}) || buried != v.n-1 || deaths < 5 {
			w.Errorf("after %d deaths %+v are kept, and %d of %d accounts are remembered", deaths, h, buried, v.n-1)
		}
		_, err = v.store.NumberEvents(w.Context(), 10_000)
		w.must(err)
		events, err := v.store.Events(w.Context(), v.id, 0, 10_000)
		w.must(err)
		var told []string
		for _, e := range events {
			if e.Kind == bridge.EventCustomerPurged {
				told = append(told, e.Data)
			}
		}
		if want := fmt.Sprintf(`{"accounts":"%d"}`, v.n); len(told) != 1 || told[0] != want {
			w.Errorf("told %v, want %s once", told, want)
		}
	})
}
