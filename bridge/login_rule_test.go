package bridge_test

import (
	"log/slog"
	"testing"

	"drawbridge/bridge"
	"drawbridge/scim"
)

// TestI11_RemovalIsTakenWhateverTheName: under the rule refuse a login may not move into another domain, but who is removed with
// the same request is removed. Mutant: check the new login of everybody.
func TestI11_RemovalIsTakenWhateverTheName(t *testing.T) {
	each(t, func(h *house) {
		acme := h.backend("acme", h.customer("acme"))
		id := h.create(acme, person("anna@acme.example", "1", true), 0)
		rule := bridge.RefuseLogins
		if _, err := h.svc.SetCustomer(h.Context(), support, "acme", bridge.CustomerRules{Logins: &rule}); err != nil {
			h.Fatal(err)
		}
		c, err := h.store.Customer(h.Context(), "acme")
		if err != nil {
			h.Fatal(err)
		}
		fresh := bridge.NewFace(h.store, now, newID, slog.New(slog.DiscardHandler)) // which has not looked the customer up before
		_, secret, err := h.svc.CreateToken(h.Context(), support, "acme", "second", 0)
		if err != nil {
			h.Fatal(err)
		}
		tenant, err := fresh.Authenticate(h.Context(), "acme", secret)
		if err != nil {
			h.Fatal(err)
		}
		move := func(name string, active bool) error {
			_, err := tenant.Backend.Update(h.Context(), h.rt, id, func(scim.Resource) (scim.Draft, error) {
				return scim.Draft{Attributes: person(name, "1", active)}, nil
			}, 0)
			return err
		}
		if err := move("anna@gmail.com", true); status(err) != 400 {
			h.Errorf("a move: %v, want 400", err)
		}
		if err := move("anna@gmail.com", false); err != nil {
			h.Errorf("a removal with a move: %v", err)
		}
		u, err := h.store.UserOf(h.Context(), c.ID, id)
		if err != nil || u.Active || u.Removed.IsZero() {
			h.Errorf("active %t, removed %v, %v", u.Active, u.Removed, err)
		}
		if err := move("anna@hotmail.com", false); status(err) != 400 {
			h.Errorf("a move of somebody who is out already: %v, want 400", err)
		}
	})
}
