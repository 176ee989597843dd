package oktasync_test

import (
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
)

// convert disconnects acme with everybody to be converted to a password, and waits until that is verified.
func (r *rig) convert(acme *idp, ids []string) {
	r.Helper()
	p, err := r.svc.PlanDisconnect(r.Context(), support, "acme", bridge.Choices{SignIn: bridge.ResetPassword})
	if err != nil {
		r.Fatal(err)
	}
	if p.Conversions != len(ids) || p.NoSignIn != 0 {
		r.Errorf("the plan converts %d people and leaves %d without a sign-in, want %d and 0", p.Conversions, p.NoSignIn, len(ids))
	}
	if _, err := r.svc.ConfirmDisconnect(r.Context(), support, "acme", bridge.Confirmation{Number: p.Number, Typed: "acme"}); err != nil {
		r.Fatal(err)
	}
	r.eventually("acme is disconnected", func() bool {
		c, err := r.store.Customer(r.Context(), "acme")
		return err == nil && c.State == bridge.Disconnected
	})
}

// states are those of the conversions, in the order of the people's coming.
func (r *rig) states() []bridge.ConversionState {
	r.Helper()
	v, err := r.svc.Conversions(r.Context(), support, "acme")
	if err != nil {
		r.Fatal(err)
	}
	out := make([]bridge.ConversionState, len(v.People))
	for i, c := range v.People {
		out[i] = c.State
	}
	return out
}

// TestConversion: nobody gets a mail before half an hour has passed, each wave gets its own, whoever follows the link is done,
// and whoever does not can be sent another one.
func TestConversion(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(5)
		r.settle()
		stop := r.start(oktasync.Options{Passwords: r.client})
		defer stop()
		r.convert(acme, ids)
		since := r.mark()
		if _, err := r.svc.StartWave(r.Context(), support, "acme", 3, r.now().Add(time.Minute)); bridge.CodeOf(err) != bridge.Invalid {
			r.Errorf("a wave a minute after the cut: %v", err)
		}
		w, err := r.svc.StartWave(r.Context(), support, "acme", 3, time.Time{})
		if err != nil || w.People != 3 {
			r.Fatalf("a wave of 3: %+v, %v", w, err)
		}
		r.later(29 * time.Minute)
		r.sweepOnce()
		if got := r.writes(since); len(got) != 0 {
			r.Errorf("29 minutes after the cut Okta got %v", got)
		}
		r.later(2 * time.Minute)
		sent := func(n int) func() bool {
			return func() bool {
				k := 0
				for _, s := range r.states() {
					if s == bridge.ConversionSent {
						k++
					}
				}
				return k == n
			}
		}
		r.eventually("the first wave has its mails", sent(3))
		if got := r.writes(since); got["reset_password"] != 3 || len(got) != 1 {
			r.Errorf("writes to Okta: %v, want 3 mails and nothing else", got)
		}
		if in := r.org.CanSignIn(acme.account(ids[3]).ID); in.How == "password" || acme.account(ids[3]).Status != oktatest.StatusActive {
			r.Errorf("somebody outside the wave: %+v", in)
		}
		r.org.SetPassword(acme.account(ids[0]).ID, "a new password 1!")
		if _, err := r.svc.Resend(r.Context(), support, "acme", ids[1]); err != nil {
			r.Fatal(err)
		}
		r.eventually("the second mail is out", func() bool { return r.writes(since)["reset_password"] == 4 })
		r.later(11 * time.Minute)
		r.eventually("who has set a password is done", func() bool { return r.states()[0] == bridge.ConversionDone && r.states()[1] == bridge.ConversionSent })
		if in := r.org.CanSignIn(acme.account(ids[0]).ID); !in.OK || in.How != "password" {
			r.Errorf("after the password was set: %+v", in)
		}
		if _, err := r.svc.Resend(r.Context(), support, "acme", ids[0]); bridge.CodeOf(err) != bridge.Conflict {
			r.Errorf("a mail for somebody who is done: %v", err)
		}
		if _, err := r.svc.StartWave(r.Context(), support, "acme", 10, r.now().Add(time.Hour)); err != nil {
			r.Fatal(err)
		}
		if n, err := r.svc.StopWaves(r.Context(), support, "acme"); err != nil || n != 2 {
			r.Errorf("stopping the second wave: %d people wait again, %v; want 2", n, err)
		}
		r.later(2 * time.Hour)
		r.sweepOnce()
		if got := r.writes(since)["reset_password"]; got != 4 {
			r.Errorf("%d mails after the stop, want 4", got)
		}
	})
}

// sweepOnce gives a running syncer the time for a round of its chores.
func (r *rig) sweepOnce() {
	r.Helper()
	_, err := r.store.ChangeCustomer(r.Context(), "acme", func(c *bridge.Customer) (bridge.Event, error) {
		return bridge.Event{ID: newID(), CustomerID: c.ID, At: r.now(), Kind: bridge.EventCustomerChanged, Actor: support.Name, Data: "{}"}, nil
	})
	if err != nil {
		r.Fatal(err)
	}
	c, err := r.store.Customer(r.Context(), "acme")
	if err != nil {
		r.Fatal(err)
	}
	rounds := 0
	r.eventually("the event is numbered, twice over", func() bool {
		events, err := r.store.Events(r.Context(), c.ID, 0, 10_000)
		if err == nil && len(events) > 0 && events[len(events)-1].Kind == bridge.EventCustomerChanged {
			rounds++
		}
		return rounds > 20
	})
}

// TestDisconnect_AContactIsTheSecondPerson: the customer's own admin, who has read the plan's page, may agree to the many mails.
func TestDisconnect_AContactIsTheSecondPerson(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(bridge.ManyConversions + 1)
		contact, err := x.svc.AddContact(x.Context(), support, x.slug, bridge.NewContact{Name: "Carla Admin", Email: "carla@customer.example"})
		x.must(err)
		p, err := x.svc.PlanDisconnect(x.Context(), support, x.slug, bridge.Choices{SignIn: bridge.ResetPassword})
		x.must(err)
		confirm := func(contact, hash string) error {
			_, err := x.svc.ConfirmDisconnect(x.Context(), support, x.slug, bridge.Confirmation{Number: p.Number, Typed: x.slug, Hash: hash, Contact: contact})
			return err
		}
		for _, try := range []struct {
			what, contact, hash string
			want                bridge.Code
		}{
			{"nobody has confirmed it", contact.Email, p.Hash[:12], bridge.Conflict},
			{"support confirms it", "", "", bridge.NeedsPerson},
			{"it is no contact", "otto@customer.example", p.Hash[:12], bridge.NotFound},
			{"the contact has told no hash", contact.Email, "", bridge.Invalid},
			{"the contact has read another plan", contact.Email, "0123456789ab", bridge.Conflict},
			{"the contact agrees", contact.Email, p.Hash[:12], ""},
		} {
			if got := bridge.CodeOf(confirm(try.contact, try.hash)); got != try.want {
				w.Errorf("%s: %q, want %q", try.what, got, try.want)
			}
		}
		p, _ = x.rows()
		if p.State != bridge.PlanRunning || p.SecondBy != "contact:"+contact.ID || p.ConfirmedBy != support.Name {
			w.Errorf("the plan is %s, confirmed by %s and %s", p.State, p.ConfirmedBy, p.SecondBy)
		}
	})
}
