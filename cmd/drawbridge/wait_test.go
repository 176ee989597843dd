package main

import (
	"testing"
	"time"
)

// patience is how long tests wait for what must happen. Machines that run them are shared and slow.
const patience = time.Minute

// eventually waits until holds does, and fails the test if it takes too long. It returns how long it took.
func eventually(t testing.TB, what string, holds func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for !holds() {
		if time.Since(began) > patience {
			t.Errorf("after %s, not yet: %s", patience, what)
			return time.Since(began)
		}
		<-poll.C
	}
	return time.Since(began)
}
