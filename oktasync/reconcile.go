package oktasync

import (
	"context"
	"errors"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

const (
	// maxSteps bounds the calls of one reconciliation; the longest (read, suspend, sessions, flags, read, with an
	// unknown outcome resolved on the way) needs seven.
	maxSteps = 16
	// longest is the most time one reconciliation takes before it starts over.
	longest = 2 * time.Minute
	// freshFor is how old the read may be that a revocation or restoration is decided from.
	freshFor = 30 * time.Second
	// idleRetry is how often a user is looked at again whose customer's connection rests or who is held.
	idleRetry = 10 * time.Minute
	// releaseRetry is how often a user is looked at again whom a disconnect has yet to release.
	releaseRetry = time.Minute
	// brakeRetry is how often a revocation is tried again while too many have started over all customers.
	brakeRetry = time.Minute
	// parkedRetry is how often a user is tried again who is stuck.
	parkedRetry = time.Hour
)

// job is one user being reconciled.
type job struct {
	*Syncer
	lease bridge.Lease
	due   bridge.Due
	bridge.Subject
}

// end is how a step ended: the zero value asks for another step.
type end struct {
	over   bool
	settle bool      // the account is as it should be
	at     time.Time // with settle: when to look again, zero: never. Without: when to try again
	failed bool      // count the attempt
	park   policy.Code
	event  *bridge.Event
}

// reconcile brings one account to what it should be, step by step, each decided anew from what is known then.
func (s *Syncer) reconcile(ctx context.Context, lease bridge.Lease, d bridge.Due) {
	j := &job{Syncer: s, lease: lease, due: d}
	// A call that was begun is finished; ctx only keeps further ones from starting.
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	defer cancel()
	if urgent(d) {
		work = WithUrgent(work)
	}
	for range maxSteps {
		if ctx.Err() != nil || s.circuit.open() {
			return
		}
		e, err := j.step(work)
		if err != nil {
			e = j.classify(work, err)
		}
		if e.over {
			j.close(work, e)
			return
		}
	}
	j.close(work, end{at: s.Now().Add(backoff(d.Attempts)), failed: true})
}

// step loads what is known, decides, and does one thing.
func (j *job) step(ctx context.Context) (end, error) {
	subject, err := j.Store.Subject(ctx, j.due.CustomerID, j.due.UserID)
	if err != nil {
		return end{}, err
	}
	j.know(subject)
	d := policy.Decide(j.Facts(j.Now()))
	if e, ok := j.rests(d); ok {
		return e, nil
	}
	if j.Open != nil {
		return j.resolve(ctx)
	}
	if j.waiting() && j.unproven() && !d.Act.Revokes() {
		return j.prove(ctx)
	}
	if j.mustRead(d) {
		return end{}, j.read(ctx, d.Act.Revokes() || d.Code == policy.ProtectedAccount)
	}
	if j.unproven() {
		return j.prove(ctx)
	}
	if j.owesPin() && !d.Act.Revokes() {
		return end{}, j.keepPin(ctx)
	}
	if j.owesChanges() {
		return end{}, j.keepChanges(ctx)
	}
	if d.Act == policy.Keep && j.converts() && len(j.diff()) == 0 {
		return j.convert(ctx)
	}
	switch d.Act {
	case policy.Create:
		return j.create(ctx)
	case policy.Suspend, policy.Deactivate:
		return j.revoke(ctx, d)
	case policy.Activate, policy.Unsuspend:
		return j.restore(ctx, d)
	case policy.Keep:
		return j.keep(ctx, d)
	}
	return j.leave(ctx, d)
}

// know takes over what is known of the user. What was stuck is tried anew.
func (j *job) know(subject bridge.Subject) {
	if subject.Due != nil {
		mark := *subject.Due
		mark.Parked = ""
		subject.Due = &mark
	}
	j.Subject = subject
	j.due.Version = subject.User.Version
}

// mustRead reports whether the step needs a read of the account first: one that takes or gives access is decided from
// what Okta says at that moment, one that took access is over only when a read shows it, and an account that was not
// ours to write may have become so.
func (j *job) mustRead(d policy.Decision) bool {
	if j.Link == nil || j.Link.OktaID == "" {
		return false
	}
	stale := j.Now().Sub(j.Link.Read) > freshFor
	switch {
	case d.Act.Revokes(), d.Act.Restores():
		return j.unread() || stale
	case d.Code == policy.ForeignAccount, d.Code == policy.ProtectedAccount:
		return stale
	}
	return d.Act == policy.Leave && j.unread()
}

// leave ends a reconciliation that writes nothing.
func (j *job) leave(ctx context.Context, d policy.Decision) (end, error) {
	switch d.Code {
	case policy.LoginInvalid, policy.LoginNotVerified, policy.LoginTaken, policy.ForeignAccount, policy.ProtectedAccount:
		return j.parked(d.Code), nil
	case policy.NeverLinked: // a login that was reserved and never used is free again
		if err := j.Store.DropReservation(ctx, j.User.CustomerID, j.User.ID); err != nil {
			return end{}, err
		}
	}
	return end{over: true, settle: true, at: d.At}, nil
}

// parked ends a reconciliation that only a person, or the IdP, can help on; it is tried again now and then.
func (j *job) parked(code policy.Code) end {
	e := end{over: true, at: j.Now().Add(parkedRetry), park: code, failed: true}
	if j.due.Parked != string(code) {
		e.event = j.event(bridge.EventAccountParked, map[string]string{"reason": string(code)})
	}
	return e
}

// keep brings profile, flags and sessions up to date on an account whose status stays as it is.
func (j *job) keep(ctx context.Context, d policy.Decision) (end, error) {
	if j.owesSessions() {
		return end{}, j.endSessions(ctx)
	}
	if diff := j.diff(); len(diff) > 0 {
		e, err := j.update(ctx, diff)
		if refused(err) && j.unread() { // the end of access is read back all the same
			err = errors.Join(j.read(ctx, false), err)
		}
		return e, err
	}
	if j.unread() {
		return end{}, j.read(ctx, false)
	}
	link := *j.Link
	link.AppliedVersion = j.User.Version
	return end{over: true, settle: true, at: d.At}, j.Store.SaveLink(ctx, link, nil)
}

// owesSessions reports whether the removal or lock in force has suspended the account but not ended its sessions yet.
func (j *job) owesSessions() bool {
	return j.Link.Status == policy.Suspended && j.Link.Taken == policy.Suspended &&
		(!j.User.Removed.IsZero() || !j.Contained.IsZero()) && j.Link.SessionsEnded == 0
}

// unread reports whether Drawbridge took access and has not read back yet that it is gone.
func (j *job) unread() bool {
	return j.Link != nil && j.Link.Taken != "" && j.Link.Taken == j.Link.Status && j.Link.TakenAt.IsZero()
}

// close writes down how the reconciliation ended.
func (j *job) close(ctx context.Context, e end) {
	var err error
	switch {
	case !e.failed && e.park == "" && e.event == nil:
		err = j.Store.Settle(ctx, []bridge.Settlement{j.settlement(e)})
	default:
		attempts := j.due.Attempts
		if e.failed {
			attempts++
		}
		err = j.Store.Postpone(ctx, j.due, e.at, attempts, string(e.park), e.event)
	}
	if err != nil {
		j.Log.ErrorContext(ctx, "a due mark could not be written; it is tried again", "user", j.due.UserID, "error", err)
		pause(ctx, time.Second)
	}
}

// classify says what follows from a failed step.
func (j *job) classify(ctx context.Context, err error) end {
	now := j.Now()
	var o *OrgError
	if !errors.As(err, &o) {
		return j.classifyOwn(ctx, err)
	}
	switch o.Cause {
	case CauseOrg:
		if j.circuit.trip(ctx, o) {
			return end{over: true, at: now} // due at once when Okta answers again
		}
		if o.Status == 403 {
			return j.parked(refusedCode(o))
		}
	case CauseRate:
		until := o.Until
		if until.Before(now) {
			until = now.Add(time.Second)
		}
		j.rest.set(j.due.Rank, until)
		return end{over: true, at: until}
	case CauseTaken:
		return j.parked(policy.LoginTaken)
	case CauseRefused:
		j.Log.WarnContext(ctx, "Okta refuses an account's data", "user", j.User.ID, "code", o.Code, "attribute", o.Attr)
		return j.parked(refusedCode(o))
	case CauseGone:
		return j.parked(AccountGone)
	}
	j.Log.InfoContext(ctx, "an account is tried again later", "user", j.User.ID, "op", o.Op, "cause", o.Cause, "code", o.Code)
	return end{over: true, at: now.Add(backoff(j.due.Attempts)), failed: true}
}

// classifyOwn says what follows from a failure of our own store.
func (j *job) classifyOwn(ctx context.Context, err error) end {
	var record *recordError
	if errors.As(err, &record) { // which its keeper has told
		return end{over: true, at: j.Now().Add(vouchRetry)}
	}
	switch bridge.CodeOf(err) {
	case bridge.Conflict:
		return end{} // something changed: look again
	case bridge.Refused:
		j.Log.ErrorContext(ctx, "removals wait: the last brake holds; this may be a failure of our own", "error", err)
		return end{over: true, at: j.Now().Add(brakeRetry)}
	case bridge.Taken:
		return j.parked(policy.LoginTaken)
	}
	j.Log.ErrorContext(ctx, "an account could not be reconciled; it is tried again", "user", j.due.UserID, "error", err)
	return end{over: true, at: j.Now().Add(backoff(j.due.Attempts)), failed: true}
}

// Reasons for being stuck that come from Okta itself.
const (
	AccountGone    policy.Code = "account_gone"    // somebody erased the account in Okta
	RefusedByOkta  policy.Code = "refused_by_okta" // Okta does not take a value of the profile
	NoRight        policy.Code = "no_right"        // the API token may not write this account
	SourcedProfile policy.Code = "sourced_profile" // an app or directory sources the account's profile
)

func refusedCode(o *OrgError) policy.Code {
	switch {
	case o.Code == "E0000023":
		return SourcedProfile
	case o.Status == 403:
		return NoRight
	}
	return RefusedByOkta
}

// backoff is the wait after n failures in a row: 2 s, doubling, 15 minutes at most.
func backoff(n int) time.Duration {
	return min(2*time.Second<<min(n, 10), 15*time.Minute)
}

func (j *job) event(kind string, data map[string]string) *bridge.Event {
	e := j.newEvent(j.due.CustomerID, kind, data)
	e.UserID, e.Version, e.Epoch = j.due.UserID, j.User.Version, j.Customer.Epoch
	return &e
}
