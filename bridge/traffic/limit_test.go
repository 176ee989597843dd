package traffic

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
)

// burst makes requests and counts how many were let through.
func (r *rig) burst(slug string, n int) (passed int) {
	for range n {
		if r.ask("GET", "/"+slug+"/Users", slug+"-token", "").Code == http.StatusOK {
			passed++
		}
	}
	return passed
}

func TestLimit(t *testing.T) {
	r := newRig(t)
	steps := []struct {
		name string
		wait time.Duration
		rate int
		n    int
		want int
	}{
		{"a burst of twice the rate", 0, 10, 30, 20},
		{"nothing more at once", 0, 10, 5, 0},
		{"after a second, the rate", time.Second, 10, 30, 10},
		{"a higher rate, which holds from then on", time.Second, 100, 150, 10},
		{"after a second, that rate", time.Second, 100, 150, 100},
		{"its burst is twice as high", 10 * time.Second, 100, 300, 200},
		{"a lower rate holds at once", time.Second, 1, 50, 2},
		{"without a rate, the default from then on", time.Second, 0, 50, 1},
		{"its burst", 10 * time.Second, 0, 200, 100},
	}
	for _, s := range steps {
		r.clock = r.clock.Add(s.wait)
		c := r.callers["acme"]
		c.Rate = s.rate
		r.callers["acme"] = c
		if got := r.burst("acme", s.n); got != s.want {
			t.Errorf("%s: %d of %d requests passed, want %d", s.name, got, s.n, s.want)
		}
	}
}

// TestLimit_Answer: 429 as SCIM says an error, with whole seconds, and before the body is read.
func TestLimit_Answer(t *testing.T) {
	r := newRig(t)
	r.burst("acme", 20)
	body := &unread{Reader: strings.NewReader(`{}`)}
	w := r.ask("POST", "/acme/Users", "acme-token", "{")
	seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if w.Code != http.StatusTooManyRequests || err != nil || seconds < 1 || !strings.Contains(w.Body.String(), `"status":"429"`) {
		t.Errorf("%d, Retry-After %q, %s", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
	req, _ := http.NewRequest("POST", "/acme/Users", body)
	req.RemoteAddr = "192.0.2.1:1"
	req.Header.Set("Authorization", "Bearer acme-token")
	r.handler.ServeHTTP(&answer{ResponseWriter: discard{}, x: new(exchange)}, req)
	if body.read {
		t.Error("the body of a refused request was read")
	}
}

type unread struct {
	*strings.Reader
	read bool
}

func (u *unread) Read(p []byte) (int, error) { u.read = true; return u.Reader.Read(p) }
func (u *unread) Close() error               { return nil }

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// TestLimit_Isolation: a customer at its limit takes nothing from another one. To see it fail, take the customer out of
// the key in limits.check.
func TestLimit_Isolation(t *testing.T) {
	r := newRig(t)
	r.burst("acme", 200)
	if got := r.burst("beta", 20); got != 20 {
		t.Errorf("%d of 20 requests of the other customer passed", got)
	}
}

// TestLimit_Discovery: what needs no credential belongs to no customer and takes nothing from it.
func TestLimit_Discovery(t *testing.T) {
	r := newRig(t)
	for range 100 {
		if w := r.ask("GET", "/acme/ServiceProviderConfig", "acme-token", ""); w.Code != http.StatusOK {
			t.Fatalf("discovery: %d", w.Code)
		}
	}
	if got := r.burst("acme", 20); got != 20 {
		t.Errorf("%d of 20 requests passed after discovery", got)
	}
	if got := len(r.stored()); got != 20 {
		t.Errorf("%d requests are logged, want the 20 whose customer is known", got)
	}
}

// TestLimit_Storm: refusals are all counted, and one a second is logged.
func TestLimit_Storm(t *testing.T) {
	r := newRig(t)
	r.burst("acme", 1000)
	r.clock = r.clock.Add(time.Second)
	r.burst("acme", 1000)
	refused := 0
	for _, q := range r.stored() {
		if q.Status == http.StatusTooManyRequests {
			refused++
		}
	}
	// The last 989 wait for the next one that is logged.
	if counted := r.store.traffic["acme"].Limited; refused != 2 || counted != 981 {
		t.Errorf("%d refusals are logged and %d counted, want 2 and 981", refused, counted)
	}
}

func TestLimits_Forget(t *testing.T) {
	l, now := newLimits(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range 2*maxLimits + 1 {
		now = now.Add(3 * time.Second)
		l.check(bridge.Caller{CustomerID: fmt.Sprint(i), Rate: 1}, now)
	}
	if len(l.of) > maxLimits {
		t.Errorf("%d limits are kept, want at most %d", len(l.of), maxLimits)
	}
}
