package oktatest

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCreateUser(t *testing.T) {
	long := strings.Repeat("x", 51)
	tests := []struct {
		name, query, body  string
		status             int
		code, cause        string
		userStatus         string
		mails              int
		provider, password string
	}{
		{name: "without password it is provisioned and mailed", body: `{"profile":{"login":"a@x.example","email":"a@x.example","firstName":"A","lastName":"B"}}`,
			status: 200, userStatus: StatusProvisioned, mails: 1, provider: "OKTA"},
		{name: "staged", query: "?activate=false", body: `{"profile":{"login":"a@x.example","email":"a@x.example","firstName":"A","lastName":"B"}}`,
			status: 200, userStatus: StatusStaged, provider: "OKTA"},
		{name: "federated", query: "?activate=true&provider=true", body: federatedUser("a@x.example", ""),
			status: 200, userStatus: StatusActive, provider: "FEDERATION"},
		{name: "federated only if provider=true", query: "?activate=true", body: federatedUser("a@x.example", ""),
			status: 200, userStatus: StatusProvisioned, mails: 1, provider: "OKTA"},
		{name: "with password", body: `{"profile":{"login":"a@x.example","email":"a@x.example","firstName":"A","lastName":"B"},"credentials":{"password":{"value":"Secret123"}}}`,
			status: 200, userStatus: StatusActive, provider: "OKTA"},
		{name: "password to change", query: "?nextLogin=changePassword", body: `{"profile":{"login":"a@x.example","email":"a@x.example","firstName":"A","lastName":"B"},"credentials":{"password":{"value":"Secret123"}}}`,
			status: 200, userStatus: StatusPasswordExpired, provider: "OKTA"},
		{name: "unknown attribute", body: federatedUser("a@x.example", `,"scimKey":"k"`), status: 400, code: "E0000001", cause: "scimKey: The attribute is not defined in the schema"},
		{name: "login taken in another case", body: federatedUser("TAKEN@x.example", ""), status: 400, code: "E0000001",
			cause: "login: An object with this field already exists in the current organization"},
		{name: "no email", body: `{"profile":{"login":"a@x.example","firstName":"A","lastName":"B"}}`, status: 400, code: "E0000001", cause: "email: The field cannot be left blank"},
		{name: "short login", body: federatedUser("a@x", ""), status: 400, code: "E0000001", cause: "email: The field must have at least 5 characters"},
		{name: "long name", body: `{"profile":{"login":"a@x.example","email":"a@x.example","firstName":"` + long + `","lastName":"B"}}`, status: 400, code: "E0000001", cause: "firstName: The field cannot exceed 50 characters"},
		{name: "wrong type", body: `{"profile":{"login":"a@x.example","email":"a@x.example","firstName":"A","lastName":true}}`, status: 400, code: "E0000001", cause: "lastName: The value must be of type string"},
		{name: "no JSON", body: `{`, status: 400, code: "E0000003"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := serve(t, Options{})
			c.org.AddUser(person("taken@x.example"), StatusDeprovisioned)
			r := c.must(tt.status, c.post("/api/v1/users"+tt.query, tt.body))
			if tt.status != 200 {
				if got := r.code(t); got != tt.code {
					t.Errorf("error code %s, want %s", got, tt.code)
				}
				if !strings.Contains(r.text, tt.cause) {
					t.Errorf("%s does not give the cause %q", r.text, tt.cause)
				}
				return
			}
			u, _ := c.org.UserByLogin("a@x.example")
			got := []any{u.Status, u.Mails, u.Credentials.Provider.Type}
			if diff := cmp.Diff([]any{tt.userStatus, tt.mails, tt.provider}, got); diff != "" {
				t.Errorf("status, mails, provider (-want +got):\n%s", diff)
			}
			if !regexp.MustCompile(`^00u[A-Za-z0-9]{17}$`).MatchString(u.ID) {
				t.Errorf("id %q is not of Okta's form", u.ID)
			}
		})
	}
}

func TestCreateUser_groups(t *testing.T) {
	c := serve(t, Options{})
	var ids []string
	for _, name := range strings.Split("abcdefghijklmnopqrstu", "") {
		ids = append(ids, c.org.AddGroup(name, GroupOkta))
	}
	body := func(ids []string) string {
		return `{"groupIds":["` + strings.Join(ids, `","`) + `"],` + federatedUser("a@x.example", "")[1:]
	}
	c.must(400, c.post("/api/v1/users?provider=true", body(ids)))
	c.must(404, c.post("/api/v1/users?provider=true", body([]string{"00g00000000000000000"})))
	c.must(400, c.post("/api/v1/users?provider=true", body([]string{c.org.AddGroup("app", GroupApp)})))
	if n := len(c.org.Users()); n != 0 {
		t.Fatalf("%d users exist after refused creates", n)
	}
	c.must(200, c.post("/api/v1/users?provider=true", body(ids[:20])))
	if u, _ := c.org.UserByLogin("a@x.example"); len(u.Groups) != 20 {
		t.Errorf("user is in %d groups, want 20", len(u.Groups))
	}
}

