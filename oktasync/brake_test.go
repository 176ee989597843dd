package oktasync_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/policy"
)

// forgetful is a store whose counts are all zero: no limit is ever exceeded.
type forgetful struct{ oktasync.Store }

func (forgetful) Removals(context.Context, string, time.Time) (bridge.RemovalCount, error) {
	return bridge.RemovalCount{Active: 1}, nil
}

func (forgetful) GlobalRemovals(context.Context, time.Time) (started, active, held, customers int, err error) {
	return 0, 0, 0, 1, nil
}

// When nothing above decides right, the brake stops all the same: no more than 200 revocations start within an hour.
func TestI3_TheBrakeStopsWhatTheLimitsDoNot(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(16)
		r.settle()
		r.started(acme, ids[0], 195)
		for _, id := range ids[1:] {
			acme.setActive(id, false)
		}
		gone := func() (n int) {
			for _, u := range r.org.Users() {
				if u.Status != string(policy.Active) {
					n++
				}
			}
			return n
		}
		r.syncing(oktasync.Options{Store: forgetful{r.store}}, func() {
			r.eventually("five lost access, and everybody else was refused it", func() bool {
				read := 0
				for _, id := range ids[1:] {
					if l := acme.subject(id).Link; l != nil && !l.TakenAt.IsZero() {
						read++
					}
				}
				return gone() >= 5 && read >= 5 && strings.Count(r.log.String(), "the last brake holds") >= 10
			})
		})
		if n := gone(); n != 5 {
			r.Errorf("%d lost access after 195, want 5", n)
		}
	})
}

// started records that so many revocations were sent at this moment.
func (r *rig) started(p *idp, id string, n int) {
	r.Helper()
	lease, ok, err := r.store.AcquireLease(r.Context(), oktasync.LeaseName, "a test", time.Minute)
	if err != nil || !ok {
		r.Fatal(ok, err)
	}
	u := p.subject(id).User
	for range n {
		in := bridge.Intent{
			ID: newID(), CustomerID: u.CustomerID, UserID: u.ID, Kind: "suspend", Version: u.Version, Epoch: 1, Revokes: true,
			Sent: r.now(), Deadline: r.now(),
		}
		if err := r.store.BeginIntent(r.Context(), in, lease); err != nil {
			r.Fatal(err)
		}
		in.State, in.Ended = bridge.IntentFailed, r.now()
		if err := r.store.EndIntent(r.Context(), in, nil, nil); err != nil {
			r.Fatal(err)
		}
	}
	if err := r.store.ReleaseLease(r.Context(), lease); err != nil {
		r.Fatal(err)
	}
}
