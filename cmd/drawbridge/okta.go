package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/oktasync/okta"
	"drawbridge/oktasync/oktatest"
)

// oktaFlags say which org, and as whom.
type oktaFlags struct {
	OktaOrgURL         string  `name:"okta-org-url" help:"The vendor's Okta org, e.g. https://vendor.okta.com" placeholder:"URL"`
	OktaToken          string  `name:"okta-token" help:"API token; better in DRAWBRIDGE_OKTA_TOKEN than on the command line." placeholder:"TOKEN"`
	OktaClientID       string  `name:"okta-client-id" help:"Client id of an API service app, instead of a token." placeholder:"ID"`
	OktaPrivateKeyFile string  `name:"okta-private-key-file" help:"The app's private key (PEM)." placeholder:"FILE"`
	OktaKeyID          string  `name:"okta-key-id" help:"The key's id (kid)." placeholder:"ID"`
	OktaLogs           bool    `name:"okta-logs" help:"The app also has the scope okta.logs.read: 'hold show' then tells the last SSO sign-in. A token needs no such flag."`
	OktaShare          float64 `name:"okta-share" help:"Part of each of Okta's rate limits to use." default:"0.5"`
}

// client makes the client of the org; nothing is sent.
func (f oktaFlags) client(std streams) (*okta.Client, *oktasync.Governor, error) {
	if f.OktaOrgURL == "" {
		return nil, nil, fmt.Errorf("%w: say which Okta org to use (--okta-org-url); `drawbridge okta simulate` serves one to try with", errUsage)
	}
	if f.OktaShare <= 0 || f.OktaShare > 1 {
		return nil, nil, fmt.Errorf("%w: --okta-share is more than 0 and at most 1", errUsage)
	}
	var key []byte
	if f.OktaPrivateKeyFile != "" {
		var err error
		if key, err = os.ReadFile(f.OktaPrivateKeyFile); err != nil {
			return nil, nil, fmt.Errorf("the private key cannot be read: %w", err)
		}
	}
	scopes := okta.DefaultScopes()
	if f.OktaLogs {
		scopes = append(scopes, okta.LogsScope)
	}
	governor := oktasync.NewGovernor(f.OktaShare, now)
	client, err := okta.New(okta.Config{
		OrgURL: f.OktaOrgURL, Token: f.OktaToken, ClientID: f.OktaClientID, PrivateKey: string(key), KeyID: f.OktaKeyID, Scopes: scopes,
		Governor: governor, Now: now,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	return client, governor, nil
}

type oktaCmd struct {
	Setup    oktaSetupCmd    `cmd:"" help:"Write the four profile attributes into the org's user schema; idempotent, e.g. okta setup --okta-org-url https://vendor.okta.com"`
	Check    oktaCheckCmd    `cmd:"" help:"Say whether the org is ready; writes nothing, e.g. okta check --okta-org-url https://vendor.okta.com"`
	Simulate oktaSimulateCmd `cmd:"" help:"Serve an empty Okta org in memory, e.g. okta simulate --listen 127.0.0.1:8090 --token test"`
}

type oktaSetupCmd struct{ oktaFlags }

func (c *oktaSetupCmd) Run(ctx context.Context, std streams) error {
	client, _, err := c.client(std)
	if err != nil {
		return err
	}
	changed, err := client.Setup(ctx)
	if err != nil {
		return explained(ctx, client, err)
	}
	if len(changed) == 0 {
		_, err = fmt.Fprintln(std.out, "nothing to do: the four attributes are there")
		return err
	}
	for _, name := range changed {
		fmt.Fprintln(std.out, "written:", name)
	}
	return nil
}

// explained says what is wrong with the credentials, if that is why Okta refused something.
func explained(ctx context.Context, client *okta.Client, err error) error {
	for _, f := range client.Check(ctx) {
		if !f.OK && (f.Subject == "token" || f.Subject == "rights") {
			return &bridge.Error{Code: bridge.Invalid, Message: f.Sentence, Err: err}
		}
	}
	return err
}

type oktaCheckCmd struct {
	oktaFlags
	Database string `help:"Also look at the identity providers of this database's customers: sqlite:FILE or postgres://..." placeholder:"URL"`
	JSON     bool   `help:"Print JSON."`
}

func (c *oktaCheckCmd) Run(ctx context.Context, std streams) error {
	client, _, err := c.client(std)
	if err != nil {
		return err
	}
	findings := append(client.Check(ctx), c.idps(ctx, std, client)...)
	if c.JSON {
		if err := printJSON(std.out, findings); err != nil {
			return err
		}
	}
	bad := 0
	for _, f := range findings {
		if !f.OK {
			bad++
		}
		if !c.JSON {
			fmt.Fprintf(std.out, "%-8s %s\n", verdict(f.OK), f.Sentence)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks failed; the lines above say what to do", bad, len(findings))
	}
	return nil
}

func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "PROBLEM"
}

type oktaSimulateCmd struct {
	Listen    string        `help:"Address to listen on." default:"127.0.0.1:8090"`
	Token     string        `help:"The API token to accept." required:""`
	RateLimit int           `help:"Calls per minute in the bucket that has 600 in a real org; 0: as there; negative: none." default:"0"`
	SearchLag time.Duration `help:"How far behind the truth searches are."`
}

func (c *oktaSimulateCmd) Run(ctx context.Context, std streams) error {
	org := oktatest.New(oktatest.Options{Token: c.Token, RateLimit: c.RateLimit, SearchLag: c.SearchLag, Now: now})
	return listenAndServe(ctx, c.Listen, org, func(addr string) {
		fmt.Fprintf(std.out, "an empty Okta org answers at http://%s/api/v1; stop it with Ctrl-C\n", addr)
	})
}

// listenAndServe serves until ctx ends, then lets requests finish. ready is told the address that it listens on.
func listenAndServe(ctx context.Context, addr string, h http.Handler, ready func(addr string)) error {
	l, err := listen(ctx, addr)
	if err != nil {
		return err
	}
	srv := newServer(h)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	ready(l.Addr().String())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return srv.Shutdown(grace)
}

// newServer bounds what a client may send and how long it may take.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
}
