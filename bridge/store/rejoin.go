package store

import (
	"context"
	"encoding/json"
	"strconv"

	"drawbridge/bridge"
)

const (
	uncutCustomer = `UPDATE customers SET state = 'held', epoch = epoch + 1, disconnected_by = 0, verify_from = 0, modified_at = ? WHERE id = ?`

	rejoinUsers = `UPDATE users SET connected = TRUE, version = version + 1
WHERE customer_id = $1 AND NOT connected AND NOT EXISTS (SELECT 1 FROM unmanaged m WHERE m.customer_id = users.customer_id AND m.user_id = users.id)
  AND ordinal <= (SELECT MAX(ordinal) FROM (
    SELECT u.ordinal FROM users u WHERE u.customer_id = $1 AND NOT u.connected
      AND NOT EXISTS (SELECT 1 FROM unmanaged m WHERE m.customer_id = u.customer_id AND m.user_id = u.id) ORDER BY u.ordinal LIMIT $2) AS first)
RETURNING id, version`

	rejoinedSQLite   = joinedHead + `'` + bridge.EventUserRejoined + `'` + joinedMiddle + fromJSON + releasedTail
	rejoinedPostgres = joinedHead + `'` + bridge.EventUserRejoined + `'` + joinedMiddle + fromJSONB + releasedTail

	// A removal that is in force waits in the hold; whoever else has an account has flags to write, and whoever is active and
	// has none gets one.
	rejoinedDueHead = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
SELECT u.id, u.customer_id, CASE WHEN u.removed_at <> 0 AND NOT u.active THEN 1 WHEN l.okta_id IS NULL THEN 3 ELSE 5 END, ?, u.version, 0, ''
FROM `
	rejoinedDueTail = ` AS e CROSS JOIN users u LEFT JOIN links l ON l.customer_id = u.customer_id AND l.user_id = u.id
WHERE u.customer_id = ? AND u.id = e.value ->> 1 AND (u.active OR l.okta_id IS NOT NULL)` + replaceMark
	rejoinedDueSQLite   = rejoinedDueHead + fromJSON + rejoinedDueTail
	rejoinedDuePostgres = rejoinedDueHead + fromJSONB + rejoinedDueTail

	dropRestorations = `DELETE FROM restorations WHERE customer_id = ?`
)

// Uncut implements bridge.PlanStore. The hold is there before anybody comes back under SCIM.
func (s *Store) Uncut(ctx context.Context, u bridge.Uncut) (bridge.Customer, error) {
	var c bridge.Customer
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockCustomer(ctx, customerByID, u.Plan.CustomerID)
		if err != nil {
			return err
		}
		if row.CutBy != u.Plan.Number || row.CutBy == 0 {
			return refusal(bridge.Conflict, "this disconnect is not in force any more")
		}
		p, err := tx.plan(ctx, row.ID, row.CutBy)
		if err != nil {
			return err
		}
		p.State, p.Undone, p.UndoneBy = bridge.PlanUndoing, u.At, u.Actor.Name
		if err := tx.savePlan(ctx, p); err != nil {
			return err
		}
		if _, err := tx.stopWaves(ctx, p, u.At); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, uncutCustomer, micros(u.At), row.ID); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, openHold, u.HoldID, row.ID, micros(u.At), bridge.HoldUndone, u.Sentence); err != nil {
			return err
		}
		plan := map[string]string{"plan": strconv.FormatInt(p.Number, 10)}
		events := []bridge.Event{u.Events(bridge.EventCustomerRejoined, plan), u.Events(bridge.EventHoldOpened, map[string]string{"code": bridge.HoldUndone})}
		if err := tx.addEvents(ctx, events...); err != nil {
			return err
		}
		row, err = tx.lockCustomer(ctx, customerByID, row.ID)
		c = row.customer()
		return err
	})
	if err != nil {
		return bridge.Customer{}, failed("undo a disconnect", err)
	}
	s.Wake()
	return c, nil
}

const undoingOf = `SELECT (SELECT COUNT(*) FROM plans WHERE customer_id = $1 AND state = 'undoing') + (SELECT COUNT(*) FROM customers WHERE id = $1 AND joining_since <> 0)`

// undoing reports whether a disconnect of the customer is being undone, or the customer has reconnected, and people of it are
// still to come back under SCIM.
func (c *session) undoing(ctx context.Context, customerID string) (bool, error) {
	var n int
	_, err := c.get(ctx, &n, undoingOf, customerID)
	return n > 0, err
}

// RejoinUsers puts up to limit users of a customer under SCIM again, in the order of their ordinals: each gets a version, an
// event, and a mark. It returns how many. Whom a person released singly stays out.
func (s *Store) RejoinUsers(ctx context.Context, customerID string, limit int) (int, error) {
	var rows []flagged
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		rows = nil
		if err := tx.list(ctx, &rows, rejoinUsers, customerID, limit); err != nil || len(rows) == 0 {
			return err
		}
		list, err := json.Marshal(s.withEventIDs(rows))
		if err != nil {
			return err
		}
		now := micros(s.now())
		if _, err := tx.exec(ctx, s.dialect.pick(rejoinedDueSQLite, rejoinedDuePostgres), now, string(list), customerID); err != nil {
			return err
		}
		_, err = tx.exec(ctx, s.dialect.pick(rejoinedSQLite, rejoinedPostgres), now, string(list), customerID)
		return err
	})
	if err != nil {
		return 0, failed("put users under SCIM again", err)
	}
	if len(rows) > 0 {
		s.Wake()
	}
	return len(rows), nil
}

// DropRestorations forgets who was to get access back, for a customer that SCIM governs again.
func (s *Store) DropRestorations(ctx context.Context, customerID string) error {
	err := s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, dropRestorations, customerID)
		return err
	})
	return failed("forget who was to get access back", err)
}

const (
	progressRows  = `SELECT COUNT(*) FROM plan_rows WHERE customer_id = ? AND plan_id = ?`
	waitingOf     = `SELECT COUNT(*) FROM due WHERE customer_id = ? AND parked = '' AND rank < 6`
	stuckOf       = `SELECT COUNT(*) FROM due WHERE customer_id = ? AND parked <> ''`
	callsOf       = `SELECT COUNT(*) FROM intents WHERE customer_id = ? AND sent_at > ?`
	stillToRejoin = `SELECT COUNT(*) FROM users u WHERE u.customer_id = ? AND NOT u.connected
  AND NOT EXISTS (SELECT 1 FROM unmanaged m WHERE m.customer_id = u.customer_id AND m.user_id = u.id)`
)

// Progress implements bridge.PlanStore. While a disconnect is undone, Released counts who is still released.
func (s *Store) Progress(ctx context.Context, p bridge.Plan) (bridge.Progress, error) {
	var out bridge.Progress
	var connected int
	c := s.reading()
	for _, q := range []struct {
		into  *int
		query string
		args  []any
	}{
		{&out.Total, progressRows, []any{p.CustomerID, p.ID}},
		{&connected, countConnected, []any{p.CustomerID}},
		{&out.Waiting, waitingOf, []any{p.CustomerID}},
		{&out.Stuck, stuckOf, []any{p.CustomerID}},
		{&out.Calls, callsOf, []any{p.CustomerID, micros(s.now()) - 60_000_000}},
	} {
		if _, err := c.get(ctx, q.into, q.query, q.args...); err != nil {
			return bridge.Progress{}, failed("count what is left of a plan", err)
		}
	}
	out.Released = max(0, out.Total-connected)
	if p.State == bridge.PlanUndoing {
		if _, err := c.get(ctx, &out.Released, stillToRejoin, p.CustomerID); err != nil {
			return bridge.Progress{}, failed("count what is left of a plan", err)
		}
	}
	return out, nil
}
