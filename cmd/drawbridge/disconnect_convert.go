package main

import (
	"context"
	"fmt"
	"time"

	"drawbridge/bridge"
)

type disconnectConvertCmd struct {
	databaseFlag
	Slug       string `arg:""`
	Size       int    `help:"How many people get the mail in this wave." default:"50"`
	At         string `help:"When; by default two business days before SSO ends at nine in the morning where the customer is, or as soon as it may be." placeholder:"TIME"`
	Stop       bool   `help:"Stop all waves: whoever has no mail yet gets none."`
	Unfinished bool   `help:"Show who has not set a password yet, instead of starting a wave."`
	As         string `help:"Who does it; by default whoever runs this." placeholder:"NAME"`
	JSON       bool   `help:"Print JSON."`
}

func (c *disconnectConvertCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	switch {
	case c.Unfinished:
		return c.unfinished(ctx, std, svc)
	case c.Stop:
		n, err := svc.StopWaves(ctx, operatorAs(c.As), c.Slug)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "all waves of %s are stopped; %d people wait again, and those who got a mail can still use it\n", c.Slug, n)
		return err
	}
	at, err := parseMoment("--at", c.At)
	if err != nil {
		return err
	}
	w, err := svc.StartWave(ctx, operatorAs(c.As), c.Slug, c.Size, at)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, waveJSON(w))
	}
	_, err = fmt.Fprintf(std.out, "wave %d: Okta mails %d people a link from %s on; each link lives %s unless your org's settings say otherwise, and until it is used its owner cannot sign in.\n"+
		"To stop it: drawbridge disconnect convert %s --stop\n", w.Number, w.People, when(w.StartsAt), bridge.ResetLinkLife, c.Slug)
	return err
}

// unfinished shows the waves, and who has not set a password yet.
func (c *disconnectConvertCmd) unfinished(ctx context.Context, std streams, svc *bridge.Service) error {
	v, err := svc.Conversions(ctx, operator(), c.Slug)
	if err != nil {
		return err
	}
	if c.JSON {
		waves, people := make([]map[string]any, len(v.Waves)), []map[string]any{}
		for i, w := range v.Waves {
			waves[i] = waveJSON(w)
		}
		for _, p := range v.People {
			if p.State != bridge.ConversionDone {
				people = append(people, map[string]any{
					"id": p.UserID, "user_name": p.UserName, "state": p.State, "wave": p.Wave, "mails": p.Mails, "mailed_at": moment(p.Asked), "note": optional(p.Note),
				})
			}
		}
		return printJSON(std.out, map[string]any{"plan": v.Plan.Number, "waves": waves, "unfinished": people})
	}
	w := table(std.out)
	for _, x := range v.Waves {
		fmt.Fprintf(w, "wave %d\t%d people, %s\n", x.Number, x.People, waveState(x))
	}
	done := 0
	fmt.Fprintln(w, "USERNAME\tSTATE\tMAILS\tLAST MAIL")
	for _, p := range v.People {
		if p.State == bridge.ConversionDone {
			done++
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", printable(p.UserName), conversionWords(p), p.Mails, when(p.Asked))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%d of %d people have set a password\n", done, len(v.People))
	return err
}

func waveState(w bridge.Wave) string {
	switch {
	case !w.Stopped.IsZero():
		return "stopped " + when(w.Stopped)
	case !w.Begun.IsZero():
		return "begun " + when(w.Begun)
	}
	return "starts " + when(w.StartsAt)
}

// conversionWords say where somebody is on the way to a password.
func conversionWords(c bridge.Conversion) string {
	switch {
	case c.Note != "":
		return string(c.State) + " (" + c.Note + ")"
	case c.State == bridge.ConversionSent && time.Since(c.Asked) > bridge.ResetLinkLife:
		return "sent, and the link has run out: 'disconnect resend' sends another one"
	}
	return string(c.State)
}

func waveJSON(w bridge.Wave) map[string]any {
	return map[string]any{
		"wave": w.Number, "people": w.People, "starts_at": w.StartsAt, "started_by": w.StartedBy, "begun_at": moment(w.Begun), "stopped_at": moment(w.Stopped),
		"link_life_s": int(bridge.ResetLinkLife.Seconds()),
	}
}

type disconnectResendCmd struct {
	databaseFlag
	Slug string `arg:""`
	User string `arg:"" help:"userName or id."`
	As   string `help:"Who does it; by default whoever runs this." placeholder:"NAME"`
}

func (c *disconnectResendCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	u, err := svc.Resend(ctx, operatorAs(c.As), c.Slug, c.User)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "Okta is asked to mail %s another link\n", printable(u.UserName()))
	return err
}
