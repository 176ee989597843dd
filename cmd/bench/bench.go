package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
)

// bench is one run of the program.
type bench struct {
	settings
	dir      string // for databases, logs and the binary; removed at the end
	server   string // of PostgreSQL
	progress io.Writer
	binary   string // of the service
	started  int    // processes so far
	// serverPID is the process of PostgreSQL whose children are the backends; 0: not needed.
	serverPID int
}

// cleanup is what to do at the end, the last first.
type cleanup []func() error

func (c *cleanup) add(f func() error) { *c = append(*c, f) }

func (c cleanup) run() error {
	var errs []error
	for _, f := range slices.Backward(c) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.progress, format+"\n", args...) }

func (b *bench) measure(ctx context.Context, r *report) error {
	var version string
	if slices.Contains(b.stores, postgres) {
		var err error
		if version, err = b.durable(ctx); err != nil {
			return err
		}
		if b.growing {
			if b.serverPID, err = b.postmaster(ctx); err != nil {
				return err
			}
		}
	}
	r.machine = describe(version)
	b.binary = filepath.Join(b.dir, "drawbridge")
	if err := build(ctx, b.binary); err != nil {
		return err
	}
	for _, k := range b.stores {
		if err := b.compare(ctx, k, r); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
		if err := b.more(ctx, k, r); err != nil {
			return err
		}
	}
	if err := measureParser(ctx, r); err != nil {
		return err
	}
	r.machine.loadAfter = load()
	return nil
}

// more is what is measured of the service alone.
func (b *bench) more(ctx context.Context, k kind, r *report) error {
	for _, part := range []struct {
		name   string
		wanted bool
		run    func(context.Context, kind, *report) error
	}{
		{"large customer", b.deep > 0, b.largeCustomer},
		{"disk", b.growing && k == postgres, b.disk},
		{"growth", b.growing, b.growth},
		{"log of requests", b.growing, b.requestLog},
	} {
		if !part.wanted {
			continue
		}
		if err := part.run(ctx, k, r); err != nil {
			return fmt.Errorf("%s, %s: %w", k, part.name, err)
		}
	}
	return nil
}

// compare measures every scenario on the service, on the reference and, where it has one, on the bare database.
func (b *bench) compare(ctx context.Context, k kind, r *report) (err error) {
	var end cleanup
	defer func() { err = errors.Join(err, end.run()) }()
	service, ours, err := b.serviceSide(ctx, k, &end)
	if err != nil {
		return err
	}
	reference, theirs, err := b.referenceSide(ctx, k, &end)
	if err != nil {
		return err
	}
	bare, err := b.bareSide(ctx, k, &end)
	if err != nil {
		return err
	}
	sides := []*side{reference, service, bare}
	m := make(measured)
	for round := range b.rounds {
		for _, scenario := range b.scenarios {
			for _, s := range sides {
				if s.operation[scenario] == nil {
					continue
				}
				t, err := b.takeTurn(ctx, s, scenario, limits{workers: b.connections, turn: b.turn})
				if err != nil {
					return err
				}
				m.add(scenario, s.name, t.perSecond)
			}
			b.say("%s, round %d of %d: %s", k, round+1, b.rounds, m.last(scenario))
		}
		slices.Reverse(sides)
	}
	for s, c := range map[*side]*crowd{service: ours, reference: theirs} {
		if err := b.checkTotal(ctx, s, c); err != nil {
			return err
		}
	}
	r.compared(k, m)
	return nil
}

func (b *bench) checkTotal(ctx context.Context, s *side, c *crowd) error {
	if err := s.resume(); err != nil {
		return err
	}
	if err := c.counted(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}
