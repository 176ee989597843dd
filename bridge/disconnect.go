package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"drawbridge/policy"
)

// PlanDisconnect computes what a disconnect would do to each person, and keeps it under the next number. Nothing happens
// until the plan is confirmed.
func (s *Service) PlanDisconnect(ctx context.Context, a Actor, slug string, c Choices) (Plan, error) {
	if err := a.may(Operator); err != nil {
		return Plan{}, err
	}
	customer, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Plan{}, err
	}
	if err := mayLeave(customer); err != nil {
		return Plan{}, err
	}
	now := s.now()
	if err := c.check(now); err != nil {
		return Plan{}, err
	}
	p := Plan{
		ID: s.newID(), CustomerID: customer.ID, State: PlanOpen, Choices: c, Epoch: customer.Epoch,
		Created: now, CreatedBy: a.Name, Expires: now.Add(PlanLife), RunAt: c.At,
	}
	removals, active, err := s.plans.Unanswered(ctx, customer.ID)
	if err != nil {
		return Plan{}, err
	}
	p.BurstFrom, _ = policy.Burst(removals, active)
	idp, err := s.plans.IdPOf(ctx, customer.ID)
	if err != nil {
		return Plan{}, err
	}
	p.SSO = idp.sso(now)
	rows, err := s.departing(ctx, p, now)
	if err != nil {
		return Plan{}, err
	}
	if err := c.known(rows); err != nil {
		return Plan{}, err
	}
	p.Hash = hashPlan(c, rows)
	p.count(rows)
	if !c.At.IsZero() {
		p.Expires = c.At
	}
	return s.plans.AddPlan(ctx, p, rows, s.event(a, customer.ID, EventPlanMade, now, map[string]string{"hash": p.Hash, "people": strconv.Itoa(len(rows))}))
}

// mayLeave says why a customer cannot be disconnected.
func mayLeave(c Customer) error {
	if err := c.atHome(); err != nil {
		return err
	}
	if c.State == Disconnecting || c.State == Disconnected {
		return newError(Conflict, "this customer is "+string(c.State)+" already; see `drawbridge disconnect status "+c.Slug+"`")
	}
	return nil
}

func (c Choices) check(now time.Time) error {
	switch {
	case !c.At.IsZero() && !c.At.After(now):
		return newError(Invalid, "the time to run at is over; leave it out to run as soon as the plan is confirmed")
	case c.At.After(now.Add(PlanLife)):
		return newError(Invalid, "a plan runs within 14 days: what it says of people would be too old")
	}
	for _, choice := range append(slices.Collect(maps.Values(c.SignInOf)), c.SignIn) {
		if choice != "" && choice != KeepSignIn && choice != ResetPassword {
			return newError(Invalid, "the choice for the sign-in is keep or reset-password")
		}
	}
	for _, o := range c.Users {
		if o != policy.Restore && o != policy.LeaveRemoved {
			return newError(Invalid, "the choice for a person is restore or leave")
		}
	}
	return nil
}

// known refuses a choice for somebody who is not in the plan, or of whom there is none to make.
func (c Choices) known(rows []PlanRow) error {
	left := make(map[string]bool, len(c.Users))
	for id := range c.Users {
		left[id] = true
	}
	for _, r := range rows {
		if choice, ok := c.Users[r.UserID]; ok && r.Outcome == choice {
			delete(left, r.UserID)
		}
	}
	for id := range left {
		return newError(Invalid, "there is nothing to choose for "+id+": only who was removed and has lost access since is restored or left")
	}
	return nil
}

func (p *Plan) count(rows []PlanRow) {
	p.Totals, p.NoSignIn, p.Conversions = make(map[policy.Outcome]int), 0, 0
	for _, r := range rows {
		p.Totals[r.Outcome]++
		if r.unanswered() {
			p.NoSignIn++
		}
		if r.SignIn == ByReset {
			p.Conversions++
		}
	}
}

// People is how many people the plan is about.
func (p Plan) People() (n int) {
	for _, k := range p.Totals {
		n += k
	}
	return n
}

// Confirmation is a person's approval of a plan.
type Confirmation struct {
	Number   int64  // of the plan
	Hash     string // of the plan, or its beginning; empty: the number is enough, a plan never changes
	Typed    string // the customer's slug, typed by the person
	Accepted string // the name of who takes on those without a sign-in; empty: nobody
	Contact  string // id or e-mail address of the customer's contact who is the second person and has told the hash; empty: the actor is
}

