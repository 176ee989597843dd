package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"drawbridge/policy"
)

// PauseAnswer is what the IdP of a paused connection is told.
type PauseAnswer string

// The answers. KeepWrites takes its writes, and carries them out when the pause is over; AnswerLater answers 429, so that
// the IdP itself keeps them.
const (
	KeepWrites  PauseAnswer = "keep"
	AnswerLater PauseAnswer = "later"
)

// MaxPause is the longest pause. Entra ID gives a connection up that has not worked for 28 days.
const MaxPause = 28 * 24 * time.Hour

// PauseStore ends pauses.
type PauseStore interface {
	// Resume lets a paused connection go on: live, or held where there is a hold to open or one is open. Conflict where it is not paused.
	Resume(ctx context.Context, customerID string, at time.Time, h *Hold, events ...Event) (Customer, error)
	// PausesOver lists the customers whose pause is over.
	PausesOver(ctx context.Context, now time.Time) ([]Customer, error)
}

// Pause lets a customer's writes wait: Okta is not touched, but for accounts that a person locks out.
func (s *Service) Pause(ctx context.Context, a Actor, slug string, until time.Time, answer PauseAnswer) (Customer, error) {
	if err := a.may(Operator); err != nil {
		return Customer{}, err
	}
	now := s.now()
	switch {
	case answer != KeepWrites && answer != AnswerLater:
		return Customer{}, newError(Invalid, "what the IdP is told meanwhile is keep or later")
	case !until.After(now), until.After(now.Add(MaxPause)):
		return Customer{}, newError(Invalid, "a pause ends within 28 days from now")
	}
	return s.customers.ChangeCustomer(ctx, slug, func(c *Customer) (Event, error) {
		if err := c.atHome(); err != nil {
			return Event{}, err
		}
		if c.State != Live && c.State != Held && c.State != Paused {
			return Event{}, newError(Conflict, "only a connection that is live can be paused; this one is "+string(c.State))
		}
		if c.State != Paused {
			c.Paused = now
		}
		c.State, c.PausedUntil, c.PauseAnswer, c.Modified = Paused, until, answer, now
		return s.event(a, c.ID, EventCustomerPaused, now, map[string]string{"until": until.UTC().Format(time.RFC3339), "answer": string(answer)}), nil
	})
}

// Resumption is the net effect of what waited during a pause.
type Resumption struct {
	Customer Customer
	Acts     map[policy.Act]int // people by what would be done next with their accounts; without those with whom nothing would
	Held     bool               // the removals among it wait for an answer
	IdP      string             // which IdP it is, such as "okta"; empty: not recognised
}

// Removals is how many people would lose access.
func (r Resumption) Removals() int { return r.Acts[policy.Suspend] + r.Acts[policy.Deactivate] }

// Resume ends a pause. More removals than go out without a question open a hold, however long ago they came. With typed
// empty it only says what would happen.
func (s *Service) Resume(ctx context.Context, a Actor, slug, typed string) (Resumption, error) {
	if err := a.may(Operator); err != nil {
		return Resumption{}, err
	}
	customer, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Resumption{}, err
	}
	if customer.State != Paused {
		return Resumption{}, newError(Conflict, "this connection is "+string(customer.State)+", not paused")
	}
	if err := customer.atHome(); err != nil {
		return Resumption{}, err
	}
	r, err := s.resumption(ctx, customer)
	if err != nil || typed == "" {
		return r, err
	}
	if err := customer.typed(typed); err != nil {
		return Resumption{}, err
	}
	return r, s.resume(ctx, a, r)
}

func (s *Service) resumption(ctx context.Context, customer Customer) (Resumption, error) {
	now, acts := s.now(), newTally()
	err := s.plans.EachDeparting(ctx, customer.ID, false, func(x Subject) error {
		facts := x.factsButLogin(now)
		facts.Connected = true
		acts.add(x, facts)
		return nil
	})
	r := Resumption{Customer: customer, Acts: acts.acts, Held: acts.held()}
	if err != nil {
		return r, err
	}
	traffic, err := s.requests.Traffic(ctx, customer.ID)
	r.IdP = traffic.IdP
	return r, err
}

func (s *Service) resume(ctx context.Context, a Actor, r Resumption) error {
	now, id := s.now(), r.Customer.ID
	events := []Event{s.event(a, id, EventCustomerResumed, now, nil)}
	var hold *Hold
	if r.Held {
		hold = &Hold{ID: s.newID(), CustomerID: id, Opened: now, Code: HoldResumed,
			Sentence: fmt.Sprintf("%d people were removed during the pause, more than go out without a question; access stays until a person has answered.", r.Removals())}
		events = append(events, s.event(a, id, EventHoldOpened, now, map[string]string{"code": hold.Code}))
	}
	_, err := s.pauses.Resume(ctx, id, now, hold, events...)
	return err
}

// resumeOver resumes the connections whose pause is over.
func (s *Service) resumeOver(ctx context.Context) error {
	over, err := s.pauses.PausesOver(ctx, s.now())
	for _, c := range over {
		r, failed := s.resumption(ctx, c)
		if failed == nil {
			failed = s.resume(ctx, Actor{Name: "drawbridge", Role: Operator}, r)
		}
		err = errors.Join(err, failed)
	}
	return err
}

// RunDue does what was put off to a time that has come: plans run, pauses end.
func (s *Service) RunDue(ctx context.Context) error {
	return errors.Join(s.runDuePlans(ctx), s.resumeOver(ctx))
}
