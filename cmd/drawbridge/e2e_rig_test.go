package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
)

// rig is a database, an Okta org that this process simulates, and what serves between the two.
type rig struct {
	t        *testing.T
	database string
	org      *oktatest.Org
	okta     string // URL of the org
}

const rigOktaToken = "00-okta-api-token-of-the-rig"

// onBothStores runs a test on SQLite and on PostgreSQL, each with an org prepared as `okta setup` does.
func onBothStores(t *testing.T, test func(r *rig)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(newRig(t, storetest.SQLiteURL(t)))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(newRig(t, storetest.PostgresURL(t)))
	})
}

func newRig(t *testing.T, database string) *rig {
	t.Helper()
	// A fast org: what is measured is Drawbridge, not Okta's rate limit.
	org := oktatest.New(oktatest.Options{Token: rigOktaToken, RateLimit: 12_000})
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	r := &rig{t: t, database: database, org: org, okta: server.URL}
	r.cli("okta", "setup", "--okta-org-url", r.okta, "--okta-token", rigOktaToken)
	return r
}

// cli runs a command in this process, which must succeed, and returns what it printed.
func (r *rig) cli(args ...string) string {
	r.t.Helper()
	var stdout, stderr bytes.Buffer
	env := func(name string) string {
		if name == "DRAWBRIDGE_DATABASE" {
			return r.database
		}
		return ""
	}
	if code := run(r.t.Context(), args, env, &stdout, &stderr); code != exitDone {
		r.t.Fatalf("drawbridge %s: exit %d: %s", strings.Join(args, " "), code, stderr.String())
	}
	return stdout.String()
}

// customer adds a customer whose domain is slug.example, and returns the secret of its token.
func (r *rig) customer(slug string) (token string) {
	r.t.Helper()
	r.cli("customer", "add", slug, "--domain", slug+".example", "--trust-domains", "a test")
	return strings.TrimSpace(r.cli("token", "create", slug, "--name", "idp"))
}

// serve starts the service between the rig's database and its org.
func (r *rig) serve(more ...string) *process {
	r.t.Helper()
	env := []string{"DRAWBRIDGE_OKTA_TOKEN=" + rigOktaToken, "DRAWBRIDGE_DATABASE=" + r.database}
	return start(r.t, env, append([]string{"serve", "--listen", "127.0.0.1:0", "--okta-org-url", r.okta}, more...)...)
}

// store opens the rig's database beside the service.
func (r *rig) store() *store.Store {
	r.t.Helper()
	s, err := store.Open(r.t.Context(), r.database, store.Options{Now: now, NewID: newID})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { s.Close() })
	return s
}

// account is the only account with the key in Okta; false if there is none.
func (r *rig) account(key string) (found oktatest.User, ok bool) {
	r.t.Helper()
	for _, u := range r.org.Users() {
		if u.Profile[oktasync.KeyAttr] != key {
			continue
		}
		if ok {
			r.t.Errorf("%s is there twice in Okta", key)
		}
		found, ok = u, true
	}
	return found, ok
}

// awaitStatus waits until the account with the key has a status, and returns how long that took.
func (r *rig) awaitStatus(key, status string) time.Duration {
	r.t.Helper()
	return eventually(r.t, key+" is "+status+" in Okta", func() bool {
		u, ok := r.account(key)
		return ok && u.Status == status
	})
}

// audit reads the org's log against the safety rules. open: a process was killed, so the log may end at any point.
func (r *rig) audit(open bool) {
	r.t.Helper()
	oktatest.Audit(r.t, r.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace, TailOpen: open})
}

// writes counts the requests to Okta that could change something, of one kind if op is not empty.
func (r *rig) writes(op string) (n int) {
	for _, e := range r.org.Log() {
		if e.Write() && e.Token != oktatest.Hand && (op == "" || e.Op == op) {
			n++
		}
	}
	return n
}

// lease is what `sync status --json` says of who syncs; empty: nobody.
func (r *rig) lease() (holder string) {
	r.t.Helper()
	var status struct {
		Lease *struct{ Holder string }
	}
	if err := json.Unmarshal([]byte(r.cli("sync", "status", "--json")), &status); err != nil {
		r.t.Fatal(err)
	}
	if status.Lease == nil {
		return ""
	}
	return status.Lease.Holder
}

// answered is the answer to a SCIM request.
type answered struct {
	status int
	header http.Header
	raw    string
	body   object // nil if it is not a JSON object
}

// pusher is an IdP that pushes.
type pusher struct {
	t           testing.TB
	base, token string
}

// push makes a request and returns the answer; an error is one of the connection.
func (p pusher) push(method, path, contentType string, body io.Reader) (answered, error) {
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, body)
	if err != nil {
		return answered{}, err
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answered{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	a := answered{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	if json.Unmarshal(raw, &a.body) != nil {
		a.body = nil
	}
	return a, err
}

// must makes a request that has to be answered with the status.
func (p pusher) must(want int, method, path, body string) object {
	p.t.Helper()
	a, err := p.push(method, path, "application/scim+json", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if a.status != want {
		p.t.Fatalf("%s %s: %d %s, want %d", method, path, a.status, a.raw, want)
	}
	return a.body
}

func userBody(userName, first, last string) string {
	return `{"schemas":["` + userSchema + `"],"userName":"` + userName + `","name":{"givenName":"` + first + `","familyName":"` + last +
		`"},"emails":[{"value":"` + userName + `","type":"work","primary":true}],"active":true}`
}

// create pushes a person and returns the id.
func (p pusher) create(userName string) (id string) {
	p.t.Helper()
	id, _ = p.must(http.StatusCreated, "POST", "/Users", userBody(userName, "Given", "Family"))["id"].(string)
	return id
}

func (p pusher) setActive(id string, active bool) {
	p.t.Helper()
	body, _ := json.Marshal(object{"schemas": []string{patchSchema}, "Operations": oktaMake{}.activity(active)})
	p.must(http.StatusOK, "PATCH", "/Users/"+id, string(body))
}

// count is how many resources a filter finds; an empty filter finds all.
func (p pusher) count(filter string) int {
	p.t.Helper()
	query := ""
	if filter != "" {
		query = "?filter=" + url.QueryEscape(filter)
	}
	n, _ := p.must(http.StatusOK, "GET", "/Users"+query, "")["totalResults"].(float64)
	return int(n)
}

// pusher returns an IdP that pushes to the process.
func (p *process) pusher(slug, token string) pusher {
	return pusher{t: p.t, base: p.url + "/scim/v2/" + slug, token: token}
}
