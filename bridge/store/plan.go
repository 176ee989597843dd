package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"drawbridge/bridge"
)

const planColumns = `p.id, p.customer_id, p.number, p.state, p.hash, p.choices, p.totals, p.burst_from, p.sso, p.no_sign_in, p.epoch, p.created_at, p.created_by, p.expires_at,
  p.confirmed_at, p.confirmed_by, p.accepted, p.run_at, p.finished_at, p.swept_at, p.undone_at, p.undone_by, p.conversions, p.second_by,
  p.return_cancelled_at`

// planRow is a row of plans.
type planRow struct {
	ID          string `db:"id"`
	CustomerID  string `db:"customer_id"`
	Number      int64  `db:"number"`
	State       string `db:"state"`
	Hash        string `db:"hash"`
	Choices     []byte `db:"choices"`
	Totals      []byte `db:"totals"`
	BurstFrom   int64  `db:"burst_from"`
	SSO         string `db:"sso"`
	NoSignIn    int    `db:"no_sign_in"`
	Epoch       int64  `db:"epoch"`
	Created     int64  `db:"created_at"`
	CreatedBy   string `db:"created_by"`
	Expires     int64  `db:"expires_at"`
	Confirmed   int64  `db:"confirmed_at"`
	ConfirmedBy string `db:"confirmed_by"`
	Accepted    string `db:"accepted"`
	RunAt       int64  `db:"run_at"`
	Finished    int64  `db:"finished_at"`
	Swept       int64  `db:"swept_at"`
	Undone      int64  `db:"undone_at"`
	UndoneBy    string `db:"undone_by"`
	Conversions int    `db:"conversions"`
	SecondBy    string `db:"second_by"`
	Cancelled   int64  `db:"return_cancelled_at"`
}

func (r planRow) plan() (bridge.Plan, error) {
	p := bridge.Plan{
		ID: r.ID, CustomerID: r.CustomerID, Number: r.Number, State: bridge.PlanState(r.State), Hash: r.Hash, NoSignIn: r.NoSignIn, Epoch: r.Epoch,
		Created: moment(r.Created), CreatedBy: r.CreatedBy, Expires: moment(r.Expires), Confirmed: moment(r.Confirmed), ConfirmedBy: r.ConfirmedBy,
		Accepted: r.Accepted, RunAt: moment(r.RunAt), Finished: moment(r.Finished), Swept: moment(r.Swept), Undone: moment(r.Undone), UndoneBy: r.UndoneBy,
		BurstFrom: moment(r.BurstFrom), SSO: r.SSO, Conversions: r.Conversions, SecondBy: r.SecondBy,
		ReturnCancelled: moment(r.Cancelled),
	}
	if err := json.Unmarshal(r.Choices, &p.Choices); err != nil {
		return p, fmt.Errorf("the choices of plan %d cannot be read: %w", p.Number, err)
	}
	if err := json.Unmarshal(r.Totals, &p.Totals); err != nil {
		return p, fmt.Errorf("the totals of plan %d cannot be read: %w", p.Number, err)
	}
	return p, nil
}

const (
	insertPlan = `INSERT INTO plans (id, customer_id, number, state, hash, choices, totals, no_sign_in, epoch, created_at, created_by, expires_at,
  confirmed_at, confirmed_by, second_by, accepted, run_at, finished_at, swept_at, undone_at, undone_by, conversions, burst_from, sso)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', '', '', ?, 0, 0, 0, '', ?, ?, ?)`
	lastPlanNumber = `SELECT COALESCE(MAX(number), 0) FROM plans WHERE customer_id = ?`
	replaceOpen    = `UPDATE plans SET state = 'cancelled' WHERE customer_id = ? AND state = 'open'`
)

// AddPlan implements bridge.PlanStore.
func (s *Store) AddPlan(ctx context.Context, p bridge.Plan, rows []bridge.PlanRow, e bridge.Event) (bridge.Plan, error) {
	chunks, err := encodePlanRows(rows)
	if err != nil {
		return bridge.Plan{}, err
	}
	err = s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockCustomer(ctx, customerByID, p.CustomerID); err != nil {
			return err
		}
		undoing, err := tx.undoing(ctx, p.CustomerID)
		if err != nil {
			return err
		}
		if undoing {
			return refusal(bridge.Conflict, "people of this customer are still on their way back under SCIM; make the plan when they are, see `drawbridge sync status`")
		}
		if _, err := tx.get(ctx, &p.Number, lastPlanNumber, p.CustomerID); err != nil {
			return err
		}
		p.Number++
		if _, err := tx.exec(ctx, replaceOpen, p.CustomerID); err != nil {
			return err
		}
		if err := tx.addPlan(ctx, p); err != nil {
			return err
		}
		if err := tx.savePlanRows(ctx, p, chunks); err != nil {
			return err
		}
		return tx.addEvents(ctx, e)
	})
	if err == nil && s.dialect == postgres && len(rows) >= manyRows {
		// Statements prepared while the table was small would read it once a row until the database looks at it by itself.
		_, err = s.writing().exec(ctx, analyzeRows)
	}
	return p, failed("add a plan", err)
}

