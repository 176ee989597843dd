package oktasync_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync"
)

// BenchmarkSettle measures the processor time of this process, without PostgreSQL's own, for each person who is due and for whom
// there is nothing to do.
func BenchmarkSettle(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkSettle(b, "sqlite:"+filepath.Join(b.TempDir(), "bench.db")) })
	b.Run("postgres", func(b *testing.B) { benchmarkSettle(b, storetest.PostgresURL(b)) })
}

func benchmarkSettle(b *testing.B, url string) {
	const people = 1000
	s := storetest.Open(b, url)
	if err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	customer, ids := waiting(b, s, people)
	var used time.Duration
	for b.Loop() {
		for _, id := range ids {
			if err := s.MarkDue(b.Context(), customer, id, bridge.RankRevoke, time.Now()); err != nil {
				b.Fatal(err)
			}
		}
		began := processorTime(b)
		settleAll(b, s)
		used += processorTime(b) - began
	}
	b.ReportMetric(float64(used.Microseconds())/float64(b.N*people), "cpu-µs/person")
}

// waiting adds people without an account who are not to have one yet.
func waiting(b *testing.B, s *store.Store, people int) (customer string, ids []string) {
	now := time.Now()
	c := bridge.Customer{ID: newID(), Slug: "acme", State: bridge.Live, Logins: bridge.ParkLogins, Created: now, Modified: now}
	token := bridge.Token{ID: newID(), CustomerID: c.ID, Class: bridge.SCIMToken, Created: now, Expires: now.Add(time.Hour)}
	if err := s.AddCustomer(b.Context(), c, nil, nil); err != nil {
		b.Fatal(err)
	}
	if err := s.AddToken(b.Context(), token, bridge.Digest{1}, 1, bridge.Event{}); err != nil {
		b.Fatal(err)
	}
	for i := range people {
		name := fmt.Sprintf("user%04d@acme.example", i)
		u := bridge.User{ID: newID(), CustomerID: c.ID, NameKey: name, Version: 1, Connected: true, Created: now, Modified: now}
		u.Doc = fmt.Appendf(nil, `{"userName":%q,"active":false}`, name)
		u.Folded = u.Doc
		w := bridge.UserWrite{
			Credential: bridge.Credential{TokenID: token.ID, CustomerID: c.ID}, User: u, Members: 1, Rank: bridge.RankCreate,
			Event: bridge.Event{ID: newID(), CustomerID: c.ID, At: now, Kind: bridge.EventUserCreated, Actor: "idp:bench", UserID: u.ID, Version: 1},
		}
		if _, err := s.InsertUser(b.Context(), now, w); err != nil {
			b.Fatal(err)
		}
		ids = append(ids, u.ID)
	}
	return c.ID, ids
}

// settleAll runs a syncer until nobody is due.
func settleAll(b *testing.B, s *store.Store) {
	syncer, err := oktasync.New(oktasync.Options{Store: s, Holder: newID(), Now: time.Now, NewID: newID, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- syncer.Run(ctx) }()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for left := 1; left > 0; <-poll.C {
		byRank, _, err := s.DueTotals(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		left = 0
		for _, n := range byRank {
			left += n
		}
	}
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}

// processorTime is what this process has used.
func processorTime(b testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
