package bridge

import (
	"context"
	"strconv"
	"time"

	"drawbridge/policy"
)

// mistakeBatch is how many removals are taken back in one commit.
const mistakeBatch = 500

// HoldOutcome is what an answer to a hold led to.
type HoldOutcome struct {
	Customer Customer
	Answer   HoldAnswer
	People   int       // whose removals it answered; 0 while Waits says that a second person has to
	Waits    *Proposal // the answer waits for a second person; nil: it was carried out
	Alone    time.Time // with Waits: from when on the one who proposed it may confirm it too
	Gone     []string  // with Mistake: ids of deleted users who stay deleted, because their userName is in use again
	Closed   bool      // the hold is closed
}

// AnswerHold answers the open hold of a customer. NotFound where none is open.
//
// Left lets exactly those removals through that wait at this moment: whoever is removed after it needs another answer. Where
// policy.NeedsSecondPerson, the first answer is kept as a proposal and the outcome Waits: the same answer by another person
// lets exactly the proposed removals through; by the same person, no sooner than AloneAfter. set, if not empty, is the SetHash of
// the removals that the answer is about, or of the proposal that it confirms: Conflict if they are others by now.
//
// Mistake makes everybody of the set active again, under the customer's lock, some hundred a commit; it may be repeated.
// Leaving changes nothing: the disconnect that follows takes nobody's access.
func (s *Service) AnswerHold(ctx context.Context, a Actor, slug string, answer HoldAnswer, set string) (HoldOutcome, error) {
	if err := a.may(Operator); err != nil {
		return HoldOutcome{}, err
	}
	v, err := s.Hold(ctx, a, slug)
	if err != nil {
		return HoldOutcome{}, err
	}
	if !v.Customer.State.Serves() {
		return HoldOutcome{}, newError(Conflict, "the connection of "+slug+" is "+string(v.Customer.State)+": nobody loses access, and there is nothing to answer")
	}
	if set != "" && set != v.Set && (v.Proposal == nil || set != SetHash(v.Proposal.Set)) {
		return HoldOutcome{}, newError(Conflict, "others wait than when you looked ("+strconv.Itoa(len(v.People))+" people); look again with `drawbridge hold show "+slug+"`")
	}
	out := HoldOutcome{Customer: v.Customer, Answer: answer}
	switch answer {
	case Leaving:
		out.People = len(v.People)
		return out, s.changes.AddEvent(ctx, s.answered(a, v, answer, out.People))
	case Left:
		err = s.answerLeft(ctx, a, v, &out)
	case Mistake:
		err = s.answerMistake(ctx, a, v, &out)
	default:
		return HoldOutcome{}, newError(Invalid, "the answer is leaving, left or mistake")
	}
	if err != nil || out.Waits != nil {
		return out, err
	}
	now := s.now()
	out.Closed, err = s.holds.CloseHold(ctx, v.CustomerID, now, s.event(a, v.CustomerID, EventHoldClosed, now, nil))
	return out, err
}

// answerLeft lets the removals through, or proposes to.
func (s *Service) answerLeft(ctx context.Context, a Actor, v HoldView, out *HoldOutcome) error {
	set, now := v.removals(), s.now()
	if policy.NeedsSecondPerson(len(set), v.Signs.Active+len(set)) {
		p := v.Proposal
		if p == nil {
			p = &Proposal{HoldID: v.ID, CustomerID: v.CustomerID, Answer: Left, Actor: a.Name, At: now, Set: set}
			ev := s.event(a, v.CustomerID, EventHoldProposed, now, map[string]string{"answer": string(Left), "count": strconv.Itoa(len(set))})
			if err := s.holds.Propose(ctx, *p, ev); err != nil {
				return err
			}
		}
		if out.Alone = p.At.Add(AloneAfter); p.Actor == a.Name && now.Before(out.Alone) {
			out.Waits = p
			return nil
		}
		set = p.Set
	}
	by := Approval{CustomerID: v.CustomerID, HoldID: v.ID, Actor: a.Name, At: now}
	return s.holds.Approve(ctx, by, set, func(n int) []Event {
		out.People = n
		return []Event{s.answered(a, v, Left, n)}
	})
}

// answerMistake makes the removed active again.
func (s *Service) answerMistake(ctx context.Context, a Actor, v HoldView, out *HoldOutcome) error {
	waiting := make(map[string]time.Time, len(v.People))
	ids := make([]string, len(v.People))
	for i, p := range v.People {
		ids[i], waiting[p.UserID] = p.UserID, p.At
	}
	takeBack := func(u User) (UserChange, bool, error) {
		if !u.Connected || u.Active || !u.Removed.Equal(waiting[u.ID]) {
			return UserChange{}, false, nil
		}
		c, err := s.reactivation(a, u)
		return c, true, err
	}
	for len(ids) > 0 {
		n := min(mistakeBatch, len(ids))
		changed, gone, err := s.changes.ChangeUsers(ctx, v.CustomerID, ids[:n], takeBack)
		out.People += changed
		out.Gone = append(out.Gone, gone...)
		if err != nil {
			return err
		}
		ids = ids[n:]
	}
	return s.changes.AddEvent(ctx, s.answered(a, v, Mistake, out.People))
}

// reactivation takes a removal back. Who was deleted is there again, though in no group.
func (s *Service) reactivation(a Actor, u User) (UserChange, error) {
	next, err := u.withActive(true)
	if err != nil {
		return UserChange{}, err
	}
	now, kind, members := s.now(), EventUserReactivated, 0
	if !u.Deleted.IsZero() {
		kind, members = EventUserRevived, 1
	}
	next.Version++
	next.Removed, next.Deleted, next.Modified = time.Time{}, time.Time{}, now
	e := s.event(a, u.CustomerID, kind, now, nil)
	e.UserID, e.Version = u.ID, next.Version
	return UserChange{User: next, Members: members, Actives: 1, Rank: RankUpdate, Event: e}, nil
}

func (s *Service) answered(a Actor, v HoldView, answer HoldAnswer, people int) Event {
	return s.event(a, v.CustomerID, EventHoldAnswered, s.now(), map[string]string{"answer": string(answer), "count": strconv.Itoa(people)})
}