func TestReadUser(t *testing.T) {
	c := serve(t, Options{})
	id := c.create("anna.lee@x.example")
	for name, path := range map[string]string{
		"id": id, "login": "anna.lee@x.example", "login in another case": "ANNA.LEE@x.example", "escaped": "anna%2Elee%40x.example",
		"short login": "anna.lee",
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.must(200, c.get("/api/v1/users/"+path)).object(t)["id"]; got != id {
				t.Errorf("got %v, want %s", got, id)
			}
		})
	}
	t.Run("ambiguous short login", func(t *testing.T) {
		c.create("anna.lee@y.example")
		if r := c.must(404, c.get("/api/v1/users/anna.lee")); r.code(t) != "E0000007" {
			t.Errorf("error code %s, want E0000007", r.code(t))
		}
	})
	t.Run("me is the owner of the token", func(t *testing.T) {
		if got := c.must(200, c.get("/api/v1/users/me")).object(t)["id"]; got != c.org.OwnerOf(DefaultToken) {
			t.Errorf("got %v", got)
		}
		c.must(200, c.post("/api/v1/users/me", `{"profile":{"nickName":"root"}}`))
		u, _ := c.org.User(c.org.OwnerOf(DefaultToken))
		if u.Profile["nickName"] != "root" || !u.Admin {
			t.Errorf("a write to me did not reach the administrator: %+v", u)
		}
	})
	t.Run("absolute request URI", func(t *testing.T) {
		req, _ := http.NewRequest("GET", c.base+"/api/v1/users/"+id, nil)
		req.Header.Set("Authorization", "SSWS test-token")
		proxy, _ := url.Parse(c.base) // a client that takes the org for its proxy sends absolute URIs
		res, err := (&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}).Do(req)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("got %v, %v", res, err)
		}
		res.Body.Close()
	})
}

