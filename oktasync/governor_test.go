package oktasync

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const users = "/api/v1/users"

func governed(g *Governor) acquire { return g.Acquire }

// The mutants of I33, each of which the same check must catch.
var governorMutants = map[string]func(*Governor) acquire{
	"ignores the share": func(g *Governor) acquire {
		g.share = 1
		return g.Acquire
	},
	"does not hear a 429": func(g *Governor) acquire {
		return func(ctx context.Context, bucket string, urgent bool) (func(http.Header, int), error) {
			release, err := g.Acquire(ctx, bucket, urgent)
			return func(h http.Header, status int) {
				if status == 429 {
					h, status = nil, 200
				}
				release(h, status)
			}, err
		}
	},
	"forgets calls in flight": func(g *Governor) acquire {
		return func(ctx context.Context, bucket string, urgent bool) (func(http.Header, int), error) {
			release, err := g.Acquire(ctx, bucket, urgent)
			if err == nil {
				g.mu.Lock()
				g.inFlight--
				g.mu.Unlock()
			}
			return func(h http.Header, status int) {
				release(h, status)
				g.mu.Lock()
				g.inFlight++
				g.mu.Unlock()
			}, err
		}
	},
	"takes Okta's clock for ours": func(g *Governor) acquire {
		return func(ctx context.Context, bucket string, urgent bool) (func(http.Header, int), error) {
			release, err := g.Acquire(ctx, bucket, urgent)
			return func(h http.Header, status int) {
				if h != nil {
					h.Del("Date")
				}
				release(h, status)
			}, err
		}
	},
}

func TestI33_StaysWithinTheShareOfTheLimit(t *testing.T) {
	t.Parallel()
	loads := map[string]load{
		"alone":             {limit: 600, share: 0.5, workers: 30},
		"small limit":       {limit: 20, share: 0.5, workers: 30},
		"tiny limit":        {limit: 3, share: 0.5, workers: 30},
		"whole limit":       {limit: 100, share: 1, workers: 30},
		"others use it up":  {limit: 100, share: 0.5, workers: 30, others: 150},
		"clock behind ours": {limit: 100, share: 0.5, workers: 30, others: 120, skew: -40 * time.Second},
		"clock ahead":       {limit: 100, share: 0.5, workers: 30, others: 120, skew: 17 * time.Second},
		"slow answers":      {limit: 100, share: 0.5, workers: 30, slow: 9 * time.Second},
		"answers lost":      {limit: 100, share: 0.5, workers: 30, slow: time.Second, lost: 3},
	}
	for name, l := range loads {
		t.Run(name, func(t *testing.T) {
			org := l.run(t, governed)
			for _, v := range org.violations {
				t.Error(v)
			}
			// Most of the share is really used where nobody and nothing stands in the way: ten windows of it.
			if quota := int(l.share * float64(l.limit)); l.others == 0 && l.slow == 0 && org.served < 10*quota*7/10 {
				t.Errorf("only %d calls in ten windows of %d", org.served, quota)
			}
		})
	}
	caught := map[string]load{
		"ignores the share":           loads["alone"],
		"does not hear a 429":         loads["others use it up"],
		"forgets calls in flight":     loads["alone"],
		"takes Okta's clock for ours": loads["clock behind ours"],
	}
	for name, l := range caught {
		t.Run("mutant "+name, func(t *testing.T) {
			if org := l.run(t, governorMutants[name]); len(org.violations) == 0 {
				t.Error("the check does not catch the mutant")
			}
		})
	}
}

func TestI33_AnyLoad(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := load{
			limit:   rapid.IntRange(1, 300).Draw(rt, "limit"),
			share:   rapid.SampledFrom([]float64{0.1, 0.29, 0.5, 0.9, 1}).Draw(rt, "share"),
			skew:    time.Duration(rapid.IntRange(-30000, 30000).Draw(rt, "skew")) * time.Millisecond,
			workers: rapid.IntRange(1, 25).Draw(rt, "workers"),
			others:  rapid.IntRange(0, 400).Draw(rt, "others"),
			slow:    time.Duration(rapid.IntRange(0, 9500).Draw(rt, "slow")) * time.Millisecond,
			lost:    rapid.SampledFrom([]int{0, 2, 3, 7}).Draw(rt, "lost"),
		}
		for _, v := range l.run(t, governed).violations {
			rt.Error(v)
		}
	})
}

