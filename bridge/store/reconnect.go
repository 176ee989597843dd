package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"drawbridge/bridge"
)

const (
	lateUntilOf  = `SELECT COALESCE(MAX(late_until), 0) FROM restorations WHERE customer_id = ?`
	startWaiting = `UPDATE customers SET state = 'paused', epoch = epoch + 1, disconnected_by = 0,
  waiting_since = $2, verify_from = $2, paused_at = $2, paused_until = 0, pause_answer = 'keep', modified_at = $2 WHERE id = $1`
	cancelWaiting = `UPDATE customers SET state = 'disconnected', epoch = epoch + 1, waiting_since = 0, verify_from = $2, disconnected_by = $3,
  paused_at = 0, paused_until = 0, pause_answer = '', modified_at = $2 WHERE id = $1`
	lastCut         = `SELECT COALESCE(MAX(number), 0) FROM plans WHERE customer_id = ? AND state = 'done'`
	noteNotReturned = `UPDATE plans SET return_cancelled_at = ? WHERE customer_id = ? AND number = ?`
	endWaiting      = `UPDATE customers SET waiting_since = 0, joining_since = $2, verify_from = 0 WHERE id = $1`

	forgetArrivals = `DELETE FROM arrivals WHERE customer_id = ?`
	forgetChanges  = `DELETE FROM hand_changes WHERE customer_id = ?`
	forgetMissing  = `DELETE FROM unmanaged WHERE customer_id = ? AND missing`

	// Whoever is due already keeps the rank, and is not stuck for what was before.
	markForReading = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
SELECT u.id, u.customer_id, 5, ?, u.version, 0, '' FROM users u JOIN links l ON l.customer_id = u.customer_id AND l.user_id = u.id
WHERE u.customer_id = ? AND l.okta_id IS NOT NULL
ON CONFLICT (user_id) DO UPDATE SET rank = CASE WHEN due.rank < 5 THEN due.rank ELSE 5 END,
  due_at = excluded.due_at, version = excluded.version, attempts = 0, parked = ''`

	addMissing = `INSERT INTO unmanaged (user_id, customer_id, since, actor, why, missing)
SELECT u.id, u.customer_id, $2, $3, 'the IdP did not know this person when the customer came back', TRUE
FROM users u WHERE u.customer_id = $1 AND NOT u.connected AND NOT EXISTS (SELECT 1 FROM arrivals a WHERE a.customer_id = u.customer_id AND a.user_id = u.id)
ON CONFLICT (user_id) DO NOTHING`

	// What the disconnect was to give back, and has landed late, is given back before anybody is back under SCIM.
	markRestorations = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
SELECT u.id, u.customer_id, 2, ?, u.version, 0, '' FROM restorations r JOIN users u ON u.customer_id = r.customer_id AND u.id = r.user_id WHERE r.customer_id = ?` + replaceMark
)

// StartReconnect implements bridge.ReconnectStore.
func (s *Store) StartReconnect(ctx context.Context, r bridge.Reconnection) (bridge.Customer, error) {
	c, err := s.moveWaiting(ctx, r, func(ctx context.Context, tx *session, row customerRow) ([]bridge.Event, error) {
		if bridge.State(row.State) != bridge.Disconnected {
			return nil, refusal(bridge.Conflict, "only a disconnected customer comes back; this one is "+row.State)
		}
		var late int64
		if _, err := tx.get(ctx, &late, lateUntilOf, row.ID); err != nil {
			return nil, err
		}
		if until := moment(late); until.After(r.At) {
			return nil, refusal(bridge.Conflict, fmt.Sprintf("a call to Okta of before the disconnect may still have an effect; try again after %s", until.Format(time.RFC3339)))
		}
		if row.CutBy != 0 {
			p, err := tx.plan(ctx, row.ID, row.CutBy)
			if err != nil {
				return nil, err
			}
			if _, err := tx.stopWaves(ctx, p, r.At); err != nil {
				return nil, err
			}
		}
		if _, err := tx.exec(ctx, startWaiting, row.ID, micros(r.At)); err != nil {
			return nil, err
		}
		for _, forget := range []string{forgetArrivals, forgetChanges, forgetMissing, forgetRenames} {
			if _, err := tx.exec(ctx, forget, row.ID); err != nil {
				return nil, err
			}
		}
		return []bridge.Event{r.Events(bridge.EventReconnectStarted, nil)}, nil
	})
	return c, failed("reconnect a customer", err)
}

