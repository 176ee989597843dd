package main

import (
	"context"
	"errors"
	"slices"
)

// The sides of the log of requests.
const (
	logOn  = "log on"
	logOff = "log off"
)

// requestLog measures what the log of requests costs a POST: a service as it is by default beside one whose customer keeps none.
func (b *bench) requestLog(ctx context.Context, k kind, r *report) (err error) {
	var end cleanup
	defer func() { err = errors.Join(err, end.run()) }()
	on, err := b.loggingSide(ctx, k, logOn, "masked", &end)
	if err != nil {
		return err
	}
	off, err := b.loggingSide(ctx, k, logOff, "off", &end)
	if err != nil {
		return err
	}
	sides := []*side{on, off}
	rates, costs := make(measured), make(measured)
	for round := range b.rounds {
		for _, s := range sides {
			t, err := b.takeTurn(ctx, s, post, limits{workers: b.connections, turn: b.turn})
			if err != nil {
				return err
			}
			rates.add(post, s.name, t.perSecond)
			costs.add(post, s.name, milliseconds(t.cost))
		}
		b.say("%s, log of requests, round %d of %d: %s POST/s with and without", k, round+1, b.rounds, rates.lasts(post, []string{logOn, logOff}))
		slices.Reverse(sides)
	}
	r.logged(k, rates.between(post, logOn, logOff), costs.between(post, logOn, logOff))
	return nil
}

func (b *bench) loggingSide(ctx context.Context, k kind, name, choice string, end *cleanup) (*side, error) {
	s, err := b.newService(ctx, k, "log_"+choice, end)
	if err != nil {
		return nil, err
	}
	if _, err := b.command(ctx, "customer", "set", slug, "--request-log", choice, "--database", s.db.url); err != nil {
		return nil, err
	}
	if err := s.serve(ctx); err != nil {
		return nil, err
	}
	end.add(s.stop)
	logging, _, err := b.gathered(ctx, &crowd{client: s.client(b.connections)},
		&side{name: name, processes: []*process{s.process, s.okta}, cpu: s.processorTime})
	return logging, err
}
