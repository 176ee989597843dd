package store

import (
	"context"
	"time"
)

const (
	readState = `SELECT value, at FROM sync_state WHERE name = ?`
	saveState = `INSERT INTO sync_state (name, value, at) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at`
)

// State reads a value that the syncer keeps, and when it was set; empty and zero where it never was.
func (s *Store) State(ctx context.Context, name string) (value string, at time.Time, err error) {
	var row struct {
		Value string `db:"value"`
		At    int64  `db:"at"`
	}
	_, err = s.reading().get(ctx, &row, readState, name)
	return row.Value, moment(row.At), failed("read the syncer's state", err)
}

// SetState keeps a value for the syncer.
func (s *Store) SetState(ctx context.Context, name, value string) error {
	err := s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, saveState, name, value, micros(s.now()))
		return err
	})
	return failed("save the syncer's state", err)
}
