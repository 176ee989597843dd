package bridge_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/scim"
	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

var support = bridge.Actor{Name: "support:test", Role: bridge.Operator}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func now() time.Time { return time.Now().UTC() }

// house is a store with its use cases and its SCIM face.
type house struct {
	*testing.T
	store *store.Store
	svc   *bridge.Service
	face  *bridge.Face
	rt    *schema.ResourceType
}

func each(t *testing.T, test func(h *house)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		test(&house{
			T: t, store: s, svc: bridge.NewService(s, now, newID), rt: schema.User(),
			face: bridge.NewFace(s, now, newID, slog.New(slog.DiscardHandler)),
		})
	})
}

func (h *house) customer(slug string) (secret string) {
	h.Helper()
	_, err := h.svc.AddCustomer(h.Context(), support, bridge.NewCustomer{Slug: slug, Domains: []string{slug + ".example"}, Trust: "a test"})
	if err != nil {
		h.Fatal(err)
	}
	_, secret, err = h.svc.CreateToken(h.Context(), support, slug, "idp", 0)
	if err != nil {
		h.Fatal(err)
	}
	return secret
}

func (h *house) backend(slug, secret string) scim.Backend {
	h.Helper()
	t, err := h.face.Authenticate(h.Context(), slug, secret)
	if err != nil {
		h.Fatal(err)
	}
	return t.Backend
}

func person(name, external string, active bool) scim.Attributes {
	attrs := scim.Attributes{"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": name, "active": active}
	if external != "" {
		attrs["externalId"] = external
	}
	return attrs
}

// status is the HTTP status that an error becomes; 0 for none.
func status(err error) int {
	var e *scim.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Status
	}
	return 500
}

func (h *house) create(b scim.Backend, attrs scim.Attributes, want int) string {
	h.Helper()
	res, err := b.Create(h.Context(), h.rt, scim.Draft{Attributes: attrs}, 0)
	if got := status(err); got != want {
		h.Fatalf("create: status %d (%v), want %d", got, err, want)
	}
	return res.ID
}

func (h *house) deactivate(b scim.Backend, id string) {
	h.Helper()
	_, err := b.Update(h.Context(), h.rt, id, func(cur scim.Resource) (scim.Draft, error) {
		doc, err := bridge.User{Doc: cur.Doc}.Attributes()
		if err != nil {
			return scim.Draft{}, err
		}
		doc["active"] = false
		return scim.Draft{Attributes: doc}, nil
	}, 0)
	if err != nil {
		h.Fatal(err)
	}
}

// TestRevive: who a POST for somebody known is, is decided by the external id.
func TestRevive(t *testing.T) {
	for _, c := range []struct {
		name            string
		first, second   string // external ids
		deleted, active bool   // the state of the first when the second comes; the second is active
		status          int
		same            bool
	}{
		{"active: a duplicate", "1", "1", false, true, 409, false},
		{"inactive, same person: revived", "1", "1", false, false, 0, true},
		{"inactive, another external id: a duplicate", "1", "2", false, false, 409, false},
		{"inactive, no external id: a duplicate", "", "", false, false, 409, false},
		{"deleted, same person: revived", "1", "1", true, false, 0, true},
		{"deleted, the old one has none: revived", "", "2", true, false, 0, true},
		{"deleted, the new one has none: revived", "1", "", true, false, 0, true},
		{"deleted, another external id: somebody new", "1", "2", true, false, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(h *house) {
				acme := h.backend("acme", h.customer("acme"))
				first := h.create(acme, person("anna@acme.example", c.first, true), 0)
				if !c.active {
					h.deactivate(acme, first)
				}
				if c.deleted {
					if err := acme.Delete(h.Context(), h.rt, first, nil); err != nil {
						h.Fatal(err)
					}
				}
				second := h.create(acme, person("Anna@acme.example", c.second, true), c.status)
				if c.status == 0 && (first == second) != c.same {
					h.Errorf("first %s, second %s; want the same: %t", first, second, c.same)
				}
			})
		})
	}
}

// A POST with active:false, repeated, stays a duplicate: nothing is written (I21).
func TestI21_RepeatedPostOfInactiveIsADuplicate(t *testing.T) {
	each(t, func(h *house) {
		acme := h.backend("acme", h.customer("acme"))
		h.create(acme, person("anna@acme.example", "1", false), 0)
		h.create(acme, person("anna@acme.example", "1", false), 409)
	})
}

