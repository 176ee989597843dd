package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

const (
	slowConnections = 2      // for what takes seconds with a large customer, so that it is waited for and not given up
	growthPosts     = 400    // a turn of POST at most, or the smallest customer would no longer be small
	sampled         = 16_000 // users of a customer who are asked about, evenly spread
	usersPerGroup   = 100
)

// sizes are how many users a customer has.
func (s settings) sizes() []int {
	sizes := []int{1_000, 100_000}
	if s.million {
		sizes = append(sizes, 1_000_000)
	}
	return sizes
}

// growth measures what each operation costs with a small and with a large customer, in turns.
func (b *bench) growth(ctx context.Context, k kind, r *report) (err error) {
	var end cleanup
	defer func() { err = errors.Join(err, end.run()) }()
	var sides []*side
	var names []string
	for _, users := range b.sizes() {
		s, err := b.sizedSide(ctx, k, users, &end)
		if err != nil {
			return fmt.Errorf("a customer of %d users: %w", users, err)
		}
		sides, names = append(sides, s), append(names, s.name)
	}
	costs := make(measured)
	for round := range b.rounds {
		for _, scenario := range growthScenarios() {
			for _, s := range sides {
				t, err := b.takeTurn(ctx, s, scenario, b.growthLimits(scenario))
				if err != nil {
					return err
				}
				costs.add(scenario, s.name, milliseconds(t.cost))
			}
			b.say("%s, growth, round %d of %d: %-32s %s ms of processor time at %v users", k, round+1, b.rounds, scenario, costs.lasts(scenario, names), names)
		}
		slices.Reverse(sides)
	}
	for _, scenario := range growthScenarios() {
		r.grown(k, scenario, costs.apart(scenario, names))
	}
	return nil
}

func (b *bench) growthLimits(scenario string) limits {
	l := limits{workers: b.connections, turn: b.turn / 2}
	switch scenario {
	case post:
		l.most = growthPosts
	case byEmail:
		l.workers = min(l.workers, slowConnections)
	}
	return l
}

// The scenarios that only growth has.
const (
	byExternalID = "externalId eq"
	byEmail      = "e-mail eq"
	byChange     = "lastModified ge and lt"
	rehire       = "DELETE and POST"
	getGroup     = "GET of a group without members"
	groupByName  = "group displayName eq"
)

func growthScenarios() []string {
	return []string{get, byName, byExternalID, byEmail, byChange, getGroup, groupByName, list, post, patch, put, rehire}
}

// sizedSide starts a service whose one customer has so many users, paused. The first group has every other user as a member,
// and there is one group more for each hundred users. Those who are asked about are in no group.
func (b *bench) sizedSide(ctx context.Context, k kind, users int, end *cleanup) (*side, error) {
	s, err := b.newService(ctx, k, "size"+strconv.Itoa(users), end)
	if err != nil {
		return nil, err
	}
	f, err := s.filled(ctx, fill{users: users, teams: users / usersPerGroup, every: 2})
	if err != nil {
		return nil, err
	}
	if err := s.serve(ctx); err != nil {
		return nil, err
	}
	end.add(s.stop)
	if err := s.okta.pause(); err != nil { // or what the syncer does for the first few writes would outweigh the writes themselves
		return nil, err
	}
	c := &crowd{client: s.client(b.connections), people: f.sample(b.connections), least: users}
	c.named.Store(int64(users))
	c.made.Store(int64(users))
	sized := &side{
		name: strconv.Itoa(users), processes: []*process{s.process}, cpu: s.processorTime, operation: c.growthOperations(f),
	}
	return sized, sized.pause()
}

// filled makes the first user and the first group by the service, and the rest of the fill from them. It leaves the service stopped.
func (s *service) filled(ctx context.Context, f fill) (fill, error) {
	if err := s.serve(ctx); err != nil {
		return f, err
	}
	c := &crowd{client: s.client(1)}
	var err error
	if f.person, err = c.create(ctx); err == nil && f.teams > 0 {
		f.team, err = c.client.createGroup(ctx, teamName(1))
	}
	if err := errors.Join(err, s.process.stop()); err != nil {
		return f, err
	}
	began := time.Now()
	if err := f.into(ctx, s.db); err != nil {
		return f, err
	}
	s.bench.say("%s: a customer of %d users, made in %.0f s", s.db.kind, f.users, time.Since(began).Seconds())
	return f, nil
}

// sample is a part of the users for each worker: those with odd numbers, so none of the first group's members.
func (f fill) sample(workers int) [][]*person {
	people := make([][]*person, workers)
	step := max(2, f.users/sampled/2*2)
	for i, n := 0, 1; n <= f.users; i, n = i+1, n+step {
		p := newPerson(personName(n))
		p.ID = copied(f.person.ID, n)
		people[i%workers] = append(people[i%workers], p)
	}
	return people
}

func (c *crowd) growthOperations(f fill) map[string]operation {
	all := c.operations()
	of := func(do func(context.Context, *person) error) operation {
		return func(ctx context.Context, worker int) error { return do(ctx, c.pick(worker)) }
	}
	all[byExternalID] = of(func(ctx context.Context, p *person) error {
		return c.client.findBy(ctx, "externalId", "ext-"+p.UserName, p)
	})
	all[byEmail] = of(func(ctx context.Context, p *person) error {
		return c.client.findBy(ctx, `emails[type eq "work"].value`, p.UserName, p)
	})
	all[byChange] = func(ctx context.Context, _ int) error {
		n := 2 * (1 + rand.IntN(f.users/2)) // an even one, whom no other scenario changes
		p := newPerson(personName(n))
		p.ID = copied(f.person.ID, n)
		return c.client.findChanged(ctx, copiedAt(n), p)
	}
	all[rehire] = of(c.client.rehire)
	all[getGroup] = func(ctx context.Context, _ int) error { return c.client.getGroup(ctx, f.team) }
	all[groupByName] = func(ctx context.Context, _ int) error {
		n := 1 + rand.IntN(f.teams)
		return c.client.findGroup(ctx, &group{ID: copied(f.team.ID, n), DisplayName: teamName(n)})
	}
	return all
}
