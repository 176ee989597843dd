package oktasync

import (
	"context"
	"strconv"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// answered reports whether a person wants exactly this access taken: then it passes the limits and the pace.
func (j *job) answered() bool { return j.Approved || !j.Contained.IsZero() }

// beginRevocation counts the removals of the customer and of all, and commits the start of one more if the limits allow
// it. Counting and committing are one step: no two revocations take the same place. The end of the grace period takes no
// access that is still there.
func (j *job) beginRevocation(ctx context.Context, kind string) (bridge.Intent, end, error) {
	j.revoking.Lock()
	defer j.revoking.Unlock()
	if j.answered() || j.Link.Status == policy.Suspended {
		in, err := j.begin(ctx, kind)
		return in, end{}, err
	}
	v, err := j.verdict(ctx)
	if err != nil {
		return bridge.Intent{}, end{}, err
	}
	switch {
	case v.Hold && (v.Code == policy.ManyStarted || v.Code == policy.ManyHeld):
		j.Log.ErrorContext(ctx, "removals wait: too many over all customers; this may be a failure of our own", "code", v.Code, "count", v.Count, "limit", v.Limit)
		return bridge.Intent{}, end{over: true, at: j.Now().Add(brakeRetry)}, nil
	case v.Hold:
		return bridge.Intent{}, end{over: true, at: j.Now().Add(idleRetry)}, j.hold(ctx, v)
	case v.Wait > 0:
		return bridge.Intent{}, end{over: true, at: j.Now().Add(v.Wait)}, nil
	}
	in, err := j.begin(ctx, kind)
	return in, end{}, err
}

func (j *job) verdict(ctx context.Context) (policy.Verdict, error) {
	now := j.Now()
	c, err := j.Store.Removals(ctx, j.User.CustomerID, now)
	if err != nil {
		return policy.Verdict{}, err
	}
	started, active, held, customers, err := j.Store.GlobalRemovals(ctx, now.Add(-time.Hour))
	if err != nil {
		return policy.Verdict{}, err
	}
	return policy.Admit(policy.Removals{
		Hour: c.Hour, Day: c.Day, Week: c.Week, Active: c.Active, Now: now,
		Peak:      policy.PerWindow{Hour: c.Peak[0], Day: c.Peak[1], Week: c.Peak[2]},
		LastStart: c.LastStart, StartedLastHour: c.StartedLastHour,
	}, policy.GlobalGate(started, active, held, customers)), nil
}

// hold opens the hold of the customer: from here on its removals wait for a person.
func (j *job) hold(ctx context.Context, v policy.Verdict) error {
	h := bridge.Hold{ID: j.NewID(), CustomerID: j.User.CustomerID, Opened: j.Now(), Code: string(v.Code), Sentence: v.Sentence}
	ev := j.newEvent(h.CustomerID, bridge.EventHoldOpened, map[string]string{
		"code": h.Code, "count": strconv.Itoa(v.Count), "limit": strconv.Itoa(v.Limit), "window": string(v.Window),
	})
	ev.Epoch = j.Customer.Epoch
	opened, err := j.Store.OpenHold(ctx, h, ev)
	if opened {
		j.Log.ErrorContext(ctx, "removals are held: "+v.Sentence, "customer", j.Customer.Slug, "count", v.Count, "limit", v.Limit, "window", v.Window)
	}
	return err
}
