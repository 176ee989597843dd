package oktasync_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

// A suspension that was sent before the cut, and which Okta applies only after everything was read and the customer is called
// disconnected, is taken back by the second sweep, a day after the cut.
func TestI2_LateLandingIsReverted(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(5)
		gone := x.users[0]
		x.must(x.setActive(gone, false))
		sender := x.process()
		removal := x.due(x.now(), bridge.RankRevoke)[0]
		late := led(x.Context(), atRevocations, func(ctx context.Context) { sender.Reconcile(ctx, sender.lease, removal) })
		for late.at != toSend {
			late.step()
		}
		cut := x.disconnect(bridge.Choices{}).RunAt
		heir := x.process()
		x.work(heir)
		if s := x.state().State; s != bridge.Disconnecting {
			w.Errorf("the customer is %s while a call may still be sent", s)
		}
		x.until(x.state().VerifyFrom.Add(time.Second))
		x.work(heir)
		if s := x.state().State; s != bridge.Disconnected {
			w.Fatalf("the customer is %s after every account was read", s)
		}
		x.later(time.Minute)
		late.end()
		if x.in(gone) {
			w.Fatal("the call did not land: this test shows nothing")
		}
		x.until(cut.Add(bridge.SweepAgain - time.Minute))
		x.work(heir)
		x.rest(heir, func() {})
		if !x.in(gone) || x.now().Sub(cut) > bridge.SweepAgain+time.Hour {
			w.Errorf("%v after the cut the account is %s", x.now().Sub(cut), x.status(gone))
		}
		oktatest.Audit(w, x.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace})
	})
}

// leaver is a person of some kind when a customer leaves.
type leaver struct {
	kind   string
	before bool // can sign in at the cut
	after  bool // can sign in at rest
}

// TestI1_EverybodyStillSignsIn disconnects a customer with every kind of person, and asks Okta who can sign in, before and after.
func TestI1_EverybodyStillSignsIn(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(40)
		p := x.process()
		kinds := map[string]leaver{}
		next := 0
		people := func(kind string, n int, before, after bool) []string {
			ids := x.users[next : next+n]
			next += n
			for _, id := range ids {
				kinds[id] = leaver{kind, before, after}
			}
			return ids
		}
		remove := func(ids []string) {
			for _, id := range ids {
				x.must(x.setActive(id, false))
			}
			x.settled(p)
		}
		remove(people("deactivated", 1, false, false))
		x.later(bridge.DefaultGrace + 24*time.Hour)
		x.settled(p)
		remove(people("left on Tuesday", 1, false, false))
		x.later(5 * 24 * time.Hour)

		byHand := people("suspended by hand", 1, false, false)[0]
		x.org.SetStatus(x.accounts[byHand], string(policy.Suspended))
		_, err := x.svc.Contain(x.Context(), support, x.slug, people("contained", 1, false, false)[0], "stolen laptop")
		x.must(err)
		alone := people("unmanaged", 1, true, true)[0]
		_, err = x.svc.Unmanage(x.Context(), support, x.slug, alone, "")
		x.must(err)
		x.must(x.setActive(alone, false))
		stuck := people("stuck", 1, true, true)[0]
		x.org.SetSource(x.accounts[stuck], "an app")
		password := people("with a password", 1, true, true)[0]
		x.org.SetPassword(x.accounts[password], "a password")
		for _, id := range []string{stuck, password} {
			x.must(x.change(id, map[string]any{"title": "Captain"}))
		}
		x.settled(p)
		remove(people("suspended in the burst", 2, false, true))
		x.later(time.Minute)
		remove(people("held", 8, true, true))
		people("active by SSO", 40-next, true, true)

		x.mustBe(kinds, "before", func(l leaver) bool { return l.before })
		x.disconnect(bridge.Choices{})
		x.rest(p, func() {})
		x.mustBe(kinds, "after", func(l leaver) bool { return l.after })
		_, rows := x.rows()
		for _, r := range rows {
			k := kinds[r.UserID]
			unknown := k.kind == "stuck" || k.kind == "suspended by hand" // one is for a person to look at, the other was never read
			if !unknown && r.Outcome.LetsIn() != k.after {
				w.Errorf("%s: the plan says %s", k.kind, r.Outcome)
			}
		}
		if s := x.state().State; s != bridge.Disconnected {
			w.Errorf("the customer is %s", s)
		}
		for _, wrong := range x.found {
			w.Errorf("%s", wrong)
		}
		oktatest.Audit(w, x.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace})
	})
}