// header is an answer whose window ends in the given time, with an exact clock.
func header(limit, remaining int, left time.Duration) http.Header {
	now := time.Now()
	return http.Header{
		"Date":                   {now.UTC().Format(http.TimeFormat)},
		"X-Rate-Limit-Limit":     {strconv.Itoa(limit)},
		"X-Rate-Limit-Remaining": {strconv.Itoa(remaining)},
		"X-Rate-Limit-Reset":     {strconv.FormatInt(now.Add(left).Unix(), 10)},
	}
}

func mustAcquire(t *testing.T, g *Governor, bucket string, urgent bool) func(http.Header, int) {
	t.Helper()
	release, err := g.Acquire(t.Context(), bucket, urgent)
	if err != nil {
		t.Fatalf("Acquire: %v", err)
	}
	return release
}

func TestGovernorLastTenthIsForUrgentCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGovernor(0.5, time.Now)
		mustAcquire(t, g, users, false)(header(40, 39, 30*time.Second), 200)
		began := time.Now()
		calls := 1
		for ; ; calls++ {
			ctx, cancel := context.WithDeadline(t.Context(), began.Add(29*time.Second))
			release, err := g.Acquire(ctx, users, false)
			cancel()
			if err != nil {
				break
			}
			release(header(40, 39-calls, time.Until(began.Add(30*time.Second))), 200)
		}
		if calls != 18 {
			t.Errorf("%d calls went out that are not urgent, want 18 of the share of 20", calls)
		}
		before := time.Now()
		for range 2 {
			mustAcquire(t, g, users, true)(nil, 0)
		}
		if waited := time.Since(before); waited != 0 {
			t.Errorf("urgent calls waited %v", waited)
		}
		mustAcquire(t, g, users, true)(nil, 0)
		if waited := time.Since(began); waited < 30*time.Second {
			t.Errorf("call 21 of a share of 20 went out after %v, before the reset", waited)
		}
	})
}

func TestGovernorSpreadsTheLastFifth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGovernor(0.5, time.Now)
		began := time.Now()
		var at []time.Duration
		for i := range 90 {
			release := mustAcquire(t, g, users, false)
			at = append(at, time.Since(began))
			release(header(200, 199-i, time.Until(began.Add(60*time.Second))), 200)
		}
		if at[69] != 0 {
			t.Errorf("call 70 of a share of 100 waited %v", at[69])
		}
		for i := 71; i < 90; i++ {
			if gap := at[i] - at[i-1]; gap < 2*time.Second || gap > 4*time.Second {
				t.Errorf("call %d went out %v after the last, want about 3 s", i+1, gap)
			}
		}
	})
}

func TestGovernorUrgentOvertakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGovernor(0.5, time.Now)
		mustAcquire(t, g, users, false)(header(1000, 999, time.Minute), 200)
		var held []func(http.Header, int)
		for range maxInFlight - urgentSlots {
			held = append(held, mustAcquire(t, g, users, false))
		}
		order := make(chan string, 20)
		for range 5 {
			go func() { mustAcquire(t, g, users, false); order <- "update" }()
		}
		synctest.Wait()
		for range 3 {
			go func() { mustAcquire(t, g, users, true); order <- "removal" }()
		}
		synctest.Wait()
		if got := len(order); got != 1 {
			t.Fatalf("%d calls went out while nine updates are under way, want the one removal", got)
		}
		for range 2 {
			held[0](nil, 0)
			held = held[1:]
			synctest.Wait()
		}
		for range 3 {
			if got := <-order; got != "removal" {
				t.Errorf("an %s went out before a removal", got)
			}
		}
		for _, release := range held {
			release(nil, 0)
		}
		synctest.Wait()
		if got := len(order); got != 5 {
			t.Errorf("%d updates went out in the end, want 5", got)
		}
	})
}

