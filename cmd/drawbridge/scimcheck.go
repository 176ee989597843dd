package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	scimcheck "drawbridge/scim/check"
)

type scimCheckCmd struct {
	Base   string `help:"URL of the SCIM server, without an endpoint, as an IdP is given it." required:"" placeholder:"URL"`
	Token  string `help:"Bearer token. Better given as DRAWBRIDGE_TOKEN: a command line can be seen by others." required:"" placeholder:"TOKEN"`
	Domain string `help:"Domain of the made-up users. Of a customer of Drawbridge, they reach Okta if it is a verified one; use a customer made for this." default:"example.com"`
	Only   string `help:"Only one group of checks (okta, entra or rfc), or one topic of it (rfc/patch)." placeholder:"GROUP"`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Run judges any SCIM 2.0 server, e.g. drawbridge scim-check --base https://scim.vendor.example/scim/v2/acme --token TOKEN
func (c *scimCheckCmd) Run(ctx context.Context, std streams) error {
	o := scimcheck.Options{
		Base: c.Base, Token: c.Token, Domain: c.Domain, Only: c.Only, Now: now,
		Prefix: "scimcheck-" + strings.ToLower(rand.Text()[:10]),
	}
	if !c.JSON {
		o.Each = func(r scimcheck.Result) { printCheck(std.out, r) }
	}
	report, err := scimcheck.Run(ctx, o)
	if errors.Is(err, scimcheck.ErrOptions) {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if err != nil && len(report.Checks) == 0 {
		return err
	}
	if c.JSON {
		if err := printJSON(std.out, report); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(std.out, "%d passed, %d failed, %d skipped\n", report.Passed, report.Failed, report.Skipped)
	}
	return verdictOn(report, err)
}

// verdictOn says in one line why a run was no success.
func verdictOn(r scimcheck.Report, interrupted error) error {
	var wrong []string
	if interrupted != nil {
		wrong = append(wrong, "it was interrupted, so the other checks were not made")
	}
	if r.Failed > 0 {
		wrong = append(wrong, fmt.Sprintf("%d of %d checks failed; each FAIL above says what was expected and what came", r.Failed, len(r.Checks)))
	}
	if len(r.LeftBehind) > 0 {
		wrong = append(wrong, "could not delete what was made for the checks, delete it by hand: "+strings.Join(r.LeftBehind, " "))
	}
	if wrong == nil {
		return nil
	}
	return errors.New(strings.Join(wrong, "; "))
}

func printCheck(w io.Writer, r scimcheck.Result) {
	fmt.Fprintf(w, "%-4s  %-5s  %s  (%s)\n", r.Status, r.Group, r.Name, r.Section)
	if r.Detail != "" {
		fmt.Fprintf(w, "      %s\n", strings.ReplaceAll(r.Detail, "\n", " "))
	}
}