// mustBe checks of everybody whether they can sign in.
func (t *tenant) mustBe(kinds map[string]leaver, when string, want func(leaver) bool) {
	t.Helper()
	for id, l := range kinds {
		if got := t.in(id); got != want(l) {
			t.world.Errorf("%s, %s: can sign in: %t (%s)", l.kind, when, got, t.status(id))
		}
	}
}

// settled works until nobody is due within the minute.
func (t *tenant) settled(p *process) {
	t.Helper()
	for range 30 {
		t.work(p)
		due := t.due(t.now().Add(time.Minute), bridge.RankFlags)
		due = slices.DeleteFunc(due, func(d bridge.Due) bool { return d.Parked != "" })
		if len(due) == 0 {
			return
		}
		t.later(2 * time.Second)
	}
	t.Fatalf("it does not settle: %+v", t.due(t.now().Add(time.Minute), bridge.RankFlags))
}

// An undo revokes nobody, whoever was removed before the disconnect: they all wait in one hold, which neither empties nor
// closes by itself, and whoever a person then answers for loses access, once.
func TestI2_AnUndoRevokesNobody(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(24)
		p := x.process()
		applied, waiting := x.users[:2], x.users[2:8]
		for _, set := range [][]string{applied, waiting} {
			for _, id := range set {
				x.must(x.setActive(id, false))
			}
			x.settled(p)
			x.later(time.Minute)
		}
		x.disconnect(bridge.Choices{})
		x.rest(p, func() {})
		began := len(x.begun)
		undone, err := x.svc.UndoDisconnect(x.Context(), support, x.slug, x.slug)
		x.must(err)
		x.must(p.CloseEmptyHolds(x.Context())) // nobody is back yet: the hold only looks empty
		for _, pass := range []time.Duration{0, time.Hour, 30 * 24 * time.Hour, 60 * 24 * time.Hour} {
			x.later(pass)
			x.work(p)
			x.must(p.CloseEmptyHolds(x.Context()))
			x.mustWait(slices.Concat(applied, waiting))
		}
		if len(x.begun) != began || undone.Waiting != 8 {
			w.Errorf("an undo of whom %d wait began %d revocations", undone.Waiting, len(x.begun)-began)
		}
		for _, a := range []bridge.Actor{support, second} {
			_, err = x.svc.AnswerHold(x.Context(), a, x.slug, bridge.Left, "")
			x.must(err)
		}
		x.settled(p)
		for i, id := range x.users {
			if got := x.in(id); got != (i >= 8) {
				w.Errorf("after the answer person %d can sign in: %t", i, got)
			}
		}
		if s := x.state().State; s != bridge.Live {
			w.Errorf("the connection is %s after the answer", s)
		}
		oktatest.Audit(w, x.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace})
	})
}

// mustWait checks that exactly these wait in the hold, and that everybody can sign in.
func (t *tenant) mustWait(ids []string) {
	t.Helper()
	v, err := t.svc.Hold(t.Context(), support, t.slug)
	t.must(err)
	var waiting []string
	for _, h := range v.People {
		waiting = append(waiting, h.UserID)
	}
	slices.Sort(waiting)
	if !slices.Equal(waiting, slices.Sorted(slices.Values(ids))) {
		t.world.Errorf("at %v %d wait, want %d", t.now(), len(waiting), len(ids))
	}
	for i, id := range t.users {
		if !t.in(id) {
			t.world.Errorf("at %v person %d cannot sign in: %s", t.now(), i, t.status(id))
		}
	}
}

// TestI11_UndoneBeforeTheRelease: a disconnect is taken back before it has released somebody whose removal it stopped, and whom the
// syncer has looked at meanwhile. The removal waits in the hold like the others, and is carried out once a person lets it through.
func TestI11_UndoneBeforeTheRelease(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(5)
		p, id := x.process(), x.users[0]
		x.must(x.setActive(id, false))
		x.disconnect(bridge.Choices{})
		for _, d := range x.due(x.now(), bridge.RankLater) {
			p.Reconcile(x.Context(), p.lease, d)
		}
		if s := x.subject(id); s.Due == nil || s.Due.Rank != bridge.RankRevoke || !s.User.Connected {
			w.Errorf("before its release somebody is due %+v", s.Due)
		}
		_, err := x.svc.UndoDisconnect(x.Context(), support, x.slug, x.slug)
		x.must(err)
		x.rest(p, func() {})
		if !x.in(id) {
			w.Error("the undo took access")
		}
		for _, a := range []bridge.Actor{support, second} {
			if _, err := x.svc.AnswerHold(x.Context(), a, x.slug, bridge.Left, ""); err == nil {
				break
			}
		}
		x.later(time.Minute)
		x.work(p)
		if s := x.status(id); s != policy.Suspended {
			w.Errorf("the account of a removal that was let through is %s", s)
		}
	})
}