// minHash is how much of a hash says which plan is meant.
const minHash = 8

// ConfirmDisconnect approves a plan and cuts the connection, or leaves it to its time. The plan is computed again first: who
// would be worse off than a person has read needs another approval. Errors: NeedsPerson, Conflict, Invalid.
func (s *Service) ConfirmDisconnect(ctx context.Context, a Actor, slug string, c Confirmation) (Plan, error) {
	if err := a.may(Operator); err != nil {
		return Plan{}, err
	}
	customer, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Plan{}, err
	}
	p, err := s.plans.Plan(ctx, customer.ID, c.Number)
	if err != nil {
		return Plan{}, err
	}
	now := s.now()
	switch {
	case c.Typed != customer.Slug:
		return Plan{}, customer.typed(c.Typed)
	case c.Hash != "" && (len(c.Hash) < minHash || len(c.Hash) > len(p.Hash) || p.Hash[:len(c.Hash)] != c.Hash):
		return Plan{}, newError(Conflict, fmt.Sprintf("the hash is not that of plan %d; read the plan again and give the one it shows", p.Number))
	case p.State != PlanOpen:
		return Plan{}, newError(Conflict, fmt.Sprintf("plan %d is %s; make a new one with `drawbridge disconnect plan %s`", p.Number, p.State, slug))
	case !p.Expires.After(now):
		return Plan{}, newError(NeedsPerson, fmt.Sprintf("plan %d is too old to confirm; make a new one with `drawbridge disconnect plan %s`", p.Number, slug))
	case p.NoSignIn > 0 && c.Accepted == "":
		return Plan{}, newError(NeedsPerson, fmt.Sprintf("%d people of plan %d would have no known way to sign in; name who takes them on (--accept-no-sign-in NAME), or make a plan that changes it", p.NoSignIn, p.Number))
	}
	by, err := s.confirmer(ctx, a, slug, c)
	if err != nil {
		return Plan{}, err
	}
	if err := s.stillHolds(ctx, customer, p, now); err != nil {
		return Plan{}, err
	}
	p, err = s.plans.ChangePlan(ctx, customer.ID, p.Number, func(p *Plan) (Event, error) {
		switch {
		case p.State != PlanOpen:
			return Event{}, newError(Conflict, fmt.Sprintf("plan %d is %s", p.Number, p.State))
		case c.Contact != "" && (p.ConfirmedBy == "" || p.Conversions <= ManyConversions):
			return Event{}, newError(Conflict, fmt.Sprintf("plan %d does not wait for a second person; confirm it without --contact first", p.Number))
		}
		data := planData(*p)
		if by != a.Name {
			data["by"] = by
		}
		return s.event(a, customer.ID, p.confirm(by, c, now), now, data), nil
	})
	switch {
	case err != nil:
		return p, err
	case p.State == PlanOpen:
		return p, newError(NeedsPerson, fmt.Sprintf("%d people would get a mail to set a password: a second person must confirm plan %d as well, who may be a contact of the customer (--contact, with the --hash that they read), or %s once more after %s",
			p.Conversions, p.Number, p.ConfirmedBy, p.Confirmed.Add(AloneAfter).Format(time.RFC3339)))
	case p.RunAt.After(now):
		return p, nil
	}
	return s.cut(ctx, a, p)
}

// confirmer names who confirms: the actor, or a contact of the customer, whom the actor asked.
func (s *Service) confirmer(ctx context.Context, a Actor, slug string, c Confirmation) (string, error) {
	if c.Contact == "" {
		return a.Name, nil
	}
	if c.Hash == "" {
		return "", newError(Invalid, "give the hash that the contact has read on the plan's page (--hash)")
	}
	contact, err := s.contact(ctx, a, slug, c.Contact)
	return "contact:" + contact.ID, err
}

// confirm takes somebody's confirmation, and returns the kind of its event. The first of two that are needed leaves the plan open.
func (p *Plan) confirm(by string, c Confirmation, now time.Time) string {
	first := p.ConfirmedBy == ""
	if p.Conversions > ManyConversions {
		switch {
		case first, p.ConfirmedBy == by && now.Before(p.Confirmed.Add(AloneAfter)):
			if first {
				p.Confirmed, p.ConfirmedBy = now, by
			}
			p.Accepted = c.Accepted
			return EventPlanProposed
		}
		p.SecondBy = by
	} else {
		p.Confirmed, p.ConfirmedBy = now, by
	}
	p.State, p.Accepted = PlanConfirmed, c.Accepted
	if p.RunAt.IsZero() {
		p.RunAt = now
	}
	return EventPlanConfirmed
}

