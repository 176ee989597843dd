package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"drawbridge/bridge"
	"drawbridge/policy"
)

type reconnectShowCmd struct {
	databaseFlag
	Slug string `arg:""`
	JSON bool   `help:"Print JSON, with everybody."`
}

func (c *reconnectShowCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := svc.WaitingRoom(ctx, operator(), c.Slug)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, waitingRoomJSON(r))
	}
	return printWaitingRoom(std.out, r)
}

// kindWords say to people what somebody in a waiting room is.
func kindWords(k bridge.ReturnKind) string {
	return map[bridge.ReturnKind]string{
		bridge.SamePerson: "same person as before", bridge.NewPerson: "new", bridge.Missing: "missing at the IdP: stays as is",
	}[k]
}

// matchWords say how somebody was recognised.
func matchWords(m bridge.Match) string {
	return map[bridge.Match]string{
		bridge.ByLogin: "by the login", bridge.ByExternalID: "by the external id", bridge.ByRename: "by a rename", bridge.ByFormerID: "by our id",
	}[m]
}

func printWaitingRoom(out io.Writer, r bridge.WaitingRoom) error {
	slug := r.Customer.Slug
	w := table(out)
	fmt.Fprintf(w, "waiting room\tof %s (%s), since %s\n", slug, r.Customer.Name, when(r.Customer.Waiting))
	for _, k := range []bridge.ReturnKind{bridge.SamePerson, bridge.NewPerson, bridge.Missing} {
		fmt.Fprintf(w, "  %s\t%d\n", kindWords(k), r.Kinds[k])
	}
	for _, act := range restingActs {
		if n := r.Acts[act]; n > 0 {
			fmt.Fprintf(w, "%s\t%d\n", actWords(act), n)
		}
	}
	if r.Held {
		fmt.Fprintln(w, "the removals\tare more than go out without a question: they will wait for an answer")
	}
	fmt.Fprintf(w, "changed in Okta meanwhile\t%d; that stays, until the IdP changes it\n", r.Changed)
	fmt.Fprintf(w, "with another login\t%d; the login in Okta stays until 'reconnect logins --apply'\n", r.Logins)
	if r.Unread > 0 {
		fmt.Fprintf(w, "not read in Okta yet\t%d\n", r.Unread)
	}
	for _, rename := range r.Renames[:min(len(r.Renames), shownRows)] {
		fmt.Fprintf(w, "rename\t%s to %s\n", printable(rename.Old), printable(rename.New))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	printReturning(out, r.Rows)
	if r.Unread > 0 {
		return nil
	}
	_, err := fmt.Fprintf(out, "\nIf that is right:\n    drawbridge reconnect accept %s --hash %s\n", slug, r.Hash[:12])
	return err
}

// printReturning prints the first people, those first with whom something would happen.
func printReturning(out io.Writer, rows []bridge.WaitingRow) {
	w := table(out)
	fmt.Fprintln(w, "\nUSERNAME\tIS\tTHEN\tCHANGED IN OKTA\tLOGIN IN OKTA\tSTUCK")
	shown := 0
	for _, dull := range []bool{false, true} {
		for _, r := range rows {
			if shown == shownRows {
				break
			}
			if dull != (r.Act == policy.Keep && len(r.Changed) == 0 && r.LoginTo == "") {
				continue
			}
			shown++
			is := strings.TrimSpace(kindWords(r.Kind) + " " + matchWords(r.By))
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", printable(r.UserName), is, r.Act, orDash(strings.Join(r.Changed, " ")), orDash(printable(r.LoginFrom)), orDash(r.Stuck))
		}
	}
	w.Flush()
	if left := len(rows) - shown; left > 0 {
		fmt.Fprintf(out, "and %d more; --json shows everybody\n", left)
	}
}

func waitingRoomJSON(r bridge.WaitingRoom) map[string]any {
	rows := make([]map[string]any, len(r.Rows))
	for i, row := range r.Rows {
		changed := row.Changed
		if changed == nil {
			changed = []string{}
		}
		rows[i] = map[string]any{
			"id": row.UserID, "user_name": row.UserName, "kind": row.Kind, "by": optional(string(row.By)), "act": row.Act, "changed": changed,
			"login_from": optional(row.LoginFrom), "login_to": optional(row.LoginTo), "stuck": optional(row.Stuck),
		}
	}
	acts := map[policy.Act]int{}
	for _, a := range restingActs {
		acts[a] = r.Acts[a]
	}
	kinds := map[bridge.ReturnKind]int{}
	for _, k := range []bridge.ReturnKind{bridge.SamePerson, bridge.NewPerson, bridge.Missing} {
		kinds[k] = r.Kinds[k]
	}
	return map[string]any{
		"customer": r.Customer.Slug, "since": moment(r.Customer.Waiting), "hash": r.Hash, "totals": kinds, "acts": acts, "held": r.Held,
		"changed": r.Changed, "logins": r.Logins, "unread": r.Unread, "rows": rows,
	}
}
