package okta

import (
	"net/http"
	"testing"
)

func FuzzNextCursor(f *testing.F) {
	for _, h := range []string{
		"", `<https://a/b?after=x>; rel="next"`, `<https://a/b?after=x>;rel=next`, `<https://a/b>; rel="self", <https://a/b?after=x>; rel="next"`,
		`<https://a/b?after=x,y>; title="a, b"; rel="prev next"`, `<`, `<>`, `<>;`, `,,,`, `<a>; rel="next`, `<%zz>; rel=next`, `<https://a?after=x>; REL=NEXT`,
	} {
		f.Add(h, "")
		f.Add(h, h)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		cursor, err := nextCursor([]string{a, b})
		if err != nil && cursor != "" {
			t.Errorf("a cursor %q beside the error %v", cursor, err)
		}
	})
}

func TestNextCursor(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		want    string
		fails   bool
	}{
		{name: "none"},
		{name: "empty header", headers: []string{""}},
		{name: "unquoted", headers: []string{`<https://a/b?after=x>;rel=next`}, want: "x"},
		{name: "upper case", headers: []string{`<https://a/b?after=x>; REL="NEXT"`}, want: "x"},
		{name: "several relations", headers: []string{`<https://a/b?after=x>; title="a, b; c"; rel="last next"`}, want: "x"},
		{name: "a comma in the target", headers: []string{`<https://a/b?after=x,y>; rel="next",<https://a>; rel="self"`}, want: "x,y"},
		{name: "escaped", headers: []string{`<https://a/b?after=x%26y>; rel="next"`}, want: "x&y"},
		{name: "not next", headers: []string{`<https://a/b?after=x>; rel="nextish"`}},
		{name: "open quote", headers: []string{`<https://a/b?after=x>; rel="next`}, fails: true},
		{name: "open target", headers: []string{`<https://a/b?after=x; rel="next"`}, fails: true},
		{name: "no brackets", headers: []string{`https://a/b?after=x; rel="next"`}, fails: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := nextCursor(test.headers)
			if got != test.want || (err != nil) != test.fails {
				t.Errorf("nextCursor: %q, %v", got, err)
			}
		})
	}
}

func TestBucketOf(t *testing.T) {
	tests := []struct{ method, path, want string }{
		{http.MethodGet, "/api/v1/users", "/api/v1/users"},
		{http.MethodPost, "/api/v1/users", "/api/v1/users"},
		{http.MethodGet, "/api/v1/users/" + anna, "/api/v1/users/{id:.+}"},
		{http.MethodPost, "/api/v1/users/" + anna, "/api/v1/users/{id}"},
		{http.MethodPut, "/api/v1/users/" + anna, "/api/v1/users/{id}"},
		{http.MethodDelete, "/api/v1/users/" + anna, "/api/v1/users/{id}"},
		{http.MethodPost, "/api/v1/users/" + anna + "/lifecycle/suspend", "/api/v1/users"},
		{http.MethodDelete, "/api/v1/users/" + anna + "/sessions", "/api/v1/users"},
		{http.MethodGet, "/api/v1/users/" + anna + "/roles", "/api/v1/users"},
		{http.MethodGet, "/api/v1/users/me", "/api/v1/users/me"},
		{http.MethodPost, "/api/v1/users/me", "/api/v1/users"},
		{http.MethodGet, "/api/v1/groups", "/api/v1/groups"},
		{http.MethodPost, "/api/v1/groups", "/api/v1/groups"},
		{http.MethodGet, "/api/v1/groups/00g1", "/api/v1/groups/{id}"},
		{http.MethodDelete, "/api/v1/groups/00g1", "/api/v1/groups/{id}"},
		{http.MethodPut, "/api/v1/groups/00g1/users/00u1", "/api/v1/groups"},
		{http.MethodGet, "/api/v1/groups/rules", "/api/v1/groups"},
		{http.MethodGet, "/api/v1/apps/0oa1", "/api/v1/apps/{id}"},
		{http.MethodGet, "/api/v1/apps/0oa1/users", "/api/v1/apps"},
		{http.MethodGet, "/api/v1/logs", "/api/v1/logs"},
		{http.MethodGet, "/api/v1/sessions/me", "/api/v1/sessions"},
		{http.MethodGet, "/api/v1/meta/schemas/user/default", "/api/v1"},
		{http.MethodPost, "/oauth2/v1/token", "/oauth2/v1/token"},
	}
	for _, test := range tests {
		if got := bucketOf(test.method, test.path); got != test.want {
			t.Errorf("bucketOf(%s %s) = %s, want %s", test.method, test.path, got, test.want)
		}
	}
}
