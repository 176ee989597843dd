package oktasync_test

import (
	"slices"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/policy"
	"drawbridge/scim"
)

var second = bridge.Actor{Name: "support:second", Role: bridge.Operator}

// stormed is a customer of so many people of whom those from the fourth on were removed at once, and wait.
func (r *rig) stormed(people, removed int) (acme *idp, ids, waiting []string) {
	r.Helper()
	acme = r.customer("acme")
	ids = acme.pushMany(people)
	r.settle()
	waiting = ids[3 : 3+removed]
	for _, id := range waiting {
		acme.setActive(id, false)
	}
	r.syncing(oktasync.Options{}, func() {
		r.eventually("a hold is open", func() bool {
			_, err := r.svc.Hold(r.Context(), support, "acme")
			return err == nil
		})
		r.quiet()
	})
	for _, id := range waiting { // the few that the limits let through are of no interest
		if acme.account(id).Status != string(policy.Active) {
			waiting = slices.DeleteFunc(slices.Clone(waiting), func(s string) bool { return s == id })
		}
	}
	return acme, ids, waiting
}

func (r *rig) answer(a bridge.Actor, answer bridge.HoldAnswer) bridge.HoldOutcome {
	r.Helper()
	out, err := r.svc.AnswerHold(r.Context(), a, "acme", answer, "")
	if err != nil {
		r.Fatal(err)
	}
	return out
}

func (r *rig) view() bridge.HoldView {
	r.Helper()
	v, err := r.svc.Hold(r.Context(), support, "acme")
	if err != nil {
		r.Fatal(err)
	}
	return v
}

func (r *rig) customerState() bridge.State {
	r.Helper()
	c, err := r.store.Customer(r.Context(), "acme")
	if err != nil {
		r.Fatal(err)
	}
	return c.State
}

// The answer "left" removes the access of exactly those who waited, once; who is removed after it waits for another one.
func TestI3_AnAnswerCoversExactlyItsSet(t *testing.T) {
	each(t, func(r *rig) {
		acme, _, waiting := r.stormed(34, 8)
		if v := r.view(); len(v.People) != len(waiting) || r.customerState() != bridge.Held {
			r.Fatalf("%d wait, want %d; the connection is %s", len(v.People), len(waiting), r.customerState())
		}
		set := r.view().Set
		acme.setActive(waiting[0], true)
		if _, err := r.svc.AnswerHold(r.Context(), support, "acme", bridge.Left, set); bridge.CodeOf(err) != bridge.Conflict {
			r.Errorf("an answer about another set: %v, want a conflict", err)
		}
		out := r.answer(support, bridge.Left)
		if out.People != len(waiting)-1 || !out.Closed || r.customerState() != bridge.Live {
			r.Errorf("outcome %+v, the connection is %s", out, r.customerState())
		}
		acme.setActive(waiting[1], true) // taken back before Okta was told
		acme.setActive(waiting[1], false)
		r.settle()
		r.want("withdrawn", acme.account(waiting[0]), policy.Active, true, true)
		for _, id := range waiting[2:] {
			r.want("answered", acme.account(id), policy.Suspended, true, false)
		}
		if s := acme.subject(waiting[1]); s.Approved {
			r.Error("a later removal of the same person counts as answered")
		}
	})
}

// Answered removals leave the counts: what comes after them is measured as if they had never been, and a hold whose
// removals were answered does not open again because of them.
func TestI3_AnsweredLeaveTheCounts(t *testing.T) {
	each(t, func(r *rig) {
		acme, ids, waiting := r.stormed(34, 8)
		r.answer(support, bridge.Left)
		r.settle()
		r.later(2 * time.Hour) // past the few that the limits had let through
		acme.setActive(ids[20], false)
		r.settle()
		r.want("removed after the answer", acme.account(ids[20]), policy.Suspended, true, false)
		c, err := r.store.Removals(r.Context(), acme.customer.ID, r.now())
		if err != nil || c.Day > 1+8-len(waiting) || c.Hour != 1 || c.StartedLastHour != 1 {
			r.Errorf("counts %+v, %v: those whom a person answered for are in them", c, err)
		}
		if r.customerState() != bridge.Live {
			r.Errorf("the connection is %s", r.customerState())
		}
	})
}

