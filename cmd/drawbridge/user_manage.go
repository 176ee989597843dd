package main

import (
	"context"
	"fmt"
)

type userUnmanageCmd struct {
	databaseFlag
	Slug string `arg:""`
	User string `arg:"" help:"userName or id."`
	Why  string `help:"The reason, for the record."`
	As   string `help:"Who does it; by default whoever runs this." placeholder:"NAME"`
}

func (c *userUnmanageCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	u, err := svc.Unmanage(ctx, operatorAs(c.As), c.Slug, c.User, c.Why)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s is released from SCIM and keeps the account as it is\n", printable(u.UserName()))
	return err
}

type userManageCmd struct {
	databaseFlag
	Slug string `arg:""`
	User string `arg:"" help:"userName or id."`
	As   string `help:"Who does it; by default whoever runs this." placeholder:"NAME"`
}

func (c *userManageCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	u, err := svc.Manage(ctx, operatorAs(c.As), c.Slug, c.User)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s is under SCIM again; what the IdP says of the person (%s) takes effect\n", printable(u.UserName()), says(u))
	return err
}
