package traffic_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rogpeppe/go-internal/txtar"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/bridge/traffic"
	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// replay is what a service heard and logged of the fixtures of scim/testdata.
type replay struct {
	sent    []string // bodies and queries
	logged  []bridge.Request
	traffic bridge.Traffic
}

const group = "urn:ietf:params:scim:schemas:core:2.0:Group"

// spelled spells out the URNs that the fixtures abbreviate.
var spelled = strings.NewReplacer(`"U"`, `"`+schema.UserURN+`"`, `"G"`, `"`+group+`"`, `"E"`, `"`+schema.EnterpriseUserURN+`"`,
	`"E:`, `"`+schema.EnterpriseUserURN+`:`, `"E.`, `"`+schema.EnterpriseUserURN+`.`, `"PO"`, `"urn:ietf:params:scim:api:messages:2.0:PatchOp"`)

// play sends the fixtures that match to a service of their own, whose log keeps what choice says.
func play(t *testing.T, pattern string, choice bridge.RequestLog) replay {
	t.Helper()
	files, err := filepath.Glob("../../scim/testdata/" + pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures %s: %v", pattern, err)
	}
	s, now := storetest.SQLite(t), func() time.Time { return time.Now().UTC() }
	newID := func() string { return uuid.Must(uuid.NewV7()).String() }
	log := slog.New(slog.DiscardHandler)
	svc := bridge.NewService(s, now, newID)
	support := bridge.Actor{Name: "support:test", Role: bridge.Operator}
	_, err = svc.AddCustomer(t.Context(), support, bridge.NewCustomer{Slug: "acme"})
	rate := 10_000
	if err == nil {
		_, err = svc.SetCustomer(t.Context(), support, "acme", bridge.CustomerRules{RequestLog: &choice, Rate: &rate})
	}
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := svc.CreateToken(t.Context(), support, "acme", "idp", 0)
	if err != nil {
		t.Fatal(err)
	}
	watch := traffic.New(traffic.Options{Store: s, Now: now, NewID: newID, Logger: log})
	server := watch.Handler(scim.NewServer(scim.Options{
		Authenticate: watch.Authenticate(bridge.NewFace(s, now, newID, log).Authenticate), Dropped: watch.Dropped, Logger: log,
		Types: []*schema.ResourceType{schema.User(), schema.Group()},
	}))
	out := replay{sent: []string{secret}}
	for _, file := range files {
		out.sent = append(out.sent, playFile(t, server, file, secret)...)
	}
	return out.read(t, s, watch, svc, support)
}

// read stops the watch and reads what it stored.
func (out replay) read(t *testing.T, s *store.Store, watch *traffic.Watch, svc *bridge.Service, support bridge.Actor) replay {
	t.Helper()
	ended, stop := context.WithCancel(t.Context())
	stop()
	if err := watch.Run(ended); err != nil {
		t.Fatal(err)
	}
	v, err := svc.Customer(t.Context(), support, "acme")
	if err != nil {
		t.Fatal(err)
	}
	out.traffic = v.Traffic
	if out.logged, err = s.Requests(t.Context(), v.ID, bridge.RequestFilter{MaxStatus: 999, Limit: 10_000}); err != nil {
		t.Fatal(err)
	}
	return out
}

