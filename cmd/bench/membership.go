package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

const (
	fewMembers = 10
	membership = "member added and removed"
	listed     = "shown" // the side whose answers show the members

	// How a client asks for the answer to a change of a group: as it comes, or without members, so that answers about groups
	// of different sizes are the same.
	withMembers    = ""
	withoutMembers = "?excludedAttributes=members"
)

// memberships measures what it costs to put one user into a group and to take the user out again, for a group with all users
// of a large customer as members beside one with few.
func (b *bench) memberships(ctx context.Context, s *service, f fill, r *report) error {
	c := &crowd{client: s.client(1)}
	c.named.Store(int64(f.users))
	small, err := c.client.createGroup(ctx, teamName(0))
	if err != nil {
		return err
	}
	for n := 1; n <= fewMembers; n++ {
		if err := c.client.enter(ctx, small, copied(f.person.ID, n), withMembers); err != nil {
			return err
		}
	}
	extra, err := c.create(ctx)
	if err != nil {
		return err
	}
	in := func(name string, g *group, answered string) *side { // nobody else runs, so nobody is paused
		return &side{name: name, cpu: s.processorTime, operation: map[string]operation{membership: func(ctx context.Context, _ int) error {
			return c.client.comeAndGo(ctx, g, extra.ID, answered)
		}}}
	}
	few, many := strconv.Itoa(fewMembers), strconv.Itoa(f.users)
	sides := []*side{in(few, small, withoutMembers), in(many, f.team, withoutMembers), in(listed, small, withMembers)}
	costs, times := make(measured), make(measured)
	for round := range b.rounds {
		for _, s := range sides {
			t, err := b.takeTurn(ctx, s, membership, limits{workers: 1, turn: b.turn / 2})
			if err != nil {
				return err
			}
			costs.add(membership, s.name, milliseconds(t.cost))
			times.add(membership, s.name, 1000/t.perSecond)
		}
		b.say("%s, %s, round %d of %d: %s ms of processor time with %s, with %s, and with %s that are shown", s.db.kind, membership,
			round+1, b.rounds, costs.lasts(membership, []string{few, many, listed}), few, many, few)
	}
	if err := c.client.checkMembers(ctx, f, extra.ID); err != nil {
		return err
	}
	r.grouped(s.db.kind, "processor time", costs.apart(membership, []string{few, many}))
	r.grouped(s.db.kind, "time", times.apart(membership, []string{few, many}))
	r.membersShown(s.db.kind, costs.between(membership, listed, few))
	return nil
}

// comeAndGo fails unless the group came to another version each time.
func (c *client) comeAndGo(ctx context.Context, g *group, userID, answered string) error {
	if err := c.enter(ctx, g, userID, answered); err != nil {
		return err
	}
	return c.leave(ctx, g, userID, answered)
}

// checkMembers fails unless the large group has the members that it was filled with, and not the one who came and went.
func (c *client) checkMembers(ctx context.Context, f fill, gone string) error {
	last, err1 := c.isMember(ctx, f.team, copied(f.person.ID, f.users))
	still, err2 := c.isMember(ctx, f.team, gone)
	err := errors.Join(err1, err2)
	if err == nil && (!last || still) {
		err = fmt.Errorf("the large group has its last member: %t, and has the one who left: %t", last, still)
	}
	return err
}
