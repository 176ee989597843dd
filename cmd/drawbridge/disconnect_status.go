package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"drawbridge/bridge"
)

type disconnectStatusCmd struct {
	databaseFlag
	Slug   string `arg:""`
	Plan   int64  `help:"Number of the plan; by default the latest."`
	Follow bool   `help:"Go on until it is over."`
	Report bool   `help:"Show everybody: before, after, and what could not be done."`
	exportFlags
}

func (c *disconnectStatusCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := svc.Disconnection(ctx, operator(), c.Slug, c.Plan)
	if err != nil {
		return err
	}
	if c.Follow {
		if d, err = c.follow(ctx, std, svc, d); err != nil {
			return err
		}
	}
	if c.Report || c.CSV != "" || c.HTML != "" {
		return c.show(ctx, std, svc, c.Slug, d.Plan)
	}
	if c.JSON {
		return printJSON(std.out, disconnectionJSON(d))
	}
	printDisconnection(std.out, d)
	return nil
}

// follow shows the progress until the plan is at rest: a bar on a terminal, a line for every change elsewhere.
func (c *disconnectStatusCmd) follow(ctx context.Context, std streams, svc *bridge.Service, d bridge.Disconnection) (bridge.Disconnection, error) {
	show := lines(std.err)
	if isTerminal(std.err) {
		show = bar(std.err, d)
	}
	for next, err := range svc.Follow(ctx, operator(), c.Slug, d.Plan.Number) {
		if err != nil {
			return d, err
		}
		d = next
		show(d)
	}
	return d, nil
}

func lines(out io.Writer) func(bridge.Disconnection) {
	last := ""
	return func(d bridge.Disconnection) {
		if line := progressWords(d); line != last {
			fmt.Fprintln(out, line)
			last = line
		}
	}
}

func bar(out io.Writer, d bridge.Disconnection) func(bridge.Disconnection) {
	b := progressbar.NewOptions(max(1, d.Progress.Total), progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(string(d.Plan.State)),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	return func(d bridge.Disconnection) {
		b.Describe(string(d.Plan.State))
		_ = b.Set(min(d.Done(), max(1, d.Progress.Total))) // a bar that cannot be drawn is no reason to stop
		if !d.Plan.AtWork() {
			_ = b.Finish()
		}
	}
}

func progressWords(d bridge.Disconnection) string {
	words := fmt.Sprintf("%s: %d of %d people done", d.Plan.State, d.Done(), d.Progress.Total)
	if d.Progress.Stuck > 0 {
		words += fmt.Sprintf(", %d stuck", d.Progress.Stuck)
	}
	if left := d.Left(); left > 0 && d.Plan.AtWork() {
		words += fmt.Sprintf(", %d calls to Okta in the last minute, about %s left", d.Progress.Calls, left.Round(time.Second))
	}
	return words
}

func printDisconnection(out io.Writer, d bridge.Disconnection) {
	w := table(out)
	fmt.Fprintf(w, "customer\t%s, %s\nplan\t%d, %s\n", d.Customer.Slug, d.Customer.State, d.Plan.Number, d.Plan.State)
	if !d.Plan.Confirmed.IsZero() {
		fmt.Fprintf(w, "confirmed\t%s by %s\nhash\t%s\n", when(d.Plan.Confirmed), d.Plan.ConfirmedBy, d.Plan.Hash)
		fmt.Fprintf(w, "runs\t%s\n", when(d.Plan.RunAt))
	}
	if d.Plan.AtWork() || d.Plan.State == bridge.PlanDone {
		fmt.Fprintf(w, "progress\t%s\n", progressWords(d))
	}
	if d.Plan.State == bridge.PlanDone {
		fmt.Fprintf(w, "verified\t%s\n", when(d.Plan.Finished))
		if d.Plan.Swept.IsZero() {
			fmt.Fprintf(w, "verified again\tdue %s\n", when(d.Plan.RunAt.Add(bridge.SweepAgain)))
		} else {
			fmt.Fprintf(w, "verified again\t%s\n", when(d.Plan.Swept))
		}
		fmt.Fprintf(w, "can be undone\tuntil %s\n", when(d.Plan.RunAt.Add(bridge.UndoLife)))
	}
	w.Flush()
}

func disconnectionJSON(d bridge.Disconnection) map[string]any {
	out := planJSON(d.Plan)
	out["customer"], out["connection"] = d.Customer.Slug, d.Customer.State
	out["progress"] = map[string]any{
		"total": d.Progress.Total, "released": d.Progress.Released, "done": d.Done(), "waiting": d.Progress.Waiting, "stuck": d.Progress.Stuck,
		"calls_last_minute": d.Progress.Calls, "left_s": int(d.Left().Seconds()),
	}
	return out
}
