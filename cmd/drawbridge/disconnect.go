package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

type disconnectCmd struct {
	Plan    disconnectPlanCmd    `cmd:"" help:"Say for each person what a disconnect would do; changes nothing, e.g. disconnect plan acme --html acme.html"`
	Confirm disconnectConfirmCmd `cmd:"" help:"Carry a plan out, e.g. disconnect confirm acme --plan 3"`
	Status  disconnectStatusCmd  `cmd:"" help:"How far it is, or what became of everybody, e.g. disconnect status acme --follow"`
	Cancel  disconnectCancelCmd  `cmd:"" help:"Stop a plan that has not run, e.g. disconnect cancel acme"`
	Convert disconnectConvertCmd `cmd:"" help:"Send people the mail to set a password, wave by wave, e.g. disconnect convert acme --size 50"`
	Resend  disconnectResendCmd  `cmd:"" help:"Send one person the mail again, e.g. disconnect resend acme anna@acme.example"`
	Undo    disconnectUndoCmd    `cmd:"" help:"Take a disconnect back; says first what that means, e.g. disconnect undo acme"`
}

type disconnectPlanCmd struct {
	databaseFlag
	exportFlags
	Slug     string            `arg:""`
	SSOEnds  string            `help:"From when the customer's IdP signs nobody in any more; by default it goes on." name:"sso-ends" placeholder:"DATE"`
	LeaveTo  string            `help:"Who, by name, takes care of everybody without a way to sign in." placeholder:"NAME"`
	SignIn   string            `help:"How people sign in afterwards: keep (as now) or reset-password (they get a mail to set one, in waves)." default:"keep" placeholder:"CHOICE"`
	SignInOf map[string]string `help:"The same for one person, as USER=CHOICE; may be repeated." placeholder:"USER=CHOICE"`
	Restore  []string          `help:"Give this person access back, whom the IdP removed; userName or id, may be repeated." placeholder:"USER"`
	Leave    []string          `help:"Leave this person removed; may be repeated." placeholder:"USER"`
	At       string            `help:"When to run, such as 2026-12-04T18:00:00+01:00, within 14 days; by default as soon as it is confirmed." placeholder:"TIME"`
}

func (c *disconnectPlanCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	choices := bridge.Choices{LeftTo: c.LeaveTo, SignIn: bridge.SignInChoice(c.SignIn), SignInOf: map[string]bridge.SignInChoice{}, Users: map[string]policy.Outcome{}}
	if choices.SSOEnds, err = parseMoment("--sso-ends", c.SSOEnds); err != nil {
		return err
	}
	if choices.At, err = parseMoment("--at", c.At); err != nil {
		return err
	}
	for outcome, users := range map[policy.Outcome][]string{policy.Restore: c.Restore, policy.LeaveRemoved: c.Leave} {
		for _, name := range users {
			u, err := svc.User(ctx, operator(), c.Slug, name)
			if err != nil {
				return fmt.Errorf("%s: %w", printable(name), err)
			}
			choices.Users[u.User.ID] = outcome
		}
	}
	for name, choice := range c.SignInOf {
		u, err := svc.User(ctx, operator(), c.Slug, name)
		if err != nil {
			return fmt.Errorf("%s: %w", printable(name), err)
		}
		choices.SignInOf[u.User.ID] = bridge.SignInChoice(choice)
	}
	p, err := svc.PlanDisconnect(ctx, operator(), c.Slug, choices)
	if err != nil {
		return err
	}
	return c.show(ctx, std, svc, c.Slug, p)
}

type disconnectConfirmCmd struct {
	databaseFlag
	Slug           string `arg:""`
	Plan           int64  `help:"Number of the plan that you have read." required:""`
	Hash           string `help:"Its hash, or the first 8 characters of it or more."`
	Type           string `help:"The customer's slug once more, typed by you; asked for on a terminal." placeholder:"SLUG"`
	AcceptNoSignIn string `help:"Who, by name, takes on the people without a way to sign in." placeholder:"NAME"`
	As             string `help:"Who confirms; by default whoever runs this." placeholder:"NAME"`
	Contact        string `help:"The customer's contact, by id or e-mail address, who is the second person and has told you the hash." placeholder:"CONTACT"`
	JSON           bool   `help:"Print JSON."`
}

func (c *disconnectConfirmCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	if c.Type == "" {
		if c.Type, err = askSlug(std, "This cuts the connection of "+c.Slug+". Type "+c.Slug+" to confirm: "); err != nil {
			return err
		}
	}
	p, err := svc.ConfirmDisconnect(ctx, operatorAs(c.As), c.Slug, bridge.Confirmation{Number: c.Plan, Hash: c.Hash, Typed: c.Type, Accepted: c.AcceptNoSignIn, Contact: c.Contact})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, planJSON(p))
	}
	if p.State == bridge.PlanConfirmed {
		_, err = fmt.Fprintf(std.out, "plan %d of %s is confirmed and runs %s; `drawbridge disconnect cancel %s` stops it\n", p.Number, c.Slug, when(p.RunAt), c.Slug)
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s is cut off: its IdP is refused, and no removal starts any more. Okta follows at its own pace:\n    drawbridge disconnect status %s --follow\n", c.Slug, c.Slug)
	return err
}

