package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"drawbridge/bridge"
)

type customerDeleteCmd struct {
	databaseFlag
	Slug string `arg:""`
	Type string `help:"The customer's slug once more: delete it now, instead of saying what that means." placeholder:"SLUG"`
	Now  bool   `help:"Although its disconnect can still be undone."`
	As   string `help:"Who deletes it; by default whoever runs this." placeholder:"NAME"`
	JSON bool   `help:"Print JSON."`
}

func (c *customerDeleteCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := svc.DeleteCustomer(ctx, operatorAs(c.As), c.Slug, bridge.DeleteOrder{Typed: c.Type, Now: c.Now})
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(std.out, deletionJSON(d, c.Type != "")); err != nil {
			return err
		}
	} else {
		printDeletion(std.out, d, c.Type != "")
	}
	if c.Type == "" {
		return fmt.Errorf("%w: nothing has happened yet; %s", errPerson, deletionNext(d))
	}
	return nil
}

// deletionNext says how, or from when on, the customer can be deleted.
func deletionNext(d bridge.Deletion) string {
	order := fmt.Sprintf("`drawbridge customer delete %s --type %s`", d.Customer.Slug, d.Customer.Slug)
	switch {
	case !d.Sweep.IsZero():
		return fmt.Sprintf("all accounts are read once more from %s on, and %s can delete it when that is over", when(d.Sweep), order)
	case !d.Until.IsZero():
		return fmt.Sprintf("%s deletes it from %s on, or now with --now as well", order, when(d.Until))
	}
	return order + " deletes it"
}

func printDeletion(out io.Writer, d bridge.Deletion, done bool) {
	will := "would be"
	if done {
		will = "are"
	}
	fmt.Fprintf(out, "Of %s (%s), %d people %s forgotten, with their groups, requests and contacts. Its events stay.\n", d.Customer.Slug, d.Customer.Name, d.People, will)
	fmt.Fprintf(out, "%d accounts in Okta %s left exactly as they are. Nobody of another customer is ever given one of them.\n", d.Accounts, will)
	if len(d.Domains) > 0 {
		fmt.Fprintf(out, "Free for another customer: %s. Not free: the slug %s.\n", strings.Join(d.Domains, ", "), d.Customer.Slug)
	}
	for _, x := range d.Lost() {
		fmt.Fprintf(out, "Lost: %s.\n", x)
	}
}

func deletionJSON(d bridge.Deletion, done bool) map[string]any {
	return map[string]any{
		"customer": d.Customer.Slug, "deleted": done, "people": d.People, "accounts": d.Accounts, "domains": d.Domains, "locked": d.Locked,
		"no_password": d.NoPassword, "second_sweep_from": moment(d.Sweep), "undo_until": moment(d.Until), "lost": d.Lost(),
	}
}
