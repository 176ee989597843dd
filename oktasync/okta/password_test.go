package okta

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

// TestOrgResetPassword walks a federated person to a password with Okta, and back.
func TestOrgResetPassword(t *testing.T) {
	offset := time.Duration(0)
	org, client := startOrg(t, oktatest.Options{Now: func() time.Time { return time.Now().Add(offset) }})
	setup(t, client)
	org.AddIdP("acme", "ACTIVE")
	ctx := t.Context()
	a, err := client.Create(ctx, profileOf("anna@acme.example", "u1"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(when string, status policy.Status, provider string, password bool, how string) {
		t.Helper()
		got, err := client.Read(ctx, a.ID)
		if err != nil || got.Status != status || got.Provider != provider || got.Password != password {
			t.Errorf("%s: %s %s, password %t, %v; want %s %s, password %t", when, got.Status, got.Provider, got.Password, err, status, provider, password)
		}
		if in := org.CanSignIn(a.ID); in.How != how {
			t.Errorf("%s: signs in by %q (%s), want %q", when, in.How, in.Why, how)
		}
	}
	check("created", policy.Active, "FEDERATION", false, "sso")

	link, err := client.ResetPassword(ctx, a.ID, false)
	if err != nil || link == "" {
		t.Fatalf("ResetPassword: a link of %d characters, %v", len(link), err)
	}
	check("reset", policy.Provisioned, "OKTA", false, "reset link")
	offset = time.Hour
	check("an hour later", policy.Provisioned, "OKTA", false, "")
	if org.FollowLink(link, "Secret456") {
		t.Error("the link lives on")
	}
	if link, err = client.ResetPassword(ctx, a.ID, false); err != nil || !org.FollowLink(link, "Secret456") {
		t.Fatalf("the next link cannot be followed: %v", err)
	}
	check("a password is set", policy.Active, "OKTA", true, "password")

	if link, err = client.ResetPassword(ctx, a.ID, true); err != nil || link != "" {
		t.Errorf("ResetPassword by e-mail: a link of %d characters, %v; want none", len(link), err)
	}
	if u, _ := org.User(a.ID); u.Mails != 1 {
		t.Errorf("%d e-mails went out, want 1", u.Mails)
	}
	check("reset by e-mail", policy.Recovery, "OKTA", true, "reset link")
	if err := client.Refederate(ctx, a.ID); err != nil {
		t.Errorf("Refederate: %v", err)
	}
	check("federated again", policy.Active, "FEDERATION", false, "sso")
	if u, _ := org.User(a.ID); u.Mails != 1 {
		t.Errorf("%d e-mails went out, want no second one", u.Mails)
	}
}

func TestOrgResetPassword_errors(t *testing.T) {
	org, client := startOrg(t, oktatest.Options{})
	add := func(login, status string) string {
		profile := map[string]any{"login": login, "email": login, "firstName": "A", "lastName": "B"}
		return org.AddUser(profile, status, oktatest.UserOptions{Password: "Secret123"})
	}
	active, suspended, gone := add("a@acme.example", "ACTIVE"), add("s@acme.example", "SUSPENDED"), add("d@acme.example", "DEPROVISIONED")
	tests := []struct {
		name  string
		id    string
		fault oktatest.FaultKind
		want  oktasync.Cause
	}{
		{"suspended", suspended, 0, oktasync.CauseState},
		{"deprovisioned", gone, 0, oktasync.CauseState},
		{"nobody", anna, 0, oktasync.CauseGone},
		{"no id", "me", 0, oktasync.CauseRefused},
		{"done, then reset", active, oktatest.ResetAfter, oktasync.CauseUnknown},
		{"end of file", active, oktatest.ResetBefore, oktasync.CauseUnknown},
		{"empty answer", active, oktatest.EmptyBody, oktasync.CauseUnknown},
		{"HTML", active, oktatest.GarbageHTML, oktasync.CauseUnknown},
		{"no right", active, oktatest.Forbidden403, oktasync.CauseOrg},
		{"too many calls at once", active, oktatest.ConcurrencyLimit429, oktasync.CauseRate},
	}
	calls := map[string]func(id string) error{
		"reset":          func(id string) error { _, err := client.ResetPassword(t.Context(), id, false); return err },
		"reset by mail":  func(id string) error { _, err := client.ResetPassword(t.Context(), id, true); return err },
		"federate again": func(id string) error { return client.Refederate(t.Context(), id) },
	}
	for _, tt := range tests {
		for name, call := range calls {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				if tt.fault != 0 {
					defer org.Inject(oktatest.Fault{Kind: tt.fault, Clean: true})()
				}
				if err := call(tt.id); orgError(t, err).Cause != tt.want {
					t.Errorf("%v, want cause %s", err, tt.want)
				}
			})
		}
	}
}

