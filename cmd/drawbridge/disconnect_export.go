package main

import (
	"context"
	_ "embed"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"os"
	"strings"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// exportFlags say in which form a plan is shown.
type exportFlags struct {
	JSON bool   `help:"Print JSON."`
	CSV  string `help:"Write a table for spreadsheets to this file." placeholder:"FILE"`
	HTML string `help:"Write one page that can be sent to the customer's admin to this file." placeholder:"FILE"`
}

// shownRows is how many people a terminal shows; files hold everybody.
const shownRows = 40

// show prints a plan with its people, or writes it to the files that were asked for.
func (f exportFlags) show(ctx context.Context, std streams, svc *bridge.Service, slug string, p bridge.Plan) error {
	var rows []bridge.PlanRow
	err := svc.EachPlanRow(ctx, operator(), p, func(r bridge.PlanRow) error {
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		return err
	}
	customer, err := svc.Customer(ctx, operator(), slug)
	if err != nil {
		return err
	}
	if f.CSV != "" {
		if err := writeFile(f.CSV, func(w io.Writer) error { return writePlanCSV(w, rows) }); err != nil {
			return err
		}
	}
	if f.HTML != "" {
		if err := writeFile(f.HTML, func(w io.Writer) error { return writePlanHTML(w, customer.Customer, p, rows) }); err != nil {
			return err
		}
	}
	if f.JSON {
		out := planJSON(p)
		out["rows"] = planRowsJSON(rows)
		return printJSON(std.out, out)
	}
	return printPlan(std.out, customer.Customer, p, rows)
}

// writeFile writes a file that only its owner reads: it names people.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("the file cannot be written: %w", err)
	}
	if err := write(f); err != nil {
		f.Close()
		return fmt.Errorf("the file cannot be written: %w", err)
	}
	return f.Close()
}

func printPlan(out io.Writer, c bridge.Customer, p bridge.Plan, rows []bridge.PlanRow) error {
	if err := printTotals(out, c, p); err != nil {
		return err
	}
	printPeople(out, rows)
	if p.State != bridge.PlanOpen {
		return nil
	}
	confirm := fmt.Sprintf("drawbridge disconnect confirm %s --plan %d --hash %s", c.Slug, p.Number, p.Hash[:12])
	if p.NoSignIn > 0 {
		confirm += " --accept-no-sign-in NAME"
	}
	if p.NoSignIn > 0 && c.OktaIdP == "" {
		fmt.Fprintf(out, "\nHow people sign in by SSO is not known: name the customer's identity provider in Okta (drawbridge customer set %s --okta-idp 0oa...), and plan again.\n", c.Slug)
	}
	_, err := fmt.Fprintf(out, "\nNothing has happened yet. To carry it out:\n    %s\n", confirm)
	return err
}

// printTotals prints what a plan is, and how many people meet which end.
func printTotals(out io.Writer, c bridge.Customer, p bridge.Plan) error {
	w := table(out)
	fmt.Fprintf(w, "plan\t%d of %s (%s), %s\nhash\t%s\n", p.Number, c.Slug, c.Name, p.State, p.Hash)
	fmt.Fprintf(w, "made\t%s by %s\n", when(p.Created), p.CreatedBy)
	if p.State == bridge.PlanOpen {
		fmt.Fprintf(w, "valid until\t%s\n", when(p.Expires))
	}
	if !p.RunAt.IsZero() {
		fmt.Fprintf(w, "runs\t%s\n", when(p.RunAt))
	}
	fmt.Fprintf(w, "people\t%d\n", p.People())
	for _, o := range policy.Outcomes() {
		if n := p.Totals[o]; n > 0 {
			fmt.Fprintf(w, "  %s\t%d\n", outcomeWords(o), n)
		}
	}
	if p.Conversions > 0 {
		fmt.Fprintf(w, "get a mail to set a password\t%d, not before %s after the cut\n", p.Conversions, bridge.ConversionRest)
	}
	if p.NoSignIn > 0 {
		fmt.Fprintf(w, "without a known way to sign in\t%d\n", p.NoSignIn)
	}
	return w.Flush()
}

