package bridge

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// ReconnectStore brings a customer back after a disconnect.
type ReconnectStore interface {
	// StartReconnect opens the waiting room of a disconnected customer: its accounts are to be read again, tokens of before end.
	// Conflict where it is not disconnected, or a call of before may still land.
	StartReconnect(ctx context.Context, r Reconnection) (Customer, error)
	// EachReturning calls each, in the order of their ordinals, for everybody of a waiting customer whom its IdP has shown to
	// know, and for those of before who have an account, were not deleted, and whom it has not. No single one whom a person
	// released is among them.
	EachReturning(ctx context.Context, customerID string, each func(Returning) error) error
	// AcceptReconnect ends the wait as decide says, while no write of the customer's IdP passes. An error of decide ends it and
	// is returned; decide may be called again when the database asks for a repeat. Conflict where the customer does not wait.
	AcceptReconnect(ctx context.Context, customerID string, decide func(Customer, EachReturning) (Acceptance, error)) (Customer, error)
	// CancelReconnect has a waiting customer disconnected again: its tokens end, and who came is forgotten as having come.
	CancelReconnect(ctx context.Context, r Reconnection) (Customer, error)
}

// Reconnection is the moment in which a waiting room is opened, or left behind.
type Reconnection struct {
	CustomerID string
	At         time.Time
	Events     func(kind string, data map[string]string) Event // makes the events of what happened
}

// HoldReconnected is the code of a hold that the acceptance of a customer that came back opened.
const HoldReconnected = "reconnected"

// WaitingRoomOf is what support hears of a waiting room before it is opened, and of one that was.
type WaitingRoomOf struct {
	Customer Customer
	People   int // of before, who have an account
}

// Reconnect brings a disconnected customer back into a waiting room: its IdP, the same or another one, is served again with a
// token that is issued afterwards, and nothing is written to Okta until support accepts. With typed empty it only says of how
// many people that is. Errors: Conflict where the customer is not disconnected.
func (s *Service) Reconnect(ctx context.Context, a Actor, slug, typed string) (WaitingRoomOf, error) {
	if err := a.may(Operator); err != nil {
		return WaitingRoomOf{}, err
	}
	customer, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return WaitingRoomOf{}, err
	}
	if err := mayReturn(customer); err != nil {
		return WaitingRoomOf{}, err
	}
	w := WaitingRoomOf{Customer: customer}
	err = s.plans.EachRejoining(ctx, customer.ID, func(x Subject) error {
		if x.Link != nil && x.Link.OktaID != "" && x.User.Deleted.IsZero() {
			w.People++
		}
		return nil
	})
	if err != nil || typed == "" {
		return w, err
	}
	if err := customer.typed(typed); err != nil {
		return WaitingRoomOf{}, err
	}
	w.Customer, err = s.returns.StartReconnect(ctx, s.reconnection(a, customer))
	return w, err
}

func (s *Service) reconnection(a Actor, c Customer) Reconnection {
	now := s.now()
	return Reconnection{CustomerID: c.ID, At: now, Events: func(kind string, data map[string]string) Event { return s.event(a, c.ID, kind, now, data) }}
}

// mayReturn says why a customer cannot be reconnected.
func mayReturn(c Customer) error {
	switch {
	case c.State == Disconnected:
		return nil
	case !c.Waiting.IsZero():
		return newError(Conflict, "this customer is in its waiting room already; see `drawbridge reconnect show "+c.Slug+"`")
	case c.State == Disconnecting:
		return newError(Conflict, "the disconnect of this customer is not over; see `drawbridge disconnect status "+c.Slug+"`")
	}
	return newError(Conflict, "only a disconnected customer comes back; this one is "+string(c.State))
}

// atHome refuses what a customer in its waiting room must not be asked.
func (c Customer) atHome() error {
	if c.Waiting.IsZero() {
		return nil
	}
	return newError(Conflict, fmt.Sprintf("this customer is in its waiting room; `drawbridge reconnect accept %s` or `drawbridge reconnect cancel %s` ends that first",
		c.Slug, c.Slug))
}

