package oktatest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestLog(t *testing.T) {
	k := newClock()
	c := serve(t, Options{Now: k.now})
	c.setup()
	id := c.must(200, c.post("/api/v1/users?provider=true", federatedUser("a@x.example", `,"scimKey":"k1","scimCustomer":"acme"`))).object(t)["id"].(string)
	c.must(200, c.post("/api/v1/users/"+id, `{"profile":{"title":"Boss","isSCIMActive":false}}`))
	c.org.SetStatus(id, StatusSuspended)
	c.must(400, c.post("/api/v1/users/"+id+"/lifecycle/suspend", ""))
	c.must(200, c.get("/api/v1/users?search="+url.QueryEscape(`profile.scimKey eq "k1"`)))

	no := false
	created := &Snapshot{Status: StatusActive, StatusChanged: k.now(), Login: "a@x.example", Email: "a@x.example", ScimKey: "k1", ScimCustomer: "acme", Provider: "FEDERATION"}
	updated := *created
	updated.Active = &no
	suspended := updated
	suspended.Status = StatusSuspended
	seen := func(status string) []Seen {
		return []Seen{{ID: id, Status: status, Login: "a@x.example", ScimKey: "k1", ScimCustomer: "acme"}}
	}
	base := Entry{Token: DefaultToken, Start: k.now(), End: k.now(), At: k.now(), Answered: true}
	entry := func(change func(e *Entry)) Entry {
		e := base
		change(&e)
		return e
	}
	want := []Entry{
		entry(func(e *Entry) {
			e.Seq, e.Method, e.Path, e.Op, e.Bucket = 1, "POST", schemaPath, "update_schema", "/api/v1"
			e.Status, e.Applied, e.Body = 200, true, []byte(markerSchema)
		}),
		entry(func(e *Entry) {
			e.Seq, e.Method, e.Path, e.Query, e.Op, e.Bucket = 2, "POST", "/api/v1/users", "provider=true", "create", "/api/v1/users"
			e.Status, e.Applied, e.UserID, e.After, e.Seen = 200, true, id, created, seen(StatusActive)
			e.Body = []byte(federatedUser("a@x.example", `,"scimKey":"k1","scimCustomer":"acme"`))
		}),
		entry(func(e *Entry) {
			e.Seq, e.Method, e.Path, e.Op, e.Bucket = 3, "POST", "/api/v1/users/"+id, "update", "/api/v1/users/{id}"
			e.Status, e.Applied, e.UserID, e.Before, e.After, e.Seen = 200, true, id, created, &updated, seen(StatusActive)
			e.Changed, e.Body = []string{"isSCIMActive", "title"}, []byte(`{"profile":{"title":"Boss","isSCIMActive":false}}`)
		}),
		entry(func(e *Entry) {
			e.Seq, e.Token, e.Op, e.Applied, e.UserID, e.Before, e.After = 4, Hand, "set_status", true, id, &updated, &suspended
			e.Answered = false
		}),
		entry(func(e *Entry) {
			e.Seq, e.Method, e.Path, e.Op, e.Bucket = 5, "POST", "/api/v1/users/"+id+"/lifecycle/suspend", "suspend", "/api/v1/users"
			e.Status, e.UserID, e.Before, e.After = 400, id, &suspended, &suspended
		}),
		entry(func(e *Entry) {
			e.Seq, e.Method, e.Path, e.Op, e.Bucket = 6, "GET", "/api/v1/users", "list", "/api/v1/users"
			e.Query, e.Status, e.Applied, e.Seen = "search="+url.QueryEscape(`profile.scimKey eq "k1"`), 200, true, seen(StatusSuspended)
		}),
	}
	opts := []cmp.Option{cmpopts.IgnoreFields(Entry{}, "Limit", "Remaining", "Reset"), cmpopts.EquateEmpty()}
	if diff := cmp.Diff(want, c.org.Log(), opts...); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, e := range c.org.Log() {
		if strings.Contains(e.Token, "test-token") {
			t.Error("the token's secret stands in the log")
		}
	}
}

func TestEvents(t *testing.T) {
	c := serve(t, Options{})
	id := c.create("a@x.example")
	c.must(200, c.post("/api/v1/users/"+id+"/lifecycle/suspend", ""))
	c.must(400, c.post("/api/v1/users/"+id+"/lifecycle/suspend", "")) // a refusal is no event
	c.org.SetStatus(id, StatusActive)
	kinds := func(query string) []string {
		out := []string{}
		for _, e := range c.must(200, c.get("/api/v1/logs"+query)).list(t) {
			out = append(out, e["eventType"].(string))
		}
		return out
	}
	if diff := cmp.Diff([]string{"user.lifecycle.create", "user.lifecycle.suspend", "user.lifecycle.activate"}, kinds("")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"user.lifecycle.suspend"}, kinds("?filter="+url.QueryEscape(`eventType eq "user.lifecycle.suspend"`))); diff != "" {
		t.Errorf("filtered (-want +got):\n%s", diff)
	}
	if got := kinds("?since=2999-01-01T00:00:00Z"); len(got) != 0 {
		t.Errorf("events of the future: %v", got)
	}
	c.must(400, c.get("/api/v1/logs?since=yesterday"))
}

// FuzzServe: no request makes the org panic or answer outside HTTP, and every one of them is logged once.
func FuzzServe(f *testing.F) {
	for _, rt := range table() {
		f.Add(rt.method, strings.NewReplacer("{user}", "ann@x.example", "{", "", "}", "").Replace(rt.pattern), "limit=1&after=c1&search=id pr", `{"profile":{"name":"x","login":null}}`)
	}
	f.Add("POST", "/api/v1/users", "provider=true", federatedUser("b@x.example", `,"scimKey":"k1"`))
	f.Add("GET", "/api/v1/users", `search=((profile.login sw "a") or status eq 1.5) and created gt "2030-01-01T00:00:00Z"`, "")
	f.Add("POST", "/api/v1/meta/schemas/user/default", "", markerSchema)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		req, err := http.NewRequest(method, "http://okta.example/", strings.NewReader(body))
		if err != nil {
			return // no method that HTTP could carry
		}
		req.URL = &url.URL{Scheme: "http", Host: "okta.example", Path: path, RawQuery: query}
		req.Header.Set("Authorization", "SSWS test-token")
		o := New(Options{})
		id := o.AddUser(person("ann@x.example"), StatusActive, UserOptions{Password: "Secret123"})
		o.ClearLog()
		w := httptest.NewRecorder()
		o.ServeHTTP(w, req)
		if w.Code < 200 || w.Code > 599 || w.Code >= 500 {
			t.Errorf("status %d", w.Code)
		}
		if n := len(o.Log()); n != 1 {
			t.Errorf("%d entries for one request", n)
		}
		if u, exists := o.User(id); exists && u.Status == "" {
			t.Error("the user has no status")
		}
	})
}
