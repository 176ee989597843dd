package oktasync

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"drawbridge/bridge"
)

// BucketsState is the name under which the syncer publishes the state of Okta's limits: a list of BucketState.
const BucketsState = "buckets"

// How often the lease holder does its chores.
const (
	numberEvery  = 500 * time.Millisecond
	foldEvery    = 5 * time.Second
	sampleEvery  = time.Minute
	numberBatch  = 1000
	releaseBatch = 500
)

// keepHouse numbers events, folds counts, samples peaks, closes empty holds and drains disconnects, until ctx ends.
func (s *Syncer) keepHouse(ctx context.Context) {
	var folded, sampled time.Time
	for {
		now := s.Now()
		s.chore(ctx, "numbering events", s.numberEvents)
		s.chore(ctx, "publishing Okta's limits", s.publishBuckets)
		s.chore(ctx, "draining a disconnect", s.drain)
		if now.Sub(folded) >= foldEvery {
			s.chore(ctx, "folding counts", s.Store.FoldBlocks)
			s.chore(ctx, "closing empty holds", s.closeEmptyHolds)
			folded = now
		}
		if now.Sub(sampled) >= sampleEvery {
			s.chore(ctx, "sampling how many are active", func(ctx context.Context) error { return s.Store.SamplePeaks(ctx, now) })
			sampled = now
		}
		if !pause(ctx, numberEvery) {
			return
		}
	}
}

func (s *Syncer) chore(ctx context.Context, what string, do func(context.Context) error) {
	if err := do(ctx); err != nil && ctx.Err() == nil {
		s.Log.ErrorContext(ctx, what+" failed; it is tried again", "error", err)
	}
}

// publishBuckets shows other processes what is known of Okta's limits; an unchanged state is not written again.
func (s *Syncer) publishBuckets(ctx context.Context) error {
	if s.Buckets == nil {
		return nil
	}
	value, err := json.Marshal(s.Buckets())
	if err != nil || string(value) == s.published {
		return err
	}
	s.published = string(value)
	return s.Store.SetState(ctx, BucketsState, s.published)
}

func (s *Syncer) numberEvents(ctx context.Context) error {
	for {
		n, err := s.Store.NumberEvents(ctx, numberBatch)
		if err != nil || n < numberBatch {
			return err
		}
	}
}

// closeEmptyHolds closes the holds of customers of whom no removal waits any more.
func (s *Syncer) closeEmptyHolds(ctx context.Context) error {
	holds, err := s.Store.Holds(ctx)
	if err != nil {
		return err
	}
	for _, h := range holds {
		n, err := s.Store.DueOf(ctx, h.CustomerID, bridge.RankRevoke)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if err := s.Store.CloseHold(ctx, h.CustomerID, s.Now(), s.newEvent(h.CustomerID, bridge.EventHoldClosed, nil)); err != nil {
			return err
		}
	}
	return nil
}

// drain takes isSCIMConnected off everybody of a customer that was disconnected, and calls the customer disconnected
// when Okta has the flags, except for those that are stuck, which stay visible as such.
func (s *Syncer) drain(ctx context.Context) error {
	customers, err := s.Store.Customers(ctx)
	if err != nil {
		return err
	}
	var all error
	for _, c := range customers {
		if c.State == bridge.Disconnecting {
			all = errors.Join(all, s.drainCustomer(ctx, c))
		}
	}
	return all
}

func (s *Syncer) drainCustomer(ctx context.Context, c bridge.Customer) error {
	for {
		n, err := s.Store.ReleaseUsers(ctx, c.ID, releaseBatch)
		if err != nil {
			return err
		}
		if n < releaseBatch {
			break
		}
	}
	for rank := bridge.RankContain; rank < bridge.RankLater; rank++ {
		n, err := s.Store.DueOf(ctx, c.ID, rank)
		if err != nil || n > 0 {
			return err
		}
	}
	_, err := s.Store.ChangeCustomer(ctx, c.Slug, func(c *bridge.Customer) (bridge.Event, error) {
		if c.State != bridge.Disconnecting {
			return bridge.Event{}, &bridge.Error{Code: bridge.Conflict, Message: "the customer is " + string(c.State)}
		}
		c.State, c.Modified = bridge.Disconnected, s.Now()
		ev := s.newEvent(c.ID, bridge.EventCustomerDisconnected, nil)
		ev.Epoch = c.Epoch
		return ev, nil
	})
	return err
}
