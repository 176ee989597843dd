package okta

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/oktasync"
)

// pems returns a fresh RSA key in both forms.
func pems(t *testing.T) (pkcs1PEM, pkcs8PEM string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), encode("PRIVATE KEY", der)
}

// tokenServer is a fake Okta that gives out access tokens, numbered, and takes only the last.
type tokenServer struct {
	mu     sync.Mutex
	issued int
	gate   chan struct{} // a token request waits for it; nil: none
	life   int           // seconds
	kind   string        // token_type
	forms  []url.Values
	revoke bool // the next call is answered 401, once
}

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/oauth2/v1/token" {
		s.mu.Lock()
		defer s.mu.Unlock()
		if want := fmt.Sprintf("Bearer at-%d", s.issued); s.revoke || r.Header.Get("Authorization") != want {
			s.revoke = false
			refuse(w, 401, "E0000011")
			return
		}
		if r.URL.Path == "/api/v1/users" {
			reply(w, 200, []any{})
			return
		}
		reply(w, 200, userJSON(anna, "ACTIVE", map[string]any{}))
		return
	}
	if s.gate != nil {
		<-s.gate
	}
	_ = r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued++
	s.forms = append(s.forms, r.PostForm)
	reply(w, 200, map[string]any{
		"token_type": s.kind, "expires_in": s.life, "access_token": fmt.Sprintf("at-%d", s.issued), "scope": r.PostForm.Get("scope"),
	})
}

func (s *tokenServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issued
}

func serveTokens(t *testing.T, s *tokenServer, cfg Config) *Client {
	t.Helper()
	if s.kind == "" {
		s.kind = "Bearer"
	}
	if s.life == 0 {
		s.life = 3600
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	cfg.OrgURL, cfg.ClientID = server.URL, "0oaAPP"
	if cfg.PrivateKey == "" {
		cfg.PrivateKey, _ = pems(t)
	}
	return connect(t, cfg)
}

func TestTrapTokenStampede(t *testing.T) {
	s := &tokenServer{gate: make(chan struct{})}
	client := serveTokens(t, s, Config{})
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if _, err := client.Read(t.Context(), anna); err != nil {
				t.Errorf("Read: %v", err)
			}
		})
	}
	close(s.gate)
	wg.Wait()
	if n := s.count(); n != 1 {
		t.Errorf("30 calls fetched %d tokens, want 1", n)
	}
}

