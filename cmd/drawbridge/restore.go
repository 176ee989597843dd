package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

type restoreCmd struct {
	Review  restoreReviewCmd  `cmd:"" help:"What a restored database has forgotten, of all customers or one, e.g. restore review acme"`
	Approve restoreApproveCmd `cmd:"" help:"Let a customer go on after a restore, e.g. restore approve acme --type acme"`
}

type restoreReviewCmd struct {
	databaseFlag
	Slug string `arg:"" optional:"" help:"Of this customer, with the people; by default of all that wait."`
	JSON bool   `help:"Print JSON."`
}

func (c *restoreReviewCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	reviews, err := svc.Reviews(ctx, operator(), c.Slug)
	if err != nil {
		return err
	}
	if c.JSON {
		out := make([]map[string]any, len(reviews))
		for i, r := range reviews {
			out[i] = reviewJSON(r)
		}
		return printJSON(std.out, out)
	}
	if len(reviews) == 0 {
		_, err = fmt.Fprintln(std.out, "nobody waits for an approval: the database is no older copy of itself, or all was approved")
		return err
	}
	for _, r := range reviews {
		printReview(std.out, r, c.Slug != "")
	}
	return nil
}

type restoreApproveCmd struct {
	databaseFlag
	Slug string `arg:""`
	Type string `help:"The customer's slug once more: approve now, instead of saying what that means." placeholder:"SLUG"`
	As   string `help:"Who approves; by default whoever runs this." placeholder:"NAME"`
	JSON bool   `help:"Print JSON."`
}

func (c *restoreApproveCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := svc.ApproveRestore(ctx, operatorAs(c.As), c.Slug, c.Type)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(std.out, reviewJSON(r)); err != nil {
			return err
		}
	} else {
		printReview(std.out, r, true)
	}
	if c.Type == "" {
		return fmt.Errorf("%w: nothing has happened yet; `drawbridge restore approve %s --type %s` lets it go on", errPerson, c.Slug, c.Slug)
	}
	if !c.JSON {
		_, err = fmt.Fprintf(std.out, "%s goes on\n", c.Slug)
	}
	return err
}

// printReview prints what was forgotten, with each person if people is true.
func printReview(out io.Writer, r bridge.Review, people bool) {
	w := table(out)
	fmt.Fprintf(w, "%s\twaits for an approval since %s\n", r.Customer.Slug, when(r.Customer.ReviewSince))
	switch {
	case r.Found.At.IsZero():
		fmt.Fprintln(w, "  not looked at yet\ta running `drawbridge serve` reads what Okta has; `drawbridge doctor` says what stands in the way")
		w.Flush()
		return
	case r.Counts.Unread > 0:
		fmt.Fprintf(w, "  still reading\t%d accounts; what follows is not the whole\n", r.Counts.Unread)
	}
	fmt.Fprintf(w, "  connection\t%s\n", connectionWords(r))
	byHand := 0
	for _, p := range r.Out {
		if !p.ByUs {
			byHand++
		}
	}
	fmt.Fprintf(w, "  removed since the backup\t%d: they stay out, until their IdP says again that they are active\n", len(r.Out)-byHand)
	fmt.Fprintf(w, "  out by hand in Okta\t%d: they stay so\n", byHand)
	fmt.Fprintf(w, "  removed here, in there\t%d: their removal waits in a hold\n", r.Counts.Waiting)
	fmt.Fprintf(w, "  accounts without a user here\t%d: nothing is done to them\n", len(r.Found.Lost))
	if r.Counts.Stuck > 0 {
		fmt.Fprintf(w, "  accounts that cannot be read\t%d\n", r.Counts.Stuck)
	}
	for _, t := range r.Revoked {
		fmt.Fprintf(w, "  token revoked since\t%s (%s): it is revoked again\n", t.ID, printable(t.Name))
	}
	for _, id := range r.LostTokens {
		fmt.Fprintf(w, "  token lost\t%s: issue another one (drawbridge token create %s --name idp)\n", id, r.Customer.Slug)
	}
	if people {
		for _, p := range r.Out {
			fmt.Fprintf(w, "  out\t%s  %s  %s\n", p.UserID, printable(p.UserName), map[bool]string{true: "removed", false: "by hand"}[p.ByUs])
		}
		for _, key := range r.Found.Lost {
			fmt.Fprintf(w, "  no user\t%s\n", key)
		}
	}
	w.Flush()
}

