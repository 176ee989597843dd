package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge/bridge/store/storetest"
)

// TestScripts_Postgres runs the scripts about people, holds and disconnects on PostgreSQL too.
func TestScripts_Postgres(t *testing.T) {
	t.Parallel()
	p := scripts()
	p.Dir, p.Files = "", []string{"testdata/script/customer_delete.txtar", "testdata/script/disconnect.txtar", "testdata/script/hold.txtar", "testdata/script/reconnect.txtar", "testdata/script/user.txtar"}
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		if err := setup(env); err != nil {
			return err
		}
		env.Setenv("DRAWBRIDGE_DATABASE", storetest.PostgresURL(env.T().(testing.TB)))
		return nil
	}
	testscript.Run(t, p)
}

// scriptDatabase is the database of a script: that of DRAWBRIDGE_DATABASE, or else the SQLite database in its folder.
func scriptDatabase(ts *testscript.TestScript) databaseFlag {
	if url := ts.Getenv("DRAWBRIDGE_DATABASE"); url != "" {
		return databaseFlag{url}
	}
	return databaseFlag{"sqlite:" + ts.MkAbs("drawbridge.db")}
}

// exits runs the program, which must exit with a code, whatever it prints: exits CODE ARGUMENTS...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE ARGUMENTS...")
	}
	got := "0"
	if err := ts.Exec("drawbridge", args[1:]...); err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s: %s", got, args[0], ts.ReadFile("stderr"))
	}
}

// sees runs the program until what it prints matches: sees PATTERN ARGUMENTS...
func sees(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: sees PATTERN ARGUMENTS...")
	}
	pattern := regexp.MustCompile("(?m)" + args[0])
	limit, poll := time.After(patience), time.NewTicker(50*time.Millisecond)
	defer poll.Stop()
	for {
		ts.Check(ts.Exec("drawbridge", args[1:]...))
		if pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		select {
		case <-poll.C:
		case <-limit:
			ts.Fatalf("not within %s: %s", patience, strconv.Quote(ts.ReadFile("stdout")))
		}
	}
}
