package okta

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"drawbridge/oktasync"
)

func TestErrorClassification(t *testing.T) {
	const taken = "login: An object with this field already exists in the current organization"
	type outcome = oktasync.OrgError
	tests := []struct {
		name    string
		handler http.HandlerFunc
		update  outcome
		act     outcome
		read    outcome
	}{
		{
			name:    "401",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 401, "E0000011") },
			update:  outcome{Cause: oktasync.CauseOrg, Code: "E0000011"},
			act:     outcome{Cause: oktasync.CauseOrg, Code: "E0000011"},
			read:    outcome{Cause: oktasync.CauseOrg, Code: "E0000011"},
		},
		{
			name:    "403 without the right",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 403, "E0000006") },
			update:  outcome{Cause: oktasync.CauseOrg, Code: "E0000006"},
			act:     outcome{Cause: oktasync.CauseOrg, Code: "E0000006"},
			read:    outcome{Cause: oktasync.CauseOrg, Code: "E0000006"},
		},
		{
			name:    "403 of a status",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 403, "E0000038") },
			update:  outcome{Cause: oktasync.CauseState, Code: "E0000038"},
			act:     outcome{Cause: oktasync.CauseState, Code: "E0000038"},
			read:    outcome{Cause: oktasync.CauseState, Code: "E0000038"},
		},
		{
			name:    "403 active already",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 403, "E0000016") },
			update:  outcome{Cause: oktasync.CauseState, Code: "E0000016"},
			act:     outcome{Cause: oktasync.CauseState, Code: "E0000016"},
			read:    outcome{Cause: oktasync.CauseState, Code: "E0000016"},
		},
		{
			name:    "403 sourced by an app",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 403, "E0000023") },
			update:  outcome{Cause: oktasync.CauseRefused, Code: "E0000023"},
			act:     outcome{Cause: oktasync.CauseRefused, Code: "E0000023"},
			read:    outcome{Cause: oktasync.CauseRefused, Code: "E0000023"},
		},
		{
			name:    "404 no such user",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 404, "E0000007") },
			update:  outcome{Cause: oktasync.CauseGone, Code: "E0000007"},
			act:     outcome{Cause: oktasync.CauseGone, Code: "E0000007"},
			read:    outcome{Cause: oktasync.CauseGone, Code: "E0000007"},
		},
		{
			name:    "404 that is not Okta's",
			handler: func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
			update:  outcome{Cause: oktasync.CauseOrg},
			act:     outcome{Cause: oktasync.CauseOrg},
			read:    outcome{Cause: oktasync.CauseOrg},
		},
		{
			name:    "404 no such endpoint",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 404, "E0000022") },
			update:  outcome{Cause: oktasync.CauseOrg, Code: "E0000022"},
			act:     outcome{Cause: oktasync.CauseOrg, Code: "E0000022"},
			read:    outcome{Cause: oktasync.CauseOrg, Code: "E0000022"},
		},
		{
			name:    "409 still being activated",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 409, "E0000112") },
			update:  outcome{Cause: oktasync.CauseRetry, Code: "E0000112"},
			act:     outcome{Cause: oktasync.CauseRetry, Code: "E0000112"},
			read:    outcome{Cause: oktasync.CauseRetry, Code: "E0000112"},
		},
		{
			name:    "412",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 412, "E0000124") },
			update:  outcome{Cause: oktasync.CauseRetry, Code: "E0000124"},
			act:     outcome{Cause: oktasync.CauseRetry, Code: "E0000124"},
			read:    outcome{Cause: oktasync.CauseRetry, Code: "E0000124"},
		},
		{
			name:    "400 taken",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 400, "E0000001", taken) },
			update:  outcome{Cause: oktasync.CauseTaken, Code: "E0000001", Attr: "login"},
			act:     outcome{Cause: oktasync.CauseState, Code: "E0000001"},
			read:    outcome{Cause: oktasync.CauseOrg, Code: "E0000001"},
		},
		{
			name: "400 invalid and taken",
			handler: func(w http.ResponseWriter, r *http.Request) {
				refuse(w, 400, "E0000001", "firstName: The field cannot be left blank", taken)
			},
			update: outcome{Cause: oktasync.CauseTaken, Code: "E0000001", Attr: "login"},
			act:    outcome{Cause: oktasync.CauseState, Code: "E0000001"},
			read:   outcome{Cause: oktasync.CauseOrg, Code: "E0000001"},
		},
		{
			name: "400 invalid",
			handler: func(w http.ResponseWriter, r *http.Request) {
				refuse(w, 400, "E0000001", "firstName: The field cannot be left blank", "email: Bad")
			},
			update: outcome{Cause: oktasync.CauseRefused, Code: "E0000001", Attr: "firstName"},
			act:    outcome{Cause: oktasync.CauseState, Code: "E0000001"},
			read:   outcome{Cause: oktasync.CauseOrg, Code: "E0000001"},
		},
		{
			name: "400 with a value where a name should be",
			handler: func(w http.ResponseWriter, r *http.Request) {
				refuse(w, 400, "E0000001", "anna@acme.example: not allowed", "no colon at all")
			},
			update: outcome{Cause: oktasync.CauseRefused, Code: "E0000001"},
			act:    outcome{Cause: oktasync.CauseState, Code: "E0000001"},
			read:   outcome{Cause: oktasync.CauseOrg, Code: "E0000001"},
		},
		{
			name:    "400 not JSON",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 400, "E0000003") },
			update:  outcome{Cause: oktasync.CauseRefused, Code: "E0000003"},
			act:     outcome{Cause: oktasync.CauseRefused, Code: "E0000003"},
			read:    outcome{Cause: oktasync.CauseOrg, Code: "E0000003"},
		},
		{
			name:    "400 by something in between",
			handler: func(w http.ResponseWriter, r *http.Request) { http.Error(w, "blocked", 400) },
			update:  outcome{Cause: oktasync.CauseOrg},
			act:     outcome{Cause: oktasync.CauseOrg},
			read:    outcome{Cause: oktasync.CauseOrg},
		},
		{
			name:    "408 by something in between",
			handler: func(w http.ResponseWriter, r *http.Request) { http.Error(w, "slow", http.StatusRequestTimeout) },
			update:  outcome{Cause: oktasync.CauseUnknown},
			act:     outcome{Cause: oktasync.CauseUnknown},
			read:    outcome{Cause: oktasync.CauseOrg},
		},
		{
			name:    "500",
			handler: func(w http.ResponseWriter, r *http.Request) { refuse(w, 500, "E0000009") },
			update:  outcome{Cause: oktasync.CauseUnknown, Code: "E0000009"},
			act:     outcome{Cause: oktasync.CauseUnknown, Code: "E0000009"},
			read:    outcome{Cause: oktasync.CauseOrg, Code: "E0000009"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status := 0
			client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) {
				test.handler(&statusWriter{w, &status}, r)
			})
			_, update := client.Update(t.Context(), anna, map[string]any{"login": "anna@acme.example"})
			act := client.Act(t.Context(), anna, oktasync.Suspend)
			_, read := client.Read(t.Context(), anna)
			test.update.Op, test.act.Op, test.read.Op = "update", "suspend", "read"
			for _, pair := range []struct {
				want outcome
				err  error
			}{{test.update, update}, {test.act, act}, {test.read, read}} {
				pair.want.Status = status
				got := orgError(t, pair.err)
				if diff := cmp.Diff(pair.want, *got, cmpopts.IgnoreFields(outcome{}, "Err")); diff != "" {
					t.Errorf("%s (-want +got):\n%s", pair.want.Op, diff)
				}
				if text := fmt.Sprintf("%v %v", got, got.Err); strings.Contains(text, "anna") || strings.Contains(text, token) {
					t.Errorf("the error holds a profile value or the token: %s", text)
				}
			}
			if n := len(okta.requests()); n != 3 {
				t.Errorf("three calls sent %d requests", n)
			}
		})
	}
}

// statusWriter notes the status that a handler writes.
type statusWriter struct {
	http.ResponseWriter
	status *int
}

func (w *statusWriter) WriteHeader(status int) {
	*w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func TestErrorsCarryOktasErrorID(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { refuse(w, 403, "E0000006") })
	_, err := client.Read(t.Context(), anna)
	if e := orgError(t, err); e.Err == nil || !strings.Contains(e.Err.Error(), "oaeSupportId1") {
		t.Errorf("the cause is %v, want Okta's error id, which its support asks for", e.Err)
	}
}

// A 404 is a gone account only where the call went to one.
func TestErrorsOfCallsOnNoAccount(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { refuse(w, 404, "E0000007") })
	_, create := client.Create(t.Context(), map[string]any{"login": "anna@acme.example"})
	_, find := client.Find(t.Context(), "login", "anna@acme.example")
	_, me := client.Me(t.Context())
	for op, err := range map[string]error{"create": create, "find": find, "probe": me} {
		if e := orgError(t, err); e.Cause != oktasync.CauseOrg || e.Op != op {
			t.Errorf("%s: %v, want cause org", op, err)
		}
	}
}
