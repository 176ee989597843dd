package oktasync

import (
	"context"
	"errors"

	"drawbridge/bridge"
)

// planBatch is how many people of a plan one statement handles.
const planBatch = 500

// carryOut brings every disconnect a step further: those that are running, those that are undone, and those whose accounts
// are to be read once more. Each step may be cut off anywhere and is taken up again.
func (s *Syncer) carryOut(ctx context.Context) error {
	plans, err := s.Store.PlansAtWork(ctx)
	if err != nil {
		return err
	}
	var all error
	for _, p := range plans {
		if p.State == bridge.PlanUndoing {
			all = errors.Join(all, s.rejoin(ctx, p))
		} else {
			all = errors.Join(all, s.drain(ctx, p))
		}
	}
	all = errors.Join(all, s.joinAll(ctx))
	swept, err := s.Store.PlansToSweep(ctx, s.Now().Add(-bridge.SweepAgain))
	for _, p := range swept {
		all = errors.Join(all, s.sweep(ctx, p))
	}
	return errors.Join(all, err)
}

// drain takes isSCIMConnected off everybody of a customer that was cut off, and calls it disconnected when every account has
// the flags and was read after the last call of before could land. Whoever is stuck stays visible as such, and in the report.
func (s *Syncer) drain(ctx context.Context, p bridge.Plan) error {
	if err := inBatches(ctx, func(ctx context.Context) (int, error) { return s.Store.ReleaseUsers(ctx, p.CustomerID, planBatch) }); err != nil {
		return err
	}
	if s.Records != nil && !s.records.cutOnRecord(p.CustomerID) {
		return nil // a restore from here on would forget it
	}
	if rest, err := s.atRest(ctx, p.CustomerID); err != nil || !rest {
		return err
	}
	if err := s.Store.AddLateRows(ctx, p); err != nil {
		return err
	}
	if err := inBatches(ctx, func(ctx context.Context) (int, error) { return s.Store.FinishRows(ctx, p, planBatch) }); err != nil {
		return err
	}
	p.State, p.Finished = bridge.PlanDone, s.Now()
	return s.finish(ctx, p, bridge.EventCustomerDisconnected)
}

// rejoin brings everybody back under SCIM after a disconnect was undone.
func (s *Syncer) rejoin(ctx context.Context, p bridge.Plan) error {
	if back, err := s.bringBack(ctx, p.CustomerID); err != nil || !back {
		return err
	}
	p.State = bridge.PlanUndone
	return s.finish(ctx, p, bridge.EventPlanUndone)
}

// sweep reads all accounts once more a day after a cut: what landed late is seen, and given back.
func (s *Syncer) sweep(ctx context.Context, p bridge.Plan) error {
	if err := s.Store.StartSweep(ctx, p, s.Now()); err != nil {
		return err
	}
	if err := inBatches(ctx, func(ctx context.Context) (int, error) { return s.Store.MarkForSweep(ctx, p.CustomerID, planBatch) }); err != nil {
		return err
	}
	if rest, err := s.atRest(ctx, p.CustomerID); err != nil || !rest {
		return err
	}
	p.Swept = s.Now()
	return s.finish(ctx, p, bridge.EventCustomerSwept)
}

func (s *Syncer) finish(ctx context.Context, p bridge.Plan, kind string) error {
	return s.Store.FinishPlan(ctx, p, s.Now(), s.newEvent(p.CustomerID, kind, nil))
}

// atRest reports whether nothing of the customer is due that is not stuck.
func (s *Syncer) atRest(ctx context.Context, customerID string) (bool, error) {
	for rank := bridge.RankContain; rank < bridge.RankLater; rank++ {
		n, err := s.Store.DueOf(ctx, customerID, rank)
		if err != nil || n > 0 {
			return false, err
		}
	}
	return true, nil
}

// inBatches repeats do until it has less to do than a batch.
func inBatches(ctx context.Context, do func(context.Context) (int, error)) error {
	for {
		n, err := do(ctx)
		if err != nil || n < planBatch {
			return err
		}
	}
}
