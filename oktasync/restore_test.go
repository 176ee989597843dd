package oktasync_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// forgotten are three customers of whom a backup does not know what happened after it.
type forgotten struct {
	acme, beta, gamma *idp
	anna, bert        string // removed after it
	carl              string // suspended by hand after it
	dora              string // removed before it, back after it
	fred              string // came after it
	gone              string // of the customer that was disconnected after it
	mark              int    // the end of Okta's log when the backup was put in place
}

// forget plays that story, and puts the backup in the place of the database.
func (r *restorable) forget() *forgotten {
	r.Helper()
	f := &forgotten{acme: r.customer("acme"), beta: r.customer("beta"), gamma: r.customer("gamma")}
	f.acme.pushMany(6)
	f.anna, f.bert, f.carl, f.dora = f.acme.push("anna"), f.acme.push("bert"), f.acme.push("carl"), f.acme.push("dora")
	f.beta.pushMany(2)
	f.gone = f.gamma.push("gina")
	f.gamma.pushMany(2)
	stop := r.records()
	r.quiet()
	f.acme.setActive(f.dora, false)
	r.eventually("dora is out", func() bool { return f.acme.account(f.dora).Status == "SUSPENDED" })
	r.quiet()
	stop()
	r.later(25 * time.Hour) // the limits on removals start anew

	backup := r.backup()
	for _, p := range []*idp{f.acme, f.beta, f.gamma} {
		p.again()
	}
	stop = r.records()
	f.acme.setActive(f.anna, false)
	f.acme.setActive(f.dora, true)
	r.quiet()
	f.acme.remove(f.bert)
	f.fred = f.acme.push("fred")
	r.org.SetStatus(f.acme.account(f.carl).ID, "SUSPENDED")
	if err := r.svc.RevokeToken(r.Context(), support, "beta", "idp"); err != nil {
		r.Fatal(err)
	}
	if _, _, err := r.svc.CreateToken(r.Context(), support, "beta", "second", 0); err != nil {
		r.Fatal(err)
	}
	r.disconnect("gamma")
	r.eventually("gamma is disconnected, and that on record", func() bool {
		return f.gamma.state().State == bridge.Disconnected && f.gamma.onRecord().State == bridge.Disconnected && len(f.beta.onRecord().Tokens) == 1
	})
	r.quiet()
	stop()
	for _, id := range []string{f.anna, f.bert} {
		r.want(id, f.acme.account(id), policy.Suspended, true, false)
	}
	r.want(f.dora, f.acme.account(f.dora), policy.Active, true, true)

	f.mark = r.mark()
	r.reopen(backup)
	return f
}

// onRecord is what Okta keeps of the customer.
func (p *idp) onRecord() bridge.CustomerRecord {
	p.r.Helper()
	found, err := p.r.client.FindRecord(p.r.Context(), bridge.RecordName+"-"+p.customer.ID)
	if err != nil || found == nil {
		return bridge.CustomerRecord{}
	}
	record, err := bridge.Decode[bridge.CustomerRecord](found.Text)
	if err != nil {
		p.r.Fatal(err)
	}
	return record
}

// TestI9_NothingIsWrittenUntilAPersonApproves restores a backup that has forgotten removals, a disconnect, people and tokens.
func TestI9_NothingIsWrittenUntilAPersonApproves(t *testing.T) {
	eachRestorable(t, func(r *restorable) {
		f := r.forget()
		r.records()
		review := f.acme.reviewed()
		f.beta.reviewed()
		f.gamma.reviewed()

		if w := r.notOurs(f.mark); len(w) > 0 {
			r.Fatalf("before anybody has approved, %v is written to Okta", w)
		}
		for _, p := range []*idp{f.acme, f.beta, f.gamma} {
			a := p.ask(p.secret)
			if wait, err := strconv.Atoi(a.Header().Get("Retry-After")); a.Code != http.StatusServiceUnavailable || err != nil || wait != 300 {
				r.Errorf("%s hears %d with Retry-After %q: %s", p.slug, a.Code, a.Header().Get("Retry-After"), a.Body)
			}
			if a := p.ask(strings.Repeat("0", len(p.secret))); a.Code != http.StatusUnauthorized {
				r.Errorf("with a wrong token, %s hears %d", p.slug, a.Code)
			}
		}
		out := map[string]bool{}
		for _, p := range review.Out {
			out[p.UserID] = p.ByUs
		}
		if byUs, there := out[f.carl]; len(out) != 3 || !out[f.anna] || !out[f.bert] || !there || byUs {
			r.Errorf("who stays out is told as %+v", review.Out)
		}
		if review.Counts.Waiting != 1 || len(review.Found.Lost) != 1 || review.Found.Lost[0] != f.fred || review.Cuts() {
			r.Errorf("the review of acme is %+v", review)
		}
		f.refused(r)
		f.acmeGoesOn(r)
		f.othersGoOn(r)
	})
}

