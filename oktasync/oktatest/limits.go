package oktatest

import (
	"net/http"
	"strconv"
	"time"
)

// The rate buckets of the routes that the org serves, by Okta's own names for them.
const (
	bucketUsers     = "/api/v1/users"
	bucketUserWrite = "/api/v1/users/{id}"
	bucketUserRead  = "/api/v1/users/{id:.+}"
	bucketMe        = "/api/v1/users/me"
	bucketGroups    = "/api/v1/groups"
	bucketGroup     = "/api/v1/groups/{id}"
	bucketLogs      = "/api/v1/logs"
	bucketOther     = "/api/v1"
)

// perMinute is the default limit of a bucket in calls per minute and org.
func perMinute(bucket string) int {
	switch bucket {
	case bucketUsers, bucketUserWrite:
		return 600
	case bucketUserRead, bucketMe:
		return 2000
	case bucketGroups:
		return 500
	case bucketGroup:
		return 1000
	case bucketLogs:
		return 120
	}
	return 1200
}

const (
	windowLength = time.Minute
	unlimited    = 1_000_000
)

// window counts the calls of one bucket. It opens with the first call after the last one closed, on a whole second, so
// that the reset that the headers tell in seconds is exact.
type window struct {
	opened  time.Time
	used    int
	byToken map[string]int
}

// rate is what a request learns of its bucket: the tighter of the org's limit and the token's part of it.
type rate struct {
	limit, remaining int
	reset            time.Time
	refused          bool
}

func (r rate) header(h http.Header) {
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(r.limit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(r.remaining))
	h.Set("X-Rate-Limit-Reset", strconv.FormatInt(r.reset.Unix(), 10))
}

// take counts a call of the token against its bucket.
func (o *Org) take(bucket string, t Token, now time.Time) rate {
	w := o.windows[bucket]
	if w == nil || !now.Before(w.opened.Add(windowLength)) {
		w = &window{opened: now.Truncate(time.Second), byToken: map[string]int{}}
		o.windows[bucket] = w
	}
	org, own := o.limits(bucket, t)
	r := rate{limit: own, remaining: own - w.byToken[t.Name], reset: w.opened.Add(windowLength)}
	if left := org - w.used; left < r.remaining {
		r.limit, r.remaining = org, left
	}
	if r.remaining <= 0 {
		r.remaining, r.refused = 0, true
		return r
	}
	r.remaining--
	w.used++
	w.byToken[t.Name]++
	return r
}

// limits returns the org's limit of a bucket and the token's part of it.
func (o *Org) limits(bucket string, t Token) (org, own int) {
	if o.opts.RateLimit < 0 {
		return unlimited, unlimited
	}
	org = perMinute(bucket)
	if o.opts.RateLimit > 0 {
		org = max(1, org*o.opts.RateLimit/600)
	}
	percent := t.Percent
	if percent == 0 {
		percent = 50
	}
	return org, max(1, org*percent/100)
}

// crowded is what a request over the concurrency limit learns: a limit of zero, with a reset that means nothing.
func crowded(now time.Time) rate { return rate{reset: now, refused: true} }
