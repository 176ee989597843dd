package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

const (
	contain = `INSERT INTO containments (user_id, customer_id, since, actor, why, lifted_at, taken_at) VALUES (?, ?, ?, ?, ?, 0, 0)
ON CONFLICT (user_id) WHERE lifted_at = 0 DO NOTHING`
	lift = `UPDATE containments SET lifted_at = ? WHERE customer_id = ? AND user_id = ? AND lifted_at = 0`

	// A removal that waited for an answer before the lock waits again.
	markLifted = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
SELECT u.id, u.customer_id, CASE WHEN u.removed_at <> 0 AND u.connected THEN 1 ELSE 2 END, ?, u.version, 0, '' FROM users u WHERE u.customer_id = ? AND u.id = ?
ON CONFLICT (user_id) DO UPDATE SET rank = excluded.rank, due_at = excluded.due_at, version = excluded.version, attempts = 0, parked = ''`
)

// Contain stores a lock, with its event, and makes the user due before everything else. NotFound where the user is not
// there; Conflict where a lock is in force.
func (s *Store) Contain(ctx context.Context, c bridge.Containment, ev bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.moves(ctx, c.CustomerID); err != nil {
			return err
		}
		n, err := tx.exec(ctx, markAgain, int(bridge.RankContain), micros(c.Since), c.CustomerID, text(c.UserID))
		if err != nil {
			return err
		}
		if n == 0 {
			return errNoUser()
		}
		n, err = tx.exec(ctx, contain, c.UserID, c.CustomerID, micros(c.Since), c.Actor, c.Why)
		if err != nil {
			return err
		}
		if n == 0 {
			return refusal(bridge.Conflict, "this person is locked out already")
		}
		return tx.addEvents(ctx, ev)
	})
	if err == nil {
		s.Wake()
	}
	return failed("lock a user out", err)
}

// Lift ends the lock that is in force, with its event, and makes the user due. Conflict where none is in force.
func (s *Store) Lift(ctx context.Context, customerID, userID string, at time.Time, ev bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.moves(ctx, customerID); err != nil {
			return err
		}
		n, err := tx.exec(ctx, lift, micros(at), customerID, text(userID))
		if err != nil {
			return err
		}
		if n == 0 {
			return refusal(bridge.Conflict, "this person is not locked out")
		}
		if _, err := tx.exec(ctx, markLifted, micros(at), customerID, text(userID)); err != nil {
			return err
		}
		return tx.addEvents(ctx, ev)
	})
	if err == nil {
		s.Wake()
	}
	return failed("lift a lock", err)
}
