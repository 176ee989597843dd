package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

// holdRow is a row of holds.
type holdRow struct {
	ID         string `db:"id"`
	CustomerID string `db:"customer_id"`
	Opened     int64  `db:"opened_at"`
	Closed     int64  `db:"closed_at"`
	Code       string `db:"code"`
	Sentence   string `db:"sentence"`
}

func (r holdRow) hold() bridge.Hold {
	return bridge.Hold{
		ID: r.ID, CustomerID: r.CustomerID, Opened: moment(r.Opened), Closed: moment(r.Closed), Code: r.Code, Sentence: r.Sentence,
	}
}

const (
	openHold = `INSERT INTO holds (id, customer_id, opened_at, closed_at, code, sentence) VALUES (?, ?, ?, 0, ?, ?)
ON CONFLICT (customer_id) WHERE closed_at = 0 DO NOTHING`
	holdState = `UPDATE customers SET state = ?, modified_at = ? WHERE id = ? AND state = ?`
	closeHold = `UPDATE holds SET closed_at = ? WHERE customer_id = ? AND closed_at = 0`
	// While a disconnect is being undone, the removals that will wait are not there yet.
	countUndoing = `SELECT COUNT(*) FROM plans WHERE customer_id = $1 AND state = 'undoing'`
	openHolds    = `SELECT id, customer_id, opened_at, closed_at, code, sentence FROM holds WHERE closed_at = 0 ORDER BY opened_at, id`
)

// OpenHold opens a customer's hold, with its event, and reports whether it did: a hold that is open already stays as it
// is, without an event. A live connection is held from then on.
func (s *Store) OpenHold(ctx context.Context, h bridge.Hold, ev bridge.Event) (opened bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockCustomer(ctx, customerByID, h.CustomerID); err != nil {
			return err
		}
		n, err := tx.exec(ctx, openHold, h.ID, h.CustomerID, micros(h.Opened), h.Code, h.Sentence)
		if opened = n > 0; err != nil || !opened {
			return err
		}
		if _, err := tx.exec(ctx, holdState, string(bridge.Held), micros(h.Opened), h.CustomerID, string(bridge.Live)); err != nil {
			return err
		}
		return tx.addEvents(ctx, ev)
	})
	return opened, failed("open a hold", err)
}

// CloseHold closes a customer's hold, with its event, unless a removal still waits that nobody has let through, or a disconnect
// is being undone or nothing of the customer moves, and reports whether it did. A held connection is live from then on. No write of the identity provider comes in between.
func (s *Store) CloseHold(ctx context.Context, customerID string, at time.Time, ev bridge.Event) (closed bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context, tx *session) error {
		closed = false
		row, err := tx.lockAnyCustomer(ctx, customerByID, customerID)
		if err != nil || row.ReviewSince != 0 {
			return err
		}
		for _, reason := range []string{countHeld, countUndoing} {
			var n int
			if _, err := tx.get(ctx, &n, reason, customerID); err != nil || n > 0 {
				return err
			}
		}
		if undoing, err := tx.undoing(ctx, customerID); err != nil || undoing {
			return err // its removals are not all back yet
		}
		n, err := tx.exec(ctx, closeHold, micros(at), customerID)
		if err != nil || n == 0 {
			return err
		}
		if _, err := tx.exec(ctx, holdState, string(bridge.Live), micros(at), customerID, string(bridge.Held)); err != nil {
			return err
		}
		closed = true
		return tx.addEvents(ctx, ev)
	})
	if closed {
		s.Wake()
	}
	return closed, failed("close a hold", err)
}

// Holds lists the open holds of all customers, the oldest first.
func (s *Store) Holds(ctx context.Context) ([]bridge.Hold, error) {
	var rows []holdRow
	if err := s.reading().list(ctx, &rows, openHolds); err != nil {
		return nil, failed("list the holds", err)
	}
	return mapped(rows, holdRow.hold), nil
}

// answeredSince counts the removals in force that a person let through.
const answeredSince = `(SELECT COUNT(*) FROM approvals a JOIN users u ON u.customer_id = a.customer_id AND u.id = a.user_id AND u.removed_at = a.removed_at
    WHERE a.customer_id = $1 AND a.removed_at > `

const (
	// lateSince and lateUntil count the removals that were accepted before a window and reach into it: those that are not
	// carried out yet, and those whose suspension started within it. What waited for an outage to end is no less a storm.
	lateSince = `(SELECT COUNT(*) FROM users u WHERE u.customer_id = $1 AND u.connected AND u.removed_at <> 0
    AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.customer_id = $1 AND a.user_id = u.id AND a.removed_at = u.removed_at)
    AND u.id IN (SELECT d.user_id FROM due d WHERE d.customer_id = $1 AND d.rank = 1
      UNION SELECT i.user_id FROM intents i WHERE i.customer_id = $1 AND i.revokes AND NOT i.answered AND i.kind = 'suspend' AND i.sent_at > `
	lateUntil = `) AND u.removed_at <= `
)

