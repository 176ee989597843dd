package bridge_test

import (
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/policy"
	"drawbridge/scim"
)

// clockedEach runs a test on either store with a house whose time the test sets.
func clockedEach(t *testing.T, test func(h *clocked, acme scim.Backend)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, secret := clockedHouse(t, s)
		test(h, h.backend("acme", secret))
	})
}

// people pushes n people who have accounts in Okta, and returns their ids.
func (h *clocked) people(b scim.Backend, n int) []string {
	h.Helper()
	ids := make([]string, n)
	for i := range ids {
		name := string(rune('a'+i)) + "@acme.example"
		ids[i] = h.create(b, person(name, name, true), 0)
		h.link(ids[i], bridge.Link{LoginKey: name, OktaID: "00u" + name, Status: policy.Active, Provider: "OKTA", Password: bridge.PasswordSet})
	}
	return ids
}

func (h *clocked) link(id string, l bridge.Link) {
	h.Helper()
	c, err := h.store.Customer(h.Context(), "acme")
	if err == nil {
		l.UserID, l.CustomerID, l.Read = id, c.ID, h.at
		err = h.store.SaveLink(h.Context(), l, nil)
	}
	if err != nil {
		h.Fatal(err)
	}
}

func (h *clocked) leaves(b scim.Backend, id string) {
	h.Helper()
	if err := b.Delete(h.Context(), h.rt, id, nil); err != nil {
		h.Fatal(err)
	}
}

func (h *clocked) connection() bridge.State {
	h.Helper()
	c, err := h.store.Customer(h.Context(), "acme")
	if err != nil {
		h.Fatal(err)
	}
	return c.State
}

// TestI3_APauseIsNoWayAroundTheHold: what was removed during a pause, however long, waits for an answer if it is many.
func TestI3_APauseIsNoWayAroundTheHold(t *testing.T) {
	for _, tt := range []struct {
		name    string
		removed int
		want    bridge.State
	}{{"a few", 2, bridge.Live}, {"many", 6, bridge.Held}} {
		t.Run(tt.name, func(t *testing.T) {
			clockedEach(t, func(h *clocked, acme scim.Backend) {
				ids := h.people(acme, 12)
				if _, err := h.svc.Pause(h.Context(), support, "acme", h.at.Add(20*24*time.Hour), bridge.KeepWrites); err != nil {
					h.Fatal(err)
				}
				for _, id := range ids[:tt.removed] {
					h.leaves(acme, id)
				}
				h.at = h.at.Add(9 * 24 * time.Hour) // no window of the limits reaches back so far
				r, err := h.svc.Resume(h.Context(), support, "acme", "")
				if err != nil || r.Removals() != tt.removed || r.Held != (tt.want == bridge.Held) || h.connection() != bridge.Paused {
					h.Errorf("before it starts: %+v, %v, the connection is %s", r, err, h.connection())
				}
				if _, err := h.svc.Resume(h.Context(), support, "acme", "globex"); bridge.CodeOf(err) != bridge.Invalid {
					h.Errorf("another customer's slug: %v", err)
				}
				h.at = h.at.Add(12 * 24 * time.Hour)
				if err := h.svc.RunDue(h.Context()); err != nil || h.connection() != tt.want {
					h.Errorf("when its time was over the connection is %s, %v; want %s", h.connection(), err, tt.want)
				}
				if _, err := h.svc.Resume(h.Context(), support, "acme", "acme"); bridge.CodeOf(err) != bridge.Conflict {
					h.Errorf("resuming what is not paused: %v", err)
				}
			})
		})
	}
}

