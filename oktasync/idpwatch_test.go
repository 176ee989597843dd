package oktasync_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/oktasync/okta"
	"drawbridge/oktasync/oktatest"
)

// use sets the customer's identity provider in Okta.
func (p *idp) use(oktaIdP string) {
	p.r.Helper()
	if _, err := p.r.svc.SetCustomer(p.r.Context(), support, p.slug, bridge.CustomerRules{OktaIdP: &oktaIdP}); err != nil {
		p.r.Fatal(err)
	}
}

// signsIn waits until the person signs in so, as far as is known.
func (p *idp) signsIn(id string, want bridge.SignInWay) {
	p.r.Helper()
	p.r.eventually("the person signs in by "+string(want), func() bool { return p.subject(id).SignIn(p.r.now()) == want })
}

// idpReads is when Okta was asked for an identity provider.
func (r *rig) idpReads(id string) []time.Time {
	var at []time.Time
	for _, e := range r.org.Log() {
		if e.Op == "read_idp" && strings.HasSuffix(e.Path, id) {
			at = append(at, e.Start)
		}
	}
	return at
}

// TestIdPWatch follows a customer's identity provider through what can become of it.
func TestIdPWatch(t *testing.T) {
	each(t, func(r *rig) {
		acme, beta := r.customer("acme"), r.customer("beta")
		entra, other := r.org.AddIdP("Acme's Entra", "ACTIVE", "acme.example"), r.org.AddIdP("Beta's", "ACTIVE", "beta.example")
		id := acme.push("anna")
		r.start(oktasync.Options{})
		r.quiet()
		acme.signsIn(id, bridge.UnknownWay) // none is set
		acme.use(entra)
		beta.use(other)
		acme.signsIn(id, bridge.BySSO)
		if got := acme.subject(id).IdP; got == nil || got.Name != "Acme's Entra" || got.Unsuspends || got.Reactivates {
			r.Errorf("read %+v", got)
		}
		if in := r.org.CanSignIn(acme.account(id).ID); !in.OK {
			r.Errorf("in truth: %+v", in)
		}

		r.org.SetIdPConditions(entra, "UNSUSPEND", "REACTIVATE")
		r.later(time.Minute)
		r.eventually("the rules are read", func() bool { p := acme.subject(id).IdP; return p.Unsuspends && p.Reactivates })
		r.org.SetIdPStatus(entra, "INACTIVE")
		r.later(time.Minute)
		acme.signsIn(id, bridge.NoWay)
		r.org.SetIdPStatus(entra, "ACTIVE")
		r.later(time.Minute)
		acme.signsIn(id, bridge.BySSO)

		acme.use("0oaNNNNNNNNNNNNNNNNN")
		r.eventually("one that Okta does not have is missing", func() bool {
			p := acme.subject(id).IdP
			return p != nil && p.Status == bridge.IdPMissing
		})
		acme.signsIn(id, bridge.NoWay)
	})
}

// TestIdPWatch_failuresKeepWhatIsKnown: an identity provider that cannot be read keeps its last reading and its age, and
// delays no other.
func TestIdPWatch_failuresKeepWhatIsKnown(t *testing.T) {
	each(t, func(r *rig) {
		acme, beta := r.customer("acme"), r.customer("beta")
		entra, other := r.org.AddIdP("Acme's", "ACTIVE"), r.org.AddIdP("Beta's", "ACTIVE")
		anna, bert := acme.push("anna"), beta.push("bert")
		acme.use(entra)
		beta.use(other)
		r.start(oktasync.Options{})
		r.quiet()
		acme.signsIn(anna, bridge.BySSO)
		beta.signsIn(bert, bridge.BySSO)
		first := acme.subject(anna).IdP

		broken := r.org.Inject(oktatest.Fault{Op: "read_idp", Kind: oktatest.StatusCode, Status: 500, Match: func(q *http.Request) bool {
			return strings.HasSuffix(q.URL.Path, entra)
		}})
		defer broken()
		r.org.SetIdPStatus(entra, "INACTIVE")
		asked := len(r.idpReads(entra))
		r.later(50 * time.Minute)
		r.eventually("it was asked for once more", func() bool { return len(r.idpReads(entra)) > asked })
		r.eventually("the other one is read", func() bool { return beta.subject(bert).IdP.Read.Sub(first.Read) > 40*time.Minute })
		if got := acme.subject(anna); *got.IdP != *first || got.SignIn(r.now()) != bridge.BySSO {
			r.Errorf("after 50 minutes without an answer: %+v, signs in by %s; want the last reading, %+v", got.IdP, got.SignIn(r.now()), first)
		}
		r.later(20 * time.Minute)
		acme.signsIn(anna, bridge.UnknownWay)
		beta.signsIn(bert, bridge.BySSO)

		broken()
		r.later(time.Minute)
		acme.signsIn(anna, bridge.NoWay)
		reads := r.idpReads(entra)
		for i, at := range reads[1:] {
			if gap := at.Sub(reads[i]); gap < 59*time.Second {
				r.Errorf("it was asked for again after %s, want once a minute at most", gap)
			}
		}
	})
}

