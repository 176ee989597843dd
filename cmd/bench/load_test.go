package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

func TestRepeat(t *testing.T) {
	t.Run("so many and no more", func(t *testing.T) {
		var ran atomic.Int64
		done, _, err := repeat(t.Context(), limits{workers: 3, turn: time.Minute, most: 10}, func(context.Context, int) error {
			ran.Add(1)
			return nil
		})
		if err != nil || done != 10 || ran.Load() != 10 {
			t.Errorf("done %d, ran %d, error %v; want 10 of each", done, ran.Load(), err)
		}
	})
	t.Run("until the time is over", func(t *testing.T) {
		done, took, err := repeat(t.Context(), limits{workers: 2, turn: 10 * time.Millisecond}, func(context.Context, int) error { return nil })
		if err != nil || done == 0 || took < 10*time.Millisecond {
			t.Errorf("done %d in %s, error %v", done, took, err)
		}
	})
	t.Run("a failure ends it", func(t *testing.T) {
		broken := errors.New("broken")
		_, took, err := repeat(t.Context(), limits{workers: 2, turn: time.Minute}, func(ctx context.Context, worker int) error {
			if worker == 1 {
				return broken
			}
			return ctx.Err()
		})
		if !errors.Is(err, broken) || took > 30*time.Second {
			t.Errorf("after %s: error %v, want %v", took, err, broken)
		}
	})
}
