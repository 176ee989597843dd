package oktasync

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxInFlight is far below Okta's concurrency limit (75 at once for the whole org).
	maxInFlight = 10
	// urgentSlots of them are open to urgent calls alone, so that a removal never queues behind ten slow updates.
	urgentSlots = 1
	// maxWindow is the longest window that Okta counts calls in.
	maxWindow = 60 * time.Second
	// windowSlack is how much later than Okta we may see the end of a window: a whole second, and a slow call's way back.
	windowSlack = 15 * time.Second
)

// Governor keeps our calls to Okta within a share of each of its rate limits, whatever else uses the org. Okta counts
// calls per bucket of paths in fixed windows; the governor learns limit, remaining and reset from the answers. Safe for
// concurrent use.
//
// Per bucket: one call alone until Okta has answered once; then as fast as ten at a time allow, until the share is
// nearly used, when what is left is spread over the rest of the window; nothing between a 429 and its reset. The last
// tenth of a share is left to urgent calls.
type Governor struct {
	share float64
	now   func() time.Time

	mu       sync.Mutex
	buckets  map[string]*bucket
	inFlight int
	changed  chan struct{} // closed and replaced when a waiter may find room
}

// NewGovernor returns a governor that uses share (0 < share <= 1; anything else means 0.5) of each limit of Okta.
func NewGovernor(share float64, now func() time.Time) *Governor {
	if !(share > 0 && share <= 1) {
		share = 0.5
	}
	return &Governor{share: share, now: now, buckets: map[string]*bucket{}, changed: make(chan struct{})}
}

// WaitError says that ctx ended, or would have ended, before the bucket opened. Nothing was sent.
type WaitError struct {
	Bucket string
	Until  time.Time // when the bucket opens; zero: as soon as another call returns
	Err    error     // context.Canceled or context.DeadlineExceeded
}

func (e *WaitError) Error() string {
	return fmt.Sprintf("the rate of Okta's %s is used up: %v", e.Bucket, e.Err)
}

// Unwrap returns the reason why the wait ended.
func (e *WaitError) Unwrap() error { return e.Err }

// BucketState is what is known of one bucket, for people.
type BucketState struct {
	Name      string    `json:"name"`
	Limit     int       `json:"limit"`     // calls a window; 0: Okta has not said yet
	Remaining int       `json:"remaining"` // calls left to everybody in the window, at most
	Used      int       `json:"used"`      // our own calls in the window
	Reset     time.Time `json:"reset"`     // end of the window; zero: no call in it yet
	Paused    bool      `json:"paused"`    // no call goes out: Okta answered 429
}

type urgentKey struct{}

// WithUrgent marks the calls made under the context as part of taking access away: they go before others.
func WithUrgent(ctx context.Context) context.Context {
	return context.WithValue(ctx, urgentKey{}, true)
}

// Urgent reports whether the context was marked by WithUrgent.
func Urgent(ctx context.Context) bool {
	urgent, _ := ctx.Value(urgentKey{}).(bool)
	return urgent
}

// Acquire waits until a call of the bucket may go out. The caller sends it and then calls release, once, with the
// answer's header and status (nil and 0 when there was no answer). It fails with a *WaitError when ctx ends first, and
// at once when the bucket is known to open only after ctx's deadline.
func (g *Governor) Acquire(ctx context.Context, bucket string, urgent bool) (release func(h http.Header, status int), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.bucket(bucket)
	if urgent {
		b.urgent++
		defer func() { b.urgent--; g.wake() }()
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, &WaitError{Bucket: bucket, Err: err}
		}
		now := g.now()
		at, ok := g.room(b, urgent, now)
		if ok {
			b.take(now)
			g.inFlight++
			return g.releaser(b), nil
		}
		if deadline, has := ctx.Deadline(); has && !at.IsZero() && at.Sub(now) >= time.Until(deadline) {
			return nil, &WaitError{Bucket: bucket, Until: at, Err: context.DeadlineExceeded}
		}
		g.wait(ctx, at, now)
	}
}

