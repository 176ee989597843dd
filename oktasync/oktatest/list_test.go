package oktatest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func logins(t *testing.T, r reply) []string {
	t.Helper()
	out := []string{}
	for _, u := range r.list(t) {
		out = append(out, u["profile"].(map[string]any)["login"].(string))
	}
	return out
}

// nextOf returns the path of the next link, "" on the last page. Okta sends each link as a header line of its own.
func (c *client) nextOf(r reply) string {
	for _, line := range r.header.Values("Link") {
		if strings.Count(line, "rel=") != 1 {
			c.t.Errorf("links share a header line: %s", line)
		}
		if target, rel, _ := strings.Cut(line, ">; "); rel == `rel="next"` {
			return strings.TrimPrefix(strings.TrimPrefix(target, "<"), c.base)
		}
	}
	return ""
}

func TestListUsers_query(t *testing.T) {
	k := newClock()
	c := serve(t, Options{Now: k.now})
	c.setup()
	c.org.AddUser(map[string]any{"login": "anna@x.example", "email": "anna@x.example", "firstName": "Anna", "lastName": "Lee", "scimCustomer": "acme", "isSCIMActive": true, "scimKey": "k1"}, StatusActive)
	k.move(time.Minute)
	c.org.AddUser(map[string]any{"login": "bob@x.example", "email": "bob@x.example", "firstName": "Bob", "lastName": "Ray", "scimCustomer": "acme", "isSCIMActive": false}, StatusSuspended)
	k.move(time.Minute)
	c.org.AddUser(map[string]any{"login": "cy@y.example", "email": "cy@y.example", "firstName": "Cy", "lastName": "Lee", "scimCustomer": "other"}, StatusDeprovisioned)
	all := []string{"anna@x.example", "bob@x.example", "cy@y.example"}

	tests := []struct {
		name, param, value string
		want               []string // nil: refused with E0000031
	}{
		{"plain list leaves out the deprovisioned", "q", "", all[:2]},
		{"q", "q", "LEE", all[:1]},
		{"search by owner includes the deprovisioned", "search", `profile.scimCustomer sw "" and id pr`, all},
		{"eq ignores case", "search", `profile.scimCustomer EQ "ACME"`, all[:2]},
		{"boolean", "search", `profile.isSCIMActive eq true`, all[:1]},
		{"pr", "search", `profile.scimKey pr`, all[:1]},
		{"sw", "search", `profile.login sw "bo"`, all[1:2]},
		{"or binds weaker than and", "search", `profile.lastName eq "Ray" or profile.lastName eq "Lee" and status eq "DEPROVISIONED"`, all[1:]},
		{"parentheses", "search", `(profile.lastName eq "Ray" or profile.lastName eq "Lee") and status eq "DEPROVISIONED"`, all[2:]},
		{"date", "search", `lastUpdated gt "2030-05-01T12:00:30.000Z"`, all[1:]},
		{"date at most", "search", `lastUpdated le "2030-05-01T12:01:00.000Z"`, all[:2]},
		{"escaped quote", "search", `profile.lastName eq "L\"ee"`, []string{}},
		{"unset matches nothing", "search", `profile.scimKey lt "zzz"`, all[:1]},
		{"filter", "filter", `status eq "DEPROVISIONED"`, all[2:]},
		{"filter by login", "filter", `profile.login eq "bob@x.example"`, all[1:2]},
		{"ne", "search", `status ne "ACTIVE"`, nil},
		{"not", "search", `not (status eq "ACTIVE")`, nil},
		{"co", "search", `profile.login co "x"`, nil},
		{"undefined attribute", "search", `profile.shoeSize eq "9"`, nil},
		{"unbalanced", "search", `(status eq "ACTIVE"`, nil},
		{"dangling", "search", `status eq "ACTIVE" and`, nil},
		{"unquoted", "search", `status eq ACTIVE`, nil},
		{"too deep", "search", strings.Repeat("(", 100) + `id pr` + strings.Repeat(")", 100), nil},
		{"filter on what only search knows", "filter", `profile.scimKey eq "k1"`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := c.get("/api/v1/users?" + url.Values{tt.param: {tt.value}}.Encode())
			if tt.want == nil {
				if c.must(400, r).code(t) != "E0000031" {
					t.Errorf("error code %s, want E0000031", r.code(t))
				}
				return
			}
			if diff := cmp.Diff(tt.want, logins(t, c.must(200, r))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestListUsers_pages(t *testing.T) {
	c := serve(t, Options{})
	var want []string
	for i := range 205 {
		login := fmt.Sprintf("u%03d@x.example", i)
		c.org.AddUser(person(login), StatusActive)
		want = append(want, login)
	}
	reversed := make([]string, 0, len(want))
	for i := range want {
		reversed = append(reversed, want[len(want)-1-i])
	}
	for name, tt := range map[string]struct {
		query string
		pages int
		want  []string
	}{
		"default limit":      {"", 2, want},
		"limit is cut":       {"?limit=5000", 2, want},
		"small":              {"?limit=50", 5, want},
		"search":             {"?search=" + url.QueryEscape(`status eq "ACTIVE"`) + "&limit=100", 3, want},
		"sorted":             {"?search=" + url.QueryEscape(`status eq "ACTIVE"`) + "&limit=100&sortBy=profile.login&sortOrder=desc", 3, reversed},
		"last page is full":  {"?limit=41", 5, want},
		"one page is enough": {"?q=u000", 1, want[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			pages := 0
			for path := "/api/v1/users" + tt.query; path != ""; pages++ {
				r := c.must(200, c.get(path))
				got = append(got, logins(t, r)...)
				path = c.nextOf(r)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if pages != tt.pages {
				t.Errorf("%d pages, want %d", pages, tt.pages)
			}
		})
	}
	for _, limit := range []string{"0", "-1", "x"} {
		c.must(400, c.get("/api/v1/users?limit="+limit))
	}
}

func TestSearchLag(t *testing.T) {
	k := newClock()
	c := serve(t, Options{Now: k.now, SearchLag: 2 * time.Second})
	search := "/api/v1/users?search=" + url.QueryEscape(`status eq "ACTIVE"`)
	found := func() int { return len(logins(t, c.must(200, c.get(search)))) }

	id := c.create("a@x.example")
	if n := found(); n != 0 {
		t.Errorf("%d found at once, want 0", n)
	}
	c.must(200, c.get("/api/v1/users/"+id)) // reads by id are strong
	k.move(2 * time.Second)
	if n := found(); n != 1 {
		t.Errorf("%d found after the lag, want 1", n)
	}
	c.must(200, c.post("/api/v1/users/"+id+"/lifecycle/suspend", ""))
	k.move(time.Second)
	c.must(200, c.post("/api/v1/users/"+id+"/lifecycle/unsuspend", ""))
	if n := found(); n != 1 {
		t.Errorf("%d found before the suspension shows, want 1", n)
	}
	k.move(time.Second)
	if n := found(); n != 0 {
		t.Errorf("%d found when the suspension shows, want 0", n)
	}
	k.move(time.Second)
	c.must(204, c.do("DELETE", "/api/v1/users/"+id, ""))
	c.must(204, c.do("DELETE", "/api/v1/users/"+id, ""))
	if n := found(); n != 1 {
		t.Errorf("%d found before the erasure shows, want 1", n)
	}
	k.move(3 * time.Second)
	if n := found(); n != 0 {
		t.Errorf("%d found when the erasure shows, want 0", n)
	}
}
