package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"drawbridge/bridge"
)

// planChunk is how many rows of a plan one statement stores.
const planChunk = 2000

const (
	// The rows come as a JSON array of arrays, which both databases take apart.
	planRowsHead = `INSERT INTO plan_rows (plan_id, ordinal, customer_id, user_id, user_name, outcome, sign_in, status, active, removed_at, reason, writes, facts, result, after, note)
SELECT p.id, CAST(value ->> 0 AS BIGINT), p.customer_id, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, CAST(value ->> 6 AS BOOLEAN),
  CAST(value ->> 7 AS BIGINT), value ->> 8, value ->> 9, value ->> 10, '', '', '' FROM plans p CROSS JOIN `
	planRowsTail = ` WHERE p.customer_id = ? AND p.id = ?
ON CONFLICT (plan_id, ordinal) DO UPDATE SET user_name = excluded.user_name, outcome = excluded.outcome, sign_in = excluded.sign_in, status = excluded.status,
  active = excluded.active, removed_at = excluded.removed_at, reason = excluded.reason, writes = excluded.writes, facts = excluded.facts`
	planRowsSQLite   = planRowsHead + fromJSON + planRowsTail
	planRowsPostgres = planRowsHead + fromJSONB + planRowsTail
)

// encodePlanRows encodes rows for savePlanRows, in chunks.
func encodePlanRows(rows []bridge.PlanRow) ([]string, error) {
	var chunks []string
	for chunk := range slices.Chunk(rows, planChunk) {
		list := make([][]any, len(chunk))
		for i, r := range chunk {
			writes, err := json.Marshal(r.Writes)
			if err != nil {
				return nil, fmt.Errorf("encode a row of a plan: %w", err)
			}
			list[i] = []any{
				r.Ordinal, r.UserID, r.UserName, string(r.Outcome), string(r.SignIn), string(r.Status), r.Active, micros(r.Removed), r.Reason, string(writes), r.Facts,
			}
		}
		b, err := json.Marshal(list)
		if err != nil {
			return nil, fmt.Errorf("encode the rows of a plan: %w", err)
		}
		chunks = append(chunks, string(b))
	}
	return chunks, nil
}

