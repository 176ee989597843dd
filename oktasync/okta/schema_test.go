package okta

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
)

// testContext is short: what the rate does not allow at once is not waited for.
func testContext(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), 2*time.Second)
}

func TestSetupTwice(t *testing.T) {
	org, client := startOrg(t, oktatest.Options{})
	for i, want := range [][]string{{oktasync.ConnectedAttr, oktasync.ActiveAttr, oktasync.CustomerAttr, oktasync.KeyAttr}, nil} {
		got, err := client.Setup(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("run %d changed (-want +got):\n%s", i+1, diff)
		}
	}
	writes := 0
	for _, e := range org.Log() {
		if e.Write() {
			writes++
		}
	}
	if writes != 1 {
		t.Errorf("two runs wrote %d times, want once", writes)
	}
	for _, f := range client.Check(t.Context()) {
		if !f.OK {
			t.Errorf("Check after Setup: %s: %s", f.Subject, f.Sentence)
		}
	}
}

func TestSetupWaitsUntilAttributesCanBeWritten(t *testing.T) {
	_, client := startOrg(t, oktatest.Options{SchemaLag: 300 * time.Millisecond})
	client.settle = 400 * time.Millisecond
	setup(t, client)
	if _, err := client.Create(t.Context(), profileOf("anna@acme.example", "u1")); err != nil {
		t.Errorf("Create right after Setup: %v", err)
	}
}

// schemaServer is an Okta of which only the user schema is there.
type schemaServer struct {
	mu       sync.Mutex
	shown    map[string]any // what is read
	next     map[string]any // what is read after lag more reads
	lag      int
	written  []string
	roleType string
}

func (s *schemaServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case strings.HasSuffix(r.URL.Path, "/me"):
		reply(w, 200, userJSON(bob, "ACTIVE", map[string]any{}))
		return
	case strings.HasSuffix(r.URL.Path, "/roles"):
		roles := []any{}
		if s.roleType != "" {
			roles = append(roles, map[string]any{"type": s.roleType})
		}
		reply(w, 200, roles)
		return
	case r.Method == http.MethodPost:
		var in struct {
			Definitions struct {
				Custom struct{ Properties map[string]any }
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			panic(err)
		}
		s.next = map[string]any{}
		for k, v := range s.shown {
			s.next[k] = v
		}
		for k, v := range in.Definitions.Custom.Properties {
			s.next[k] = v
			s.written = append(s.written, k)
		}
	case s.next != nil:
		if s.lag--; s.lag < 0 {
			s.shown, s.next = s.next, nil
		}
	}
	reply(w, 200, map[string]any{"definitions": map[string]any{"custom": map[string]any{"properties": s.shown}}})
}

func property(kind, master, action string) map[string]any {
	return map[string]any{
		"title": "x", "type": kind, "master": map[string]any{"type": master},
		"permissions": []any{map[string]any{"principal": "SELF", "action": action}},
	}
}

func goodSchema() map[string]any {
	key := property("string", "OKTA", "READ_ONLY")
	key["unique"] = "UNIQUE_VALIDATED"
	return map[string]any{
		oktasync.ConnectedAttr: property("boolean", "OKTA", "READ_ONLY"), oktasync.ActiveAttr: property("boolean", "OKTA", "HIDE"),
		oktasync.CustomerAttr: property("string", "OKTA", "READ_ONLY"), oktasync.KeyAttr: key, "shoeSize": property("string", "PROFILE_MASTER", "READ_WRITE"),
	}
}

