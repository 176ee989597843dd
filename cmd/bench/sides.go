package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/google/uuid"
)

// The names of the sides.
const (
	theService   = "service"
	theReference = "reference"
	theDatabase  = "bare database"
)

// serviceSide starts the service with its users, paused.
func (b *bench) serviceSide(ctx context.Context, k kind, end *cleanup) (*side, *crowd, error) {
	s, err := b.newService(ctx, k, "service", end)
	if err != nil {
		return nil, nil, err
	}
	if err := s.serve(ctx); err != nil {
		return nil, nil, err
	}
	end.add(s.stop)
	c := &crowd{client: s.client(b.connections)}
	return b.gathered(ctx, c, &side{name: theService, processes: []*process{s.process, s.okta}})
}

// referenceSide starts the reference likewise.
func (b *bench) referenceSide(ctx context.Context, k kind, end *cleanup) (*side, *crowd, error) {
	db, err := b.newDatabase(ctx, k, "reference")
	if err != nil {
		return nil, nil, err
	}
	end.add(db.drop)
	program, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	p, err := b.start(ctx, "reference", program, "reference", string(k), db.url)
	if err != nil {
		return nil, nil, err
	}
	end.add(p.stop)
	c := &crowd{client: newClient("http://"+p.addr, "", b.connections)}
	return b.gathered(ctx, c, &side{name: theReference, processes: []*process{p}})
}

func (b *bench) gathered(ctx context.Context, c *crowd, s *side) (*side, *crowd, error) {
	if err := c.gather(ctx, b.connections, b.users); err != nil {
		return nil, nil, fmt.Errorf("create the first users of the %s: %w", s.name, err)
	}
	s.operation = c.operations()
	return s, c, s.pause()
}

// bareSide is the database without any server: one durable INSERT of one row, and one SELECT by a unique index.
func (b *bench) bareSide(ctx context.Context, k kind, end *cleanup) (*side, error) {
	db, err := b.newDatabase(ctx, k, "bare")
	if err != nil {
		return nil, err
	}
	end.add(db.drop)
	r, err := openRows(ctx, k, db.url)
	if err != nil {
		return nil, err
	}
	end.add(r.close)
	insert := func(ctx context.Context) (*person, error) {
		p := newPerson(uuid.NewString() + "@bench.example")
		p.ID = uuid.NewString()
		_, err := r.insertBare.ExecContext(ctx, p.ID, theCustomer, p.UserName, string(p.body()))
		return p, err
	}
	people := make([]*person, b.users)
	for i := range people {
		if people[i], err = insert(ctx); err != nil {
			return nil, err
		}
	}
	return &side{name: theDatabase, operation: map[string]operation{
		post: func(ctx context.Context, _ int) error {
			_, err := insert(ctx)
			return err
		},
		byName: func(ctx context.Context, _ int) error {
			p := people[rand.IntN(len(people))]
			u, found, err := one(r.byName.QueryRowContext(ctx, theCustomer, p.UserName))
			if err == nil && (!found || u.id != p.ID) {
				err = fmt.Errorf("SELECT found %q, want %q", u.id, p.ID)
			}
			return err
		},
	}}, nil
}
