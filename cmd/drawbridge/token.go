package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"drawbridge/bridge"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Create a token and print its secret, once, alone, e.g. token create acme --name idp"`
	List   tokenListCmd   `cmd:"" help:"List a customer's tokens, e.g. token list acme"`
	Rotate tokenRotateCmd `cmd:"" help:"Create the next token beside the live one and print its secret, e.g. token rotate acme"`
	Revoke tokenRevokeCmd `cmd:"" help:"Revoke a token, e.g. token revoke acme idp"`
}

type tokenCreateCmd struct {
	databaseFlag
	Slug string `arg:""`
	Name string `help:"What the token is for." required:""`
	Life string `help:"How long it lives, e.g. 365d (default 1 year, at most 2)." placeholder:"PERIOD"`
}

func (c *tokenCreateCmd) Run(ctx context.Context, std streams) error {
	return printSecret(ctx, std, c.databaseFlag, c.Life, func(svc *bridge.Service, life time.Duration) (bridge.Token, string, error) {
		return svc.CreateToken(ctx, operator(), c.Slug, c.Name, life)
	})
}

type tokenRotateCmd struct {
	databaseFlag
	Slug string `arg:""`
	Name string `help:"What the token is for; by default as the one it follows."`
	Life string `help:"How long it lives, e.g. 365d (default 1 year, at most 2)." placeholder:"PERIOD"`
}

func (c *tokenRotateCmd) Run(ctx context.Context, std streams) error {
	return printSecret(ctx, std, c.databaseFlag, c.Life, func(svc *bridge.Service, life time.Duration) (bridge.Token, string, error) {
		return svc.RotateToken(ctx, operator(), c.Slug, c.Name, life)
	})
}

func printSecret(ctx context.Context, std streams, d databaseFlag, period string, create func(*bridge.Service, time.Duration) (bridge.Token, string, error)) error {
	var life time.Duration
	if period != "" {
		var err error
		if life, err = parseDays(period); err != nil {
			return err
		}
	}
	svc, s, err := d.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	_, secret, err := create(svc, life)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.out, secret)
	return err
}

type tokenListCmd struct {
	databaseFlag
	Slug string `arg:""`
	JSON bool   `help:"Print JSON."`
}

func (c *tokenListCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	tokens, err := svc.Tokens(ctx, operator(), c.Slug)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, tokensJSON(tokens))
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tSTATE\tEXPIRES\tLAST USED")
	for _, t := range tokens {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, tokenState(t), day(t.Expires), day(t.LastUsed))
	}
	return w.Flush()
}

type tokenRevokeCmd struct {
	databaseFlag
	Slug  string `arg:""`
	Token string `arg:"" help:"The token's id, or its name."`
}

func (c *tokenRevokeCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := svc.RevokeToken(ctx, operator(), c.Slug, c.Token); err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.out, "revoked: every replica refuses it from this moment on")
	return err
}

func tokenState(t bridge.Token) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked"
	case !t.Live(now()):
		return "expired"
	}
	return "live"
}

func tokensJSON(tokens []bridge.Token) []map[string]any {
	out := make([]map[string]any, len(tokens))
	for i, t := range tokens {
		out[i] = map[string]any{
			"id": t.ID, "name": t.Name, "class": t.Class, "state": tokenState(t), "created_at": t.Created, "expires_at": t.Expires,
			"last_used_at": moment(t.LastUsed), "revoked_at": moment(t.Revoked),
		}
	}
	return out
}

// moment is a time in JSON, null where there is none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format(time.DateOnly)
}
