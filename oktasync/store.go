package oktasync

import (
	"context"
	"time"

	"drawbridge/bridge"
)

// Queue is what is due, and what is known of each subject.
type Queue interface {
	// DueUsers returns due marks, most urgent first, without the users in exclude.
	DueUsers(ctx context.Context, now time.Time, limit int, exclude []string) ([]bridge.Due, error)
	// NextDue returns when the earliest mark of the future falls due, false if there is none.
	NextDue(ctx context.Context, now time.Time) (time.Time, bool, error)
	// Settle ends a mark (zero next) or moves it to next; a mark of a newer version stays.
	Settle(ctx context.Context, d bridge.Due, next time.Time) error
	// Postpone moves a mark after a failure; a mark of a newer version stays.
	Postpone(ctx context.Context, d bridge.Due, at time.Time, attempts int, parked string, ev *bridge.Event) error
	Subject(ctx context.Context, customerID, userID string) (bridge.Subject, error)
}

// Ledger keeps links and the calls made on them.
type Ledger interface {
	// ReserveLink reserves a login for a user. Error: Taken, another user holds it.
	ReserveLink(ctx context.Context, l bridge.Link) error
	// DropReservation frees a login that was reserved for an account that was never made.
	DropReservation(ctx context.Context, customerID, userID string) error
	// SaveLink records what was read. Error: Taken.
	SaveLink(ctx context.Context, l bridge.Link, ev *bridge.Event) error
	// BeginIntent commits that a call is about to be sent. Errors: Lost (the lease), Conflict (the user or the customer
	// changed, or a call of the user is open): nothing may be sent.
	BeginIntent(ctx context.Context, in bridge.Intent, lease bridge.Lease) error
	// EndIntent commits the result of a call, with the link that follows from it.
	EndIntent(ctx context.Context, in bridge.Intent, link *bridge.Link, ev *bridge.Event) error
}

// Leases gives the right to call Okta to one process at a time.
type Leases interface {
	AcquireLease(ctx context.Context, name, holder string, ttl time.Duration) (bridge.Lease, bool, error)
	ReleaseLease(ctx context.Context, l bridge.Lease) error
	// Wakes delivers a value, coalesced, whenever something became due.
	Wakes(ctx context.Context) (<-chan struct{}, error)
}

// Census counts removals, per customer and over all, and keeps the holds that follow.
type Census interface {
	Removals(ctx context.Context, customerID string, now time.Time) (bridge.RemovalCount, error)
	GlobalRemovals(ctx context.Context, since time.Time) (started, active, held, customers int, err error)
	// OpenHold reports whether it opened the hold; one that is open already stays as it is.
	OpenHold(ctx context.Context, h bridge.Hold, ev bridge.Event) (bool, error)
	CloseHold(ctx context.Context, customerID string, at time.Time, ev bridge.Event) error
	Holds(ctx context.Context) ([]bridge.Hold, error)
}

// Upkeep is the housekeeping of the lease holder.
type Upkeep interface {
	// NumberEvents numbers committed events and returns how many.
	NumberEvents(ctx context.Context, limit int) (int, error)
	FoldBlocks(ctx context.Context) error
	SamplePeaks(ctx context.Context, now time.Time) error
	SetState(ctx context.Context, name, value string) error
	// DueOf counts the customer's users due with this rank, without those that are parked.
	DueOf(ctx context.Context, customerID string, r bridge.Rank) (int, error)
}

// Drain takes the flags off after a disconnect.
type Drain interface {
	Customers(ctx context.Context) ([]bridge.Customer, error)
	// ReleaseUsers takes isSCIMConnected off up to limit users, and marks those with an account due.
	ReleaseUsers(ctx context.Context, customerID string, limit int) (int, error)
	ChangeCustomer(ctx context.Context, slug string, change func(*bridge.Customer) (bridge.Event, error)) (bridge.Customer, error)
	// StillActive names the removed users whose accounts still let them in; at most limit.
	StillActive(ctx context.Context, limit int) ([]bridge.Link, int, error)
}

// Store is all that the syncer needs of the store.
type Store interface {
	Queue
	Ledger
	Leases
	Census
	Upkeep
	Drain
}
