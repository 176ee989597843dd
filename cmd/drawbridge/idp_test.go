package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
)

// TestI13_DoctorSeesWhoWalksBackIn: just-in-time rules that give access back to removed people, and identity providers that
// let nobody in, are named with the customer and with what to change in Okta.
func TestI13_DoctorSeesWhoWalksBackIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		svc := bridge.NewService(s, now, newID)
		org := oktatest.New(oktatest.Options{})
		idps := map[string]string{"off": org.AddIdP("off", "INACTIVE"), "gone": "0oaNNNNNNNNNNNNNNNNN"}
		for _, slug := range []string{"good", "suspended", "deprovisioned"} {
			idps[slug] = org.AddIdP(slug, "ACTIVE")
		}
		org.SetIdPConditions(idps["suspended"], "UNSUSPEND", "NONE")
		org.SetIdPConditions(idps["deprovisioned"], "NONE", "REACTIVATE")
		server := httptest.NewServer(org)
		defer server.Close()
		client, _, err := oktaFlags{OktaOrgURL: server.URL, OktaToken: "test-token", OktaShare: 1}.client(streams{})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			"off": "activate it in Okta", "gone": "none with the id 0oaN.*customer set --okta-idp", "good": "",
			"suspended": `gets access back: turn off "Unsuspend`, "deprovisioned": `gets access back: turn off "Reactivate`,
		}
		for slug := range want {
			id := idps[slug]
			if _, err := svc.AddCustomer(t.Context(), operator(), bridge.NewCustomer{Slug: slug}); err != nil {
				t.Fatal(err)
			}
			c, err := svc.SetCustomer(t.Context(), operator(), slug, bridge.CustomerRules{OktaIdP: &id})
			if err != nil {
				t.Fatal(err)
			}
			checkIdP(t, examineIdPs(t.Context(), s), slug, "has not been read yet")
			p, err := oktasync.ReadIdP(t.Context(), client, c, now())
			if err != nil {
				t.Fatal(err)
			}
			if err := s.SaveIdP(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			checkIdP(t, examineIdPs(t.Context(), s), slug, want[slug])
			p.Read = now().Add(-2 * time.Hour)
			if err := s.SaveIdP(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			checkIdP(t, examineIdPs(t.Context(), s), slug, "last read .*drawbridge serve")
			none := ""
			if _, err := svc.SetCustomer(t.Context(), operator(), slug, bridge.CustomerRules{OktaIdP: &none}); err != nil {
				t.Fatal(err)
			}
			if found := examineIdPs(t.Context(), s); len(found) != 0 {
				t.Errorf("%s without an identity provider: %+v", slug, found)
			}
		}
	})
}

// checkIdP expects one problem that names the customer, none if want is empty.
func checkIdP(t *testing.T, found []finding, slug, want string) {
	t.Helper()
	if len(found) != 1 || found[0].OK != (want == "") || !regexp.MustCompile(want).MatchString(found[0].Sentence) ||
		want != "" && !strings.Contains(found[0].Sentence, "of "+slug+" in Okta") {
		t.Errorf("%s: %+v, want a problem like %q", slug, found, want)
	}
}

// TestOktaCheck_identityProviders asks the org itself.
func TestOktaCheck_identityProviders(t *testing.T) {
	t.Parallel()
	org := oktatest.New(oktatest.Options{})
	server := httptest.NewServer(org)
	defer server.Close()
	database := storetest.SQLiteURL(t)
	id := org.AddIdP("acme", "ACTIVE")
	drawbridge := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(context.Background(), args, func(string) string { return "" }, &out, &errs); code != want {
			t.Errorf("%q: exit code %d, want %d: %s%s", args, code, want, &out, &errs)
		}
		return out.String()
	}
	check := func(want int, pattern string, database ...string) {
		t.Helper()
		args := append([]string{"okta", "check", "--okta-org-url", server.URL, "--okta-token", "test-token"}, database...)
		if out := drawbridge(want, args...); !regexp.MustCompile(pattern).MatchString(out) {
			t.Errorf("okta check printed\n%s\nwant a line like %q", out, pattern)
		}
	}
	drawbridge(0, "okta", "setup", "--okta-org-url", server.URL, "--okta-token", "test-token")
	drawbridge(0, "customer", "add", "acme", "--database", database)
	drawbridge(0, "customer", "set", "acme", "--okta-idp", id, "--database", database)
	with := []string{"--database", database}

	check(0, `(?m)^ok +the identity providers of customers in Okta \(1\) are active`, with...)
	org.SetIdPConditions(id, "UNSUSPEND", "NONE")
	check(1, `(?m)^PROBLEM +the identity provider of acme in Okta .*turn off "Unsuspend`, with...)
	check(0, `(?m)^ok `) // without a database it looks at the org alone
	remove := org.Inject(oktatest.Fault{Op: "read_idp", Kind: oktatest.Forbidden403})
	check(1, `(?m)^PROBLEM +the identity provider of acme in Okta .*cannot be read.*okta\.idps\.read`, with...)
	remove()
	check(0, `(?m)^ok +The customers' identity providers were not looked at: `, "--database", "postgres://u:hushhush@127.0.0.1:1/x?sslmode=disable")
}