func TestOrgRefederate_refused(t *testing.T) {
	org, client := startOrg(t, oktatest.Options{RefuseFederate: true})
	profile := map[string]any{"login": "a@acme.example", "email": "a@acme.example", "firstName": "A", "lastName": "B"}
	id := org.AddUser(profile, "ACTIVE", oktatest.UserOptions{Password: "Secret123"})
	if err := client.Refederate(t.Context(), id); orgError(t, err).Cause != oktasync.CauseState {
		t.Errorf("Refederate where the org refuses it: %v, want cause state", err)
	}
	if in := org.CanSignIn(id); in.How != "password" {
		t.Errorf("after a refusal: %+v, want the password as before", in)
	}
}

func TestResetPasswordSendsExactlyThis(t *testing.T) {
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, map[string]any{"resetPasswordUrl": "https://sign-in.vendor.example/reset_password/XE6wE17zmphl3KqAPFxO"})
	})
	link, err := client.ResetPassword(t.Context(), anna, false)
	if err != nil || link != "https://sign-in.vendor.example/reset_password/XE6wE17zmphl3KqAPFxO" {
		t.Errorf("ResetPassword: %q, %v", link, err)
	}
	if link, err = client.ResetPassword(t.Context(), anna, true); err != nil || link != "" {
		t.Errorf("ResetPassword by e-mail: %q, %v; want no link", link, err)
	}
	if err := client.Refederate(t.Context(), anna); err != nil {
		t.Error(err)
	}
	var got []string
	for _, r := range okta.requests() {
		got = append(got, r.Method+" "+strings.TrimPrefix(r.URI, "/api/v1/users/"+anna)+r.Body)
	}
	want := []string{
		"POST /lifecycle/reset_password?sendEmail=false", "POST /lifecycle/reset_password?sendEmail=true",
		"POST /lifecycle/reset_password?provider=FEDERATION&sendEmail=false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestI29_ResetLinkStaysOutOfErrorsAndLogs: whoever reads the link can take the account.
func TestI29_ResetLinkStaysOutOfErrorsAndLogs(t *testing.T) {
	const secret = "XE6wE17zmphl3KqAPFxO"
	for name, link := range map[string]any{
		"good": "https://vendor.okta.com/reset_password/" + secret, "not a URL": "https://[::1/" + secret, "relative": "/reset_password/" + secret,
		"another scheme": "javascript:" + secret, "in the clear": "http://vendor.okta.com/" + secret, "missing": nil, "another type": []string{secret},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				reply(w, 200, map[string]any{"resetPasswordUrl": link})
			}))
			defer server.Close()
			logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			client := connect(t, Config{OrgURL: server.URL, Token: token, Logger: logger})
			_, err := client.ResetPassword(t.Context(), anna, false)
			if (err == nil) != (name == "good") || err != nil && orgError(t, err).Cause != oktasync.CauseUnknown {
				t.Errorf("ResetPassword: %v", err)
			}
			text := fmt.Sprintf("%v %+v %v %s", err, err, errors.Unwrap(err), &log)
			if strings.Contains(text, secret) || !strings.Contains(text, "op=reset_password") {
				t.Errorf("errors and log hold the link, or no call: %s", text)
			}
		})
	}
}
