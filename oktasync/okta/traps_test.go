package okta

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"

	"drawbridge/oktasync"
)

// One test for each trap of the SDK. Where the SDK can be run unguarded, the test shows that it walks into the trap.

// plain returns the SDK as it comes, for a server on this machine.
func plain(t *testing.T, url string, more ...sdk.ConfigSetter) *sdk.Client {
	t.Helper()
	_, client, err := sdk.NewClient(t.Context(), append([]sdk.ConfigSetter{
		sdk.WithOrgUrl(url), sdk.WithToken(token), sdk.WithTestingDisableHttpsCheck(true),
	}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestTrapCache(t *testing.T) {
	var reads atomic.Int32
	handler := func(w http.ResponseWriter, r *http.Request) {
		status := "ACTIVE"
		if reads.Add(1) > 1 {
			status = "SUSPENDED"
		}
		reply(w, 200, userJSON(anna, status, map[string]any{}))
	}
	client, okta := serve(t, handler)
	for _, want := range []string{"ACTIVE", "SUSPENDED"} {
		a, err := client.Read(t.Context(), anna)
		if err != nil || string(a.Status) != want {
			t.Errorf("Read: %v, %v, want %s", a.Status, err, want)
		}
	}
	if n := len(okta.requests()); n != 2 {
		t.Errorf("two reads sent %d requests", n)
	}

	reads.Store(0)
	server := httptest.NewServer(http.HandlerFunc(handler))
	defer server.Close()
	unguarded := plain(t, server.URL)
	for range 2 {
		if _, _, err := unguarded.User.GetUser(t.Context(), anna); err != nil {
			t.Fatal(err)
		}
	}
	if n := reads.Load(); n != 1 {
		t.Errorf("the SDK as it comes sent %d requests for two reads: the trap is gone", n)
	}
}

func TestTrapEOFIsRepeated(t *testing.T) {
	var posts atomic.Int32
	handler := func(w http.ResponseWriter, r *http.Request) {
		posts.Add(1)
		hangUp(w)
	}
	client, _ := serve(t, handler)
	_, err := client.Create(t.Context(), map[string]any{"login": "anna@acme.example"})
	if e := orgError(t, err); e.Cause != oktasync.CauseUnknown || errors.Is(err, io.EOF) {
		t.Errorf("Create on a connection that ends: %v, want cause unknown and no EOF inside", err)
	}
	if n := posts.Load(); n != 1 {
		t.Errorf("Create sent %d requests, want 1", n)
	}
	if _, err := client.Read(t.Context(), anna); orgError(t, err).Cause != oktasync.CauseOrg {
		t.Errorf("Read on a connection that ends: %v, want cause org", err)
	}

	posts.Store(0)
	server := httptest.NewServer(http.HandlerFunc(handler))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, _, _ = plain(t, server.URL).User.CreateUser(ctx, sdk.CreateUserRequest{}, nil)
	if n := posts.Load(); n < 2 {
		t.Errorf("the SDK as it comes sent %d requests: the trap is gone", n)
	}
}

// A connection that was idle and turns out dead is another way to an EOF; Go's transport repeats what it wrote nothing of.
func TestTrapEOFOnAnIdleConnection(t *testing.T) {
	var posts atomic.Int32
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			reply(w, 200, userJSON(anna, "ACTIVE", map[string]any{}))
			return
		}
		posts.Add(1)
		hangUp(w)
	})
	if _, err := client.Read(t.Context(), anna); err != nil {
		t.Fatal(err)
	}
	if err := client.Act(t.Context(), anna, oktasync.Suspend); orgError(t, err).Cause != oktasync.CauseUnknown {
		t.Errorf("Suspend: %v, want cause unknown", err)
	}
	if n := posts.Load(); n != 1 {
		t.Errorf("Suspend sent %d requests, want 1", n)
	}
}

