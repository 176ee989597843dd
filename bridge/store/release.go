package store

import (
	"context"
	"encoding/json"

	"drawbridge/bridge"
)

const (
	countConnected = `SELECT COUNT(*) FROM users WHERE customer_id = ? AND connected`

	releaseUsers = `UPDATE users SET connected = FALSE, version = version + 1
WHERE customer_id = $1 AND connected AND ordinal <= (
  SELECT MAX(ordinal) FROM (SELECT ordinal FROM users WHERE customer_id = $1 AND connected ORDER BY ordinal LIMIT $2) AS first)
RETURNING id, version`

	// The released come as a JSON array of [event id, user id, version], which both databases take apart.
	fromJSON   = `json_each(?)`
	fromJSONB  = `json_array_elements(CAST(? AS JSON))`
	joinedHead = `INSERT INTO event_inbox (id, customer_id, at, epoch, kind, actor, user_id, version, data)
SELECT value ->> 0, c.id, ?, c.epoch, `
	joinedMiddle     = `, 'drawbridge', value ->> 1, CAST(value ->> 2 AS BIGINT), '{}' FROM customers c CROSS JOIN `
	releasedTail     = ` WHERE c.id = ?`
	releasedSQLite   = joinedHead + `'` + bridge.EventUserReleased + `'` + joinedMiddle + fromJSON + releasedTail
	releasedPostgres = joinedHead + `'` + bridge.EventUserReleased + `'` + joinedMiddle + fromJSONB + releasedTail

	// Only who has an account has flags to write; what was due before is superseded, but for a person's lock. Access that comes
	// back goes first.
	flagsHead = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
SELECT u.id, u.customer_id, CASE WHEN r.user_id IS NULL THEN 5 ELSE 2 END, ?, u.version, 0, ''
FROM `
	flagsTail = ` AS e CROSS JOIN users u CROSS JOIN links l LEFT JOIN restorations r ON r.customer_id = u.customer_id AND r.user_id = u.id
WHERE u.customer_id = ? AND u.id = e.value ->> 1 AND l.customer_id = u.customer_id AND l.user_id = u.id` + replaceMark
	replaceMark = `
ON CONFLICT (user_id) DO UPDATE SET rank = CASE WHEN due.rank = 0 THEN 0 ELSE excluded.rank END, due_at = excluded.due_at, version = excluded.version, attempts = 0, parked = ''`
	flagsSQLite   = flagsHead + fromJSON + flagsTail
	flagsPostgres = flagsHead + fromJSONB + flagsTail
)

// flagged is a user whose isSCIMConnected was changed.
type flagged struct {
	ID      string `db:"id"`
	Version int64  `db:"version"`
}

// withEventIDs makes of each a triple of the id of an event, the user's id and its version.
func (s *Store) withEventIDs(rows []flagged) [][3]any {
	list := make([][3]any, len(rows))
	for i, r := range rows {
		list[i] = [3]any{s.newID(), r.ID, r.Version}
	}
	return list
}

// CountConnected counts the users of a customer, deleted ones too, that SCIM governs.
func (s *Store) CountConnected(ctx context.Context, customerID string) (int, error) {
	var n int
	_, err := s.reading().get(ctx, &n, countConnected, customerID)
	return n, failed("count the connected users", err)
}

// ReleaseUsers ends SCIM's say over up to limit users of a customer, deleted ones too, in the order of their ordinals: each
// gets a version, an event, and a mark to write its flags where it has an account, all in one commit. It returns how many.
func (s *Store) ReleaseUsers(ctx context.Context, customerID string, limit int) (int, error) {
	var rows []flagged
	now := s.now()
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		rows = nil
		if err := tx.list(ctx, &rows, releaseUsers, customerID, limit); err != nil || len(rows) == 0 {
			return err
		}
		list, err := json.Marshal(s.withEventIDs(rows))
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, s.dialect.pick(flagsSQLite, flagsPostgres), micros(now), string(list), customerID); err != nil {
			return err
		}
		_, err = tx.exec(ctx, s.dialect.pick(releasedSQLite, releasedPostgres), micros(now), string(list), customerID)
		return err
	})
	if err != nil {
		return 0, failed("release users", err)
	}
	if len(rows) > 0 {
		s.Wake()
	}
	return len(rows), nil
}
