package store

import (
	"context"
	"encoding/json"
	"fmt"

	"drawbridge/bridge"
)

// Settled marks come as a JSON array of [customer, user, version, rank, due, next rank, next due, next attempts], which both
// databases take apart.
const (
	settledHead = `(SELECT value ->> 0 AS customer_id, value ->> 1 AS user_id, CAST(value ->> 2 AS BIGINT) AS version,
  CAST(value ->> 3 AS BIGINT) AS rank, CAST(value ->> 4 AS BIGINT) AS due_at, CAST(value ->> 5 AS BIGINT) AS next_rank,
  CAST(value ->> 6 AS BIGINT) AS next_at, CAST(value ->> 7 AS BIGINT) AS next_attempts FROM `
	settledSQLite   = settledHead + `json_each($1)) s`
	settledPostgres = settledHead + `json_array_elements(CAST($1 AS JSON))) s`

	// The mark itself is compared, not one that was found before: PostgreSQL checks the conditions again on a row that somebody
	// has written meanwhile.
	asSettled = ` WHERE d.customer_id = s.customer_id AND d.user_id = s.user_id AND d.version <= s.version AND d.rank = s.rank AND d.due_at = s.due_at`
	byIndex   = ` AND d.user_id = ANY (ARRAY(SELECT value ->> 1 FROM json_array_elements(CAST($1 AS JSON))))` // or PostgreSQL may read all marks

	settleDoneSQLite   = `DELETE FROM due WHERE user_id IN (SELECT d.user_id FROM ` + settledSQLite + ` CROSS JOIN due d` + asSettled + `)`
	settleDonePostgres = `DELETE FROM due d USING ` + settledPostgres + asSettled + byIndex

	settleLater         = `UPDATE due AS d SET rank = s.next_rank, due_at = s.next_at, attempts = s.next_attempts, parked = '' FROM `
	settleLaterSQLite   = settleLater + settledSQLite + asSettled
	settleLaterPostgres = settleLater + settledPostgres + asSettled + byIndex
)

// Settle takes marks away, or has their users looked at next at a later time, with RankLater unless something is pending. A mark
// that is not the one any more that was read, or is of a later version than was looked at, stays as it is.
func (s *Store) Settle(ctx context.Context, settled []bridge.Settlement) error {
	var done, later [][]any
	for _, m := range settled {
		row := []any{m.Due.CustomerID, m.Due.UserID, m.Due.Version, int(m.Due.Rank), micros(m.Due.At)}
		switch {
		case m.Next.IsZero() && !m.Pending:
			done = append(done, row)
		case m.Pending:
			later = append(later, append(row, int(m.Due.Rank), micros(m.Next), m.Due.Attempts))
		default:
			later = append(later, append(row, int(bridge.RankLater), micros(m.Next), 0))
		}
	}
	if err := s.settle(ctx, s.dialect.pick(settleDoneSQLite, settleDonePostgres), done); err != nil {
		return err
	}
	return s.settle(ctx, s.dialect.pick(settleLaterSQLite, settleLaterPostgres), later)
}

// settle runs one statement over marks; each of them is a matter of its own.
func (s *Store) settle(ctx context.Context, query string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode the settled marks: %w", err)
	}
	err = s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, query, string(list))
		return err
	})
	return failed("settle due marks", err)
}
