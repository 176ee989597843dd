package traffic

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
)

// TestRequest: what is logged of a request and its answer.
func TestRequest(t *testing.T) {
	r := newRig(t)
	r.ask("GET", `/acme/Users?filter=userName%20eq%20%22anna%40acme.example%22&count=2`, "acme-token", "")
	got := r.stored()
	want := []bridge.Request{{
		ID: "0", CustomerID: "acme", At: r.clock, Method: "GET", Path: "/Users", Query: `filter=userName eq "***"&count=2`, Status: 200,
		Token:  "idp",
		Answer: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("logged (-want +got):\n%s", diff)
	}
}

// TestRequest_Choice: what the customer chose is kept, and 64 KiB of a body are cut at 8.
func TestRequest_Choice(t *testing.T) {
	long := `{"userName":"anna","password":"hunter2","x":"` + strings.Repeat("y", 64<<10) + `"}`
	for choice, want := range map[bridge.RequestLog]string{
		"": `{"userName":"***","password":"***"…`, bridge.MaskedRequests: `{"userName":"***","password":"***"…`,
		bridge.FullRequests: `{"userName":"anna","password":"***"…`,
	} {
		r := newRig(t)
		c := r.callers["acme"]
		c.Log = choice
		r.callers["acme"] = c
		r.ask("PUT", "/acme/Users/7", "acme-token", long)
		if got := r.stored(); len(got) != 1 || got[0].Body != want {
			t.Errorf("%q keeps %+v, want the body %s", choice, got, want)
		}
	}
	r := newRig(t)
	c := r.callers["acme"]
	c.Log = bridge.NoRequests
	r.callers["acme"] = c
	r.ask("PUT", "/acme/Users/7", "acme-token", long)
	if got := r.stored(); len(got) != 0 {
		t.Errorf("off keeps %+v", got)
	}
	if got := r.store.traffic["acme"]; got.LastRequest != r.clock || got.Quirks["password_sent"] != 0 {
		t.Errorf("off counts %+v, want the request without a look at its body", got)
	}
}

// TestRequest_Unknown: the requests of strangers are nobody's.
func TestRequest_Unknown(t *testing.T) {
	r := newRig(t)
	r.ask("GET", "/acme/Users", "beta-token", "")
	r.ask("GET", "/nobody/Users", "acme-token", "")
	r.ask("GET", "/acme/Nothing", "acme-token", "")
	if got := r.stored(); len(got) != 0 || len(r.store.traffic) != 0 {
		t.Errorf("logged %+v, counted %+v", got, r.store.traffic)
	}
}

// TestGroupPatch answers a PATCH of a group without a body where the customer wants that, and nothing else.
func TestGroupPatch(t *testing.T) {
	tests := []struct {
		name         string
		wants        int
		method, path string
		status       int
	}{
		{"by default", 0, "PATCH", "/acme/Groups/7", 200},
		{"with the group", 200, "PATCH", "/acme/Groups/7", 200},
		{"without", 204, "PATCH", "/acme/Groups/7", 204},
		{"but for attributes that were asked for", 204, "PATCH", "/acme/Groups/7?attributes=members", 200},
		{"a user", 204, "PATCH", "/acme/Users/7", 200},
		{"a PUT", 204, "PUT", "/acme/Groups/7", 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			c := r.callers["acme"]
			c.GroupPatch = tt.wants
			r.callers["acme"] = c
			body := `{"Operations":[{"op":"add","path":"displayName","value":"Ops"}]}`
			if tt.method == "PUT" {
				body = `{"displayName":"Ops"}`
			}
			w := r.ask(tt.method, tt.path, "acme-token", body)
			if w.Code != tt.status || (w.Body.Len() == 0) != (tt.status == 204) || (w.Header().Get("Content-Length") == "") != (tt.status == 204) {
				t.Errorf("%d, %d bytes, %v; want %d", w.Code, w.Body.Len(), w.Header(), tt.status)
			}
			if got := r.stored(); got[0].Status != tt.status || (got[0].Answer == "") != (tt.status == 204) {
				t.Errorf("logged %+v", got[0])
			}
		})
	}
}

