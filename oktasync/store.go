package oktasync

import (
	"context"
	"time"

	"drawbridge/bridge"
)

// Queue is what is due, and what is known of each subject.
type Queue interface {
	// DueUsers returns who is due with a rank up to most, most urgent first, without the users in exclude.
	DueUsers(ctx context.Context, now time.Time, most bridge.Rank, limit int, exclude []string) ([]bridge.Look, error)
	// NextDue returns when the earliest mark of the future falls due, false if there is none.
	NextDue(ctx context.Context, now time.Time) (time.Time, bool, error)
	// Settle ends marks or moves them to a later time; a mark of a newer version stays.
	Settle(ctx context.Context, settled []bridge.Settlement) error
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
	// CloseHold closes a hold unless a removal waits that nobody has let through, and reports whether it did.
	CloseHold(ctx context.Context, customerID string, at time.Time, ev bridge.Event) (bool, error)
	// HeldCount counts the removals of a customer that wait and that nobody has let through.
	HeldCount(ctx context.Context, customerID string) (int, error)
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

// Purges forget the people of deleted customers.
type Purges interface {
	// CustomersToPurge lists the deleted customers of whose people something may be left.
	CustomersToPurge(ctx context.Context) ([]bridge.Customer, error)
	// PurgeCustomer forgets up to limit people, groups or requests, and returns how many; 0: none is left.
	PurgeCustomer(ctx context.Context, customerID string, limit int) (int, error)
	// EndPurge forgets the rest, with the event that tells of so many accounts that are remembered, and reports whether that was all.
	EndPurge(ctx context.Context, customerID string, at time.Time, limit int, event func(data map[string]string) bridge.Event) (bool, error)
	// Tombstoned reports whether an account was one of a deleted customer's people, or is marked as such a customer's.
	Tombstoned(ctx context.Context, oktaID, customerID string) (bool, error)
}

// IdPRecord keeps what was read of the customers' identity providers.
type IdPRecord interface {
	// CustomerIdPs lists the customers that have one, each with what was last read of it.
	CustomerIdPs(ctx context.Context) ([]bridge.CustomerIdP, error)
	SaveIdP(ctx context.Context, p bridge.OktaIdP) error
}

// Plans are carried out after the cut of a connection, and undone.
type Plans interface {
	// PlansAtWork lists the plans that are being carried out or undone.
	PlansAtWork(ctx context.Context) ([]bridge.Plan, error)
	// PlansToSweep lists those done whose accounts are to be read once more, of the cuts up to that time.
	PlansToSweep(ctx context.Context, cut time.Time) ([]bridge.Plan, error)
	// StartSweep says that only reads after at prove the disconnect, unless it was said before.
	StartSweep(ctx context.Context, p bridge.Plan, at time.Time) error
	// MarkForSweep marks up to limit accounts due that were not read since, and returns how many.
	MarkForSweep(ctx context.Context, customerID string, limit int) (int, error)
	AddLateRows(ctx context.Context, p bridge.Plan) error
	// FinishRows writes what became of up to limit people of a plan, and returns how many.
	FinishRows(ctx context.Context, p bridge.Plan, limit int) (int, error)
	// FinishPlan ends a plan that was running, swept or undone, with its event.
	FinishPlan(ctx context.Context, p bridge.Plan, at time.Time, ev bridge.Event) error
	// BeginWaves makes due whoever is to be converted to a password by now.
	BeginWaves(ctx context.Context, now time.Time) error
	// SaveConversion writes how far a conversion is; one that was stopped meanwhile stays as it is.
	SaveConversion(ctx context.Context, c bridge.Conversion, ev *bridge.Event) error
	// ReleaseUsers takes isSCIMConnected off up to limit users, and marks those with an account due.
	ReleaseUsers(ctx context.Context, customerID string, limit int) (int, error)
	// RejoinUsers puts isSCIMConnected on again for up to limit users, and marks them due.
	RejoinUsers(ctx context.Context, customerID string, limit int) (int, error)
	DropRestorations(ctx context.Context, customerID string) error
	// OpenCalls counts the customer's calls that may be in flight or whose effect is not known.
	OpenCalls(ctx context.Context, customerID string) (int, error)
	// StillActive names the removed users whose accounts still let them in; at most limit.
	StillActive(ctx context.Context, limit int) ([]bridge.Link, int, error)
}

// RecordStore keeps what the records in Okta are compared with.
type RecordStore interface {
	Counter(ctx context.Context) (bridge.Counter, error)
	// SaveCounter fails with Lost where the lease is not held.
	SaveCounter(ctx context.Context, lease bridge.Lease, c bridge.Counter) error
	// Records lists what Okta should keep of each customer that is not frozen.
	Records(ctx context.Context) ([]bridge.KeptRecord, error)
	SaveRecord(ctx context.Context, customerID, oktaID string, put bridge.CustomerRecord) error
	// Freeze has every customer that is not off wait for an approval, with the counter, and returns how many. Error: Lost.
	Freeze(ctx context.Context, lease bridge.Lease, c bridge.Counter, at time.Time, event func(customerID string) bridge.Event) (int, error)
}

// ReviewStore keeps what is found after a restore.
type ReviewStore interface {
	FrozenCustomers(ctx context.Context) ([]bridge.Customer, error)
	// RecordID is where Okta keeps a customer's record; empty: not known.
	RecordID(ctx context.Context, customerID string) (string, error)
	Found(ctx context.Context, customerID string) (bridge.Found, error)
	SaveFound(ctx context.Context, customerID string, f bridge.Found) error
	// Strangers returns those of the keys that no user of the customer has.
	Strangers(ctx context.Context, customerID string, keys []string) ([]string, error)
	// NoteOut keeps that an account lets nobody in whose user is active here.
	NoteOut(ctx context.Context, customerID, userID, status string, byUs bool) error
}

// Store is all that the syncer needs of the store.
type Store interface {
	RecordStore
	ReviewStore
	Queue
	Ledger
	Leases
	Census
	LoginHolds
	Upkeep
	IdPRecord
	Plans
	Returns
	Purges
}
