package store

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestBellCoalesces rings every millisecond for two seconds: the first ring is passed on at once, then one in each pause,
// and the last one is not lost.
func TestBellCoalesces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBell(wakePause, nil)
		defer b.close()
		wakes := b.subscribe(t.Context())
		var passed []time.Duration
		start := time.Now()
		go func() {
			for {
				select {
				case <-wakes:
					passed = append(passed, time.Since(start))
				case <-t.Context().Done():
					return
				}
			}
		}()
		for range 2000 {
			b.ring()
			time.Sleep(time.Millisecond) // of the bubble's clock
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if want := int(2*time.Second/wakePause) + 1; len(passed) != want {
			t.Fatalf("%d wake-ups, want %d", len(passed), want)
		}
		for i, at := range passed {
			if want := time.Duration(i) * wakePause; at != want {
				t.Errorf("wake-up %d after %v, want %v", i, at, want)
			}
		}
	})
}

func TestBellAfterClose(t *testing.T) {
	b := newBell(wakePause, nil)
	b.close()
	b.close()
	b.ring()
	b.ring() // neither waits nor panics
}