// TestRun_Batches: requests are stored some at a time, soon, and at the end.
func TestRun_Batches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.callers["acme"] = bridge.Caller{CustomerID: "acme", Rate: 10_000}
		ctx, stop := withCancel(t)
		done := make(chan error, 1)
		go func() { done <- r.Watch.Run(ctx) }()
		for range batchSize + 20 { // no more than the queue holds
			r.ask("POST", "/acme/Users/.search", "acme-token", "{}")
		}
		synctest.Wait()
		if diff := cmp.Diff([]int{batchSize}, r.store.read().batches); diff != "" {
			t.Errorf("batches at once (-want +got):\n%s", diff)
		}
		time.Sleep(batchPause)
		synctest.Wait()
		if diff := cmp.Diff([]int{batchSize, 20}, r.store.read().batches); diff != "" {
			t.Errorf("batches soon (-want +got):\n%s", diff)
		}
		if len(r.store.read().traffic) != 0 {
			t.Error("what the requests told is stored more often than once a minute")
		}
		time.Sleep(seenPause)
		synctest.Wait()
		if len(r.store.read().traffic) != 1 {
			t.Error("what the requests told is not stored after a minute")
		}
		r.ask("GET", "/acme/Users", "acme-token", "")
		stop()
		if err := <-done; err != nil || len(r.store.read().requests) != batchSize+21 {
			t.Errorf("at the end: %v, %d requests are stored, want %d", err, len(r.store.read().requests), batchSize+21)
		}
	})
}

// TestRun_Overflow: a store that does not answer delays no request; what finds the queue full is dropped, counted and said.
func TestRun_Overflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		r := newRig(t)
		r.recorder.log = slog.New(slog.NewTextHandler(&said, nil))
		r.callers["acme"] = bridge.Caller{CustomerID: "acme", Rate: 10_000}
		r.store.blocked = make(chan struct{})
		ctx, stop := withCancel(t)
		done := make(chan error, 1)
		go func() { done <- r.Watch.Run(ctx) }()
		began := time.Now()
		const n = batchSize + queueLength + 500
		for i := range n {
			if i == batchSize {
				synctest.Wait() // the first batch hangs
			}
			if w := r.ask("POST", "/acme/Users/.search", "acme-token", "{}"); w.Code != http.StatusOK {
				t.Fatalf("request %d: %d", i, w.Code)
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("requests waited %s for their log", took)
		}
		time.Sleep(time.Millisecond)
		close(r.store.blocked)
		time.Sleep(2 * seenPause)
		stop()
		if err := <-done; err != nil || len(r.store.read().requests) != batchSize+queueLength {
			t.Errorf("%v; %d requests are stored, want %d", err, len(r.store.read().requests), batchSize+queueLength)
		}
		if want := "requests=500"; strings.Count(said.String(), want) != 1 || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("said:\n%s, want one line with %s", &said, want)
		}
	})
}

// TestRun_StoreFails: what cannot be stored is given up, but what it told is stored later.
func TestRun_StoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.store.fails = errors.New("the database is away")
		ctx, stop := withCancel(t)
		done := make(chan error, 1)
		go func() { done <- r.Watch.Run(ctx) }()
		r.ask("GET", "/acme/Users?count=1000", "acme-token", "")
		time.Sleep(2 * seenPause)
		synctest.Wait()
		r.store.mu.Lock()
		r.store.fails = nil
		r.store.mu.Unlock()
		r.ask("GET", "/acme/Users?count=1000", "acme-token", "")
		stop()
		if err := <-done; err != nil || len(r.store.read().requests) != 1 {
			t.Errorf("%v; %d requests are stored, want the last one", err, len(r.store.read().requests))
		}
		if got := r.store.read().traffic["acme"].Quirks["count_beyond_page"]; got != 2 {
			t.Errorf("counted %d requests, want both", got)
		}
	})
}

// TestRun_Prunes at the start and every hour, in batches.
func TestRun_Prunes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.recorder.now = time.Now
		r.store.customers = []bridge.Customer{{ID: "acme"}, {ID: "beta"}}
		for i := range 2*pruneBatch + 10 {
			for j, customer := range []string{"acme", "beta"} {
				age := DefaultKeep + time.Duration(i-10-j)*time.Minute // 10 and 11 are young enough
				r.store.requests = append(r.store.read().requests, bridge.Request{ID: fmt.Sprint(i), CustomerID: customer, At: time.Now().Add(-age)})
			}
		}
		ctx, stop := withCancel(t)
		done := make(chan error, 1)
		go func() { done <- r.Watch.Run(ctx) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		left := map[string]int{}
		for _, q := range r.store.read().requests {
			left[q.CustomerID]++
		}
		if left["acme"] != 11 || left["beta"] != 12 { // one of each is exactly as old as it may be
			t.Errorf("left at first: %v", left)
		}
		time.Sleep(prunePause)
		synctest.Wait()
		if n := len(r.store.read().requests); n != 0 {
			t.Errorf("left an hour later: %d", n)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
