package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

const (
	resumeCustomer = `UPDATE customers SET state = CASE WHEN EXISTS (SELECT 1 FROM holds h WHERE h.customer_id = $1 AND h.closed_at = 0) THEN 'held' ELSE 'live' END,
  paused_at = 0, paused_until = 0, pause_answer = '', modified_at = $2 WHERE id = $1`
	pausesOver = `SELECT ` + customerColumns + ` FROM customers c WHERE c.state = 'paused' AND c.paused_until <= ? AND c.paused_until <> 0 AND c.review_since = 0 ORDER BY c.slug`

	// Whoever waited is looked at now, and not when a paused connection would have been looked at again.
	wakeCustomer = `UPDATE due SET due_at = ? WHERE customer_id = ? AND rank < 6 AND parked = '' AND due_at > ?`
)

// Resume implements bridge.PauseStore.
func (s *Store) Resume(ctx context.Context, customerID string, at time.Time, h *bridge.Hold, events ...bridge.Event) (bridge.Customer, error) {
	var c bridge.Customer
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockCustomer(ctx, customerByID, customerID)
		if err != nil {
			return err
		}
		if bridge.State(row.State) != bridge.Paused {
			return refusal(bridge.Conflict, "this connection is "+row.State+", not paused")
		}
		if h != nil {
			if _, err := tx.exec(ctx, openHold, h.ID, h.CustomerID, micros(h.Opened), h.Code, h.Sentence); err != nil {
				return err
			}
		}
		if _, err := tx.exec(ctx, resumeCustomer, customerID, micros(at)); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, wakeCustomer, micros(at), customerID, micros(at)); err != nil {
			return err
		}
		if err := tx.addEvents(ctx, events...); err != nil {
			return err
		}
		row, err = tx.lockCustomer(ctx, customerByID, customerID)
		c = row.customer()
		return err
	})
	if err != nil {
		return bridge.Customer{}, failed("end a pause", err)
	}
	s.Wake()
	return c, nil
}

// PausesOver implements bridge.PauseStore.
func (s *Store) PausesOver(ctx context.Context, now time.Time) ([]bridge.Customer, error) {
	var rows []customerRow
	if err := s.reading().list(ctx, &rows, pausesOver, micros(now)); err != nil {
		return nil, failed("list the pauses that are over", err)
	}
	return mapped(rows, customerRow.customer), nil
}
