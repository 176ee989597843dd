package policy

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write TABLE.md anew")

// TestTableDocument keeps TABLE.md, which people read, equal to what Decide does. TestDecideTable says what is right.
func TestTableDocument(t *testing.T) {
	got := tableDocument()
	if *update {
		if err := os.WriteFile("TABLE.md", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("TABLE.md")
	if err != nil {
		t.Fatalf("run go test ./policy -update: %v", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("TABLE.md is out of date, run go test ./policy -update (-file +Decide):\n%s", diff)
	}
}

func tableDocument() string {
	var b strings.Builder
	b.WriteString("# What happens to an Okta account\n\n" +
		"Each cell is the next act and its code, by the account's status in Okta and by what the customer's IdP and people want.\n" +
		"*keep* leaves the status alone and keeps profile and flags up to date; *leave* writes nothing. SUSPENDED and DEPROVISIONED\n" +
		"were brought about by Drawbridge itself, except in the column that says otherwise. Written by `go test ./policy -update`.\n\n|  |")
	for _, sit := range situations() {
		b.WriteString(" " + sit.title + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(situations())) + "\n")
	for _, s := range statuses() {
		fmt.Fprintf(&b, "| %s |", statusTitle(s))
		for _, sit := range situations() {
			d := Decide(facts(s, sit.set))
			fmt.Fprintf(&b, " **%s** `%s` |", d.Act, d.Code)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## The codes\n\n| code | act | sentence |\n|---|---|---|\n")
	for _, c := range Codes() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c, c.rule().act, c.rule().text)
	}
	b.WriteString("\n{cause} is who took the access away, {date} the end of the grace period. *keep* turns into *leave* where there is no\n" +
		"account, or a deactivated one, which Okta lets nobody write.\n")
	return b.String()
}

func statusTitle(s Status) string {
	switch s {
	case "":
		return "no account"
	case "NEXT_YEAR":
		return "any other"
	}
	return string(s)
}