// TestCredentialsAreNoted: every answer with credentials tells how the account signs in, and no call is made for it.
func TestCredentialsAreNoted(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		id := acme.push("anna")
		r.settle()
		facts := func(when, provider string, password bridge.PasswordFact) {
			r.Helper()
			if l := acme.subject(id).Link; l.Provider != provider || l.Password != password {
				r.Errorf("%s: provider %q, password %q; want %q, %q", when, l.Provider, l.Password, provider, password)
			}
		}
		facts("created", "FEDERATION", bridge.PasswordNone)
		reads := 0
		for _, e := range r.org.Log() {
			if e.Op == "read" && e.Token == oktatest.DefaultToken {
				reads++
			}
		}
		if reads != 0 {
			r.Errorf("%d reads of an account that was only created", reads)
		}
		r.org.SetPassword(acme.account(id).ID, "Secret456")
		facts("not seen yet", "FEDERATION", bridge.PasswordNone)
		acme.set(id, map[string]any{"title": "Captain"})
		r.syncing(oktasync.Options{Org: mute{r.client}}, r.quiet)
		facts("an answer without credentials", "FEDERATION", bridge.PasswordNone)
		acme.set(id, map[string]any{"title": "Admiral"})
		r.settle()
		facts("updated", "OKTA", bridge.PasswordSet)
		acme.signsIn(id, bridge.ByPassword)
	})
}

// mute is an org whose answers to updates show no credentials.
type mute struct{ *okta.Client }

func (m mute) Update(ctx context.Context, id string, profile map[string]any) (oktasync.Account, error) {
	a, err := m.Client.Update(ctx, id, profile)
	a.Provider, a.Password = "", false
	return a, err
}

// TestIdPWatch_signInsWhileHeld: while a customer's removals wait, the last sign-in of its people is looked up; nothing else
// depends on whether that may be.
func TestIdPWatch_signInsWhileHeld(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		entra := r.org.AddIdP("Acme's", "ACTIVE")
		anna, others := acme.push("anna"), acme.pushMany(8)
		acme.use(entra)
		r.start(oktasync.Options{})
		r.quiet()
		acme.signsIn(anna, bridge.BySSO)
		if !r.org.SignInBySSO(acme.account(anna).ID, entra) {
			r.Fatal("anna cannot sign in")
		}
		asked := func() (n int) {
			for _, e := range r.org.Log() {
				if e.Op == "logs" {
					n++
				}
			}
			return n
		}
		r.later(time.Minute)
		r.eventually("it is read again", func() bool { return len(r.idpReads(entra)) == 2 })
		if n := asked(); n != 0 {
			r.Errorf("the System Log was read %d times although nothing waits", n)
		}

		allowed := r.org.Inject(oktatest.Fault{Op: "logs", Kind: oktatest.Forbidden403})
		for _, id := range others[:4] {
			acme.setActive(id, false)
		}
		r.eventually("removals wait", func() bool { _, err := r.svc.Hold(r.Context(), support, acme.slug); return err == nil })
		r.later(time.Minute)
		r.eventually("the System Log is asked for", func() bool { return asked() == 1 })
		r.eventually("the identity provider is read all the same", func() bool {
			return acme.subject(anna).IdP.Read.After(r.idpReads(entra)[2].Add(-time.Second))
		})
		if p := acme.subject(anna).IdP; !p.SignedIn.IsZero() || !p.SignInsRead.IsZero() {
			r.Errorf("without the right: %+v", p)
		}
		acme.set(anna, map[string]any{"title": "Captain"}) // nothing has stopped
		r.eventually("the title is written", func() bool { return acme.account(anna).Profile["title"] == "Captain" })
		allowed()
		r.later(5 * time.Minute)
		r.eventually("it is read again", func() bool { return len(r.idpReads(entra)) == 4 })
		if n := asked(); n != 1 {
			r.Errorf("the System Log was asked for %d times within ten minutes", n)
		}
		r.later(5 * time.Minute)
		r.eventually("the last sign-in is known", func() bool { return !acme.subject(anna).IdP.SignInsRead.IsZero() })
		v, err := r.svc.Hold(r.Context(), support, acme.slug)
		if err != nil || v.IdP == nil || v.IdP.SignedIn.IsZero() || r.now().Sub(v.IdP.SignedIn) < 11*time.Minute {
			r.Errorf("the card shows %+v, %v", v.IdP, err)
		}
		if lines := r.log.String(); strings.Contains(lines, "ALARM") || strings.Contains(lines, "identity providers failed") {
			r.Errorf("an alarm was raised:\n%s", lines)
		}
	})
}
