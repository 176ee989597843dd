package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/oktasync/oktatest"
	"drawbridge/scim"
)

// canary stands in every value of the bad requests, so that an answer that repeats one is caught.
const canary = "canary7f3a"

// badRequest is a request that must be refused. {U} is an existing user, {B} one of another customer.
type badRequest struct {
	name, method, path, content, body string
	status                            int
	scimType                          string
}

func badRequests() []badRequest {
	filter := func(text string) string { return "/Users?filter=" + url.QueryEscape(text) }
	ops := func(text string) string { return `{"schemas":["` + patchSchema + `"],"Operations":[` + text + `]}` }
	const json = "application/scim+json"
	return []badRequest{
		{"broken JSON", "POST", "/Users", json, `{"userName":"` + canary + `"`, 400, "invalidSyntax"},
		{"no JSON", "POST", "/Users", json, canary, 400, "invalidSyntax"},
		{"nothing", "POST", "/Users", json, "", 400, "invalidSyntax"},
		{"a list", "POST", "/Users", json, `["` + canary + `"]`, 400, "invalidSyntax"},
		{"a key twice", "POST", "/Users", json, `{"userName":"a@acme.example","USERNAME":"` + canary + `"}`, 400, "invalidSyntax"},
		{"userName a number", "POST", "/Users", json, `{"userName":7,"title":"` + canary + `"}`, 400, "invalidValue"},
		{"active a word", "POST", "/Users", json, `{"userName":"a@acme.example","active":"` + canary + `"}`, 400, "invalidValue"},
		{"active null", "POST", "/Users", json, `{"userName":"a@acme.example","active":null}`, 400, "invalidValue"},
		{"an e-mail address a list", "POST", "/Users", json, `{"userName":"a@acme.example","emails":[{"value":["` + canary + `"]}]}`, 400, "invalidValue"},
		{"no userName", "POST", "/Users", json, `{"title":"` + canary + `"}`, 400, "invalidValue"},
		{"a userName in use", "POST", "/Users", json, `{"userName":"ANNA@acme.example","title":"` + canary + `"}`, 409, "uniqueness"},
		{"XML", "POST", "/Users", "text/xml", "<" + canary + "/>", 415, ""},
		{"a body over the limit", "POST", "/Users", json, `{"title":"` + strings.Repeat(canary, scim.MaxBody/len(canary)+1) + `"}`, 413, ""},
		{"40 levels", "POST", "/Users", json, `{"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}", 400, "invalidSyntax"},
		{"PUT of a wrong type", "PUT", "/Users/{U}", json, `{"userName":["` + canary + `"]}`, 400, "invalidValue"},
		{"PUT of another customer's user", "PUT", "/Users/{B}", json, `{"userName":"` + canary + `@acme.example"}`, 404, ""},
		{"PATCH of no operation", "PATCH", "/Users/{U}", json, `{"active":"` + canary + `"}`, 400, "invalidSyntax"},
		{"PATCH of an unknown path", "PATCH", "/Users/{U}", json, ops(`{"op":"add","path":"` + canary + `","value":1}`), 400, "invalidPath"},
		{"PATCH of a wrong type", "PATCH", "/Users/{U}", json, ops(`{"op":"replace","path":"active","value":"` + canary + `"}`), 400, "invalidValue"},
		{"PATCH that fails half-way", "PATCH", "/Users/{U}", json,
			ops(`{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"active","value":{"` + canary + `":1}}`), 400, "invalidValue"},
		{"PATCH of the id", "PATCH", "/Users/{U}", json, ops(`{"op":"replace","path":"id","value":"` + canary + `"}`), 400, "mutability"},
		{"PATCH of another customer's user", "PATCH", "/Users/{B}", json, ops(`{"op":"replace","path":"active","value":false}`), 404, ""},
		{"DELETE of another customer's user", "DELETE", "/Users/{B}", "", "", 404, ""},
		{"GET of another customer's user", "GET", "/Users/{B}", "", "", 404, ""},
		{"a user that is not there", "DELETE", "/Users/" + canary, "", "", 404, ""},
		{"a filter over the limit", "GET", filter(`userName eq "` + strings.Repeat("x", 8<<10) + `"`), "", "", 400, "invalidFilter"},
		{"a filter of 4,000 parentheses", "GET", filter(strings.Repeat("(", 4000)), "", "", 400, "invalidFilter"},
		{"a filter that is broken", "GET", filter(`userName eq "` + canary), "", "", 400, "invalidFilter"},
		{"a filter on what is not there", "GET", filter(`favouriteColour eq "` + canary + `"`), "", "", 400, "invalidFilter"},
		{"a filter on a secret", "GET", filter(`password sw "` + canary + `"`), "", "", 400, "invalidFilter"},
		{"two filters", "GET", filter(`title eq "`+canary+`"`) + "&filter=x", "", "", 400, "invalidSyntax"},
		{"a method that is not there", "PUT", "/Users", json, `{"userName":"` + canary + `"}`, 405, ""},
	}
}

// TestE2E_BadInput sends everything that an IdP must not send, with a good token and with bad ones: each is answered with
// the right SCIM error, nothing is written, and no answer gives away a value, the token or that another customer exists.
func TestE2E_BadInput(t *testing.T) {
	onBothStores(t, func(r *rig) {
		token, otherToken := r.customer("acme"), r.customer("other")
		service := r.serve()
		idp := service.pusher("acme", token)
		anna := idp.create("anna@acme.example")
		theirs := service.pusher("other", otherToken).create("ben@other.example")
		r.awaitStatus(anna, oktatest.StatusActive)
		r.awaitStatus(theirs, oktatest.StatusActive)
		before := r.snapshot()

		wrong := bridge.NewSecret(bridge.SCIMToken)
		for _, b := range badRequests() {
			path := strings.NewReplacer("{U}", anna, "{B}", theirs).Replace(b.path)
			r.refused(idp, b, path, b.status, b.scimType)
			for _, bad := range []string{"", "x", wrong, otherToken} {
				r.refused(pusher{t: r.t, base: idp.base, token: bad}, b, path, 401, "")
			}
		}
		r.refusedCredentials(idp)

		// The one write after all of them is the only one that is there.
		idp.must(http.StatusOK, "PATCH", "/Users/"+anna, `{"schemas":["`+patchSchema+`"],"Operations":[{"op":"add","path":"nickName","value":"Ann"}]}`)
		after := r.snapshot()
		before.users["acme"][anna]++
		before.written["acme"]++
		if diff := cmp.Diff(before, after, cmp.AllowUnexported(written{})); diff != "" {
			r.t.Errorf("users by version, and writes of IdPs (-want +got):\n%s", diff)
		}
		service.terminate()
		r.audit(false)
	})
}

// refused sends a request and checks the refusal.
func (r *rig) refused(idp pusher, b badRequest, path string, status int, scimType string) {
	r.t.Helper()
	a, err := idp.push(b.method, path, b.content, strings.NewReader(b.body))
	if err != nil {
		r.t.Errorf("%s: %v", b.name, err)
		return
	}
	kind, _ := a.body["scimType"].(string)
	if a.status != status || kind != scimType || a.body["status"] != fmt.Sprint(status) || a.header.Get("Content-Type") != "application/scim+json" {
		r.t.Errorf("%s: %d %s, want %d %s", b.name, a.status, a.raw, status, scimType)
	}
	for _, secret := range []string{canary, "drawbridge_scim", "ANNA", "ben@", "xxxx", "((("} {
		if strings.Contains(a.raw, secret) {
			r.t.Errorf("%s: the answer gives away %q: %s", b.name, secret, a.raw)
		}
	}
}

// refusedCredentials sends a good request with a good token in the wrong place.
func (r *rig) refusedCredentials(idp pusher) {
	r.t.Helper()
	for name, change := range map[string]func(*http.Request){
		"in the query": func(req *http.Request) { req.URL.RawQuery = "access_token=" + idp.token },
		"twice": func(req *http.Request) {
			req.Header.Add("Authorization", "Bearer "+idp.token)
			req.Header.Add("Authorization", "Bearer "+idp.token)
		},
		"as Basic":            func(req *http.Request) { req.SetBasicAuth("idp", idp.token) },
		"at another customer": func(req *http.Request) { req.URL.Path = "/scim/v2/other/Users" },
		"at nobody's":         func(req *http.Request) { req.URL.Path = "/scim/v2/nobody/Users" },
	} {
		req, err := http.NewRequestWithContext(r.t.Context(), "POST", idp.base+"/Users", strings.NewReader(userBody("eve@acme.example", "E", "Ve")))
		if err != nil {
			r.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/scim+json")
		if strings.HasPrefix(name, "at ") {
			req.Header.Set("Authorization", "Bearer "+idp.token)
		}
		change(req)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			r.t.Fatal(err)
		}
		raw, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("WWW-Authenticate") == "" || strings.Contains(string(raw), idp.token) {
			r.t.Errorf("the token %s: %d %s", name, resp.StatusCode, raw)
		}
	}
}

// written is what IdPs have written, by customer.
type written struct {
	users   map[string]map[string]int64 // versions by id
	written map[string]int              // events whose actor is an IdP
}

// snapshot waits until every event that there is has a number, and reads.
func (r *rig) snapshot() written {
	r.t.Helper()
	s := r.store()
	w := written{users: map[string]map[string]int64{}, written: map[string]int{}}
	customers, err := s.Customers(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, c := range customers {
		users, err := s.SearchUsers(r.t.Context(), c.ID, "", 1000)
		if err != nil {
			r.t.Fatal(err)
		}
		versions := map[string]int64{}
		for _, u := range users {
			versions[u.ID] = u.Version
			r.awaitNumbered(s, u)
		}
		w.users[c.Slug] = versions
		events, err := s.Events(r.t.Context(), c.ID, 0, 1000)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, e := range events {
			if strings.HasPrefix(e.Actor, "idp:") {
				w.written[c.Slug]++
			}
		}
	}
	return w
}

// awaitNumbered waits until the event of a user's latest version has its number: those of all earlier commits of the
// customer have theirs by then.
func (r *rig) awaitNumbered(s *store.Store, u bridge.User) {
	r.t.Helper()
	eventually(r.t, "the events have numbers", func() bool {
		events, err := s.EventsOfUser(r.t.Context(), u.CustomerID, u.ID, 100)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, e := range events {
			if e.Seq == 0 {
				return false
			}
		}
		return len(events) > 0
	})
}
