package notify

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"drawbridge/bridge"
)

// poll is how often the store is looked at.
const poll = 5 * time.Second

// NoticeStore keeps notices.
type NoticeStore interface {
	bridge.NoticeStore
	// RaiseNotice stores a notice and reports whether it did: one of its subject that is open stays as it is.
	RaiseNotice(ctx context.Context, n bridge.Notice) (bool, error)
}

// CauseReader reads what people must be told of.
type CauseReader interface {
	Holds(ctx context.Context) ([]bridge.Hold, error)
	// LoginHolds lists the customers of whom logins wait for an answer.
	LoginHolds(ctx context.Context) ([]bridge.LoginHold, error)
	DueOf(ctx context.Context, customerID string, r bridge.Rank) (int, error)
	Customers(ctx context.Context) ([]bridge.Customer, error)
	// FrozenCustomers lists those that wait for an approval after a restore.
	FrozenCustomers(ctx context.Context) ([]bridge.Customer, error)
	CustomerByID(ctx context.Context, id string) (bridge.Customer, error)
}

// StateStore keeps values by name.
type StateStore interface {
	// State is empty where nothing was kept.
	State(ctx context.Context, name string) (value string, at time.Time, err error)
	SetState(ctx context.Context, name, value string) error
}

// Store is what a Notifier needs of a store.
type Store interface {
	NoticeStore
	CauseReader
	StateStore
	Contacts(ctx context.Context, customerID string) ([]bridge.Contact, error)
}

// Options make a Notifier; all are required, but there may be no channels: then notices are kept and nobody is told.
type Options struct {
	Store    Store
	Channels []*Channel
	Now      func() time.Time
	NewID    func() string
	Log      *slog.Logger
}

// Notifier raises notices, tells people of them and closes them. Its only method is Run.
type Notifier struct {
	store    Store
	channels []*Channel
	now      func() time.Time
	newID    func() string
	log      *slog.Logger

	stalled   []bridge.Notice // disconnects that took too long at stalledAt
	stalledAt time.Time

	mu    sync.Mutex
	rests map[string]rest // by name of a channel that fails
}

// New makes a Notifier.
func New(o Options) *Notifier {
	// Times are kept in microseconds; what is compared with them must have no more.
	now := func() time.Time { return o.Now().UTC().Truncate(time.Microsecond) }
	return &Notifier{store: o.Store, channels: o.Channels, now: now, newID: o.NewID, log: o.Log, rests: map[string]rest{}}
}

// Run works until ctx ends, and returns nil then. Failures are logged and tried again.
func (n *Notifier) Run(ctx context.Context) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	if err := n.publishNames(ctx); err != nil && ctx.Err() == nil {
		n.log.WarnContext(ctx, "the list of channels could not be kept; `drawbridge doctor` does not know it", "error", err)
	}
	for {
		if err := n.tick(ctx); err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "notices could not be looked after; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// tick brings the notices in line with their causes and tells what is due. Where the causes cannot be read none is taken for gone.
func (n *Notifier) tick(ctx context.Context) error {
	now := n.now()
	err := n.follow(ctx, now)
	live, readErr := n.store.LiveNotices(ctx)
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	return errors.Join(err, n.tellDue(ctx, now, live))
}

// follow raises, retells and closes notices as their causes demand.
func (n *Notifier) follow(ctx context.Context, now time.Time) error {
	wanted, err := n.causes(ctx, now)
	if err != nil {
		return err
	}
	live, err := n.store.LiveNotices(ctx)
	if err != nil {
		return err
	}
	open := map[string]bridge.Notice{}
	for _, have := range live {
		if have.Closed.IsZero() {
			open[have.Subject] = have
		}
	}
	for _, w := range wanted {
		have, ok := open[w.Subject]
		delete(open, w.Subject)
		switch {
		case !ok:
			err = errors.Join(err, n.raise(ctx, w, now))
		case !slices.Equal(have.Text, w.Text):
			_, failed := n.store.ChangeNotice(ctx, have.CustomerID, have.ID, func(kept *bridge.Notice) bool {
				kept.Text = w.Text
				return kept.Closed.IsZero()
			})
			err = errors.Join(err, failed)
		}
	}
	for _, gone := range open {
		_, failed := n.store.ChangeNotice(ctx, gone.CustomerID, gone.ID, func(kept *bridge.Notice) bool {
			if !kept.Closed.IsZero() {
				return false
			}
			kept.Close(now)
			return true
		})
		err = errors.Join(err, failed)
	}
	return err
}

func (n *Notifier) raise(ctx context.Context, w bridge.Notice, now time.Time) error {
	w.ID, w.Created, w.Due = n.newID(), now, now
	raised, err := n.store.RaiseNotice(ctx, w)
	if raised {
		n.log.WarnContext(ctx, "people must be told: "+w.Text[0], "notice", w.Subject)
	}
	return err
}