// CancelReconnect implements bridge.ReconnectStore. The disconnect that the customer was to come back from is in force again.
func (s *Store) CancelReconnect(ctx context.Context, r bridge.Reconnection) (bridge.Customer, error) {
	c, err := s.moveWaiting(ctx, r, func(ctx context.Context, tx *session, row customerRow) ([]bridge.Event, error) {
		if row.Waiting == 0 {
			return nil, errNotWaiting(row)
		}
		var number int64
		if _, err := tx.get(ctx, &number, lastCut, row.ID); err != nil {
			return nil, err
		}
		if _, err := tx.exec(ctx, cancelWaiting, row.ID, micros(r.At), number); err != nil {
			return nil, err
		}
		if _, err := tx.exec(ctx, noteNotReturned, micros(r.At), row.ID, number); err != nil {
			return nil, err
		}
		_, err := tx.exec(ctx, forgetArrivals, row.ID)
		return []bridge.Event{r.Events(bridge.EventReconnectCancelled, nil)}, err
	})
	return c, failed("cancel a reconnect", err)
}

// moveWaiting changes a customer's state; on either side of it are other tokens, and accounts that are to be read again.
func (s *Store) moveWaiting(
	ctx context.Context, r bridge.Reconnection, move func(context.Context, *session, customerRow) ([]bridge.Event, error),
) (bridge.Customer, error) {
	var c bridge.Customer
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockCustomer(ctx, customerByID, r.CustomerID)
		if err != nil {
			return err
		}
		events, err := move(ctx, tx, row)
		if err != nil {
			return err
		}
		ended, err := tx.endAccess(ctx, row.ID, r.At, r.Events)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, markForReading, micros(r.At), row.ID); err != nil {
			return err
		}
		if err := tx.addEvents(ctx, append(ended, events...)...); err != nil {
			return err
		}
		row, err = tx.lockCustomer(ctx, customerByID, row.ID)
		c = row.customer()
		return err
	})
	if err != nil {
		return bridge.Customer{}, err
	}
	s.Wake()
	return c, nil
}

func errNotWaiting(row customerRow) error {
	return refusal(bridge.Conflict, "this customer is "+row.State+", not in a waiting room")
}

// AcceptReconnect implements bridge.ReconnectStore. The hold is there before anybody comes back under SCIM.
func (s *Store) AcceptReconnect(
	ctx context.Context, customerID string, decide func(bridge.Customer, bridge.EachReturning) (bridge.Acceptance, error),
) (bridge.Customer, error) {
	var c bridge.Customer
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockCustomer(ctx, customerByID, customerID)
		if err != nil {
			return err
		}
		if row.Waiting == 0 {
			return errNotWaiting(row)
		}
		a, err := decide(row.customer(), func(each func(bridge.Returning) error) error { return tx.eachReturning(ctx, row.ID, each) })
		if err != nil {
			return err
		}
		if err := tx.accept(ctx, row.ID, a); err != nil {
			return err
		}
		if err := tx.addEvents(ctx, a.Events...); err != nil {
			return err
		}
		row, err = tx.lockCustomer(ctx, customerByID, row.ID)
		c = row.customer()
		return err
	})
	if err != nil {
		return bridge.Customer{}, failed("accept a reconnect", err)
	}
	s.Wake()
	return c, nil
}