func planData(p Plan) map[string]string {
	return map[string]string{"plan": strconv.FormatInt(p.Number, 10), "hash": p.Hash}
}

// stillHolds computes a plan again, and refuses it where somebody would now be worse off than was approved. What changed
// otherwise is written into the plan's rows, so that its report tells what was.
func (s *Service) stillHolds(ctx context.Context, customer Customer, p Plan, now time.Time) error {
	if customer.Epoch != p.Epoch {
		return newError(NeedsPerson, fmt.Sprintf("the connection was cut since plan %d was made; make a new one with `drawbridge disconnect plan %s`", p.Number, customer.Slug))
	}
	idp, err := s.plans.IdPOf(ctx, customer.ID)
	if err != nil {
		return err
	}
	var changed []PlanRow
	worse, approvals := 0, 0
	err = s.plans.EachChanged(ctx, p, idp.sso(now) != p.SSO, func(x Subject, was *PlanRow) error {
		r := departure(x, p, now)
		switch {
		case r.Reason == ReasonApproved:
			approvals++
		case was != nil && r.worse(*was), was == nil && (r.unanswered() || r.Outcome == policy.Conflicting):
			worse++
		default:
			changed = append(changed, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if approvals > 0 {
		return newError(Conflict, fmt.Sprintf("%d removals that a person let through are not carried out yet, and would never be; confirm when they are (see `drawbridge sync status`)", approvals))
	}
	if worse > 0 {
		return newError(NeedsPerson, fmt.Sprintf("%d people would be worse off than plan %d says; make a new one with `drawbridge disconnect plan %s` and read it", worse, p.Number, customer.Slug))
	}
	return s.plans.SavePlanRows(ctx, p, changed)
}

// cut runs a confirmed plan.
func (s *Service) cut(ctx context.Context, a Actor, p Plan) (Plan, error) {
	now := s.now()
	_, err := s.plans.Cut(ctx, Cut{Plan: p, At: now, LateFor: lateLife, Events: func(kind string, data map[string]string) Event {
		return s.event(a, p.CustomerID, kind, now, data)
	}})
	if err != nil {
		return Plan{}, err
	}
	return s.plans.Plan(ctx, p.CustomerID, p.Number)
}

// runDuePlans runs the confirmed plans whose time has come.
func (s *Service) runDuePlans(ctx context.Context) error {
	due, err := s.plans.DuePlans(ctx, s.now())
	for _, p := range due {
		err = errors.Join(err, s.runPlan(ctx, p))
	}
	return err
}

// runPlan runs a plan whose time has come; one that does not hold any more is stopped, for a person to make another.
func (s *Service) runPlan(ctx context.Context, p Plan) error {
	customer, err := s.customers.CustomerByID(ctx, p.CustomerID)
	if err != nil {
		return err
	}
	a := Actor{Name: p.ConfirmedBy, Role: Operator}
	err = s.stillHolds(ctx, customer, p, s.now())
	if CodeOf(err) == NeedsPerson {
		_, err = s.stopPlan(ctx, a, customer, p.Number, EventPlanStopped)
		return err
	}
	if err == nil {
		_, err = s.cut(ctx, a, p)
	}
	return err
}

// CancelDisconnect stops a plan that has not run.
func (s *Service) CancelDisconnect(ctx context.Context, a Actor, slug string, number int64) (Plan, error) {
	if err := a.may(Operator); err != nil {
		return Plan{}, err
	}
	customer, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Plan{}, err
	}
	return s.stopPlan(ctx, a, customer, number, EventPlanCancelled)
}

func (s *Service) stopPlan(ctx context.Context, a Actor, customer Customer, number int64, kind string) (Plan, error) {
	return s.plans.ChangePlan(ctx, customer.ID, number, func(p *Plan) (Event, error) {
		if p.State != PlanOpen && p.State != PlanConfirmed {
			return Event{}, newError(Conflict, fmt.Sprintf("plan %d is %s and cannot be cancelled; `drawbridge disconnect undo %s` takes a disconnect back", p.Number, p.State, customer.Slug))
		}
		p.State = PlanCancelled
		return s.event(a, customer.ID, kind, s.now(), planData(*p)), nil
	})
}
