package store

import (
	"context"
	"math"
	"strconv"
	"time"

	"drawbridge/bridge"
)

const (
	customersToPurge = `SELECT ` + customerColumns + ` FROM customers c WHERE c.state = 'deleted' AND c.purged_at = 0 ORDER BY c.id`

	isDeleted = `SELECT COUNT(*) FROM customers c WHERE c.id = ? AND c.state = 'deleted'`

	// A customer that was cut has nobody connected: the index of those that are not gives the next ones.
	nextToPurge = `SELECT COALESCE(MIN(ordinal), 0) AS first, COALESCE(MAX(ordinal), 0) AS last FROM (
  SELECT ordinal FROM users WHERE customer_id = ? AND NOT connected ORDER BY ordinal LIMIT ?) AS next`

	// With both ends a planner expects few people.
	nextOnes   = ` WHERE customer_id = $1 AND NOT connected AND ordinal BETWEEN $2 AND $3`
	purgedOnes = `(SELECT id FROM users` + nextOnes + `)`
	ofPurged   = ` WHERE user_id IN ` + purgedOnes

	entomb = `INSERT INTO tombstones (okta_id, customer_id, user_id, at)
SELECT l.okta_id, l.customer_id, l.user_id, $4 FROM links l WHERE l.okta_id IS NOT NULL AND l.user_id IN ` + purgedOnes + `
ON CONFLICT (okta_id) DO NOTHING`

	purgeLinks        = `DELETE FROM links` + ofPurged
	purgeDue          = `DELETE FROM due` + ofPurged
	purgeApprovals    = `DELETE FROM approvals` + ofPurged
	purgeContainments = `DELETE FROM containments` + ofPurged
	purgeRestorations = `DELETE FROM restorations` + ofPurged
	purgeUnmanaged    = `DELETE FROM unmanaged` + ofPurged
	purgeConversions  = `DELETE FROM conversions` + ofPurged
	purgeMembers      = `DELETE FROM group_members` + ofPurged
	purgeArrivals     = `DELETE FROM arrivals` + ofPurged
	purgeHandChanges  = `DELETE FROM hand_changes` + ofPurged
	purgePins         = `DELETE FROM login_pins` + ofPurged
	purgeStaysOut     = `DELETE FROM stays_out` + ofPurged
	purgeUsers        = `DELETE FROM users` + nextOnes

	// What a plan did to each person stays, and nothing that says who that was.
	purgePlanRows = `UPDATE plan_rows SET user_name = '', writes = '[]', facts = ''
WHERE customer_id = $1 AND ordinal BETWEEN $2 AND $3 AND plan_id IN (SELECT id FROM plans WHERE customer_id = $1)`

	purgeGroups = `DELETE FROM groups WHERE customer_id = $1
  AND ordinal <= (SELECT MAX(ordinal) FROM (SELECT ordinal FROM groups WHERE customer_id = $1 ORDER BY ordinal LIMIT $2) AS first)`

	forgetMembers = `DELETE FROM group_members WHERE customer_id = ?`
	forgetAnswers = `DELETE FROM hold_answers WHERE customer_id = ?`
	forgetNotices = `DELETE FROM notices WHERE customer_id = ?`
	forgetTraffic = `DELETE FROM customer_traffic WHERE customer_id = ?`
	forgetBlocks  = `DELETE FROM user_block WHERE customer_id = ?`
	forgetPeaks   = `DELETE FROM active_peaks WHERE customer_id = ?`

	countTombstones = `SELECT COUNT(*) FROM tombstones WHERE customer_id = ?`
	endPurge        = `UPDATE customers SET purged_at = ? WHERE id = ? AND purged_at = 0`
)

// CustomersToPurge lists the deleted customers of whose people something may be left.
func (s *Store) CustomersToPurge(ctx context.Context) ([]bridge.Customer, error) {
	var rows []customerRow
	err := s.reading().list(ctx, &rows, customersToPurge)
	return mapped(rows, customerRow.customer), failed("list the customers to purge", err)
}

// PurgeCustomer forgets up to limit people, groups or requests of a deleted customer, in one commit (SQLite's requests in one of their
// own), and returns how many; 0: none is left. An account that was linked with one of the people is remembered as such in the same commit. Conflict where the
// customer is not deleted.
func (s *Store) PurgeCustomer(ctx context.Context, customerID string, limit int) (int, error) {
	var n int
	err := s.inTx(ctx, func(ctx context.Context, tx *session) (err error) {
		n, err = tx.purge(ctx, customerID, limit)
		return err
	})
	return n, failed("purge a customer", err)
}

func (c *session) purge(ctx context.Context, customerID string, limit int) (int, error) {
	var deleted int
	if _, err := c.get(ctx, &deleted, isDeleted, customerID); err != nil {
		return 0, err
	}
	if deleted == 0 {
		return 0, refusal(bridge.Conflict, "only a deleted customer is purged")
	}
	if n, err := c.purgePeople(ctx, customerID, limit); n > 0 || err != nil {
		return n, err
	}
	if n, err := c.exec(ctx, purgeGroups, customerID, limit); n > 0 || err != nil {
		return n, err
	}
	return c.requestLog().exec(ctx, pruneRequests, customerID, int64(math.MaxInt64), limit-1)
}

func (c *session) purgePeople(ctx context.Context, customerID string, limit int) (int, error) {
	var next struct {
		First int64 `db:"first"`
		Last  int64 `db:"last"`
	}
	if _, err := c.get(ctx, &next, nextToPurge, customerID, limit); err != nil || next.Last == 0 {
		return 0, err
	}
	if _, err := c.exec(ctx, entomb, customerID, next.First, next.Last, micros(c.store.now())); err != nil {
		return 0, err
	}
	for _, query := range []string{
		purgePlanRows, purgeLinks, purgeDue, purgeApprovals, purgeContainments, purgeRestorations, purgeUnmanaged, purgeConversions, purgeMembers,
		purgeArrivals, purgeHandChanges, purgePins, purgeStaysOut,
	} {
		if _, err := c.exec(ctx, query, customerID, next.First, next.Last); err != nil {
			return 0, err
		}
	}
	return c.exec(ctx, purgeUsers, customerID, next.First, next.Last)
}

// EndPurge forgets the rest of a deleted customer, and what other processes have stored of it since, and calls it purged, with
// the event that event makes of how many accounts are remembered. It reports false, and does only a part, where people, groups
// or requests are left.
func (s *Store) EndPurge(ctx context.Context, customerID string, at time.Time, limit int, event func(data map[string]string) bridge.Event) (bool, error) {
	var over bool
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		n, err := tx.purge(ctx, customerID, limit)
		if over = n == 0; err != nil || !over {
			return err
		}
		err = tx.forget(ctx, customerID, forgetTokens, forgetDomains, forgetContacts, forgetIdP, forgetDue,
			forgetMembers, forgetAnswers, forgetNotices, forgetTraffic, forgetBlocks, forgetPeaks, forgetRenames)
		if err != nil {
			return err
		}
		var accounts int
		if _, err := tx.get(ctx, &accounts, countTombstones, customerID); err != nil {
			return err
		}
		n, err = tx.exec(ctx, endPurge, micros(at), customerID)
		if err != nil || n == 0 {
			return err
		}
		return tx.addEvents(ctx, event(map[string]string{"accounts": strconv.Itoa(accounts)}))
	})
	return over && err == nil, failed("end the purge of a customer", err)
}
