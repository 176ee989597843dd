package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge/store/storetest"
	scimcheck "drawbridge/scim/check"
)

// scimCustomer adds a customer whose requests are not limited to what an IdP sends, and returns its SCIM base and token.
func (r *rig) scimCustomer(p *process, slug string) (base, token string) {
	r.t.Helper()
	token = r.customer(slug)
	r.cli("customer", "set", slug, "--rate", "10000")
	return p.url + "/scim/v2/" + slug, token
}

// TestSCIMCheck_PassesAgainstUs: every check passes on both stores, none is skipped, and afterwards nobody is left.
func TestSCIMCheck_PassesAgainstUs(t *testing.T) {
	onBothStores(t, func(r *rig) {
		p := r.serve()
		base, token := r.scimCustomer(p, "acme")
		report, err := scimcheck.Run(r.t.Context(), scimcheck.Options{
			Base: base, Token: token, Domain: "acme.example", Prefix: "scimcheck-of-a-test", Rate: 10_000, Now: now,
		})
		if err != nil {
			r.t.Fatal(err)
		}
		for _, c := range report.Checks {
			if c.Status != scimcheck.OK {
				r.t.Errorf("%s %s %s (%s): %s", c.Status, c.Group, c.Name, c.Section, c.Detail)
			}
		}
		if len(report.Checks) < 440 || len(report.LeftBehind) > 0 {
			r.t.Errorf("%d checks, and left behind are %q", len(report.Checks), report.LeftBehind)
		}
		idp := p.pusher("acme", token)
		if n := idp.count(""); n != 0 {
			r.t.Errorf("%d users are left", n)
		}
		if n := idp.must(http.StatusOK, "GET", "/Groups", "")["totalResults"]; n != 0.0 {
			r.t.Errorf("%v groups are left", n)
		}
	})
}

// TestSCIMCheck_Command: what the command prints, for people and for programs, and its exit code.
func TestSCIMCheck_Command(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.SQLiteURL(t))
	p := r.serve()
	base, token := r.scimCustomer(p, "acme")

	text := r.cli("scim-check", "--base", base, "--token", token, "--only", "okta")
	for _, want := range []string{"ok    okta   spec: create a user: status is 201  (Okta SPEC test step 10)\n", " passed, 0 failed, 0 skipped\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the output has no %q:\n%s", want, text)
		}
	}
	var report map[string]any
	if err := json.Unmarshal([]byte(r.cli("scim-check", "--base", base, "--token", token, "--only", "rfc/put", "--json")), &report); err != nil {
		t.Fatal(err)
	}
	checks, _ := report["checks"].([]any)
	first, _ := checks[0].(map[string]any)
	want := map[string]any{"group": "rfc", "name": "put: PUT answers 200 with the resource", "section": "RFC 7644 3.5.1", "status": "ok", "detail": ""}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
	delete(report, "checks")
	if diff := cmp.Diff(map[string]any{"base": base, "passed": float64(len(checks)), "failed": 0.0, "skipped": 0.0}, report); diff != "" {
		t.Error(diff)
	}

	broken := httptest.NewServer(answering(func(a *http.Response) { a.StatusCode = max(a.StatusCode, 299) })(proxyTo(t, p.url)))
	t.Cleanup(broken.Close)
	var stdout, stderr bytes.Buffer
	args := []string{"scim-check", "--base", broken.URL + "/scim/v2/acme", "--token", token, "--only", "rfc/put"}
	if code := run(t.Context(), args, noEnv, &stdout, &stderr); code != exitFailed {
		t.Errorf("exit %d of a run with failures, want %d", code, exitFailed)
	}
	if !strings.Contains(stdout.String(), "FAIL  rfc    put: ") || !strings.Contains(stdout.String(), "status 299, want 201") ||
		!strings.Contains(stderr.String(), "checks failed") || strings.Contains(stdout.String()+stderr.String(), token) {
		t.Errorf("stdout:\n%s\nstderr: %s", stdout.String(), stderr.String())
	}
}

// proxyTo passes requests on as they are; the server sees the proxy's own host.
func proxyTo(t *testing.T, target string) http.Handler {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(u)
		r.Out.Host = r.In.Host
	}}
}

// TestSCIMCheck_CatchesFaults puts a proxy that breaks one thing before the server. The check that is meant for it must fail.
func TestSCIMCheck_CatchesFaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.SQLiteURL(t))
	p := r.serve()
	for i, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			slug := "c" + string(rune('a'+i/26)) + string(rune('a'+i%26))
			_, token := r.scimCustomer(p, slug)
			broken := httptest.NewServer(f.wrap(proxyTo(t, p.url)))
			defer broken.Close()
			report, err := scimcheck.Run(t.Context(), scimcheck.Options{
				Base: broken.URL + "/scim/v2/" + slug, Token: token, Only: f.only, Prefix: "scimcheck-of-a-test", Rate: 10_000, Now: now,
			})
			if err != nil {
				t.Fatal(err)
			}
			var failed []string
			for _, c := range report.Checks {
				if c.Status == scimcheck.Failed {
					failed = append(failed, c.Name)
				}
			}
			if !slices.Contains(failed, f.check) {
				t.Errorf("%q did not fail; failed of %d: %q", f.check, len(report.Checks), failed)
			}
		})
	}
}
