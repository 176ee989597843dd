package oktasync

import (
	"context"
	"maps"
	"slices"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// observeMost bounds how many users one look reports.
const observeMost = 10_000

// observer reports what a syncer would do, once for each version of a user, and writes nothing: neither to Okta nor to
// the store. It needs no lease.
type observer struct {
	*Syncer
	seen map[string]int64
}

// observe looks at what is due at every wake-up and tick, until ctx ends.
func (s *Syncer) observe(ctx context.Context, wakes <-chan struct{}) {
	o := &observer{Syncer: s, seen: make(map[string]int64)}
	for ctx.Err() == nil {
		if err := o.look(ctx); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "what is due could not be read", "error", err)
		}
		now := s.Now()
		tick, cancel := context.WithTimeout(ctx, s.schedule.Next(now).Sub(now))
		select {
		case <-tick.Done():
		case <-wakes:
		}
		cancel()
	}
}

func (o *observer) look(ctx context.Context) error {
	due, err := o.Store.DueUsers(ctx, o.Now(), bridge.RankLater, observeMost, nil)
	if err != nil {
		return err
	}
	totals := map[policy.Act]int{}
	for _, l := range due {
		act, err := o.report(ctx, l)
		if err != nil {
			return err
		}
		totals[act]++
	}
	if len(due) > 0 {
		o.Log.InfoContext(ctx, "observing: nothing is written to Okta", "due", len(due), "would", totals)
	}
	return nil
}

// report says what would be done next for one user; the account is read, so that the plan is made from what is.
func (o *observer) report(ctx context.Context, l bridge.Look) (policy.Act, error) {
	if l.Err != nil {
		return "", l.Err
	}
	d := l.Due
	j := &job{Syncer: o.Syncer, due: d, Subject: l.Subject}
	if j.Link != nil && j.Link.OktaID != "" && o.seen[d.UserID] != j.User.Version {
		if a, err := j.readAccount(ctx); err == nil {
			link := j.link()
			j.note(&link, a)
			j.Link = &link
		} else {
			o.Log.WarnContext(ctx, "would read an account, but could not", "user", d.UserID, "error", err)
		}
	}
	decision := policy.Decide(j.Facts(o.Now()))
	if o.seen[d.UserID] == j.User.Version {
		return decision.Act, nil
	}
	o.seen[d.UserID] = j.User.Version
	var attributes []string
	if j.Link != nil && decision.Act != policy.Leave {
		attributes = slices.Sorted(maps.Keys(j.diff()))
	}
	o.Log.InfoContext(ctx, "would "+string(decision.Act), "customer", j.Customer.Slug, "user", d.UserID, "code", decision.Code, "attributes", attributes)
	return decision.Act, nil
}
