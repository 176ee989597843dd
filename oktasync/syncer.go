package oktasync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"drawbridge/bridge"
)

// LeaseName is the lease of the vendor's org.
const LeaseName = "okta"

// askEvery is how often a process without the lease asks for it: how long a hand-over takes at most.
const askEvery = time.Second

// Options configure a Syncer.
type Options struct {
	Store     Store
	Org       Org
	Probe     func(ctx context.Context) error                    // cheap call that tells whether Okta answers us at all
	Guard     func(ctx context.Context, id string) (bool, error) // whether an account is protected; nil: none is
	Records   Records                                            // what Okta keeps against restores from backups; nil: nothing
	Passwords Passwords                                          // how people are given a password; nil: nobody is
	RunDue    func(ctx context.Context) error                    // does what people put off to a time that has come; nil: nothing
	Buckets   func() []BucketState                               // what is known of Okta's limits, for people; nil: nothing
	Observe   bool                                               // read, plan and report; write nothing to Okta
	Schedule  string                                             // cron syntax; empty: @every 30s
	Holder    string                                             // names this process in the lease
	LeaseTTL  time.Duration                                      // zero: 10 s
	Timeout   time.Duration                                      // of one call to Okta; zero: 10 s
	Calm      time.Duration                                      // least time between two looks at everybody who is due; zero: 1 s (see calmFor)
	Now       func() time.Time
	NewID     func() string
	Log       *slog.Logger
}

// Syncer makes Okta follow the bridge while it holds the lease.
type Syncer struct {
	Options
	schedule cron.Schedule
	circuit  *circuit
	desk     *desk
	rest     *rest
	records  *keeper // of the lease that is held, or was last; nil: none was

	published string    // what publishBuckets wrote last
	calm      time.Time // before it, urgent work alone is looked for

	revoking sync.Mutex // counting removals and committing a revocation's start are one step
	renaming sync.Mutex // counting changes of logins and committing one's start likewise
}

// New returns a syncer; the error says what is wrong with the schedule.
func New(o Options) (*Syncer, error) {
	if o.Schedule == "" {
		o.Schedule = "@every 30s"
	}
	if o.LeaseTTL == 0 {
		o.LeaseTTL = 10 * time.Second
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Calm == 0 {
		o.Calm = calmFor
	}
	schedule, err := cron.ParseStandard(o.Schedule)
	if err != nil {
		return nil, fmt.Errorf("the sync schedule %q is not a cron expression such as \"@every 30s\" or \"*/5 * * * *\": %w", o.Schedule, err)
	}
	s := &Syncer{Options: o, schedule: schedule, desk: newDesk(), rest: &rest{}}
	s.circuit = newCircuit(s)
	return s, nil
}

// Run syncs whenever this process holds the lease, until ctx ends. Then calls in flight are finished and the lease is
// handed over at once.
func (s *Syncer) Run(ctx context.Context) error {
	wakes, err := s.Store.Wakes(ctx)
	if err != nil {
		return fmt.Errorf("listening for wake-ups: %w", err)
	}
	if s.Observe {
		s.observe(ctx, wakes)
		return nil
	}
	for ctx.Err() == nil {
		lease, ok, err := s.Store.AcquireLease(ctx, LeaseName, s.Holder, s.LeaseTTL)
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "the lease could not be asked for", "error", err)
		}
		if ok && err == nil {
			s.lead(ctx, lease, wakes)
			continue
		}
		pause(ctx, min(s.LeaseTTL/5, askEvery))
	}
	return nil
}

// lead works until ctx ends or the lease is lost.
func (s *Syncer) lead(ctx context.Context, lease bridge.Lease, wakes <-chan struct{}) {
	s.Log.InfoContext(ctx, "syncing: the lease is held", "holder", lease.Holder, "fence", lease.Fence)
	lead, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	var chores sync.WaitGroup
	s.records = &keeper{Syncer: s, lease: lease}
	chores.Go(func() { s.renew(lead, lease, lost) })
	proven := make(chan struct{})
	chores.Go(func() { s.records.keepRecords(lead, proven) })
	chores.Go(func() { s.keepHouse(lead, proven) })
	chores.Go(func() { s.circuit.watch(lead) })
	chores.Go(func() { s.watchIdPs(lead) })
	select {
	case <-proven:
		s.work(lead, lease, wakes)
	case <-lead.Done():
	}
	lost(nil)
	chores.Wait()
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.Store.ReleaseLease(release, lease); err != nil {
		s.Log.WarnContext(ctx, "the lease could not be handed over; it runs out by itself", "error", err)
	}
}

// renew keeps the lease and ends the lead when it is lost, or cannot be renewed before it runs out.
func (s *Syncer) renew(ctx context.Context, lease bridge.Lease, lost context.CancelCauseFunc) {
	renewed := time.Now()
	for pause(ctx, s.LeaseTTL/3) {
		l, ok, err := s.Store.AcquireLease(ctx, LeaseName, s.Holder, s.LeaseTTL)
		switch {
		case err == nil && (!ok || l.Fence != lease.Fence):
			lost(errors.New("another process holds the lease"))
			return
		case err == nil:
			renewed = time.Now()
		case time.Since(renewed) > s.LeaseTTL*2/3:
			lost(fmt.Errorf("the lease could not be renewed: %w", err))
			return
		}
	}
}

// work starts reconcilers for what is due, most urgent first, and waits for wake-ups, the schedule and retries.
func (s *Syncer) work(ctx context.Context, lease bridge.Lease, wakes <-chan struct{}) {
	defer s.desk.wait()
	for ctx.Err() == nil {
		wait, err := s.dispatch(ctx, lease)
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "what is due could not be read", "error", err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-wakes:
		case <-s.desk.freed:
		case <-s.circuit.closed:
		}
		timer.Stop()
	}
}

// dispatch looks for work until nothing is left to start, and returns how long to wait if nothing else happens.
func (s *Syncer) dispatch(ctx context.Context, lease bridge.Lease) (time.Duration, error) {
	now := s.Now()
	tick := s.schedule.Next(now).Sub(now)
	for limit := firstLook; !s.circuit.open(); limit = min(2*limit, mostLooks) {
		most, ok := s.reach(now)
		if !ok {
			break
		}
		more, waiting, err := s.look(ctx, lease, most, limit)
		if err != nil {
			return min(tick, time.Second), err
		}
		if !more && !waiting && most == bridge.RankLater {
			s.calm = time.Now().Add(s.Calm)
		} else if calm := time.Until(s.calm); !more && calm > 0 {
			return min(tick, calm), nil // then all ranks are looked at, and at what is next
		}
		if !more || waiting {
			break
		}
	}
	if resume := s.rest.earliest(now); !resume.IsZero() {
		tick = min(tick, resume.Sub(now))
	}
	if len(s.desk.busy()) > 0 { // whoever leaves has the work looked at again
		return min(tick, time.Second), nil
	}
	next, ok, err := s.Store.NextDue(ctx, now)
	if ok {
		tick = min(tick, next.Sub(now))
	}
	return max(tick, 10*time.Millisecond), err
}

// pause waits; it returns false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