// Absent or unsaid, active stays what it was; only false takes it away (I8).
func TestI8_AbsentActiveChangesNothing(t *testing.T) {
	each(t, func(h *house) {
		acme := h.backend("acme", h.customer("acme"))
		id := h.create(acme, person("anna@acme.example", "1", true), 0)
		put := func() {
			_, err := acme.Update(h.Context(), h.rt, id, func(scim.Resource) (scim.Draft, error) {
				return scim.Draft{Attributes: scim.Attributes{"userName": "anna@acme.example", "title": "Captain"}}, nil
			}, 0)
			if err != nil {
				h.Fatal(err)
			}
		}
		put()
		c, _ := h.store.Customer(h.Context(), "acme")
		u, err := h.store.UserOf(h.Context(), c.ID, id)
		if err != nil || !u.Active || !u.Removed.IsZero() {
			h.Fatalf("after a PUT without active: %+v, %v", u, err)
		}
		h.deactivate(acme, id)
		put()
		if u, err = h.store.UserOf(h.Context(), c.ID, id); err != nil || u.Active || u.Removed.IsZero() {
			h.Fatalf("after a PUT without active on an inactive user: %+v, %v", u, err)
		}
	})
}

// A token opens its own customer's face and no other, and none once it is revoked or the customer disconnected (I30).
func TestI30_TokenIsRefusedFromTheCommitOn(t *testing.T) {
	each(t, func(h *house) {
		acme, globex := h.customer("acme"), h.customer("globex")
		for _, c := range []struct{ slug, secret string }{{"globex", acme}, {"acme", globex}, {"nobody", acme}, {"acme", ""}, {"acme", bridge.NewSecret(bridge.SCIMToken)}} {
			if _, err := h.face.Authenticate(h.Context(), c.slug, c.secret); status(err) != 401 {
				h.Errorf("%s with another token: %v, want 401", c.slug, err)
			}
		}
		a, g := h.backend("acme", acme), h.backend("globex", globex)
		id := h.create(a, person("anna@acme.example", "1", true), 0)
		if _, err := g.Get(h.Context(), h.rt, id, 0); status(err) != 404 {
			h.Errorf("another customer's user: %v, want 404", err)
		}
		if err := h.svc.RevokeToken(h.Context(), support, "acme", "idp"); err != nil {
			h.Fatal(err)
		}
		h.disconnect("globex")
		for name, c := range map[string]struct {
			b    scim.Backend
			want int
		}{"revoked": {a, 401}, "disconnected": {g, 403}} {
			for op, err := range everyOperation(h, c.b, id) {
				if status(err) != c.want {
					h.Errorf("%s, %s: %v, want %d", name, op, err, c.want)
				}
			}
		}
	})
}

// disconnect plans and confirms a customer's disconnect.
func (h *house) disconnect(slug string) {
	h.Helper()
	p, err := h.svc.PlanDisconnect(h.Context(), support, slug, bridge.Choices{})
	if err == nil {
		_, err = h.svc.ConfirmDisconnect(h.Context(), support, slug, bridge.Confirmation{Number: p.Number, Typed: slug, Accepted: "a test"})
	}
	if err != nil {
		h.Fatal(err)
	}
}

func everyOperation(h *house, b scim.Backend, id string) map[string]error {
	errs := map[string]error{}
	_, errs["get"] = b.Get(h.Context(), h.rt, id, 0)
	_, errs["query"] = b.Query(h.Context(), h.rt, scim.Query{StartIndex: 1, Count: 10})
	_, errs["query groups"] = b.Query(h.Context(), schema.Group(), scim.Query{StartIndex: 1, Count: 10, References: 10})
	_, errs["get group"] = b.Get(h.Context(), schema.Group(), id, 10)
	_, errs["create group"] = b.Create(h.Context(), schema.Group(), scim.Draft{Attributes: crew("New"), Links: []patch.LinkChange{{Op: patch.Link, IDs: []string{id}}}}, 10)
	_, errs["update group"] = b.Update(h.Context(), schema.Group(), id, func(cur scim.Resource) (scim.Draft, error) {
		return scim.Draft{Attributes: crew("New")}, nil
	}, 0)
	errs["delete group"] = b.Delete(h.Context(), schema.Group(), id, nil)
	_, errs["create"] = b.Create(h.Context(), h.rt, scim.Draft{Attributes: person("new@acme.example", "9", true)}, 0)
	_, errs["update"] = b.Update(h.Context(), h.rt, id, func(cur scim.Resource) (scim.Draft, error) {
		return scim.Draft{Attributes: person("x@acme.example", "", true)}, nil
	}, 0)
	errs["delete"] = b.Delete(h.Context(), h.rt, id, nil)
	return errs
}

// With the rule refuse, a login outside the verified domains is an error for the IdP; with park it is stored.
func TestLoginRule(t *testing.T) {
	each(t, func(h *house) {
		secret := h.customer("acme")
		h.create(h.backend("acme", secret), person("anna@other.example", "1", true), 0)
		refuse := bridge.RefuseLogins
		if _, err := h.svc.SetCustomer(h.Context(), support, "acme", bridge.CustomerRules{Logins: &refuse}); err != nil {
			h.Fatal(err)
		}
		fresh := bridge.NewFace(h.store, now, newID, slog.New(slog.DiscardHandler))
		tenant, err := fresh.Authenticate(h.Context(), "acme", secret)
		if err != nil {
			h.Fatal(err)
		}
		h.create(tenant.Backend, person("bert@other.example", "2", true), 400)
		h.create(tenant.Backend, person("bert@acme.example", "2", true), 0)
	})
}
