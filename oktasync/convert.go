package oktasync

import (
	"context"
	"errors"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// kindReset is the call that turns a federated account into one with an Okta password, and mails the link.
const kindReset = "reset_password"

// unfinishedEvery is how often it is looked whether a person has set a password.
const unfinishedEvery = 10 * time.Minute

// Notes on a conversion that did not work.
const (
	notActive   = "not_active"   // the account lets nobody in, so there is nothing to convert
	resetDenied = "reset_denied" // Okta refuses it for this account
)

// converts reports whether the person is on the way to a password, and the next step of it may be due.
func (j *job) converts() bool {
	c := j.Conversion
	if c == nil || j.Passwords == nil || j.Link == nil || j.Link.OktaID == "" || !j.Customer.State.Cut() {
		return false
	}
	return c.State == bridge.ConversionDue || c.State == bridge.ConversionSent
}

// convert takes the next step of a conversion: it is decided from what a read shows, so that a mail whose sending was cut off
// is not sent twice.
func (j *job) convert(ctx context.Context) (end, error) {
	if j.Now().Sub(j.Link.Read) > freshFor {
		return end{}, j.read(ctx, false)
	}
	c := *j.Conversion
	pending := j.Link.Status == policy.Recovery || j.Link.Status == policy.Provisioned
	switch {
	case j.Link.Foreign || j.Link.Gone():
		return j.saveConversion(ctx, c, bridge.ConversionFailed, notActive)
	case j.Link.Status == policy.Active && j.Link.Password == bridge.PasswordSet:
		return j.saveConversion(ctx, c, bridge.ConversionDone, "")
	case c.State == bridge.ConversionSent:
		return end{over: true, settle: true, at: j.Now().Add(unfinishedEvery)}, nil // not work: the person's turn
	case pending && c.Mails == 0: // sent, and cut off before it was written down
		return j.mailed(ctx, c)
	}
	err := j.send(ctx, call{
		kind: kindReset,
		do: func(ctx context.Context) error {
			_, err := j.Passwords.ResetPassword(ctx, j.Link.OktaID, true)
			return err
		},
		apply: func(l *bridge.Link) *bridge.Event {
			l.Status, l.StatusAt, l.Provider, l.Password = policy.Recovery, time.Time{}, "OKTA", bridge.PasswordNone
			return j.event(bridge.EventMailSent, nil)
		},
	})
	var o *OrgError
	if errors.As(err, &o) && (o.Cause == CauseState || o.Cause == CauseRefused) {
		return j.saveConversion(ctx, c, bridge.ConversionFailed, resetDenied)
	}
	if err != nil || c.Mails == 0 {
		return end{}, err // the next step sees what came of it
	}
	return j.mailed(ctx, c)
}

// mailed writes down that the link is on its way.
func (j *job) mailed(ctx context.Context, c bridge.Conversion) (end, error) {
	c.Asked = j.Now()
	c.Mails++
	return j.saveConversion(ctx, c, bridge.ConversionSent, "")
}

func (j *job) saveConversion(ctx context.Context, c bridge.Conversion, state bridge.ConversionState, note string) (end, error) {
	c.State, c.Note = state, note
	var ev *bridge.Event
	switch state {
	case bridge.ConversionDone:
		ev = j.event(bridge.EventPasswordSet, nil)
	case bridge.ConversionFailed:
		ev = j.event(bridge.EventConversionFailed, map[string]string{"reason": note})
	}
	return end{}, j.Store.SaveConversion(ctx, c, ev)
}
