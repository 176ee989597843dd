package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"drawbridge/bridge/traffic"
)

// TestPause shows what an IdP hears while its customer is paused, by either choice, and what support reads.
func TestPause(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	ask := func() *httptest.ResponseRecorder {
		watch := traffic.New(traffic.Options{Store: w.store, Now: now, NewID: newID})
		r := httptest.NewRequest(http.MethodGet, "/scim/v2/acme/Users", nil)
		r.Header.Set("Authorization", "Bearer "+w.token)
		answer := httptest.NewRecorder()
		faces{w.store, "", now, slog.New(slog.DiscardHandler), watch}.routes().ServeHTTP(answer, r)
		return answer
	}
	w.run(exitDone, "customer", "pause", "acme", "--for", "3d")
	if a := ask(); a.Code != http.StatusOK {
		t.Errorf("writes are kept, and the IdP hears %d", a.Code)
	}
	if out := w.run(exitDone, "customer", "show", "acme"); !regexp.MustCompile(`(?m)^connection +paused$`).MatchString(out) || !strings.Contains(out, "carried out afterwards") {
		t.Errorf("paused, and support reads\n%s", out)
	}
	w.run(exitDone, "customer", "pause", "acme", "--for", "3d", "--answer", "later")
	a := ask()
	if wait, err := strconv.Atoi(a.Header().Get("Retry-After")); a.Code != http.StatusTooManyRequests || err != nil || wait < 1 || wait > 3600 {
		t.Errorf("told to come back later, the IdP hears %d with Retry-After %q", a.Code, a.Header().Get("Retry-After"))
	}
	for _, wrong := range [][]string{{"--for", "29d"}, {"--for", "0s"}, {"--answer", "never"}} {
		w.run(exitFailed, append([]string{"customer", "pause", "acme"}, wrong...)...)
	}
	if said := w.run(exitPerson, "customer", "resume", "acme"); !strings.Contains(said, "--type acme") {
		t.Errorf("resuming says %q", said)
	}
	w.run(exitDone, "customer", "resume", "acme", "--type", "acme")
	if a := ask(); a.Code != http.StatusOK {
		t.Errorf("after the pause the IdP hears %d", a.Code)
	}
}