func TestTrapTokenIgnoresContext(t *testing.T) {
	s := &tokenServer{gate: make(chan struct{})}
	client := serveTokens(t, s, Config{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := client.Read(ctx, anna)
	if e := orgError(t, err); e.Cause != oktasync.CauseOrg || e.Op != "read" || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Read: %v, want cause org at the deadline", err)
	}
	if waited := time.Since(began); waited > 5*time.Second {
		t.Errorf("Read waited %v for a token", waited)
	}
	// The fetch that the first caller left behind serves the next one.
	close(s.gate)
	if _, err := client.Read(t.Context(), anna); err != nil {
		t.Errorf("Read afterwards: %v", err)
	}
	if n := s.count(); n != 1 {
		t.Errorf("%d tokens were fetched, want 1", n)
	}
}

func TestTokenRequest(t *testing.T) {
	_, pkcs8 := pems(t)
	s := &tokenServer{}
	client := serveTokens(t, s, Config{PrivateKey: pkcs8, KeyID: "kid-1"})
	if id, err := client.Me(t.Context()); id != "" || err != nil {
		t.Fatalf("Me of a service app: %q, %v", id, err)
	}
	form := s.forms[0]
	if form.Get("grant_type") != "client_credentials" || form.Get("scope") != "okta.users.manage okta.schemas.manage okta.roles.read okta.idps.read okta.groups.manage" {
		t.Errorf("the token request is %v", form)
	}
	parts := strings.Split(form.Get("client_assertion"), ".")
	if len(parts) != 3 {
		t.Fatalf("the assertion has %d parts", len(parts))
	}
	var head struct{ Alg, Kid string }
	var claims struct{ Iss, Sub, Aud string }
	decodePart(t, parts[0], &head)
	decodePart(t, parts[1], &claims)
	if head.Alg != "RS256" || head.Kid != "kid-1" || claims.Iss != "0oaAPP" || claims.Sub != "0oaAPP" || claims.Aud != client.transport.org.String()+"/oauth2/v1/token" {
		t.Errorf("the assertion says %+v %+v", head, claims)
	}
}

func decodePart(t *testing.T, part string, v any) {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
}

func TestTokenIsReplaced(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	s := &tokenServer{life: 3600}
	client := serveTokens(t, s, Config{Now: clock})
	read := func() error { _, err := client.Read(t.Context(), anna); return err }
	steps := []struct {
		name   string
		before func()
		tokens int
		fails  bool
	}{
		{name: "first call", tokens: 1},
		{name: "second call", tokens: 1},
		{name: "a little before its end", before: func() { mu.Lock(); now = now.Add(59*time.Minute + time.Second); mu.Unlock() }, tokens: 2},
		{name: "taken back", before: func() { s.mu.Lock(); s.revoke = true; s.mu.Unlock() }, tokens: 2, fails: true},
		{name: "after that", tokens: 3},
	}
	for _, step := range steps {
		if step.before != nil {
			step.before()
		}
		if err := read(); (err != nil) != step.fails {
			t.Errorf("%s: %v", step.name, err)
		}
		if n := s.count(); n != step.tokens {
			t.Errorf("%s: %d tokens so far, want %d", step.name, n, step.tokens)
		}
	}
}

func TestTokenRefused(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		cause   oktasync.Cause
		code    string
		says    string
	}{
		{"unknown client", func(w http.ResponseWriter, r *http.Request) { reply(w, 401, map[string]any{"error": "invalid_client"}) }, oktasync.CauseOrg, "invalid_client", "client id"},
		{"scope", func(w http.ResponseWriter, r *http.Request) { reply(w, 400, map[string]any{"error": "invalid_scope"}) }, oktasync.CauseOrg, "invalid_scope", "Okta API Scopes"},
		{"DPoP asked for", func(w http.ResponseWriter, r *http.Request) {
			reply(w, 400, map[string]any{"error": "invalid_dpop_proof"})
		}, oktasync.CauseOrg, "invalid_dpop_proof", "Demonstrating Proof"},
		{"DPoP given", func(w http.ResponseWriter, r *http.Request) {
			reply(w, 200, map[string]any{"token_type": "DPoP", "access_token": "x", "expires_in": 3600})
		}, oktasync.CauseOrg, "", "Demonstrating Proof"},
		{"500", func(w http.ResponseWriter, r *http.Request) { refuse(w, 500, "E0000009") }, oktasync.CauseOrg, "E0000009", "HTTP 500"},
		{"429", func(w http.ResponseWriter, r *http.Request) { refuse(w, 429, "E0000047") }, oktasync.CauseRate, "E0000047", "HTTP 429"},
		{"HTML", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("<html>")) }, oktasync.CauseOrg, "", "not JSON"},
		{"no token", func(w http.ResponseWriter, r *http.Request) { reply(w, 200, map[string]any{"token_type": "Bearer"}) }, oktasync.CauseOrg, "", "not an access token"},
		{"hung up", func(w http.ResponseWriter, r *http.Request) { hangUp(w) }, oktasync.CauseOrg, "", "connection ended"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, _ := pems(t)
			f := &fake{handler: test.handler}
			server := httptest.NewServer(f)
			defer server.Close()
			client := connect(t, Config{OrgURL: server.URL, ClientID: "0oaAPP", PrivateKey: key})
			err := client.Act(t.Context(), anna, oktasync.Suspend)
			e := orgError(t, err)
			if e.Cause != test.cause || e.Code != test.code || e.Op != "suspend" || !strings.Contains(fmt.Sprint(e.Err), test.says) {
				t.Errorf("Suspend: %v (%v), want cause %s, code %q, saying %q", e, e.Err, test.cause, test.code, test.says)
			}
			for _, r := range f.requests() {
				if !strings.HasPrefix(r.URI, "/oauth2/") {
					t.Errorf("%s %s went out without a token", r.Method, r.URI)
				}
			}
			if n := len(f.requests()); n != 1 {
				t.Errorf("%d token requests, want 1", n)
			}
		})
	}
}

func TestPrivateKeyForms(t *testing.T) {
	first, second := pems(t)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		key string
		ok  bool
	}{
		"PKCS#1":    {first, true},
		"PKCS#8":    {second, true},
		"blanks":    {"\n " + second + "\n", true},
		"EC":        {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), false},
		"public":    {string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), false},
		"truncated": {strings.Replace(first, "\n", "\nAAAA", 1), false},
		"a path":    {"/etc/hostname", false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Config{OrgURL: "https://acme.okta.com", ClientID: "0oa", PrivateKey: test.key, Governor: oktasync.NewGovernor(0.5, time.Now)})
			if (err == nil) != test.ok {
				t.Errorf("New: %v", err)
			}
			if err != nil && len(test.key) > 50 && strings.Contains(err.Error(), test.key[40:50]) {
				t.Errorf("the error holds the key: %v", err)
			}
		})
	}
}
