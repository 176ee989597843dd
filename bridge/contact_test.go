package bridge_test

import (
	"strings"
	"testing"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
)

func TestContacts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, svc := t.Context(), bridge.NewService(s, now, newID)
		support := bridge.Actor{Name: "support:test", Role: bridge.Operator}
		if _, err := svc.AddCustomer(ctx, support, bridge.NewCustomer{Slug: "acme"}); err != nil {
			t.Fatal(err)
		}
		good := bridge.NewContact{Name: "Änne Berg", Email: "anna@acme.example", Notify: true}
		refused := map[string]struct {
			change func(*bridge.NewContact)
			says   string
		}{
			"no name":         {func(n *bridge.NewContact) { n.Name = "" }, "--name"},
			"a name of lines": {func(n *bridge.NewContact) { n.Name = "a\nb" }, "--name"},
			"a long name":     {func(n *bridge.NewContact) { n.Name = strings.Repeat("a", 201) }, "--name"},
			"no address":      {func(n *bridge.NewContact) { n.Email = "anna" }, "--email"},
			"two addresses":   {func(n *bridge.NewContact) { n.Email = "a@acme.example,b@acme.example" }, "--email"},
			"a header":        {func(n *bridge.NewContact) { n.Email = "a@acme.example\r\nBcc: b@acme.example" }, "--email"},
			"a name with it":  {func(n *bridge.NewContact) { n.Email = "Anna <anna@acme.example>" }, "--email"},
			"another role":    {func(n *bridge.NewContact) { n.Role = "boss" }, "--role"},
		}
		for name, r := range refused {
			bad := good
			r.change(&bad)
			_, err := svc.AddContact(ctx, support, "acme", bad)
			if bridge.CodeOf(err) != bridge.Invalid || !strings.Contains(err.Error(), r.says) || strings.Contains(err.Error(), "@acme.example\r") {
				t.Errorf("%s: %v", name, err)
			}
		}
		viewer := bridge.Actor{Name: "support:new", Role: bridge.Viewer}
		if _, err := svc.AddContact(ctx, viewer, "acme", good); bridge.CodeOf(err) != bridge.Refused {
			t.Errorf("a viewer adds a contact: %v", err)
		}
		made, err := svc.AddContact(ctx, support, "acme", good)
		if err != nil || made.Role != bridge.AdminContact {
			t.Fatalf("%+v, %v", made, err)
		}
		if err := svc.RemoveContact(ctx, viewer, "acme", made.ID); bridge.CodeOf(err) != bridge.Refused {
			t.Errorf("a viewer removes a contact: %v", err)
		}
		if err := svc.RemoveContact(ctx, support, "acme", "bert@acme.example"); bridge.CodeOf(err) != bridge.NotFound || strings.Contains(err.Error(), "bert") {
			t.Errorf("removing nobody: %v", err)
		}
		if err := svc.RemoveContact(ctx, support, "acme", "ANNA@acme.example"); err != nil {
			t.Error(err)
		}
		if left, err := svc.Contacts(ctx, support, "acme"); err != nil || len(left) != 0 {
			t.Errorf("left: %+v, %v", left, err)
		}
	})
}
