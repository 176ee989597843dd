package okta

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
)

const acmeIdP = "0oaAAAAAAAAAAAAAAAAA"

func TestOrgIdP(t *testing.T) {
	org, client := startOrg(t, oktatest.Options{})
	id := org.AddIdP("Acme's Entra", "ACTIVE")
	want := oktasync.IdentityProvider{ID: id, Name: "Acme's Entra", Status: "ACTIVE"}
	steps := []struct {
		name string
		do   func()
	}{
		{"as it was added", func() {}},
		{"unsuspends", func() { org.SetIdPConditions(id, "UNSUSPEND", "NONE"); want.Unsuspends = true }},
		{"reactivates too", func() { org.SetIdPConditions(id, "UNSUSPEND", "REACTIVATE"); want.Reactivates = true }},
		{"turned off", func() { org.SetIdPStatus(id, "INACTIVE"); want.Status = "INACTIVE" }},
		{"rules that are not known", func() { org.SetIdPConditions(id, "SOMETHING", "") }},
		{"rules that give nothing back", func() {
			org.SetIdPConditions(id, "NONE", "NONE")
			want.Unsuspends, want.Reactivates = false, false
		}},
	}
	for _, step := range steps {
		step.do()
		got, err := client.IdP(t.Context(), id)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", step.name, err, diff)
		}
	}
	for name, tt := range map[string]struct {
		id    string
		fault *oktatest.Fault
		want  oktasync.Cause
	}{
		"none with this id": {acmeIdP, nil, oktasync.CauseGone},
		"no right":          {id, &oktatest.Fault{Kind: oktatest.Forbidden403}, oktasync.CauseOrg},
		"HTML":              {id, &oktatest.Fault{Kind: oktatest.GarbageHTML}, oktasync.CauseOrg},
		"500":               {id, &oktatest.Fault{Kind: oktatest.StatusCode, Status: 500}, oktasync.CauseOrg},
		"end of file":       {id, &oktatest.Fault{Kind: oktatest.ResetBefore, Clean: true}, oktasync.CauseOrg},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.fault != nil {
				defer org.Inject(*tt.fault)()
			}
			if _, err := client.IdP(t.Context(), tt.id); orgError(t, err).Cause != tt.want {
				t.Errorf("%v, want cause %s", err, tt.want)
			}
		})
	}
}

// TestI5_IdPsAreNamedByIDAlone: nothing else reaches Okta's path.
func TestI5_IdPsAreNamedByIDAlone(t *testing.T) {
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, idpJSON(acmeIdP, "NONE", "NONE")) })
	for _, id := range []string{
		"", "me", anna, "0oa", acmeIdP + "A", "0oaAAAAAAAAAAAAAA/AA", "0oaAAAAAAAAAAAAAA?AA", "0oaAAAAAAAAAAAAAAAA\n", "../users/" + acmeIdP,
	} {
		if _, err := client.IdP(t.Context(), id); orgError(t, err).Cause != oktasync.CauseRefused {
			t.Errorf("IdP(%q): %v, want cause refused", id, err)
		}
	}
	if n := len(okta.requests()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
	if _, err := client.IdP(t.Context(), acmeIdP); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]request{{"GET", "/api/v1/idps/" + acmeIdP, "", "SSWS " + token}}, okta.requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func idpJSON(id, suspended, deprovisioned string) map[string]any {
	action := func(a string) any { return map[string]any{"action": a} }
	return map[string]any{
		"id": id, "name": "Acme", "status": "ACTIVE", "type": "OIDC", "created": "2026-01-02T03:04:05.000Z",
		"protocol": map[string]any{"credentials": map[string]any{"client": map[string]any{"client_secret": "hushhush"}}},
		"policy": map[string]any{"maxClockSkew": 0, "provisioning": map[string]any{
			"action": "AUTO", "conditions": map[string]any{"suspended": action(suspended), "deprovisioned": action(deprovisioned)},
		}},
	}
}

// TestIdP_missingRulesAreADanger: what Okta does not say may give access back, and what is no identity provider says nothing.
func TestIdP_missingRulesAreADanger(t *testing.T) {
	without := func(keys ...string) map[string]any {
		full := idpJSON(acmeIdP, "NONE", "NONE")
		at := full
		for _, key := range keys[:len(keys)-1] {
			at = at[key].(map[string]any)
		}
		delete(at, keys[len(keys)-1])
		return full
	}
	tests := []struct {
		name                    string
		body                    map[string]any
		unsuspends, reactivates bool
		want                    oktasync.Cause
	}{
		{"whole", idpJSON(acmeIdP, "NONE", "NONE"), false, false, ""},
		{"no policy", without("policy"), true, true, ""},
		{"no provisioning", without("policy", "provisioning"), true, true, ""},
		{"no conditions", without("policy", "provisioning", "conditions"), true, true, ""},
		{"no rule for the suspended", without("policy", "provisioning", "conditions", "suspended"), true, false, ""},
		{"no action for the deprovisioned", without("policy", "provisioning", "conditions", "deprovisioned", "action"), false, true, ""},
		{"another one", idpJSON("0oaBBBBBBBBBBBBBBBBB", "NONE", "NONE"), false, false, oktasync.CauseUnknown},
		{"no id", without("id"), false, false, oktasync.CauseOrg},
		{"no status", without("status"), false, false, oktasync.CauseOrg},
		{"another shape", map[string]any{"id": acmeIdP, "status": 7, "name": "hushhush"}, false, false, oktasync.CauseOrg},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, tt.body) })
			got, err := client.IdP(t.Context(), acmeIdP)
			if tt.want != "" {
				e := orgError(t, err)
				if e.Cause != tt.want || strings.Contains(e.Err.Error(), "hushhush") {
					t.Errorf("%v: %v, want cause %s and nothing of the answer", e, e.Err, tt.want)
				}
				return
			}
			if err != nil || got.Unsuspends != tt.unsuspends || got.Reactivates != tt.reactivates {
				t.Errorf("got %+v, %v; want unsuspends %t, reactivates %t", got, err, tt.unsuspends, tt.reactivates)
			}
		})
	}
}
