package bridge

import (
	"context"
	"time"
)

// ManageStore takes single people out of SCIM's say, and puts them back.
type ManageStore interface {
	// Unmanage ends SCIM's say over one user, with its event and a mark to write the flags. Conflict where it has none.
	Unmanage(ctx context.Context, r Release, e Event) error
	// Manage gives it back, likewise. Conflict where no person took it.
	Manage(ctx context.Context, customerID, userID string, at time.Time, e Event) error
}

// Release is a person's decision that SCIM has no say over one user any more.
type Release struct {
	UserID     string
	CustomerID string
	Since      time.Time
	Actor      string
	Why        string
}

// Unmanage releases one person from SCIM: the account stays as it is, and what the customer's IdP says of the person is
// kept without effect, until Manage. Conflict where SCIM has no say over them already.
func (s *Service) Unmanage(ctx context.Context, a Actor, slug, user, why string) (User, error) {
	if err := a.may(Operator); err != nil {
		return User{}, err
	}
	_, u, err := s.find(ctx, slug, user)
	if err != nil {
		return User{}, err
	}
	now := s.now()
	r := Release{UserID: u.ID, CustomerID: u.CustomerID, Since: now, Actor: a.Name, Why: why}
	return u, s.manage.Unmanage(ctx, r, s.userEvent(a, u, EventUserReleased, u.Version+1, now, why))
}

// Manage puts one person under SCIM again who was released singly. What the IdP has said meanwhile counts from then on: a
// removal takes effect, within the limits on removals.
func (s *Service) Manage(ctx context.Context, a Actor, slug, user string) (User, error) {
	if err := a.may(Operator); err != nil {
		return User{}, err
	}
	_, u, err := s.find(ctx, slug, user)
	if err != nil {
		return User{}, err
	}
	now := s.now()
	return u, s.manage.Manage(ctx, u.CustomerID, u.ID, now, s.userEvent(a, u, EventUserRejoined, u.Version+1, now, ""))
}
