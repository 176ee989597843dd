package oktatest

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func rateHeaders(h http.Header) []string {
	return []string{h.Get("X-Rate-Limit-Limit"), h.Get("X-Rate-Limit-Remaining"), h.Get("X-Rate-Limit-Reset")}
}

func TestRateLimit(t *testing.T) {
	k := newClock()
	c := serve(t, Options{Now: k.now, RateLimit: 6, Tokens: []Token{{Name: "other", Secret: "s2", Percent: 100}}})
	reset := strconv.FormatInt(k.now().Truncate(time.Second).Add(time.Minute).Unix(), 10)

	for remaining := 2; remaining >= 0; remaining-- {
		r := c.must(200, c.get("/api/v1/users"))
		if diff := cmp.Diff([]string{"3", strconv.Itoa(remaining), reset}, rateHeaders(r.header)); diff != "" {
			t.Errorf("half of the limit of 6 (-want +got):\n%s", diff)
		}
	}
	r := c.must(429, c.post("/api/v1/users", federatedUser("a@x.example", "")))
	if diff := cmp.Diff([]string{"3", "0", reset}, rateHeaders(r.header)); diff != "" || r.code(t) != "E0000047" {
		t.Errorf("code %s, headers (-want +got):\n%s", r.code(t), diff)
	}
	if len(c.org.Users()) != 0 {
		t.Error("a request that was refused for its rate was applied")
	}
	c.must(404, c.get("/api/v1/users/nobody@x.example")) // a bucket of its own

	// The other token may use all that is left of the org's limit.
	for remaining := 2; remaining >= 0; remaining-- {
		r := c.must(200, c.do("GET", "/api/v1/users", "", "Authorization", "SSWS s2"))
		if diff := cmp.Diff([]string{"6", strconv.Itoa(remaining), reset}, rateHeaders(r.header)); diff != "" {
			t.Errorf("what is left of the org's limit (-want +got):\n%s", diff)
		}
	}
	c.must(429, c.do("GET", "/api/v1/users", "", "Authorization", "SSWS s2"))

	k.move(time.Minute - 251*time.Millisecond) // the clock began 250 ms into a second; the reset is in whole seconds
	c.must(429, c.get("/api/v1/users"))
	k.move(time.Millisecond)
	c.must(200, c.get("/api/v1/users"))
}

func TestBuckets(t *testing.T) {
	c := serve(t, Options{RateLimit: 600})
	id := c.create("a@x.example")
	group := c.org.AddGroup("g", GroupOkta)
	for _, tt := range []struct {
		method, path string
		bucket       string
		limit        string
	}{
		{"GET", "/api/v1/users", "/api/v1/users", "300"},
		{"POST", "/api/v1/users", "/api/v1/users", "300"},
		{"POST", "/api/v1/users/" + id + "/lifecycle/unlock", "/api/v1/users", "300"},
		{"DELETE", "/api/v1/users/" + id + "/sessions", "/api/v1/users", "300"},
		{"GET", "/api/v1/users/" + id + "/roles", "/api/v1/users", "300"},
		{"GET", "/api/v1/users/" + id + "/idps", "/api/v1/users", "300"},
		{"GET", "/api/v1/users/" + id, "/api/v1/users/{id:.+}", "1000"},
		{"POST", "/api/v1/users/" + id, "/api/v1/users/{id}", "300"},
		{"PUT", "/api/v1/users/" + id, "/api/v1/users/{id}", "300"},
		{"GET", "/api/v1/users/me", "/api/v1/users/me", "1000"},
		{"GET", "/api/v1/groups", "/api/v1/groups", "250"},
		{"PUT", "/api/v1/groups/" + group + "/users/" + id, "/api/v1/groups", "250"},
		{"GET", "/api/v1/groups/" + group, "/api/v1/groups/{id}", "500"},
		{"GET", "/api/v1/logs", "/api/v1/logs", "60"},
		{"GET", "/api/v1/meta/schemas/user/default", "/api/v1", "600"},
		{"GET", "/api/v1/idps", "/api/v1", "600"},
	} {
		r := c.do(tt.method, tt.path, "{}")
		entries := c.org.Log()
		got := []string{entries[len(entries)-1].Bucket, r.header.Get("X-Rate-Limit-Limit")}
		if diff := cmp.Diff([]string{tt.bucket, tt.limit}, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tt.method, tt.path, diff)
		}
	}
}

func TestConcurrencyLimit(t *testing.T) {
	c := serve(t, Options{MaxConcurrent: 2})
	id := c.create("a@x.example")
	release := make(chan struct{})
	arrived := make(chan struct{}, 2)
	remove := c.org.Inject(Fault{Kind: Slow, Until: release, Match: func(*http.Request) bool { arrived <- struct{}{}; return true }})
	var slow sync.WaitGroup
	for range 2 {
		slow.Go(func() { c.get("/api/v1/users/" + id) })
	}
	<-arrived
	<-arrived
	remove()
	r := c.must(429, c.get("/api/v1/users/"+id))
	if r.header.Get("X-Rate-Limit-Limit") != "0" || r.code(t) != "E0000047" {
		t.Errorf("code %s, headers %v", r.code(t), rateHeaders(r.header))
	}
	close(release)
	slow.Wait()
	c.must(200, c.get("/api/v1/users/"+id))
}

func TestAuthentication(t *testing.T) {
	c := serve(t, Options{})
	for name, header := range map[string]string{"none": "", "wrong": "SSWS nope", "bearer": "Bearer test-token"} {
		t.Run(name, func(t *testing.T) {
			r := c.must(401, c.do("GET", "/api/v1/users", "", "Authorization", header))
			if r.code(t) != "E0000011" {
				t.Errorf("error code %s, want E0000011", r.code(t))
			}
		})
	}
	for _, e := range c.org.Log() {
		if e.Token != "" || e.Applied {
			t.Errorf("an unknown token stands in the log as %+v", e)
		}
	}
}
