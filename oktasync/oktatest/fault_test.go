package oktatest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		fault   Fault
		status  int // 0: the connection breaks
		applied bool
		check   func(t *testing.T, r reply)
	}{
		{name: "rate limit", fault: Fault{Kind: RateLimited429, Delay: 5 * time.Second}, status: 429, check: func(t *testing.T, r reply) {
			if h := rateHeaders(r.header); h[0] == "0" || h[1] != "0" {
				t.Errorf("headers %v", h)
			}
		}},
		{name: "concurrency limit", fault: Fault{Kind: ConcurrencyLimit429}, status: 429, check: func(t *testing.T, r reply) {
			if h := rateHeaders(r.header); h[0] != "0" {
				t.Errorf("headers %v", h)
			}
		}},
		{name: "500", fault: Fault{Kind: StatusCode}, status: 500},
		{name: "503", fault: Fault{Kind: StatusCode, Status: 503}, status: 503},
		{name: "502 after applying", fault: Fault{Kind: StatusCode, Status: 502, Apply: true}, status: 502, applied: true},
		{name: "401", fault: Fault{Kind: Unauthorized401}, status: 401},
		{name: "403", fault: Fault{Kind: Forbidden403}, status: 403},
		{name: "still activating", fault: Fault{Kind: StillActivating409}, status: 409, check: func(t *testing.T, r reply) {
			if r.code(t) != "E0000112" {
				t.Errorf("error code %s", r.code(t))
			}
		}},
		{name: "reset before", fault: Fault{Kind: ResetBefore}, check: func(t *testing.T, r reply) {
			if !errors.Is(r.err, syscall.ECONNRESET) {
				t.Errorf("error %v is no reset", r.err)
			}
		}},
		{name: "reset after", fault: Fault{Kind: ResetAfter}, applied: true},
		{name: "clean close after", fault: Fault{Kind: ResetAfter, Clean: true}, applied: true, check: func(t *testing.T, r reply) {
			if !errors.Is(r.err, io.EOF) {
				t.Errorf("error %v is no EOF", r.err)
			}
		}},
		{name: "HTML", fault: Fault{Kind: GarbageHTML}, status: 200, check: func(t *testing.T, r reply) {
			if !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") || !strings.Contains(r.text, "<html>") {
				t.Errorf("got %s", r.text)
			}
		}},
		{name: "empty list", fault: Fault{Kind: EmptyList}, status: 200, check: func(t *testing.T, r reply) {
			if r.text != "[]" {
				t.Errorf("got %s", r.text)
			}
		}},
		{name: "empty body after applying", fault: Fault{Kind: EmptyBody, Apply: true}, status: 200, applied: true, check: func(t *testing.T, r reply) {
			if r.text != "" {
				t.Errorf("got %s", r.text)
			}
		}},
		{name: "slow before", fault: Fault{Kind: Slow, Delay: time.Millisecond}, status: 200, applied: true},
		{name: "slow after", fault: Fault{Kind: Slow, Delay: time.Millisecond, Apply: true}, status: 200, applied: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := serve(t, Options{})
			id := c.create("a@x.example")
			tt.fault.Op, tt.fault.UserID, tt.fault.Times = "suspend", id, 1
			c.org.Inject(tt.fault)
			c.must(200, c.get("/api/v1/users/"+id)) // another operation is not hit
			r := c.post("/api/v1/users/"+id+"/lifecycle/suspend", "")
			if r.status != tt.status || (r.err != nil) != (tt.status == 0) {
				t.Fatalf("got status %d, error %v; want %d", r.status, r.err, tt.status)
			}
			u, _ := c.org.User(id)
			if applied := u.Status == StatusSuspended; applied != tt.applied {
				t.Errorf("applied %v, want %v", applied, tt.applied)
			}
			entries := c.org.Log()
			e := entries[len(entries)-1]
			if e.Status != tt.status || e.Applied != tt.applied || e.End.IsZero() || e.Answered != (tt.fault.Kind == Slow) {
				t.Errorf("entry %+v", e)
			}
			if tt.check != nil {
				tt.check(t, r)
			}
			if !tt.applied {
				c.must(200, c.post("/api/v1/users/"+id+"/lifecycle/suspend", "")) // it struck once
			}
		})
	}
}

func TestFault_removed(t *testing.T) {
	c := serve(t, Options{})
	remove := c.org.Inject(Fault{Kind: StatusCode})
	for range 3 {
		c.must(500, c.get("/api/v1/users"))
	}
	remove()
	c.must(200, c.get("/api/v1/users"))
}

// TestFault_landsLate shows a write whose sender gave up before Okta applied it.
func TestFault_landsLate(t *testing.T) {
	c := serve(t, Options{})
	id := c.create("a@x.example")
	release, arrived, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	c.org.Inject(Fault{Kind: Slow, Until: release, Times: 1, Op: "suspend", Match: func(r *http.Request) bool {
		context.AfterFunc(r.Context(), func() { close(gone) })
		close(arrived)
		return true
	}})

	ctx, cancel := context.WithCancel(t.Context())
	var sender sync.WaitGroup
	sender.Go(func() {
		req, _ := http.NewRequestWithContext(ctx, "POST", c.base+"/api/v1/users/"+id+"/lifecycle/suspend", nil)
		req.Header.Set("Authorization", "SSWS test-token")
		if res, err := c.http.Do(req); err == nil {
			res.Body.Close()
			t.Error("the call was answered")
		}
	})
	<-arrived
	if u, _ := c.org.User(id); u.Status != StatusActive {
		t.Fatalf("status %s while the call is held", u.Status)
	}
	cancel()
	sender.Wait()
	<-gone
	close(release)
	for u, _ := c.org.User(id); u.Status != StatusSuspended; u, _ = c.org.User(id) {
		if t.Context().Err() != nil {
			t.Fatal("the call never landed")
		}
		runtime.Gosched()
	}
	var e Entry
	for e.End.IsZero() {
		entries := c.org.Log()
		e = entries[len(entries)-1]
		runtime.Gosched()
	}
	if e.Op != "suspend" || !e.Applied || e.Answered || e.Status != 0 || e.At.Before(e.End) {
		t.Errorf("the log does not show that the sender left before it was applied: %+v", e)
	}
}

func TestDown(t *testing.T) {
	c := serve(t, Options{})
	up := c.org.Down()
	if r := c.get("/api/v1/users"); r.err == nil {
		t.Errorf("got status %d", r.status)
	}
	if n := len(c.org.Log()); n != 0 {
		t.Errorf("%d requests reached the log", n)
	}
	up()
	c.must(200, c.get("/api/v1/users"))
}

// TestSlowFault_holdsNoLock: the org serves others while a request waits.
func TestSlowFault_holdsNoLock(t *testing.T) {
	c := serve(t, Options{})
	id := c.create("a@x.example")
	release, arrived := make(chan struct{}), make(chan struct{})
	c.org.Inject(Fault{Kind: Slow, Until: release, Times: 1, Match: func(*http.Request) bool { close(arrived); return true }})
	var slow sync.WaitGroup
	slow.Go(func() { c.get("/api/v1/users/" + id) })
	<-arrived
	c.must(200, c.get("/api/v1/users/"+id))
	c.org.Users()
	close(release)
	slow.Wait()
}
