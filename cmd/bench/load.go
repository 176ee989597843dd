package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// everyWorker runs do as each of the workers at once. The first failure ends all of them.
func everyWorker(ctx context.Context, workers int, do operation) error {
	g, ctx := errgroup.WithContext(ctx)
	for worker := range workers {
		g.Go(func() error { return do(ctx, worker) })
	}
	return g.Wait()
}

// limits say when a turn is over: after a time, or after so many operations.
type limits struct {
	workers int
	turn    time.Duration
	most    int64 // 0: no limit
}

// tenth is for getting going.
func (l limits) tenth() limits {
	return limits{workers: l.workers, turn: l.turn / 10, most: l.most / 10}
}

// repeat runs an operation as each of the workers, over and over, and returns how many were done in which time. What is begun
// is finished and counts.
func repeat(ctx context.Context, l limits, do operation) (done int64, took time.Duration, err error) {
	var begun, ended atomic.Int64
	began := time.Now()
	err = everyWorker(ctx, l.workers, func(ctx context.Context, worker int) error {
		for time.Since(began) < l.turn && (l.most == 0 || begun.Add(1) <= l.most) {
			if err := do(ctx, worker); err != nil {
				return err
			}
			ended.Add(1)
		}
		return nil
	})
	return ended.Load(), time.Since(began), err
}

// turn is what one turn of a side brought.
type turn struct {
	perSecond float64
	cost      time.Duration // processor time per operation; 0 if the side does not tell
}

// takeTurn lets one side run alone: a tenth of the time to get going, then what counts.
func (b *bench) takeTurn(ctx context.Context, s *side, scenario string, l limits) (t turn, err error) {
	if err := s.resume(); err != nil {
		return turn{}, err
	}
	defer func() { err = errors.Join(err, s.pause()) }()
	do := s.operation[scenario]
	if _, _, err := repeat(ctx, l.tenth(), do); err != nil {
		return turn{}, fmt.Errorf("%s, %s: %w", s.name, scenario, err)
	}
	before, err := s.processorTime()
	if err != nil {
		return turn{}, err
	}
	done, took, err := repeat(ctx, l, do)
	if err != nil {
		return turn{}, fmt.Errorf("%s, %s: %w", s.name, scenario, err)
	}
	after, err := s.processorTime()
	if err != nil {
		return turn{}, err
	}
	return turn{perSecond: float64(done) / took.Seconds(), cost: (after - before) / time.Duration(done)}, nil
}

func (s *side) processorTime() (time.Duration, error) {
	if s.cpu == nil {
		return 0, nil
	}
	return s.cpu()
}
