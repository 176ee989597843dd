package oktasync_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/policy"
)

// errCrashed is what a process sees after its crash: nothing reaches the store or Okta any more.
var errCrashed = errors.New("crashed")

// The points at which a process dies, around one call to Okta.
const (
	beforeSent  = iota // the intent is not committed
	beforeCall         // committed as sent, not sent
	afterCall          // sent and applied, the result not committed
	afterResult        // the result is committed, nothing after it
	points
)

// crash is a process that dies at one point of its first call of one kind.
type crash struct {
	kind  string
	point int

	mu   sync.Mutex
	dead bool
}

func (c *crash) crashed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead
}

// reached kills the process when this is the point, and reports whether it is dead.
func (c *crash) reached(kind string, point int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kind == c.kind && point == c.point {
		c.dead = true
	}
	return c.dead
}

// dyingStore is the store as the dying process sees it.
type dyingStore struct {
	oktasync.Store
	c *crash
}

func (s dyingStore) AcquireLease(ctx context.Context, name, holder string, ttl time.Duration) (bridge.Lease, bool, error) {
	if s.c.crashed() {
		return bridge.Lease{}, false, errCrashed
	}
	return s.Store.AcquireLease(ctx, name, holder, ttl)
}

func (s dyingStore) ReleaseLease(ctx context.Context, l bridge.Lease) error {
	if s.c.crashed() {
		return errCrashed
	}
	return s.Store.ReleaseLease(ctx, l)
}

func (s dyingStore) BeginIntent(ctx context.Context, in bridge.Intent, l bridge.Lease) error {
	if s.c.reached(in.Kind, beforeSent) {
		return errCrashed
	}
	if err := s.Store.BeginIntent(ctx, in, l); err != nil {
		return err
	}
	if s.c.reached(in.Kind, beforeCall) {
		return errCrashed
	}
	return nil
}

func (s dyingStore) EndIntent(ctx context.Context, in bridge.Intent, link *bridge.Link, ev *bridge.Event) error {
	if s.c.reached(in.Kind, afterCall) {
		return errCrashed
	}
	err := s.Store.EndIntent(ctx, in, link, ev)
	if s.c.reached(in.Kind, afterResult) {
		return errCrashed
	}
	return err
}

func (s dyingStore) SaveLink(ctx context.Context, l bridge.Link, ev *bridge.Event) error {
	if s.c.crashed() {
		return errCrashed
	}
	return s.Store.SaveLink(ctx, l, ev)
}

func (s dyingStore) ReserveLink(ctx context.Context, l bridge.Link) error {
	if s.c.crashed() {
		return errCrashed
	}
	return s.Store.ReserveLink(ctx, l)
}

func (s dyingStore) Settle(ctx context.Context, settled []bridge.Settlement) error {
	if s.c.crashed() {
		return errCrashed
	}
	return s.Store.Settle(ctx, settled)
}

func (s dyingStore) Postpone(ctx context.Context, d bridge.Due, at time.Time, attempts int, parked string, ev *bridge.Event) error {
	if s.c.crashed() {
		return errCrashed
	}
	return s.Store.Postpone(ctx, d, at, attempts, parked, ev)
}

// TestI22_CrashAtEveryPoint kills the syncer before and after each commit around each kind of call. Its successor
// converges, nothing is done twice that must not be, and the auditor finds nothing.
func TestI22_CrashAtEveryPoint(t *testing.T) {
	t.Parallel()
	deactivated := func(p *idp, id string) {
		p.setActive(id, false)
		p.r.settle()
	}
	cases := []struct {
		kind    string
		prepare func(p *idp, id string)
		trigger func(p *idp, id string)
		status  policy.Status
	}{
		{"create", nil, func(p *idp, _ string) { p.push("late") }, policy.Active},
		{"update", nil, func(p *idp, id string) { p.set(id, map[string]any{"title": "Captain"}) }, policy.Active},
		{"suspend", nil, func(p *idp, id string) { p.setActive(id, false) }, policy.Suspended},
		{"sessions", nil, func(p *idp, id string) { p.setActive(id, false) }, policy.Suspended},
		{"unsuspend", deactivated, func(p *idp, id string) { p.setActive(id, true) }, policy.Active},
		{"deactivate", deactivated, func(p *idp, id string) { p.r.later(bridge.DefaultGrace + time.Minute) }, policy.Deprovisioned},
		{"activate", func(p *idp, id string) {
			deactivated(p, id)
			p.r.later(bridge.DefaultGrace + time.Minute)
			p.r.settle()
		}, func(p *idp, id string) { p.setActive(id, true) }, policy.Active},
	}
	for _, c := range cases {
		for point := range points {
			t.Run(fmt.Sprintf("%s/%d", c.kind, point), func(t *testing.T) {
				each(t, func(r *rig) {
					acme := r.customer("acme")
					ids := acme.pushMany(9)
					r.settle()
					if c.prepare != nil {
						c.prepare(acme, ids[0])
					}
					plan := &crash{kind: c.kind, point: point}
					r.syncing(oktasync.Options{Store: dyingStore{r.store, plan}, LeaseTTL: 500 * time.Millisecond}, func() {
						c.trigger(acme, ids[0])
						r.eventually("the process crashed", plan.crashed)
					})
					r.later(time.Minute)
					r.settle()
					a := acme.account(ids[0])
					if a.Status != string(c.status) {
						r.Errorf("status = %s, want %s", a.Status, c.status)
					}
					if s := acme.subject(ids[0]); s.Open != nil || s.Link.AppliedVersion != s.User.Version {
						r.Errorf("open intent %+v, applied version %d of %d", s.Open, s.Link.AppliedVersion, s.User.Version)
					}
					want := len(ids)
					if c.kind == "create" {
						want++
					}
					if n := len(r.org.Users()); n != want {
						r.Errorf("%d accounts, want %d", n, want)
					}
				})
			})
		}
	}
}
