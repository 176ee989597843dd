package okta

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/oktasync"
	"drawbridge/policy"
)

func TestCreate(t *testing.T) {
	profile := map[string]any{"login": "anna@acme.example", "scimKey": "u1", "isSCIMActive": true}
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, userJSON(anna, "PROVISIONED", profile))
	})
	got, err := client.Create(t.Context(), profile)
	if err != nil {
		t.Fatal(err)
	}
	want := oktasync.Account{
		ID: anna, Status: policy.Provisioned, StatusChanged: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Provider: "FEDERATION", Profile: profile,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	sent := []request{{"POST", "/api/v1/users?activate=true&provider=true",
		`{"credentials":{"provider":{"name":"FEDERATION","type":"FEDERATION"}},"profile":{"isSCIMActive":true,"login":"anna@acme.example","scimKey":"u1"}}` + "\n",
		"SSWS " + token}}
	if diff := cmp.Diff(sent, okta.requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestUpdateNilBecomesNull(t *testing.T) {
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, userJSON(anna, "ACTIVE", map[string]any{"login": "anna@acme.example"}))
	})
	if _, err := client.Update(t.Context(), anna, map[string]any{"mobilePhone": nil, "isSCIMActive": false}); err != nil {
		t.Fatal(err)
	}
	sent := []request{{"POST", "/api/v1/users/" + anna, `{"profile":{"isSCIMActive":false,"mobilePhone":null}}` + "\n", "SSWS " + token}}
	if diff := cmp.Diff(sent, okta.requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestActSendsExactlyThis(t *testing.T) {
	tests := map[oktasync.Action]string{
		oktasync.Activate:    "POST /lifecycle/activate?sendEmail=false",
		oktasync.Suspend:     "POST /lifecycle/suspend",
		oktasync.Unsuspend:   "POST /lifecycle/unsuspend",
		oktasync.Deactivate:  "POST /lifecycle/deactivate?sendEmail=false",
		oktasync.EndSessions: "DELETE /sessions?oauthTokens=true",
	}
	for action, want := range tests {
		t.Run(string(action), func(t *testing.T) {
			client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodDelete {
					w.WriteHeader(http.StatusNoContent)
					return
				}
				reply(w, 200, map[string]any{})
			})
			if err := client.Act(t.Context(), anna, action); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range okta.requests() {
				got = append(got, r.Method+" "+strings.TrimPrefix(r.URI, "/api/v1/users/"+anna)+r.Body)
			}
			if diff := cmp.Diff([]string{want}, got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, map[string]any{}) })
	if err := client.Act(t.Context(), anna, "delete"); orgError(t, err).Cause != oktasync.CauseRefused {
		t.Errorf("an action that does not exist: %v", err)
	}
	if n := len(okta.requests()); n != 0 {
		t.Errorf("an action that does not exist sent %d requests", n)
	}
}

func TestFindEscapesAndPages(t *testing.T) {
	const value = `a"b\c or profile.login pr`
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) {
		id := anna
		if r.URL.Query().Get("after") == "" {
			w.Header().Add("Link", `<http://`+r.Host+`/api/v1/users?limit=200>; rel="self"`)
			w.Header().Add("Link", `<http://`+r.Host+`/api/v1/users?after=page2&limit=200>; rel="next"`)
		} else {
			id = bob
		}
		reply(w, 200, []any{userJSON(id, "ACTIVE", map[string]any{"scimKey": value})})
	})
	got, err := client.Find(t.Context(), oktasync.KeyAttr, value)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].ID != anna || got[1].ID != bob {
		t.Errorf("found %v, want anna and bob", got)
	}
	for i, r := range okta.requests() {
		u, err := url.ParseRequestURI(r.URI)
		if err != nil {
			t.Fatal(err)
		}
		if want := `profile.scimKey eq "a\"b\\c or profile.login pr"`; u.Query().Get("search") != want {
			t.Errorf("page %d: search %q, want %q", i+1, u.Query().Get("search"), want)
		}
	}
}

func TestFindTakesNoAttributeThatIsNone(t *testing.T) {
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, []any{}) })
	for _, attr := range []string{"", `login eq "x" or status`, "a.b", "a-b", "lögin"} {
		if _, err := client.Find(t.Context(), attr, "x"); orgError(t, err).Cause != oktasync.CauseRefused {
			t.Errorf("Find by %q: %v", attr, err)
		}
	}
	if n := len(okta.requests()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}

func TestMe(t *testing.T) {
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, userJSON(bob, "ACTIVE", map[string]any{})) })
	if id, err := client.Me(t.Context()); id != bob || err != nil {
		t.Errorf("Me: %q, %v", id, err)
	}
	if got := okta.requests()[0].URI; got != "/api/v1/users/me" {
		t.Errorf("Me asked for %s", got)
	}
}

func TestIsAdmin(t *testing.T) {
	tests := []struct {
		name  string
		roles []any
		want  bool
	}{
		{"no role", []any{}, false},
		{"own role", []any{map[string]any{"id": "ra1", "type": "READ_ONLY_ADMIN", "assignmentType": "USER"}}, true},
		{"role of a group", []any{map[string]any{"id": "ra1", "type": "SUPER_ADMIN", "assignmentType": "GROUP"}}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, test.roles) })
			got, err := client.IsAdmin(t.Context(), anna)
			if got != test.want || err != nil {
				t.Errorf("IsAdmin: %v, %v", got, err)
			}
			if uri := okta.requests()[0].URI; uri != "/api/v1/users/"+anna+"/roles" {
				t.Errorf("it asked for %s", uri)
			}
		})
	}
}
