package traffic

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"drawbridge/bridge"
)

// maxLimits is from how many customers on those who ask for nothing are forgotten: their bucket is full, as a fresh one is.
const maxLimits = 10_000

// limits holds each customer to its rate, with bursts of twice as many, by a bucket of its own.
type limits struct {
	mu sync.Mutex
	of map[string]*limit // by customer id
}

type limit struct {
	bucket  *rate.Limiter
	refused sampler
}

func newLimits() *limits { return &limits{of: make(map[string]*limit)} }

// check takes a request into account. A rate that was changed holds from the first caller on who has it.
func (l *limits) check(c bridge.Caller, now time.Time) verdict {
	if c.CustomerID == "" {
		return verdict{}
	}
	perSecond := c.Rate
	if perSecond < 1 {
		perSecond = bridge.DefaultRate
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.of[c.CustomerID]
	if of == nil {
		l.forget(now)
		of = &limit{bucket: rate.NewLimiter(rate.Limit(perSecond), 2*perSecond)}
		l.of[c.CustomerID] = of
	}
	if of.bucket.Limit() != rate.Limit(perSecond) {
		of.bucket.SetLimitAt(now, rate.Limit(perSecond))
		of.bucket.SetBurstAt(now, 2*perSecond)
	}
	if of.bucket.AllowN(now, 1) {
		return verdict{}
	}
	missing := 1 - of.bucket.TokensAt(now)
	wait := time.Duration(missing / float64(perSecond) * float64(time.Second))
	return verdict{wait: max(wait, time.Second), caller: c, hits: of.refused.hit(now)}
}

func (l *limits) forget(now time.Time) {
	if len(l.of) < maxLimits {
		return
	}
	for id, of := range l.of {
		if of.bucket.TokensAt(now) >= float64(of.bucket.Burst()) {
			delete(l.of, id)
		}
	}
}

// sampler lets one refusal a second stand in the log for all: a storm of them would push everybody's requests out.
type sampler struct {
	last  time.Time
	since int64
}

// hit counts a refusal, and returns how many there were since the last one that is logged, or zero if this one is not.
func (s *sampler) hit(now time.Time) int64 {
	s.since++
	if now.Sub(s.last) < time.Second {
		return 0
	}
	n := s.since
	s.last, s.since = now, 0
	return n
}
