package main

import (
	"context"
	"fmt"
	"os"

	"drawbridge/bridge"
)

type reconnectCmd struct {
	Start  reconnectStartCmd  `cmd:"" help:"Let a disconnected customer back into a waiting room, with the same IdP or another one; says first what that means, e.g. reconnect start acme"`
	Rename reconnectRenameCmd `cmd:"" help:"Say how logins have changed while it was away, before its IdP syncs, e.g. reconnect rename acme old.example=new.example"`
	Show   reconnectShowCmd   `cmd:"" help:"Say for each person what would happen if it were accepted, e.g. reconnect show acme"`
	Accept reconnectAcceptCmd `cmd:"" help:"Let what the list says happen, e.g. reconnect accept acme --hash 0123456789ab"`
	Logins loginsCmd          `cmd:"" help:"Have the IdP's logins written to Okta, or those of before again, e.g. reconnect logins acme --apply"`
	Cancel reconnectCancelCmd `cmd:"" help:"Have a customer in its waiting room disconnected again, e.g. reconnect cancel acme"`
}

type reconnectStartCmd struct {
	databaseFlag
	Slug string `arg:""`
	Type string `help:"The customer's slug once more: open the waiting room now, instead of saying what that means." placeholder:"SLUG"`
	As   string `help:"Who does it; by default whoever runs this." placeholder:"NAME"`
}

func (c *reconnectStartCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	w, err := svc.Reconnect(ctx, operatorAs(c.As), c.Slug, c.Type)
	if err != nil {
		return err
	}
	if c.Type == "" {
		fmt.Fprintf(std.out, "%s comes back into a waiting room: its IdP is answered again, and nothing is written to Okta until you accept.\n", c.Slug)
		fmt.Fprintf(std.out, "%d people of before have an account there; their accounts are read once.\n", w.People)
		return fmt.Errorf("%w: nothing has happened yet; `drawbridge reconnect start %s --type %s` opens the waiting room", errPerson, c.Slug, c.Slug)
	}
	_, err = fmt.Fprintf(std.out, "%s is in its waiting room. Have its IdP sync everybody, with a new token, and read the list:\n    drawbridge token create %s --name idp\n    drawbridge reconnect show %s\n", c.Slug, c.Slug, c.Slug)
	return err
}

type reconnectRenameCmd struct {
	databaseFlag
	Slug  string   `arg:""`
	Rules []string `arg:"" optional:"" help:"Domains, as old.example=new.example. What is given replaces all renames of before."`
	CSV   string   `help:"A table of old and new addresses, apart by a comma, one person a line." placeholder:"FILE"`
	As    string   `help:"Who does it; by default whoever runs this." placeholder:"NAME"`
}

func (c *reconnectRenameCmd) Run(ctx context.Context, std streams) error {
	var renames []bridge.Rename
	for _, rule := range c.Rules {
		r, err := bridge.ParseDomainRename(rule)
		if err != nil {
			return err
		}
		renames = append(renames, r)
	}
	if c.CSV != "" {
		f, err := os.Open(c.CSV)
		if err != nil {
			return fmt.Errorf("the table cannot be read: %w", err)
		}
		defer f.Close()
		table, err := bridge.ParseRenames(f)
		if err != nil {
			return err
		}
		renames = append(renames, table...)
	}
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	late, err := svc.SetRenames(ctx, operatorAs(c.As), c.Slug, renames)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%d renames of %s count from now on\n", len(renames), c.Slug)
	if late > 0 {
		return fmt.Errorf("%w: %d people came as new before, of whom a rename says who they were; `drawbridge reconnect cancel %s`, start again, and set the renames before the IdP syncs", errPerson, late, c.Slug)
	}
	return nil
}

type reconnectAcceptCmd struct {
	databaseFlag
	Slug string `arg:""`
	Hash string `help:"That of the list as you have read it, or the first 8 characters of it or more." required:""`
	Type string `help:"The customer's slug once more, typed by you; asked for on a terminal." placeholder:"SLUG"`
	As   string `help:"Who accepts; by default whoever runs this." placeholder:"NAME"`
	JSON bool   `help:"Print JSON."`
}

func (c *reconnectAcceptCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	if c.Type == "" {
		if c.Type, err = askSlug(std, "This puts "+c.Slug+" under its IdP again. Type "+c.Slug+" to accept: "); err != nil {
			return err
		}
	}
	r, err := svc.AcceptReconnect(ctx, operatorAs(c.As), c.Slug, c.Type, c.Hash)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, waitingRoomJSON(r))
	}
	fmt.Fprintf(std.out, "%s is accepted: %d people come back under SCIM, %d are new, %d are missing and stay as they are\n",
		c.Slug, r.Kinds[bridge.SamePerson], r.Kinds[bridge.NewPerson], r.Kinds[bridge.Missing])
	if r.Held {
		fmt.Fprintf(std.out, "the removals wait for an answer: drawbridge hold show %s\n", c.Slug)
	}
	if r.Logins > 0 {
		fmt.Fprintf(std.out, "%d accounts keep their login: drawbridge reconnect logins %s --apply\n", r.Logins, c.Slug)
	}
	return nil
}

type reconnectCancelCmd struct {
	databaseFlag
	Slug string `arg:""`
	Type string `help:"The customer's slug once more, typed by you; asked for on a terminal." placeholder:"SLUG"`
	As   string `help:"Who cancels; by default whoever runs this." placeholder:"NAME"`
}

func (c *reconnectCancelCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	if c.Type == "" {
		if c.Type, err = askSlug(std, "This has "+c.Slug+" disconnected again. Type "+c.Slug+" to confirm: "); err != nil {
			return err
		}
	}
	if _, err := svc.CancelReconnect(ctx, operatorAs(c.As), c.Slug, c.Type); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s is disconnected again; nothing was written to Okta\n", c.Slug)
	return err
}
