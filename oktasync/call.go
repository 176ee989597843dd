package oktasync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// call is one call that writes.
type call struct {
	kind string
	do   func(ctx context.Context) error
	// apply changes the link by what the call has done and names the event; it runs only when Okta did it.
	apply func(l *bridge.Link) *bridge.Event
}

// send makes a call: recorded as sent before, and as its result after.
func (j *job) send(ctx context.Context, c call) error {
	in, err := j.begin(ctx, c.kind)
	if err != nil {
		return err
	}
	return j.finish(ctx, in, c)
}

// readFor is how old the read may be when a revocation starts (I6): a process that slept after it decided decides again.
const readFor = time.Minute

// begin commits that a call is about to be sent.
func (j *job) begin(ctx context.Context, kind string) (bridge.Intent, error) {
	if j.Records != nil {
		if err := j.records.vouch(ctx); err != nil {
			return bridge.Intent{}, err
		}
	}
	now := j.Now()
	if revokes(kind) && now.Sub(j.Link.Read) > readFor {
		return bridge.Intent{}, &bridge.Error{Code: bridge.Conflict, Message: "the account was read too long ago; decide again"}
	}
	in := bridge.Intent{
		ID: j.NewID(), CustomerID: j.User.CustomerID, UserID: j.User.ID, Kind: kind, State: bridge.IntentSent,
		Version: j.User.Version, Epoch: j.Customer.Epoch, Revokes: revokes(kind), Answered: revokes(kind) && j.answered(), Sent: now, Deadline: now.Add(j.Timeout),
	}
	return in, j.Store.BeginIntent(ctx, in, j.lease)
}

// finish sends a call that was begun and commits its result with the link that follows from it.
func (j *job) finish(ctx context.Context, in bridge.Intent, c call) error {
	bounded, cancel := context.WithDeadline(ctx, in.Deadline)
	defer cancel()
	err := c.do(bounded)
	in.Ended = j.Now()
	var link *bridge.Link
	var ev *bridge.Event
	switch {
	case err == nil:
		in.State, in.Outcome = bridge.IntentDone, "done"
		l := j.link()
		ev, link = c.apply(&l), &l
	case unknown(err):
		in.State, in.Outcome = bridge.IntentUnknown, outcome(err)
	default:
		in.State, in.Outcome = bridge.IntentFailed, outcome(err)
		link = j.outdated(err)
	}
	if end := j.Store.EndIntent(ctx, in, link, ev); end != nil {
		return fmt.Errorf("recording the result of %s: %w", c.kind, end)
	}
	if in.State == bridge.IntentUnknown {
		return nil // the next step resolves it by a read
	}
	return err
}

// outdated returns the link as one to be read before anything is decided again, where Okta answers that the account's status does not
// allow a call; else nil.
func (j *job) outdated(err error) *bridge.Link {
	var o *OrgError
	if j.Link == nil || !errors.As(err, &o) || o.Cause != CauseState {
		return nil
	}
	l := j.link()
	l.Read = time.Time{}
	return &l
}

func revokes(kind string) bool { return kind == string(Suspend) || kind == string(Deactivate) }

// unknown reports whether the call may have been applied.
func unknown(err error) bool {
	var o *OrgError
	return !errors.As(err, &o) || o.Cause == CauseUnknown
}

// outcome says for the record what Okta answered; never a value.
func outcome(err error) string {
	var o *OrgError
	if errors.As(err, &o) {
		return o.Error()
	}
	return "no answer"
}

// link returns a copy of the user's link, or the beginning of one.
func (j *job) link() bridge.Link {
	if j.Link != nil {
		return *j.Link
	}
	return bridge.Link{UserID: j.User.ID, CustomerID: j.User.CustomerID}
}

