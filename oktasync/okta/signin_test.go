package okta

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
)

func TestLastSignIn(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	clock := now
	org, client := startOrg(t, oktatest.Options{Now: func() time.Time { return clock }})
	acme, other := org.AddIdP("Acme's", "ACTIVE"), org.AddIdP("Other", "ACTIVE")
	user := func(name string, idps ...string) string {
		return org.AddUser(map[string]any{"login": name + "@acme.example", "email": name + "@acme.example", "firstName": "A", "lastName": "B"},
			oktatest.StatusActive, oktatest.UserOptions{Federated: true, IdPs: idps})
	}
	anna, bert := user("anna", acme), user("bert", other)
	want := func(when string, since, want time.Time) {
		t.Helper()
		if got, err := client.LastSignIn(t.Context(), acme, since); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v; want %v", when, got, err, want)
		}
	}
	long := now.Add(-24 * time.Hour)
	want("nobody signed in", long, time.Time{})
	clock = now.Add(time.Minute)
	if !org.SignInBySSO(anna, acme) || !org.SignInBySSO(bert, other) {
		t.Fatal("they cannot sign in")
	}
	want("one did", long, clock)
	want("after that", clock.Add(time.Second), time.Time{})
	first := clock
	clock = now.Add(2 * time.Minute)
	if org.SignInBySSO(bert, acme) {
		t.Fatal("somebody signs in through what is not theirs")
	}
	want("an attempt that failed", long, first)
	org.SignInBySSO(bert, other)
	want("somebody of another one", long, first)
	clock = now.Add(3 * time.Minute)
	org.SignInBySSO(anna, acme)
	want("once more", long, clock)

	for name, fault := range map[string]oktatest.Fault{
		"no right":    {Kind: oktatest.Forbidden403},
		"HTML":        {Kind: oktatest.GarbageHTML},
		"500":         {Kind: oktatest.StatusCode, Status: 500},
		"end of file": {Kind: oktatest.ResetBefore, Clean: true},
	} {
		remove := org.Inject(fault)
		if got, err := client.LastSignIn(t.Context(), acme, long); orgError(t, err).Cause != oktasync.CauseOrg || !got.IsZero() {
			t.Errorf("%s: %v, %v; want cause org", name, got, err)
		}
		remove()
	}
}

// TestLastSignIn_answers: only an entry that is what was asked for says when somebody signed in.
func TestLastSignIn_answers(t *testing.T) {
	entry := func(change func(map[string]any)) []any {
		e := map[string]any{
			"uuid": "u", "published": "2026-01-02T03:04:05.678Z", "eventType": "user.authentication.auth_via_IDP", "outcome": map[string]any{"result": "SUCCESS"},
			"target": []any{map[string]any{"id": acmeIdP, "type": "AppInstance"}, map[string]any{"id": anna, "type": "User", "alternateId": "hushhush"}},
		}
		change(e)
		return []any{e}
	}
	whole := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	for name, tt := range map[string]struct {
		body any
		want time.Time
		fail bool
	}{
		"whole":         {entry(func(map[string]any) {}), whole, false},
		"nobody":        {[]any{}, time.Time{}, false},
		"another one's": {entry(func(e map[string]any) { e["target"] = []any{map[string]any{"id": "0oaBBBBBBBBBBBBBBBBB"}} }), time.Time{}, true},
		"no target":     {entry(func(e map[string]any) { delete(e, "target") }), time.Time{}, true},
		"it failed":     {entry(func(e map[string]any) { e["outcome"] = map[string]any{"result": "FAILURE"} }), time.Time{}, true},
		"no outcome":    {entry(func(e map[string]any) { delete(e, "outcome") }), time.Time{}, true},
		"no time":       {entry(func(e map[string]any) { delete(e, "published") }), time.Time{}, true},
		"nothing":       {[]any{nil}, time.Time{}, true},
		"an object":     {map[string]any{}, time.Time{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, tt.body) })
			got, err := client.LastSignIn(t.Context(), acmeIdP, time.Date(2025, 10, 1, 2, 3, 4, 5, time.UTC))
			if tt.fail {
				if orgError(t, err).Cause != oktasync.CauseOrg {
					t.Errorf("%v, want cause org", err)
				}
			} else if err != nil || !got.Equal(tt.want) {
				t.Errorf("%v, %v; want %v", got, err, tt.want)
			}
			query := url.Values{
				"filter": {`eventType sw "user.authentication.auth_via_" and outcome.result eq "SUCCESS" and target.id eq "` + acmeIdP + `"`},
				"limit":  {"1"}, "since": {"2025-10-01T02:03:04Z"}, "sortOrder": {"DESCENDING"},
			}
			if diff := cmp.Diff([]request{{"GET", "/api/v1/logs?" + query.Encode(), "", "SSWS " + token}}, okta.requests()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, []any{}) })
	for _, id := range []string{"", anna, `0oaAAAAAAAAAAAAAA" or`} {
		if _, err := client.LastSignIn(t.Context(), id, whole); orgError(t, err).Cause != oktasync.CauseRefused {
			t.Errorf("LastSignIn(%q): %v, want cause refused", id, err)
		}
	}
	if n := len(okta.requests()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}
