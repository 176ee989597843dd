package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// The scenarios, in the order in which they run.
const (
	post   = "POST"
	get    = "GET"
	byName = "userName eq"
	patch  = "PATCH"
	put    = "PUT"
	entra  = "Entra cycle"
	list   = "list of 100"
)

func scenarios() []string { return []string{post, get, byName, patch, put, entra, list} }

// side is one of the things that are compared: it knows some of the scenarios, and may have to be kept from running
// while it is not its turn.
type side struct {
	name      string
	operation map[string]operation
	processes []*process
	cpu       func() (time.Duration, error) // processor time used so far; nil: not measured
}

// operation does one thing as one of the workers and fails if the answer is not the right one.
type operation func(ctx context.Context, worker int) error

func (s *side) pause() error {
	for _, p := range s.processes {
		if err := p.pause(); err != nil {
			return fmt.Errorf("pause %s: %w", p.name, err)
		}
	}
	return nil
}

func (s *side) resume() error {
	for _, p := range s.processes {
		if err := p.resume(); err != nil {
			return fmt.Errorf("resume %s: %w", p.name, err)
		}
	}
	return nil
}

// crowd are the users of one side. Each worker has its own part of them, so that it knows what each of them must be.
type crowd struct {
	client *client
	people [][]*person // by worker
	named  atomic.Int64
	made   atomic.Int64 // users that the side confirmed
	least  int          // users that a list must count
}

func (c *crowd) stranger() *person {
	return newPerson(personName(int(c.named.Add(1))))
}

func (c *crowd) pick(worker int) *person {
	mine := c.people[worker]
	return mine[rand.IntN(len(mine))]
}

func (c *crowd) create(ctx context.Context) (*person, error) {
	p := c.stranger()
	if err := c.client.create(ctx, p); err != nil {
		return nil, err
	}
	c.made.Add(1)
	return p, nil
}

// gather creates the users that are there from the start.
func (c *crowd) gather(ctx context.Context, workers, users int) error {
	c.people, c.least = make([][]*person, workers), users
	return everyWorker(ctx, workers, func(ctx context.Context, worker int) error {
		for i := worker; i < users; i += workers {
			p, err := c.create(ctx)
			if err != nil {
				return err
			}
			c.people[worker] = append(c.people[worker], p)
		}
		return nil
	})
}

func (c *crowd) operations() map[string]operation {
	of := func(do func(context.Context, *person) error) operation {
		return func(ctx context.Context, worker int) error { return do(ctx, c.pick(worker)) }
	}
	return map[string]operation{
		post: func(ctx context.Context, _ int) error {
			_, err := c.create(ctx)
			return err
		},
		get:    of(c.client.get),
		byName: of(c.client.find),
		patch:  of(c.client.patch),
		put:    of(c.client.replace),
		entra:  func(ctx context.Context, _ int) error { return c.cycle(ctx) },
		list:   func(ctx context.Context, _ int) error { return c.browse(ctx) },
	}
}

// cycle is how Entra ID provisions somebody: look, create, look again, change.
func (c *crowd) cycle(ctx context.Context) error {
	if err := c.client.find(ctx, c.stranger()); err != nil {
		return err
	}
	p, err := c.create(ctx)
	if err != nil {
		return err
	}
	if err := c.client.find(ctx, p); err != nil {
		return err
	}
	return c.client.rename(ctx, p, "Assigned")
}

func (c *crowd) browse(ctx context.Context) error {
	got, err := c.client.list(ctx, 1)
	if err != nil {
		return err
	}
	if made := int(c.made.Load()); got.Total < c.least || got.Total > made {
		return fmt.Errorf("the list counts %d users, want at least %d and at most the %d that were created", got.Total, c.least, made)
	}
	return nil
}

// counted compares the total with the users that the side confirmed: none was lost, none was made twice.
func (c *crowd) counted(ctx context.Context) error {
	got, err := c.client.list(ctx, 1)
	if err != nil {
		return err
	}
	if made := int(c.made.Load()); got.Total != made {
		return fmt.Errorf("the list counts %d users, but %d were created", got.Total, made)
	}
	return nil
}