// waits refuses what only a customer in its waiting room can be asked.
func (c Customer) waits() error {
	if !c.Waiting.IsZero() {
		return nil
	}
	return newError(Conflict, "this customer is "+string(c.State)+", not in a waiting room; `drawbridge reconnect start "+c.Slug+"` opens one after a disconnect")
}

// waiting finds a customer in its waiting room for somebody of at least this role.
func (s *Service) waiting(ctx context.Context, a Actor, role Role, slug string) (Customer, error) {
	if err := a.may(role); err != nil {
		return Customer{}, err
	}
	customer, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Customer{}, err
	}
	return customer, customer.waits()
}

// CancelReconnect has a customer that waits disconnected again. Nothing has happened in Okta; the people whom its IdP created
// meanwhile stay as records that nothing follows from.
func (s *Service) CancelReconnect(ctx context.Context, a Actor, slug, typed string) (Customer, error) {
	customer, err := s.waiting(ctx, a, Operator, slug)
	if err != nil {
		return Customer{}, err
	}
	if err := customer.typed(typed); err != nil {
		return Customer{}, err
	}
	return s.returns.CancelReconnect(ctx, s.reconnection(a, customer))
}

// AcceptReconnect lets a customer that waits go on: live, or held where more would lose access than go out without a question.
// Whoever its IdP has shown to know comes back under SCIM; who is missing there stays as they are. hash is that of the waiting
// room as a person has read it, or its beginning. Errors: NeedsPerson where it is another one by now; Conflict where accounts
// are not read yet.
func (s *Service) AcceptReconnect(ctx context.Context, a Actor, slug, typed, hash string) (WaitingRoom, error) {
	customer, err := s.waiting(ctx, a, Operator, slug)
	if err != nil {
		return WaitingRoom{}, err
	}
	if err := customer.typed(typed); err != nil {
		return WaitingRoom{}, err
	}
	var room WaitingRoom
	_, err = s.returns.AcceptReconnect(ctx, customer.ID, func(c Customer, each EachReturning) (Acceptance, error) {
		now := s.now()
		r, pins, err := waitingRoom(c, each, now)
		if err != nil {
			return Acceptance{}, err
		}
		if err := r.acceptable(hash); err != nil {
			return Acceptance{}, err
		}
		room = r
		return s.acceptance(a, r, pins, now), nil
	})
	return room, err
}

// acceptable says why what a person has read does not allow to go on.
func (r WaitingRoom) acceptable(hash string) error {
	slug := r.Customer.Slug
	switch {
	case r.Unread > 0:
		return newError(Conflict, fmt.Sprintf("%d accounts were not read in Okta since the waiting room was opened; see `drawbridge sync status`", r.Unread))
	case len(hash) < minHash || len(hash) > len(r.Hash) || r.Hash[:len(hash)] != hash:
		return newError(NeedsPerson,
			fmt.Sprintf("the waiting room is another one than that of this hash; read it again with `drawbridge reconnect show %s`, and give the hash that it shows", slug))
	}
	return nil
}

func (s *Service) acceptance(a Actor, r WaitingRoom, pins []LoginPin, now time.Time) Acceptance {
	data := map[string]string{"hash": r.Hash}
	for kind, n := range r.Kinds {
		data[string(kind)] = strconv.Itoa(n)
	}
	out := Acceptance{At: now, Actor: a.Name, Pins: pins, Events: []Event{s.event(a, r.Customer.ID, EventReconnectAccepted, now, data)}}
	if r.Held {
		out.Hold = &Hold{ID: s.newID(), CustomerID: r.Customer.ID, Opened: now, Code: HoldReconnected,
			Sentence: fmt.Sprintf("%d people would lose access by what the customer's IdP said in the waiting room, more than go out without a question; "+
				"access stays until a person has answered.", r.Removals())}
		out.Events = append(out.Events, s.event(a, r.Customer.ID, EventHoldOpened, now, map[string]string{"code": HoldReconnected}))
	}
	return out
}

// Acceptance is what AcceptReconnect commits.
type Acceptance struct {
	At     time.Time
	Actor  string
	Hold   *Hold      // nil: none is opened
	Pins   []LoginPin // the logins that stay as they are, instead of those of before
	Events []Event
}
