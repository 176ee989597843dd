package bridge

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// LoginPin is the login and the e-mail address that an account keeps in Okta although the customer's IdP says others, until a
// person has them changed.
type LoginPin struct {
	UserID string
	Login  string
	Email  string
	Wanted string    // the login in normal form that the IdP says instead; empty: whatever it says
	Held   time.Time // since when it waits for an answer, because too many logins changed at once; zero: it stays for another reason
}

// LoginsLife is how long after a change of logins it can be taken back.
const LoginsLife = 30 * 24 * time.Hour

// LoginPins is where the change of a customer's logins stands.
type LoginPins struct {
	Pinned  int         // accounts that keep their login
	Applied int         // accounts whose login was changed, and can be changed back
	Held    []HeldLogin // of those that keep it, the ones that wait for an answer, the longest first
}

// PinStore keeps the logins that stay.
type PinStore interface {
	// LoginPins counts them; those applied before since are past taking back.
	LoginPins(ctx context.Context, customerID string, since time.Time) (LoginPins, error)
	// ApplyLogins has the IdP's logins written instead, with the event that tells of so many, and makes their people due.
	ApplyLogins(ctx context.Context, customerID string, at time.Time, tell func(n int) Event) (int, error)
	// RevertLogins pins again what was applied since, likewise.
	RevertLogins(ctx context.Context, customerID string, since, at time.Time, tell func(n int) Event) (int, error)
}

// Logins says where the change of a customer's logins stands.
func (s *Service) Logins(ctx context.Context, a Actor, slug string) (LoginPins, error) {
	if err := a.may(Viewer); err != nil {
		return LoginPins{}, err
	}
	customer, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return LoginPins{}, err
	}
	return s.pins.LoginPins(ctx, customer.ID, s.now().Add(-LoginsLife))
}

// ApplyLogins has the logins written to Okta that the customer's IdP says instead of those that stay, and returns how many accounts
// that is of. It lets exactly those logins through that the IdP has said by now. Their domains must be verified when they are
// written. Conflict where none is kept back.
func (s *Service) ApplyLogins(ctx context.Context, a Actor, slug, typed string) (int, error) {
	customer, err := s.mayChangeLogins(ctx, a, slug, typed)
	if err != nil {
		return 0, err
	}
	now := s.now()
	n, err := s.pins.ApplyLogins(ctx, customer.ID, now, func(n int) Event {
		return s.event(a, customer.ID, EventLoginsApplied, now, map[string]string{"accounts": strconv.Itoa(n)})
	})
	if err == nil && n == 0 {
		err = newError(Conflict, "no account of this customer keeps another login than its IdP says")
	}
	return n, err
}

// RevertLogins has the logins of before written again, where they were changed within 30 days and their domains are still
// verified, and returns how many accounts that is of. Conflict where there are none.
func (s *Service) RevertLogins(ctx context.Context, a Actor, slug, typed string) (int, error) {
	customer, err := s.mayChangeLogins(ctx, a, slug, typed)
	if err != nil {
		return 0, err
	}
	now := s.now()
	n, err := s.pins.RevertLogins(ctx, customer.ID, now.Add(-LoginsLife), now, func(n int) Event {
		return s.event(a, customer.ID, EventLoginsReverted, now, map[string]string{"accounts": strconv.Itoa(n)})
	})
	if err == nil && n == 0 {
		err = newError(Conflict, fmt.Sprintf("no login of this customer was changed within %d days", LoginsLife/(24*time.Hour)))
	}
	return n, err
}

func (s *Service) mayChangeLogins(ctx context.Context, a Actor, slug, typed string) (Customer, error) {
	if err := a.may(Operator); err != nil {
		return Customer{}, err
	}
	customer, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Customer{}, err
	}
	if err := customer.atHome(); err != nil {
		return Customer{}, err
	}
	return customer, customer.typed(typed)
}

// otherLogin returns the login that an account has, as it is pinned, and the one that the customer's IdP says; false where they
// are the same, or the IdP says none.
func (r Returning) otherLogin() (pin LoginPin, to string, other bool) {
	if r.Link == nil || r.Link.OktaID == "" {
		return LoginPin{}, "", false
	}
	to, key := r.Said()
	if key == "" || key == r.Link.LoginKey {
		return LoginPin{}, "", false
	}
	return r.LoginPin(key), to, true
}

// LoginPin is what keeps the login of somebody who has an account as it is in Okta, instead of the wanted one.
func (s Subject) LoginPin(wanted string) LoginPin {
	pin := LoginPin{UserID: s.User.ID, Login: s.Link.LoginKey, Wanted: wanted}
	if login, _ := s.Link.Applied["login"].(string); login != "" {
		pin.Login = login
	}
	if pin.Email, _ = s.Link.Applied["email"].(string); pin.Email == "" {
		pin.Email = pin.Login
	}
	return pin
}
