package store

import (
	"context"
	"strconv"
	"time"

	"drawbridge/bridge"
)

const (
	tokensToEnd = `SELECT id FROM tokens WHERE customer_id = ? AND revoked_at = 0 ORDER BY id`
	endTokens   = `UPDATE tokens SET revoked_at = ? WHERE customer_id = ? AND revoked_at = 0`
	lastCall    = `SELECT COALESCE(MAX(deadline), 0) FROM intents WHERE customer_id = ? AND state IN ` + openStates
	cutCustomer = `UPDATE customers SET state = 'disconnecting', epoch = epoch + 1, paused_at = 0, paused_until = 0, pause_answer = '', waiting_since = 0, joining_since = 0, disconnected_by = ?, verify_from = ?, modified_at = ? WHERE id = ?`

	restoreAsPlanned = `INSERT INTO restorations (user_id, customer_id, plan_id, late_from, late_until)
SELECT r.user_id, r.customer_id, r.plan_id, 0, 0 FROM plan_rows r WHERE r.customer_id = ? AND r.plan_id = ? AND r.outcome = 'restore'
ON CONFLICT (user_id) DO UPDATE SET plan_id = excluded.plan_id, late_from = 0, late_until = 0`

	// Okta tells in whole seconds when a status began.
	restoreInFlight = `INSERT INTO restorations (user_id, customer_id, plan_id, late_from, late_until)
SELECT i.user_id, i.customer_id, ?, i.sent_at - 1000000, i.deadline + ? FROM intents i WHERE i.customer_id = ? AND i.revokes AND i.state IN ` + openStates + `
ON CONFLICT (user_id) DO UPDATE SET plan_id = excluded.plan_id, late_from = excluded.late_from, late_until = excluded.late_until`
)

// Cut implements bridge.PlanStore. A call of the syncer begins either before this commit, and is found here, or after it,
// and is refused: both take the customer's row.
func (s *Store) Cut(ctx context.Context, cut bridge.Cut) (bridge.Customer, error) {
	var c bridge.Customer
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockCustomer(ctx, customerByID, cut.Plan.CustomerID)
		if err != nil {
			return err
		}
		p, err := tx.plan(ctx, row.ID, cut.Plan.Number)
		if err != nil {
			return err
		}
		if p.State != bridge.PlanConfirmed || p.Hash != cut.Plan.Hash || p.Epoch != row.Epoch {
			return refusal(bridge.Conflict, "the plan or the connection has changed meanwhile; make a new plan")
		}
		p.State, p.RunAt = bridge.PlanRunning, cut.At
		if err := tx.savePlan(ctx, p); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, convertAsPlanned, row.ID, p.ID); err != nil {
			return err
		}
		verify, err := tx.writeRestorations(ctx, p, cut)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, cutCustomer, p.Number, micros(verify), micros(cut.At), row.ID); err != nil {
			return err
		}
		events, err := tx.endAccess(ctx, row.ID, cut.At, cut.Events)
		if err != nil {
			return err
		}
		data := map[string]string{"plan": strconv.FormatInt(p.Number, 10), "hash": p.Hash, "accepted_by": p.Accepted}
		if err := tx.addEvents(ctx, append(events, cut.Events(bridge.EventCustomerDisconnect, data))...); err != nil {
			return err
		}
		row, err = tx.lockCustomer(ctx, customerByID, row.ID)
		c = row.customer()
		return err
	})
	if err != nil {
		return bridge.Customer{}, failed("cut a connection", err)
	}
	s.Wake()
	return c, nil
}

// writeRestorations writes down who gets access back, and returns from when on a read proves anything: when the last call
// that is under way can no more leave.
func (c *session) writeRestorations(ctx context.Context, p bridge.Plan, cut bridge.Cut) (time.Time, error) {
	if _, err := c.exec(ctx, restoreAsPlanned, p.CustomerID, p.ID); err != nil {
		return time.Time{}, err
	}
	if _, err := c.exec(ctx, restoreInFlight, p.ID, cut.LateFor.Microseconds(), p.CustomerID); err != nil {
		return time.Time{}, err
	}
	var last int64
	if _, err := c.get(ctx, &last, lastCall, p.CustomerID); err != nil {
		return time.Time{}, err
	}
	if over := moment(last).Add(time.Second); over.After(cut.At) {
		return over, nil
	}
	return cut.At, nil
}

