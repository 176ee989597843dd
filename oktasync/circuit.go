package oktasync

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"drawbridge/bridge"
)

// How the circuit probes a failing org, and how often it repeats the alarm.
const (
	firstProbe = time.Second
	slowProbe  = 15 * time.Second
	alarmAgain = 5 * time.Minute
	alarmNames = 100
)

// circuit stops all calls while the org as a whole does not answer, so that nobody is parked for it singly.
type circuit struct {
	s       *Syncer
	tripped chan struct{}
	closed  chan struct{} // signalled when Okta answers again

	mu     sync.Mutex
	outage *bridge.Outage
}

func newCircuit(s *Syncer) *circuit {
	return &circuit{s: s, tripped: make(chan struct{}, 1), closed: make(chan struct{}, 1)}
}

func (c *circuit) open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.outage != nil
}

// trip follows a failure that may be the whole org's: a probe tells. It returns whether the circuit is open.
func (c *circuit) trip(ctx context.Context, cause *OrgError) bool {
	if c.open() {
		return true
	}
	err := c.probe(ctx)
	if err == nil {
		return false
	}
	var o *OrgError
	if errors.As(err, &o) && o.Cause == CauseRate {
		return false
	}
	c.mu.Lock()
	if c.outage == nil {
		c.outage = &bridge.Outage{Since: c.s.Now(), Status: cause.Status, Code: cause.Code}
	}
	c.mu.Unlock()
	signal(c.tripped)
	return true
}

func (c *circuit) probe(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, c.s.Timeout)
	defer cancel()
	return c.s.Probe(bounded)
}

// watch probes an open circuit until Okta answers, and raises the alarm. A circuit that was open when the lease was lost
// is probed again when it is back; what another holder published of one is taken back otherwise.
func (c *circuit) watch(ctx context.Context) {
	if c.open() {
		signal(c.tripped)
	} else {
		c.publish(ctx, nil)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.tripped: // by one of several failures, perhaps: the outage that another one told of may be over
			if c.open() {
				c.recover(ctx)
			}
		}
	}
}

func (c *circuit) recover(ctx context.Context) {
	var alarmed time.Time
	for wait := firstProbe; ; wait = min(2*wait, slowProbe) {
		if now := c.s.Now(); now.Sub(alarmed) >= alarmAgain {
			c.alarm(ctx)
			alarmed = now
		}
		if !pause(ctx, wait) {
			return
		}
		if c.probe(ctx) == nil {
			c.close(ctx)
			return
		}
	}
}

// alarm says that Okta does not answer and names, by id, the removed people who still have access because of it.
func (c *circuit) alarm(ctx context.Context) {
	links, total, err := c.s.Store.StillActive(ctx, alarmNames)
	if err != nil {
		c.s.Log.ErrorContext(ctx, "the removed who are still active could not be read", "error", err)
	}
	c.mu.Lock()
	o := *c.outage
	o.StillActive, o.Users = total, make([]string, len(links))
	for i, l := range links {
		o.Users[i] = l.UserID
	}
	c.outage = &o
	c.mu.Unlock()
	c.s.Log.ErrorContext(ctx, "ALARM: Okta does not answer; nothing is synced until it does",
		"since", o.Since, "status", o.Status, "code", o.Code, "removed_still_active", o.StillActive, "users", o.Users)
	c.publish(ctx, &o)
}

func (c *circuit) close(ctx context.Context) {
	c.mu.Lock()
	since := c.outage.Since
	c.outage = nil
	c.mu.Unlock()
	c.s.Log.InfoContext(ctx, "Okta answers again", "outage", c.s.Now().Sub(since).Round(time.Second))
	c.publish(ctx, nil)
	signal(c.closed)
}

func (c *circuit) publish(ctx context.Context, o *bridge.Outage) {
	value, _ := json.Marshal(o) // plain fields: cannot fail
	if err := c.s.Store.SetState(ctx, bridge.CircuitState, string(value)); err != nil {
		c.s.Log.WarnContext(ctx, "the state of the circuit could not be written", "error", err)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
