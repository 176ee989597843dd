package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync/oktatest"
)

// TestE2E_RemovalReachesOkta is the life of one person through real processes, with a crash in the middle of it.
func TestE2E_RemovalReachesOkta(t *testing.T) {
	onBothStores(t, func(r *rig) {
		token := r.customer("acme")
		service := r.serve()
		idp := service.pusher("acme", token)
		id := idp.create("anna@acme.example")
		created := r.awaitStatus(id, oktatest.StatusActive)
		first, _ := r.account(id)
		if n := idp.count(`userName eq "ANNA@acme.example"`); n != 1 {
			r.t.Errorf("the filter on userName finds %d, want 1", n)
		}

		began := time.Now()
		idp.setActive(id, false)
		r.awaitStatus(id, oktatest.StatusSuspended)
		removed := time.Since(began)
		r.t.Logf("measured: the creation is in Okta %s after its answer, the removal %s after its request", created.Round(time.Millisecond), removed.Round(time.Millisecond))
		if removed > 10*time.Second {
			r.t.Errorf("the removal took %s", removed)
		}
		r.awaitDecision(id, "in_grace")

		service.kill()
		service = r.serve()
		idp = service.pusher("acme", token)
		idp.setActive(id, true)
		r.t.Logf("after kill -9 and a start, a reactivation took %s", r.awaitStatus(id, oktatest.StatusActive).Round(time.Millisecond))
		r.awaitDecision(id, "in_use")
		if u, _ := r.account(id); u.ID != first.ID {
			r.t.Errorf("the account is %s, and was %s", u.ID, first.ID)
		}
		if n := r.writes("create"); n != 1 {
			r.t.Errorf("%d accounts were created, want 1", n)
		}
		service.terminate()
		r.audit(true)
	})
}

// awaitDecision waits until `user show --json` gives a reason and says that Okta has the person's latest version.
func (r *rig) awaitDecision(id, code string) {
	r.t.Helper()
	var shown struct {
		ID       string
		UserName string `json:"user_name"`
		Version  int64
		Okta     struct {
			ID, Status     string
			AppliedVersion int64 `json:"applied_version"`
		}
		Decision struct{ Code, Sentence string }
	}
	eventually(r.t, "user show says "+code, func() bool {
		if err := json.Unmarshal([]byte(r.cli("user", "show", "acme", id, "--json")), &shown); err != nil {
			r.t.Fatal(err)
		}
		return shown.Decision.Code == code && shown.Okta.AppliedVersion == shown.Version
	})
	u, _ := r.account(id)
	if shown.ID != id || shown.UserName != "anna@acme.example" || shown.Okta.ID != u.ID || shown.Okta.Status != u.Status || shown.Decision.Sentence == "" {
		r.t.Errorf("user show = %+v, Okta has %s %s", shown, u.ID, u.Status)
	}
}

// TestE2E_SimulatedOrg is the same with nothing but the program's own processes, as the README has it.
func TestE2E_SimulatedOrg(t *testing.T) {
	t.Parallel()
	r := &rig{t: t, database: storetest.SQLiteURL(t)}
	org := start(t, nil, "okta", "simulate", "--listen", "127.0.0.1:0", "--token", rigOktaToken)
	r.okta = org.url
	r.cli("okta", "setup", "--okta-org-url", r.okta, "--okta-token", rigOktaToken)
	token := r.customer("acme")
	service := r.serve()
	idp := service.pusher("acme", token)
	id := idp.create("anna@acme.example")
	becomes := func(want string) {
		t.Helper()
		eventually(t, "anna is "+want, func() bool { return r.simulatedStatus("anna@acme.example") == want })
	}
	becomes(oktatest.StatusActive)
	idp.setActive(id, false)
	becomes(oktatest.StatusSuspended)
	idp.setActive(id, true)
	becomes(oktatest.StatusActive)
	service.terminate()
	org.terminate()
}

// simulatedStatus asks the org for a person, as anybody with its token can; empty: there is none.
func (r *rig) simulatedStatus(login string) string {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.okta+"/api/v1/users/"+login, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "SSWS "+rigOktaToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var user struct{ Status string }
	if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&user) != nil {
		return ""
	}
	return user.Status
}

// TestE2E_ObserveWritesNothing has people created, changed and removed under --observe: all of it is planned aloud, none
// of it is done. A service that does not observe, on the same database, then does what was planned.
func TestE2E_ObserveWritesNothing(t *testing.T) {
	onBothStores(t, func(r *rig) {
		token := r.customer("acme")
		setup := r.writes("")
		observing := r.serve("--observe")
		idp := observing.pusher("acme", token)
		anna, ben := idp.create("anna@acme.example"), idp.create("ben@acme.example")
		said := func(id, what string) func() bool {
			return func() bool {
				for line := range strings.SplitSeq(observing.errs.String(), "\n") {
					if strings.Contains(line, id) && strings.Contains(line, what) {
						return true
					}
				}
				return false
			}
		}
		eventually(r.t, "the creation is planned aloud", said(anna, `"would create"`))
		eventually(r.t, "the other creation is planned aloud", said(ben, `"would create"`))
		idp.setActive(ben, false)
		eventually(r.t, "the removal is planned aloud", said(ben, `code=never_linked`))
		if n := r.writes(""); n != setup {
			r.t.Errorf("%d requests were written to Okta", n-setup)
		}
		if holder := r.lease(); holder != "" {
			r.t.Errorf("an observer holds the lease: %s", holder)
		}
		observing.terminate()

		r.serve()
		r.awaitStatus(anna, oktatest.StatusActive)
		if n := r.writes("create"); n != 1 {
			r.t.Errorf("%d accounts are created, want 1: counting writes to Okta counts for nothing", n)
		}
	})
}
