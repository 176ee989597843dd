package oktasync

import (
	"context"
	"errors"
	"time"

	"drawbridge/bridge"
)

// purgeSettles is how long after its deletion a customer's purge ends at the earliest: by then other processes have stored what
// they had in hand of it, such as requests, and that is forgotten too.
const purgeSettles = 5 * time.Minute

// purge forgets a batch of the people of each deleted customer. Nothing is read or written in Okta. Each batch is one commit, and
// what a process that dies leaves undone is there for the next one.
func (s *Syncer) purge(ctx context.Context) error {
	customers, err := s.Store.CustomersToPurge(ctx)
	if err != nil {
		return err
	}
	var all error
	for _, c := range customers {
		all = errors.Join(all, s.purgeOne(ctx, c))
	}
	return all
}

func (s *Syncer) purgeOne(ctx context.Context, c bridge.Customer) error {
	n, err := s.Store.PurgeCustomer(ctx, c.ID, planBatch)
	now := s.Now()
	if err != nil || n > 0 || now.Before(c.Modified.Add(purgeSettles)) {
		return err
	}
	_, err = s.Store.EndPurge(ctx, c.ID, now, planBatch, func(data map[string]string) bridge.Event {
		return s.newEvent(c.ID, bridge.EventCustomerPurged, data)
	})
	return err
}
