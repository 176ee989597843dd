package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync/oktatest"
)

// TestI20_AcknowledgedWritesSurviveKill pushes from several sides, kills the service at a random moment and starts it
// again: everybody whose creation was acknowledged is there, and ends as exactly one account (I19).
func TestI20_AcknowledgedWritesSurviveKill(t *testing.T) {
	onBothStores(t, func(r *rig) {
		token := r.customer("acme")
		service := r.serve()
		enough := 20 + rand.IntN(60)
		acknowledged := pushUntilKilled(service, token, enough)
		r.t.Logf("killed after %d answers; %d were acknowledged, %d accounts were in Okta", enough, len(acknowledged), r.writes("create"))

		service = r.serve()
		idp := service.pusher("acme", token)
		if lost := missing(acknowledged, func(id string) bool { return idp.has(id) }); len(lost) > 0 {
			r.t.Errorf("%d acknowledged users are lost: %v", len(lost), lost)
		}
		eventually(r.t, "everybody has an account", func() bool {
			return len(missing(acknowledged, func(id string) bool { _, ok := r.account(id); return ok })) == 0
		})
		// Who was stored without being acknowledged ends as one account too.
		stored := idp.count("")
		eventually(r.t, "as many accounts as users", func() bool { return len(r.org.Users()) == stored })
		service.terminate()
		r.audit(true)

		// The mutant: a user who was never pushed is missing, or nothing above was looked at.
		if lost := missing([]string{"00000000-0000-0000-0000-000000000000"}, func(id string) bool { _, ok := r.account(id); return ok }); len(lost) != 1 {
			r.t.Error("a user who was never pushed is not missed")
		}
	})
}

// pushUntilKilled creates people from four sides, kills the service once so many were answered, and returns the ids of
// all whose creation was acknowledged.
func pushUntilKilled(service *process, token string, enough int) (acknowledged []string) {
	idp := service.pusher("acme", token)
	var mu sync.Mutex
	var work sync.WaitGroup
	reached := make(chan struct{})
	for side := range 4 {
		work.Go(func() {
			for n := 0; ; n++ {
				a, err := idp.push("POST", "/Users", "application/scim+json", strings.NewReader(userBody(fmt.Sprintf("p%d.%d@acme.example", side, n), "Given", "Family")))
				if err != nil {
					return // killed
				}
				id, _ := a.body["id"].(string)
				if a.status != http.StatusCreated || id == "" {
					service.t.Errorf("POST: %d %s", a.status, a.raw)
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, id)
				if len(acknowledged) == enough {
					close(reached)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-reached:
	case <-time.After(patience):
		service.t.Errorf("fewer than %d people were created in %s", enough, patience)
	}
	service.kill()
	work.Wait()
	return acknowledged
}

// has reports whether the service knows a user.
func (p pusher) has(id string) bool {
	a, err := p.push("GET", "/Users/"+id, "", nil)
	return err == nil && a.status == http.StatusOK && a.body["id"] == id
}

func missing(ids []string, there func(id string) bool) (lost []string) {
	for _, id := range ids {
		if !there(id) {
			lost = append(lost, id)
		}
	}
	return lost
}

// TestE2E_ReplicasTakeOver runs three replicas on one database, one after the other at the lead: the first is killed, the
// second stopped in order.
func TestE2E_ReplicasTakeOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.PostgresURL(t))
	token := r.customer("acme")
	replicas := []*process{r.serve(), r.serve()}
	lead, other := r.split(replicas)
	people := r.pushTo(replicas, token, "a")
	lead.kill()
	people = append(people, r.pushTo([]*process{other}, token, "b")...)
	took := eventually(t, "the other replica syncs", func() bool { return leads(r.lease(), other) })
	t.Logf("measured: after kill -9 another replica took over within %s", took.Round(time.Millisecond))
	if took > 20*time.Second {
		t.Errorf("taking over took %s, want at most 20 s", took)
	}
	for _, id := range people {
		r.awaitStatus(id, oktatest.StatusActive)
	}

	third := r.serve()
	began := time.Now()
	other.terminate()
	eventually(t, "the third replica syncs", func() bool { return leads(r.lease(), third) })
	took = time.Since(began)
	t.Logf("measured: after SIGTERM another replica took over within %s", took.Round(time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("handing over took %s: the lease was left to run out", took)
	}
	people = append(people, r.pushTo([]*process{third}, token, "c")...)
	for _, id := range people {
		r.awaitStatus(id, oktatest.StatusActive)
	}
	if got := len(r.org.Users()); got != len(people) {
		t.Errorf("%d accounts for %d people", got, len(people))
	}
	third.terminate()
	r.audit(true)
}

// split tells which of two replicas syncs.
func (r *rig) split(replicas []*process) (lead, other *process) {
	r.t.Helper()
	eventually(r.t, "one of the replicas syncs", func() bool { return r.lease() != "" })
	holder := r.lease()
	for _, p := range replicas {
		if leads(holder, p) {
			lead = p
		} else {
			other = p
		}
	}
	if lead == nil || other == nil {
		r.t.Fatalf("the lease is held by %q, which is not exactly one of the replicas", holder)
	}
	return lead, other
}

// leads reports whether a holder of the lease, host/pid/random, is the process.
func leads(holder string, p *process) bool {
	return strings.Contains(holder, fmt.Sprintf("/%d/", p.pid()))
}

// pushTo creates ten people through each of the replicas, so that some are on their way at any moment.
func (r *rig) pushTo(replicas []*process, token, prefix string) (ids []string) {
	for i, p := range replicas {
		for n := range 10 {
			ids = append(ids, p.pusher("acme", token).create(fmt.Sprintf("%s%d.%d@acme.example", prefix, i, n)))
		}
	}
	return ids
}

// TestE2E_StatusShape holds the names that scripts read from `sync status --json`.
func TestE2E_StatusShape(t *testing.T) {
	onBothStores(t, func(r *rig) {
		service := r.serve()
		eventually(r.t, "it syncs", func() bool { return leads(r.lease(), service) })
		idp := service.pusher("acme", r.customer("acme"))
		r.awaitStatus(idp.create("anna@acme.example"), oktatest.StatusActive)
		var got struct {
			Lease  *struct{ Holder, Until *string }
			Due    map[string]*int
			Parked *int
			Held   *int
			Okta   struct {
				Buckets []struct{ Name, Limit, Remaining, Reset json.RawMessage }
			}
		}
		eventually(r.t, "Okta's limits are published", func() bool {
			if err := json.Unmarshal([]byte(r.cli("sync", "status", "--json")), &got); err != nil {
				r.t.Fatal(err)
			}
			return len(got.Okta.Buckets) > 0
		})
		if got.Lease == nil || got.Lease.Holder == nil || got.Lease.Until == nil || got.Parked == nil || got.Held == nil || got.Okta.Buckets[0].Name == nil {
			r.t.Errorf("something is missing in %+v", got)
		}
		for _, rank := range []string{"contain", "revoke", "restore", "create", "update", "flags"} {
			if got.Due[rank] == nil {
				r.t.Errorf("due has no %q", rank)
			}
		}
	})
}