const removals = `SELECT
  ` + lateSince + `$2` + lateUntil + `$2) AS late_hour,
  ` + lateSince + `$3` + lateUntil + `$3) AS late_day,
  ` + lateSince + `$4` + lateUntil + `$4) AS late_week,
  ` + answeredSince + `$2) AS answered_hour,
  ` + answeredSince + `$3) AS answered_day,
  ` + answeredSince + `$4) AS answered_week,
  (SELECT COUNT(*) FROM users WHERE customer_id = $1 AND removed_at <> 0 AND removed_at > $2) AS hour,
  (SELECT COUNT(*) FROM users WHERE customer_id = $1 AND removed_at <> 0 AND removed_at > $3) AS day,
  (SELECT COUNT(*) FROM users WHERE customer_id = $1 AND removed_at <> 0 AND removed_at > $4) AS week,
  (SELECT CAST(COALESCE(SUM(active), 0) AS BIGINT) FROM user_block WHERE customer_id = $1) AS active,
  (SELECT COALESCE(MAX(peak), 0) FROM active_peaks WHERE customer_id = $1 AND hour >= $5) AS peak_hour,
  (SELECT COALESCE(MAX(peak), 0) FROM active_peaks WHERE customer_id = $1 AND hour >= $6) AS peak_day,
  (SELECT COALESCE(MAX(peak), 0) FROM active_peaks WHERE customer_id = $1 AND hour >= $7) AS peak_week,
  (SELECT COALESCE(MAX(sent_at), 0) FROM intents WHERE customer_id = $1 AND revokes AND NOT answered) AS last_start,
  (SELECT COUNT(*) FROM intents WHERE customer_id = $1 AND revokes AND NOT answered AND sent_at > $2) AS started`

// Removals counts what the limits on a customer's removals are measured by: accepted removals, carried out or not, by when they were
// accepted and by when they were carried out. What a person let through counts as a user who was
// active, not as a removal.
func (s *Store) Removals(ctx context.Context, customerID string, now time.Time) (bridge.RemovalCount, error) {
	var row struct {
		Hour      int   `db:"hour"`
		Day       int   `db:"day"`
		Week      int   `db:"week"`
		Active    int   `db:"active"`
		PeakHour  int   `db:"peak_hour"`
		PeakDay   int   `db:"peak_day"`
		PeakWeek  int   `db:"peak_week"`
		LastStart int64 `db:"last_start"`
		Started   int   `db:"started"`

		LateHour int `db:"late_hour"`
		LateDay  int `db:"late_day"`
		LateWeek int `db:"late_week"`

		AnsweredHour int `db:"answered_hour"`
		AnsweredDay  int `db:"answered_day"`
		AnsweredWeek int `db:"answered_week"`
	}
	hour, day, week := now.Add(-time.Hour), now.AddDate(0, 0, -1), now.AddDate(0, 0, -7)
	_, err := s.reading().get(ctx, &row, removals, customerID, micros(hour), micros(day), micros(week), hourOf(hour), hourOf(day), hourOf(week))
	if err != nil {
		return bridge.RemovalCount{}, failed("count the removals", err)
	}
	row.Hour, row.Day, row.Week = row.Hour+row.LateHour, row.Day+row.LateDay, row.Week+row.LateWeek
	return bridge.RemovalCount{
		Hour: row.Hour - row.AnsweredHour, Day: row.Day - row.AnsweredDay, Week: row.Week - row.AnsweredWeek, Active: row.Active,
		Peak: [3]int{
			max(row.PeakHour, row.Active+row.Hour), max(row.PeakDay, row.Active+row.Day), max(row.PeakWeek, row.Active+row.Week),
		},
		LastStart: moment(row.LastStart), StartedLastHour: row.Started,
	}, nil
}

const globalRemovals = `SELECT
  (SELECT COUNT(*) FROM intents WHERE revokes AND NOT answered AND sent_at > ?) AS started,
  (SELECT CAST(COALESCE(SUM(active), 0) AS BIGINT) FROM user_block) AS active,
  (SELECT COUNT(*) FROM holds WHERE closed_at = 0) AS held,
  (SELECT COUNT(*) FROM customers) AS customers`

// GlobalRemovals counts over all customers: revocations sent since then
// without a person's answer, users that are active, open holds, customers.
func (s *Store) GlobalRemovals(ctx context.Context, since time.Time) (started, active, held, customers int, err error) {
	var row struct {
		Started   int `db:"started"`
		Active    int `db:"active"`
		Held      int `db:"held"`
		Customers int `db:"customers"`
	}
	_, err = s.reading().get(ctx, &row, globalRemovals, micros(since))
	return row.Started, row.Active, row.Held, row.Customers, failed("count the removals of all customers", err)
}
