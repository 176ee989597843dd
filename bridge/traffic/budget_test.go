package traffic

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"drawbridge/bridge"
)

// TestBudget: a storm of requests does not become one of work for the log; writes and refusals stay in it, without bodies.
func TestBudget(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	const many = 1000
	tests := []struct {
		name           string
		method, answer string
		status         int
		logged, bodies int // of many at once
		later          int // bodies of many more a second later
	}{
		{"reads", http.MethodGet, "{}", 200, 2 * loggedReads, 2 * loggedReads, loggedReads},
		{"heads", http.MethodHead, "", 200, 2 * loggedReads, 2 * loggedReads, loggedReads},
		{"not modified", http.MethodGet, "", 304, 2 * loggedReads, 2 * loggedReads, loggedReads},
		{"writes", http.MethodPatch, "{}", 200, many, 2 * keptBodies, keptBodies},
		{"writes without bodies", http.MethodDelete, "", 204, many, many, many},
		{"looks for what is not there", http.MethodGet, "{}", 404, many, 2 * keptBodies, keptBodies},
		{"refused reads", http.MethodGet, "{}", 403, many, 2 * keptFailures, keptFailures},
		{"writes to what is not there", http.MethodPatch, "{}", 404, many, 2 * keptFailures, keptFailures},
		{"failures", http.MethodPost, "{}", 500, many, 2 * keptFailures, keptFailures},
	}
	for _, tt := range tests {
		b := newBudget()
		count := func(at time.Time) (logged, bodies int) {
			for range many {
				x := &exchange{method: tt.method, status: tt.status}
				x.answer.kept = []byte(tt.answer)
				if b.logs(x, at) {
					logged++
					if !x.bare {
						bodies++
					}
				}
			}
			return logged, bodies
		}
		if logged, bodies := count(at); logged != tt.logged || bodies != tt.bodies {
			t.Errorf("%s: %d of %d logged, %d with bodies; want %d and %d", tt.name, logged, many, bodies, tt.logged, tt.bodies)
		}
		if _, bodies := count(at.Add(time.Second)); bodies != tt.later {
			t.Errorf("%s: a second later %d with bodies, want %d", tt.name, bodies, tt.later)
		}
	}
}

// TestBudget_Apart: a storm of successful writes does not cost a failure its bodies.
func TestBudget_Apart(t *testing.T) {
	b, at := newBudget(), time.Unix(1_800_000_000, 0)
	success, failure := &exchange{method: http.MethodPost, status: 201}, &exchange{method: http.MethodPost, status: 400}
	success.body.kept, failure.body.kept = []byte("{}"), []byte("{}")
	for range 3 * keptBodies {
		b.logs(success, at)
	}
	if b.logs(failure, at); !success.bare || failure.bare {
		t.Errorf("left out of a success: %t, of the failure behind it: %t; want only that of the success", success.bare, failure.bare)
	}
}

// TestRequest_Bare: without its bodies a request is logged and counted as any other.
func TestRequest_Bare(t *testing.T) {
	r := newRig(t)
	r.budget.bodies = rate.NewLimiter(0, 1)
	const body, id = `{"userName":"anna","shoeSize":39,"active":"True"}`, "0198c0de-0000-7000-8000-000000000001"
	for range 2 {
		r.ask("PUT", "/acme/Users/"+id, "acme-token", body)
	}
	r.ask("DELETE", "/acme/Users/"+id, "beta-token", "")
	got := r.stored()
	if len(got) != 2 {
		t.Fatalf("logged %+v, want both", got)
	}
	first, bare := got[0], got[1]
	if !strings.Contains(first.Body, "shoeSize") || first.Answer == "" {
		t.Errorf("within the budget: %+v", first)
	}
	want := first
	want.ID, want.Body, want.Answer = bare.ID, "(not kept: too busy)", "(not kept: too busy)"
	if diff := cmp.Diff(want, bare); diff != "" || want.ResourceID != id {
		t.Errorf("beyond it (-want +got):\n%s", diff)
	}
	if seen := r.store.traffic["acme"]; seen.Dropped["shoeSize"] != 2 || seen.Quirks["boolean_as_string"] != 1 {
		t.Errorf("counted %+v, want the dropped attribute twice, and what only the bodies tell once", seen)
	}
}

// TestReading_BareIdP: an IdP that names itself is told without bodies; one that is known by its bodies is not.
func TestReading_BareIdP(t *testing.T) {
	for agent, want := range map[string]string{"Okta SCIM Client 1.0.0": "okta", "": ""} {
		x := &exchange{bare: true, status: 201, agent: agent, hushed: agent == "", caller: bridge.Caller{CustomerID: "acme"}}
		x.body.kept = []byte(`{}`)
		if _, seen := x.reading(); seen.IdP != want || !seen.IdPAt.IsZero() && want == "" {
			t.Errorf("%q is told as %q, want %q", agent, seen.IdP, want)
		}
	}
}
