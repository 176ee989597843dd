package okta

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"drawbridge/oktasync"
)

func TestTrapAnswersThatAreNotOktas(t *testing.T) {
	html := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("<html>Please sign in</html>"))
		}
	}
	raw := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"HTML with 200", html(200)},
		{"JSON that says it is HTML", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("{}"))
		}},
		{"nothing with 200", raw(200, "")},
		{"blanks with 200", raw(200, " \n")},
		{"half of an object", raw(200, `{"id":"`)},
		{"an array", raw(200, `[]`)},
		{"null", raw(200, `null`)},
		{"a redirect to a sign-in page", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }},
		{"a redirect that keeps the method", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusTemporaryRedirect) }},
		{"a body that ends early", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"id":`))
		}},
		{"an object that is too long", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"id":"` + strings.Repeat("x", maxAnswer) + `"}`))
		}},
		{"500", html(500)},
		{"502", html(502)},
		{"503 from Okta", func(w http.ResponseWriter, r *http.Request) { refuse(w, 503, "E0000009") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, okta := serve(t, test.handler)
			_, create := client.Create(t.Context(), map[string]any{"login": "anna@acme.example"})
			_, update := client.Update(t.Context(), anna, map[string]any{"a": "b"})
			writes := map[string]error{"create": create, "update": update, "suspend": client.Act(t.Context(), anna, oktasync.Suspend),
				"sessions": client.Act(t.Context(), anna, oktasync.EndSessions), "activate": client.Act(t.Context(), anna, oktasync.Activate)}
			for op, err := range writes {
				if orgError(t, err).Cause != oktasync.CauseUnknown {
					t.Errorf("%s: %v, want cause unknown", op, err)
				}
			}
			_, read := client.Read(t.Context(), anna)
			if orgError(t, read).Cause != oktasync.CauseOrg {
				t.Errorf("read: %v, want cause org", read)
			}
			if _, err := client.Find(t.Context(), "login", "anna@acme.example"); test.name != "an array" && orgError(t, err).Cause != oktasync.CauseOrg {
				t.Errorf("find: %v, want cause org", err)
			}
			if n := len(okta.requests()); n != 7 {
				t.Errorf("seven calls sent %d requests", n)
			}
		})
	}
}

func TestTrapAnotherAccountsAnswer(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		u := userJSON(bob, "ACTIVE", map[string]any{"login": "bob@acme.example", "scimKey": "u2"})
		if r.Method == http.MethodGet && r.URL.Path == "/api/v1/users" {
			reply(w, 200, []any{u})
			return
		}
		reply(w, 200, u)
	})
	_, create := client.Create(t.Context(), map[string]any{"login": "anna@acme.example", "scimKey": "u1"})
	_, read := client.Read(t.Context(), anna)
	_, update := client.Update(t.Context(), anna, map[string]any{"a": "b"})
	_, find := client.Find(t.Context(), oktasync.KeyAttr, "u1")
	for op, err := range map[string]error{"create": create, "read": read, "update": update, "find": find} {
		if orgError(t, err).Cause != oktasync.CauseUnknown {
			t.Errorf("%s: %v, want cause unknown", op, err)
		}
	}
	if got, err := client.Find(t.Context(), "login", "BOB@acme.example"); err != nil || len(got) != 1 {
		t.Errorf("Find without regard to case: %v, %v", got, err)
	}
}

func TestTrapObjectsThatAreNotUsers(t *testing.T) {
	noProfile := userJSON(anna, "ACTIVE", nil)
	delete(noProfile, "profile")
	for name, body := range map[string]any{
		"empty":      map[string]any{},
		"no status":  userJSON(anna, "", map[string]any{}),
		"no profile": noProfile,
		"odd id":     userJSON("me", "ACTIVE", map[string]any{}),
		"wrong type": map[string]any{"id": anna, "status": 7},
		"wrong time": map[string]any{"id": anna, "status": "ACTIVE", "statusChanged": "anna@acme.example"},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, body) })
			_, read := client.Read(t.Context(), anna)
			_, update := client.Update(t.Context(), anna, map[string]any{"a": "b"})
			if orgError(t, read).Cause != oktasync.CauseOrg || orgError(t, update).Cause != oktasync.CauseUnknown {
				t.Errorf("read: %v, update: %v", read, update)
			}
			if strings.Contains(errors.Unwrap(read).Error(), "anna@") {
				t.Errorf("the error holds what Okta answered: %v", errors.Unwrap(read))
			}
		})
	}
}

// The SDK panics on these headers, on answers of any kind.
func TestTrapLinkHeadersOfOtherAnswers(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", `<http://[::1>; rel="next"`)
		reply(w, 200, userJSON(anna, "ACTIVE", map[string]any{}))
	})
	if _, err := client.Read(t.Context(), anna); err != nil {
		t.Errorf("Read: %v", err)
	}
	if err := client.Act(t.Context(), anna, oktasync.Suspend); err != nil {
		t.Errorf("Suspend: %v", err)
	}
}

// A 429 was not applied, whatever becomes of its body.
func TestTrap429WithABrokenBody(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(429)
		_, _ = w.Write([]byte(`{"errorCode":`))
	})
	if err := client.Act(t.Context(), anna, oktasync.Suspend); orgError(t, err).Cause != oktasync.CauseRate {
		t.Errorf("Suspend: %v, want cause rate", err)
	}
}
