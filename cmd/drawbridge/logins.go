package main

import (
	"context"
	"fmt"
	"io"

	"drawbridge/bridge"
)

type loginsCmd struct {
	databaseFlag
	Slug   string `arg:""`
	Apply  bool   `help:"Write the logins that the IdP says." xor:"direction"`
	Revert bool   `help:"Write those of before again, where --apply changed them within 30 days." xor:"direction"`
	Type   string `help:"The customer's slug once more, typed by you; asked for on a terminal." placeholder:"SLUG"`
	As     string `help:"Who does it; by default whoever runs this." placeholder:"NAME"`
}

func (c *loginsCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	pins, err := svc.Logins(ctx, operator(), c.Slug)
	if err != nil {
		return err
	}
	if !c.Apply && !c.Revert {
		return printLogins(std.out, c.Slug, pins)
	}
	change, n, back := svc.ApplyLogins, pins.Pinned, ""
	if c.Revert {
		change, n, back = svc.RevertLogins, pins.Applied, " back"
	}
	if c.Type == "" {
		if c.Type, err = askSlug(std, fmt.Sprintf("This changes %d logins of %s%s. Type %s to confirm: ", n, c.Slug, back, c.Slug)); err != nil {
			return err
		}
	}
	if n, err = change(ctx, operatorAs(c.As), c.Slug, c.Type); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%d logins of %s are changed%s, as Okta takes them: drawbridge sync status\n", n, c.Slug, back)
	return err
}

// printLogins says whose logins stay, and names those that wait for an answer.
func printLogins(out io.Writer, slug string, pins bridge.LoginPins) error {
	fmt.Fprintf(out, "%d accounts keep another login than the IdP says (--apply changes them); %d were changed within 30 days (--revert changes them back)\n", pins.Pinned, pins.Applied)
	if len(pins.Held) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\n%d of them wait for your answer since %s, because so many logins changed at once. Ask the customer:\n", len(pins.Held), when(pins.Held[0].Held))
	fmt.Fprintf(out, "if these logins are right:  drawbridge hold logins %s --apply\n", slug)
	fmt.Fprintln(out, "if its mapping is mistaken: have it corrected in the IdP; what it takes back waits no more")
	w := table(out)
	fmt.Fprintln(w, "\nUSERNAME\tLOGIN IN OKTA\tLOGIN OF THE IDP\tWAITS SINCE")
	for _, h := range pins.Held {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", printable(h.UserName), printable(h.Login), printable(h.Wanted), when(h.Held))
	}
	return w.Flush()
}
