package bridge

import (
	"context"
	"fmt"
	"time"
)

// Undoing is what taking a disconnect back would do, and what it cannot.
type Undoing struct {
	Plan    Plan
	People  int       // who come back under SCIM
	Waiting int       // of them: whose removal the disconnect cancelled, or whose access it gave back; they wait in one hold
	Until   time.Time // until when it can be undone
	Since   []string  // what has happened since, and stays
	Cannot  []string  // what stays as the disconnect made it
	Ask     []string  // what the customer and support must do afterwards
}

// UndoDisconnect takes the customer's latest disconnect back: the connection comes back as held, everybody comes back under
// SCIM, and the removals that the disconnect cancelled wait in one hold; nobody loses access by it. With typed empty
// it only says what it would do. Errors: Conflict where there is nothing to undo, the time for it is over, or a return was cancelled since.
func (s *Service) UndoDisconnect(ctx context.Context, a Actor, slug, typed string) (Undoing, error) {
	if err := a.may(Operator); err != nil {
		return Undoing{}, err
	}
	customer, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Undoing{}, err
	}
	if err := customer.atHome(); err != nil {
		return Undoing{}, err
	}
	p, err := s.plans.Plan(ctx, customer.ID, customer.DisconnectedBy)
	if err != nil || customer.DisconnectedBy == 0 {
		return Undoing{}, newError(Conflict, "there is no disconnect of this customer to undo")
	}
	u, err := s.undoing(ctx, customer, p)
	if err != nil || typed == "" {
		return u, err
	}
	if err := customer.typed(typed); err != nil {
		return Undoing{}, err
	}
	now := s.now()
	_, err = s.plans.Uncut(ctx, Uncut{
		Plan: p, At: now, Actor: a, HoldID: s.newID(),
		Sentence: "The disconnect was undone; whoever the customer's IdP had removed keeps access until a person has answered.",
		Events:   func(kind string, data map[string]string) Event { return s.event(a, customer.ID, kind, now, data) },
	})
	return u, err
}

func (s *Service) undoing(ctx context.Context, customer Customer, p Plan) (Undoing, error) {
	until := p.RunAt.Add(UndoLife)
	if now := s.now(); !until.After(now) {
		return Undoing{}, newError(Conflict, "a disconnect can be undone for 30 days; this one was on "+p.RunAt.Format(time.DateOnly))
	}
	if !p.ReturnCancelled.IsZero() {
		return Undoing{}, newError(Conflict, fmt.Sprintf("a return of this customer was cancelled on %s, and what its IdP wrote until then would come along; `drawbridge reconnect start %s` shows all of it first",
			p.ReturnCancelled.Format(time.DateOnly), customer.Slug))
	}
	u := Undoing{Plan: p, Until: until}
	contained := 0
	err := s.plans.EachRejoining(ctx, customer.ID, func(x Subject) error {
		u.People++
		if !x.Contained.IsZero() {
			contained++
		}
		l := x.Link
		if !x.User.Removed.IsZero() && l != nil && l.OktaID != "" && !l.Gone() {
			u.Waiting++
		}
		return nil
	})
	if err != nil {
		return u, err
	}
	if contained > 0 {
		u.Since = append(u.Since, fmt.Sprintf("%d people are locked out by a person", contained))
	}
	u.Cannot = []string{"tokens stay revoked"}
	people, err := s.conversions.Conversions(ctx, p)
	mailed, set := 0, 0
	for _, c := range people {
		switch {
		case c.State == ConversionDone:
			set++
		case c.Mails > 0:
			mailed++
		}
	}
	if mailed > 0 {
		u.Cannot = append(u.Cannot, fmt.Sprintf("%d people got a mail to set a password, and sign in by it alone", mailed))
	}
	if set > 0 {
		u.Cannot = append(u.Cannot, fmt.Sprintf("%d people have set a password, and sign in with it instead of SSO", set))
	}
	u.Ask = []string{
		fmt.Sprintf("issue a new token (drawbridge token create %s --name idp) and give it to %s", customer.Slug, customer.Name),
		fmt.Sprintf("ask %s to restart provisioning in its IdP", customer.Name),
	}
	if u.Waiting > 0 {
		u.Ask = append(u.Ask, fmt.Sprintf("answer the hold of %d people (drawbridge hold show %s)", u.Waiting, customer.Slug))
	}
	return u, err
}

// Disconnection is where a customer's disconnect, or its undoing, stands.
type Disconnection struct {
	Customer Customer
	Plan     Plan
	Progress Progress
}

// Done is how many people nothing is left to do for.
func (d Disconnection) Done() int {
	p := d.Progress
	switch d.Plan.State {
	case PlanDone, PlanUndone:
		return p.Total
	case PlanUndoing:
		return max(0, p.Total-p.Released)
	case PlanRunning:
		return max(0, p.Released-p.Waiting-p.Stuck)
	}
	return 0
}

// Left is how long Okta's pace of the last minute needs for the rest; zero if nothing is left, or nothing is known.
func (d Disconnection) Left() time.Duration {
	left := d.Progress.Total - d.Done() - d.Progress.Stuck
	if d.Progress.Calls == 0 || left <= 0 {
		return 0
	}
	return time.Duration(left) * time.Minute / time.Duration(d.Progress.Calls)
}

// Disconnection shows the customer's plan with this number and how far it is; 0: the latest.
func (s *Service) Disconnection(ctx context.Context, a Actor, slug string, number int64) (Disconnection, error) {
	if err := a.may(Viewer); err != nil {
		return Disconnection{}, err
	}
	customer, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Disconnection{}, err
	}
	d := Disconnection{Customer: customer}
	if d.Plan, err = s.plans.Plan(ctx, customer.ID, number); err != nil {
		return Disconnection{}, err
	}
	d.Progress, err = s.plans.Progress(ctx, d.Plan)
	return d, err
}
