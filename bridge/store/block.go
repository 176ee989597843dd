package store

import (
	"context"
	"time"
)

const (
	// The statement folds what it deleted: rows of transactions that are still open stay for the next time.
	foldPostgres = `WITH gone AS (
  DELETE FROM user_block WHERE (customer_id, block) IN (SELECT customer_id, block FROM user_block GROUP BY customer_id, block HAVING COUNT(*) > 1)
  RETURNING customer_id, block, users, active
)
INSERT INTO user_block (customer_id, block, users, active)
SELECT customer_id, block, SUM(users), SUM(active) FROM gone GROUP BY customer_id, block HAVING SUM(users) <> 0 OR SUM(active) <> 0`

	lastBlockRow = `SELECT COALESCE(MAX(rowid), 0) FROM user_block`
	foldSQLite   = `INSERT INTO user_block (customer_id, block, users, active)
SELECT customer_id, block, SUM(users), SUM(active) FROM user_block GROUP BY customer_id, block HAVING COUNT(*) > 1`
	dropFolded = `DELETE FROM user_block WHERE rowid <= $1
  AND EXISTS (SELECT 1 FROM user_block f WHERE f.customer_id = user_block.customer_id AND f.block = user_block.block AND f.rowid > $1)`
)

// FoldBlocks merges the rows of each block of users into one, so that pages stay cheap to find.
func (s *Store) FoldBlocks(ctx context.Context) error {
	if s.dialect == postgres {
		err := s.again(ctx, func() error {
			_, err := s.writing().exec(ctx, foldPostgres)
			return err
		})
		return failed("fold the blocks", err)
	}
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		var last int64
		if _, err := tx.get(ctx, &last, lastBlockRow); err != nil {
			return err
		}
		n, err := tx.exec(ctx, foldSQLite)
		if err != nil || n == 0 {
			return err
		}
		_, err = tx.exec(ctx, dropFolded, last)
		return err
	})
	return failed("fold the blocks", err)
}

// peakLife is how long peaks are kept: longer than the longest window that is measured against them.
const peakLife = 8 * 24 * time.Hour

const (
	samplePeaks = `INSERT INTO active_peaks (customer_id, hour, peak)
SELECT c.id, CAST($1 AS BIGINT), (SELECT CAST(COALESCE(SUM(b.active), 0) AS BIGINT) FROM user_block b WHERE b.customer_id = c.id) FROM customers c WHERE TRUE
ON CONFLICT (customer_id, hour) DO UPDATE SET peak = excluded.peak WHERE excluded.peak > active_peaks.peak`

	prunePeaks = `DELETE FROM active_peaks WHERE hour < ?`
)

// SamplePeaks notes for every customer how many users are active, if that is more than in this hour so far.
func (s *Store) SamplePeaks(ctx context.Context, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.exec(ctx, samplePeaks, hourOf(now)); err != nil {
			return err
		}
		_, err := tx.exec(ctx, prunePeaks, hourOf(now.Add(-peakLife)))
		return err
	})
	return failed("sample the peaks", err)
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }
