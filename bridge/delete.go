package bridge

import (
	"context"
	"fmt"
	"time"
)

// DeleteStore deletes customers.
type DeleteStore interface {
	// Holdings counts what is kept of a customer's people.
	Holdings(ctx context.Context, customerID string) (Holdings, error)
	// DeleteCustomer makes a customer deleted, with the events that event makes: its tokens, domains and contacts are gone from
	// that commit on, and nothing of it is due. Conflict where it is not disconnected, was cut since it was read as c, or a call
	// for one of its people is open.
	DeleteCustomer(ctx context.Context, c Customer, at time.Time, event func(kind string, data map[string]string) Event) error
}

// Holdings is how much is kept of a customer's people.
type Holdings struct {
	People     int // deleted ones too
	Accounts   int // in Okta, linked with one of them
	Locked     int // people whom a person has locked out
	NoPassword int // people who are to set a password, and have not
}

// Deletion is what the deletion of a customer does.
type Deletion struct {
	Customer Customer
	Holdings
	Domains []string
	Sweep   time.Time // before it, the customer cannot be deleted: the second reading of all accounts is not over; zero: it is
	Until   time.Time // until when the disconnect can be undone; zero: it cannot any more
}

// Lost says what nobody can do any more afterwards.
func (d Deletion) Lost() []string {
	lost := []string{"which account is whose is forgotten: the customer cannot be connected again with its accounts"}
	if !d.Until.IsZero() {
		lost = append(lost, "its disconnect, which can be undone until "+d.Until.Format(time.DateOnly)+", cannot be undone")
	}
	if d.Locked > 0 {
		lost = append(lost, fmt.Sprintf("%d people are locked out: only an administrator of Okta can let them in again", d.Locked))
	}
	if d.NoPassword > 0 {
		lost = append(lost, fmt.Sprintf("%d people have not set a password yet: they get no mail any more", d.NoPassword))
	}
	return lost
}

// DeleteOrder is a person's word that a customer is to be deleted.
type DeleteOrder struct {
	Typed string // the customer's slug; empty: only say what would happen
	Now   bool   // although its disconnect can still be undone
}

// DeleteCustomer deletes a customer whose disconnect is over: what is known of its people is forgotten, bit by bit, its domains
// are free, its slug is not, and its events stay. Accounts in Okta are not touched; that they were its people's is remembered, so
// that nobody of another customer ever gets one of them. Errors: Conflict where it is too early, Invalid.
func (s *Service) DeleteCustomer(ctx context.Context, a Actor, slug string, o DeleteOrder) (Deletion, error) {
	if err := a.may(Operator); err != nil {
		return Deletion{}, err
	}
	c, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Deletion{}, err
	}
	d, err := s.deletion(ctx, c)
	switch {
	case err != nil || o.Typed == "":
		return d, err
	case o.Typed != c.Slug:
		return Deletion{}, c.typed(o.Typed)
	case !d.Sweep.IsZero():
		return Deletion{}, newError(Conflict, fmt.Sprintf("all accounts are read once more from %s on, for what Okta may have done late; delete the customer when `drawbridge disconnect status %s` says that this is over",
			d.Sweep.Format(time.RFC3339), c.Slug))
	case !d.Until.IsZero() && !o.Now:
		return Deletion{}, newError(Conflict, fmt.Sprintf("the disconnect can be undone until %s; wait until then, or give --now as well: %s",
			d.Until.Format(time.RFC3339), "nobody can undo it afterwards"))
	}
	now := s.now()
	return d, s.deletes.DeleteCustomer(ctx, c, now, func(kind string, data map[string]string) Event { return s.event(a, c.ID, kind, now, data) })
}

// deletion computes what deleting a customer would do.
func (s *Service) deletion(ctx context.Context, c Customer) (Deletion, error) {
	switch {
	case c.State == Disconnecting:
		return Deletion{}, newError(Conflict, "this customer's disconnect is not over; see `drawbridge disconnect status "+c.Slug+"`")
	case c.State != Disconnected:
		return Deletion{}, newError(Conflict, fmt.Sprintf("this customer is %s; disconnect it first (drawbridge disconnect plan %s)", c.State, c.Slug))
	}
	d := Deletion{Customer: c}
	var err error
	if d.Holdings, err = s.deletes.Holdings(ctx, c.ID); err != nil {
		return Deletion{}, err
	}
	domains, err := s.domains.Domains(ctx, c.ID)
	if err != nil {
		return Deletion{}, err
	}
	d.Domains = namesOf(domains)
	if c.DisconnectedBy == 0 {
		return d, nil
	}
	p, err := s.plans.Plan(ctx, c.ID, c.DisconnectedBy)
	if err != nil {
		return Deletion{}, err
	}
	if p.Swept.IsZero() {
		d.Sweep = p.RunAt.Add(SweepAgain)
	}
	if until := p.RunAt.Add(UndoLife); p.ReturnCancelled.IsZero() && until.After(s.now()) {
		d.Until = until
	}
	return d, nil
}