// playFile sends one fixture: of each pair of files the first one, named METHOD PATH, with its body.
func playFile(t *testing.T, server http.Handler, file, secret string) (sent []string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, headers, _ := strings.Cut(string(archive.Comment), "\n\n")
	ids := map[string]string{"{U}": "none", "{G}": "none"}
	for i := 0; i+1 < len(archive.Files); i += 2 {
		method, path, _ := strings.Cut(archive.Files[i].Name, " ")
		body := spelled.Replace(string(archive.Files[i].Data))
		for mark, id := range ids {
			path, body = strings.ReplaceAll(path, mark, id), strings.ReplaceAll(body, mark, id)
		}
		path, query, _ := strings.Cut(path, "?")
		r := httptest.NewRequest(method, "/acme"+path, strings.NewReader(body))
		r.URL.RawQuery = escaped(query)
		for line := range strings.Lines(strings.TrimSpace(headers)) {
			name, value, _ := strings.Cut(line, ":")
			r.Header.Set(name, strings.TrimSpace(value))
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		var made struct{ ID string }
		if w.Code == http.StatusCreated && json.Unmarshal(w.Body.Bytes(), &made) == nil {
			if mark := "{" + strings.TrimPrefix(path, "/")[:1] + "}"; ids[mark] == "none" {
				ids[mark] = made.ID
			}
		}
		decoded, _ := url.QueryUnescape(r.URL.RawQuery)
		sent = append(sent, body, decoded)
	}
	return sent
}

func escaped(query string) string {
	return strings.NewReplacer(" ", "+", `"`, "%22", "[", "%5B", "]", "%5D").Replace(query)
}

// personal lists the values in what was sent that say something of people, and the secrets.
func (out replay) personal() (values, secrets []string) {
	found, structure := map[string]bool{}, map[string]bool{}
	secrets = []string{out.sent[0]}
	literal := regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	for _, text := range out.sent[1:] {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			for _, m := range literal.FindAllStringSubmatch(text, -1) {
				found[m[1]] = true
			}
			continue
		}
		collect(v, "", func(key, s string) {
			structure[strings.ToLower(key)] = true
			switch key {
			case "schemas", "op", "path", "type", "active", "primary", "id":
				structure[strings.ToLower(s)] = true
			case "password":
				secrets = append(secrets, s)
			default:
				found[s] = true
			}
		})
	}
	kept := map[string]bool{"true": true, "false": true, "user": true, "group": true} // words for booleans, and types of resources
	for v := range found {
		if structure[strings.ToLower(v)] { // also the name of an attribute, or a type
			continue
		}
		if _, err := uuid.Parse(v); err != nil && len(v) >= 3 && !kept[strings.ToLower(v)] { // ids of members are kept
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return values, secrets
}

func collect(v any, key string, found func(key, s string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, kid := range v {
			collect(kid, k, found)
		}
	case []any:
		for _, kid := range v {
			collect(kid, key, found)
		}
	case string:
		found(key, v)
	}
}

// holds returns the values that stand in the log: long ones anywhere, short ones as a whole.
func (out replay) holds(values []string) (held []string) {
	var log strings.Builder
	for _, r := range out.logged {
		fmt.Fprintln(&log, r.Path, r.Query, r.Body, r.Answer, r.Method, r.ResourceID)
	}
	text := strings.ToLower(log.String())
	for _, v := range values {
		v = strings.ToLower(v)
		if strings.Contains(text, `"`+v+`"`) || len(v) >= 10 && strings.Contains(text, v) {
			held = append(held, v)
		}
	}
	return held
}

// TestI29_RequestLogHoldsNothingPersonal replays everything that IdPs send: no secret is ever logged and, masked, nothing of
// anybody. The log in full is the mutant: the same search has to find what that one holds.
func TestI29_RequestLogHoldsNothingPersonal(t *testing.T) {
	out := play(t, "*/*.txtar", bridge.MaskedRequests)
	values, secrets := out.personal()
	if len(out.logged) < 60 || len(values) < 60 || len(secrets) < 2 {
		t.Fatalf("%d requests, %d values and %d secrets: the fixtures were not replayed", len(out.logged), len(values), len(secrets))
	}
	if held := out.holds(values); len(held) > 0 {
		t.Errorf("masked, the log holds %q", held)
	}
	if held := out.holds(secrets); len(held) > 0 {
		t.Errorf("masked, the log holds the secrets %q", held)
	}

	out = play(t, "*/*.txtar", bridge.FullRequests)
	values, secrets = out.personal()
	if held := out.holds(secrets); len(held) > 0 {
		t.Errorf("in full, the log holds the secrets %q", held)
	}
	if held := out.holds(values); len(held) < len(values)/2 {
		t.Errorf("in full, only %d of %d values are found: the search finds too little", len(held), len(values))
	}
}
