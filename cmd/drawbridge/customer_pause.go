package main

import (
	"context"
	"fmt"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

type customerPauseCmd struct {
	databaseFlag
	Slug   string `arg:""`
	For    string `help:"How long, e.g. 8h or 3d; at most 28d." default:"24h"`
	Answer string `help:"What the IdP is told: keep (its writes are taken, and carried out later) or later (429, so that it keeps them itself)." default:"keep" placeholder:"CHOICE"`
	As     string `help:"Who does it; by default whoever runs this." placeholder:"NAME"`
	JSON   bool   `help:"Print JSON."`
}

func (c *customerPauseCmd) Run(ctx context.Context, std streams) error {
	life, err := parseDays(c.For)
	if err != nil {
		return err
	}
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	paused, err := svc.Pause(ctx, operatorAs(c.As), c.Slug, now().Add(life), bridge.PauseAnswer(c.Answer))
	if err != nil {
		return err
	}
	view, err := svc.Customer(ctx, operator(), c.Slug)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, customerJSON(view))
	}
	_, err = fmt.Fprintf(std.out, "%s is paused until %s; %s\n", c.Slug, when(paused.PausedUntil), pauseWords(paused, view.Traffic.IdP))
	return err
}

// pauseWords say what a pause means to the IdP on the other side.
func pauseWords(c bridge.Customer, idp string) string {
	if c.PauseAnswer == bridge.KeepWrites {
		return "its IdP is answered as always, and what it writes is carried out afterwards"
	}
	words := "its IdP is told to come back later (429)"
	switch idp {
	case "okta":
		return words + "; Okta gives each change up after 10 tries"
	case "entra":
		return words + "; Entra ID tries again daily, and turns provisioning off after 28 days: " + when(c.Paused.Add(28*24*time.Hour))
	}
	return words + "; how long it tries depends on the IdP"
}

type customerResumeCmd struct {
	databaseFlag
	Slug string `arg:""`
	Type string `help:"The customer's slug once more: resume now, instead of saying what waited." placeholder:"SLUG"`
	As   string `help:"Who does it; by default whoever runs this." placeholder:"NAME"`
	JSON bool   `help:"Print JSON."`
}

func (c *customerResumeCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := svc.Resume(ctx, operatorAs(c.As), c.Slug, c.Type)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(std.out, resumptionJSON(r))
	} else {
		err = printResumption(std, r)
	}
	if err == nil && c.Type == "" {
		return fmt.Errorf("%w: nothing has happened yet; `drawbridge customer resume %s --type %s` ends the pause", errPerson, c.Slug, c.Slug)
	}
	return err
}

// restingActs are what may have waited, in the order in which people read it.
var restingActs = []policy.Act{policy.Create, policy.Activate, policy.Unsuspend, policy.Suspend, policy.Deactivate}

// actWords say to people how many of them an act is about.
func actWords(a policy.Act) string {
	return map[policy.Act]string{
		policy.Create: "accounts to be made", policy.Activate: "accounts to be activated", policy.Unsuspend: "people who get access back",
		policy.Suspend: "people who lose access", policy.Deactivate: "accounts to be deactivated",
	}[a]
}

func printResumption(std streams, r bridge.Resumption) error {
	w := table(std.out)
	for _, act := range restingActs {
		if n := r.Acts[act]; n > 0 {
			fmt.Fprintf(w, "%s\t%d\n", actWords(act), n)
		}
	}
	if len(r.Acts) == 0 {
		fmt.Fprintln(w, "nobody gains or loses access by what waited")
	}
	if r.Held {
		fmt.Fprintf(w, "The removals are more than go out without a question: they wait for an answer (drawbridge hold show %s).\n", r.Customer.Slug)
	}
	return w.Flush()
}

func resumptionJSON(r bridge.Resumption) map[string]any {
	acts := map[policy.Act]int{}
	for _, a := range restingActs {
		acts[a] = r.Acts[a]
	}
	return map[string]any{"customer": r.Customer.Slug, "acts": acts, "held": r.Held}
}
