package oktasync

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// limitedOrg counts calls as Okta does, in one bucket, and notes every way in which we misbehave. Its clock is ahead of
// ours by skew.
type limitedOrg struct {
	limit int
	share float64
	skew  time.Duration

	mu         sync.Mutex
	opened     time.Time
	ours, all  int
	concurrent int
	closed     time.Time // no call may go out before: 429 until here
	served     int
	violations []string
}

func (o *limitedOrg) violate(format string, args ...any) {
	o.violations = append(o.violations, fmt.Sprintf(format, args...))
}

// window opens a window on a whole second with the first call after the last one, as the org's clock shows it.
func (o *limitedOrg) window() (now, reset time.Time) {
	now = time.Now().Add(o.skew)
	if !now.Before(o.opened.Add(time.Minute)) {
		o.opened, o.ours, o.all = now.Truncate(time.Second), 0, 0
	}
	return now, o.opened.Add(time.Minute)
}

// other is a call by somebody else.
func (o *limitedOrg) other() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.window()
	o.all = min(o.all+1, o.limit)
}

// call is one of ours: granted, on its way, counted, and on its way back.
func (o *limitedOrg) call(latency time.Duration) (http.Header, int) {
	o.mu.Lock()
	if time.Now().Before(o.closed) {
		o.violate("a call went out %v before the reset", time.Until(o.closed))
	}
	if o.concurrent++; o.concurrent > 10 {
		o.violate("%d calls in flight", o.concurrent)
	}
	o.mu.Unlock()
	time.Sleep(latency / 2)
	o.mu.Lock()
	now, reset := o.window()
	status := 200
	if o.all >= o.limit {
		status = 429
	} else {
		o.all++
	}
	if o.ours++; float64(o.ours) > max(1, o.share*float64(o.limit)) {
		o.violate("call %d of a window with limit %d and share %v", o.ours, o.limit, o.share)
	}
	h := http.Header{}
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(o.limit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(o.limit-o.all))
	h.Set("X-Rate-Limit-Reset", strconv.FormatInt(reset.Unix(), 10))
	o.served++
	o.mu.Unlock()
	time.Sleep(latency / 2)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.concurrent--
	if status == 429 {
		o.closed = reset.Add(-o.skew)
	}
	return h, status
}

// acquire is Governor.Acquire, or a mutant of it.
type acquire func(context.Context, string, bool) (func(http.Header, int), error)

// load is a busy quarter of an hour.
type load struct {
	limit   int
	share   float64
	skew    time.Duration
	workers int
	others  int // calls a minute by somebody else
	slow    time.Duration
	lost    int // each worker's so many-th answer never arrives; 0: all do
}

// run puts the load on a governor made by build, in a bubble, and returns the org with what it saw.
func (l load) run(t *testing.T, build func(*Governor) acquire) *limitedOrg {
	org := &limitedOrg{limit: l.limit, share: l.share, skew: l.skew}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		acquire := build(NewGovernor(l.share, time.Now))
		var wg sync.WaitGroup
		for i := range l.workers {
			wg.Go(func() {
				for n := 0; ; n++ {
					release, err := acquire(ctx, users, i == 0)
					if err != nil {
						return
					}
					h, status := org.call(20*time.Millisecond + rand.N(l.slow+1))
					if l.lost > 0 && n%l.lost == l.lost-1 && status == 200 {
						h, status = nil, 0
					}
					release(h, status)
					if i == 0 {
						time.Sleep(5 * time.Second)
					}
				}
			})
		}
		if l.others > 0 {
			wg.Go(func() {
				for ctx.Err() == nil {
					org.other()
					time.Sleep(time.Minute / time.Duration(l.others))
				}
			})
		}
		wg.Wait()
	})
	return org
}
