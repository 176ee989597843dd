package bridge_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/scim"
	"drawbridge/scim/schema"
	"drawbridge/scim/scimtest"
)

// TestFixtures plays what identity providers send to the face on either store, and compares what is left with what the fixture says;
// every version of what was written has exactly one event (I24).
func TestFixtures(t *testing.T) {
	for _, f := range scimtest.Fixtures(t, "../scim/testdata") {
		t.Run(f.Name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				h, secret := clockedHouse(t, s)
				users := f.Play(t, h.handler(), "/scim/v2/acme", secret)
				if diff := cmp.Diff(f.State, h.state(secret, users)); diff != "" {
					t.Errorf("what is left (-fixture +got):\n%s", diff)
				}
				h.oneEventEach(users)
			})
		})
	}
}

// clockedHouse is a house whose time is that of its first moment and goes on by a second with every request that is no GET.
func clockedHouse(t *testing.T, s *store.Store) (h *clocked, secret string) {
	h = &clocked{at: time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC)}
	now := func() time.Time { return h.at }
	h.house = &house{
		T: t, store: s, svc: bridge.NewService(s, now, newID), rt: schema.User(), face: bridge.NewFace(s, now, newID, slog.New(slog.DiscardHandler)),
	}
	return h, h.customer("acme")
}

type clocked struct {
	*house
	at time.Time
}

func (h *clocked) handler() http.Handler {
	server := http.StripPrefix("/scim/v2", scim.NewServer(scim.Options{
		Authenticate: h.face.Authenticate, Types: []*schema.ResourceType{schema.User(), schema.Group()}, Logger: slog.New(slog.DiscardHandler),
		BaseURL: func(_ *http.Request, slug string) string { return "https://scim.example/scim/v2/" + slug },
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			h.at = h.at.Add(time.Second)
		}
		server.ServeHTTP(w, r)
	})
}

// state is what a fixture says of the state: the users that were created, and the groups with their members.
func (h *clocked) state(secret string, users []string) []string {
	h.Helper()
	lines, names := map[string]bool{}, map[string]string{}
	for _, u := range h.records(users) {
		active, connected := "inactive", "released"
		switch {
		case !u.Deleted.IsZero():
			active = "deleted"
		case u.Active:
			active = "active"
		}
		if u.Connected {
			connected = "connected"
		}
		if !u.Deleted.IsZero() && (u.Active || u.Removed.IsZero()) || u.Active != u.Removed.IsZero() {
			h.Errorf("the flags of %s contradict each other: %+v", u.UserName(), u)
		}
		names[u.ID] = u.UserName()
		lines[fmt.Sprintf("user %s %s %s", u.UserName(), active, connected)] = true
	}
	page, err := h.backend("acme", secret).Query(h.Context(), schema.Group(), scim.Query{StartIndex: 1, Count: 100, References: scim.All})
	if err != nil {
		h.Fatal(err)
	}
	for _, g := range page.Resources {
		doc, err := bridge.User{Doc: g.Doc}.Attributes()
		if err != nil {
			h.Fatal(err)
		}
		var members []string
		for _, m := range g.References {
			members = append(members, names[m.ID])
		}
		slices.Sort(members)
		lines[strings.TrimSpace(fmt.Sprintf("group %s: %s", doc["displayName"], strings.Join(members, ", ")))] = true
	}
	var sorted []string
	for line := range lines {
		sorted = append(sorted, line)
	}
	slices.Sort(sorted)
	return sorted
}

// records reads users, deleted ones too, and checks that the customer has no others.
func (h *clocked) records(ids []string) (users []bridge.User) {
	h.Helper()
	c, err := h.store.Customer(h.Context(), "acme")
	if err != nil {
		h.Fatal(err)
	}
	for _, id := range ids {
		u, err := h.store.UserOf(h.Context(), c.ID, id)
		if err != nil {
			h.Fatal(err)
		}
		users = append(users, u)
	}
	listed, err := h.store.SearchUsers(h.Context(), c.ID, "", 1000)
	if err != nil {
		h.Fatal(err)
	}
	for _, u := range listed {
		if !slices.Contains(ids, u.ID) {
			h.Errorf("%s is there, and nobody created it", u.UserName())
		}
	}
	return users
}

// oneEventEach checks that the versions of the users are those of their events.
func (h *clocked) oneEventEach(ids []string) {
	h.Helper()
	for _, u := range h.records(ids) {
		events, err := h.store.EventsOfUser(h.Context(), u.CustomerID, u.ID, 1000)
		if err != nil {
			h.Fatal(err)
		}
		var got, want []int64
		for _, e := range events {
			got = append(got, e.Version)
		}
		for v := int64(1); v <= u.Version; v++ {
			want = append(want, v)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			h.Errorf("%s: versions by events (-want +got):\n%s", u.UserName(), diff)
		}
	}
}
