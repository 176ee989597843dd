package oktasync

import (
	"context"

	"drawbridge/bridge"
)

// Reconcile brings one account to what it should be, as a desk does.
func (s *Syncer) Reconcile(ctx context.Context, lease bridge.Lease, d bridge.Due) {
	s.reconcile(ctx, lease, d)
}

// CarryOut brings every disconnect a step further, as the chores do.
func (s *Syncer) CarryOut(ctx context.Context) error { return s.carryOut(ctx) }

// CloseEmptyHolds closes the holds in which nobody waits, as the chores do.
func (s *Syncer) CloseEmptyHolds(ctx context.Context) error { return s.closeEmptyHolds(ctx) }

// Purge forgets a batch of the people of each deleted customer, as the chores do.
func (s *Syncer) Purge(ctx context.Context) error { return s.purge(ctx) }