func TestGovernorPauses(t *testing.T) {
	tests := []struct {
		name      string
		header    func() http.Header
		least     time.Duration
		most      time.Duration
		bucketTwo time.Duration // what a call of another bucket waits
	}{
		{name: "429 until the reset", header: func() http.Header { return header(600, 0, 42*time.Second) }, least: 42 * time.Second, most: 42 * time.Second},
		{name: "429 at the reset", header: func() http.Header { return header(600, 0, 0) }, least: time.Second, most: time.Second},
		{name: "concurrency limit", header: func() http.Header { return header(0, 0, 55*time.Second) }, least: time.Second, most: 2 * time.Second},
		{name: "no reset", header: func() http.Header { return http.Header{"X-Rate-Limit-Limit": {"600"}} }, least: time.Second, most: 2 * time.Second},
		{name: "reset in milliseconds", header: func() http.Header {
			h := header(600, 0, 42*time.Second)
			h.Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().UnixMilli(), 10))
			return h
		}, least: time.Second, most: 2 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewGovernor(0.5, time.Now)
				mustAcquire(t, g, users, true)(test.header(), 429)
				if paused := g.Buckets()[0].Paused; !paused {
					t.Error("the bucket is not shown as paused")
				}
				began := time.Now()
				mustAcquire(t, g, "/api/v1/groups", false)(nil, 0)
				if waited := time.Since(began); waited != 0 {
					t.Errorf("another bucket waited %v", waited)
				}
				mustAcquire(t, g, users, true)(nil, 0)
				if waited := time.Since(began); waited < test.least || waited > test.most {
					t.Errorf("waited %v, want %v to %v", waited, test.least, test.most)
				}
			})
		})
	}
}

func TestGovernorHonoursContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGovernor(0.5, time.Now)
		mustAcquire(t, g, users, false)(header(600, 0, 42*time.Second), 429)
		began := time.Now()

		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := g.Acquire(ctx, users, false)
		var wait *WaitError
		if !errors.As(err, &wait) || !wait.Until.Equal(began.Add(42*time.Second)) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Acquire past the deadline: %v, want a WaitError until the reset", err)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("it waited %v for a bucket that opens too late anyway", waited)
		}

		cancelled, stop := context.WithCancel(t.Context())
		go func() { time.Sleep(3 * time.Second); stop() }()
		if _, err := g.Acquire(cancelled, users, false); !errors.Is(err, context.Canceled) {
			t.Errorf("Acquire under a cancelled context: %v", err)
		}
		if waited := time.Since(began); waited != 3*time.Second {
			t.Errorf("the wait ended after %v, want 3 s", waited)
		}
	})
}

func TestGovernorProbesAnUnknownBucketWithOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGovernor(0.5, time.Now)
		probe := mustAcquire(t, g, users, false)
		entered := make(chan func(http.Header, int), 20)
		for range 20 {
			go func() { entered <- mustAcquire(t, g, users, false) }()
		}
		synctest.Wait()
		if got := len(entered); got != 0 {
			t.Fatalf("%d calls went out before the limit was known", got)
		}
		probe(header(20, 15, 30*time.Second), 200)
		synctest.Wait()
		// Five of the window are gone, by us or by the process before us; ten is our share, one of them for urgent calls.
		if got := len(entered); got == 0 || got > 4 {
			t.Errorf("%d calls went out, want 1 to 4", got)
		}
		for range 20 {
			(<-entered)(nil, 0)
		}
	})
}

// sendUrgent sends as many urgent calls as go out at once, without an answer to any.
func sendUrgent(t *testing.T, g *Governor) (sent int) {
	t.Helper()
	for ; ; sent++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		_, err := g.Acquire(ctx, users, true)
		cancel()
		if err != nil {
			return sent
		}
	}
}

func TestGovernorCountsCallsUnderWay(t *testing.T) {
	tests := []struct {
		name  string
		share float64
		do    func(g *Governor)
		want  int // urgent calls that go out after that
	}{
		{"the last of the limit is never ours", 1, func(g *Governor) {
			mustAcquire(t, g, users, true)(header(10, 4, 30*time.Second), 200)
		}, 3},
		{"a call that Okta may not have counted yet", 1, func(g *Governor) {
			mustAcquire(t, g, users, true)(header(10, 6, 30*time.Second), 200)
			first, _ := mustAcquire(t, g, users, true), mustAcquire(t, g, users, true)
			first(header(10, 4, 30*time.Second), 200)
		}, 2},
		{"calls that outlive their window", 0.5, func(g *Governor) {
			mustAcquire(t, g, users, true)(header(10, 9, 30*time.Second), 200)
			for range 3 {
				mustAcquire(t, g, users, true)
			}
			time.Sleep(30 * time.Second)
		}, 2},
		{"calls whose answers were lost", 0.5, func(g *Governor) {
			mustAcquire(t, g, users, true)(header(10, 9, 30*time.Second), 200)
			mustAcquire(t, g, users, true)(nil, 0)
			mustAcquire(t, g, users, true)(nil, 0)
		}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewGovernor(test.share, time.Now)
				test.do(g)
				if got := sendUrgent(t, g); got != test.want {
					t.Errorf("%d calls went out, want %d", got, test.want)
				}
			})
		})
	}
}

func TestGovernorTellsWindowsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGovernor(0.5, time.Now)
		state := func() BucketState { return g.Buckets()[0] }
		began := time.Now()
		mustAcquire(t, g, users, false)(header(100, 99, 30*time.Second), 200)

		slow, late := mustAcquire(t, g, users, false), header(100, 3, 30*time.Second)
		time.Sleep(10 * time.Second)
		hanging := mustAcquire(t, g, users, false)
		slow(late, 200) // ten seconds on its way: taken by itself, the window would end at 40 s
		if got := state(); !got.Reset.Equal(began.Add(30 * time.Second)) {
			t.Errorf("the window ends %v after the beginning, want the earlier end", got.Reset.Sub(began))
		}

		time.Sleep(18 * time.Second)
		mustAcquire(t, g, users, true)(header(100, 98, 60*time.Second), 200) // Okta's window ended two seconds early
		if got := state(); got.Used != 2 || got.Remaining != 97 || !got.Reset.Equal(time.Now().Add(time.Minute)) {
			t.Errorf("in the next window: %+v, want the call that opened it, one under way, and 97 left", got)
		}
		hanging(late, 200)
		if got := state(); got.Used != 1 || got.Remaining < 97 {
			t.Errorf("after a late answer from the window before: %+v, want it to count nothing", got)
		}

		mustAcquire(t, g, users, true)(header(100, 96, 80*time.Second), 200) // a window that moves while it runs
		if got := state(); got.Used != 2 || !got.Reset.Equal(time.Now().Add(time.Minute)) {
			t.Errorf("after an odd answer: %+v, want the window as it was", got)
		}
	})
}

// Okta's window opens when a call arrives. One that never answers may have arrived as late as when it was given up.
func TestGovernorWindowOfALostCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGovernor(0.5, time.Now)
		mustAcquire(t, g, users, false)(header(100, 99, 30*time.Second), 200)
		time.Sleep(30 * time.Second)
		lost := mustAcquire(t, g, users, false)
		time.Sleep(9 * time.Second)
		lost(nil, 0)
		if got := g.Buckets()[0]; got.Used != 1 || !got.Reset.Equal(time.Now().Add(time.Minute)) {
			t.Errorf("after a lost call: %+v, want it counted for a minute from its end", got)
		}
	})
}

func TestGovernorUrgentProbesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGovernor(0.5, time.Now)
		probe := mustAcquire(t, g, users, false)
		order := make(chan string, 10)
		enter := func(what string, urgent bool) {
			release := mustAcquire(t, g, users, urgent)
			order <- what
			release(nil, 0)
		}
		for range 5 {
			go enter("an update", false)
		}
		synctest.Wait()
		go enter("a removal", true)
		synctest.Wait()
		probe(nil, 0)
		if got := <-order; got != "a removal" {
			t.Errorf("%s went out first", got)
		}
		synctest.Wait()
		if got := len(order); got != 5 {
			t.Errorf("%d updates followed, want 5", got)
		}
	})
}

func TestGovernorBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGovernor(0.5, time.Now)
		if got := g.Buckets(); len(got) != 0 {
			t.Errorf("Buckets before any call: %v", got)
		}
		reset := time.Now().Add(20 * time.Second)
		mustAcquire(t, g, "b", false)(header(600, 598, 20*time.Second), 200)
		release := mustAcquire(t, g, "a", false)
		want := []BucketState{
			{Name: "a", Used: 1, Reset: time.Now().Add(time.Minute)},
			{Name: "b", Limit: 600, Remaining: 598, Used: 2, Reset: reset},
		}
		if diff := cmp.Diff(want, g.Buckets()); diff != "" {
			t.Errorf("Buckets (-want +got):\n%s", diff)
		}
		release(nil, 0)
		release(nil, 0) // a second release counts nothing
		if got := g.inFlight; got != 0 {
			t.Errorf("%d in flight after every release", got)
		}
	})
}
