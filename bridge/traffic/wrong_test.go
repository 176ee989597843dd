package traffic

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/scim"
)

// TestWrongToken slows a token that is refused again and again, and that one alone. To see it fail, take the secret out
// of keyOf.
func TestWrongToken(t *testing.T) {
	r := newRig(t)
	steps := []struct {
		name  string
		wait  time.Duration
		slug  string
		token string
		n     int
		want  int
	}{
		{"refused a hundred times", 0, "acme", "wrong", wrongAtOnce, 401},
		{"then slowed", 0, "acme", "wrong", 30, 429},
		{"a good token from there is not", 0, "acme", "acme-token", 5, 200},
		{"nor another wrong one", 0, "acme", "other", wrongAtOnce - 1, 401},
		{"nor the same at another base URL", 0, "beta", "wrong", 1, 401},
		{"still slowed", 5 * time.Second, "acme", "wrong", 5, 429},
		{"heard again", time.Second, "acme", "wrong", 1, 401},
		{"once", 0, "acme", "wrong", 1, 429},
		{"ten times a minute", time.Minute, "acme", "wrong", 10, 401},
		{"and no more", 0, "acme", "wrong", 1, 429},
		{"an hour later as at first", time.Hour, "acme", "wrong", wrongAtOnce, 401},
		{"and slowed again", 0, "acme", "wrong", 1, 429},
	}
	for _, s := range steps {
		r.clock = r.clock.Add(s.wait)
		for i := range s.n {
			w := r.ask("GET", "/"+s.slug+"/Users", s.token, "")
			if w.Code != s.want {
				t.Fatalf("%s: request %d: %d, want %d", s.name, i+1, w.Code, s.want)
			}
			if w.Code == 429 && w.Header().Get("Retry-After") == "" {
				t.Errorf("%s: no Retry-After", s.name)
			}
		}
	}
}

// TestWrongToken_Revoked: a token that was good counts like one that never was, and the requests with it are its
// customer's, the slowed ones too.
func TestWrongToken_Revoked(t *testing.T) {
	r := newRig(t)
	c := r.callers["acme"]
	c.State = bridge.Disconnected
	r.callers["acme"] = c
	r.refuses = scim.Unauthorized("revoked")
	codes := map[int]int{}
	const n = 200
	for range n {
		codes[r.ask("POST", "/acme/Users", "acme-token", "{").Code]++
		r.clock = r.clock.Add(time.Second)
	}
	if codes[401]+codes[429] != n || codes[401] < wrongAtOnce+10 || codes[401] > wrongAtOnce+n/6+1 {
		t.Errorf("answers %v, want 401 at first and every six seconds, and 429 otherwise", codes)
	}
	if got := len(r.stored()); got != n {
		t.Errorf("%d of %d are logged", got, n)
	}
	if got := r.store.traffic["acme"].RefusedAfterDisconnect; got != n {
		t.Errorf("%d of %d are counted after the disconnect", got, n)
	}
}

// TestRefusedAfterDisconnect counts what is refused because the connection was cut, and nothing else.
func TestRefusedAfterDisconnect(t *testing.T) {
	tests := []struct {
		name    string
		state   bridge.State
		refusal error
		want    int64
	}{
		{"served", bridge.Live, nil, 0},
		{"a revoked token of a live customer", bridge.Live, scim.Unauthorized(""), 0},
		{"switched off", bridge.Off, scim.Forbidden(""), 0},
		{"cut, and known to be", bridge.Disconnecting, scim.Forbidden(""), 1},
		{"cut a moment ago", bridge.Live, scim.Forbidden(""), 1},
		{"cut, and the token revoked", bridge.Disconnected, scim.Unauthorized(""), 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			c := r.callers["acme"]
			c.State = tt.state
			r.callers["acme"], r.refuses = c, tt.refusal
			r.ask("POST", "/acme/Users", "acme-token", "{")
			r.stored()
			if got := r.store.traffic["acme"].RefusedAfterDisconnect; got != tt.want {
				t.Errorf("counted %d, want %d", got, tt.want)
			}
		})
	}
}

func TestWrongTokens_Bounded(t *testing.T) {
	w, now := newWrongTokens(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := netip.MustParseAddr("192.0.2.1")
	first := keyOf(at, "acme", "0")
	for i := range maxWrong + 100 {
		w.failed(keyOf(at, "acme", fmt.Sprint(i)), bridge.Caller{}, now)
	}
	if len(w.known) != maxWrong || w.recent.Len() != maxWrong || w.known[first] != nil {
		t.Errorf("%d are known and %d listed, want %d of each and the first forgotten", len(w.known), w.recent.Len(), maxWrong)
	}
	w.failed(first, bridge.Caller{}, now.Add(time.Hour))
	if len(w.known) != 1 {
		t.Errorf("%d are known an hour later, want the one that failed then", len(w.known))
	}
}

func TestClientAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := []struct {
		name      string
		peer      string
		forwarded []string
		want      string
	}{
		{"a client", "192.0.2.1:5", nil, "192.0.2.1"},
		{"a client that claims to be another", "192.0.2.1:5", []string{"198.51.100.1"}, "192.0.2.1"},
		{"behind a proxy", "10.0.0.1:5", []string{"198.51.100.1"}, "198.51.100.1"},
		{"behind two", "10.0.0.1:5", []string{"198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"in two headers", "[fd00::1]:5", []string{"198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"with an invention before", "10.0.0.1:5", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"a proxy that says nothing", "10.0.0.1:5", nil, "10.0.0.1"},
		{"a proxy that says nonsense", "10.0.0.1:5", []string{"unknown"}, "10.0.0.1"},
		{"nonsense behind an inner proxy", "10.0.0.1:5", []string{"unknown, 10.0.0.3"}, "10.0.0.3"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:5", []string{"2001:db8::1"}, "2001:db8::1"},
	}
	for _, tt := range tests {
		r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{}}
		for _, v := range tt.forwarded {
			r.Header.Add("X-Forwarded-For", v)
		}
		if got := clientAddress(r, proxies); got.String() != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := clientAddress(&http.Request{RemoteAddr: "@"}, proxies); got.IsValid() {
		t.Errorf("a peer without an address has %s", got)
	}
}
