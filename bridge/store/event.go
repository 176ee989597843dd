package store

import (
	"context"
	"database/sql"

	"drawbridge/bridge"
)

// eventRow is a row of events or of event_inbox.
type eventRow struct {
	ID         string         `db:"id"`
	CustomerID string         `db:"customer_id"`
	Seq        int64          `db:"seq"`
	At         int64          `db:"at"`
	Epoch      int64          `db:"epoch"`
	Kind       string         `db:"kind"`
	Actor      string         `db:"actor"`
	UserID     sql.NullString `db:"user_id"`
	Version    int64          `db:"version"`
	Data       string         `db:"data"`
}

func (r eventRow) event() bridge.Event {
	return bridge.Event{
		ID: r.ID, CustomerID: r.CustomerID, Seq: r.Seq, At: moment(r.At), Epoch: r.Epoch, Kind: r.Kind, Actor: r.Actor,
		UserID: r.UserID.String, Version: r.Version, Data: r.Data,
	}
}

// addEvent takes the epoch from the customer's row, so that an event never claims one that was over.
const addEvent = `INSERT INTO event_inbox (id, customer_id, at, epoch, kind, actor, user_id, version, data)
SELECT ?, c.id, ?, c.epoch, ?, ?, ?, ?, ? FROM customers c WHERE c.id = ?`

// AddEvent stores an event; its Epoch is the customer's at that moment. NotFound where the customer is not there.
func (s *Store) AddEvent(ctx context.Context, e bridge.Event) error {
	err := s.again(ctx, func() error { return s.writing().addEvents(ctx, e) })
	return failed("add an event", err)
}

// addEvents stores those events that have an id. It must be the last statement of a transaction that waits for a row: the
// place of arrival is given here.
func (c *session) addEvents(ctx context.Context, events ...bridge.Event) error {
	for _, e := range events {
		if e.ID == "" {
			continue
		}
		n, err := c.exec(ctx, addEvent, e.ID, micros(e.At), e.Kind, e.Actor, optional(e.UserID), e.Version, eventData(e), e.CustomerID)
		if err != nil {
			return err
		}
		if n == 0 {
			return errNoCustomer()
		}
	}
	return nil
}

// maybeEvents is the event as addEvents takes it.
func maybeEvents(e *bridge.Event) []bridge.Event {
	if e == nil {
		return nil
	}
	return []bridge.Event{*e}
}

func eventData(e bridge.Event) string {
	if e.Data == "" {
		return "{}"
	}
	return e.Data
}

const (
	eventsOf = `SELECT id, customer_id, seq, at, epoch, kind, actor, user_id, version, data FROM events
WHERE customer_id = ? AND seq > ? ORDER BY seq LIMIT ?`

	eventsOfUser = `SELECT id, customer_id, seq, at, epoch, kind, actor, user_id, version, data FROM (
  SELECT * FROM (SELECT id, customer_id, seq, at, epoch, kind, actor, user_id, version, data, 0 AS arrival FROM events
    WHERE customer_id = $1 AND user_id = $2 ORDER BY seq DESC LIMIT $3) AS told
  UNION ALL
  SELECT id, customer_id, 0, at, epoch, kind, actor, user_id, version, data, arrival FROM event_inbox
    WHERE customer_id = $1 AND user_id = $2
) AS history ORDER BY arrival DESC, seq DESC LIMIT $3`
)

// Events lists the numbered events of a customer after a number, the oldest first.
func (s *Store) Events(ctx context.Context, customerID string, afterSeq int64, limit int) ([]bridge.Event, error) {
	var rows []eventRow
	if err := s.reading().list(ctx, &rows, eventsOf, customerID, afterSeq, limit); err != nil {
		return nil, failed("list the events", err)
	}
	return mapped(rows, eventRow.event), nil
}

// EventsOfUser lists the latest events of a user, the newest first; those without a number yet have Seq 0.
func (s *Store) EventsOfUser(ctx context.Context, customerID, userID string, limit int) ([]bridge.Event, error) {
	var rows []eventRow
	if err := s.reading().list(ctx, &rows, eventsOfUser, customerID, text(userID), limit); err != nil {
		return nil, failed("list the events of a user", err)
	}
	return mapped(rows, eventRow.event), nil
}
