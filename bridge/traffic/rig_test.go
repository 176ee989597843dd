package traffic

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// memory is a Store in memory.
type memory struct {
	mu        sync.Mutex
	requests  []bridge.Request
	batches   []int
	traffic   map[string]bridge.Traffic
	customers []bridge.Customer
	fails     error
	blocked   chan struct{} // nil: AddRequests returns at once
}

func (m *memory) AddRequests(ctx context.Context, requests []bridge.Request) error {
	if m.blocked != nil {
		select {
		case <-m.blocked:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails != nil {
		return m.fails
	}
	m.requests = append(m.requests, requests...)
	m.batches = append(m.batches, len(requests))
	return nil
}

func (m *memory) PruneRequests(_ context.Context, customerID string, before time.Time, limit int) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var left []bridge.Request
	n := 0
	for _, r := range m.requests {
		if n < limit && r.CustomerID == customerID && r.At.Before(before) {
			n++
			continue
		}
		left = append(left, r)
	}
	m.requests = left
	return n, m.fails
}

func (m *memory) AddTraffic(_ context.Context, customerID string, seen bridge.Traffic) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails != nil {
		return m.fails
	}
	if m.traffic == nil {
		m.traffic = make(map[string]bridge.Traffic)
	}
	t := m.traffic[customerID]
	t.Quirks, t.Dropped = maps.Clone(t.Quirks), maps.Clone(t.Dropped)
	t.Add(seen)
	m.traffic[customerID] = t
	return nil
}

// contents is what a store holds at one moment.
type contents struct {
	requests []bridge.Request
	batches  []int
	traffic  map[string]bridge.Traffic
}

func (m *memory) read() contents {
	m.mu.Lock()
	defer m.mu.Unlock()
	return contents{slices.Clone(m.requests), slices.Clone(m.batches), maps.Clone(m.traffic)}
}

func (m *memory) Customers(context.Context) ([]bridge.Customer, error) { return m.customers, nil }

// page is a backend of one customer that has nobody.
type page struct {
	scim.Backend
	caller bridge.Caller
}

func (p page) Caller() bridge.Caller { return p.caller }

func (p page) Query(context.Context, *schema.ResourceType, scim.Query) (scim.Page, error) {
	return scim.Page{}, nil
}

func (p page) Update(_ context.Context, _ *schema.ResourceType, id string, _ scim.Change, _ int) (scim.Resource, error) {
	return scim.Resource{ID: id, Doc: []byte(`{"displayName":"Ops"}`), Version: 2}, nil
}

// rig is a watch around a SCIM server, with a clock that stands still.
type rig struct {
	*testing.T
	*Watch
	store   *memory
	clock   time.Time
	callers map[string]bridge.Caller // by slug; the token of acme is acme-token
	refuses error                    // what the authenticator answers to a token that is good otherwise
	handler http.Handler
	opened  int // requests that the authenticator let through
}

func newRig(t *testing.T) *rig {
	r := &rig{T: t, store: &memory{}, clock: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), callers: map[string]bridge.Caller{}}
	for _, slug := range []string{"acme", "beta"} {
		r.callers[slug] = bridge.Caller{CustomerID: slug, State: bridge.Live, TokenName: "idp", Rate: 10}
	}
	n := 0
	r.Watch = New(Options{Store: r.store, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return r.clock }, NewID: func() string {
		n++
		return strings.Repeat("0", n)
	}})
	server := scim.NewServer(scim.Options{
		Authenticate: r.Authenticate(r.authenticate), Types: []*schema.ResourceType{schema.User(), schema.Group()}, Dropped: r.Dropped,
	})
	r.handler = r.Handler(server)
	return r
}

func (r *rig) authenticate(_ context.Context, slug, token string) (scim.Tenant, error) {
	caller, ok := r.callers[slug]
	if !ok || token != slug+"-token" {
		return scim.Tenant{}, scim.Unauthorized("no")
	}
	r.opened++
	return scim.Tenant{Backend: page{caller: caller}, Live: func(context.Context) error { return r.refuses }}, nil
}

// ask makes a request with a token; path begins with the slug.
func (r *rig) ask(method, path, token, body string) *httptest.ResponseRecorder {
	var req *http.Request
	if body == "" {
		req = httptest.NewRequest(method, path, nil)
	} else {
		req = httptest.NewRequest(method, path, strings.NewReader(body))
	}
	req.Header.Set("Content-Type", "application/scim+json")
	req.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	return w
}

// stored lets the recorder store what was seen.
func (r *rig) stored() []bridge.Request {
	r.Helper()
	r.recorder.drain(r.Context())
	return r.store.requests
}

func withCancel(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}
