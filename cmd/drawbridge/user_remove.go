package main

import (
	"context"
	"fmt"

	"drawbridge/bridge"
)

type userRemoveNowCmd struct {
	databaseFlag
	Slug string `arg:""`
	User string `arg:"" help:"userName or id."`
	Why  string `help:"The reason, for the record; no personal data."`
	As   string `help:"Who removes it; by default whoever runs this." placeholder:"NAME"`
}

func (c *userRemoveNowCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	u, how, err := svc.RemoveNow(ctx, operatorAs(c.As), c.Slug, c.User, c.Why)
	if err != nil {
		return err
	}
	said := map[bridge.RemoveOutcome]string{
		bridge.LetThrough:    "the removal by the customer's IdP takes effect now, whoever else waits",
		bridge.RemovedByHand: "access is being removed; the customer's IdP reads active=false, and gives access again if it writes active=true",
		bridge.LockedOut:     "SCIM does not govern this person, so the account is locked out; 'user contain --lift' gives access back",
	}
	_, err = fmt.Fprintf(std.out, "%s: %s\n", u.ID, said[how])
	return err
}

type userContainCmd struct {
	databaseFlag
	Slug string `arg:""`
	User string `arg:"" help:"userName or id."`
	Lift bool   `help:"Lift the lock."`
	Why  string `help:"The reason, for the record; no personal data."`
	As   string `help:"Who does it; by default whoever runs this." placeholder:"NAME"`
}

func (c *userContainCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	if c.Lift {
		u, err := svc.Uncontain(ctx, operatorAs(c.As), c.Slug, c.User, c.Why)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "%s: the lock is lifted; what it took comes back unless the customer's IdP says otherwise\n", u.ID)
		return err
	}
	u, err := svc.Contain(ctx, operatorAs(c.As), c.Slug, c.User, c.Why)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: the account is being locked out, until 'user contain --lift'\n", u.ID)
	return err
}
