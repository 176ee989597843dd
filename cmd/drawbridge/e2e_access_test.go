package main

import (
	"crypto/sha256"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store/storetest"
	"drawbridge/scim/schema"
)

// guardedRoutes are the routes that demand a token of class scim; openRoutes demand none.
func guardedRoutes() []string {
	const v1, v2 = "/scim/v1/acme", "/scim/v2/acme"
	routes := []string{
		"GET " + v2, "POST " + v2 + "/.search", "POST " + v2 + "/Bulk", "GET " + v2 + "/Bulk", "GET " + v2 + "/Me", "PATCH " + v2 + "/Me",
		"POST " + v2 + "/Users/.search", "POST " + v2 + "/Groups/.search", "POST " + v1 + "/Bulk",
	}
	for _, rt := range []*schema.ResourceType{schema.User(), schema.Group()} {
		for _, base := range []string{v1, v2} {
			all, one := base+rt.Endpoint, base+rt.Endpoint+"/x"
			routes = append(routes, "GET "+all, "POST "+all, "PUT "+all, "GET "+one, "PUT "+one, "PATCH "+one, "DELETE "+one)
		}
	}
	return routes
}

func openRoutes() []string {
	scim := "/scim/v2/acme"
	return []string{
		"/healthz", "/readyz", scim + "/ServiceProviderConfig", scim + "/ResourceTypes", scim + "/ResourceTypes/User",
		scim + "/ResourceTypes/Group", scim + "/Schemas", scim + "/Schemas/" + userSchema, scim + "/Schemas/" + enterpriseSchema, scim + "/Schemas/" + groupSchema,
		"/scim/v1/acme/ServiceProviderConfigs", "/scim/v1/acme/Schemas",
	}
}

func unknownPaths() []string {
	return []string{
		"/", "/x", "/scim", "/scim/v2", "/scim/v2/", "/scim/v2/acme/", "/scim/v1", "/scim/v1/acme", "/scim/v1/acme/.search", "/scim/v1/acme/ServiceProviderConfig",
		"/scim/v2/acme/%55sers", "/scim/v2/acme//Users", "/scim/v2/acme/Users;a=b", "/scim/v2/acme/x/../Users", "/scim/v2/acme/Users/x/y",
		"/api/v1/customers", "/okta/scim/v2/Users", "/okta/events", "/console/", "/metrics", "/debug/pprof/",
	}
}

// door is the service's handler on a store with one customer and a good token of every class.
type door struct {
	handler http.Handler
	tokens  map[bridge.TokenClass]string
}

func newDoor(t *testing.T) door {
	t.Helper()
	svc, s, err := databaseFlag{storetest.SQLiteURL(t)}.service(t.Context(), streams{t.Output(), t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c, err := svc.AddCustomer(t.Context(), operator(), bridge.NewCustomer{Slug: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	d := door{handler: routes(s, "", slog.New(slog.DiscardHandler)), tokens: map[bridge.TokenClass]string{"": ""}}
	for _, class := range []bridge.TokenClass{bridge.SCIMToken, bridge.OktaToken, bridge.AdminToken} {
		secret := bridge.NewSecret(class)
		token := bridge.Token{ID: newID(), CustomerID: c.ID, Class: class, Name: string(class), Created: now(), Expires: now().AddDate(1, 0, 0)}
		if err := s.AddToken(t.Context(), token, sha256.Sum256([]byte(secret)), bridge.MaxLiveTokens, bridge.Event{}); err != nil {
			t.Fatal(err)
		}
		d.tokens[class] = secret
	}
	return d
}

// knock makes a request with a body, and returns the answer and whether the body was read.
func (d door) knock(method, path, token string) (w *httptest.ResponseRecorder, read bool) {
	body := &watchedBody{Reader: strings.NewReader(`{"schemas":[]}`)}
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("Content-Type", "application/scim+json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w = httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w, body.read
}

// watchedBody notices that it is read.
type watchedBody struct {
	*strings.Reader
	read bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.read = true
	return b.Reader.Read(p)
}

// TestI26_EveryRouteDemandsItsClassOfToken tries every route without a token and with a good one of every class.
func TestI26_EveryRouteDemandsItsClassOfToken(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, route := range guardedRoutes() {
		method, path, _ := strings.Cut(route, " ")
		for class, token := range d.tokens {
			w, read := d.knock(method, path, token)
			if in := w.Code != http.StatusUnauthorized; in != (class == bridge.SCIMToken) {
				t.Errorf("%s with a token of class %q: %d", route, class, w.Code)
			}
			if class != bridge.SCIMToken && (read || w.Header().Get("WWW-Authenticate") == "") {
				t.Errorf("%s with a token of class %q: body read %t, challenge %q", route, class, read, w.Header().Get("WWW-Authenticate"))
			}
		}
	}
	for _, path := range openRoutes() {
		for class, token := range d.tokens {
			if w, _ := d.knock("GET", path, token); w.Code != http.StatusOK {
				t.Errorf("%s with a token of class %q: %d, want it open", path, class, w.Code)
			}
		}
	}
	for _, path := range unknownPaths() {
		for class, token := range d.tokens {
			if w, read := d.knock("POST", path, token); w.Code != http.StatusNotFound || read {
				t.Errorf("%s with a token of class %q: %d, body read: %t; want 404, unread", path, class, w.Code, read)
			}
		}
	}
}

// TestI26_NoRouteIsForgotten: a route that is in none of the tables above fails here.
func TestI26_NoRouteIsForgotten(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	known := map[string]bool{"/healthz": true, "/readyz": true, "/scim/v2/*": true, "/scim/v1/*": true}
	got := map[string]bool{}
	err := chi.Walk(d.handler.(chi.Routes), func(_, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		got[route] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("routes of the service (-known +got):\n%s", diff)
	}
	for _, rt := range []*schema.ResourceType{schema.User(), schema.Group()} {
		if !slices.Contains(guardedRoutes(), "GET /scim/v2/acme"+rt.Endpoint) {
			t.Errorf("%s is not among the guarded routes", rt.Endpoint)
		}
	}
}

// TestI26_MutantIsCaught gives the guarded routes a door that takes any token: the check above has to see it.
func TestI26_MutantIsCaught(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	good, inner := d.tokens[bridge.SCIMToken], d.handler
	d.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+good)
		inner.ServeHTTP(w, r)
	})
	if w, _ := d.knock("GET", "/scim/v2/acme/Users", d.tokens[bridge.AdminToken]); w.Code == http.StatusUnauthorized {
		t.Error("an open door is taken for a closed one")
	}
}

// TestI27_EndedTokensReadNoBody: of a request with a token that was over when the service first saw it nothing is parsed.
func TestI27_EndedTokensReadNoBody(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t, storetest.SQLite(t))
	d := door{handler: n.handler}
	for range 2 { // looked up, then remembered
		if w, read := d.knock(http.MethodPost, "/scim/v2/acme/Users", n.credentials["expired"]); w.Code != http.StatusUnauthorized || read {
			t.Errorf("an expired token: %d, body read: %t", w.Code, read)
		}
	}
}
