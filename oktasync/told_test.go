package oktasync_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync"
)

// point is a moment in a syncer's work after which others see something that they did not see before.
type point struct {
	name    string
	kind    string // of the call; empty: there is none
	revokes bool   // it belongs to a call that takes access
}

// The points around a call to Okta.
const (
	toBegin = "begin" // its start is about to be committed
	toSend  = "send"  // its start is committed, and it is about to be sent
	toEnd   = "end"   // it is answered, and its result is about to be committed
	toSave  = "save"  // something else is about to be committed
	done    = "done"  // a result or a reading is committed
)

// gate is asked at every point. It may wait, or end its goroutine, as the death of the process would.
type gate func(point)

type gateKey struct{}

func (g gate) in(ctx context.Context) context.Context { return context.WithValue(ctx, gateKey{}, g) }

func pass(ctx context.Context, p point) {
	if g, ok := ctx.Value(gateKey{}).(gate); ok {
		g(p)
	}
}

// toldStore is the store as a syncer sees it that does what it is told.
type toldStore struct {
	oktasync.Store
	t *tenant
}

func (s toldStore) BeginIntent(ctx context.Context, in bridge.Intent, l bridge.Lease) error {
	pass(ctx, point{toBegin, in.Kind, in.Revokes})
	err := s.Store.BeginIntent(ctx, in, l)
	if err == nil && in.Revokes {
		s.t.mu.Lock()
		s.t.begun = append(s.t.begun, in)
		s.t.deadlines[s.t.accounts[in.UserID]] = in.Deadline
		s.t.mu.Unlock()
	}
	if err == nil && s.t.onBegin != nil {
		s.t.onBegin(in)
	}
	return err
}

// Subject also notes which version is recorded as applied, and when it went back (I12): a syncer reads it before every step.
func (s toldStore) Subject(ctx context.Context, customerID, userID string) (bridge.Subject, error) {
	subject, err := s.Store.Subject(ctx, customerID, userID)
	if err == nil && subject.Link != nil {
		s.t.watch(userID, subject.Link.AppliedVersion)
	}
	return subject, err
}

func (t *tenant) watch(id string, version int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if was := t.applied[id]; version < was {
		t.Errorf("I12: the applied version of %s went back from %d to %d", id, was, version)
	}
	t.applied[id] = version
}

func (s toldStore) EndIntent(ctx context.Context, in bridge.Intent, link *bridge.Link, ev *bridge.Event) error {
	pass(ctx, point{toEnd, in.Kind, in.Revokes})
	err := s.Store.EndIntent(ctx, in, link, ev)
	pass(ctx, point{name: done})
	return err
}

func (s toldStore) SaveLink(ctx context.Context, l bridge.Link, ev *bridge.Event) error {
	pass(ctx, point{name: toSave})
	err := s.Store.SaveLink(ctx, l, ev)
	pass(ctx, point{name: done})
	return err
}

func (s toldStore) Settle(ctx context.Context, settled []bridge.Settlement) error {
	pass(ctx, point{name: toSave})
	return s.Store.Settle(ctx, settled)
}

func (s toldStore) ReleaseUsers(ctx context.Context, customerID string, limit int) (int, error) {
	pass(ctx, point{name: toSave})
	return s.Store.ReleaseUsers(ctx, customerID, limit)
}

func (s toldStore) RejoinUsers(ctx context.Context, customerID string, limit int) (int, error) {
	pass(ctx, point{name: toSave})
	return s.Store.RejoinUsers(ctx, customerID, limit)
}

func (s toldStore) FinishRows(ctx context.Context, p bridge.Plan, limit int) (int, error) {
	pass(ctx, point{name: toSave})
	return s.Store.FinishRows(ctx, p, limit)
}

func (s toldStore) FinishPlan(ctx context.Context, p bridge.Plan, at time.Time, ev bridge.Event) error {
	pass(ctx, point{name: toSave})
	return s.Store.FinishPlan(ctx, p, at, ev)
}

// toldOrg is the org as such a syncer sees it.
type toldOrg struct {
	wire
	t *tenant
}

func (o toldOrg) Create(ctx context.Context, profile map[string]any) (oktasync.Account, error) {
	pass(ctx, point{name: toSend, kind: "create"})
	return o.wire.Create(ctx, profile)
}

func (o toldOrg) Read(ctx context.Context, id string) (oktasync.Account, error) {
	pass(ctx, point{name: toSend, kind: "read"})
	return o.wire.Read(ctx, id)
}

func (o toldOrg) Find(ctx context.Context, attr, value string) ([]oktasync.Account, error) {
	pass(ctx, point{name: toSend, kind: "find"})
	return o.wire.Find(ctx, attr, value)
}

func (o toldOrg) Update(ctx context.Context, id string, profile map[string]any) (oktasync.Account, error) {
	pass(ctx, point{name: toSend, kind: "update"})
	return o.wire.Update(ctx, id, profile)
}

func (o toldOrg) Act(ctx context.Context, id string, action oktasync.Action) error {
	revokes := action == oktasync.Suspend || action == oktasync.Deactivate
	pass(ctx, point{toSend, string(action), revokes})
	err := o.wire.Act(context.WithoutCancel(ctx), id, action)
	if revokes && o.t.overdue(id) {
		return lost(string(action), "POST", 0) // it was under way, and its sender waits no longer
	}
	return err
}

// overdue reports whether the deadline of the last revocation of an account is over.
func (t *tenant) overdue(account string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now().After(t.deadlines[account])
}

// leash holds a goroutine at the points that it is to stop at, until it is told to go on.
type leash struct {
	at    string // where it stands; empty: it has ended
	holds func(point) bool
	stops chan string // closed: it has ended
	goOn  chan bool   // false: it is to die
	loose atomic.Bool
}

// led starts do, and returns when it stands or has ended.
func led(ctx context.Context, holds func(point) bool, do func(context.Context)) *leash {
	l := &leash{holds: holds, stops: make(chan string), goOn: make(chan bool)}
	go func() {
		defer close(l.stops)
		do(gate(l.stop).in(ctx))
	}()
	l.at = <-l.stops
	return l
}

// atRevocations stops at every point of a call that takes access.
func atRevocations(p point) bool { return p.revokes }

func (l *leash) stop(p point) {
	if l.loose.Load() || !l.holds(p) {
		return
	}
	l.stops <- p.name
	if lives := <-l.goOn; !lives {
		runtime.Goexit()
	}
}

// step lets it go on to where it stands next.
func (l *leash) step() {
	l.goOn <- true
	l.at = <-l.stops
}

// end lets it go on to its end.
func (l *leash) end() {
	if l.loose.Store(true); l.at != "" {
		l.step()
	}
}

// die ends it where it stands, as the death of its process does.
func (l *leash) die() {
	if l.at != "" {
		l.goOn <- false
		l.at = <-l.stops
	}
}