// Buckets returns the buckets used so far, by name.
func (g *Governor) Buckets() []BucketState {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	states := make([]BucketState, 0, len(g.buckets))
	for name, b := range g.buckets {
		b.roll(now)
		states = append(states, BucketState{
			Name: name, Limit: b.limit, Remaining: max(b.remaining, 0), Used: b.used(), Reset: b.reset, Paused: now.Before(b.paused),
		})
	}
	slices.SortFunc(states, func(a, b BucketState) int { return strings.Compare(a.Name, b.Name) })
	return states
}

func (g *Governor) bucket(name string) *bucket {
	b := g.buckets[name]
	if b == nil {
		b = &bucket{}
		g.buckets[name] = b
	}
	return b
}

// room reports whether a call may go out, and otherwise when to look again; a zero time means when a call returns.
func (g *Governor) room(b *bucket, urgent bool, now time.Time) (at time.Time, ok bool) {
	if now.Before(b.paused) {
		return b.paused, false
	}
	b.roll(now)
	slots := maxInFlight
	if !urgent {
		slots -= urgentSlots
	}
	if g.inFlight >= slots || !urgent && b.urgent > 0 {
		return time.Time{}, false
	}
	if b.limit == 0 {
		// The limit is not known: one call finds it out. A server that never says it is only held to the slots.
		return time.Time{}, b.answered || b.inFlight == 0
	}
	quota := max(1, int(g.share*float64(b.limit)))
	left := b.left(quota, urgent)
	if left < 1 {
		return b.reset, false
	}
	if next := b.next(quota, left); !urgent && now.Before(next) {
		return next, false
	}
	return time.Time{}, true
}

// wait blocks, with the lock released, until something changed, the time at is reached or ctx ends.
func (g *Governor) wait(ctx context.Context, at, now time.Time) {
	changed := g.changed
	g.mu.Unlock()
	defer g.mu.Lock()
	var due <-chan time.Time
	if !at.IsZero() {
		timer := time.NewTimer(at.Sub(now))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-changed:
	case <-due:
	case <-ctx.Done():
	}
}

func (g *Governor) wake() {
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *Governor) releaser(b *bucket) func(http.Header, int) {
	var once sync.Once
	return func(h http.Header, status int) {
		once.Do(func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.inFlight--
			b.settle(h, status, g.now())
			g.wake()
		})
	}
}

// bucket is one of Okta's counters, as far as its answers tell. Which window a call fell into is known from the reset
// that its answer bears; a call under way counts in whichever window is current.
type bucket struct {
	answered  bool      // Okta has answered a call of the bucket, with or without telling the limit
	limit     int       // 0: not known
	remaining int       // of the limit, for everybody, less our calls under way
	epoch     int64     // X-Rate-Limit-Reset of the last window told
	reset     time.Time // end of the window by our clock, never too early; zero: no call of ours in it yet
	assumed   bool      // reset is our guess: no answer of this window has arrived
	settled   int       // our answered calls of the window, and those that failed without a word on theirs
	inFlight  int
	urgent    int       // urgent calls that wait
	last      time.Time // when a call was last let out
	paused    time.Time // no call before
}

func (b *bucket) used() int { return b.settled + b.inFlight }

// roll starts a window when the last one is over.
func (b *bucket) roll(now time.Time) {
	if b.reset.IsZero() || now.Before(b.reset) {
		return
	}
	b.settled, b.remaining, b.assumed = 0, b.limit-b.inFlight, true
	b.reset = time.Time{}
	if b.inFlight > 0 {
		b.reset = now.Add(maxWindow)
	}
}

// take counts a call that goes out.
func (b *bucket) take(now time.Time) {
	b.inFlight++
	b.remaining--
	b.last = now
	if b.reset.IsZero() {
		b.reset, b.assumed = now.Add(maxWindow), true
	}
}

// left returns how many more calls may go out in the window: within our quota, with one of Okta's limit untouched, and
// a tenth of the quota kept for urgent calls.
func (b *bucket) left(quota int, urgent bool) int {
	remaining := b.remaining
	if b.limit > 1 {
		remaining--
	}
	left := min(quota-b.used(), remaining)
	if !urgent && quota > 1 {
		left -= (quota + 9) / 10
	}
	return left
}