// endAccess ends the customer's tokens and its hold, and returns the events of that.
func (c *session) endAccess(ctx context.Context, customerID string, at time.Time, event func(string, map[string]string) bridge.Event) ([]bridge.Event, error) {
	var tokens []string
	if err := c.list(ctx, &tokens, tokensToEnd, customerID); err != nil {
		return nil, err
	}
	if _, err := c.exec(ctx, endTokens, micros(at), customerID); err != nil {
		return nil, err
	}
	var events []bridge.Event
	for _, id := range tokens {
		events = append(events, event(bridge.EventTokenRevoked, map[string]string{"token": id}))
	}
	n, err := c.exec(ctx, closeHold, micros(at), customerID)
	if n > 0 {
		events = append(events, event(bridge.EventHoldClosed, map[string]string{"because": "the customer was disconnected"}))
	}
	return events, err
}

// follows reports whether a plan may end so from where it stands.
func follows(to, from bridge.PlanState) bool {
	if to == bridge.PlanUndone {
		return from == bridge.PlanUndoing
	}
	return from == bridge.PlanRunning || from == bridge.PlanDone
}

const (
	startSweep = `UPDATE customers SET verify_from = ? WHERE id = ? AND disconnected_by = ? AND verify_from < ?`

	markForSweep = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
SELECT u.id, u.customer_id, 5, ?, u.version, 0, '' FROM customers c JOIN users u ON u.customer_id = c.id
  JOIN links l ON l.customer_id = u.customer_id AND l.user_id = u.id
WHERE c.id = ? AND l.okta_id IS NOT NULL AND (l.read_at < c.verify_from OR l.read_at < c.review_since)
  AND NOT EXISTS (SELECT 1 FROM due d WHERE d.customer_id = u.customer_id AND d.user_id = u.id AND d.rank < 6)
ORDER BY u.ordinal LIMIT ?
ON CONFLICT (user_id) DO UPDATE SET rank = 5, due_at = excluded.due_at, version = excluded.version, attempts = 0, parked = ''`

	openCalls = `SELECT COUNT(*) FROM intents WHERE customer_id = ? AND state IN ` + openStates

	finishCustomer = `UPDATE customers SET state = 'disconnected', modified_at = ? WHERE id = ? AND state = 'disconnecting' AND disconnected_by = ?`
)

// StartSweep says that only reads after at prove a disconnect, unless that was said since its plan was done.
func (s *Store) StartSweep(ctx context.Context, p bridge.Plan, at time.Time) error {
	err := s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, startSweep, micros(at), p.CustomerID, p.Number, micros(p.RunAt.Add(bridge.SweepAgain)))
		return err
	})
	return failed("start a sweep", err)
}

// MarkForSweep marks up to limit accounts of a customer due that were not read since its disconnect is proven by reads, or since a
// restore, and returns how many. Whoever is due already, or stuck, is left out.
func (s *Store) MarkForSweep(ctx context.Context, customerID string, limit int) (int, error) {
	var n int
	err := s.again(ctx, func() (err error) {
		n, err = s.writing().exec(ctx, markForSweep, micros(s.now()), customerID, limit)
		return err
	})
	if err == nil && n > 0 {
		s.Wake()
	}
	return n, failed("mark accounts for a sweep", err)
}

// OpenCalls counts the calls of a customer that may be in flight or whose effect is not known.
func (s *Store) OpenCalls(ctx context.Context, customerID string) (int, error) {
	var n int
	_, err := s.reading().get(ctx, &n, openCalls, customerID)
	return n, failed("count the open calls of a customer", err)
}

// FinishPlan ends a plan that was running, swept or undone, with its event; a plan that runs makes its customer disconnected.
// A plan that was undone meanwhile stays as it is.
func (s *Store) FinishPlan(ctx context.Context, p bridge.Plan, at time.Time, ev bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockCustomer(ctx, customerByID, p.CustomerID); err != nil {
			return err
		}
		was, err := tx.plan(ctx, p.CustomerID, p.Number)
		if err != nil || !follows(p.State, was.State) {
			return err
		}
		if err := tx.savePlan(ctx, p); err != nil {
			return err
		}
		if p.State == bridge.PlanDone {
			if _, err := tx.exec(ctx, finishCustomer, micros(at), p.CustomerID, p.Number); err != nil {
				return err
			}
		}
		return tx.addEvents(ctx, ev)
	})
	return failed("end a plan", err)
}
