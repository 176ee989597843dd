package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"drawbridge/bridge"
	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync/oktatest"
)

func runDemo(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"demo"}, args...), noEnv, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func noEnv(string) string { return "" }

// smallWorld is a world in which Acme has fewer people, so that a test can have it for itself.
func smallWorld() world {
	w := newWorld()
	w.crowd = w.crowd[:40]
	return w
}

func TestDemo_OnceTellsTheWholeStory(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		out, err := stageStory(t, smallWorld())
		tellsAll(t, exitCode(err, io.Discard), out)
	})
	t.Run("postgres, at full size", func(t *testing.T) {
		t.Parallel()
		code, out, _ := runDemo(t, "--once", "--database", storetest.PostgresURL(t))
		tellsAll(t, code, out)
	})
}

func tellsAll(t *testing.T, code int, out string) {
	t.Helper()
	if code != exitDone {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	if got, want := strings.Count(out, "\n    ok  "), len((&story{}).steps()); got != want {
		t.Errorf("%d steps are ok, want %d:\n%s", got, want, out)
	}
	for _, row := range []string{"IdP sent  ", "Drawbridge stored  ", "Okta has  ", "from the request to Okta"} {
		if got := strings.Count(out, row); got < 10 {
			t.Errorf("%d rows say %q, want one for each change at least:\n%s", got, row, out)
		}
	}
	if strings.Contains(out, "drawbridge_scim_") {
		t.Error("a story that ends prints a token nobody can use")
	}
	if strings.Contains(out, "\x1b[") {
		t.Error("colour where there is no terminal")
	}
}

// Each of these breaks the world of the demo in one way; the step that it concerns must be the one that fails. Once the
// fault has struck, what it prevents will never be there, so nobody has to wait for it.
func TestDemo_Mutants(t *testing.T) {
	t.Parallel()
	unavailable := oktatest.Fault{Kind: oktatest.StatusCode, Status: http.StatusServiceUnavailable}
	tests := []struct {
		name   string
		op     string
		skip   int // so many requests of that kind go well first
		fault  oktatest.Fault
		failed string
	}{
		{name: "accounts cannot be made", op: "create", fault: oktatest.Fault{Kind: oktatest.Forbidden403}, failed: "CREATE"},
		{name: "a login is not renamed", op: "update", fault: oktatest.Fault{Kind: oktatest.Forbidden403}, failed: "RENAME"},
		{name: "a changed profile is not written", op: "update", skip: 2, fault: oktatest.Fault{Kind: oktatest.Forbidden403}, failed: "CHANGE"},
		{name: "nobody is suspended", op: "suspend", fault: unavailable, failed: "DEACTIVATE"},
		{name: "sessions are not ended", op: "end_sessions", fault: unavailable, failed: "DEACTIVATE"},
		{name: "nobody is taken back", op: "unsuspend", fault: unavailable, failed: "REACTIVATE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, struck := smallWorld(), make(chan struct{})
			w.hopeless = struck
			tt.fault.Op, tt.fault.Match = tt.op, after(tt.skip, sync.OnceFunc(func() { close(struck) }))
			w.org.Inject(tt.fault)
			out, err := stageStory(t, w)
			if code := exitCode(err, io.Discard); code != exitFailed {
				t.Errorf("exit %d, want %d", code, exitFailed)
			}
			title, _, found := strings.Cut(out, "    FAILED  ")
			if i := strings.LastIndex(title, "\n\n"); !found || !strings.Contains(title[i:], tt.failed+": ") || !strings.Contains(out, ": not run") {
				t.Errorf("want a step %s to fail, and the steps after it not run:\n%s", tt.failed, out)
			}
		})
	}
}

// after matches every request but the first ones, and tells that one was struck. The org asks for one request at a time.
func after(skip int, struck func()) func(*http.Request) bool {
	return func(*http.Request) bool {
		if skip > 0 {
			skip--
			return false
		}
		struck()
		return true
	}
}

func stageStory(t *testing.T, w world) (string, error) {
	t.Helper()
	var stdout bytes.Buffer
	c := demoCmd{Once: true, SyncSchedule: "@every 30s", Database: "sqlite:" + filepath.Join(storetest.Dir(t), "demo.db")}
	err := c.stage(t.Context(), streams{&stdout, io.Discard}, w)
	return stdout.String(), err
}

// TestI1_TheDemoSeesALossAtTheDisconnect suspends Zoe once the disconnect is committed, as a syncer would that does not heed
// it. Flags are not written before that has happened, so the step cannot end before either.
func TestI1_TheDemoSeesALossAtTheDisconnect(t *testing.T) {
	t.Parallel()
	w := smallWorld()
	database := "sqlite:" + filepath.Join(storetest.Dir(t), "demo.db")
	suspended := make(chan struct{})
	var breakIt sync.WaitGroup
	out := &hookedBuffer{text: "cut the connection in one commit", hook: func() {
		w.org.Inject(oktatest.Fault{Op: "update", Kind: oktatest.Slow, Until: suspended})
		breakIt.Go(func() {
			defer close(suspended)
			suspendOnceDisconnecting(t, database, w.org, "Zoe")
		})
	}}
	c := demoCmd{Once: true, SyncSchedule: "@every 30s", Database: database}
	err := c.stage(t.Context(), streams{out, io.Discard}, w)
	breakIt.Wait()
	if err == nil || !strings.Contains(err.Error(), "(DISCONNECT: ") || !strings.Contains(err.Error(), "Zoe Abel could sign in before") {
		t.Errorf("stage = %v, want the disconnect to miss Zoe:\n%s", err, out)
	}
}

