package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// maxShared bounds how many writes one commit takes, and with it how long the first of them waits for the others.
const maxShared = 64

// commitQueue commits the writes that wait for SQLite's only writer together. A commit waits for the disk, which takes as long for
// ten writes as for one. Whoever gets the turn first runs the writes of all who wait; each of them succeeds or fails by
// itself, and none is answered before the commit.
type commitQueue struct {
	turn chan struct{} // holds one: the right to run

	mu      sync.Mutex
	waiting []*sharedWrite
}

// sharedWrite is one write of a group.
type sharedWrite struct {
	ctx      context.Context
	fn       func(context.Context, *session) error
	done     chan struct{} // closed when err and panicked are final
	err      error
	panicked any // what fn panicked with
}

func newCommitQueue() *commitQueue { return &commitQueue{turn: make(chan struct{}, 1)} }

// inSharedCommit is inTx for a short write on SQLite. Once the write has begun, the end of ctx does not stop it: that would take the
// others of its group with it.
func (s *Store) inSharedCommit(ctx context.Context, fn func(context.Context, *session) error) error {
	if ctx.Value(inside{}) != nil {
		return errNested()
	}
	w := &sharedWrite{ctx: ctx, fn: fn, done: make(chan struct{})}
	s.commits.add(w)
	select {
	case s.commits.turn <- struct{}{}:
		for batch := s.commits.take(w); batch != nil; batch = s.commits.take(w) {
			s.runShared(batch)
		}
		<-s.commits.turn
		<-w.done
	case <-w.done:
	case <-ctx.Done():
		if s.commits.remove(w) {
			return ctx.Err()
		}
		<-w.done
	}
	if w.panicked != nil {
		panic(w.panicked)
	}
	return w.err
}

func (g *commitQueue) add(w *sharedWrite) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, w)
}

// remove takes a write out that nobody has begun to run.
func (g *commitQueue) remove(w *sharedWrite) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, w)
	if i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
	return i >= 0
}

// take takes the writes that have waited longest; nil if w is no longer among those who wait.
func (g *commitQueue) take(w *sharedWrite) []*sharedWrite {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Contains(g.waiting, w) {
		return nil
	}
	n := min(maxShared, len(g.waiting))
	batch := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return batch
}

// runShared runs a batch in one transaction and reports to each write.
func (s *Store) runShared(batch []*sharedWrite) {
	c := s.writing()
	err := c.runAll(batch)
	for _, w := range batch {
		if w.err == nil {
			w.err = err
		}
		close(w.done)
	}
	if err == nil {
		s.prepareMissed(context.WithoutCancel(batch[0].ctx), c.missed)
	}
}

func (c *session) runAll(batch []*sharedWrite) error {
	ctx := context.WithoutCancel(batch[0].ctx)
	tx, err := c.db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // does nothing after the commit
	c.tx = tx
	for _, w := range batch {
		if err := c.runOne(ctx, w, len(batch) == 1); err != nil {
			return err
		}
	}
	if len(batch) == 1 && batch[0].err != nil {
		return nil
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

const (
	beginWrite  = `SAVEPOINT one_write`
	endWrite    = `RELEASE one_write`
	cancelWrite = `ROLLBACK TO one_write`
)

// runOne runs one write so that its failure undoes it and no other; alone it needs no savepoint for that. What it returns
// fails the whole batch.
func (c *session) runOne(ctx context.Context, w *sharedWrite, alone bool) error {
	if w.err = w.ctx.Err(); w.err != nil {
		return nil
	}
	if alone {
		w.run(c)
		return nil
	}
	if _, err := c.exec(ctx, beginWrite); err != nil {
		return err
	}
	if w.run(c); w.err != nil {
		if _, err := c.exec(ctx, cancelWrite); err != nil {
			return err
		}
	}
	_, err := c.exec(ctx, endWrite)
	return err
}

var errPanicked = errors.New("the write panicked")

// run calls the function; its panic is for its own caller.
func (w *sharedWrite) run(c *session) {
	defer func() {
		if p := recover(); p != nil {
			w.panicked, w.err = p, errPanicked
		}
	}()
	w.err = w.fn(context.WithValue(context.WithoutCancel(w.ctx), inside{}, true), c)
}