// resolve leaves an open intent behind, which only a read may do. A call whose sender may still be at it (another
// process that lost its lease) is waited out past its deadline first.
func (j *job) resolve(ctx context.Context) (end, error) {
	in := *j.Open
	if wait := in.Deadline.Add(time.Second); in.State == bridge.IntentSent && wait.After(j.Now()) {
		return end{over: true, at: wait}, nil
	}
	link := j.link()
	if in.Kind == kindCreate {
		return j.resolveCreate(ctx, in, link)
	}
	a, err := j.readAccount(ctx)
	if err != nil {
		return end{}, err
	}
	before := link.Status
	j.note(&link, a)
	link.Read = j.Now()
	in.State, in.Ended, in.Outcome = bridge.IntentDone, j.Now(), "resolved by a read: "+string(a.Status)
	ev := j.resolved(in.Kind, &link, before, a)
	return end{}, j.Store.EndIntent(ctx, in, &link, ev)
}

// resolved draws from a read what an open call has done.
func (j *job) resolved(kind string, l *bridge.Link, before policy.Status, a Account) *bridge.Event {
	switch Action(kind) {
	case Suspend, Deactivate:
		if took := took(Action(kind)); a.Status == took && before != took {
			j.tookAccess(l, took)
			l.TakenAt = a.StatusChanged
			return j.event(bridge.EventAccountRevoked, map[string]string{"status": string(took)})
		}
	case Unsuspend, Activate:
		if a.Status != policy.Suspended && a.Status != policy.Deprovisioned && before != a.Status {
			gaveAccess(l)
			return j.event(bridge.EventAccountRestored, map[string]string{"status": string(a.Status)})
		}
	}
	return nil // ending sessions is repeated, and a profile is compared again: both are safe to repeat
}

// readAccount reads the linked account.
func (j *job) readAccount(ctx context.Context) (Account, error) {
	bounded, cancel := context.WithTimeout(ctx, j.Timeout)
	defer cancel()
	a, err := j.Org.Read(bounded, j.Link.OktaID)
	if err == nil {
		err = j.noteOut(ctx, a)
	}
	return a, err
}

// read reads the linked account and records what it says; before access is taken, whether it is protected too.
func (j *job) read(ctx context.Context, beforeTaking bool) error {
	a, err := j.readAccount(ctx)
	if err != nil {
		return err
	}
	link := j.link()
	if beforeTaking && j.Guard != nil {
		if link.Protected, err = j.Guard(ctx, a.ID); err != nil {
			return err
		}
	}
	j.note(&link, a)
	link.Read = j.Now()
	if link.Taken != "" && link.Taken == link.Status && link.TakenAt.IsZero() {
		link.TakenAt = a.StatusChanged
		if link.TakenAt.IsZero() {
			link.TakenAt = j.Now()
		}
	}
	return j.Store.SaveLink(ctx, link, nil)
}

// note records in a link what Okta says of its account, in answer to whatever call.
func (j *job) note(l *bridge.Link, a Account) {
	customer, key := a.Marker()
	l.Foreign = customer != j.User.CustomerID || key != j.User.ID
	if l.Status != a.Status {
		l.SuspendRefused = false
	}
	l.Status, l.StatusAt = a.Status, a.StatusChanged
	if a.Provider != "" { // an answer without credentials tells nothing of them
		l.Provider, l.Password = a.Provider, bridge.PasswordNone
		if a.Password {
			l.Password = bridge.PasswordSet
		}
	}
	if a.Status != policy.Staged {
		l.Born = false
	}
	switch {
	case a.Status != policy.Suspended:
		l.SuspendedSince = time.Time{}
	case l.SuspendedSince.IsZero():
		l.SuspendedSince = j.Now()
	case l.SuspendedSince.Before(a.StatusChanged): // there was a break that no read has seen
		l.SuspendedSince = a.StatusChanged
	}
}

// newEvent makes an event of the syncer.
func (s *Syncer) newEvent(customerID, kind string, data map[string]string) bridge.Event {
	e := bridge.Event{ID: s.NewID(), CustomerID: customerID, At: s.Now(), Kind: kind, Actor: "drawbridge", Data: "{}"}
	if len(data) > 0 {
		b, _ := json.Marshal(data) // strings alone: cannot fail
		e.Data = string(b)
	}
	return e
}
