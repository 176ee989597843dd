package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

// On SQLite a write belongs to one immediate transaction of the only writer: what the gate found holds until the commit.
const (
	gateSQLite = `FROM customers c JOIN tokens t ON t.customer_id = c.id
WHERE c.id = $1 AND c.state IN ` + servingStates + ` AND c.review_since = 0 AND t.id = $2 AND t.revoked_at = 0 AND t.expires_at > $3`

	insertUserSQLite = `INSERT INTO users (id, customer_id, user_name_key, external_id, doc, folded, version, connected, active, removed_at, deleted_at, created_at, modified_at)
SELECT $4, c.id, $5, $6, $7, $8, $9, $10 AND c.waiting_since = 0, $11, $12, $13, $14, $15 ` + gateSQLite + `
  AND (NOT $16 OR NOT EXISTS (SELECT 1 FROM users d WHERE d.customer_id = $1 AND d.user_name_key = $5 AND d.deleted))
RETURNING ordinal`

	replaceUserSQLite = `UPDATE users SET user_name_key = $5, external_id = $6, doc = $7, folded = COALESCE(NULLIF($8, ''), folded), version = $9,
  connected = $10, active = $11, removed_at = $12, deleted_at = $13, modified_at = $14
WHERE customer_id = $1 AND id = $4 AND version = $9 - 1 AND EXISTS (SELECT 1 ` + gateSQLite + `)
RETURNING ordinal`

	// What most writes are: nothing changes that an index holds. SQLite writes an index anew, and the log with it, whenever a
	// statement names one of its columns.
	replaceDocSQLite = `UPDATE users SET doc = $7, folded = COALESCE(NULLIF($8, ''), folded), version = $9, active = $11, modified_at = $14
WHERE customer_id = $1 AND id = $4 AND version = $9 - 1 AND user_name_key = $5 AND external_id IS $6
  AND connected = $10 AND removed_at = $12 AND deleted_at = $13 AND EXISTS (SELECT 1 ` + gateSQLite + `)
RETURNING ordinal`

	countUser = `INSERT INTO user_block (customer_id, block, users, active) VALUES (?, ?, ?, ?)`
)

func (s *Store) insertUserSQLite(ctx context.Context, now time.Time, w bridge.UserWrite) (ordinal int64, done bool, err error) {
	u := w.User
	args := []any{
		w.Credential.CustomerID, w.Credential.TokenID, micros(now),
		u.ID, u.NameKey, optional(u.ExternalID), string(u.Doc), string(u.Folded), u.Version, u.Connected, u.Active,
		micros(u.Removed), micros(u.Deleted), micros(u.Created), micros(u.Modified), w.Fresh,
	}
	err = s.inSharedCommit(ctx, func(ctx context.Context, tx *session) error {
		done, err = tx.get(ctx, &ordinal, insertUserSQLite, args...)
		if err != nil || !done {
			return err
		}
		return tx.effects(ctx, now, w, ordinal)
	})
	return ordinal, done, err
}

func (s *Store) replaceUserSQLite(ctx context.Context, now time.Time, w bridge.UserWrite) (done bool, err error) {
	u := w.User
	args := []any{
		w.Credential.CustomerID, w.Credential.TokenID, micros(now),
		u.ID, u.NameKey, optional(u.ExternalID), string(u.Doc), string(u.Folded), u.Version, u.Connected, u.Active,
		micros(u.Removed), micros(u.Deleted), micros(u.Modified),
	}
	err = s.inSharedCommit(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.claim(ctx, now, w); err != nil {
			return err
		}
		var ordinal int64
		done, err = tx.get(ctx, &ordinal, replaceDocSQLite, args...)
		if err == nil && !done {
			done, err = tx.get(ctx, &ordinal, replaceUserSQLite, args...)
		}
		if err != nil || !done {
			return err
		}
		if err := tx.effects(ctx, now, w, ordinal); err != nil || w.Members >= 0 {
			return err
		}
		groups, err := tx.groupsOf(ctx, w.Credential.CustomerID, u.ID)
		if err != nil {
			return err
		}
		return tx.leaveGroups(ctx, now, w, groups)
	})
	return done, err
}

// effects are what follows from a write of a user.
func (c *session) effects(ctx context.Context, now time.Time, w bridge.UserWrite, ordinal int64) error {
	customer, u := w.Credential.CustomerID, w.User
	if err := c.markWritten(ctx, now, w); err != nil {
		return err
	}
	if w.Members != 0 || w.Actives != 0 {
		if _, err := c.exec(ctx, countUser, customer, ordinal/blockSize, w.Members, w.Actives); err != nil {
			return err
		}
	}
	e := w.Event
	e.CustomerID, e.UserID, e.Version = customer, u.ID, u.Version
	return c.addEvents(ctx, e)
}

// markWritten marks the user as due.
func (c *session) markWritten(ctx context.Context, now time.Time, w bridge.UserWrite) error {
	customer, u := w.Credential.CustomerID, w.User
	if u.Version > 1 && !w.Raise {
		kept, err := c.exec(ctx, keepDue, customer, u.ID, u.Version, int(w.Rank), micros(now))
		if err != nil || kept > 0 {
			return err
		}
	}
	_, err := c.exec(ctx, markDue, u.ID, customer, int(w.Rank), micros(now), u.Version, w.Raise)
	return err
}
