package store_test

import (
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
)

// raceCustomer is a customer with a user and the syncer's lease.
type raceCustomer struct {
	cred  bridge.Credential
	user  bridge.User
	lease bridge.Lease
	now   time.Time
}

func newRaceCustomer(t *testing.T, s *store.Store, slug string) raceCustomer {
	t.Helper()
	r := raceCustomer{now: time.Now()}
	c := bridge.Customer{ID: newID(), Slug: slug, State: bridge.Live, Epoch: 1, Logins: bridge.ParkLogins, Created: r.now, Modified: r.now}
	token := bridge.Token{ID: newID(), CustomerID: c.ID, Class: bridge.SCIMToken, Created: r.now, Expires: r.now.Add(time.Hour)}
	var digest bridge.Digest
	copy(digest[:], slug)
	if err := s.AddCustomer(t.Context(), c, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.AddToken(t.Context(), token, digest, 1, bridge.Event{}); err != nil {
		t.Fatal(err)
	}
	r.cred = bridge.Credential{TokenID: token.ID, CustomerID: c.ID}
	w := r.write("first")
	if _, err := s.InsertUser(t.Context(), r.now, w); err != nil {
		t.Fatal(err)
	}
	r.user = w.User
	var err error
	if r.lease, _, err = s.AcquireLease(t.Context(), "sync", "holder", time.Hour); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r raceCustomer) write(name string) bridge.UserWrite {
	u := bridge.User{
		ID: newID(), CustomerID: r.cred.CustomerID, NameKey: name, Doc: []byte("{}"), Folded: []byte("{}"), Version: 1,
		Connected: true, Active: true, Created: r.now, Modified: r.now,
	}
	e := bridge.Event{ID: newID(), CustomerID: u.CustomerID, At: r.now, Kind: bridge.EventUserCreated, Actor: "idp:test", UserID: u.ID, Version: 1}
	return bridge.UserWrite{Credential: r.cred, User: u, Members: 1, Actives: 1, Rank: bridge.RankCreate, Event: e}
}

// TestI30_WhoWaitedSeesTheEnd starts statements while what they depend on is being ended, by a transaction that
// has not committed yet: they wait for it, began before its commit, and must see it all the same. Each mutant lacks one of
// the locks, and goes through.
func TestI30_WhoWaitedSeesTheEnd(t *testing.T) {
	const (
		revoke     = `UPDATE tokens SET revoked_at = 1 WHERE customer_id = $1`
		disconnect = `UPDATE customers SET state = 'disconnecting', epoch = epoch + 1 WHERE id = $1`
		rewrite    = `UPDATE users SET version = version + 1 WHERE customer_id = $1`
		takeover   = `UPDATE leases SET holder = 'another', fence = fence + 1 WHERE $1 <> ''`
	)
	insert := func(s *store.Store, r raceCustomer, statement string) (bool, error) {
		return s.InsertBy(t.Context(), statement, r.now, r.write("second"))
	}
	begin := func(s *store.Store, r raceCustomer, statement string) (bool, error) {
		in := bridge.Intent{
			ID: newID(), CustomerID: r.cred.CustomerID, UserID: r.user.ID, Kind: "suspend", Version: 1, Epoch: 1, Revokes: true, Sent: r.now, Deadline: r.now,
		}
		return s.BeginBy(t.Context(), statement, in, r.lease)
	}
	tests := []struct {
		name      string
		end       string
		start     func(*store.Store, raceCustomer, string) (bool, error)
		statement string
		lock      string
		mutant    string
	}{
		{"write and revoke", revoke, insert, store.InsertStatement, "FOR SHARE OF c, t", "FOR SHARE OF c"},
		{"write and disconnect", disconnect, insert, store.InsertStatement, "FOR SHARE OF c, t", "FOR SHARE OF t"},
		{"call and disconnect", disconnect, begin, store.BeginStatement, "FOR SHARE OF l, c, u", "FOR SHARE OF l, u"},
		{"call and write", rewrite, begin, store.BeginStatement, "FOR SHARE OF l, c, u", "FOR SHARE OF l, c"},
		{"call and takeover", takeover, begin, store.BeginStatement, "FOR SHARE OF l, c, u", "FOR SHARE OF c, u"},
	}
	for _, tt := range tests {
		for _, broken := range []bool{false, true} {
			name, statement := tt.name, tt.statement
			if broken {
				name, statement = name+", mutant", strings.Replace(statement, tt.lock, tt.mutant, 1)
			}
			t.Run(name, func(t *testing.T) {
				s := storetest.Postgres(t)
				r := newRaceCustomer(t, s, "acme")
				commit, err := s.Paused(t.Context(), r.cred.CustomerID, tt.end)
				if err != nil {
					t.Fatal(err)
				}
				type result struct {
					done bool
					err  error
				}
				results := make(chan result, 1)
				go func() {
					done, err := tt.start(s, r, statement)
					results <- result{done, err}
				}()
				blocked := make(chan error, 1)
				go func() { blocked <- s.AwaitBlocked(t.Context()) }()
				var early *result
				select {
				case err := <-blocked:
					if err != nil {
						t.Fatal(err)
					}
				case got := <-results: // did not wait for anything
					early = &got
				}
				if err := commit(); err != nil {
					t.Fatal(err)
				}
				got := early
				if got == nil {
					late := <-results
					got = &late
				}
				if got.err != nil || got.done != broken {
					t.Errorf("done %v, %v; want %v", got.done, got.err, broken)
				}
			})
		}
	}
}
