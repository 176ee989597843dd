package bridge

import "context"

// RemoveOutcome says what became of a wish to remove one person's access at once.
type RemoveOutcome string

// The ways of RemoveNow.
const (
	LetThrough    RemoveOutcome = "approved"  // the removal by the IdP, which waited or would have
	RemovedByHand RemoveOutcome = "removed"   // the IdP said active: it reads back active=false
	LockedOut     RemoveOutcome = "contained" // SCIM does not govern the person: the account is locked out instead
)

// RemoveNow removes one person's access ahead of the rest, whatever the limits say. Whom the customer's IdP says to be active
// reads back as inactive from then on, and a later write of the IdP gives access again.
func (s *Service) RemoveNow(ctx context.Context, a Actor, slug, user, why string) (User, RemoveOutcome, error) {
	if err := a.may(Operator); err != nil {
		return User{}, "", err
	}
	c, u, err := s.find(ctx, slug, user)
	if err != nil {
		return User{}, "", err
	}
	switch {
	case !u.Connected || !c.State.Governs():
		return u, LockedOut, s.contain(ctx, a, u, why)
	case !u.Removed.IsZero():
		now := s.now()
		by := Approval{CustomerID: c.ID, Actor: a.Name, At: now}
		return u, LetThrough, s.holds.Approve(ctx, by, []Removal{{u.ID, u.Removed}}, func(n int) []Event {
			if n == 0 {
				return nil
			}
			return []Event{s.userEvent(a, u, EventUserApproved, 0, now, why)}
		})
	}
	changed, _, err := s.changes.ChangeUsers(ctx, c.ID, []string{u.ID}, func(cur User) (UserChange, bool, error) {
		if !cur.Connected || !cur.Removed.IsZero() {
			return UserChange{}, false, nil
		}
		change, err := s.removal(a, cur, why)
		return change, true, err
	})
	if err == nil && changed == 0 {
		err = newError(Conflict, "the user or the connection has changed at this moment; repeat the command")
	}
	return u, RemovedByHand, err
}

// removal is what an active=false of the IdP would write, let through.
func (s *Service) removal(a Actor, u User, why string) (UserChange, error) {
	next, err := u.withActive(false)
	if err != nil {
		return UserChange{}, err
	}
	now := s.now()
	next.Version++
	next.Removed, next.Modified = now, now
	return UserChange{
		User: next, Actives: -boolInt(u.Active), Rank: RankRevoke, Approve: a.Name,
		Event: s.userEvent(a, u, EventUserRemovedBySupport, next.Version, now, why),
	}, nil
}