func (c *session) savePlanRows(ctx context.Context, p bridge.Plan, chunks []string) error {
	for _, chunk := range chunks {
		if _, err := c.exec(ctx, c.store.dialect.pick(planRowsSQLite, planRowsPostgres), chunk, p.CustomerID, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// SavePlanRows implements bridge.PlanStore.
func (s *Store) SavePlanRows(ctx context.Context, p bridge.Plan, rows []bridge.PlanRow) error {
	chunks, err := encodePlanRows(rows)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(ctx context.Context, tx *session) error { return tx.savePlanRows(ctx, p, chunks) })
	return failed("save rows of a plan", err)
}

// planRowRow is a row of plan_rows.
type planRowRow struct {
	Ordinal  int64  `db:"ordinal"`
	UserID   string `db:"user_id"`
	UserName string `db:"user_name"`
	Outcome  string `db:"outcome"`
	SignIn   string `db:"sign_in"`
	Status   string `db:"status"`
	Active   bool   `db:"active"`
	Removed  int64  `db:"removed_at"`
	Reason   string `db:"reason"`
	Writes   []byte `db:"writes"`
	Result   string `db:"result"`
	After    string `db:"after"`
	Note     string `db:"note"`
}

func (r planRowRow) planRow() (bridge.PlanRow, error) {
	out := bridge.PlanRow{
		UserID: r.UserID, Ordinal: r.Ordinal, UserName: r.UserName, SignIn: bridge.SignInWay(r.SignIn), Active: r.Active, Removed: moment(r.Removed),
		Reason: r.Reason, Result: bridge.RowResult(r.Result), ResultNote: r.Note,
	}
	become(&out.Outcome, r.Outcome)
	become(&out.Status, r.Status)
	become(&out.After, r.After)
	if err := json.Unmarshal(r.Writes, &out.Writes); err != nil {
		return out, fmt.Errorf("a row of a plan cannot be read: %w", err)
	}
	return out, nil
}

const planRowsAfter = `SELECT r.ordinal, r.user_id, r.user_name, r.outcome, r.sign_in, r.status, r.active, r.removed_at, r.reason, r.writes, r.result, r.after, r.note
FROM plan_rows r WHERE r.customer_id = ? AND r.plan_id = ? AND r.ordinal > ? ORDER BY r.ordinal LIMIT ?`

// PlanRows implements bridge.PlanStore.
func (s *Store) PlanRows(ctx context.Context, p bridge.Plan, after int64, limit int) ([]bridge.PlanRow, error) {
	var rows []planRowRow
	if err := s.reading().list(ctx, &rows, planRowsAfter, p.CustomerID, p.ID, after, limit); err != nil {
		return nil, failed("read the rows of a plan", err)
	}
	out := make([]bridge.PlanRow, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.planRow(); err != nil {
			return nil, failed("read the rows of a plan", err)
		}
	}
	return out, nil
}

const (
	// An account counts as it was last read; one that is not as the plan wants it has failed.
	finishRows = `UPDATE plan_rows SET
  result = CASE WHEN f.parked <> '' THEN 'failed' WHEN f.okta_id IS NULL THEN 'skipped'
    WHEN f.status IN ('SUSPENDED', 'DEPROVISIONED') AND outcome IN ('stays_active', 'held', 'restore') THEN 'failed'
    WHEN f.status = 'DEPROVISIONED' THEN 'skipped' ELSE 'done' END,
  note = CASE WHEN f.parked <> '' THEN f.parked WHEN f.okta_id IS NULL THEN 'no_account'
    WHEN f.status IN ('SUSPENDED', 'DEPROVISIONED') AND outcome IN ('stays_active', 'held', 'restore') THEN 'without_access'
    WHEN f.status = 'DEPROVISIONED' THEN 'deactivated' ELSE '' END,
  after = COALESCE(f.status, '')
FROM (
  SELECT r.plan_id, r.ordinal AS place, l.okta_id, l.status, COALESCE(d.parked, '') AS parked
  FROM plan_rows r
    LEFT JOIN links l ON l.customer_id = r.customer_id AND l.user_id = r.user_id
    LEFT JOIN due d ON d.customer_id = r.customer_id AND d.user_id = r.user_id
  WHERE r.customer_id = ? AND r.plan_id = ? AND r.result = '' ORDER BY r.ordinal LIMIT ?
) f WHERE plan_rows.plan_id = f.plan_id AND plan_rows.ordinal = f.place`

	// Who came between the last look at a plan and the cut was released by it like everybody else.
	lateRows = `INSERT INTO plan_rows (plan_id, ordinal, customer_id, user_id, user_name, outcome, sign_in, status, active, removed_at, reason, writes, facts, result, after, note)
SELECT p.id, u.ordinal, u.customer_id, u.id, '', CASE WHEN l.status IN ('', 'SUSPENDED', 'DEPROVISIONED') THEN 'stays_inactive' ELSE 'stays_active' END, 'unknown',
  l.status, u.active, u.removed_at, 'came_late', 'null', '', '', '', ''
FROM plans p JOIN users u ON u.customer_id = p.customer_id JOIN links l ON l.customer_id = u.customer_id AND l.user_id = u.id
WHERE p.customer_id = ? AND p.id = ? AND NOT u.connected
  AND NOT EXISTS (SELECT 1 FROM unmanaged m WHERE m.customer_id = u.customer_id AND m.user_id = u.id)
  AND NOT EXISTS (SELECT 1 FROM plan_rows r WHERE r.customer_id = p.customer_id AND r.plan_id = p.id AND r.ordinal = u.ordinal)`
)

// FinishRows writes what became of up to limit people of a plan, and returns how many those were.
func (s *Store) FinishRows(ctx context.Context, p bridge.Plan, limit int) (int, error) {
	var n int
	err := s.again(ctx, func() (err error) {
		n, err = s.writing().exec(ctx, finishRows, p.CustomerID, p.ID, limit)
		return err
	})
	return n, failed("write what became of a plan", err)
}

// AddLateRows adds the people to a plan whom it released without having known them.
func (s *Store) AddLateRows(ctx context.Context, p bridge.Plan) error {
	err := s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, lateRows, p.CustomerID, p.ID)
		return err
	})
	return failed("add the people that came late to a plan", err)
}
