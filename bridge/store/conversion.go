package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

const (
	convertAsPlanned = `INSERT INTO conversions (user_id, customer_id, plan_id, ordinal, wave, state, asked_at, mails, note)
SELECT r.user_id, r.customer_id, r.plan_id, r.ordinal, 0, 'waiting', 0, 0, '' FROM plan_rows r
WHERE r.customer_id = ? AND r.plan_id = ? AND r.sign_in = 'reset_mail'
ON CONFLICT (user_id) DO UPDATE SET plan_id = excluded.plan_id, wave = 0, state = 'waiting', asked_at = 0, mails = 0, note = ''`

	nextWave = `SELECT COALESCE(MAX(number), 0) + 1 FROM waves WHERE customer_id = ? AND plan_id = ?`
	addWave  = `INSERT INTO waves (plan_id, customer_id, number, people, starts_at, started_by, begun_at, stopped_at) VALUES (?, ?, ?, ?, ?, ?, 0, 0)`
	fillWave = `UPDATE conversions SET wave = $3, state = 'scheduled' WHERE customer_id = $1 AND plan_id = $2 AND user_id IN (
  SELECT v.user_id FROM conversions v WHERE v.customer_id = $1 AND v.plan_id = $2 AND v.state = 'waiting' ORDER BY v.ordinal LIMIT $4)`

	wavesOf = `SELECT plan_id, customer_id, number, people, starts_at, started_by, begun_at, stopped_at FROM waves WHERE customer_id = ? AND plan_id = ? ORDER BY number`

	// Waves that are due are few, whatever the number of customers.
	wavesDue = `SELECT plan_id, customer_id, number, people, starts_at, started_by, begun_at, stopped_at FROM waves
WHERE begun_at = 0 AND stopped_at = 0 AND starts_at <= ? AND NOT EXISTS (SELECT 1 FROM customers f WHERE f.id = customer_id AND f.review_since <> 0) ORDER BY starts_at, plan_id, number`
	beginWave   = `UPDATE waves SET begun_at = ? WHERE customer_id = ? AND plan_id = ? AND number = ? AND begun_at = 0 AND stopped_at = 0`
	convertWave = `UPDATE conversions SET state = 'due' WHERE customer_id = ? AND plan_id = ? AND wave = ? AND state = 'scheduled'`
	markWave    = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
SELECT u.id, u.customer_id, 5, ?, u.version, 0, '' FROM conversions v JOIN users u ON u.customer_id = v.customer_id AND u.id = v.user_id
WHERE v.customer_id = ? AND v.plan_id = ? AND v.wave = ? AND v.state = 'due'
ON CONFLICT (user_id) DO UPDATE SET rank = CASE WHEN due.rank < 5 THEN due.rank ELSE 5 END, due_at = excluded.due_at, version = excluded.version, attempts = 0, parked = ''`

	stopWaves   = `UPDATE waves SET stopped_at = ? WHERE customer_id = ? AND plan_id = ? AND stopped_at = 0`
	waitAgain   = `UPDATE conversions SET wave = 0, state = 'waiting' WHERE customer_id = ? AND plan_id = ? AND state IN ('scheduled', 'due') AND mails = 0`
	askAgain    = `UPDATE conversions SET state = 'due' WHERE customer_id = ? AND user_id = ? AND state IN ('sent', 'failed')`
	conversions = `SELECT v.user_id, v.customer_id, v.plan_id, v.wave, v.state, v.asked_at, v.mails, v.note, r.user_name FROM conversions v
  JOIN plan_rows r ON r.customer_id = v.customer_id AND r.plan_id = v.plan_id AND r.ordinal = v.ordinal
WHERE v.customer_id = ? AND v.plan_id = ? ORDER BY v.ordinal`
	saveConversion = `UPDATE conversions SET state = ?, asked_at = ?, mails = ?, note = ? WHERE customer_id = ? AND user_id = ? AND state IN ('due', 'sent')`
)

// waveRow is a row of waves.
type waveRow struct {
	PlanID     string `db:"plan_id"`
	CustomerID string `db:"customer_id"`
	Number     int64  `db:"number"`
	People     int    `db:"people"`
	StartsAt   int64  `db:"starts_at"`
	StartedBy  string `db:"started_by"`
	Begun      int64  `db:"begun_at"`
	Stopped    int64  `db:"stopped_at"`
}

func (r waveRow) wave() bridge.Wave {
	return bridge.Wave{
		PlanID: r.PlanID, CustomerID: r.CustomerID, Number: r.Number, People: r.People, StartsAt: moment(r.StartsAt), StartedBy: r.StartedBy,
		Begun: moment(r.Begun), Stopped: moment(r.Stopped),
	}
}

// AddWave implements bridge.ConversionStore.
func (s *Store) AddWave(ctx context.Context, w bridge.Wave, e bridge.Event) (bridge.Wave, error) {
	size := w.People
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockCustomer(ctx, customerByID, w.CustomerID); err != nil {
			return err
		}
		if _, err := tx.get(ctx, &w.Number, nextWave, w.CustomerID, w.PlanID); err != nil {
			return err
		}
		var err error
		if w.People, err = tx.exec(ctx, fillWave, w.CustomerID, w.PlanID, w.Number, size); err != nil {
			return err
		}
		if w.People == 0 {
			return refusal(bridge.Conflict, "nobody of this disconnect waits to be converted to a password")
		}
		if _, err := tx.exec(ctx, addWave, w.PlanID, w.CustomerID, w.Number, w.People, micros(w.StartsAt), w.StartedBy); err != nil {
			return err
		}
		return tx.addEvents(ctx, e)
	})
	if err != nil {
		return bridge.Wave{}, failed("start a wave", err)
	}
	return w, nil
}

// Waves implements bridge.ConversionStore.
func (s *Store) Waves(ctx context.Context, p bridge.Plan) ([]bridge.Wave, error) {
	var rows []waveRow
	if err := s.reading().list(ctx, &rows, wavesOf, p.CustomerID, p.ID); err != nil {
		return nil, failed("list waves", err)
	}
	return mapped(rows, waveRow.wave), nil
}

// BeginWaves makes due whoever is in a wave, of whatever customer, whose time has come and which nobody stopped.
func (s *Store) BeginWaves(ctx context.Context, now time.Time) error {
	var rows []waveRow
	if err := s.reading().list(ctx, &rows, wavesDue, micros(now)); err != nil {
		return failed("look for waves", err)
	}
	for _, w := range rows {
		err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
			if _, err := tx.lockCustomer(ctx, customerByID, w.CustomerID); err != nil {
				return err
			}
			n, err := tx.exec(ctx, beginWave, micros(now), w.CustomerID, w.PlanID, w.Number)
			if err != nil || n == 0 {
				return err
			}
			if _, err := tx.exec(ctx, convertWave, w.CustomerID, w.PlanID, w.Number); err != nil {
				return err
			}
			_, err = tx.exec(ctx, markWave, micros(now), w.CustomerID, w.PlanID, w.Number)
			return err
		})
		if err != nil {
			return failed("begin a wave", err)
		}
		s.Wake()
	}
	return nil
}

// StopWaves implements bridge.ConversionStore.
func (s *Store) StopWaves(ctx context.Context, p bridge.Plan, at time.Time, e bridge.Event) (int, error) {
	var n int
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockCustomer(ctx, customerByID, p.CustomerID); err != nil {
			return err
		}
		var err error
		if n, err = tx.stopWaves(ctx, p, at); err != nil {
			return err
		}
		return tx.addEvents(ctx, e)
	})
	return n, failed("stop the waves", err)
}

// stopWaves returns how many people wait again.
func (c *session) stopWaves(ctx context.Context, p bridge.Plan, at time.Time) (int, error) {
	if _, err := c.exec(ctx, stopWaves, micros(at), p.CustomerID, p.ID); err != nil {
		return 0, err
	}
	return c.exec(ctx, waitAgain, p.CustomerID, p.ID)
}

// conversionRow is a row of conversions.
type conversionRow struct {
	UserID     string `db:"user_id"`
	CustomerID string `db:"customer_id"`
	PlanID     string `db:"plan_id"`
	UserName   string `db:"user_name"`
	Wave       int64  `db:"wave"`
	State      string `db:"state"`
	Asked      int64  `db:"asked_at"`
	Mails      int    `db:"mails"`
	Note       string `db:"note"`
}

func (r conversionRow) conversion() bridge.Conversion {
	return bridge.Conversion{
		UserID: r.UserID, CustomerID: r.CustomerID, PlanID: r.PlanID, UserName: r.UserName, Wave: r.Wave, State: bridge.ConversionState(r.State),
		Asked: moment(r.Asked), Mails: r.Mails, Note: r.Note,
	}
}

// Conversions implements bridge.ConversionStore.
func (s *Store) Conversions(ctx context.Context, p bridge.Plan) ([]bridge.Conversion, error) {
	var rows []conversionRow
	if err := s.reading().list(ctx, &rows, conversions, p.CustomerID, p.ID); err != nil {
		return nil, failed("list conversions", err)
	}
	return mapped(rows, conversionRow.conversion), nil
}

// Resend implements bridge.ConversionStore.
func (s *Store) Resend(ctx context.Context, customerID, userID string, at time.Time, e bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockCustomer(ctx, customerByID, customerID); err != nil {
			return err
		}
		n, err := tx.exec(ctx, askAgain, customerID, userID)
		if err != nil {
			return err
		}
		if n == 0 {
			return refusal(bridge.Conflict, "this person has no mail to be sent again: no wave has had a turn, or the password is set")
		}
		if _, err := tx.exec(ctx, markAgain, int(bridge.RankFlags), micros(at), customerID, userID); err != nil {
			return err
		}
		return tx.addEvents(ctx, e)
	})
	if err == nil {
		s.Wake()
	}
	return failed("ask for a mail again", err)
}

// SaveConversion writes how far a conversion is that is due or sent, with its event; one that was stopped meanwhile stays as it is.
func (s *Store) SaveConversion(ctx context.Context, c bridge.Conversion, ev *bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		n, err := tx.exec(ctx, saveConversion, string(c.State), micros(c.Asked), c.Mails, c.Note, c.CustomerID, c.UserID)
		if err != nil || n == 0 {
			return err
		}
		return tx.addEvents(ctx, maybeEvents(ev)...)
	})
	return failed("save a conversion", err)
}
