package bridge

import (
	"context"
	"time"

	"drawbridge/policy"
)

// departing computes the rows of a plan as things stand.
func (s *Service) departing(ctx context.Context, p Plan, now time.Time) ([]PlanRow, error) {
	var rows []PlanRow
	err := s.plans.EachDeparting(ctx, p.CustomerID, true, func(x Subject) error {
		rows = append(rows, departure(x, p, now))
		return nil
	})
	return rows, err
}

// sso says what is known of an identity provider, as far as a plan depends on it.
func (p *OktaIdP) sso(now time.Time) string {
	switch {
	case p == nil:
		return ""
	case now.Sub(p.Read) > idpFresh:
		return "stale"
	}
	return p.ID + " " + string(p.Status)
}

// departure is one row of a plan.
func departure(x Subject, p Plan, now time.Time) PlanRow {
	burst := !p.BurstFrom.IsZero() && !x.User.Removed.Before(p.BurstFrom)
	facts := x.factsButLogin(now)
	facts.Connected = true // the connection may be off or paused: what matters is what SCIM would do
	d := policy.Departure{Facts: facts, Burst: burst, Choice: p.Choices.Users[x.User.ID]}
	r := PlanRow{UserID: x.User.ID, Ordinal: x.User.Ordinal, Active: x.User.Active, Removed: x.User.Removed, Status: facts.Status, Facts: x.PlanFacts}
	if x.Due != nil && x.Due.Parked != "" {
		d.Stuck, r.Reason = true, x.Due.Parked
	}
	r.Outcome = policy.Depart(d)
	if r.Outcome == policy.HeldBack && x.Approved {
		r.Reason = ReasonApproved
	}
	r.SignIn = x.signInAfter(r.Outcome, p.Choices, now)
	r.UserName, r.Writes = x.User.UserName(), x.departingWrites(r.Outcome)
	return r
}

// signInAfter is how the person signs in after the disconnect.
func (s Subject) signInAfter(o policy.Outcome, c Choices, now time.Time) SignInWay {
	if !o.LetsIn() {
		return NoAccess
	}
	if o == policy.Restore { // as it will be
		link := *s.Link
		link.Status = policy.Active
		s.Link = &link
	}
	way := s.SignIn(now)
	if c.signIn(s.User.ID) == ResetPassword && way != ByPassword && s.Link.Status == policy.Active {
		return ByReset
	}
	if way == BySSO && !c.SSOEnds.IsZero() {
		way = SSOEnding
	}
	if c.LeftTo != "" && way != BySSO && way != ByPassword {
		return LeftToUs
	}
	return way
}

// signIn is the choice for one person.
func (c Choices) signIn(userID string) SignInChoice {
	if choice, ok := c.SignInOf[userID]; ok {
		return choice
	}
	return c.SignIn
}

// departingWrites lists what is written on the account, field by field.
func (s Subject) departingWrites(o policy.Outcome) []FieldWrite {
	if s.Link == nil || s.Link.OktaID == "" || o == policy.Conflicting {
		return nil
	}
	var writes []FieldWrite
	if o == policy.Restore {
		writes = append(writes, FieldWrite{"status", s.Link.Status, policy.Active})
	} else if s.Link.Status == policy.Deprovisioned {
		return nil // Okta takes no profile of it
	}
	for _, f := range []struct {
		name string
		to   bool
	}{{"isSCIMConnected", false}, {"isSCIMActive", s.User.Active}} {
		if from := s.Link.Applied[f.name]; from != f.to {
			writes = append(writes, FieldWrite{f.name, from, f.to})
		}
	}
	return writes
}

// ReasonApproved is the reason of a row about somebody whose removal a person let through and which is not carried out yet.
const ReasonApproved = "approved"
