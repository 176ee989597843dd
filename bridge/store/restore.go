package store

import (
	"context"
	"fmt"
	"time"

	"drawbridge/bridge"
)

const (
	freeze = `UPDATE customers SET review_since = ? WHERE state NOT IN ('off', 'deleted') RETURNING id`

	// What was found after an earlier restore is looked for again, and everybody's account is read now.
	forgetFound = `UPDATE records SET found = '', lost = '[]', found_at = 0 WHERE found_at <> 0`
	forgetOut   = `DELETE FROM stays_out`
	wakeFrozen  = `UPDATE due SET due_at = $1, attempts = 0, parked = '' WHERE rank < 6 AND (due_at > $1 OR parked <> '')
  AND customer_id IN (SELECT c.id FROM customers c WHERE c.review_since <> 0)`
)

// Freeze notes that this database is an older copy of itself, with the counter that tells so no more: from this commit on every
// customer that is not off waits for a person's approval. It returns how many those are. It fails with Lost where the lease is
// not held.
func (s *Store) Freeze(ctx context.Context, lease bridge.Lease, counter bridge.Counter, at time.Time, event func(customerID string) bridge.Event) (int, error) {
	var ids []string
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.saveCounter(ctx, lease, counter); err != nil {
			return err
		}
		ids = nil
		if err := tx.list(ctx, &ids, freeze, micros(at)); err != nil {
			return err
		}
		for _, query := range []string{forgetFound, forgetOut} {
			if _, err := tx.exec(ctx, query); err != nil {
				return err
			}
		}
		if _, err := tx.exec(ctx, wakeFrozen, micros(at)); err != nil {
			return err
		}
		events := make([]bridge.Event, len(ids))
		for i, id := range ids {
			events[i] = event(id)
		}
		return tx.addEvents(ctx, events...)
	})
	if err != nil {
		return 0, failed("freeze the customers", err)
	}
	s.Wake()
	return len(ids), nil
}

