package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

const (
	unmanageUser = `UPDATE users SET connected = FALSE, version = version + 1 WHERE customer_id = ? AND id = ? AND connected`
	addUnmanaged = `INSERT INTO unmanaged (user_id, customer_id, since, actor, why) VALUES (?, ?, ?, ?, ?) ON CONFLICT (user_id) DO NOTHING`
	endUnmanaged = `DELETE FROM unmanaged WHERE customer_id = ? AND user_id = ?`
	manageUser   = `UPDATE users SET connected = TRUE, version = version + 1 WHERE customer_id = ? AND id = ? AND NOT connected`

	// What is due by itself is decided anew: the rank only says how soon it is looked at.
	markManaged = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
SELECT u.id, u.customer_id, CASE WHEN u.connected AND u.removed_at <> 0 THEN 1 WHEN u.connected THEN 4 ELSE 5 END, ?, u.version, 0, ''
FROM users u WHERE u.customer_id = ? AND u.id = ?
ON CONFLICT (user_id) DO UPDATE SET rank = excluded.rank, due_at = excluded.due_at, version = excluded.version, attempts = 0, parked = ''`
)

// Unmanage implements bridge.ManageStore.
func (s *Store) Unmanage(ctx context.Context, r bridge.Release, e bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockCustomer(ctx, customerByID, r.CustomerID)
		if err != nil {
			return err
		}
		if bridge.State(row.State).Cut() {
			return refusal(bridge.Conflict, "this customer is "+row.State+": SCIM has no say over anybody of it")
		}
		n, err := tx.exec(ctx, unmanageUser, r.CustomerID, r.UserID)
		if err != nil {
			return err
		}
		if n == 0 {
			return refusal(bridge.Conflict, "this person is released from SCIM already")
		}
		if _, err := tx.exec(ctx, addUnmanaged, r.UserID, r.CustomerID, micros(r.Since), r.Actor, r.Why); err != nil {
			return err
		}
		return tx.managed(ctx, r.CustomerID, r.UserID, r.Since, e)
	})
	return s.manageDone("release a user from SCIM", err)
}

// Manage implements bridge.ManageStore.
func (s *Store) Manage(ctx context.Context, customerID, userID string, at time.Time, e bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockCustomer(ctx, customerByID, customerID)
		if err != nil {
			return err
		}
		n, err := tx.exec(ctx, endUnmanaged, customerID, userID)
		if err != nil {
			return err
		}
		if n == 0 {
			return refusal(bridge.Conflict, "nobody released this person from SCIM singly")
		}
		if bridge.State(row.State).Cut() || row.Waiting != 0 {
			return tx.addEvents(ctx, e) // comes back with everybody, if the disconnect is undone or the customer reconnected
		}
		if _, err := tx.exec(ctx, manageUser, customerID, userID); err != nil {
			return err
		}
		return tx.managed(ctx, customerID, userID, at, e)
	})
	return s.manageDone("put a user under SCIM", err)
}

func (c *session) managed(ctx context.Context, customerID, userID string, at time.Time, e bridge.Event) error {
	if _, err := c.exec(ctx, markManaged, micros(at), customerID, userID); err != nil {
		return err
	}
	return c.addEvents(ctx, e)
}

func (s *Store) manageDone(doing string, err error) error {
	if err == nil {
		s.Wake()
	}
	return failed(doing, err)
}
