package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// maxTries bounds how often a transaction that lost against another one is run again.
const maxTries = 8

// inside marks a context that belongs to a transaction.
type inside struct{}

// inTx runs fn in a transaction and commits it if fn returns nil. A panic rolls back. fn runs again when the database
// gave the transaction up in favour of another one, so it must change nothing but the database and what it assigns anew
// each time. A transaction within a transaction is a mistake of the caller: on SQLite it would wait for itself.
func (s *Store) inTx(ctx context.Context, fn func(context.Context, *session) error) error {
	if ctx.Value(inside{}) != nil {
		return errNested()
	}
	var missed []string
	err := s.again(ctx, func() error {
		c := s.writing()
		err := c.run(ctx, fn)
		missed = c.missed
		if c.written >= muchWritten {
			s.givePagesBack()
		}
		return err
	})
	if err != nil {
		return err
	}
	s.prepareMissed(ctx, missed)
	return nil
}

func errNested() error { return errors.New("a transaction was begun within a transaction") }

// prepareMissed prepares what a transaction had to run unprepared, for the next one.
func (s *Store) prepareMissed(ctx context.Context, missed []string) {
	for _, query := range missed {
		if _, err := s.prepare(ctx, s.writer, query); err != nil {
			break // the transaction is committed; the next one will run the statement unprepared again
		}
	}
}

// run begins, runs and ends one transaction.
func (c *session) run(ctx context.Context, fn func(context.Context, *session) error) error {
	tx, err := c.db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // does nothing after the commit
	c.tx = tx
	if err := fn(context.WithValue(ctx, inside{}, true), c); err != nil {
		return err
	}
	err = tx.Commit()
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil { // the end of ctx has rolled it back
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// again runs fn until it does not fail for the sake of another transaction, with growing random pauses in between.
func (s *Store) again(ctx context.Context, fn func() error) error {
	pause := time.Millisecond
	for try := 1; ; try++ {
		err := fn()
		if kind, _ := faultOf(err); kind != retryFault || try == maxTries {
			return err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		pause *= 2
	}
}
