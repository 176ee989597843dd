package oktasync

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/bridge"
)

// upkeep is as much of a store as the circuit uses.
type upkeep struct{ Store }

func (upkeep) SetState(context.Context, string, string) error { return nil }

func (upkeep) StillActive(context.Context, int) ([]bridge.Link, int, error) { return nil, 0, nil }

// TestCircuit_SeveralFailuresOneOutage lets two calls fail at once and the second one tell of it while the outage is being
// followed already: that is not another outage once Okta answers again.
func TestCircuit_SeveralFailuresOneOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probes := make(chan error)
		c := newCircuit(&Syncer{Options: Options{
			Store: upkeep{}, Probe: func(context.Context) error { return <-probes },
			Now: time.Now, Timeout: time.Minute, Log: slog.New(slog.DiscardHandler),
		}})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { c.watch(ctx) })
		for range 2 {
			running.Go(func() { c.trip(ctx, &OrgError{}) })
		}
		synctest.Wait() // both probe
		for range 2 {
			probes <- errors.New("no answer")
			synctest.Wait() // what it says is followed, or waits to be
		}
		if !c.open() {
			t.Error("the circuit is closed while Okta does not answer")
		}
		probes <- nil
		synctest.Wait()
		if c.open() {
			t.Error("the circuit is open although Okta answers")
		}
		stop()
		running.Wait()
	})
}
