package bridge

import (
	"context"
	"time"
)

// HoldLabel says what a mass removal looks like. It chooses words and the answer that is suggested, never an act.
type HoldLabel string

// The labels.
const (
	Everyone  HoldLabel = "everyone"   // nearly everybody of the customer
	OneGroup  HoldLabel = "group"      // nearly everybody is in one group, and hardly anybody else is
	IdPChange HoldLabel = "idp_change" // another token has been writing users since a day before
	Some      HoldLabel = "some"       // nothing tells more
)

// Suggested lists the answers that usually fit, the likeliest first.
func (l HoldLabel) Suggested() []HoldAnswer {
	switch l {
	case Everyone:
		return []HoldAnswer{Leaving}
	case OneGroup:
		return []HoldAnswer{Left}
	case IdPChange:
		return []HoldAnswer{Leaving, Mistake}
	}
	return []HoldAnswer{Left, Mistake}
}

// LookBack is how long before a hold opened its signs are looked for.
const LookBack = 24 * time.Hour

// HoldSigns is what tells one kind of mass removal from another.
type HoldSigns struct {
	Active      int    // users that are active
	LetThrough  int    // users removed since LookBack before the hold opened whose access is gone
	Group       string // name of the smallest group that at least 9 in 10 of the set are in; empty: there is none
	GroupOthers int    // members of it who are not in the set
	OtherWrites int    // writes of users since then by tokens other than the one that removed most
}

// label says what the removal of so many people looks like.
func (s HoldSigns) label(people int) HoldLabel {
	switch {
	case people == 0:
		return Some
	case 10*people >= 9*(s.Active+people):
		return Everyone
	case s.Group != "" && 10*s.GroupOthers < 9*s.Active:
		return OneGroup
	case 2*s.OtherWrites >= people:
		return IdPChange
	}
	return Some
}

// HoldView is a hold as a person sees it.
type HoldView struct {
	Hold
	Customer Customer
	People   []HeldPerson // who waits
	Set      string       // SetHash of them
	Signs    HoldSigns
	Label    HoldLabel
	IdP      *OktaIdP  // the customer's identity provider, as last read; nil: it has none, or it was never read
	Proposal *Proposal // nil: nothing is proposed
}

// removals is the set that an answer is about.
func (v HoldView) removals() []Removal {
	set := make([]Removal, len(v.People))
	for i, p := range v.People {
		set[i] = p.Removal
	}
	return set
}

// Holds shows the open holds of all customers, the oldest first.
func (s *Service) Holds(ctx context.Context, a Actor) ([]HoldView, error) {
	if err := a.may(Viewer); err != nil {
		return nil, err
	}
	holds, err := s.holds.Holds(ctx)
	if err != nil {
		return nil, err
	}
	customers, err := s.customers.Customers(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]Customer, len(customers))
	for _, c := range customers {
		byID[c.ID] = c
	}
	views := make([]HoldView, len(holds))
	for i, h := range holds {
		if views[i], err = s.viewHold(ctx, byID[h.CustomerID], h); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// Hold shows the open hold of a customer; NotFound where none is open.
func (s *Service) Hold(ctx context.Context, a Actor, slug string) (HoldView, error) {
	if err := a.may(Viewer); err != nil {
		return HoldView{}, err
	}
	c, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return HoldView{}, err
	}
	holds, err := s.holds.Holds(ctx)
	if err != nil {
		return HoldView{}, err
	}
	for _, h := range holds {
		if h.CustomerID == c.ID {
			return s.viewHold(ctx, c, h)
		}
	}
	return HoldView{}, newError(NotFound, "no removal of "+c.Slug+" waits for an answer; `drawbridge hold list` shows the holds that are open")
}

func (s *Service) viewHold(ctx context.Context, c Customer, h Hold) (HoldView, error) {
	v := HoldView{Hold: h, Customer: c}
	var err error
	if v.People, err = s.holds.HeldPeople(ctx, c.ID); err != nil {
		return HoldView{}, err
	}
	set := v.removals()
	v.Set = SetHash(set)
	if v.Signs, err = s.holds.Signs(ctx, h, set); err != nil {
		return HoldView{}, err
	}
	v.Label = v.Signs.label(len(set))
	if v.IdP, err = s.plans.IdPOf(ctx, c.ID); err != nil {
		return HoldView{}, err
	}
	p, err := s.holds.Proposal(ctx, c.ID, h.ID)
	switch {
	case err == nil:
		v.Proposal = p.still(set)
	case CodeOf(err) != NotFound:
		return HoldView{}, err
	}
	return v, nil
}

// still is a proposal as far as the removals that it is about still wait; nil where none of them does.
func (p Proposal) still(waiting []Removal) *Proposal {
	there := make(map[Removal]bool, len(waiting))
	for _, r := range waiting {
		there[r] = true
	}
	var set []Removal
	for _, r := range p.Set {
		if there[r] {
			set = append(set, r)
		}
	}
	if len(set) == 0 {
		return nil
	}
	p.Set = set
	return &p
}