func TestTrapNoTimeOut(t *testing.T) {
	hang := make(chan struct{})
	f := &fake{handler: func(w http.ResponseWriter, r *http.Request) { <-hang }}
	server := httptest.NewServer(f)
	defer server.Close()
	defer close(hang)
	client := connect(t, Config{OrgURL: server.URL, Token: token, Timeout: 50 * time.Millisecond})
	if err := client.Act(t.Context(), anna, oktasync.Suspend); orgError(t, err).Cause != oktasync.CauseUnknown || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a write without an answer: %v, want cause unknown", err)
	}
	if _, err := client.Read(t.Context(), anna); orgError(t, err).Cause != oktasync.CauseOrg {
		t.Errorf("a read without an answer: %v, want cause org", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := client.Act(ctx, anna, oktasync.Suspend); orgError(t, err).Cause == oktasync.CauseUnknown || !errors.Is(err, context.Canceled) {
		t.Errorf("a write under an ended context: %v, want it not sent", err)
	}
	if n := len(f.requests()); n != 2 {
		t.Errorf("%d requests arrived, want 2", n)
	}
}

func TestTrapNotSentIsNotUnknown(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	for name, url := range map[string]string{"refused": "http://" + closed.Addr().String(), "no such host": "https://okta.invalid"} {
		t.Run(name, func(t *testing.T) {
			client := connect(t, Config{OrgURL: url, Token: token})
			if err := client.Act(t.Context(), anna, oktasync.Suspend); orgError(t, err).Cause != oktasync.CauseOrg {
				t.Errorf("Suspend: %v, want cause org: nothing was sent", err)
			}
		})
	}
}

func TestTrap429IsRepeated(t *testing.T) {
	now := time.Now()
	tests := []struct {
		name   string
		header map[string]string
		until  time.Duration // 0: soon
	}{
		{"with a reset", map[string]string{"X-Rate-Limit-Limit": "600", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": fmt.Sprint(now.Unix() + 40)}, 40 * time.Second},
		{"concurrency limit", map[string]string{"X-Rate-Limit-Limit": "0", "X-Rate-Limit-Reset": fmt.Sprint(now.Unix() + 40)}, 0},
		{"without a reset", map[string]string{}, 0},
		{"with an absurd reset", map[string]string{"X-Rate-Limit-Limit": "600", "X-Rate-Limit-Reset": "99999999999"}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) {
				for k, v := range test.header {
					w.Header().Set(k, v)
				}
				refuse(w, 429, "E0000047")
			})
			err := client.Act(t.Context(), anna, oktasync.Suspend)
			e := orgError(t, err)
			if e.Cause != oktasync.CauseRate || e.Status != 429 || e.Code != "E0000047" {
				t.Errorf("Suspend: %v, want cause rate with status and code", err)
			}
			if test.until == 0 && !e.Until.IsZero() {
				t.Errorf("until %v, want soon", e.Until)
			}
			if off := e.Until.Sub(now) - test.until; test.until != 0 && (off < -2*time.Second || off > 5*time.Second) {
				t.Errorf("until %v from now, want %v", e.Until.Sub(now), test.until)
			}
			if n := len(okta.requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

func TestTrapGovernorHoldsBack(t *testing.T) {
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Rate-Limit-Limit", "600")
		w.Header().Set("X-Rate-Limit-Remaining", "0")
		w.Header().Set("X-Rate-Limit-Reset", fmt.Sprint(time.Now().Unix()+50))
		refuse(w, 429, "E0000047")
	})
	_ = client.Act(t.Context(), anna, oktasync.Suspend)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err := client.Act(ctx, anna, oktasync.Suspend)
	if e := orgError(t, err); e.Cause != oktasync.CauseRate || e.Status != 0 || e.Until.IsZero() {
		t.Errorf("a call between a 429 and its reset: %v (until %v), want it held back", err, e.Until)
	}
	if n := len(okta.requests()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	if _, err := client.Read(t.Context(), anna); orgError(t, err).Status != 429 {
		t.Errorf("Read, which has a bucket of its own: %v, want it sent", err)
	}
}

func TestTrapLinkHeaders(t *testing.T) {
	page := func(after string) string { return `<http://okta/api/v1/users?after=` + after + `>; rel="next"` }
	tests := []struct {
		name  string
		links []string
		want  int // accounts; -1: an error
	}{
		{"none", nil, 1},
		{"self alone", []string{`<http://okta/api/v1/users>; rel="self"`}, 1},
		{"joined by a comma", []string{`<http://okta/api/v1/users?limit=200>; rel="self", ` + page("x")}, 2},
		{"joined the other way", []string{page("x") + `, <http://okta/api/v1/users?limit=200>; rel="self"`}, 2},
		{"malformed", []string{`http://[::1; rel="next"`}, -1},
		{"malformed URL", []string{`<http://[::1>; rel="next"`}, -1},
		{"no cursor", []string{`<http://okta/api/v1/users>; rel="next"`}, -1},
		{"two next pages", []string{page("x"), page("y")}, -1},
		{"control characters", []string{`<http://okta/%zz?after=x>; rel="next"`}, -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("after") == "" {
					w.Header()["Link"] = test.links
				}
				reply(w, 200, []any{userJSON(anna, "ACTIVE", map[string]any{"scimKey": "u1"})})
			})
			got, err := client.Find(t.Context(), oktasync.KeyAttr, "u1")
			if test.want < 0 {
				if orgError(t, err).Cause != oktasync.CauseOrg {
					t.Errorf("Find: %v, want cause org", err)
				}
				return
			}
			if err != nil || len(got) != test.want {
				t.Errorf("Find: %d accounts, %v, want %d", len(got), err, test.want)
			}
		})
	}
	t.Run("a page that names itself", func(t *testing.T) {
		client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", page("again"))
			reply(w, 200, []any{userJSON(anna, "ACTIVE", map[string]any{"scimKey": "u1"})})
		})
		if _, err := client.Find(t.Context(), oktasync.KeyAttr, "u1"); orgError(t, err).Cause != oktasync.CauseOrg {
			t.Errorf("Find: %v, want cause org", err)
		}
		if n := len(okta.requests()); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
	})
}

