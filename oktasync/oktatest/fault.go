package oktatest

import (
	"context"
	"net/http"
	"time"
)

// FaultKind says what goes wrong.
type FaultKind int

// The faults that an org can be told to show. Those that answer something else than the truth do so instead of
// applying the request, unless Fault.Apply is set.
const (
	RateLimited429      FaultKind = iota + 1 // 429 with a limit, and a reset Fault.Delay from now (default: the bucket's)
	ConcurrencyLimit429                      // 429 with a limit of 0, and a reset that means nothing
	StatusCode                               // Fault.Status, 500 by default, with an error body
	Unauthorized401
	Forbidden403
	StillActivating409 // E0000112
	ResetBefore        // the connection is reset, nothing is applied
	ResetAfter         // the request is applied, then the connection is reset
	Slow               // waits for Fault.Delay or Fault.Until before applying; with Apply, after it
	GarbageHTML        // a page of HTML with status 200
	EmptyList          // [] with status 200
	EmptyBody          // nothing with status 200
)

// Fault is something that goes wrong for the requests that it matches; one without conditions matches all of them.
type Fault struct {
	Match  func(r *http.Request) bool // nil matches every request
	Op     string                     // as in Entry.Op; empty matches every one
	UserID string                     // the user named by the path; empty matches every one
	Kind   FaultKind
	Status int
	Delay  time.Duration
	Until  <-chan struct{} // Slow: ends the wait when it is closed, so that a test needs no clock
	Apply  bool            // the request takes effect, and the fault shows after it
	Clean  bool            // ResetBefore, ResetAfter: the connection is closed in order, the client reads EOF
	Times  int             // how often it strikes; 0 means until it is removed
}

type armed struct {
	Fault
	struck int
}

// Inject arms a fault and returns the function that removes it. Faults are tried in the order in which they were
// injected, and the first that matches strikes.
func (o *Org) Inject(f Fault) (remove func()) {
	a := &armed{Fault: f}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = append(o.faults, a)
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.drop(a)
	}
}

func (o *Org) drop(a *armed) {
	kept := o.faults[:0:0]
	for _, f := range o.faults {
		if f != a {
			kept = append(kept, f)
		}
	}
	o.faults = kept
}

// Down makes the org refuse everything by closing the connection, until the function that it returns is called.
// Refused requests do not stand in the log: they never reached the org.
func (o *Org) Down() (up func()) {
	o.setDown(true)
	return func() { o.setDown(false) }
}

func (o *Org) setDown(down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = down
}

// strike returns the fault that hits the request, or nil.
func (o *Org) strike(c *call) *Fault {
	for _, a := range o.faults {
		if a.Op != "" && a.Op != c.op || a.UserID != "" && a.UserID != c.userID {
			continue
		}
		if a.Match != nil && !a.Match(c.r) {
			continue
		}
		a.struck++
		if a.struck == a.Times {
			o.drop(a)
		}
		f := a.Fault
		return &f
	}
	return nil
}

func (f *Fault) breaks() bool { return f != nil && (f.Kind == ResetBefore || f.Kind == ResetAfter) }

// applies reports whether the request takes effect although the fault strikes.
func (f *Fault) applies() bool {
	if f == nil || f.Kind == ResetAfter || f.Kind == Slow {
		return true
	}
	return f.Kind != ResetBefore && f.Apply
}

// wait is the pause of a Slow fault. It ends early for no client: a call whose sender gave up still lands. The time at
// which the client hung up is returned, zero if it did not.
func (f *Fault) wait(ctx context.Context, now func() time.Time) (left time.Time) {
	var timer <-chan time.Time
	if f.Until == nil || f.Delay > 0 {
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		timer = t.C
	}
	gone := ctx.Done()
	defer func() {
		if left.IsZero() && ctx.Err() != nil { // both happened before anybody looked
			left = now()
		}
	}()
	for {
		select {
		case <-timer:
			return left
		case <-f.Until:
			return left
		case <-gone:
			left, gone = now(), nil
		}
	}
}

// mask is the answer that the fault shows in place of the true one.
func (o *Org) mask(f *Fault, c *call, truth answer) answer {
	switch f.Kind {
	case RateLimited429:
		c.rate.remaining = 0
		if f.Delay > 0 {
			c.rate.reset = c.start.Add(f.Delay).Truncate(time.Second).Add(time.Second)
		}
		return o.errorAnswer(errRateLimit())
	case ConcurrencyLimit429:
		c.rate = crowded(c.start)
		return o.errorAnswer(errRateLimit())
	case StatusCode:
		status := f.Status
		if status == 0 {
			status = http.StatusInternalServerError
		}
		if status == http.StatusNotFound {
			return o.errorAnswer(errNotFound(c.param("user"), "User"))
		}
		return o.errorAnswer(&apiError{status: status, code: "E0000009", summary: http.StatusText(status)})
	case Unauthorized401:
		return o.errorAnswer(errToken())
	case Forbidden403:
		return o.errorAnswer(errForbidden())
	case StillActivating409:
		return o.errorAnswer(errActivating())
	case GarbageHTML:
		return answer{status: http.StatusOK, raw: []byte("<!DOCTYPE html><html><body><h1>We'll be right back</h1></body></html>"), contentType: "text/html"}
	case EmptyList:
		return answer{status: http.StatusOK, raw: []byte("[]")}
	case EmptyBody:
		return answer{status: http.StatusOK}
	}
	return truth
}