// TestDemo_SeesABrokenDeparture breaks the world at a moment of Acme's leaving; the step that it concerns must be the one that fails.
func TestDemo_SeesABrokenDeparture(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		at      string // the moment: when this is printed
		breakIt func(w world)
		want    string
	}{
		{"the people's own IdP is turned off", "drawbridge disconnect confirm acme", func(w world) { w.org.SetIdPStatus(acmeSSO(w.org), "INACTIVE") }, "could sign in before and cannot any more"},
		{"who was let go walks in again", "who could sign in still can", func(w world) { setStatus(w.org, "Lena", oktatest.StatusActive) }, "Lena Lindt can sign in: true"},
		{"somebody loses access later", "who could sign in still can", func(w world) { setStatus(w.org, "Zoe", oktatest.StatusSuspended) }, "Zoe Abel can sign in: false"},
		{"a plain bridge that leaves people alone", "moved on by", func(w world) {
			w.plainOrg.Inject(oktatest.Fault{Op: "suspend", Kind: oktatest.Forbidden403})
		}, "is answered with 502"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := smallWorld()
			out := &hookedBuffer{text: tt.at, hook: func() { tt.breakIt(w) }}
			c := demoCmd{Once: true, SyncSchedule: "@every 30s", Database: "sqlite:" + filepath.Join(storetest.Dir(t), "demo.db")}
			err := c.stage(t.Context(), streams{out, io.Discard}, w)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("stage = %v, want %q in it:\n%s", err, tt.want, out)
			}
		})
	}
}

// suspendOnceDisconnecting waits until Acme's disconnect is committed, and suspends the person named.
func suspendOnceDisconnecting(t *testing.T, database string, org *oktatest.Org, first string) {
	svc, s, err := databaseFlag{database}.service(t.Context(), streams{io.Discard, io.Discard})
	if err != nil {
		t.Error(err)
		return
	}
	defer s.Close()
	eventually(t, "Acme is disconnecting", func() bool {
		acme, err := svc.Customer(t.Context(), operator(), "acme")
		return err == nil && acme.State == bridge.Disconnecting
	})
	setStatus(org, first, oktatest.StatusSuspended)
}

// acmeSSO is the id in Okta of the identity provider that Acme's people sign in through.
func acmeSSO(org *oktatest.Org) string {
	r := httptest.NewRequest(http.MethodGet, "/api/v1/idps?q=Acme", nil)
	r.Header.Set("Authorization", "SSWS "+demoOktaToken)
	answer := httptest.NewRecorder()
	org.ServeHTTP(answer, r)
	var found []struct{ ID string }
	if json.Unmarshal(answer.Body.Bytes(), &found) != nil || len(found) != 1 {
		return "not found"
	}
	return found[0].ID
}

// setStatus sets, by hand, the status of everybody with a first name.
func setStatus(org *oktatest.Org, first, status string) {
	for _, u := range org.Users() {
		if u.Profile["firstName"] == first {
			org.SetStatus(u.ID, status)
		}
	}
}

func TestDemo_Checks(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"all stay", stillIn([]string{"Anna", "Ben"}, []string{"Anna", "Ben"}), ""},
		{"one more is no loss", stillIn([]string{"Anna"}, []string{"Anna", "Ben"}), ""},
		{"one is lost", stillIn([]string{"Anna", "Ben"}, []string{"Anna"}), "Ben could sign in before and cannot any more"},
		{"as many, but others", stillIn([]string{"Anna"}, []string{"Ben"}), "Anna could sign in before and cannot any more"},
		{"nobody to begin with proves nothing", stillIn(nil, nil), "nobody could sign in to begin with"},
		{"flags written", noneRevoked([]oktatest.Entry{{Op: "update"}, {Op: "read"}}), ""},
		{"suspended", noneRevoked([]oktatest.Entry{{Op: "update"}, {Op: "suspend", Method: "POST", Path: "/p"}}), "POST /p was sent"},
		{"deactivated", noneRevoked([]oktatest.Entry{{Op: "deactivate", Method: "POST", Path: "/p"}}), "POST /p was sent"},
		{"erased", noneRevoked([]oktatest.Entry{{Op: "delete", Method: "DELETE", Path: "/p"}}), "DELETE /p was sent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if tt.err != nil {
				got = tt.err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDemo_RefusesADatabaseInUse(t *testing.T) {
	database := "sqlite:" + filepath.Join(storetest.Dir(t), "used.db")
	ctx := t.Context()
	svc, s, err := databaseFlag{database}.service(ctx, streams{io.Discard, io.Discard})
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
	svc, s, err = databaseFlag{database}.service(ctx, streams{io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if all, err := svc.Customers(ctx, operator()); err != nil || len(all) != 1 {
		t.Errorf("customers = %v, %v; want the one that was there", all, err)
	}
}

func TestPage_Colour(t *testing.T) {
	plain := newPage(&bytes.Buffer{}, noEnv)
	if plain.colour {
		t.Error("a buffer is taken for a terminal")
	}
	var b bytes.Buffer
	p := &page{out: &b, colour: true}
	p.row("IdP sent", "x")
	p.row("Okta has", "")
	if want := "    \x1b[2mIdP sent\x1b[0m           x\n"; b.String() != want {
		t.Errorf("the row is %q, want %q", b.String(), want)
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