// connectionWords say how the connection stands here and in Okta's record.
func connectionWords(r bridge.Review) string {
	here := string(r.Customer.State)
	switch record := r.Found.Record; {
	case record == nil:
		return here + "; Okta keeps no record that could say otherwise"
	case r.Cuts() && record.State == bridge.Deleted:
		return here + ", and deleted by Okta's record: it is disconnected, and is to be deleted again then (drawbridge customer delete " + r.Customer.Slug + ")"
	case r.Cuts():
		return here + ", and " + string(record.State) + " by Okta's record: it is disconnected, and nobody's access changes"
	case record.State == bridge.Deleted:
		return here + ", and deleted by Okta's record: it is to be deleted again (drawbridge customer delete " + r.Customer.Slug + ")"
	case record.State != r.Customer.State || record.Epoch != r.Customer.Epoch:
		return here + ", and " + string(record.State) + " by Okta's record: it stays as it is here"
	}
	return here + ", as Okta's record says"
}

func reviewJSON(r bridge.Review) map[string]any {
	out := []map[string]any{}
	for _, p := range r.Out {
		out = append(out, map[string]any{"id": p.UserID, "user_name": p.UserName, "status": p.Status, "by_us": p.ByUs})
	}
	revoked := []string{}
	for _, t := range r.Revoked {
		revoked = append(revoked, t.ID)
	}
	return map[string]any{
		"customer": r.Customer.Slug, "since": r.Customer.ReviewSince, "complete": r.Complete(), "state": r.Customer.State, "record": r.Found.Record,
		"cuts": r.Cuts(), "stays_out": out, "waiting": r.Counts.Waiting, "unread": r.Counts.Unread, "stuck": r.Counts.Stuck,
		"lost_users": orEmpty(r.Found.Lost), "revoked_tokens": revoked, "lost_tokens": orEmpty(r.LostTokens),
	}
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// strayFor is how long doctor tells that Okta's record was changed there.
const strayFor = 24 * time.Hour

// examineRestore says who waits for an approval after a restore, and whether the next one would be noticed.
func examineRestore(ctx context.Context, s *store.Store) []finding {
	frozen, err := s.FrozenCustomers(ctx)
	if err != nil {
		return []finding{{false, "restore", oneLine(err)}}
	}
	var found []finding
	for _, c := range frozen {
		found = append(found, finding{false, "restore", fmt.Sprintf(
			"the database was restored from a backup, and %s waits for your approval since %s: `drawbridge restore review %s` shows what was forgotten", c.Slug, when(c.ReviewSince), c.Slug)})
	}
	var trouble *bridge.Trouble
	if err := readState(ctx, s, bridge.TroubleState, &trouble); err != nil {
		return append(found, finding{false, "restore", oneLine(err)})
	}
	if trouble != nil {
		found = append(found, finding{false, "restore", fmt.Sprintf(
			"what Okta keeps against restores cannot be read or written since %s (%s): see that the token or app may manage groups (okta.groups.manage)", when(trouble.Since), trouble.Sentence)})
	}
	counter, err := s.Counter(ctx)
	switch {
	case err != nil:
		found = append(found, finding{false, "restore", oneLine(err)})
	case !counter.Strayed.IsZero() && now().Sub(counter.Strayed) < strayFor:
		found = append(found, finding{false, "restore", fmt.Sprintf(
			"somebody changed the group %s in Okta, or took it away, before %s: it was written again; see that nobody does, and that no other Drawbridge uses this org", bridge.RecordName, when(counter.Strayed))})
	}
	return found
}