func (c *session) accept(ctx context.Context, customerID string, a bridge.Acceptance) error {
	pins, err := json.Marshal(pinRows(a.Pins))
	if err != nil {
		return fmt.Errorf("encode the logins that stay: %w", err)
	}
	at := micros(a.At)
	if h := a.Hold; h != nil {
		if _, err := c.exec(ctx, openHold, h.ID, h.CustomerID, micros(h.Opened), h.Code, h.Sentence); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		query string
		args  []any
	}{
		{addMissing, []any{customerID, at, a.Actor}},
		{forgetPins, []any{customerID}},
		{c.store.dialect.pick(addPinsSQLite, addPinsPostgres), []any{string(pins), customerID}},
		{forgetRenames, []any{customerID}},
		{resumeCustomer, []any{customerID, at}},
		{endWaiting, []any{customerID, at}},
		{markRestorations, []any{at, customerID}},
		{wakeCustomer, []any{at, customerID, at}},
	} {
		if _, err := c.exec(ctx, step.query, step.args...); err != nil {
			return err
		}
	}
	return nil
}

const (
	// returningPage is how many people of a waiting room are read at once.
	returningPage = 2000

	returning = `SELECT ` + subjectColumns + `, COALESCE(s.how, '') AS how FROM ` + subjectTables + `
  LEFT JOIN arrivals s ON s.customer_id = u.customer_id AND s.user_id = u.id
WHERE u.customer_id = $1 AND NOT u.connected AND u.ordinal > $2
  AND (s.user_id IS NOT NULL AND (NOT u.deleted OR l.okta_id IS NOT NULL) OR NOT u.deleted AND l.okta_id IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM unmanaged m WHERE m.customer_id = u.customer_id AND m.user_id = u.id)
ORDER BY u.ordinal LIMIT $3`
)

// EachReturning implements bridge.ReconnectStore.
func (s *Store) EachReturning(ctx context.Context, customerID string, each func(bridge.Returning) error) error {
	return failed("read a waiting room", s.reading().eachReturning(ctx, customerID, each))
}

func (c *session) eachReturning(ctx context.Context, customerID string, each func(bridge.Returning) error) error {
	for after := int64(0); ; {
		var rows []struct {
			subjectRow
			How string `db:"how"`
		}
		if err := c.list(ctx, &rows, returning, customerID, after, returningPage); err != nil {
			return err
		}
		for _, row := range rows {
			x, err := row.subject()
			if err != nil {
				return err
			}
			if err := each(bridge.Returning{Subject: x, By: bridge.Match(row.How)}); err != nil {
				return err
			}
			after = x.User.Ordinal
		}
		if len(rows) < returningPage {
			return nil
		}
	}
}

const (
	joiningCustomers = `SELECT ` + customerColumns + ` FROM customers c
WHERE c.joining_since <> 0 AND c.review_since = 0 AND c.state IN ` + governingStates + ` ORDER BY c.slug`
	endJoining = `UPDATE customers SET joining_since = 0 WHERE id = ? AND joining_since = ?`
)

// JoiningCustomers lists those that were accepted and of whom somebody is still to come back under SCIM.
func (s *Store) JoiningCustomers(ctx context.Context) ([]bridge.Customer, error) {
	var rows []customerRow
	if err := s.reading().list(ctx, &rows, joiningCustomers); err != nil {
		return nil, failed("list the customers that come back", err)
	}
	return mapped(rows, customerRow.customer), nil
}

// FinishJoining says that everybody of a customer who came is back, with its event, unless it was cut off meanwhile.
func (s *Store) FinishJoining(ctx context.Context, c bridge.Customer, ev bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockCustomer(ctx, customerByID, c.ID); err != nil {
			return err
		}
		n, err := tx.exec(ctx, endJoining, c.ID, micros(c.Joining))
		if err != nil || n == 0 {
			return err
		}
		if _, err := tx.exec(ctx, forgetArrivals, c.ID); err != nil {
			return err
		}
		return tx.addEvents(ctx, ev)
	})
	return failed("end a reconnect", err)
}