// Above 25 people or a quarter of the customer one person alone lets nobody through.
func TestI3_ManyNeedASecondPerson(t *testing.T) {
	each(t, func(r *rig) {
		acme, ids, waiting := r.stormed(24, 12)
		first := r.answer(support, bridge.Left)
		if first.Waits == nil || first.People != 0 || first.Closed {
			r.Fatalf("the first answer led to %+v", first)
		}
		late := ids[20]
		acme.setActive(late, false)
		acme.setActive(waiting[0], true)
		if again := r.answer(support, bridge.Left); again.Waits == nil || again.Waits.At.Sub(first.Waits.At).Abs() > time.Millisecond {
			r.Errorf("the same person again: %+v", again)
		}
		r.settle()
		for _, id := range waiting {
			r.want("proposed", acme.account(id), policy.Active, true, true)
		}
		out := r.answer(second, bridge.Left)
		if out.Waits != nil || out.People != len(waiting)-1 || out.Closed {
			r.Errorf("the second person's answer led to %+v", out)
		}
		r.settle()
		for _, id := range waiting[1:] {
			r.want("confirmed", acme.account(id), policy.Suspended, true, false)
		}
		r.want("withdrawn", acme.account(waiting[0]), policy.Active, true, true)
		r.want("removed after the proposal", acme.account(late), policy.Active, true, true)
	})
}

// Where nobody else is there, the one who proposed may confirm an hour later.
func TestI3_AlonePersonConfirmsAnHourLater(t *testing.T) {
	each(t, func(r *rig) {
		acme, _, waiting := r.stormed(24, 12)
		if r.answer(support, bridge.Left).Waits == nil {
			r.Fatal("one person alone let half of the customer through")
		}
		r.later(59 * time.Minute)
		if r.answer(support, bridge.Left).Waits == nil {
			r.Fatal("the same person confirmed within the hour")
		}
		r.later(2 * time.Minute)
		if out := r.answer(support, bridge.Left); out.People != len(waiting) {
			r.Errorf("after an hour: %+v", out)
		}
		r.settle()
		r.want("confirmed alone", acme.account(waiting[0]), policy.Suspended, true, false)
	})
}

// The answer "mistake" makes everybody who waited active again, deleted or not, and a repeat is another removal.
func TestI13_AMistakeIsTakenBackByAPerson(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(40)
		r.settle()
		r.svcHold(acme)
		for _, id := range ids[:5] {
			acme.setActive(id, false)
		}
		for _, id := range ids[5:10] {
			acme.remove(id)
		}
		version := acme.subject(ids[0]).User.Version
		other := acme.attrs("u009", true) // somebody else bears the name by then
		other["externalId"] = "another"
		if _, err := acme.backend.Create(r.Context(), r.rt, scim.Draft{Attributes: other}, 0); err != nil {
			r.Fatal(err)
		}
		out := r.answer(support, bridge.Mistake)
		if out.People != 9 || !slices.Equal(out.Gone, []string{ids[9]}) {
			r.Errorf("outcome %+v, want 9 people and %s gone", out, ids[9])
		}
		r.settle()
		for _, id := range ids[:9] {
			s := acme.subject(id)
			res, err := acme.backend.Get(r.Context(), r.rt, id, 0)
			if err != nil || !s.User.Active || !s.User.Removed.IsZero() {
				r.Fatalf("taken back: %+v, %v", s.User, err)
			}
			if doc, err := (bridge.User{Doc: res.Doc}).Attributes(); err != nil || doc["active"] != true {
				r.Errorf("the identity provider reads %v, %v", doc["active"], err)
			}
			r.want("taken back", acme.account(id), policy.Active, true, true)
		}
		if got := acme.subject(ids[0]).User.Version; got != version+1 {
			r.Errorf("version %d after %d", got, version)
		}
		c, err := r.store.Removals(r.Context(), acme.customer.ID, r.now())
		if err != nil || c.Active != 40 || c.Hour != 1 {
			r.Errorf("counts %+v, %v; want 40 active and the one who stays deleted", c, err)
		}
		acme.setActive(ids[0], false)
		if s := acme.subject(ids[0]); s.Approved || s.User.Removed.IsZero() {
			r.Errorf("a repeat is no removal of its own: %+v", s.User)
		}
	})
}

// svcHold opens the customer's hold as the syncer would.
func (r *rig) svcHold(p *idp) {
	r.Helper()
	h := bridge.Hold{ID: newID(), CustomerID: p.customer.ID, Opened: r.now(), Code: string(policy.OverLimit), Sentence: "Many people were removed."}
	ev := bridge.Event{ID: newID(), CustomerID: p.customer.ID, At: r.now(), Kind: bridge.EventHoldOpened, Actor: "drawbridge", Data: "{}"}
	if _, err := r.store.OpenHold(r.Context(), h, ev); err != nil {
		r.Fatal(err)
	}
}

