package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// scratch opens a migrated store in a file, with ids and times of the test's own.
func scratch(t *testing.T, o Options) *Store {
	t.Helper()
	if o.NewID == nil {
		o.NewID = func() string { return "id" }
	}
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "drawbridge.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func value(t *testing.T, s *Store, name string) string {
	t.Helper()
	v, _, err := s.State(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func set(ctx context.Context, tx *session, name string) error {
	_, err := tx.exec(ctx, saveState, name, "set", 1)
	return err
}

func TestInTx(t *testing.T) {
	s := scratch(t, Options{})
	ctx := t.Context()
	if err := s.inTx(ctx, func(ctx context.Context, tx *session) error { return set(ctx, tx, "committed") }); err != nil {
		t.Fatal(err)
	}
	refusal := errors.New("no")
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := set(ctx, tx, "refused"); err != nil {
			return err
		}
		return refusal
	})
	if !errors.Is(err, refusal) {
		t.Errorf("error %v, want the function's", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		s.inTx(ctx, func(ctx context.Context, tx *session) error {
			if err := set(ctx, tx, "panicked"); err != nil {
				t.Error(err)
			}
			panic("oh")
		})
	}()
	err = s.inTx(ctx, func(ctx context.Context, tx *session) error {
		return s.inTx(ctx, func(context.Context, *session) error { return nil })
	})
	if err == nil {
		t.Error("a transaction within a transaction was let through")
	}
	cancelled, cancel := context.WithCancel(ctx)
	err = s.inTx(cancelled, func(ctx context.Context, tx *session) error {
		if err := set(ctx, tx, "cancelled"); err != nil {
			return err
		}
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a transaction that was cancelled before its commit", err)
	}
	for name, want := range map[string]string{"committed": "set", "refused": "", "panicked": "", "cancelled": ""} {
		if got := value(t, s, name); got != want {
			t.Errorf("%s transaction left %q, want %q", name, got, want)
		}
	}
}

func TestInTxRunsAgain(t *testing.T) {
	s := scratch(t, Options{})
	for code, again := range map[pqerror.Code]bool{"40001": true, "40P01": true, "23505": false, "57014": false} {
		tries := 0
		err := s.inTx(t.Context(), func(ctx context.Context, tx *session) error {
			if tries++; tries < 3 {
				return fmt.Errorf("wrapped: %w", &pq.Error{Code: code})
			}
			return nil
		})
		if again != (err == nil && tries == 3) || !again && tries != 1 {
			t.Errorf("code %s: %d tries, %v", code, tries, err)
		}
	}
	tries := 0
	err := s.inTx(t.Context(), func(ctx context.Context, tx *session) error {
		tries++
		return &pq.Error{Code: "40001"}
	})
	if err == nil || tries != maxTries {
		t.Errorf("%d tries, %v; want an error after %d", tries, err, maxTries)
	}
	ctx, cancel := context.WithCancel(t.Context())
	tries = 0
	err = s.inTx(ctx, func(context.Context, *session) error {
		tries++
		cancel()
		return &pq.Error{Code: "40001"}
	})
	if !errors.Is(err, context.Canceled) || tries != 1 {
		t.Errorf("%d tries, %v; want none after the request ended", tries, err)
	}
}

// TestSQLiteBusy holds the write lock in another process's stead: a transaction waits for it, and one that gives up says
// so with a code that is tried again.
func TestSQLiteBusy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "drawbridge.db")
	open := func() *Store {
		s, err := Open(t.Context(), "sqlite:"+file, Options{NewID: func() string { return "id" }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	s, other := open(), open()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	tx, err := other.writer.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.writer.ExecContext(t.Context(), "PRAGMA busy_timeout = 1"); err != nil {
		t.Fatal(err)
	}
	_, err = s.writer.ExecContext(t.Context(), s.dialect.rebind(saveState), "x", "y", 1)
	if kind, _ := faultOf(err); kind != retryFault {
		t.Errorf("a busy file is fault %v (%v), want one that is tried again", kind, err)
	}
	done := make(chan error, 1)
	tried := make(chan struct{}, 100)
	go func() {
		done <- s.again(t.Context(), func() error {
			tried <- struct{}{}
			_, err := s.writing().exec(t.Context(), saveState, "x", "y", 1)
			return err
		})
	}()
	<-tried
	<-tried // it was refused once
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("after the lock was free: %v", err)
	}
	if got := value(t, other, "x"); got != "y" {
		t.Errorf("the other process reads %q", got)
	}
}