// TestDisconnect_Confirm: who approves a plan has read it, and nobody is worse off than it says.
func TestDisconnect_Confirm(t *testing.T) {
	clockedEach(t, func(h *clocked, acme scim.Backend) {
		ids := h.people(acme, 3)
		plan := func(c bridge.Choices) bridge.Plan {
			h.Helper()
			p, err := h.svc.PlanDisconnect(h.Context(), support, "acme", c)
			if err != nil {
				h.Fatal(err)
			}
			return p
		}
		confirm := func(c bridge.Confirmation) bridge.Code {
			_, err := h.svc.ConfirmDisconnect(h.Context(), support, "acme", c)
			return bridge.CodeOf(err)
		}
		p := plan(bridge.Choices{})
		if p.NoSignIn != 0 || p.Totals[policy.StaysActive] != 3 {
			h.Errorf("with passwords: %+v", p)
		}
		for name, tt := range map[string]struct {
			c    bridge.Confirmation
			want bridge.Code
		}{
			"another slug":   {bridge.Confirmation{Number: p.Number, Typed: "globex"}, bridge.Invalid},
			"nothing typed":  {bridge.Confirmation{Number: p.Number}, bridge.Invalid},
			"another hash":   {bridge.Confirmation{Number: p.Number, Typed: "acme", Hash: "0123456789"}, bridge.Conflict},
			"a short hash":   {bridge.Confirmation{Number: p.Number, Typed: "acme", Hash: p.Hash[:7]}, bridge.Conflict},
			"no such plan":   {bridge.Confirmation{Number: 9, Typed: "acme"}, bridge.NotFound},
			"no plan at all": {bridge.Confirmation{Number: -1, Typed: "acme"}, bridge.NotFound},
		} {
			if got := confirm(tt.c); got != tt.want || h.connection() != bridge.Live {
				h.Errorf("%s: %q, want %q; the connection is %s", name, got, tt.want, h.connection())
			}
		}
		h.link(ids[0], bridge.Link{LoginKey: "a@acme.example", OktaID: "00ua@acme.example", Status: policy.Active, Provider: "FEDERATION", Password: bridge.PasswordNone})
		if got := confirm(bridge.Confirmation{Number: p.Number, Typed: "acme", Accepted: "Jo"}); got != bridge.NeedsPerson {
			h.Errorf("somebody has no sign-in who had one in the plan: %q", got)
		}
		next := plan(bridge.Choices{})
		if got := confirm(bridge.Confirmation{Number: p.Number, Typed: "acme"}); got != bridge.Conflict {
			h.Errorf("a plan that was replaced: %q", got)
		}
		if got := confirm(bridge.Confirmation{Number: next.Number, Typed: "acme"}); next.NoSignIn != 1 || got != bridge.NeedsPerson {
			h.Errorf("nobody takes on the %d without a sign-in: %q", next.NoSignIn, got)
		}
		if p := plan(bridge.Choices{LeftTo: "Jo"}); p.NoSignIn != 0 {
			h.Errorf("left to a person, and %d are without a sign-in", p.NoSignIn)
		}
		last := plan(bridge.Choices{})
		h.at = h.at.Add(bridge.PlanLife)
		if got := confirm(bridge.Confirmation{Number: last.Number, Typed: "acme", Accepted: "Jo"}); got != bridge.NeedsPerson {
			h.Errorf("a plan of a fortnight ago: %q", got)
		}
		last = plan(bridge.Choices{})
		if got := confirm(bridge.Confirmation{Number: last.Number, Typed: "acme", Accepted: "Jo", Hash: last.Hash[:8]}); got != "" || h.connection() != bridge.Disconnecting {
			h.Errorf("confirmed: %q, the connection is %s", got, h.connection())
		}
		if _, err := h.svc.PlanDisconnect(h.Context(), support, "acme", bridge.Choices{}); bridge.CodeOf(err) != bridge.Conflict {
			h.Errorf("a plan for a customer that was cut off: %v", err)
		}
	})
}

// TestDisconnect_Later: a plan runs at its time if it still holds then, and is stopped if somebody would be worse off.
func TestDisconnect_Later(t *testing.T) {
	for _, worse := range []bool{false, true} {
		clockedEach(t, func(h *clocked, acme scim.Backend) {
			ids := h.people(acme, 2)
			p, err := h.svc.PlanDisconnect(h.Context(), support, "acme", bridge.Choices{At: h.at.Add(24 * time.Hour)})
			if err == nil {
				p, err = h.svc.ConfirmDisconnect(h.Context(), support, "acme", bridge.Confirmation{Number: p.Number, Typed: "acme"})
			}
			if err != nil || p.State != bridge.PlanConfirmed {
				h.Fatalf("%+v, %v", p, err)
			}
			h.at = h.at.Add(23 * time.Hour)
			if err := h.svc.RunDue(h.Context()); err != nil || h.connection() != bridge.Live {
				h.Fatalf("an hour before its time the connection is %s, %v", h.connection(), err)
			}
			wantPlan, wantConnection := bridge.PlanRunning, bridge.Disconnecting
			if worse {
				h.link(ids[0], bridge.Link{LoginKey: "a@acme.example", OktaID: "00ua@acme.example", Status: policy.Active, Provider: "OKTA", Password: bridge.PasswordNone})
				wantPlan, wantConnection = bridge.PlanCancelled, bridge.Live
			}
			h.at = h.at.Add(time.Hour)
			err = h.svc.RunDue(h.Context())
			d, shown := h.svc.Disconnection(h.Context(), support, "acme", 0)
			if err != nil || shown != nil || d.Plan.State != wantPlan || h.connection() != wantConnection {
				h.Errorf("worse %t: the plan is %s and the connection %s, %v, %v", worse, d.Plan.State, h.connection(), err, shown)
			}
		})
	}
}

// TestDisconnect_AnsweredRemovals: what a person let through is carried out before a customer is cut off, not dropped by it.
func TestDisconnect_AnsweredRemovals(t *testing.T) {
	clockedEach(t, func(h *clocked, acme scim.Backend) {
		ids := h.people(acme, 4)
		if _, _, err := h.svc.RemoveNow(h.Context(), support, "acme", ids[0], "dismissed"); err != nil {
			h.Fatal(err)
		}
		p, err := h.svc.PlanDisconnect(h.Context(), support, "acme", bridge.Choices{})
		if err == nil {
			_, err = h.svc.ConfirmDisconnect(h.Context(), support, "acme", bridge.Confirmation{Number: p.Number, Typed: "acme"})
		}
		if bridge.CodeOf(err) != bridge.Conflict || h.connection() != bridge.Live {
			h.Errorf("cut off with an answered removal on its way: %v, the connection is %s", err, h.connection())
		}
	})
}
