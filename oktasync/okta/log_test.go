package okta

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"drawbridge/oktasync"
)

// leaks returns which of the secrets and personal values of the test stand in the text.
func leaks(text string) (found []string) {
	for _, s := range []string{token, "anna@acme", "Nansen", anna} {
		if strings.Contains(text, s) {
			found = append(found, s)
		}
	}
	return found
}

func TestI29_LogHoldsNoSecret(t *testing.T) {
	statuses := map[string]http.HandlerFunc{
		"good": func(w http.ResponseWriter, r *http.Request) {
			reply(w, 200, userJSON(anna, "ACTIVE", map[string]any{}))
		},
		"refused": func(w http.ResponseWriter, r *http.Request) { refuse(w, 400, "E0000001", "anna@acme.example: Nansen") },
		"hung up": func(w http.ResponseWriter, r *http.Request) { hangUp(w) },
		"garbage": func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "anna@acme.example Nansen") },
	}
	for name, handler := range statuses {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			server := httptest.NewServer(handler)
			defer server.Close()
			client := connect(t, Config{OrgURL: server.URL, Token: token, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
			_, update := client.Update(t.Context(), anna, map[string]any{"login": "anna@acme.example", "lastName": "Nansen"})
			_, find := client.Find(t.Context(), "login", "anna@acme.example")
			for _, err := range []error{update, find} {
				if err == nil {
					continue
				}
				if found := leaks(fmt.Sprintf("%v %v", err, orgError(t, err).Err)); found != nil {
					t.Errorf("the error %v holds %v", err, found)
				}
			}
			if found := leaks(log.String()); found != nil {
				t.Errorf("the log holds %v:\n%s", found, &log)
			}
			if n := strings.Count(log.String(), "okta call"); n != 2 {
				t.Errorf("two calls logged %d lines:\n%s", n, &log)
			}
		})
	}
	// The mutant: a line that names the request, as logs of HTTP clients do.
	req := httptest.NewRequest("POST", "/api/v1/users/"+anna+"?search=anna@acme.example", nil)
	if leaks(req.URL.String()) == nil || leaks(string(oktasync.Suspend)) != nil {
		t.Error("the check does not catch the mutant")
	}
}