func (c *session) addPlan(ctx context.Context, p bridge.Plan) error {
	choices, totals, err := encodePlan(p)
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, insertPlan, p.ID, p.CustomerID, p.Number, string(p.State), p.Hash, choices, totals, p.NoSignIn, p.Epoch,
		micros(p.Created), p.CreatedBy, micros(p.Expires), micros(p.RunAt), p.Conversions, micros(p.BurstFrom), p.SSO)
	return err
}

// manyRows is from how many rows on a plan changes what the planner of PostgreSQL should know of the table.
const manyRows = 1000

const analyzeRows = `ANALYZE plan_rows`

func encodePlan(p bridge.Plan) (choices, totals string, err error) {
	c, err := json.Marshal(p.Choices)
	if err != nil {
		return "", "", err
	}
	t, err := json.Marshal(p.Totals)
	return string(c), string(t), err
}

const (
	planByNumber = `SELECT ` + planColumns + ` FROM plans p WHERE p.customer_id = ? AND p.number = ?`
	latestPlan   = `SELECT ` + planColumns + ` FROM plans p WHERE p.customer_id = ? ORDER BY p.number DESC LIMIT 1`
)

// Plan implements bridge.PlanStore.
func (s *Store) Plan(ctx context.Context, customerID string, number int64) (bridge.Plan, error) {
	p, err := s.reading().plan(ctx, customerID, number)
	return p, failed("read a plan", err)
}

func (c *session) plan(ctx context.Context, customerID string, number int64) (bridge.Plan, error) {
	var row planRow
	query, args := latestPlan, []any{customerID}
	if number != 0 {
		query, args = planByNumber, append(args, number)
	}
	found, err := c.get(ctx, &row, query, args...)
	if err == nil && !found {
		err = refusal(bridge.NotFound, "there is no such plan; `drawbridge disconnect plan` makes one")
	}
	if err != nil {
		return bridge.Plan{}, err
	}
	return row.plan()
}

const changePlan = `UPDATE plans SET state = ?, confirmed_at = ?, confirmed_by = ?, accepted = ?, run_at = ?, finished_at = ?, swept_at = ?, undone_at = ?, undone_by = ?, second_by = ?
WHERE customer_id = ? AND id = ?`

// ChangePlan implements bridge.PlanStore.
func (s *Store) ChangePlan(ctx context.Context, customerID string, number int64, change func(*bridge.Plan) (bridge.Event, error)) (bridge.Plan, error) {
	var p bridge.Plan
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockCustomer(ctx, customerByID, customerID); err != nil {
			return err
		}
		var err error
		if p, err = tx.plan(ctx, customerID, number); err != nil {
			return err
		}
		event, err := change(&p)
		if err != nil {
			return err
		}
		if err := tx.savePlan(ctx, p); err != nil {
			return err
		}
		return tx.addEvents(ctx, event)
	})
	if err != nil {
		return bridge.Plan{}, failed("change a plan", err)
	}
	s.Wake()
	return p, nil
}

func (c *session) savePlan(ctx context.Context, p bridge.Plan) error {
	_, err := c.exec(ctx, changePlan, string(p.State), micros(p.Confirmed), p.ConfirmedBy, p.Accepted, micros(p.RunAt), micros(p.Finished),
		micros(p.Swept), micros(p.Undone), p.UndoneBy, p.SecondBy, p.CustomerID, p.ID)
	return err
}

// Plans at work are few, whatever the number of customers. Those of a customer that waits for an approval after a restore rest.
const (
	unfrozen     = ` AND NOT EXISTS (SELECT 1 FROM customers f WHERE f.id = p.customer_id AND f.review_since <> 0) ORDER BY p.run_at, p.id`
	duePlans     = `SELECT ` + planColumns + ` FROM plans p WHERE p.state = 'confirmed' AND p.run_at <= ?` + unfrozen
	plansAtWork  = `SELECT ` + planColumns + ` FROM plans p WHERE p.state IN ('running', 'undoing')` + unfrozen
	plansToSweep = `SELECT ` + planColumns + ` FROM plans p WHERE p.state = 'done' AND p.swept_at = 0 AND p.run_at <= ?` + unfrozen
)

// DuePlans implements bridge.PlanStore.
func (s *Store) DuePlans(ctx context.Context, now time.Time) ([]bridge.Plan, error) {
	return s.plans(ctx, duePlans, micros(now))
}

// PlansAtWork lists the plans of all customers that are being carried out or undone.
func (s *Store) PlansAtWork(ctx context.Context) ([]bridge.Plan, error) {
	return s.plans(ctx, plansAtWork)
}

// PlansToSweep lists the plans of all customers that ran at cut or before and whose accounts are to be read once more.
func (s *Store) PlansToSweep(ctx context.Context, cut time.Time) ([]bridge.Plan, error) {
	return s.plans(ctx, plansToSweep, micros(cut))
}

func (s *Store) plans(ctx context.Context, query string, args ...any) ([]bridge.Plan, error) {
	var rows []planRow
	if err := s.reading().list(ctx, &rows, query, args...); err != nil {
		return nil, failed("list plans", err)
	}
	plans := make([]bridge.Plan, len(rows))
	for i, r := range rows {
		var err error
		if plans[i], err = r.plan(); err != nil {
			return nil, failed("list plans", err)
		}
	}
	return plans, nil
}
