package store

import (
	"context"

	"drawbridge/bridge"
)

const (
	usersHead     = `SELECT ` + userColumns + ` FROM users u WHERE u.customer_id = $1 AND u.id `
	usersSQLite   = usersHead + `IN (SELECT e.value FROM ` + idsSQLite + `) ORDER BY u.id`
	usersPostgres = usersHead + `= ` + idsPostgres + ` ORDER BY u.id`

	changeUser = `UPDATE users SET doc = ?, folded = COALESCE(NULLIF(?, ''), folded), version = ?, active = ?, removed_at = ?, deleted_at = ?, modified_at = ?
WHERE customer_id = ? AND id = ? AND version = ?`
	approveOne = `INSERT INTO approvals (user_id, customer_id, removed_at, hold_id, actor, at) VALUES (?, ?, ?, NULL, ?, ?)`
)

// ChangeUsers applies change to each user, deleted ones too, under the customer's lock and in one commit; one who has
// changed at that moment is left alone. It returns how many it changed, and the ids of deleted users whom it left alone
// because their name is in use. Conflict where the connection does not serve. change may be called again when the database
// asks for a repeat.
func (s *Store) ChangeUsers(ctx context.Context, customerID string, ids []string, change func(bridge.User) (bridge.UserChange, bool, error)) (int, []string, error) {
	var changed int
	var taken []string
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		changed, taken = 0, nil
		customer, err := tx.lockCustomer(ctx, customerByID, customerID)
		if err != nil {
			return err
		}
		if !bridge.State(customer.State).Serves() {
			return refusal(bridge.Conflict, "the connection is "+customer.State+"; nothing can be changed")
		}
		var rows []userRow
		if err := tx.list(ctx, &rows, s.dialect.pick(usersSQLite, usersPostgres), customerID, idList(ids)); err != nil {
			return err
		}
		var events []bridge.Event
		for _, u := range mapped(rows, userRow.user) {
			c, wanted, err := change(u)
			if err != nil {
				return err
			}
			if !wanted {
				continue
			}
			done, err := tx.changeUser(ctx, u, c)
			switch {
			case err != nil:
				return err
			case done:
				changed++
				events = append(events, c.Event)
			case !u.Deleted.IsZero():
				taken = append(taken, u.ID)
			}
		}
		return tx.addEvents(ctx, events...)
	})
	if err != nil {
		return 0, nil, failed("change users", err)
	}
	s.Wake()
	return changed, taken, nil
}

// changeUser writes the next state of cur with what follows from it, but for the event; false where the name of one who
// comes back is in use, or another write came first.
func (c *session) changeUser(ctx context.Context, cur bridge.User, w bridge.UserChange) (bool, error) {
	u, at := w.User, micros(w.User.Modified)
	if w.Members > 0 {
		var live int
		if _, err := c.get(ctx, &live, liveName, cur.CustomerID, cur.NameKey); err != nil || live > 0 {
			return false, err
		}
	}
	n, err := c.exec(ctx, changeUser, string(u.Doc), string(u.Folded), u.Version, u.Active, micros(u.Removed), micros(u.Deleted), at,
		cur.CustomerID, cur.ID, cur.Version)
	if err != nil || n == 0 {
		return false, err
	}
	if w.Members != 0 || w.Actives != 0 {
		if _, err := c.exec(ctx, countUser, cur.CustomerID, cur.Ordinal/blockSize, w.Members, w.Actives); err != nil {
			return false, err
		}
	}
	if w.Approve != "" {
		if _, err := c.exec(ctx, approveOne, cur.ID, cur.CustomerID, micros(u.Removed), w.Approve, at); err != nil {
			return false, err
		}
	}
	_, err = c.exec(ctx, markDue, cur.ID, cur.CustomerID, int(w.Rank), at, u.Version, true)
	return true, err
}
