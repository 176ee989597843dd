package bridge

import (
	"context"
	"time"

	"drawbridge/scim/schema"
)

// Containment is a person's lock on an account: nobody signs in with it until a person lifts it, whatever the customer's IdP
// says.
type Containment struct {
	UserID     string
	CustomerID string
	Since      time.Time
	Actor      string
	Why        string // empty: not said
}

// LockStore keeps the locks.
type LockStore interface {
	// Contain stores a lock, with its event, and makes the user due before everything else. Conflict where one is in force.
	Contain(ctx context.Context, c Containment, ev Event) error
	// Lift ends the lock that is in force, likewise. Conflict where none is.
	Lift(ctx context.Context, customerID, userID string, at time.Time, ev Event) error
}

// Contain locks one person's account out, until Uncontain: by the syncer's next call, whatever is held, paused or
// disconnected. Protected accounts and accounts of others are left alone. Conflict where it is locked out already.
func (s *Service) Contain(ctx context.Context, a Actor, slug, user, why string) (User, error) {
	if err := a.may(Operator); err != nil {
		return User{}, err
	}
	_, u, err := s.find(ctx, slug, user)
	if err != nil {
		return User{}, err
	}
	return u, s.contain(ctx, a, u, why)
}

func (s *Service) contain(ctx context.Context, a Actor, u User, why string) error {
	now := s.now()
	c := Containment{UserID: u.ID, CustomerID: u.CustomerID, Since: now, Actor: a.Name, Why: why}
	return s.locks.Contain(ctx, c, s.userEvent(a, u, EventUserContained, 0, now, why))
}

// Uncontain lifts the lock. What was taken under it is given back, unless SCIM governs the person and says otherwise, or a
// removal has come since.
func (s *Service) Uncontain(ctx context.Context, a Actor, slug, user, why string) (User, error) {
	if err := a.may(Operator); err != nil {
		return User{}, err
	}
	_, u, err := s.find(ctx, slug, user)
	if err != nil {
		return User{}, err
	}
	now := s.now()
	return u, s.locks.Lift(ctx, u.CustomerID, u.ID, now, s.userEvent(a, u, EventUserUnlocked, 0, now, why))
}

// find looks a user up by id or userName.
func (s *Service) find(ctx context.Context, slug, user string) (Customer, User, error) {
	c, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Customer{}, User{}, err
	}
	u, err := s.users.UserOf(ctx, c.ID, schema.Fold(user))
	return c, u, err
}

// userEvent tells of a user; version is the one that it led to, 0: none.
func (s *Service) userEvent(a Actor, u User, kind string, version int64, now time.Time, why string) Event {
	var data map[string]string
	if why != "" {
		data = map[string]string{"reason": why}
	}
	e := s.event(a, u.CustomerID, kind, now, data)
	e.UserID, e.Version = u.ID, version
	return e
}
