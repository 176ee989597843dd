package oktasync

import (
	"context"
	"encoding/json"
	"time"

	"drawbridge/bridge"
)

// BucketsState is the name under which the syncer publishes the state of Okta's limits: a list of BucketState.
const BucketsState = "buckets"

// How often the lease holder does its chores.
const (
	numberEvery = 500 * time.Millisecond
	foldEvery   = 5 * time.Second
	sampleEvery = time.Minute
	numberBatch = 1000
)

// keepHouse numbers events, folds counts, samples peaks, closes empty holds, drains disconnects and purges deleted customers, until ctx ends.
//
// What leads to a call or ends one waits until the database is proven to be no older copy of itself.
func (s *Syncer) keepHouse(ctx context.Context, proven <-chan struct{}) {
	var folded, sampled time.Time
	for {
		now := s.Now()
		s.chore(ctx, "numbering events", s.numberEvents)
		s.chore(ctx, "publishing Okta's limits", s.publishBuckets)
		if closed(proven) {
			s.chore(ctx, "carrying out disconnects", s.carryOut)
			s.chore(ctx, "forgetting the people of deleted customers", s.purge)
		}
		if now.Sub(folded) >= foldEvery {
			if s.RunDue != nil && closed(proven) {
				s.chore(ctx, "doing what was put off until now", s.RunDue)
			}
			s.chore(ctx, "beginning waves", func(ctx context.Context) error { return s.Store.BeginWaves(ctx, now) })
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

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
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

// closeEmptyHolds closes the holds of customers of whom no removal waits any more that nobody has let through.
func (s *Syncer) closeEmptyHolds(ctx context.Context) error {
	holds, err := s.Store.Holds(ctx)
	if err != nil {
		return err
	}
	for _, h := range holds {
		n, err := s.Store.HeldCount(ctx, h.CustomerID)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if _, err := s.Store.CloseHold(ctx, h.CustomerID, s.Now(), s.newEvent(h.CustomerID, bridge.EventHoldClosed, nil)); err != nil {
			return err
		}
	}
	return nil
}