// next returns the earliest time of the next call: at once for most of the quota; its last fifth is spread evenly over
// what is left of the window, so that a late need still finds room.
func (b *bucket) next(quota, left int) time.Time {
	if left > quota/5 || b.last.IsZero() || b.reset.Before(b.last) {
		return b.last
	}
	return b.last.Add(b.reset.Sub(b.last) / time.Duration(left+1))
}

// settle ends a call: with Okta's answer, or with status 0 when there was none.
func (b *bucket) settle(h http.Header, status int, now time.Time) {
	b.inFlight--
	b.answered = b.answered || status != 0
	w, told := windowOf(h, now)
	switch {
	case told:
		b.learn(w, now)
	case b.assumed:
		// The call may have opened Okta's window as late as just before it returned.
		b.settled++
		b.reset = now.Add(maxWindow)
	default:
		b.settled++
	}
	if status != http.StatusTooManyRequests {
		return
	}
	if !told {
		// Too many calls at once (limit 0), or no word on the window: the reset means nothing, a short pause is enough.
		// The jitter keeps us from coming back in step with whoever else was refused.
		b.paused = now.Add(time.Second + rand.N(time.Second))
		return
	}
	b.paused = now.Add(max(w.end.Sub(now), time.Second))
}

func (b *bucket) learn(w window, now time.Time) {
	remaining := w.remaining - b.inFlight // others under way may not be subtracted yet
	switch {
	case b.limit == 0:
		// The first word on this bucket. An earlier process, or the lease holder before us, may have used the window:
		// count all of its use as ours.
		b.settled, b.remaining = max(b.settled+1, w.limit-w.remaining), remaining
	case w.epoch < b.epoch:
		return // a slow call's answer, from a window that is over
	case w.epoch > b.epoch && b.assumed:
		b.settled++
		b.remaining = min(w.limit-b.used(), remaining)
	case w.epoch > b.epoch && b.reset.Sub(now) < windowSlack:
		// Okta's window was over a little before our clock said so.
		b.settled, b.remaining = 1, remaining
	case w.epoch == b.epoch && !b.assumed:
		b.settled++
		b.remaining = min(b.remaining, remaining)
		if b.reset.Before(w.end) {
			w.end = b.reset // both are late enough, and this one is less late
		}
	default:
		// A late answer from the window that just ended, or a window that moves while it runs: it may only slow us down.
		b.settled++
		b.remaining = min(b.remaining, remaining)
		return
	}
	b.limit, b.epoch, b.reset, b.assumed = w.limit, w.epoch, w.end, false
}

// window is what one answer says of its window.
type window struct {
	limit     int
	remaining int
	epoch     int64     // when it ends, by Okta's clock
	end       time.Time // when it ends, by ours
}

// windowOf reads an answer's header; not ok: it does not tell.
func windowOf(h http.Header, now time.Time) (w window, ok bool) {
	limit, err := strconv.Atoi(h.Get("X-Rate-Limit-Limit"))
	if err != nil || limit <= 0 {
		return window{}, false
	}
	remaining, err := strconv.Atoi(h.Get("X-Rate-Limit-Remaining"))
	if err != nil {
		remaining = limit
	}
	epoch, end, ok := windowEnd(h, now)
	return window{limit: limit, remaining: remaining, epoch: epoch, end: end}, ok
}

// windowEnd returns when the answer's window ends, as Okta wrote it and by our clock. Okta's clock is read from the
// Date header, whose second is already under way, so the end is never too early. Not ok: missing, or no window of Okta.
func windowEnd(h http.Header, now time.Time) (epoch int64, end time.Time, ok bool) {
	epoch, err := strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64)
	if err != nil {
		return 0, time.Time{}, false
	}
	reset := time.Unix(epoch, 0)
	if date, err := http.ParseTime(h.Get("Date")); err == nil && plausible(reset.Sub(date)) {
		return epoch, now.Add(reset.Sub(date)), true
	}
	if plausible(reset.Sub(now)) {
		return epoch, reset, true
	}
	return 0, time.Time{}, false
}

// plausible reports whether a window may end in d: at most one window ahead, give or take a clock.
func plausible(d time.Duration) bool { return d >= -windowSlack && d <= 2*maxWindow }