// refused: nothing that a person may ask for moves a frozen customer, but the approval.
func (f *forgotten) refused(r *restorable) {
	r.Helper()
	ctx := r.Context()
	for what, do := range map[string]func() error{
		"a lock":      func() error { _, err := r.svc.Contain(ctx, support, "acme", f.anna, ""); return err },
		"a lifting":   func() error { _, err := r.svc.Uncontain(ctx, support, "acme", f.anna, ""); return err },
		"a removal":   func() error { _, _, err := r.svc.RemoveNow(ctx, support, "acme", f.carl, ""); return err },
		"an approval": func() error { _, _, err := r.svc.RemoveNow(ctx, support, "acme", f.dora, ""); return err },
		"a pause": func() error {
			_, err := r.svc.Pause(ctx, support, "acme", r.now().Add(time.Hour), bridge.KeepWrites)
			return err
		},
		"a plan":       func() error { _, err := r.svc.PlanDisconnect(ctx, support, "acme", bridge.Choices{}); return err },
		"a release":    func() error { _, err := r.svc.Unmanage(ctx, support, "acme", f.anna, ""); return err },
		"a rule":       func() error { _, err := r.svc.SetCustomer(ctx, support, "acme", bridge.CustomerRules{}); return err },
		"another slug": func() error { _, err := r.svc.ApproveRestore(ctx, support, "acme", "beta"); return err },
	} {
		if err := do(); bridge.CodeOf(err) != bridge.Conflict && bridge.CodeOf(err) != bridge.Invalid {
			r.Errorf("%s before the approval: %v", what, err)
		}
	}
	if _, err := r.svc.ApproveRestore(ctx, support, "acme", ""); err != nil || !f.acme.state().Frozen() {
		r.Errorf("asked what an approval would do: %v", err)
	}
}

// acmeGoesOn: the removed stay out until their identity provider says otherwise, what somebody did by hand stays, and nobody is
// removed for what the backup knows alone.
func (f *forgotten) acmeGoesOn(r *restorable) {
	r.Helper()
	f.acme.approve()
	f.acme.again()
	r.quiet()
	r.want(f.anna, f.acme.account(f.anna), policy.Suspended, true, false)
	r.want(f.bert, f.acme.account(f.bert), policy.Suspended, true, false)
	r.want(f.dora, f.acme.account(f.dora), policy.Active, true, true)
	if u := f.acme.subject(f.anna).User; u.Active || u.Removed.IsZero() {
		r.Errorf("anna stays out, and reads active=%t, removed at %s", u.Active, u.Removed)
	}
	people, err := r.store.HeldPeople(r.Context(), f.acme.customer.ID)
	if err != nil || len(people) != 1 || people[0].UserID != f.dora {
		r.Errorf("of acme wait %+v, %v", people, err)
	}
	if c := f.acme.state(); c.Epoch != 2 || c.State != bridge.Held {
		r.Errorf("acme goes on as %s in epoch %d", c.State, c.Epoch)
	}
	f.acme.setActive(f.anna, true)
	if u := f.acme.subject(f.carl).User; !u.Active {
		r.Error("whom somebody suspended by hand is written as removed")
	}
	f.acme.set(f.carl, map[string]any{"title": "by hand", "active": true})
	r.eventually("anna is back", func() bool { return f.acme.account(f.anna).Status == "ACTIVE" })
	r.quiet()
	r.want(f.bert, f.acme.account(f.bert), policy.Suspended, true, false)
	if s := f.acme.account(f.carl).Status; s != "SUSPENDED" {
		r.Errorf("whom somebody suspended by hand is %s", s)
	}
}

// othersGoOn: each of the others waits for an approval of its own.
func (f *forgotten) othersGoOn(r *restorable) {
	r.Helper()
	for _, p := range []*idp{f.beta, f.gamma} {
		if !p.state().Frozen() {
			r.Errorf("%s goes on without an approval", p.slug)
		}
	}
	if review := f.beta.reviewed(); len(review.Revoked) != 1 || len(review.LostTokens) != 1 {
		r.Errorf("tokens of beta: revoked since %+v, lost %v", review.Revoked, review.LostTokens)
	}
	f.beta.approve()
	if a := f.beta.ask(f.beta.secret); a.Code != http.StatusUnauthorized {
		r.Errorf("with a token that was revoked after the backup, beta hears %d", a.Code)
	}
	mark := r.mark()
	if review := f.gamma.reviewed(); !review.Cuts() || review.Counts.Waiting != 0 {
		r.Errorf("the review of gamma is %+v", review)
	}
	f.gamma.approve()
	r.eventually("gamma is disconnected again", func() bool { return f.gamma.state().State == bridge.Disconnected })
	r.quiet()
	r.want(f.gone, f.gamma.account(f.gone), policy.Active, false, true)
	if a := f.gamma.ask(f.gamma.secret); a.Code != http.StatusForbidden {
		r.Errorf("after its disconnect gamma hears %d", a.Code)
	}
	if w := r.notOurs(mark); w["suspend"]+w["deactivate"] > 0 {
		r.Errorf("disconnecting gamma again has written %v", w)
	}
	r.eventually("all is on record again", func() bool {
		return f.acme.onRecord().Epoch == 2 && f.gamma.onRecord().State == bridge.Disconnected && len(f.beta.onRecord().Tokens) == 0
	})
}
