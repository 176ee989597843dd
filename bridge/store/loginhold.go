package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

const (
	// heldPins are those that wait for an answer: not of people whom the customer's IdP no longer manages.
	heldPins = `FROM login_pins w JOIN users u ON u.customer_id = w.customer_id AND u.id = w.user_id JOIN customers c ON c.id = w.customer_id
WHERE w.held_at <> 0 AND w.applied_at = 0 AND u.connected AND NOT u.deleted AND c.state IN ` + governingStates

	loginHolds = `SELECT w.customer_id, c.slug, COUNT(*) AS logins, MIN(w.held_at) AS since ` + heldPins + `
GROUP BY w.customer_id, c.slug ORDER BY since, w.customer_id`

	heldLogins = `SELECT ` + userColumns + `, w.login AS pin_login, w.email AS pin_email, w.wanted AS pin_wanted, w.held_at AS pin_held ` + heldPins + `
AND w.customer_id = ? ORDER BY w.held_at, u.ordinal`

	renamedSince = `FROM intents i WHERE i.customer_id = $1 AND i.kind = 'rename' AND i.state <> 'failed' AND i.user_id `
	loginChanges = `SELECT (SELECT COUNT(DISTINCT i.user_id) ` + renamedSince + `<> $2 AND i.sent_at > $3) AS changed,
  EXISTS (SELECT 1 ` + renamedSince + `= $2 AND i.sent_at > $4) AS again,
  (SELECT COUNT(*) ` + heldPins + ` AND w.customer_id = $1) AS held`

	pinLogin = `INSERT INTO login_pins (user_id, customer_id, login, email, wanted, held_at, applied_at) VALUES (?, ?, ?, ?, ?, ?, 0)
ON CONFLICT (user_id) DO UPDATE SET login = excluded.login, email = excluded.email, wanted = excluded.wanted, held_at = excluded.held_at, applied_at = 0`
	unpinLogin = `DELETE FROM login_pins WHERE customer_id = ? AND user_id = ? AND applied_at = 0`
)

// LoginHolds lists the customers of whom logins wait for an answer, the longest first.
func (s *Store) LoginHolds(ctx context.Context) ([]bridge.LoginHold, error) {
	var rows []struct {
		CustomerID string `db:"customer_id"`
		Slug       string `db:"slug"`
		Logins     int    `db:"logins"`
		Since      int64  `db:"since"`
	}
	if err := s.reading().list(ctx, &rows, loginHolds); err != nil {
		return nil, failed("list whose logins wait", err)
	}
	holds := make([]bridge.LoginHold, len(rows))
	for i, r := range rows {
		holds[i] = bridge.LoginHold{CustomerID: r.CustomerID, Slug: r.Slug, Logins: r.Logins, Since: moment(r.Since)}
	}
	return holds, nil
}

func (s *Store) heldLogins(ctx context.Context, customerID string) ([]bridge.HeldLogin, error) {
	var rows []struct {
		userRow
		Login  string `db:"pin_login"`
		Email  string `db:"pin_email"`
		Wanted string `db:"pin_wanted"`
		Held   int64  `db:"pin_held"`
	}
	if err := s.reading().list(ctx, &rows, heldLogins, customerID); err != nil {
		return nil, failed("list the logins that wait", err)
	}
	held := make([]bridge.HeldLogin, len(rows))
	for i, r := range rows {
		u := r.user()
		held[i] = bridge.HeldLogin{
			LoginPin: bridge.LoginPin{UserID: u.ID, Login: r.Login, Email: r.Email, Wanted: r.Wanted, Held: moment(r.Held)}, UserName: u.UserName(),
		}
	}
	return held, nil
}

// LoginChanges counts a customer's changes of logins, for one of its users.
func (s *Store) LoginChanges(ctx context.Context, customerID, userID string, now time.Time) (bridge.LoginCount, error) {
	var row struct {
		Changed int  `db:"changed"`
		Again   bool `db:"again"`
		Held    int  `db:"held"`
	}
	_, err := s.reading().get(ctx, &row, loginChanges, customerID, userID, micros(now.Add(-time.Hour)), micros(now.AddDate(0, 0, -1)))
	return bridge.LoginCount{Changed: row.Changed, Again: row.Again, Held: row.Held}, failed("count the changes of logins", err)
}

// PinLogin keeps a user's login in Okta as it is, or renews what is known of one that stays, with the event that tells of it, if any.
func (s *Store) PinLogin(ctx context.Context, customerID string, p bridge.LoginPin, ev *bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockCustomer(ctx, customerByID, customerID); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, pinLogin, p.UserID, customerID, p.Login, p.Email, p.Wanted, micros(p.Held)); err != nil {
			return err
		}
		return tx.addEvents(ctx, maybeEvents(ev)...)
	})
	return failed("keep a login", err)
}

// UnpinLogin forgets that a user's login stays, with the event that tells of it.
func (s *Store) UnpinLogin(ctx context.Context, customerID, userID string, ev bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		n, err := tx.exec(ctx, unpinLogin, customerID, userID)
		if err != nil || n == 0 {
			return err
		}
		return tx.addEvents(ctx, ev)
	})
	return failed("forget that a login stays", err)
}
