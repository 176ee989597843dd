package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
)

// logged is a customer whose requests are stored.
type logged struct {
	*testing.T
	s   *store.Store
	id  string
	now time.Time
}

func newLogged(t *testing.T, s *store.Store, slug string) *logged {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	c := bridge.Customer{
		ID: uuid.NewString(), Slug: slug, Name: slug, State: bridge.Live, Epoch: 1, Logins: bridge.ParkLogins, Grace: bridge.DefaultGrace,
		Rate: 7, RequestLog: bridge.FullRequests, GroupPatch: bridge.PatchAnswersNone, Created: now, Modified: now,
	}
	if err := s.AddCustomer(t.Context(), c, nil, nil); err != nil {
		t.Fatal(err)
	}
	return &logged{t, s, c.ID, now}
}

func (l *logged) request(ago time.Duration, status int, resource string) bridge.Request {
	return bridge.Request{
		ID: uuid.NewString(), CustomerID: l.id, At: l.now.Add(-ago), Method: "PATCH", Path: "/Users/7", Query: `filter=userName eq "***"`,
		Status: status, Took: 1234 * time.Microsecond, ResourceID: resource, Token: "idp", Body: `{"a":"ü"}`, Answer: `{"b":…`,
	}
}

func (l *logged) list(f bridge.RequestFilter) []bridge.Request {
	l.Helper()
	if f.Limit == 0 {
		f.Limit = 1000
	}
	if f.MaxStatus == 0 {
		f.MaxStatus = 999
	}
	got, err := l.s.Requests(l.Context(), l.id, f)
	if err != nil {
		l.Fatal(err)
	}
	return got
}

func TestRequests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, other := newLogged(t, s, "acme"), newLogged(t, s, "beta")
		old, failed, last := l.request(time.Hour, 200, "u1"), l.request(time.Minute, 404, ""), l.request(0, 201, "u1")
		foreign := other.request(0, 200, "u1")
		if err := s.AddRequests(t.Context(), []bridge.Request{last, foreign, old, failed}); err != nil {
			t.Fatal(err)
		}
		if err := s.AddRequests(t.Context(), nil); err != nil {
			t.Errorf("no requests: %v", err)
		}
		tests := []struct {
			name   string
			filter bridge.RequestFilter
			want   []bridge.Request
		}{
			{"all, the oldest first", bridge.RequestFilter{}, []bridge.Request{old, failed, last}},
			{"the newest", bridge.RequestFilter{Limit: 2}, []bridge.Request{failed, last}},
			{"one status", bridge.RequestFilter{MinStatus: 404, MaxStatus: 404}, []bridge.Request{failed}},
			{"a class of status", bridge.RequestFilter{MinStatus: 200, MaxStatus: 299}, []bridge.Request{old, last}},
			{"since", bridge.RequestFilter{Since: l.now.Add(-time.Minute)}, []bridge.Request{failed, last}},
			{"about one user", bridge.RequestFilter{ResourceID: "u1"}, []bridge.Request{old, last}},
			{"about one user, lately", bridge.RequestFilter{ResourceID: "u1", Since: l.now}, []bridge.Request{last}},
			{"about somebody who cannot be", bridge.RequestFilter{ResourceID: "\x00"}, []bridge.Request{}},
		}
		for _, tt := range tests {
			if diff := cmp.Diff(tt.want, l.list(tt.filter)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
	})
}

// TestRequests_ClientText: what a client sends may be no text at all, and is logged all the same.
func TestRequests_ClientText(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLogged(t, s, "acme")
		r := l.request(0, 200, "")
		r.Body, r.Query = "a\x00b\xff", "\xc3"
		if err := s.AddRequests(t.Context(), []bridge.Request{r}); err != nil {
			t.Fatal(err)
		}
		got := l.list(bridge.RequestFilter{})
		if len(got) != 1 || got[0].Body != "a\uFFFDb\uFFFD" || got[0].Query != "\uFFFD" {
			t.Errorf("stored %+v", got)
		}
	})
}

