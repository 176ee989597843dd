package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"drawbridge/bridge"
)

type holdCmd struct {
	List   holdListCmd   `cmd:"" help:"List the customers whose removals wait for an answer, e.g. hold list --json"`
	Show   holdShowCmd   `cmd:"" help:"Show who waits, why, and what can be answered, e.g. hold show acme"`
	Answer holdAnswerCmd `cmd:"" help:"Answer: the customer is leaving, the people left, or it is a mistake, e.g. hold answer acme mistake"`
	Logins loginsCmd     `cmd:"" help:"Show the logins that wait because too many changed at once, or have them written to Okta, e.g. hold logins acme --apply"`
}

type holdListCmd struct {
	databaseFlag
	JSON bool `help:"Print JSON."`
}

func (c *holdListCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	holds, err := svc.Holds(ctx, operator())
	if err != nil {
		return err
	}
	if c.JSON {
		out := make([]map[string]any, len(holds))
		for i, v := range holds {
			out[i] = holdJSON(v)
		}
		return printJSON(std.out, out)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CUSTOMER\tPEOPLE\tSINCE\tLOOKS LIKE\tWHY")
	for _, v := range holds {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", v.Customer.Slug, len(v.People), when(v.Opened), v.Label, v.Sentence)
	}
	return w.Flush()
}

type holdShowCmd struct {
	databaseFlag
	Slug string `arg:""`
	JSON bool   `help:"Print JSON."`
}

func (c *holdShowCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	v, err := svc.Hold(ctx, operator(), c.Slug)
	if err != nil {
		return err
	}
	if c.JSON {
		out := holdJSON(v)
		out["people"] = heldPeopleJSON(v.People)
		return printJSON(std.out, out)
	}
	return printHold(std, v)
}

func printHold(std streams, v bridge.HoldView) error {
	if err := printCard(std.out, v); err != nil {
		return err
	}
	w := table(std.out)
	fmt.Fprintln(w, "\nUSERNAME\tREMOVED\tHOW\tOKTA\tID")
	for _, p := range v.People {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", printable(p.UserName), when(p.At), removedHow(p), orDash(string(p.Status)), p.UserID)
	}
	return w.Flush()
}

// printCard prints what is asked, and the answers.
func printCard(out io.Writer, v bridge.HoldView) error {
	w := table(out)
	slug := v.Customer.Slug
	fmt.Fprintf(w, "customer\t%s (%s), connection %s\n", slug, v.Customer.Name, v.Customer.State)
	fmt.Fprintf(w, "waiting since\t%s (%s)\nwhy\t%s (%s)\n", when(v.Opened), age(v.Opened), v.Sentence, v.Code)
	fmt.Fprintf(w, "looks like\t%s\n", looksLike(v))
	fmt.Fprintf(w, "people who wait\t%d, set %s; %d remain active\n", len(v.People), v.Set, v.Signs.Active)
	fmt.Fprintf(w, "access already removed\t%d, since a day before\n", v.Signs.LetThrough)
	fmt.Fprintf(w, "last SSO sign-in\t%s\n", lastSignIn(v.Customer, v.IdP))
	if p := v.Proposal; p != nil {
		fmt.Fprintf(w, "proposed\t%s for %d people, set %s, by %s at %s\n", p.Answer, len(p.Set), bridge.SetHash(p.Set), p.Actor, when(p.At))
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "if the customer leaves:\tdrawbridge hold answer %s leaving\n", slug)
	fmt.Fprintf(w, "if these people left:\tdrawbridge hold answer %s left --set %s\n", slug, v.Set)
	fmt.Fprintf(w, "if it is a mistake:\tdrawbridge hold answer %s mistake --set %s\n", slug, v.Set)
	return w.Flush()
}

// looksLike says the label in words, with the answer that usually fits.
func looksLike(v bridge.HoldView) string {
	words := "no pattern is known: ask the customer"
	switch v.Label {
	case bridge.Everyone:
		words = "nearly everybody: the customer seems to be leaving"
	case bridge.OneGroup:
		words = "nearly everybody in the group " + printable(v.Signs.Group) + " and hardly anybody else: these people seem to have left"
	case bridge.IdPChange:
		words = fmt.Sprintf("another token wrote users %d times: the customer seems to be changing its identity provider", v.Signs.OtherWrites)
	}
	suggested := make([]string, len(v.Label.Suggested()))
	for i, a := range v.Label.Suggested() {
		suggested[i] = string(a)
	}
	return words + " (" + strings.Join(suggested, " or ") + ")"
}

// lastSignIn says when somebody of the customer last signed in by SSO, as far as Okta's System Log was read.
func lastSignIn(c bridge.Customer, p *bridge.OktaIdP) string {
	switch {
	case c.OktaIdP == "":
		return "not known: which identity provider is the customer's? (drawbridge customer set " + c.Slug + " --okta-idp)"
	case p == nil || p.SignInsRead.IsZero():
		return "not known: Okta's System Log was not read (it may take a minute, and needs the right okta.logs.read)"
	case p.SignedIn.IsZero():
		return fmt.Sprintf("none within 90 days, as of %s", when(p.SignInsRead))
	}
	return fmt.Sprintf("%s ago (%s), as of %s", age(p.SignedIn), when(p.SignedIn), when(p.SignInsRead))
}

func removedHow(p bridge.HeldPerson) string {
	if p.Deleted {
		return "deleted"
	}
	return "deactivated"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// age is how long ago something was, in whole minutes from a minute on.
func age(t time.Time) string {
	d := now().Sub(t)
	if d < time.Minute {
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

func holdJSON(v bridge.HoldView) map[string]any {
	out := map[string]any{
		"customer": v.Customer.Slug, "state": v.Customer.State, "id": v.ID, "opened_at": v.Opened, "age_s": int(now().Sub(v.Opened).Seconds()),
		"code": v.Code, "sentence": v.Sentence, "label": v.Label, "suggested": v.Label.Suggested(), "waiting": len(v.People),
		"set": v.Set, "active": v.Signs.Active, "let_through": v.Signs.LetThrough, "group": optional(v.Signs.Group), "proposal": nil,
		"last_sign_in_at": nil, "sign_ins_read_at": nil,
	}
	if p := v.IdP; p != nil {
		out["last_sign_in_at"], out["sign_ins_read_at"] = moment(p.SignedIn), moment(p.SignInsRead)
	}
	if p := v.Proposal; p != nil {
		out["proposal"] = map[string]any{
			"answer": p.Answer, "by": p.Actor, "at": p.At, "people": len(p.Set), "set": bridge.SetHash(p.Set), "alone_after": p.At.Add(bridge.AloneAfter),
		}
	}
	return out
}

func heldPeopleJSON(people []bridge.HeldPerson) []map[string]any {
	out := make([]map[string]any, len(people))
	for i, p := range people {
		out[i] = map[string]any{
			"id": p.UserID, "user_name": p.UserName, "removed_at": p.At, "how": removedHow(p), "okta_status": optional(string(p.Status)),
		}
	}
	return out
}

type holdAnswerCmd struct {
	databaseFlag
	Slug   string `arg:""`
	Answer string `arg:"" help:"leaving: the customer goes, nobody loses access; left: these people lose it; mistake: they are active again." enum:"leaving,left,mistake"`
	Set    string `help:"Only if exactly these people wait, as 'hold show' names the set." placeholder:"HASH"`
	As     string `help:"Who answers; by default whoever runs this." placeholder:"NAME"`
	JSON   bool   `help:"Print JSON."`
}

func (c *holdAnswerCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	out, err := svc.AnswerHold(ctx, operatorAs(c.As), c.Slug, bridge.HoldAnswer(c.Answer), c.Set)
	if err != nil {
		return err
	}
	if p := out.Waits; p != nil {
		return fmt.Errorf("%w: %d people would lose access, so a second person confirms: `drawbridge hold answer %s left --set %s --as NAME`; whoever proposed it (%s) may from %s on",
			errPerson, len(p.Set), c.Slug, bridge.SetHash(p.Set), p.Actor, when(out.Alone))
	}
	if c.JSON {
		gone := out.Gone
		if gone == nil {
			gone = []string{}
		}
		return printJSON(std.out, map[string]any{"answer": out.Answer, "people": out.People, "closed": out.Closed, "still_deleted": gone})
	}
	return printOutcome(std, c.Slug, out)
}

func printOutcome(std streams, slug string, out bridge.HoldOutcome) error {
	switch out.Answer {
	case bridge.Leaving:
		fmt.Fprintf(std.out, "nothing has changed: the %d people go on waiting, with access\nNext: drawbridge disconnect plan %s\n", out.People, slug)
	case bridge.Left:
		fmt.Fprintf(std.out, "the access of %d people is being removed; whoever is removed after them waits or not as the limits say\n", out.People)
	case bridge.Mistake:
		fmt.Fprintf(std.out, "%d people are active again; if the customer's IdP removes them once more, that is a new removal\n", out.People)
		for _, id := range out.Gone {
			fmt.Fprintf(std.out, "still deleted, because somebody else has the userName: %s\n", id)
		}
	}
	if !out.Closed && out.Answer != bridge.Leaving {
		fmt.Fprintf(std.out, "others still wait: drawbridge hold show %s\n", slug)
	}
	return nil
}
