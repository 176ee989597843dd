package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

// On PostgreSQL a write is one statement, so that it costs one round trip and one commit. Its parts share the parameters
// $1 to $10; an empty result says that nothing was changed.
const (
	// The gate locks what it read until the commit. Both rows are locked: when the statement had to wait for somebody who
	// changed one of them, PostgreSQL checks the conditions again on the latest version of the rows it locks, and of no others.
	// Row locks alone would let a stream of writes, which share them, starve whoever wants to change the customer; advisory
	// locks are granted in the order of asking.
	gatePostgres = `WITH gate AS (
  SELECT c.id, c.epoch, c.waiting_since ` + gateHolds + `
), `
	gateHolds = `FROM customers c JOIN tokens t ON t.customer_id = c.id
  WHERE c.id = $1 AND c.state IN ` + servingStates + ` AND c.review_since = 0 AND t.id = $2 AND t.revoked_at = 0 AND t.expires_at > $3
    AND pg_advisory_xact_lock_shared(` + customerKey + `) IS NOT NULL
  FOR SHARE OF c, t`

	// what follows from a row of "written"
	effectsPostgres = `told AS (
  INSERT INTO event_inbox (id, customer_id, at, epoch, kind, actor, user_id, version, data)
  SELECT $11, gate.id, $12, gate.epoch, $13, $14, written.id, written.version, $15 FROM gate, written
), counted AS (
  INSERT INTO user_block (customer_id, block, users, active)
  SELECT written.customer_id, written.ordinal / 1024, CAST($16 AS BIGINT), CAST($17 AS BIGINT) FROM written
  WHERE CAST($16 AS BIGINT) <> 0 OR CAST($17 AS BIGINT) <> 0
), `

	insertUserPostgres = gatePostgres + `written AS (
  INSERT INTO users (id, customer_id, user_name_key, external_id, doc, folded, version, connected, active, removed_at, deleted_at, created_at, modified_at)
  SELECT $4, gate.id, $5, $6, $7, $8, $9, CAST($10 AS BOOLEAN) AND gate.waiting_since = 0, $18, $19, $20, $21, $22 FROM gate
  WHERE NOT $23 OR NOT EXISTS (SELECT 1 FROM users d WHERE d.customer_id = $1 AND d.user_name_key = $5 AND d.deleted)
  RETURNING id, customer_id, ordinal, version
), ` + effectsPostgres + `marked AS (
  INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
  SELECT written.id, written.customer_id, $24, $3, written.version, 0, '' FROM written
)
SELECT ordinal FROM written`

	replaceUserPostgres = gatePostgres + `written AS (
  UPDATE users u SET user_name_key = $5, external_id = $6, doc = $7, folded = COALESCE(NULLIF($8, ''), u.folded), version = CAST($9 AS BIGINT),
    connected = $10, active = $18, removed_at = $19, deleted_at = $20, modified_at = $21
  FROM gate WHERE u.customer_id = gate.id AND u.id = $4 AND u.version = CAST($9 AS BIGINT) - 1
  RETURNING u.id, u.customer_id, u.ordinal, u.version
), ` + effectsPostgres + `marked AS (
  INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
  SELECT written.id, written.customer_id, $22, $3, written.version, 0, '' FROM written
  ON CONFLICT (user_id) DO UPDATE SET rank = CASE WHEN $23 OR excluded.rank < due.rank THEN excluded.rank ELSE due.rank END,
    due_at = LEAST(excluded.due_at, due.due_at), version = excluded.version, attempts = 0, parked = ''
)
SELECT ordinal FROM written`
)

func (s *Store) insertUserPostgres(ctx context.Context, now time.Time, w bridge.UserWrite) (int64, bool, error) {
	u := w.User
	args := append(writeArgs(now, w), micros(u.Created), micros(u.Modified), w.Fresh, int(w.Rank))
	var ordinal int64
	found, err := s.writing().get(ctx, &ordinal, insertUserPostgres, args...)
	return ordinal, found, err
}

func (s *Store) replaceUserPostgres(ctx context.Context, now time.Time, w bridge.UserWrite) (bool, error) {
	if w.Members < 0 {
		return s.deleteUserPostgres(ctx, now, w)
	}
	if w.Claim != "" {
		return s.claimUserPostgres(ctx, now, w)
	}
	return s.writing().replaceUser(ctx, now, w)
}

func (c *session) replaceUser(ctx context.Context, now time.Time, w bridge.UserWrite) (bool, error) {
	args := append(writeArgs(now, w), micros(w.User.Modified), int(w.Rank), w.Raise)
	var ordinal int64
	return c.get(ctx, &ordinal, replaceUserPostgres, args...)
}

func (s *Store) claimUserPostgres(ctx context.Context, now time.Time, w bridge.UserWrite) (done bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.holdGate(ctx, now, w.Credential); err != nil {
			return err
		}
		if err := tx.claim(ctx, now, w); err != nil {
			return err
		}
		done, err = tx.replaceUser(ctx, now, w)
		return err
	})
	return done, err
}

// deleteUserPostgres locks everything before the event takes its place of arrival.
func (s *Store) deleteUserPostgres(ctx context.Context, now time.Time, w bridge.UserWrite) (done bool, err error) {
	customer := w.Credential.CustomerID
	err = s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.lockUsers(ctx, dropUsers, customer); err != nil {
			return err
		}
		if err := tx.holdGate(ctx, now, w.Credential); err != nil {
			return err
		}
		groups, err := tx.groupsOf(ctx, customer, w.User.ID)
		if err != nil {
			return err
		}
		if done, err = tx.replaceUser(ctx, now, w); err != nil || !done {
			return err
		}
		return tx.leaveGroups(ctx, now, w, groups)
	})
	return done, err
}

// writeArgs are $1 to $20 of both statements.
func writeArgs(now time.Time, w bridge.UserWrite) []any {
	u, e := w.User, w.Event
	return []any{
		w.Credential.CustomerID, w.Credential.TokenID, micros(now),
		u.ID, u.NameKey, optional(u.ExternalID), string(u.Doc), string(u.Folded), u.Version, u.Connected,
		e.ID, micros(e.At), e.Kind, e.Actor, eventData(e), w.Members, w.Actives,
		u.Active, micros(u.Removed), micros(u.Deleted),
	}
}
