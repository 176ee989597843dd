package main

import (
	"bytes"
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync/oktatest"
)

func runDemo(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"demo"}, args...), func(string) string { return "" }, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestDemo_OnceTellsTheWholeStory(t *testing.T) {
	for name, database := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "demo.db") },
		"postgres": func(t *testing.T) string { return storetest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) { tellOnce(t, database(t)) })
	}
}

func tellOnce(t *testing.T, database string) {
	t.Helper()
	code, out, errs := runDemo(t, "--once", "--database", database)
	if code != exitDone {
		t.Fatalf("exit %d: %s\n%s", code, errs, out)
	}
	if got, want := strings.Count(out, "  ok  "), len((&story{}).steps()); got != want {
		t.Errorf("%d steps are ok, want %d:\n%s", got, want, out)
	}
	if strings.Contains(out, "drawbridge_scim_") {
		t.Error("a story that ends prints a token nobody can use")
	}
}

// Each of these breaks the world of the demo in one way; the step that it concerns must be the one that fails.
func TestDemo_Mutants(t *testing.T) {
	tests := []struct {
		name   string
		fault  oktatest.Fault
		failed string
	}{
		{"accounts cannot be made", oktatest.Fault{Op: "create", Kind: oktatest.Forbidden403}, " 3  FAILED"},
		{"a changed profile is not written", oktatest.Fault{Kind: oktatest.Forbidden403, Match: writesTitle}, " 4  FAILED"},
		{"nobody is suspended", oktatest.Fault{Op: "suspend", Kind: oktatest.StatusCode, Status: http.StatusServiceUnavailable}, " 5  FAILED"},
		{"sessions are not ended", oktatest.Fault{Op: "end_sessions", Kind: oktatest.StatusCode, Status: http.StatusServiceUnavailable}, " 5  FAILED"},
		{"nobody is taken back", oktatest.Fault{Op: "unsuspend", Kind: oktatest.StatusCode, Status: http.StatusServiceUnavailable}, " 6  FAILED"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			org := oktatest.New(oktatest.Options{Now: now})
			org.Inject(tt.fault)
			var stdout, stderr bytes.Buffer
			c := demoCmd{Once: true, SyncSchedule: "@every 30s", Database: "sqlite:" + filepath.Join(t.TempDir(), "demo.db")}
			err := c.stage(t.Context(), streams{&stdout, &stderr}, org, 4*time.Second)
			if code := exitCode(err, &stderr); code != exitFailed {
				t.Errorf("exit %d, want %d", code, exitFailed)
			}
			if !strings.Contains(stdout.String(), tt.failed) || !strings.Contains(stdout.String(), "not run") {
				t.Errorf("want %q, and the steps after it not run:\n%s", tt.failed, stdout.String())
			}
		})
	}
}

// TestI1_TheDemoSeesALossAtTheDisconnect suspends Emma once the disconnect is committed, as a syncer would that does not heed
// it. Flags are not written before that has happened, so the step cannot end before either.
func TestI1_TheDemoSeesALossAtTheDisconnect(t *testing.T) {
	org := oktatest.New(oktatest.Options{Now: now})
	database := "sqlite:" + filepath.Join(t.TempDir(), "demo.db")
	suspended := make(chan struct{})
	var breakIt sync.WaitGroup
	out := &hookedBuffer{text: "removes everybody at once", hook: func() {
		org.Inject(oktatest.Fault{Op: "update", Kind: oktatest.Slow, Until: suspended})
		breakIt.Go(func() {
			defer close(suspended)
			suspendOnceDisconnecting(t, database, org, "Emma")
		})
	}}
	c := demoCmd{Once: true, SyncSchedule: "@every 30s", Database: database}
	err := c.stage(t.Context(), streams{out, &bytes.Buffer{}}, org, 20*time.Second)
	breakIt.Wait()
	if err == nil || !strings.Contains(out.String(), " 9  FAILED") || !strings.Contains(err.Error(), "Emma could sign in before") {
		t.Errorf("stage = %v, want step 9 to miss Emma:\n%s", err, out)
	}
}

// suspendOnceDisconnecting waits until Acme's disconnect is committed, and suspends the person named.
func suspendOnceDisconnecting(t *testing.T, database string, org *oktatest.Org, first string) {
	svc, s, err := databaseFlag{database}.service(t.Context(), streams{&bytes.Buffer{}, &bytes.Buffer{}})
	if err != nil {
		t.Error(err)
		return
	}
	defer s.Close()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	limit := time.After(15 * time.Second)
	for {
		acme, err := svc.Customer(t.Context(), operator(), "acme")
		if err == nil && acme.State == bridge.Disconnecting {
			break
		}
		select {
		case <-poll.C:
		case <-limit:
			t.Errorf("Acme is %s, %v; want it disconnecting", acme.State, err)
			return
		}
	}
	for _, u := range org.Users() {
		if u.Profile["firstName"] == first {
			org.SetStatus(u.ID, oktatest.StatusSuspended)
		}
	}
}

func writesTitle(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.Count(r.URL.Path, "/") == 4 && !strings.Contains(r.URL.Path, "meta")
}

func TestDemo_StillIn(t *testing.T) {
	tests := []struct {
		name          string
		before, after []string
		want          string
	}{
		{"all stay", []string{"Anna", "Ben"}, []string{"Anna", "Ben"}, ""},
		{"one more is no loss", []string{"Anna"}, []string{"Anna", "Ben"}, ""},
		{"one is lost", []string{"Anna", "Ben"}, []string{"Anna"}, "Ben could sign in before and cannot any more"},
		{"as many, but others", []string{"Anna"}, []string{"Ben"}, "Anna could sign in before and cannot any more"},
		{"nobody to begin with proves nothing", nil, nil, "nobody could sign in to begin with"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := stillIn(tt.before, tt.after); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("stillIn = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDemo_RefusesADatabaseInUse(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "used.db")
	ctx := t.Context()
	svc, s, err := databaseFlag{database}.service(ctx, streams{&bytes.Buffer{}, &bytes.Buffer{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.AddCustomer(ctx, operator(), bridge.NewCustomer{Slug: "real"}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	code, out, errs := runDemo(t, "--once", "--database", database)
	if code != exitUsage || !strings.Contains(errs, "holds customers") || out != "" {
		t.Errorf("exit %d, stdout %q, stderr %q; want %d and the reason", code, out, errs, exitUsage)
	}
	svc, s, err = databaseFlag{database}.service(ctx, streams{&bytes.Buffer{}, &bytes.Buffer{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if all, err := svc.Customers(ctx, operator()); err != nil || len(all) != 1 {
		t.Errorf("customers = %v, %v; want the one that was there", all, err)
	}
}

func TestDemo_StaysUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &hookedBuffer{text: "bearer token", hook: stop}
	c := demoCmd{SyncSchedule: "@every 30s", Listen: "127.0.0.1:0", Database: "sqlite:" + filepath.Join(t.TempDir(), "demo.db")}
	err := c.stage(ctx, streams{out, &bytes.Buffer{}}, oktatest.New(oktatest.Options{Now: now}), 30*time.Second)
	if err != nil || !strings.Contains(out.String(), "stop it with Ctrl-C") {
		t.Errorf("stage = %v after\n%s", err, out)
	}
}

// hookedBuffer calls hook when text is written.
type hookedBuffer struct {
	bytes.Buffer
	text string
	hook func()
}

func (w *hookedBuffer) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(w.text)) {
		defer w.hook()
	}
	return w.Buffer.Write(p)
}
