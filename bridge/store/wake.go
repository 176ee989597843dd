package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const (
	wakePause   = 50 * time.Millisecond // least time between two wake-ups of one process
	wakeTimeout = 5 * time.Second
	wakeChannel = "drawbridge_due"

	listenRetry    = 100 * time.Millisecond
	listenRetryMax = 10 * time.Second
	listenCheck    = 30 * time.Second // how long a dead connection may go unnoticed
)

// notifyWake runs on a connection of its own: within the statement of a write it would make every commit queue for one
// lock, which halves the rate of writes.
const notifyWake = `NOTIFY ` + wakeChannel

// Wake tells whoever listens that something became due. It never waits; many calls become one wake-up. A lost wake-up
// costs a tick.
func (s *Store) Wake() { s.bell.ring() }

// Wakes returns a channel that receives after calls of Wake, by any process, until ctx ends. On SQLite another process's
// come within pollEvery, as does whatever else was written. A connection that was lost and made again counts as a wake-up, since one may have been missed.
func (s *Store) Wakes(ctx context.Context) (<-chan struct{}, error) {
	if s.dialect == sqlite {
		wakes := s.bell.subscribe(ctx)
		go s.watch(ctx, wakes)
		return wakes, nil
	}
	// What the callback would report, the loop sees: a reconnect comes as a nil notification.
	l := pq.NewListener(s.dsn, listenRetry, listenRetryMax, nil)
	listening := make(chan error, 1)
	go func() { listening <- l.Listen(wakeChannel) }()
	select {
	case err := <-listening:
		if err != nil {
			l.Close()
			return nil, fmt.Errorf("listen for wake-ups: %w", err)
		}
	case <-ctx.Done():
		l.Close()
		return nil, fmt.Errorf("listen for wake-ups: %w", ctx.Err())
	}
	wakes := make(chan struct{}, 1)
	go forward(ctx, l, wakes)
	return wakes, nil
}

func forward(ctx context.Context, l *pq.Listener, wakes chan<- struct{}) {
	defer l.Close()
	check := time.NewTicker(listenCheck)
	defer check.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.Notify:
			poke(wakes)
		case <-check.C:
			_ = l.Ping() // a failure makes the listener connect again
		}
	}
}

// openNotifier returns what sends a wake-up over PostgreSQL.
func (s *Store) openNotifier() (*notifier, error) {
	db, err := sqlx.Open("postgres", s.dsn)
	if err != nil {
		return nil, fmt.Errorf("open the connection for wake-ups: %w", err)
	}
	db.SetMaxOpenConns(1)
	return &notifier{db: db, store: s}, nil
}

type notifier struct {
	db    *sqlx.DB
	store *Store
}

func (n *notifier) send() {
	ctx, cancel := context.WithTimeout(context.Background(), wakeTimeout)
	defer cancel()
	if _, err := n.db.ExecContext(ctx, notifyWake); err != nil {
		n.store.log.Warn("a wake-up could not be sent; the syncer's schedule makes up for it", "error", err)
	}
}

// bell gathers rings and passes at most one on in each pause: the first at once, those during a pause at its end.
type bell struct {
	rung   chan struct{} // holds one
	stop   chan struct{}
	done   sync.WaitGroup
	once   sync.Once
	pause  time.Duration
	remote *notifier // nil: subscribers are in this process

	mu   sync.Mutex
	subs map[chan struct{}]struct{}
}

func newBell(pause time.Duration, remote *notifier) *bell {
	b := &bell{
		rung: make(chan struct{}, 1), stop: make(chan struct{}), pause: pause, remote: remote,
		subs: make(map[chan struct{}]struct{}),
	}
	b.done.Go(b.run)
	return b
}

func (b *bell) ring() { poke(b.rung) }

func (b *bell) run() {
	for {
		select {
		case <-b.stop:
			return
		case <-b.rung:
		}
		b.pass()
		timer := time.NewTimer(b.pause)
		select {
		case <-b.stop:
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (b *bell) pass() {
	if b.remote != nil {
		b.remote.send()
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.subs {
		poke(c)
	}
}

func (b *bell) subscribe(ctx context.Context) chan struct{} {
	c := make(chan struct{}, 1)
	b.mu.Lock()
	b.subs[c] = struct{}{}
	b.mu.Unlock()
	context.AfterFunc(ctx, func() {
		b.mu.Lock()
		delete(b.subs, c)
		b.mu.Unlock()
	})
	return c
}

func (b *bell) close() {
	b.once.Do(func() {
		close(b.stop)
		b.done.Wait()
		if b.remote != nil {
			b.remote.db.Close()
		}
	})
}

// poke sends without waiting; a channel that is full has its wake-up already.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
