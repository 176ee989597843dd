package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/bridge/traffic"
)

// watched is a service with one customer, on a database that commands work on too.
type watched struct {
	*testing.T
	database string
	store    *store.Store
	svc      *bridge.Service
	token    string
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{T: t, database: storetest.SQLiteURL(t)}
	var err error
	if w.svc, w.store, err = (databaseFlag{w.database}).service(t.Context(), streams{t.Output(), t.Output()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	w.run(exitDone, "customer", "add", "acme")
	w.token = strings.TrimSpace(w.run(exitDone, "token", "create", "acme", "--name", "idp"))
	return w
}

// run runs a command and returns what it prints on stdout, or on stderr if it is to fail.
func (w *watched) run(want int, args ...string) string {
	w.Helper()
	var stdout, stderr strings.Builder
	code := run(w.Context(), append(args, "--database", w.database), noEnv, &stdout, &stderr)
	if code != want {
		w.Fatalf("%q: exit %d, want %d: %s", args, code, want, stderr.String())
	}
	if want != exitDone {
		return stderr.String()
	}
	return stdout.String()
}

// push makes requests, one a line: METHOD PATH BODY. It returns the ids of what was created.
func (w *watched) push(lines ...string) (ids []string) {
	w.Helper()
	watch := traffic.New(traffic.Options{Store: w.store, Now: now, NewID: newID})
	handler := faces{w.store, "", now, slog.New(slog.DiscardHandler), watch}.routes()
	for _, line := range lines {
		method, rest, _ := strings.Cut(line, " ")
		path, body, _ := strings.Cut(rest, " ")
		r := httptest.NewRequest(method, "/scim/v2/acme"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+w.token)
		r.Header.Set("Content-Type", "application/scim+json")
		r.Header.Set("User-Agent", "Okta SCIM Client 1.0.0")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		var made struct{ ID string }
		if answer.Code == http.StatusCreated && json.Unmarshal(answer.Body.Bytes(), &made) == nil {
			ids = append(ids, made.ID)
		}
	}
	ended, stop := context.WithCancel(w.Context())
	stop()
	if err := watch.Run(ended); err != nil {
		w.Fatal(err)
	}
	return ids
}

// TestRequestsCommand shows what was asked, and only what was asked for.
func TestRequestsCommand(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	if out := w.run(exitDone, "requests", "acme"); out != "" {
		t.Errorf("before any request: %s", out)
	}
	ids := w.push(
		"POST /Users "+userBody("anna@acme.example", "Anna", "Adler"),
		"POST /Users "+userBody("ben@acme.example", "Ben", "Bauer"),
		`GET /Users?filter=userName%20eq%20%22anna@acme.example%22`,
		"GET /Users/00000000-0000-7000-8000-000000000000",
	)
	tests := []struct {
		name string
		args []string
		want []string // patterns, one a line
	}{
		{"all", nil, []string{`^\S+Z  201  POST   /Users  \S+  idp$`, `  201  POST `, `  200  GET    /Users\?filter=userName eq "\*\*\*"`, `  404  GET `}},
		{"the newest", []string{"--limit", "1"}, []string{`  404  GET `}},
		{"errors", []string{"--status", "4xx"}, []string{`  404  GET `}},
		{"one status", []string{"--status", "200", "--since", "1h"}, []string{`  200  GET `}},
		{"about one, by name", []string{"--user", "ANNA@acme.example"}, []string{`  201  POST `, `  200  GET `}},
		{"about one, by id", []string{"--user", ids[1]}, []string{`  201  POST `}},
		{"about nobody", []string{"--user", "carl"}, nil},
		{"with bodies", []string{"--limit", "1", "--bodies"}, []string{`  404  GET `, `^    < \{.*"status":"404"`}},
	}
	for _, tt := range tests {
		out := w.run(exitDone, append([]string{"requests", "acme"}, tt.args...)...)
		lines := strings.FieldsFunc(out, func(r rune) bool { return r == '\n' })
		if len(lines) != len(tt.want) {
			t.Errorf("%s: %d lines, want %d:\n%s", tt.name, len(lines), len(tt.want), out)
			continue
		}
		for i, pattern := range tt.want {
			if !regexp.MustCompile(pattern).MatchString(lines[i]) {
				t.Errorf("%s: line %q does not match %s", tt.name, lines[i], pattern)
			}
		}
	}
	var parsed []map[string]any
	if err := json.Unmarshal([]byte(w.run(exitDone, "requests", "acme", "--json", "--limit", "1")), &parsed); err != nil || parsed[0]["status"] != 404.0 || parsed[0]["path"] == "" {
		t.Errorf("as JSON: %v, %v", parsed, err)
	}
}

// TestRequestsCommand_Choice follows what the customer chose.
func TestRequestsCommand_Choice(t *testing.T) {
	t.Parallel()
	for choice, holds := range map[string]bool{"masked": false, "full": true, "off": false} {
		w := newWatched(t)
		w.run(exitDone, "customer", "set", "acme", "--request-log", choice)
		w.push("POST /Users " + userBody("anna@acme.example", "Anna", "Adler"))
		out := w.run(exitDone, "requests", "acme", "--bodies")
		if strings.Contains(out, "Adler") != holds || (out == "") != (choice == "off") {
			t.Errorf("%s shows\n%s", choice, out)
		}
	}
}

// TestCustomerShow_Traffic tells support which IdP it is, and what it does.
func TestCustomerShow_Traffic(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	if out := w.run(exitDone, "customer", "show", "acme"); !regexp.MustCompile(`(?m)^last request +never$`).MatchString(out) {
		t.Errorf("before any request:\n%s", out)
	}
	w.push(`POST /Users {"userName":"anna@acme.example","shoeSize":39,"password":"p","active":"True"}`)
	mustDisconnect(t, w.svc, "acme")
	w.push("GET /Users", "GET /Users", "GET /Users")
	out := w.run(exitDone, "customer", "show", "acme")
	for _, pattern := range []string{
		`(?m)^last request +20\d\d-`, `(?m)^identity provider +okta$`, `(?m)^understood all the same +password_sent, 1 times$`,
		`(?m)^attribute dropped +shoeSize, 1 times$`, `(?m)^refused after the disconnect +3 times$`, `(?m)^log of requests +masked$`,
	} {
		if !regexp.MustCompile(pattern).MatchString(out) {
			t.Errorf("nothing matches %s in\n%s", pattern, out)
		}
	}
	var shown struct {
		IdP     string           `json:"idp"`
		Quirks  map[string]int64 `json:"quirks"`
		Dropped map[string]int64 `json:"dropped_attributes"`
		Last    string           `json:"last_request_at"`
		Refused int64            `json:"refused_after_disconnect"`
	}
	err := json.Unmarshal([]byte(w.run(exitDone, "customer", "show", "acme", "--json")), &shown)
	if err != nil || shown.IdP != "okta" || shown.Quirks["boolean_as_string"] != 1 || shown.Dropped["shoeSize"] != 1 || shown.Last == "" || shown.Refused != 3 {
		t.Errorf("as JSON: %+v, %v", shown, err)
	}
	if got := w.run(exitDone, "requests", "acme", "--status", "403"); strings.Count(got, "\n") != 3 {
		t.Errorf("refused requests in the log:\n%s", got)
	}
}

// TestRate: what `customer set --rate` says is enforced.
func TestRate(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.run(exitDone, "customer", "set", "acme", "--rate", "1")
	w.push("GET /Users", "GET /Users", "GET /Users")
	if got := w.run(exitDone, "requests", "acme", "--status", "429"); strings.Count(got, "\n") != 1 {
		t.Errorf("of three requests at once these were refused:\n%s", got)
	}
}

// TestWatch_Flags: what cannot be meant is a mistake of the command line.
func TestWatch_Flags(t *testing.T) {
	t.Parallel()
	for _, flags := range []trafficFlags{
		{RequestLogDays: 0}, {RequestLogDays: 366}, {RequestLogDays: 14, TrustedProxies: []string{"10.0.0.1"}}, {RequestLogDays: 14, TrustedProxies: []string{""}},
	} {
		if _, err := flags.watch(nil, nil); exitCode(err, &strings.Builder{}) != exitUsage {
			t.Errorf("%+v: %v", flags, err)
		}
	}
	if _, err := (trafficFlags{RequestLogDays: 14, TrustedProxies: []string{"10.0.0.0/8", " fd00::/8"}}).watch(nil, nil); err != nil {
		t.Error(err)
	}
}
