package oktasync

import (
	"context"
	"fmt"
	"time"

	"drawbridge/bridge"
)

// How the lease holder reads the customers' identity providers. The calls fall into Okta's bucket for everything rare
// (1,200 a minute by default), at most 120 of them a minute: 3,600 identity providers are read twice an hour.
const (
	idpEvery = time.Minute            // each at most so often
	idpPace  = 500 * time.Millisecond // between two
	idpLook  = time.Second            // how soon one that was just set is seen

	signInsEvery = 10 * time.Minute // the System Log, whose bucket is small (120 a minute), while a customer's removals wait
)

// idpWatch is when each customer's identity provider was last asked for, by customer id, answered or not.
type idpWatch struct {
	*Syncer
	asked map[string]idpAsked
}

type idpAsked struct {
	id      string
	at      time.Time
	signIns time.Time // when the System Log was last asked for its sign-ins; zero: never
}

// watchIdPs reads the customers' identity providers, one after the other, until ctx ends.
func (s *Syncer) watchIdPs(ctx context.Context) {
	w := &idpWatch{Syncer: s, asked: map[string]idpAsked{}}
	for {
		if !s.circuit.open() {
			s.chore(ctx, "reading the customers' identity providers", w.round)
		}
		if !pause(ctx, idpLook) {
			return
		}
	}
}

// round reads all those whose turn it is. One that cannot be read delays no other, and what was last read of it stays.
func (w *idpWatch) round(ctx context.Context) error {
	all, err := w.Store.CustomerIdPs(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, c := range all {
		if !w.turn(c) {
			continue
		}
		if err := w.read(ctx, c); err != nil {
			failed = append(failed, err)
		}
		if w.circuit.open() || !pause(ctx, idpPace) {
			break
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d of %d; what was last read of them stays: %w", len(failed), len(all), failed[0])
	}
	return nil
}

// turn reports whether nobody has asked for a customer's identity provider for a while.
func (w *idpWatch) turn(c bridge.CustomerIdP) bool {
	now := w.Now()
	if last := w.asked[c.ID]; last.id == c.OktaIdP && now.Sub(last.at) < idpEvery {
		return false
	}
	return c.IdP == nil || now.Sub(c.IdP.Read) >= idpEvery
}

func (w *idpWatch) read(ctx context.Context, c bridge.CustomerIdP) error {
	asked := idpAsked{id: c.OktaIdP, at: w.Now()}
	if last := w.asked[c.ID]; last.id == c.OktaIdP {
		asked.signIns = last.signIns
	}
	looks := c.State == bridge.Held && asked.at.Sub(asked.signIns) >= signInsEvery
	if looks {
		asked.signIns = asked.at
	}
	w.asked[c.ID] = asked
	bounded, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	p, err := ReadIdP(bounded, w.Org, c.Customer, asked.at)
	if err != nil {
		return err
	}
	if c.IdP != nil {
		p.SignedIn, p.SignInsRead = c.IdP.SignedIn, c.IdP.SignInsRead
	}
	if looks && p.Status != bridge.IdPMissing {
		w.readSignIns(ctx, c.Slug, &p)
	}
	return w.Store.SaveIdP(ctx, p)
}

// readSignIns looks for the last sign-in through an identity provider. It is a help for whoever answers a hold: where the System
// Log cannot be read, what was known of it stays, and nothing else follows.
func (w *idpWatch) readSignIns(ctx context.Context, customer string, p *bridge.OktaIdP) {
	bounded, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	at, err := w.Org.LastSignIn(bounded, p.ID, p.Read.Add(-bridge.SignInsFor))
	if err != nil {
		w.Log.InfoContext(ctx, "the last sign-in of a customer's people is not known: Okta's System Log cannot be read", "customer", customer, "error", err)
		return
	}
	p.SignedIn, p.SignInsRead = at, p.Read
}