type disconnectCancelCmd struct {
	databaseFlag
	Slug string `arg:""`
	Plan int64  `help:"Number of the plan; by default the latest."`
	As   string `help:"Who cancels; by default whoever runs this." placeholder:"NAME"`
}

func (c *disconnectCancelCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	p, err := svc.CancelDisconnect(ctx, operatorAs(c.As), c.Slug, c.Plan)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "plan %d of %s is cancelled; nothing of it happened\n", p.Number, c.Slug)
	return err
}

type disconnectUndoCmd struct {
	databaseFlag
	Slug string `arg:""`
	Type string `help:"The customer's slug once more: undo it now, instead of saying what that means." placeholder:"SLUG"`
	As   string `help:"Who undoes it; by default whoever runs this." placeholder:"NAME"`
	JSON bool   `help:"Print JSON."`
}

func (c *disconnectUndoCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	u, err := svc.UndoDisconnect(ctx, operatorAs(c.As), c.Slug, c.Type)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(std.out, undoingJSON(u)); err != nil {
			return err
		}
	} else {
		printUndoing(std.out, c.Slug, u, c.Type != "")
	}
	if c.Type == "" {
		return fmt.Errorf("%w: nothing has happened yet; `drawbridge disconnect undo %s --type %s` undoes it", errPerson, c.Slug, c.Slug)
	}
	return nil
}

func printUndoing(out io.Writer, slug string, u bridge.Undoing, done bool) {
	verb := "would come back"
	if done {
		verb = "come back"
	}
	fmt.Fprintf(out, "The disconnect of %s by plan %d, on %s. It can be undone until %s.\n", slug, u.Plan.Number, when(u.Plan.RunAt), when(u.Until))
	fmt.Fprintf(out, "%d people %s under SCIM; %d of them, whom the IdP had removed, wait in a hold and keep access until it is answered. Nobody loses access.\n", u.People, verb, u.Waiting)
	for _, x := range u.Since {
		fmt.Fprintf(out, "Since then: %s.\n", x)
	}
	for _, x := range u.Cannot {
		fmt.Fprintf(out, "Not undone: %s.\n", x)
	}
	for _, x := range u.Ask {
		fmt.Fprintf(out, "Then: %s.\n", x)
	}
}

func undoingJSON(u bridge.Undoing) map[string]any {
	return map[string]any{
		"plan": u.Plan.Number, "people": u.People, "waiting": u.Waiting, "until": u.Until, "since": u.Since, "cannot": u.Cannot, "ask": u.Ask,
	}
}

// parseMoment reads a date or a time; empty: the zero time.
func parseMoment(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: %s %q is neither a date such as 2026-12-04 nor a time such as 2026-12-04T18:00:00+01:00", errUsage, flag, s)
}

// askSlug asks on a terminal; elsewhere it says which flag is missing.
func askSlug(std streams, question string) (string, error) {
	if !isTerminal(os.Stdin) {
		return "", fmt.Errorf("%w: type the customer's slug once more with --type SLUG", errUsage)
	}
	fmt.Fprint(std.err, question)
	var answer string
	if _, err := fmt.Fscanln(os.Stdin, &answer); err != nil {
		return "", fmt.Errorf("%w: nothing was typed", errUsage)
	}
	return strings.TrimSpace(answer), nil
}

// outcomeWords say an outcome to people.
func outcomeWords(o policy.Outcome) string {
	return map[policy.Outcome]string{
		policy.StaysActive: "stays active, released from SCIM", policy.HeldBack: "removal not carried out: keeps access", policy.Restore: "removed lately: access comes back",
		policy.LeaveRemoved: "removed lately: stays removed", policy.StaysInactive: "inactive, stays inactive", policy.Conflicting: "somebody must look",
	}[o]
}

// signInWords say to people how somebody signs in.
func signInWords(w bridge.SignInWay) string {
	return map[bridge.SignInWay]string{
		bridge.BySSO: "by the customer's SSO", bridge.ByPassword: "with an Okta password", bridge.NoWay: "NO WAY: needs a decision", bridge.UnknownWay: "NOT KNOWN: needs a decision",
		bridge.ByReset:   "with a password, to be set by a mail",
		bridge.SSOEnding: "NO WAY once SSO ends: needs a decision", bridge.LeftToUs: "taken care of by us", bridge.NoAccess: "",
	}[w]
}

func table(out io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) }