func TestSetupMendsWhatIsThere(t *testing.T) {
	tests := []struct {
		name   string
		attr   string
		to     any
		want   []string
		fails  string
		says   string // in Check's finding
		checks bool
	}{
		{name: "all right", checks: true},
		{name: "missing", attr: oktasync.ActiveAttr, to: nil, want: []string{oktasync.ActiveAttr}, says: "is missing"},
		{name: "not unique", attr: oktasync.KeyAttr, to: property("string", "OKTA", "READ_ONLY"), want: []string{oktasync.KeyAttr}, says: "is not unique"},
		{name: "mastered by an app", attr: oktasync.ConnectedAttr, to: property("boolean", "PROFILE_MASTER", "READ_ONLY"), want: []string{oktasync.ConnectedAttr}, says: "is not mastered by Okta"},
		{name: "editable", attr: oktasync.CustomerAttr, to: property("string", "OKTA", "READ_WRITE"), want: []string{oktasync.CustomerAttr}, says: "can be edited by the people"},
		{name: "wrong type", attr: oktasync.ActiveAttr, to: property("string", "OKTA", "READ_ONLY"), fails: "delete it in Okta", says: "has the type string, not boolean"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &schemaServer{shown: goodSchema(), lag: 3, roleType: "SUPER_ADMIN"}
			if test.attr != "" {
				s.shown[test.attr] = test.to
			}
			client, _ := serve(t, s.ServeHTTP)
			for _, f := range client.Check(t.Context()) {
				if f.OK != (f.Subject != test.attr) || f.Subject == test.attr && !strings.Contains(f.Sentence, test.says) {
					t.Errorf("Check before: %+v", f)
				}
			}
			got, err := client.Setup(t.Context())
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) || len(s.written) != 0 {
					t.Errorf("Setup: %v, wrote %v", err, s.written)
				}
				return
			}
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("Setup: %v, changed (-want +got):\n%s", err, diff)
			}
			if diff := cmp.Diff(test.want, s.written); diff != "" {
				t.Errorf("written (-want +got):\n%s", diff)
			}
			for _, f := range client.Check(t.Context()) {
				if !f.OK {
					t.Errorf("Check after: %+v", f)
				}
			}
		})
	}
}

func TestSetupGivesUpOnASchemaThatNeverShows(t *testing.T) {
	s := &schemaServer{shown: map[string]any{}, lag: 1_000_000}
	client, _ := serve(t, s.ServeHTTP)
	changed, err := client.Setup(t.Context())
	if err == nil || len(changed) != 4 || !strings.Contains(err.Error(), "run setup again") {
		t.Errorf("Setup: %v, %v", changed, err)
	}
	client.poll = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := client.Setup(ctx); err == nil || ctx.Err() == nil {
		t.Errorf("Setup beyond its context: %v", err)
	}
}

func TestCheckRights(t *testing.T) {
	for role, ok := range map[string]bool{
		"SUPER_ADMIN": true, "ORG_ADMIN": true, "USER_ADMIN": true, "CUSTOM": true, "READ_ONLY_ADMIN": false, "APP_ADMIN": false, "": false,
	} {
		s := &schemaServer{shown: goodSchema(), roleType: role}
		client, _ := serve(t, s.ServeHTTP)
		for _, f := range client.Check(t.Context()) {
			if f.Subject == "rights" && f.OK != ok {
				t.Errorf("role %q: %+v", role, f)
			}
		}
		if len(s.written) != 0 {
			t.Errorf("Check wrote %v", s.written)
		}
	}
}

func TestCheckApp(t *testing.T) {
	for scopes, ok := range map[string]bool{
		"okta.users.manage okta.groups.manage": true, "okta.users.manage": false, "okta.users.read okta.groups.manage": false,
	} {
		client := serveTokens(t, &tokenServer{}, Config{Scopes: strings.Fields(scopes)})
		findings := client.Check(t.Context())
		if len(findings) < 2 || findings[0].Subject != "token" || !findings[0].OK || findings[1].Subject != "rights" || findings[1].OK != ok {
			t.Errorf("Check with the scope %s: %+v", scopes, findings)
		}
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	tests := map[string]struct {
		handler http.HandlerFunc
		says    string
	}{
		"wrong token":  {func(w http.ResponseWriter, r *http.Request) { refuse(w, 401, "E0000011") }, "create another one"},
		"no right":     {func(w http.ResponseWriter, r *http.Request) { refuse(w, 403, "E0000006") }, "administrator role"},
		"wrong server": {func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, "check the org URL"},
		"rate":         {func(w http.ResponseWriter, r *http.Request) { refuse(w, 429, "E0000047") }, "rate limit"},
		"nobody there": {func(w http.ResponseWriter, r *http.Request) { hangUp(w) }, "there is no answer"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client, _ := serve(t, test.handler)
			got := client.Check(t.Context())
			if len(got) != 1 || got[0].OK || !strings.Contains(got[0].Sentence, test.says) || strings.Contains(got[0].Sentence, token) {
				t.Errorf("Check: %+v, want one finding saying %q", got, test.says)
			}
		})
	}
}
