package main

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/traffic"
)

// routesOf are the routes that demand a token, with ids that are there.
func (f *front) routesOf() []string {
	var all []string
	for _, route := range guardedRoutes() {
		route = strings.Replace(route, "/Users/x", "/Users/{U}", 1)
		all = append(all, f.put(strings.Replace(route, "/Groups/x", "/Groups/{G}", 1)))
	}
	return all
}

// TestFace_BadTokensAreRefused: with anything but one good token of class scim in one Authorization header, every route is a
// 401 with a challenge, before the body is read. A token that was good a moment ago is refused by the statement that would read or write
// for it, so that no cache decides: there the body may have been read, and nothing came of it.
func TestFace_BadTokensAreRefused(t *testing.T) {
	atFront(t, func(f *front) {
		acme, err := f.store.Customer(f.Context(), "acme")
		if err != nil {
			f.Fatal(err)
		}
		okta, revoked := f.token(f.store, acme.ID, "importer", bridge.OktaToken, time.Hour), f.token(f.store, acme.ID, "old", bridge.SCIMToken, time.Hour)
		f.ask("GET", v2+"/Users", revoked, "") // the service has seen it, and may remember it
		if err := f.svc.RevokeToken(f.Context(), operator(), "acme", "old"); err != nil {
			f.Fatal(err)
		}
		before, goodOnce := f.estate(), map[string]bool{"revoked": true}
		for name, credential := range map[string][]string{
			"none": nil, "empty": {""}, "no token": {"Bearer "}, "no scheme": {f.good}, "Basic": {"Basic " + f.good}, "twice": {"Bearer " + f.good, "Bearer " + f.good},
			"two in one": {"Bearer " + f.good + ", Bearer " + f.good}, "good, then wrong": {"Bearer " + f.good, "Bearer x"}, "never issued": {"Bearer " + bridge.NewSecret(bridge.SCIMToken)},
			"a digit changed": {"Bearer " + f.good[:len(f.good)-1] + "-"}, "of the importer": {"Bearer " + okta}, "of an administrator": {"Bearer " + f.credentials["another class"]},
			"expired": {"Bearer " + f.credentials["expired"]}, "another customer's": {"Bearer " + f.globex}, "revoked": {"Bearer " + revoked},
		} {
			for _, route := range f.routesOf() {
				method, target, _ := strings.Cut(route, " ")
				for _, query := range []string{"", "?access_token=" + f.good} {
					r, content := f.request(method, target+query, userBody("eve@acme.example", "Eve", "Token"))
					r.Header["Authorization"] = credential
					a := f.serve(r)
					if a.refusal() != "401" || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer realm=") || content.read && !goodOnce[name] {
						f.Errorf("%s, token %s: %s, challenge %q, body read: %t", route, name, a.refusal(), a.Header.Get("WWW-Authenticate"), content.read)
					}
					if strings.Contains(a.Body, "drawbridge_") {
						f.Errorf("%s, token %s: the answer repeats it", route, name)
					}
				}
			}
		}
		f.unchanged(before, "bad tokens")
	})
}

// TestFace_WrongTokensAreSlowedPerPair: what is refused again and again is slowed by its address, base URL and digest, so a good
// token is never slowed for who else calls from its address.
func TestFace_WrongTokensAreSlowedPerPair(t *testing.T) {
	atFront(t, func(f *front) {
		clock := now()
		watch := traffic.New(traffic.Options{Store: f.store, Now: func() time.Time { return clock }, NewID: newID})
		f.handler = faces{f.store, "", now, slog.New(slog.DiscardHandler), watch}.routes()
		before := f.estate()
		from := func(address, target, token string) said {
			r, content := f.request("POST", target, userBody("eve@acme.example", "Eve", "Slow"))
			r.RemoteAddr = address
			r.Header.Set("Authorization", "Bearer "+token)
			a := f.serve(r)
			if content.read && a.Status >= 400 && token != f.good {
				f.Errorf("%s from %s: the body was read", target, address)
			}
			return a
		}
		const here, elsewhere = "192.0.2.1:1111", "192.0.2.2:2222"
		wrong, other := bridge.NewSecret(bridge.SCIMToken), bridge.NewSecret(bridge.SCIMToken)
		slowed := said{}
		for range 1000 {
			if slowed = from(here, v2+"/Users", wrong); slowed.Status != http.StatusUnauthorized {
				break
			}
		}
		if slowed.Status != http.StatusTooManyRequests || slowed.Header.Get("Retry-After") == "" {
			f.Fatalf("a wrong token again and again: %d, Retry-After %q", slowed.Status, slowed.Header.Get("Retry-After"))
		}
		for _, c := range []struct {
			name, address, target, token string
			want                         int
		}{
			{"the pair, other routes", here, v2 + "/Groups", wrong, 429},
			{"the pair, bulk", here, v2 + "/Bulk", wrong, 429},
			{"the pair, SCIM 1.1", here, v1 + "/Users", wrong, 429},
			{"the pair, another port", "192.0.2.1:9", v2 + "/Users", wrong, 429},
			{"the token from elsewhere", elsewhere, v2 + "/Users", wrong, 401},
			{"another wrong one from here", here, v2 + "/Users", other, 401},
			{"at another base URL", here, "/scim/v2/globex/Users", wrong, 401},
			{"a good one from here", here, v2 + "/Users/.search", f.good, 200},
			{"another customer's good one", here, "/scim/v2/globex/Users/.search", f.globex, 200},
		} {
			if a := from(c.address, c.target, c.token); a.Status != c.want {
				f.Errorf("%s: %d %s, want %d", c.name, a.Status, a.Body, c.want)
			}
		}
		clock = clock.Add(time.Hour)
		if a := from(here, v2+"/Users", wrong); a.Status != 401 {
			f.Errorf("the pair after an hour: %d, want 401: it is slowed, not banned", a.Status)
		}
		f.unchanged(before, "wrong tokens")
	})
}