// printPeople shows first whom somebody should look at.
func printPeople(out io.Writer, rows []bridge.PlanRow) {
	w := table(out)
	fmt.Fprintln(w, "\nUSERNAME\tWHAT HAPPENS\tSIGNS IN\tWRITTEN IN OKTA")
	shown := 0
	for _, plain := range []bool{false, true} {
		for _, r := range rows {
			if (r.Outcome == policy.StaysActive && r.Reason == "") != plain || shown >= shownRows {
				continue
			}
			shown++
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", printable(r.UserName), rowWords(r), signInWords(r.SignIn), writesWords(r.Writes))
		}
	}
	w.Flush()
	if len(rows) > shown {
		fmt.Fprintf(out, "... and %d more; --csv, --html and --json show everybody\n", len(rows)-shown)
	}
}

func rowWords(r bridge.PlanRow) string {
	words := outcomeWords(r.Outcome)
	if r.Reason != "" {
		words += " (" + r.Reason + ")"
	}
	if r.Result != "" {
		words += "; " + string(r.Result)
	}
	if r.ResultNote != "" {
		words += " (" + r.ResultNote + ")"
	}
	return words
}

func writesWords(writes []bridge.FieldWrite) string {
	words := make([]string, len(writes))
	for i, w := range writes {
		words[i] = fmt.Sprintf("%s: %v -> %v", w.Field, orNone(w.From), w.To)
	}
	return strings.Join(words, ", ")
}

func orNone(v any) any {
	if v == nil {
		return "none"
	}
	return v
}

func planJSON(p bridge.Plan) map[string]any {
	return map[string]any{
		"plan": p.Number, "state": p.State, "hash": p.Hash, "expires_at": p.Expires, "created_at": p.Created, "created_by": p.CreatedBy,
		"choices": p.Choices, "totals": totalsJSON(p), "people": p.People(), "no_sign_in": p.NoSignIn, "conversions": p.Conversions, "second_by": optional(p.SecondBy), "accepted_by": optional(p.Accepted),
		"confirmed_at": moment(p.Confirmed), "confirmed_by": optional(p.ConfirmedBy), "run_at": moment(p.RunAt), "finished_at": moment(p.Finished),
		"swept_at": moment(p.Swept), "undone_at": moment(p.Undone), "undone_by": optional(p.UndoneBy),
	}
}

// totalsJSON names every outcome, so that a script need not ask whether one is there.
func totalsJSON(p bridge.Plan) map[policy.Outcome]int {
	totals := make(map[policy.Outcome]int)
	for _, o := range policy.Outcomes() {
		totals[o] = p.Totals[o]
	}
	return totals
}

func planRowsJSON(rows []bridge.PlanRow) []map[string]any {
	out := make([]map[string]any, len(rows))
	for i, r := range rows {
		writes := r.Writes
		if writes == nil {
			writes = []bridge.FieldWrite{}
		}
		out[i] = map[string]any{
			"id": r.UserID, "user_name": r.UserName, "outcome": r.Outcome, "sign_in": r.SignIn, "status": optional(string(r.Status)), "is_scim_active": r.Active,
			"removed_at": moment(r.Removed), "reason": optional(r.Reason), "writes": writes,
			"result": optional(string(r.Result)), "status_after": optional(string(r.After)), "note": optional(r.ResultNote),
		}
	}
	return out
}

func writePlanCSV(w io.Writer, rows []bridge.PlanRow) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "user_name", "outcome", "sign_in", "status", "is_scim_active", "removed_at", "reason", "writes", "result", "status_after", "note"}); err != nil {
		return err
	}
	for _, r := range rows {
		removed := ""
		if !r.Removed.IsZero() {
			removed = when(r.Removed)
		}
		err := out.Write([]string{
			r.UserID, cell(r.UserName), string(r.Outcome), string(r.SignIn), string(r.Status), yesNo(r.Active), removed, r.Reason,
			writesWords(r.Writes), string(r.Result), string(r.After), r.ResultNote,
		})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cell keeps a spreadsheet from taking a customer's text for a formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}

//go:embed disconnect.html.tmpl
var planPage string

// writePlanHTML writes a page that needs nothing but itself: no script, no picture, no address of ours.
func writePlanHTML(w io.Writer, c bridge.Customer, p bridge.Plan, rows []bridge.PlanRow) error {
	page, err := template.New("plan").Funcs(template.FuncMap{
		"outcome": outcomeWords, "signIn": signInWords, "writes": writesWords, "row": rowWords, "printable": printable,
		"when": func(t time.Time) string { return when(t) },
	}).Parse(planPage)
	if err != nil {
		return err
	}
	return page.Execute(w, map[string]any{"Customer": c, "Plan": p, "People": p.People(), "Outcomes": policy.Outcomes(), "Rows": rows})
}