// TestRequests_AllOrNone: of requests that cannot be stored together none is, and the store goes on.
func TestRequests_AllOrNone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLogged(t, s, "acme")
		good, twice := l.request(time.Minute, 200, ""), l.request(0, 200, "")
		if err := s.AddRequests(t.Context(), []bridge.Request{good, twice, twice}); err == nil {
			t.Error("the same request was stored twice")
		}
		if got := l.list(bridge.RequestFilter{}); len(got) != 0 {
			t.Errorf("stored %+v, want none", got)
		}
		if err := s.AddRequests(t.Context(), []bridge.Request{good, twice}); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]bridge.Request{good, twice}, l.list(bridge.RequestFilter{})); diff != "" {
			t.Errorf("stored afterwards (-want +got):\n%s", diff)
		}
	})
}

func TestPruneRequests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, other := newLogged(t, s, "acme"), newLogged(t, s, "beta")
		var all []bridge.Request
		for i := range 10 {
			r := l.request(time.Duration(10-i)*time.Hour, 200, "")
			r.ID = fmt.Sprint("r", i)
			all = append(all, r)
		}
		if err := s.AddRequests(t.Context(), append(all, other.request(20*time.Hour, 200, ""))); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{3, 3, 1, 0} {
			n, err := s.PruneRequests(t.Context(), l.id, l.now.Add(-3*time.Hour), 3)
			if err != nil || n != want {
				t.Fatalf("deleted %d, %v, want %d", n, err, want)
			}
		}
		if diff := cmp.Diff(all[7:], l.list(bridge.RequestFilter{})); diff != "" {
			t.Errorf("left (-want +got):\n%s", diff)
		}
		if n := len(other.list(bridge.RequestFilter{})); n != 1 {
			t.Errorf("%d requests of the other customer are left, want 1", n)
		}
	})
}

func TestTraffic(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l, other := newLogged(t, s, "acme"), newLogged(t, s, "beta")
		none, err := s.Traffic(t.Context(), l.id)
		if diff := cmp.Diff(bridge.Traffic{}, none); diff != "" || err != nil {
			t.Errorf("before any request: %v, (-want +got):\n%s", err, diff)
		}
		seen := bridge.Traffic{
			IdP: "okta", Certain: true, IdPAt: l.now, Quirks: map[string]int64{"capital_op": 2}, Dropped: map[string]int64{"shoeSize": 1},
			LastRequest: l.now, Limited: 3, RefusedAfterDisconnect: 1,
		}
		var replicas sync.WaitGroup
		const adds = 8
		for range adds {
			replicas.Go(func() {
				if err := s.AddTraffic(t.Context(), l.id, seen); err != nil {
					t.Error(err)
				}
			})
		}
		replicas.Wait()
		want := seen
		want.Quirks, want.Dropped = map[string]int64{"capital_op": 2 * adds}, map[string]int64{"shoeSize": adds}
		want.Limited, want.RefusedAfterDisconnect = 3*adds, adds
		got, err := s.Traffic(t.Context(), l.id)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("after %d additions at once: %v, (-want +got):\n%s", adds, err, diff)
		}
		if none, err = s.Traffic(t.Context(), other.id); none.IdP != "" || err != nil {
			t.Errorf("the other customer's: %+v, %v", none, err)
		}
	})
}

// TestCustomerTrafficRules: the rules of a customer's requests are stored, and come with its token.
func TestCustomerTrafficRules(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newLogged(t, s, "acme")
		digest := bridge.Digest{1}
		token := bridge.Token{ID: uuid.NewString(), CustomerID: l.id, Class: bridge.SCIMToken, Name: "idp", Created: l.now, Expires: l.now.Add(time.Hour)}
		if err := s.AddToken(t.Context(), token, digest, 2, bridge.Event{}); err != nil {
			t.Fatal(err)
		}
		_, c, err := s.TokenByDigest(t.Context(), digest)
		if err != nil || c.RequestLog != bridge.FullRequests || c.GroupPatch != bridge.PatchAnswersNone {
			t.Errorf("with its token: %q, %d, %v", c.RequestLog, c.GroupPatch, err)
		}
		c, err = s.ChangeCustomer(t.Context(), "acme", func(c *bridge.Customer) (bridge.Event, error) {
			c.RequestLog, c.GroupPatch = bridge.NoRequests, bridge.PatchAnswersBody
			return bridge.Event{}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		stored, err := s.Customer(t.Context(), "acme")
		if diff := cmp.Diff(c, stored); diff != "" || err != nil || stored.RequestLog != bridge.NoRequests {
			t.Errorf("after the change: %v, (-want +got):\n%s", err, diff)
		}
	})
}
