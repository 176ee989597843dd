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

// rate runs an operation as each of the workers, over and over, and returns how many were done per second. What is begun is
// finished and counts.
func rate(ctx context.Context, workers int, d time.Duration, do operation) (float64, error) {
	var done atomic.Int64
	began := time.Now()
	err := everyWorker(ctx, workers, func(ctx context.Context, worker int) error {
		for time.Since(began) < d {
			if err := do(ctx, worker); err != nil {
				return err
			}
			done.Add(1)
		}
		return nil
	})
	return float64(done.Load()) / time.Since(began).Seconds(), err
}

// takeTurn lets one side run alone: a tenth of the time to get going, then what counts.
func (b *bench) takeTurn(ctx context.Context, s *side, scenario string) (perSecond float64, err error) {
	if err := s.resume(); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.pause()) }()
	do := s.operation[scenario]
	if _, err := rate(ctx, b.connections, b.turn/10, do); err != nil {
		return 0, fmt.Errorf("%s, %s: %w", s.name, scenario, err)
	}
	perSecond, err = rate(ctx, b.connections, b.turn, do)
	if err != nil {
		return 0, fmt.Errorf("%s, %s: %w", s.name, scenario, err)
	}
	return perSecond, nil
}
