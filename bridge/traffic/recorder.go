package traffic

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"drawbridge/bridge"
)

// Sizes and times of the recorder. The queue holds at most 16 MiB of bodies.
const (
	queueLength = 1024
	batchSize   = 1000
	batchPause  = time.Second
	seenPause   = time.Minute
	storeWait   = 5 * time.Second // for one statement
	prunePause  = time.Hour
	pruneRest   = 250 * time.Millisecond // between two batches
	pruneBatch  = 500
)

// recorder stores exchanges in batches, and what they tell once a minute.
type recorder struct {
	store     Store
	now       func() time.Time
	newID     func() string
	log       *slog.Logger
	keep      time.Duration
	queue     chan *exchange
	exchanges *sync.Pool
	dropped   atomic.Int64 // that found the queue full, or could not be stored, since it was last said

	batch  []bridge.Request
	seen   map[string]*bridge.Traffic // by customer id, since it was last stored
	failed error                      // of the last batch that could not be stored
}

// put takes an exchange over, or reports false when too many wait already.
func (r *recorder) put(x *exchange) bool {
	select {
	case r.queue <- x:
		return true
	default:
		r.dropped.Add(1)
		return false
	}
}

func (r *recorder) run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		r.record(ctx)
		return nil
	})
	work.Go(func() error {
		r.pruneAlways(ctx)
		return nil
	})
	return work.Wait()
}

// record takes from the queue until ctx ends, and then what is left in it.
func (r *recorder) record(ctx context.Context) {
	flush, count := time.NewTicker(batchPause), time.NewTicker(seenPause)
	defer flush.Stop()
	defer count.Stop()
	working := context.WithoutCancel(ctx) // what was taken is stored, even if ctx ends meanwhile
	for {
		select {
		case x := <-r.queue:
			r.take(working, x)
		case <-flush.C:
			r.flush(working)
		case <-count.C:
			r.count(working)
		case <-ctx.Done():
			r.drain(working)
			return
		}
	}
}

func (r *recorder) drain(ctx context.Context) {
	for {
		select {
		case x := <-r.queue:
			r.take(ctx, x)
		default:
			r.flush(ctx)
			r.count(ctx)
			return
		}
	}
}

// take learns from an exchange, adds it to the batch and frees it.
func (r *recorder) take(ctx context.Context, x *exchange) {
	request, seen := x.reading()
	all := r.seen[x.caller.CustomerID]
	if all == nil {
		all = new(bridge.Traffic)
		r.seen[x.caller.CustomerID] = all
	}
	all.Add(seen)
	logged := x.caller.Log.OrDefault() != bridge.NoRequests
	x.reset()
	r.exchanges.Put(x)
	if !logged {
		return
	}
	request.ID = r.newID()
	r.batch = append(r.batch, request)
	if len(r.batch) >= batchSize {
		r.flush(ctx)
	}
}

// flush stores the batch. One that cannot be stored is given up: the log must not grow in memory while the database is away.
func (r *recorder) flush(ctx context.Context) {
	if len(r.batch) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	if err := r.store.AddRequests(ctx, r.batch); err != nil {
		r.dropped.Add(int64(len(r.batch)))
		r.failed = err
	}
	clear(r.batch)
	r.batch = r.batch[:0]
}

// count stores what was seen, and says what was lost. What cannot be stored is added to what is seen next.
func (r *recorder) count(ctx context.Context) {
	for id, seen := range r.seen {
		if err := r.add(ctx, id, *seen); err != nil {
			r.failed = err
			continue
		}
		delete(r.seen, id)
	}
	if lost := r.dropped.Swap(0); lost > 0 || r.failed != nil {
		r.log.WarnContext(ctx, "requests are missing from the request log", "requests", lost, "error", r.failed)
		r.failed = nil
	}
}

func (r *recorder) add(ctx context.Context, customerID string, seen bridge.Traffic) error {
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	return r.store.AddTraffic(ctx, customerID, seen)
}

// pruneAlways deletes old requests at the start and every hour.
func (r *recorder) pruneAlways(ctx context.Context) {
	again := time.NewTicker(prunePause)
	defer again.Stop()
	for {
		if err := r.prune(ctx); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "old requests could not be deleted from the request log", "error", err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// prune deletes in small batches, with a pause after each: whoever writes to the same database is let through.
func (r *recorder) prune(ctx context.Context) error {
	customers, err := r.store.Customers(ctx)
	if err != nil {
		return err
	}
	before := r.now().Add(-r.keep)
	pause := time.NewTicker(pruneRest)
	defer pause.Stop()
	for _, c := range customers {
		for {
			n, err := r.store.PruneRequests(ctx, c.ID, before, pruneBatch)
			if err != nil {
				return err
			}
			if n < pruneBatch {
				break
			}
			select {
			case <-pause.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}
