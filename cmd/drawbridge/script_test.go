package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync/oktatest"
)

// scriptOktaToken is the token of the org that each script has at $OKTA.
const scriptOktaToken = "script-token"

// TestScripts runs testdata/script. Each script has an Okta org of its own at $OKTA, a webhook at $WEBHOOK whose messages go into
// the file told, and an empty PostgreSQL database at $POSTGRES; its SQLite database is a file in its folder.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, scripts())
}

func scripts() testscript.Params {
	return testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			tb, ok := env.T().(testing.TB)
			if !ok {
				return fmt.Errorf("scripts run under %T, not under a test", env.T())
			}
			org := httptest.NewServer(oktatest.New(oktatest.Options{Token: scriptOktaToken}))
			env.Defer(org.Close)
			hook := httptest.NewServer(webhook(env.WorkDir + "/told"))
			env.Defer(hook.Close)
			env.Setenv("WEBHOOK", hook.URL+"/hushhush")
			env.Setenv("OKTA", org.URL)
			env.Setenv("OKTA_TOKEN", scriptOktaToken)
			env.Setenv("POSTGRES", storetest.EmptyPostgresURL(tb))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"fails": fails, "token": token, "awaits": awaits, "push": push, "hold": hold, "linked": linked, "otherlogin": otherlogin, "told": told, "exits": exits, "sees": sees, "accepts": accepts, "dayslater": dayslater},
	}
}

// fails runs the program, which must exit with the code that stands first and say why in one line that matches the
// pattern that stands second, and print nothing else: fails 2 'unknown flag' customer list --frob
func fails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: fails CODE PATTERN ARGUMENTS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := exitDone
	if err := ts.Exec("drawbridge", args[2:]...); err != nil {
		match := regexp.MustCompile(`^exit status (\d+)$`).FindStringSubmatch(err.Error())
		if match == nil {
			ts.Fatalf("drawbridge: %v", err)
		}
		code, _ = strconv.Atoi(match[1])
	}
	stderr := ts.ReadFile("stderr")
	line, rest, ended := strings.Cut(stderr, "\n")
	switch {
	case code != want:
		ts.Fatalf("exit code %d, want %d: %s", code, want, stderr)
	case !ended || rest != "" || !strings.HasPrefix(line, "drawbridge: "):
		ts.Fatalf("stderr is not one line: %q", stderr)
	case !regexp.MustCompile(args[1]).MatchString(line):
		ts.Fatalf("stderr %q does not match %q", line, args[1])
	case ts.ReadFile("stdout") != "":
		ts.Fatalf("stdout: %q", ts.ReadFile("stdout"))
	}
}

// awaits runs the program until it succeeds: awaits ARGUMENTS...
func awaits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: awaits ARGUMENTS...")
	}
	limit, poll := time.After(patience), time.NewTicker(50*time.Millisecond)
	defer poll.Stop()
	for ts.Exec("drawbridge", args...) != nil {
		select {
		case <-poll.C:
		case <-limit:
			ts.Fatalf("not within %s: %s", patience, ts.ReadFile("stderr"))
		}
	}
}

// webhook appends what it is sent to a file, a line each.
func webhook(file string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.Write(append(body, '\n'))
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}

// told waits until the webhook was sent something that matches the pattern: told PATTERN
func told(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: told PATTERN")
	}
	pattern := regexp.MustCompile(args[0])
	limit, poll := time.After(patience), time.NewTicker(50*time.Millisecond)
	defer poll.Stop()
	for {
		b, _ := os.ReadFile(ts.MkAbs("told")) // not there before the first message
		if pattern.Match(b) {
			return
		}
		select {
		case <-poll.C:
		case <-limit:
			ts.Fatalf("nothing like %s within %s: %s", args[0], patience, b)
		}
	}
}

// token checks that the last command printed a token's secret and nothing else.
func token(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: token")
	}
	if out := ts.ReadFile("stdout"); !regexp.MustCompile(`^drawbridge_scim_[0-9A-Za-z]{49}\n$`).MatchString(out) {
		ts.Fatalf("stdout is no token alone: %q", out)
	}
}

// push has the IdP of a customer create people in the script's database, and remove those whose names begin with
// a minus sign again: push CUSTOMER USERNAME...
func push(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: push CUSTOMER USERNAME...")
	}
	ctx := context.Background()
	svc, s, err := scriptDatabase(ts).service(ctx, streams{io.Discard, io.Discard})
	ts.Check(err)
	defer s.Close()
	_, secret, err := svc.CreateToken(ctx, operator(), args[0], "script", 0)
	ts.Check(err)
	send := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/scim/v2/"+args[0]+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Content-Type", "application/scim+json")
		w := httptest.NewRecorder()
		routes(s, "", slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
		if w.Code >= 300 {
			ts.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		return w
	}
	for _, arg := range args[1:] {
		name, removed := strings.CutPrefix(arg, "-")
		var made struct{ ID string }
		ts.Check(json.Unmarshal(send("POST", "/Users", userBody(name, "Given", "Family")).Body.Bytes(), &made))
		if removed {
			send("DELETE", "/Users/"+made.ID, "")
		}
	}
}

// TestHelp_EveryCommandHasAnExample asks each command for its help, as a person does.
func TestHelp_EveryCommandHasAnExample(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&cli{}, kong.Name("drawbridge"))
	if err != nil {
		t.Fatal(err)
	}
	leaves := parser.Model.Leaves(false)
	for _, leaf := range leaves {
		var words []string
		for n := leaf; n.Type == kong.CommandNode; n = n.Parent {
			words = append([]string{n.Name}, words...)
		}
		var stdout, stderr strings.Builder
		code := run(t.Context(), append(words, "--help"), noEnv, &stdout, &stderr)
		example := "e.g. " + strings.Join(words, " ")
		text := strings.Join(strings.Fields(stdout.String()), " ")
		if code != exitDone || stderr.Len() > 0 || !strings.Contains(text, example) {
			t.Errorf("%q: exit %d, stderr %q, and its help has no example that begins with %q:\n%s", words, code, stderr.String(), example, stdout.String())
		}
	}
	if len(leaves) < 20 {
		t.Errorf("%d commands were looked at; there are more", len(leaves))
	}
}

// TestRun_NeedsNothingOfTheProcess: what a command does follows from its arguments and the environment it is given.
func TestRun_NeedsNothingOfTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := map[string]string{"DRAWBRIDGE_DATABASE": "sqlite:" + dir + "/a.db"}
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"customer", "add", "acme"}, func(k string) string { return env[k] }, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	if _, err := os.Stat(dir + "/a.db"); err != nil {
		t.Error(err)
	}
}
