package okta

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"drawbridge/oktasync"
)

const (
	anna  = "00uAAAAAAAAAAAAAAAAA"
	bob   = "00uBBBBBBBBBBBBBBBBB"
	token = "secret-of-the-test"
)

// request is one request as the fake Okta saw it.
type request struct {
	Method, URI, Body, Authorization string
}

// fake is an Okta that answers with one handler and keeps what it was asked.
type fake struct {
	handler http.HandlerFunc

	mu   sync.Mutex
	seen []request
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.mu.Lock()
	f.seen = append(f.seen, request{r.Method, r.URL.RequestURI(), string(body), r.Header.Get("Authorization")})
	f.mu.Unlock()
	f.handler(w, r)
}

func (f *fake) requests() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]request{}, f.seen...)
}

// serve starts a fake Okta and returns a client of it.
func serve(t *testing.T, handler http.HandlerFunc) (*Client, *fake) {
	t.Helper()
	f := &fake{handler: handler}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return connect(t, Config{OrgURL: server.URL, Token: token}), f
}

func connect(t *testing.T, cfg Config) *Client {
	t.Helper()
	if cfg.Governor == nil {
		cfg.Governor = oktasync.NewGovernor(1, time.Now)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	c.poll, c.settle = time.Millisecond, 0
	t.Cleanup(c.transport.base.(*http.Transport).CloseIdleConnections)
	return c
}

// reply writes a JSON answer.
func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// refuse writes one of Okta's errors.
func refuse(w http.ResponseWriter, status int, code string, causes ...string) {
	list := []map[string]string{}
	for _, c := range causes {
		list = append(list, map[string]string{"errorSummary": c})
	}
	reply(w, status, map[string]any{
		"errorCode": code, "errorSummary": "Api validation failed: anna@acme.example", "errorId": "oaeSupportId1", "errorCauses": list,
	})
}

func userJSON(id, status string, profile map[string]any) map[string]any {
	return map[string]any{
		"id": id, "status": status, "statusChanged": "2026-01-02T03:04:05.000Z", "profile": profile,
		"credentials": map[string]any{"provider": map[string]any{"type": "FEDERATION", "name": "FEDERATION"}},
	}
}

// orgError returns err as what every method promises to fail with.
func orgError(t *testing.T, err error) *oktasync.OrgError {
	t.Helper()
	var e *oktasync.OrgError
	if !errors.As(err, &e) {
		t.Fatalf("got the error %v (%T), want an *oktasync.OrgError", err, err)
	}
	return e
}

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(fmt.Sprintf("the test server cannot hang up: %v", err))
	}
	_ = conn.Close()
}