func TestTrapPathParameters(t *testing.T) {
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, userJSON(anna, "ACTIVE", map[string]any{}))
	})
	for _, id := range []string{
		"", "me", "anna", "anna@acme.example", "00u", anna[:19], anna + "A", "00g" + anna[3:], "00u/../me/../AAAAAAAA", "00uAAAAAAAAAAAAAAAA?",
		"00uAAAAAAAAAAAAAAAA\n", "00uAAAAAAAAAAAAAAAé", "00uAAAAAAAAAAAAAA%2e", strings.ToUpper(anna),
	} {
		_, read := client.Read(t.Context(), id)
		_, update := client.Update(t.Context(), id, map[string]any{"a": "b"})
		_, admin := client.IsAdmin(t.Context(), id)
		for op, err := range map[string]error{"read": read, "update": update, "roles": admin, "act": client.Act(t.Context(), id, oktasync.Suspend)} {
			if orgError(t, err).Cause != oktasync.CauseRefused {
				t.Errorf("%s of %q: %v", op, id, err)
			}
		}
	}
	if got := okta.requests(); len(got) != 0 {
		t.Errorf("requests went out: %v", got)
	}
}

// TestTrapAnotherHost: whatever the SDK makes of its configuration or of a Link header, nothing leaves for another host.
func TestTrapAnotherHost(t *testing.T) {
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, map[string]any{}) })
	cl := &call{op: "probe"}
	for name, url := range map[string]string{"another host": "http://127.0.0.1:1/api/v1/users/me", "another scheme": strings.Replace(client.transport.org.String(), "http:", "https:", 1)} {
		req, err := http.NewRequestWithContext(cl.under(t.Context()), "GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.transport.RoundTrip(req); !errors.Is(err, errNotOurs) {
			t.Errorf("%s: %v", name, err)
		}
	}
	req, _ := http.NewRequestWithContext(t.Context(), "GET", client.transport.org.String(), nil)
	if _, err := client.transport.RoundTrip(req); !errors.Is(err, errNotOurs) {
		t.Errorf("a request of nobody's: %v", err)
	}
	if n := len(okta.requests()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}

func TestTrapUnbuildableProfile(t *testing.T) {
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, 200, map[string]any{}) })
	for name, profile := range map[string]map[string]any{"a channel": {"a": make(chan int)}, "no number": {"a": math.Inf(1)}, "nothing": {}, "nil": nil} {
		_, update := client.Update(t.Context(), anna, profile)
		_, create := client.Create(t.Context(), profile)
		for op, err := range map[string]error{"update": update, "create": create} {
			e := orgError(t, err)
			if e.Cause != oktasync.CauseRefused || strings.Contains(e.Err.Error(), "Inf") {
				t.Errorf("%s with %s: %v (%v), want cause refused without the value", op, name, e, e.Err)
			}
		}
	}
	if n := len(okta.requests()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}

// TestUrgentCallsGoBeforeTheRest: nine of ten calls are used, and the last is kept for taking access away.
func TestUrgentCallsGoBeforeTheRest(t *testing.T) {
	client, okta := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Rate-Limit-Limit", "100")
		w.Header().Set("X-Rate-Limit-Remaining", "8")
		w.Header().Set("X-Rate-Limit-Reset", fmt.Sprint(time.Now().Unix()+50))
		if r.Method == http.MethodGet {
			reply(w, 200, []any{})
			return
		}
		reply(w, 200, map[string]any{})
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	find := func(ctx context.Context) error { _, err := client.Find(ctx, "login", "anna@acme.example"); return err }
	if err := find(ctx); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"find":      func() error { return find(ctx) },
		"unsuspend": func() error { return client.Act(ctx, anna, oktasync.Unsuspend) },
		"activate":  func() error { return client.Act(ctx, anna, oktasync.Activate) },
	} {
		if err := call(); orgError(t, err).Cause != oktasync.CauseRate {
			t.Errorf("%s: %v, want it held back", name, err)
		}
	}
	for name, call := range map[string]func() error{
		"suspend":        func() error { return client.Act(ctx, anna, oktasync.Suspend) },
		"deactivate":     func() error { return client.Act(ctx, anna, oktasync.Deactivate) },
		"an urgent find": func() error { return find(oktasync.WithUrgent(ctx)) },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v, want it sent", name, err)
		}
	}
	if n := len(okta.requests()); n != 4 {
		t.Errorf("%d requests, want 4", n)
	}
}