const (
	noteOut = `INSERT INTO stays_out (user_id, customer_id, status, by_us) VALUES (?, ?, ?, ?)
ON CONFLICT (user_id) DO UPDATE SET status = excluded.status, by_us = excluded.by_us`

	// An account that cannot be read is stuck, and waits for nobody.
	unreadAccounts = `SELECT COUNT(*) AS unread, COALESCE(SUM(CASE WHEN COALESCE(d.parked, '') <> '' THEN 1 ELSE 0 END), 0) AS stuck
FROM customers c JOIN links l ON l.customer_id = c.id LEFT JOIN due d ON d.customer_id = l.customer_id AND d.user_id = l.user_id
WHERE c.id = ? AND l.okta_id IS NOT NULL AND l.read_at < c.review_since`

	removedNotGone = ` FROM users u JOIN links l ON l.customer_id = u.customer_id AND l.user_id = u.id
WHERE u.customer_id = ? AND u.connected AND NOT u.active AND u.removed_at <> 0 AND l.okta_id IS NOT NULL AND NOT l.foreign_account AND NOT l.protected
  AND l.status NOT IN ` + withoutAccess
	countNotGone = `SELECT COUNT(*)` + removedNotGone
	markNotGone  = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
SELECT u.id, u.customer_id, 1, CAST(? AS BIGINT), u.version, 0, ''` + removedNotGone + replaceMark

	staysOut = `SELECT o.user_id, u.doc, o.status, o.by_us FROM stays_out o JOIN users u ON u.customer_id = o.customer_id AND u.id = o.user_id
WHERE o.customer_id = ? ORDER BY u.user_name_key`
)

// NoteOut keeps that a read after a restore showed an account without access of somebody who is active here.
func (s *Store) NoteOut(ctx context.Context, customerID, userID, status string, byUs bool) error {
	return failed("note who stays out", s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, noteOut, userID, customerID, status, byUs)
		return err
	}))
}

// ReviewCounts implements bridge.RestoreStore.
func (s *Store) ReviewCounts(ctx context.Context, customerID string) (bridge.ReviewCounts, error) {
	out, err := s.reading().reviewCounts(ctx, customerID)
	return out, failed("count what is left of a review", err)
}

func (c *session) reviewCounts(ctx context.Context, customerID string) (bridge.ReviewCounts, error) {
	var row struct {
		Unread int `db:"unread"`
		Stuck  int `db:"stuck"`
	}
	if _, err := c.get(ctx, &row, unreadAccounts, customerID); err != nil {
		return bridge.ReviewCounts{}, err
	}
	out := bridge.ReviewCounts{Unread: row.Unread - row.Stuck, Stuck: row.Stuck}
	_, err := c.get(ctx, &out.Waiting, countNotGone, customerID)
	return out, err
}

// StaysOut implements bridge.RestoreStore.
func (s *Store) StaysOut(ctx context.Context, customerID string) ([]bridge.OutPerson, error) {
	var rows []struct {
		UserID string `db:"user_id"`
		Doc    []byte `db:"doc"`
		Status string `db:"status"`
		ByUs   bool   `db:"by_us"`
	}
	if err := s.reading().list(ctx, &rows, staysOut, customerID); err != nil {
		return nil, failed("list who stays out", err)
	}
	people := make([]bridge.OutPerson, len(rows))
	for i, r := range rows {
		people[i] = bridge.OutPerson{UserID: r.UserID, UserName: bridge.User{Doc: r.Doc}.UserName(), ByUs: r.ByUs}
		become(&people[i].Status, r.Status)
	}
	return people, nil
}

const (
	toKeepOut = `SELECT user_id FROM stays_out WHERE customer_id = ? AND by_us ORDER BY user_id LIMIT ?`
	keptOut   = `DELETE FROM stays_out WHERE customer_id = ? AND user_id = ?`
	takenAway = `UPDATE links SET taken = status, taken_at = status_at WHERE customer_id = ? AND user_id = ? AND status IN ` + withoutAccess
)

// KeepOut implements bridge.RestoreStore. What Drawbridge is said to have taken here, a newer write of the identity provider gives
// back (I13).
func (s *Store) KeepOut(ctx context.Context, customerID string, limit int, change func(bridge.User) (bridge.UserChange, error)) (int, error) {
	var ids []string
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockFrozen(ctx, customerID); err != nil {
			return err
		}
		ids = nil
		if err := tx.list(ctx, &ids, toKeepOut, customerID, limit); err != nil || len(ids) == 0 {
			return err
		}
		var rows []userRow
		if err := tx.list(ctx, &rows, s.dialect.pick(usersSQLite, usersPostgres), customerID, idList(ids)); err != nil {
			return err
		}
		var events []bridge.Event
		for _, u := range mapped(rows, userRow.user) {
			e, err := tx.keepOut(ctx, u, change)
			if err != nil {
				return err
			}
			events = append(events, e)
		}
		return tx.addEvents(ctx, events...)
	})
	if err != nil {
		return 0, failed("keep people out", err)
	}
	return len(ids), nil
}

// keepOut writes one as removed, and returns the event of it, which is zero where the person is inactive already.
func (c *session) keepOut(ctx context.Context, u bridge.User, change func(bridge.User) (bridge.UserChange, error)) (e bridge.Event, err error) {
	if u.Active {
		w, err := change(u)
		if err != nil {
			return e, err
		}
		if _, err := c.changeUser(ctx, u, w); err != nil {
			return e, err
		}
		if _, err := c.exec(ctx, takenAway, u.CustomerID, u.ID); err != nil {
			return e, err
		}
		e = w.Event
	}
	_, err = c.exec(ctx, keptOut, u.CustomerID, u.ID)
	return e, err
}

// lockFrozen is lockCustomer for one that waits for an approval.
func (c *session) lockFrozen(ctx context.Context, customerID string) (customerRow, error) {
	row, err := c.lockAnyCustomer(ctx, customerByID, customerID)
	if err == nil && row.ReviewSince == 0 {
		err = refusal(bridge.Conflict, row.Slug+" does not wait for an approval; `drawbridge restore review` shows who does")
	}
	return row, err
}

const (
	thaw = `UPDATE customers SET review_since = 0, epoch = CASE WHEN CAST($1 AS BIGINT) > epoch THEN CAST($1 AS BIGINT) ELSE epoch END + 1, modified_at = $2 WHERE id = $3`

	forgetRecord = `UPDATE records SET put = '', found = '', lost = '[]', found_at = 0 WHERE customer_id = ?`
	forgetOutOf  = `DELETE FROM stays_out WHERE customer_id = ?`

	// A plan that this database still works on is that of a connection before the one that was cut.
	endPlans = `UPDATE plans SET state = CASE state WHEN 'undoing' THEN 'undone' ELSE 'cancelled' END WHERE customer_id = ? AND state IN ('open', 'confirmed', 'undoing')`
)

// ApproveRestore implements bridge.RestoreStore. The epoch grows above every one that the customer had, so that no call which was
// decided before starts any more.
func (s *Store) ApproveRestore(ctx context.Context, a bridge.RestoreApproval) (bridge.Customer, error) {
	var c bridge.Customer
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockFrozen(ctx, a.CustomerID)
		if err != nil {
			return err
		}
		if err := tx.reviewed(ctx, row, a); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, thaw, a.Epoch, micros(a.At), row.ID); err != nil {
			return err
		}
		events, err := tx.carryOver(ctx, row, a)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, wakeCustomer, micros(a.At), row.ID, micros(a.At)); err != nil {
			return err
		}
		for _, query := range []string{forgetRecord, forgetOutOf} {
			if _, err := tx.exec(ctx, query, row.ID); err != nil {
				return err
			}
		}
		if err := tx.addEvents(ctx, append(events, a.Events(bridge.EventCustomerApproved, nil))...); err != nil {
			return err
		}
		row, err = tx.lockCustomer(ctx, customerByID, row.ID)
		c = row.customer()
		return err
	})
	if err != nil {
		return bridge.Customer{}, failed("approve a restore", err)
	}
	s.Wake()
	return c, nil
}

// reviewed refuses an approval before all is read, and before those who stay out are written as removed.
func (c *session) reviewed(ctx context.Context, row customerRow, a bridge.RestoreApproval) error {
	f, err := c.found(ctx, row.ID)
	if err != nil {
		return err
	}
	counts, err := c.reviewCounts(ctx, row.ID)
	if err != nil {
		return err
	}
	var ids []string
	if a.Cut == nil && bridge.State(row.State).Serves() {
		if err := c.list(ctx, &ids, toKeepOut, row.ID, 1); err != nil {
			return err
		}
	}
	if f.At.IsZero() || counts.Unread > 0 || len(ids) > 0 {
		return refusal(bridge.Conflict, fmt.Sprintf("Okta was read anew at this moment; look again with `drawbridge restore review %s`", row.Slug))
	}
	return nil
}

// carryOver brings a customer to where Okta's record has it, and returns the events of that.
func (c *session) carryOver(ctx context.Context, row customerRow, a bridge.RestoreApproval) ([]bridge.Event, error) {
	var events []bridge.Event
	for _, id := range a.Revoke {
		n, err := c.exec(ctx, revokeToken, micros(a.At), row.ID, id)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			events = append(events, a.Events(bridge.EventTokenRevoked, map[string]string{"token": id}))
		}
	}
	if a.Cut != nil {
		more, err := c.cutAgain(ctx, row, a)
		return append(events, more...), err
	}
	if !bridge.State(row.State).Serves() {
		return events, nil
	}
	n, err := c.exec(ctx, markNotGone, micros(a.At), row.ID)
	if err != nil || n == 0 {
		return events, err
	}
	if n, err = c.exec(ctx, openHold, a.Hold.ID, row.ID, micros(a.Hold.Opened), a.Hold.Code, a.Hold.Sentence); err != nil || n == 0 {
		return events, err
	}
	_, err = c.exec(ctx, holdState, string(bridge.Held), micros(a.At), row.ID, string(bridge.Live))
	return append(events, a.Events(bridge.EventHoldOpened, map[string]string{"code": a.Hold.Code})), err
}

// cutAgain disconnects a customer whose disconnect was forgotten, by a plan without choices: nobody's access changes.
func (c *session) cutAgain(ctx context.Context, row customerRow, a bridge.RestoreApproval) ([]bridge.Event, error) {
	p := *a.Cut
	if _, err := c.exec(ctx, endPlans, row.ID); err != nil {
		return nil, err
	}
	if _, err := c.get(ctx, &p.Number, lastPlanNumber, row.ID); err != nil {
		return nil, err
	}
	p.Number++
	if err := c.addPlan(ctx, p); err != nil {
		return nil, err
	}
	if err := c.savePlan(ctx, p); err != nil {
		return nil, err
	}
	if _, err := c.exec(ctx, cutCustomer, p.Number, micros(a.At), micros(a.At), row.ID); err != nil {
		return nil, err
	}
	events, err := c.endAccess(ctx, row.ID, a.At, a.Events)
	return append(events, a.Events(bridge.EventCustomerDisconnect, map[string]string{"plan": fmt.Sprint(p.Number), "hash": p.Hash})), err
}
