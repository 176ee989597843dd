package oktasync

import (
	"context"
	"errors"
	"maps"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

const kindCreate, kindUpdate = "create", "update"

// findAfter is how long Okta's search may lag: only a look-up later than that may say that an account is not there.
const findAfter = 15 * time.Second

// create makes the account of a user who has none: the login is reserved over all customers first.
func (j *job) create(ctx context.Context) (end, error) {
	want := j.desired()
	link := j.link()
	link.LoginKey = want.loginKey
	if err := j.Store.ReserveLink(ctx, link); err != nil {
		return end{}, err
	}
	var made Account
	err := j.send(ctx, call{
		kind: kindCreate,
		do: func(ctx context.Context) (err error) {
			made, err = j.Org.Create(ctx, want.profile)
			return err
		},
		apply: func(l *bridge.Link) *bridge.Event {
			l.LoginKey = want.loginKey
			return j.adopt(l, made, want.profile)
		},
	})
	var o *OrgError
	if errors.As(err, &o) && o.Cause == CauseTaken {
		return j.findOwn(ctx, err)
	}
	return end{}, err
}

// adopt records an account that Drawbridge made for this user.
func (j *job) adopt(l *bridge.Link, a Account, applied map[string]any) *bridge.Event {
	l.OktaID, l.Born = a.ID, true
	j.note(l, a)
	l.Applied, l.AppliedVersion = applied, j.User.Version
	return j.event(bridge.EventAccountCreated, map[string]string{"okta_id": a.ID, "status": string(a.Status)})
}

// findOwn follows a create that Okta refused because the login is taken: perhaps by an account that we made and never
// heard of. Anybody else's account is never adopted silently.
func (j *job) findOwn(ctx context.Context, refused error) (end, error) {
	found, err := j.find(ctx)
	if err != nil {
		return end{}, err
	}
	if found == nil {
		return end{}, refused
	}
	return end{}, j.linkFound(ctx, *found, j.link())
}

// find looks for the account that carries this user's key. One that was a deleted customer's is nobody's any more.
func (j *job) find(ctx context.Context) (*Account, error) {
	bounded, cancel := context.WithTimeout(ctx, j.Timeout)
	defer cancel()
	found, err := j.Org.Find(bounded, KeyAttr, j.User.ID)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	owner, _ := found[0].Marker()
	if buried, err := j.Store.Tombstoned(ctx, found[0].ID, owner); err != nil || buried {
		return nil, err
	}
	return &found[0], nil
}

func (j *job) linkFound(ctx context.Context, a Account, l bridge.Link) error {
	l.LoginKey = j.desired().loginKey
	ev := j.adopt(&l, a, nil) // nothing is known to be applied: the next step compares all of it
	return j.Store.SaveLink(ctx, l, ev)
}

// resolveCreate finds out whether a create whose answer was lost has made an account. Only when Okta's search has had
// time to show it may the create be sent again; should it exist all the same, its login and key are unique and Okta refuses.
func (j *job) resolveCreate(ctx context.Context, in bridge.Intent, l bridge.Link) (end, error) {
	found, err := j.find(ctx)
	if err != nil {
		return end{}, err
	}
	if found == nil {
		if again := in.Sent.Add(findAfter); again.After(j.Now()) {
			return end{over: true, at: j.Now().Add(2 * time.Second)}, nil
		}
		in.State, in.Ended, in.Outcome = bridge.IntentFailed, j.Now(), "resolved by a search: no account"
		return end{}, j.Store.EndIntent(ctx, in, nil, nil)
	}
	l.LoginKey = j.desired().loginKey
	ev := j.adopt(&l, *found, nil)
	in.State, in.Ended, in.Outcome = bridge.IntentDone, j.Now(), "resolved by a search: "+string(found.Status)
	return end{}, j.Store.EndIntent(ctx, in, &l, ev)
}

// update writes the profile attributes that differ, and learns from the answer whose account it is. Where a changed login is held,
// nothing is written: the next step writes what else differs.
func (j *job) update(ctx context.Context, diff map[string]any) (end, error) {
	want := j.desired()
	_, renamed := diff["login"]
	in, held, err := j.beginUpdate(ctx, want, renamed)
	if held || err != nil {
		return end{}, err
	}
	var got Account
	err = j.finish(ctx, in, call{
		kind: in.Kind,
		do: func(ctx context.Context) (err error) {
			got, err = j.Org.Update(ctx, j.Link.OktaID, diff)
			return err
		},
		apply: func(l *bridge.Link) *bridge.Event {
			j.note(l, got)
			if renamed {
				l.LoginKey = want.loginKey
			}
			l.AppliedVersion = j.User.Version
			l.Applied = merged(l.Applied, diff)
			if !j.User.Connected {
				return j.event(bridge.EventAccountReleased, nil)
			}
			return j.event(bridge.EventAccountUpdated, want.note())
		},
	})
	return j.afterState(ctx, err)
}

func merged(applied, diff map[string]any) map[string]any {
	out := make(map[string]any, len(applied)+len(diff))
	maps.Copy(out, applied)
	maps.Copy(out, diff)
	return out
}

// afterState reads the account when Okta says that its status does not allow a call: what was known of it is out of date.
func (j *job) afterState(ctx context.Context, err error) (end, error) {
	var o *OrgError
	if !errors.As(err, &o) || o.Cause != CauseState {
		return end{}, err
	}
	before := j.Link.Status
	if err := j.read(ctx, false); err != nil {
		return end{}, err
	}
	fresh, err := j.Store.Subject(ctx, j.User.CustomerID, j.User.ID)
	if err != nil {
		return end{}, err
	}
	if fresh.Link == nil || fresh.Link.Status != before {
		return end{}, nil // decide again
	}
	if o.Op == string(Suspend) && !fresh.Link.SuspendRefused {
		fresh.Link.SuspendRefused = true
		return end{}, j.Store.SaveLink(ctx, *fresh.Link, nil)
	}
	return end{}, &OrgError{Cause: CauseRetry, Op: o.Op, Status: o.Status, Code: o.Code}
}

// revoke takes access away: the removals of the customer are counted first, then the account is suspended (or, in a
// status that Okta does not suspend, or after the grace period, deactivated, with the flags written before, because
// Okta takes no profile of a deactivated account).
func (j *job) revoke(ctx context.Context, d policy.Decision) (end, error) {
	action := Action(d.Act)
	if flags := j.flagsDiff(); action == Deactivate && len(flags) > 0 {
		if e, err := j.update(ctx, flags); !refused(err) {
			return e, err
		}
		// What Okta refuses to show must not keep somebody in.
	}
	c := j.action(action, func(l *bridge.Link) *bridge.Event {
		j.tookAccess(l, took(action))
		return j.event(bridge.EventAccountRevoked, map[string]string{"status": string(l.Status), "reason": string(d.Code)})
	})
	in, e, err := j.beginRevocation(ctx, c.kind)
	if e.over || err != nil {
		return e, err
	}
	return j.afterState(ctx, j.finish(ctx, in, c))
}

// refused reports whether Okta will not take what was to be written on this account.
func refused(err error) bool {
	var o *OrgError
	return errors.As(err, &o) && (o.Cause == CauseRefused || o.Cause == CauseTaken)
}

// restore gives access back to an account from which Drawbridge took it.
func (j *job) restore(ctx context.Context, d policy.Decision) (end, error) {
	err := j.send(ctx, j.action(Action(d.Act), func(l *bridge.Link) *bridge.Event {
		gaveAccess(l)
		return j.event(bridge.EventAccountRestored, map[string]string{"reason": string(d.Code)})
	}))
	return j.afterState(ctx, err)
}

func (j *job) endSessions(ctx context.Context) error {
	return j.send(ctx, j.action(EndSessions, func(l *bridge.Link) *bridge.Event {
		l.SessionsEnded = j.User.Version
		return nil
	}))
}

func (j *job) action(a Action, apply func(l *bridge.Link) *bridge.Event) call {
	return call{kind: string(a), do: func(ctx context.Context) error { return j.Org.Act(ctx, j.Link.OktaID, a) }, apply: apply}
}

func took(a Action) policy.Status {
	if a == Deactivate {
		return policy.Deprovisioned
	}
	return policy.Suspended
}

// tookAccess records that Drawbridge took the account into a status; a read has yet to confirm it.
func (j *job) tookAccess(l *bridge.Link, s policy.Status) {
	l.Status, l.Taken, l.TakenAt, l.StatusAt = s, s, time.Time{}, time.Time{}
	l.SessionsEnded = 0
	if s == policy.Suspended {
		l.SuspendedSince = j.Now()
	}
}

// gaveAccess records that Drawbridge lifted what it had done.
func gaveAccess(l *bridge.Link) {
	l.Status, l.Taken, l.TakenAt, l.StatusAt = policy.Active, "", time.Time{}, time.Time{}
	l.SuspendedSince, l.SessionsEnded, l.SuspendRefused = time.Time{}, 0, false
}
