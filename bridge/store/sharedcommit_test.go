package store

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// queued starts the writes while nobody may run them, lets them run when all wait and meanwhile is done, and returns what each
// of them got.
func queued(t *testing.T, s *Store, meanwhile func(), writes ...func(context.Context, *session) error) []error {
	t.Helper()
	s.commits.turn <- struct{}{}
	got := make([]error, len(writes))
	var done sync.WaitGroup
	for i, fn := range writes {
		done.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					got[i], _ = p.(error)
				}
			}()
			got[i] = s.inSharedCommit(t.Context(), fn)
		})
		for s.commits.length() <= i { // so that they wait in this order
			runtime.Gosched()
		}
	}
	meanwhile()
	<-s.commits.turn
	done.Wait()
	return got
}

func (g *commitQueue) length() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

func TestSharedCommit(t *testing.T) {
	s := scratch(t, Options{})
	errRefused, errPanic := errors.New("no"), errors.New("oh")
	var mu sync.Mutex
	transactions := map[*session]bool{}
	write := func(name string, then func() error) func(context.Context, *session) error {
		return func(ctx context.Context, tx *session) error {
			mu.Lock()
			transactions[tx] = true
			mu.Unlock()
			if err := set(ctx, tx, name); err != nil {
				return err
			}
			return then()
		}
	}
	fine := func() error { return nil }
	got := queued(t, s, func() {},
		write("first", fine),
		write("refused", func() error { return errRefused }),
		write("second", fine),
		write("panicked", func() error { panic(errPanic) }),
		func(ctx context.Context, tx *session) error {
			return s.inSharedCommit(ctx, func(context.Context, *session) error { return nil })
		},
		write("third", fine))
	want := []error{nil, errRefused, nil, errPanic, cmpopts.AnyError, nil}
	if diff := cmp.Diff(want, got, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("what each write got (-want +got):\n%s", diff)
	}
	if len(transactions) != 1 {
		t.Errorf("%d transactions, want one for all that waited", len(transactions))
	}
	for name, want := range map[string]string{"first": "set", "refused": "", "second": "set", "panicked": "", "third": "set"} {
		if got := value(t, s, name); got != want {
			t.Errorf("the %s write left %q, want %q", name, got, want)
		}
	}
}

// TestSharedCommit_Mutant runs a write of two without the savepoint: what it did before it was refused stays, which is what TestSharedCommit
// looks for.
func TestSharedCommit_Mutant(t *testing.T) {
	s := scratch(t, Options{})
	refused := &sharedWrite{ctx: t.Context(), fn: func(ctx context.Context, tx *session) error {
		return errors.Join(set(ctx, tx, "refused"), errors.New("no"))
	}}
	err := s.inTx(t.Context(), func(ctx context.Context, tx *session) error {
		return errors.Join(tx.runOne(ctx, refused, true), set(ctx, tx, "second"))
	})
	if err != nil || refused.err == nil {
		t.Fatal(err, refused.err)
	}
	if got := value(t, s, "refused"); got != "set" {
		t.Errorf("without a savepoint the refused write left %q: then TestSharedCommit proves nothing", got)
	}
}

// TestSharedCommit_Commit lets a commit fail: nobody of the group may be told that the write is kept.
func TestSharedCommit_Commit(t *testing.T) {
	s := scratch(t, Options{})
	got := queued(t, s, func() {},
		func(ctx context.Context, tx *session) error { return set(ctx, tx, "first") },
		func(ctx context.Context, tx *session) error {
			if _, err := tx.exec(ctx, `PRAGMA defer_foreign_keys = ON`); err != nil {
				return err
			}
			_, err := tx.exec(ctx, addDomain, "acme.example", "nobody", 1, "a reference to a customer who is not there")
			return err
		})
	for i, err := range got {
		if err == nil {
			t.Errorf("write %d was confirmed", i)
		}
	}
	if got := value(t, s, "first"); got != "" {
		t.Errorf("the first write left %q", got)
	}
}

// TestSharedCommit_Cancel ends a request whose write waits, and one whose write has begun.
func TestSharedCommit_Cancel(t *testing.T) {
	s := scratch(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	var waited error
	var done sync.WaitGroup
	queued(t, s, func() {
		done.Go(func() {
			waited = s.inSharedCommit(ctx, func(ctx context.Context, tx *session) error { return set(ctx, tx, "waited") })
		})
		for s.commits.length() < 2 {
			runtime.Gosched()
		}
		cancel()
		done.Wait() // it does not wait for its turn
	}, func(ctx context.Context, tx *session) error { return set(ctx, tx, "other") })
	if !errors.Is(waited, context.Canceled) {
		t.Errorf("the cancelled write got %v", waited)
	}
	begun, cancel := context.WithCancel(t.Context())
	err := s.inSharedCommit(begun, func(ctx context.Context, tx *session) error {
		cancel()
		return set(ctx, tx, "begun")
	})
	if err != nil {
		t.Errorf("the write that had begun got %v", err)
	}
	for name, want := range map[string]string{"waited": "", "other": "set", "begun": "set"} {
		if got := value(t, s, name); got != want {
			t.Errorf("the %s write left %q, want %q", name, got, want)
		}
	}
}

// TestSharedCommit_Many has more writes waiting than one commit takes.
func TestSharedCommit_Many(t *testing.T) {
	s := scratch(t, Options{})
	writes := make([]func(context.Context, *session) error, 2*maxShared+1)
	transactions := map[*session]int{}
	for i := range writes {
		writes[i] = func(_ context.Context, tx *session) error { // one at a time, whoever runs it
			transactions[tx]++
			return nil
		}
	}
	for i, err := range queued(t, s, func() {}, writes...) {
		if err != nil {
			t.Errorf("write %d: %v", i, err)
		}
	}
	sizes := map[int]int{}
	for _, n := range transactions {
		sizes[n]++
	}
	if diff := cmp.Diff(map[int]int{maxShared: 2, 1: 1}, sizes); diff != "" {
		t.Errorf("sizes of the groups (-want +got):\n%s", diff)
	}
}
