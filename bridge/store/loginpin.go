package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

const (
	forgetPins = `DELETE FROM login_pins WHERE customer_id = ?`

	// The pins come as a JSON array of [user id, login, e-mail, wanted login], which both databases take apart.
	addPinsHead = `INSERT INTO login_pins (user_id, customer_id, login, email, wanted, applied_at)
SELECT e.value ->> 0, c.id, e.value ->> 1, e.value ->> 2, e.value ->> 3, 0 FROM `
	eachOfCustomer  = ` AS e CROSS JOIN customers c WHERE c.id = ?`
	addPinsSQLite   = addPinsHead + fromJSON + eachOfCustomer
	addPinsPostgres = addPinsHead + fromJSONB + eachOfCustomer

	pinsOf = `SELECT COALESCE(SUM(CASE WHEN applied_at = 0 THEN 1 ELSE 0 END), 0) AS pinned,
  COALESCE(SUM(CASE WHEN applied_at >= $2 THEN 1 ELSE 0 END), 0) AS applied FROM login_pins WHERE customer_id = $1`
	applyPins  = `UPDATE login_pins SET applied_at = $2 WHERE customer_id = $1 AND applied_at = 0`
	revertPins = `UPDATE login_pins SET applied_at = 0, held_at = 0 WHERE customer_id = $1 AND applied_at >= $2`

	markPinned = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
SELECT u.id, u.customer_id, 4, ?, u.version, 0, '' FROM login_pins w JOIN users u ON u.customer_id = w.customer_id AND u.id = w.user_id
WHERE w.customer_id = ? AND u.connected
ON CONFLICT (user_id) DO UPDATE SET rank = CASE WHEN due.rank < 4 THEN due.rank ELSE 4 END,
  due_at = excluded.due_at, version = excluded.version, attempts = 0, parked = ''`
)

func pinRows(pins []bridge.LoginPin) [][4]string {
	rows := make([][4]string, len(pins))
	for i, p := range pins {
		rows[i] = [4]string{p.UserID, p.Login, p.Email, p.Wanted}
	}
	return rows
}

// LoginPins implements bridge.PinStore.
func (s *Store) LoginPins(ctx context.Context, customerID string, since time.Time) (bridge.LoginPins, error) {
	var row struct {
		Pinned  int `db:"pinned"`
		Applied int `db:"applied"`
	}
	if _, err := s.reading().get(ctx, &row, pinsOf, customerID, micros(since)); err != nil {
		return bridge.LoginPins{}, failed("count the logins that stay", err)
	}
	held, err := s.heldLogins(ctx, customerID)
	return bridge.LoginPins{Pinned: row.Pinned, Applied: row.Applied, Held: held}, err
}

// ApplyLogins implements bridge.PinStore.
func (s *Store) ApplyLogins(ctx context.Context, customerID string, at time.Time, tell func(n int) bridge.Event) (int, error) {
	return s.movePins(ctx, customerID, applyPins, at, at, tell)
}

// RevertLogins implements bridge.PinStore.
func (s *Store) RevertLogins(ctx context.Context, customerID string, since, at time.Time, tell func(n int) bridge.Event) (int, error) {
	return s.movePins(ctx, customerID, revertPins, since, at, tell)
}

// movePins runs the statement, which takes the customer and a moment, and returns how many logins it is about.
func (s *Store) movePins(ctx context.Context, customerID, query string, when, at time.Time, tell func(n int) bridge.Event) (int, error) {
	var n int
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockCustomer(ctx, customerByID, customerID)
		if err != nil {
			return err
		}
		if row.Waiting != 0 {
			return refusal(bridge.Conflict, "this customer is in its waiting room")
		}
		if n, err = tx.exec(ctx, query, customerID, micros(when)); err != nil || n == 0 {
			return err
		}
		if _, err := tx.exec(ctx, markPinned, micros(at), customerID); err != nil {
			return err
		}
		return tx.addEvents(ctx, tell(n))
	})
	if err != nil {
		return 0, failed("change which logins stay", err)
	}
	s.Wake()
	return n, nil
}