// A hold does not lapse: when the counts have long fallen below the limits, those who waited still have access.
func TestI3_AHoldNeverLapses(t *testing.T) {
	each(t, func(r *rig) {
		acme, _, waiting := r.stormed(34, 8)
		for range 3 {
			r.later(8 * 24 * time.Hour)
			r.settle()
		}
		for _, id := range waiting {
			r.want("weeks later", acme.account(id), policy.Active, true, true)
		}
		if v := r.view(); len(v.People) != len(waiting) {
			r.Errorf("%d wait, want %d", len(v.People), len(waiting))
		}
	})
}

// One person's access can be removed ahead of the rest, who go on waiting.
func TestI11_OnePersonAheadOfTheRest(t *testing.T) {
	each(t, func(r *rig) {
		acme, ids, waiting := r.stormed(34, 8)
		active := ids[30]
		for id, want := range map[string]bridge.RemoveOutcome{waiting[0]: bridge.LetThrough, active: bridge.RemovedByHand} {
			if _, how, err := r.svc.RemoveNow(r.Context(), support, "acme", id, "dismissed"); err != nil || how != want {
				r.Fatalf("remove now: %s, %v; want %s", how, err, want)
			}
		}
		r.settle()
		r.want("ahead of the rest", acme.account(waiting[0]), policy.Suspended, true, false)
		r.want("removed by support", acme.account(active), policy.Suspended, true, false)
		for _, id := range waiting[1:] {
			r.want("the rest", acme.account(id), policy.Active, true, true)
		}
		acme.setActive(active, true) // a newer write of the owner
		r.settle()
		r.want("given access again by its IdP", acme.account(active), policy.Active, true, true)
	})
}

// A lock outranks a hold, a pause, a disconnect and the identity provider; only a person lifts it, and then what it took
// comes back.
func TestI13_OnlyAPersonLiftsALock(t *testing.T) {
	each(t, func(r *rig) {
		acme, ids, waiting := r.stormed(34, 8)
		held, active, gone := waiting[0], ids[30], ids[31]
		lock := func(id string) {
			if _, err := r.svc.Contain(r.Context(), support, "acme", id, "stolen laptop"); err != nil {
				r.Fatal(err)
			}
		}
		lift := func(id string) {
			if _, err := r.svc.Uncontain(r.Context(), support, "acme", id, ""); err != nil {
				r.Fatal(err)
			}
		}
		lock(held)
		lock(active)
		since := r.mark()
		r.settle()
		if w := r.writes(since); w["suspend"] != 2 || w["end_sessions"] != 2 {
			r.Errorf("writes to lock two people out: %v", w)
		}
		r.want("locked while held", acme.account(held), policy.Suspended, true, false)
		r.want("locked", acme.account(active), policy.Suspended, true, true)
		acme.set(active, map[string]any{"title": "Captain"})
		acme.setActive(active, false)
		acme.setActive(active, true)
		r.settle()
		r.want("written by its IdP", acme.account(active), policy.Suspended, true, true)
		lift(held)
		r.settle()
		r.want("unlocked, and waits again", acme.account(held), policy.Active, true, false)

		r.state(bridge.Paused)
		lock(gone)
		acme.set(gone, map[string]any{"title": "Admiral"})
		r.locks(gone)
		if a := acme.account(gone); a.Status != string(policy.Suspended) || a.Profile["title"] != nil {
			r.Errorf("locked while paused: %s, title %v", a.Status, a.Profile["title"])
		}
		r.state(bridge.Disconnected)
		r.settle()
		r.want("locked after a disconnect", acme.account(active), policy.Suspended, true, true)
		lift(active)
		lift(gone)
		r.settle()
		for _, id := range []string{active, gone} {
			if got := acme.account(id).Status; got != string(policy.Active) {
				r.Errorf("unlocked after a disconnect: %s", got)
			}
		}
	})
}

// state sets the customer's state as a person would.
func (r *rig) state(s bridge.State) {
	r.Helper()
	_, err := r.store.ChangeCustomer(r.Context(), "acme", func(c *bridge.Customer) (bridge.Event, error) {
		c.State = s
		return bridge.Event{}, nil
	})
	if err != nil {
		r.Fatal(err)
	}
}

// locks syncs until an account is seen suspended, for customers of whom nothing settles.
func (r *rig) locks(id string) {
	r.Helper()
	r.syncing(oktasync.Options{}, func() {
		r.eventually("the lock is in force and read back", func() bool {
			c, err := r.store.Customer(r.Context(), "acme")
			if err != nil {
				r.Fatal(err)
			}
			s, err := r.store.Subject(r.Context(), c.ID, id)
			return err == nil && s.Link != nil && s.Link.Status == policy.Suspended && !s.Link.TakenAt.IsZero() && s.Open == nil
		})
	})
}
