package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
)

// afterDisconnect are more requests than the routes have: good ones, and ones that are wrong in themselves.
func afterDisconnect() [][3]string {
	search := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName pr"}`
	return [][3]string{
		{"GET", v2 + "/Users?filter=userName+eq+%22anna%40acme.example%22", ""}, {"GET", v2 + "/Users?filter=userName+eq+%22nobody%22", ""}, {"GET", v2 + "/Users?count=0", ""},
		{"GET", v2 + "/Users?filter=broken", ""}, {"GET", v2 + "/Users?count=1&cursor=", ""}, {"GET", v2 + "/Users?cursor=x", ""}, {"GET", v2 + "/Users/nobody", ""}, {"HEAD", v2 + "/Users/{U}", ""},
		{"GET", v2 + "/Users?startIndex=2", ""}, {"GET", v2 + "/Users?sortBy=userName", ""}, {"GET", v2 + "/Groups?filter=displayName+eq+%22Staff%22", ""},
		{"GET", v2 + "/Groups?excludedAttributes=members", ""}, {"GET", v2 + "/Groups?filter=members+eq+%22{U}%22", ""}, {"GET", v2 + "/Groups/{G}?excludedAttributes=members", ""},
		{"GET", v2 + "/Groups/nobody", ""}, {"POST", v2 + "/Users/.search", search}, {"POST", v2 + "/Groups/.search", search}, {"POST", v2 + "/.search", search},
		{"POST", v2 + "/Users", userBody("anna@acme.example", "A", "B")}, {"POST", v2 + "/Users", userBody("eve@acme.example", "A", "B")}, {"POST", v2 + "/Users", "{"},
		{"PUT", v2 + "/Users/{U}", userBody("anna@acme.example", "A", "B")}, {"PATCH", v2 + "/Users/{U}", patchOf(`{"op":"replace","path":"active","value":false}`)},
		{"PATCH", v2 + "/Users/{U}", patchOf("")}, {"PATCH", v2 + "/Users/nobody", patchOf("")}, {"DELETE", v2 + "/Users/{U}", ""}, {"DELETE", v2 + "/Users/nobody", ""},
		{"POST", v2 + "/Groups", `{"schemas":["` + groupSchema + `"],"displayName":"Crew","members":[{"value":"{U}"}]}`},
		{"PUT", v2 + "/Groups/{G}", `{"schemas":["` + groupSchema + `"],"displayName":"Staff","members":[]}`}, {"PATCH", v2 + "/Groups/{G}", patchOf(`{"op":"remove","path":"members"}`)},
		{"DELETE", v2 + "/Groups/{G}", ""}, {"POST", v2 + "/Bulk", bulkOf("DELETE", "/Users/{U}", "null")}, {"POST", v2 + "/Bulk", bulkOf("PATCH", "/Groups/{G}", patchOf(`{"op":"remove","path":"members"}`))},
		{"POST", v2 + "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[]}`},
		{"GET", v1 + "/Users?filter=userName+eq+%22nobody%22", ""}, {"PUT", v1 + "/Users/{U}", `{"schemas":["urn:scim:schemas:core:1.0"],"userName":"anna@acme.example","active":false}`},
		{"DELETE", v1 + "/Users/{U}", ""}, {"DELETE", v1 + "/Groups/{G}", ""}, {"GET", v1 + "/Groups", ""},
	}
}

// TestFace_DisconnectedIsRefusedEverywhere: an IdP that goes on after the disconnect hears 401 or 403 to everything, from the commit
// on, at a replica that knew its token and at one that did not; never that somebody is not there, nor that there is nobody.
func TestFace_DisconnectedIsRefusedEverywhere(t *testing.T) {
	atFront(t, func(f *front) {
		f.add("ben@acme.example")
		f.must(http.StatusOK, "GET", v2+"/Users", "")
		before := f.estate()
		mustDisconnect(f.T, f.svc, "acme")
		requests := afterDisconnect()
		for _, route := range f.routesOf() {
			method, target, _ := strings.Cut(route, " ")
			requests = append(requests, [3]string{method, target, ""}, [3]string{method, target, `{"schemas":[]}`})
		}
		refused := func(who string) {
			for _, r := range requests {
				a := f.do(r[0], r[1], r[2])
				if a.Status != 401 && a.Status != 403 || strings.Contains(a.Body, "Resources") || strings.Contains(a.Body, f.user) || strings.Contains(a.Body, f.group) {
					f.Errorf("%s: %s %s %.60s: %d %s", who, r[0], r[1], r[2], a.Status, a.Body)
				}
			}
		}
		cut := []bridge.State{bridge.Disconnecting, bridge.Disconnected, bridge.Off}
		for _, state := range cut {
			f.state(state)
			refused(string(state) + ", the same replica")
			f.reopen()
			refused(string(state) + ", another replica")
			f.reopen()
		}
		if a := f.ask("GET", "/scim/v2/globex/Users", f.globex, ""); a.Status != http.StatusOK {
			f.Errorf("the neighbour: %d", a.Status)
		}
		f.state(bridge.Live) // to be able to read again, with another token: those of before are revoked
		_, secret, err := f.svc.CreateToken(f.Context(), operator(), "acme", "after", 0)
		if err != nil {
			f.Fatal(err)
		}
		f.good = secret
		for _, state := range cut {
			f.state(state)
			refused(string(state) + ", with a token that nobody has revoked")
		}
		f.state(bridge.Live)
		f.reopen()
		after := f.estate()
		if diff := cmp.Diff(before, after); diff != "" {
			f.Errorf("something was written (-before +after):\n%s", diff)
		}
	})
}

// mustDisconnect plans and confirms a customer's disconnect.
func mustDisconnect(t *testing.T, svc *bridge.Service, slug string) {
	t.Helper()
	p, err := svc.PlanDisconnect(t.Context(), operator(), slug, bridge.Choices{})
	if err == nil {
		_, err = svc.ConfirmDisconnect(t.Context(), operator(), slug, bridge.Confirmation{Number: p.Number, Typed: slug, Accepted: "a test"})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// state puts acme's connection into a state, whatever leads there.
func (f *front) state(state bridge.State) {
	f.Helper()
	_, err := f.store.ChangeCustomer(f.Context(), "acme", func(c *bridge.Customer) (bridge.Event, error) {
		c.State = state
		return bridge.Event{ID: newID(), CustomerID: c.ID, At: now(), Kind: bridge.EventCustomerChanged, Actor: "support:test", Data: "{}"}, nil
	})
	if err != nil {
		f.Fatal(err)
	}
}