func TestUserJSON(t *testing.T) {
	k := newClock()
	c := serve(t, Options{Now: k.now})
	id := c.create("a@x.example")
	got := c.must(200, c.get("/api/v1/users/"+id)).object(t)
	delete(got, "_links")
	delete(got, "type")
	want := map[string]any{
		"id": id, "status": "ACTIVE", "created": "2030-05-01T12:00:00.000Z", "activated": "2030-05-01T12:00:00.000Z",
		"statusChanged": "2030-05-01T12:00:00.000Z", "lastUpdated": "2030-05-01T12:00:00.000Z", "lastLogin": nil, "passwordChanged": nil,
		"profile":     map[string]any{"login": "a@x.example", "email": "a@x.example", "firstName": "Ann", "lastName": "Lee", "mobilePhone": nil, "secondEmail": nil},
		"credentials": map[string]any{"provider": map[string]any{"type": "FEDERATION", "name": "FEDERATION"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for status, offered := range map[string][]string{
		StatusActive: {"suspend", "deactivate"}, StatusSuspended: {"unsuspend", "deactivate"}, StatusDeprovisioned: {"activate", "delete"},
		StatusProvisioned: {"suspend", "reactivate"}, StatusLockedOut: {"unlock"}, StatusStaged: {"activate"},
	} {
		c.org.SetStatus(id, status)
		links := c.must(200, c.get("/api/v1/users/"+id)).object(t)["_links"].(map[string]any)
		for _, name := range append(offered, "self") {
			if links[name] == nil {
				t.Errorf("%s: no link %s in %v", status, name, links)
			}
		}
		if links["suspend"] != nil && status == StatusSuspended {
			t.Errorf("%s: suspend is offered", status)
		}
	}
}

func TestUpdateUser(t *testing.T) {
	c := serve(t, Options{})
	c.setup()
	id, other := c.create("a@x.example"), c.create("b@x.example")
	path := "/api/v1/users/" + id

	c.must(200, c.post(path, `{"profile":{"nickName":"Nick","title":"Boss","scimKey":"k1"}}`))
	c.must(200, c.post(path, `{"profile":{"title":null}}`))
	u, _ := c.org.User(id)
	want := person("a@x.example")
	want["nickName"], want["scimKey"] = "Nick", "k1"
	if diff := cmp.Diff(want, u.Profile); diff != "" {
		t.Errorf("after partial updates (-want +got):\n%s", diff)
	}

	c.must(200, c.do("PUT", path, `{"profile":{"login":"a@x.example","email":"new@x.example","firstName":"A","lastName":"B"}}`))
	u, _ = c.org.User(id)
	if diff := cmp.Diff(map[string]any{"login": "a@x.example", "email": "new@x.example", "firstName": "A", "lastName": "B"}, u.Profile); diff != "" {
		t.Errorf("after a full update (-want +got):\n%s", diff)
	}

	refusals := []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"clear a required attribute", "POST", path, `{"profile":{"email":null}}`, 400, "E0000001"},
		{"full update without a required one", "PUT", path, `{"profile":{"login":"a@x.example"}}`, 400, "E0000001"},
		{"login taken", "POST", path, `{"profile":{"login":"b@x.example"}}`, 400, "E0000001"},
		{"undefined attribute", "POST", path, `{"profile":{"shoeSize":"9"}}`, 400, "E0000001"},
		{"nobody", "POST", "/api/v1/users/00u00000000000000000", `{"profile":{}}`, 404, "E0000007"},
		{"password of a federated user", "POST", path, `{"credentials":{"password":{"value":"Secret123"}}}`, 403, "E0000014"},
	}
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			if r := c.must(tt.status, c.do(tt.method, tt.path, tt.body)); r.code(t) != tt.code {
				t.Errorf("error code %s, want %s", r.code(t), tt.code)
			}
		})
	}

	t.Run("unique attribute", func(t *testing.T) {
		c.must(200, c.post(path, `{"profile":{"scimKey":"k2"}}`))
		r := c.must(400, c.post("/api/v1/users/"+other, `{"profile":{"scimKey":"k2"}}`))
		if !strings.Contains(r.text, taken("scimKey")) {
			t.Errorf("%s does not name the attribute", r.text)
		}
		c.must(200, c.post(path, `{"profile":{"scimKey":null}}`))
		c.must(200, c.post("/api/v1/users/"+other, `{"profile":{"scimKey":"k2"}}`))
	})
	t.Run("deprovisioned", func(t *testing.T) {
		c.org.SetStatus(id, StatusDeprovisioned)
		if r := c.must(403, c.post(path, `{"profile":{"nickName":"x"}}`)); r.code(t) != "E0000038" {
			t.Errorf("error code %s, want E0000038", r.code(t))
		}
	})
}

func TestUpdateUser_ifMatch(t *testing.T) {
	c := serve(t, Options{})
	id := c.create("a@x.example")
	path := "/api/v1/users/" + id
	tag := c.must(200, c.get(path)).header.Get("ETag")
	c.must(200, c.post(path+"/lifecycle/suspend", ""))
	if after := c.must(200, c.get(path)).header.Get("ETag"); tag == "" || after != tag {
		t.Errorf("the status changed the ETag from %q to %q", tag, after)
	}
	next := c.must(200, c.do("POST", path, `{"profile":{"title":"x"}}`, "If-Match", tag)).header.Get("ETag")
	if next == tag {
		t.Errorf("the profile did not change the ETag %q", tag)
	}
	c.must(412, c.do("POST", path, `{"profile":{"title":"y"}}`, "If-Match", tag))
	c.must(412, c.do("PUT", path, `{}`, "If-Match", tag))
	if u, _ := c.org.User(id); u.Profile["title"] != "x" {
		t.Errorf("a stale update was applied: %v", u.Profile)
	}
}

func TestUpdateUser_sourcedProfile(t *testing.T) {
	c := serve(t, Options{})
	c.setup()
	id := c.create("a@x.example")
	c.org.SetSource(id, "HR")
	if r := c.must(403, c.post("/api/v1/users/"+id, `{"profile":{"title":"x"}}`)); r.code(t) != "E0000023" {
		t.Errorf("error code %s, want E0000023", r.code(t))
	}
	c.must(200, c.post("/api/v1/users/"+id, `{"profile":{"isSCIMConnected":false}}`))
}

func TestDeleteUser(t *testing.T) {
	c := serve(t, Options{})
	id := c.create("a@x.example")
	path := "/api/v1/users/" + id
	c.must(204, c.do("DELETE", path, ""))
	if u, _ := c.org.User(id); u.Status != StatusDeprovisioned {
		t.Fatalf("status %s after the first delete", u.Status)
	}
	c.must(204, c.do("DELETE", path, ""))
	c.must(404, c.do("DELETE", path, ""))
	c.must(404, c.get(path))
	c.create("a@x.example") // the login is free again
}
