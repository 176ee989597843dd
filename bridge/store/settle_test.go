package store_test

import (
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
)

// TestSettle_WhoWaitedSeesTheWrite settles a mark while its user is being written by a transaction that has not committed yet:
// what was read before is not the mark any more, which stays.
func TestSettle_WhoWaitedSeesTheWrite(t *testing.T) {
	for name, next := range map[string]time.Time{"done": {}, "later": time.Now().Add(time.Hour)} {
		t.Run(name, func(t *testing.T) {
			s := storetest.Postgres(t)
			r := newRaceCustomer(t, s, "acme")
			read := dueUsers(t, s, 1)[0].Due
			commit, err := s.Paused(t.Context(), r.cred.CustomerID, `UPDATE due SET version = version + 1 WHERE customer_id = $1`)
			if err != nil {
				t.Fatal(err)
			}
			settled := make(chan error, 1)
			go func() { settled <- s.Settle(t.Context(), []bridge.Settlement{{Due: read, Next: next}}) }()
			if err := s.AwaitBlocked(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := commit(); err != nil {
				t.Fatal(err)
			}
			if err := <-settled; err != nil {
				t.Fatal(err)
			}
			want := read
			want.Version++
			if got := dueUsers(t, s, 1)[0].Due; got != want {
				t.Errorf("mark %+v after an older one was settled, want %+v", got, want)
			}
		})
	}
}

// TestDueUsers_UnreadableDelaysOnlyItself: a record that cannot be read does not keep others from being found (I31).
func TestDueUsers_UnreadableDelaysOnlyItself(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRaceCustomer(t, s, "acme")
		if _, err := s.InsertUser(t.Context(), r.now, r.write("second")); err != nil {
			t.Fatal(err)
		}
		if err := s.ReserveLink(t.Context(), bridge.Link{UserID: r.user.ID, CustomerID: r.cred.CustomerID, LoginKey: "first"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Exec(t.Context(), `UPDATE links SET applied = '[]'`); err != nil { // JSON, but no profile
			t.Fatal(err)
		}
		for _, l := range dueUsers(t, s, 2) {
			broken := l.Due.UserID == r.user.ID
			if (l.Err != nil) != broken || (l.Subject.User.ID == "") != broken {
				t.Errorf("user %s: error %v, subject %+v; want one of the two, and the error for %s", l.Due.UserID, l.Err, l.Subject.User, r.user.ID)
			}
		}
	})
}

func dueUsers(t *testing.T, s *store.Store, want int) []bridge.Look {
	t.Helper()
	found, err := s.DueUsers(t.Context(), time.Now(), bridge.RankLater, 10, nil)
	if err != nil || len(found) != want {
		t.Fatalf("%d are due, %v; want %d", len(found), err, want)
	}
	return found
}
