package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	kongyaml "github.com/alecthomas/kong-yaml"

	"drawbridge/bridge"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitPerson = 3 // a person must decide first
)

// cli is every subcommand; each lives in the file of its name.
type cli struct {
	Config string `help:"YAML file with flags by name; a flag beats DRAWBRIDGE_<FLAG>, which beats the file." placeholder:"FILE"`

	Demo       demoCmd       `cmd:"" help:"Everything on this machine: identity providers pushing, Okta simulated, e.g. demo --once"`
	Serve      serveCmd      `cmd:"" help:"Run the service, e.g. serve --okta-org-url https://vendor.okta.com --database postgres://..."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database's schema up to date, e.g. migrate --database postgres://..."`
	Customer   customerCmd   `cmd:"" help:"Customers, their domains and rules."`
	Token      tokenCmd      `cmd:"" help:"Tokens of a customer's identity provider."`
	Requests   requestsCmd   `cmd:"" help:"What a customer's identity provider asked lately, and was answered, e.g. requests acme --status 4xx --since 1h"`
	User       userCmd       `cmd:"" help:"People of a customer, and why they can or cannot sign in."`
	Sync       syncCmd       `cmd:"" help:"What is on its way to Okta."`
	Hold       holdCmd       `cmd:"" help:"Mass removals that wait for an answer."`
	Notices    noticesCmd    `cmd:"" help:"What people are told of, and how."`
	Disconnect disconnectCmd `cmd:"" help:"Take a customer off SSO and SCIM: everybody keeps access and a way to sign in."`
	Reconnect  reconnectCmd  `cmd:"" help:"Bring a customer back after a disconnect, with the same IdP or another one."`
	Restore    restoreCmd    `cmd:"" help:"After a restore of the database from a backup: what it has forgotten, and letting customers go on."`
	Okta       oktaCmd       `cmd:"" help:"Prepare, check or simulate an Okta org."`
	ScimCheck  scimCheckCmd  `cmd:"" name:"scim-check" help:"Judge any SCIM 2.0 server as Okta, Entra ID and the RFCs do, e.g. scim-check --base https://scim.vendor.example/scim/v2/acme --token TOKEN"`
	Doctor     doctorCmd     `cmd:"" help:"Say what is wrong and what to do about it, e.g. doctor --okta-org-url https://vendor.okta.com"`
	Version    versionCmd    `cmd:"" help:"Print the version, e.g. version --json"`
}

// errUsage marks an error of the command line.
var errUsage = errors.New("usage")

// errPerson marks an outcome that waits for a person.
var errPerson = errors.New("a person must decide")

// run is the program: it parses args, runs the subcommand and returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	var c cli
	exited := -1
	settings, err := newSettings(args, getenv)
	if err != nil {
		fmt.Fprintln(stderr, "drawbridge:", err)
		return exitUsage
	}
	parser, err := kong.New(&c,
		kong.Name("drawbridge"),
		kong.Description("A bridge between the identity providers of your customers and your own Okta org."),
		kong.Writers(stdout, stderr),
		kong.Resolvers(settings),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(streams{stdout, stderr}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "drawbridge:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // help was asked for and printed
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "drawbridge: %s; see drawbridge --help\n", err)
		return exitUsage
	}
	return exitCode(parsed.Run(), stderr)
}

// exitCode says in one line what went wrong, and returns the exit code.
func exitCode(err error, stderr io.Writer) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, context.Canceled):
		return exitFailed
	}
	fmt.Fprintln(stderr, "drawbridge:", oneLine(err))
	switch {
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, errPerson), bridge.CodeOf(err) == bridge.NeedsPerson:
		return exitPerson
	}
	return exitFailed
}

// oneLine prefers what a person can act on to the chain of causes.
func oneLine(err error) string {
	var e *bridge.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}

// settings resolves flags that were not given: first from the environment, then from the config file.
type settings struct {
	getenv func(string) string
	file   kong.Resolver // nil: no config file
}

func newSettings(args []string, getenv func(string) string) (*settings, error) {
	s := &settings{getenv: getenv}
	path := getenv("DRAWBRIDGE_CONFIG")
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--config="); ok {
			path = v
		} else if a == "--config" && i+1 < len(args) {
			path = args[i+1]
		}
	}
	if path == "" {
		return s, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the config file cannot be read: %w", err)
	}
	if s.file, err = kongyaml.Loader(bytes.NewReader(b)); err != nil {
		return nil, fmt.Errorf("the config file %s is not YAML: %w", path, err)
	}
	return s, nil
}

// Validate implements kong.Resolver.
func (s *settings) Validate(app *kong.Application) error { return nil }

// Resolve implements kong.Resolver.
func (s *settings) Resolve(c *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if flag.Name == "help" || flag.Name == "config" {
		return nil, nil
	}
	name := "DRAWBRIDGE_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
	if v := s.getenv(name); v != "" {
		return v, nil
	}
	if s.file == nil {
		return nil, nil
	}
	// Under its command, as in "serve: {listen: ...}", or else at the top, for every command that has the flag.
	if v, err := s.file.Resolve(c, parent, flag); v != nil || err != nil {
		return v, err
	}
	return s.file.Resolve(c, c.Path[0], flag)
}
