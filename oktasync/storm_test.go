package oktasync_test

import (
	"os"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// storm has so many of the many removed within ten minutes, with the syncer at work all the while.
func (v *vast) storm(p *process, from, n int) {
	v.Helper()
	for i := range n {
		v.must(v.setActive(vastUser(from+i), false))
		v.later(10 * time.Minute / time.Duration(n))
		if i%50 == 49 || i == n-1 {
			v.tick(p)
		}
	}
}

// tick reconciles who is due to lose access, as many as a syncer surely looks at in a second: held people cost it no call.
func (v *vast) tick(p *process) {
	v.Helper()
	looks, err := v.store.DueUsers(v.Context(), v.now(), bridge.RankRevoke, 200, nil)
	v.must(err)
	for _, l := range looks {
		p.Reconcile(v.Context(), p.lease, l.Due)
	}
}

// A customer of 10,000 is emptied in ten minutes (or, to be quick, loses 600 people): it is held, and no more lose access than an hour
// allows. While it is held, one person's access is removed within a minute, and nobody's by the mere passing of time.
func TestI3_TenThousandAreHeld(t *testing.T) {
	removed := 600
	if os.Getenv("DRAWBRIDGE_LONG") != "" {
		removed = 9_999
	}
	eachWorld(t, func(w *world) {
		v := w.vast(10_000)
		p := v.syncer()
		v.storm(p, 1, removed)
		for range 60 {
			v.later(2 * time.Second)
			v.tick(p)
		}
		limit := policy.Limit(policy.Hour, 10_000)
		if n := v.many.out(); n == 0 || n > limit {
			w.Errorf("%d lost access in the storm, want some and at most %d", n, limit)
		}
		if s := v.state().State; s != bridge.Held {
			w.Errorf("the connection is %s", s)
		}
		before, dismissed, asked := v.many.out(), vastUser(9_000), v.now()
		_, _, err := v.svc.RemoveNow(w.Context(), support, v.slug, dismissed, "dismissed")
		v.must(err)
		for v.many.out() == before && v.now().Sub(asked) < time.Minute {
			v.tick(p)
			v.later(time.Second)
		}
		if s, err := v.many.Read(w.Context(), vastAccount(9_000)); err != nil || s.Status != policy.Suspended {
			w.Errorf("%v after it was asked for, one account is %s, %v", v.now().Sub(asked), s.Status, err)
		}
		before = v.many.out()
		for range 12 {
			v.later(5 * 24 * time.Hour)
			v.tick(p)
			v.must(p.CloseEmptyHolds(w.Context()))
		}
		if n := v.many.out(); n != before {
			w.Errorf("%d lost access by the passing of time", n-before)
		}
	})
}

// Removals of one in a hundred an hour stay below the limit of the hour; that of the day stops them.
func TestI3_ATrickleIsHeldByTheDay(t *testing.T) {
	eachWorld(t, func(w *world) {
		const people, hourly = 400, 4
		v := w.vast(people)
		p := v.syncer()
		for hour := range 4 * 24 {
			v.storm(p, 1+hour*hourly, hourly)
			v.until(w.began.Add(time.Duration(hour+1) * time.Hour))
		}
		limit := policy.Limit(policy.Day, people)
		if n := v.many.out(); n == 0 || n > limit {
			w.Errorf("%d lost access in four days, want some and at most the %d of one", n, limit)
		}
		if s := v.state().State; s != bridge.Held {
			w.Errorf("the connection is %s", s)
		}
	})
}
