package store

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge/bridge"
	"github.com/google/uuid"
)

func sid() string { return uuid.Must(uuid.NewV7()).String() }

func TestScratch(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, os.Getenv("SCRATCH_DSN"), Options{NewID: sid})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c := bridge.Customer{ID: sid(), Slug: sid(), State: bridge.Live, Logins: bridge.ParkLogins, Created: now, Modified: now}
	tk := bridge.Token{ID: sid(), CustomerID: c.ID, Class: bridge.SCIMToken, Created: now, Expires: now.Add(time.Hour)}
	s.AddCustomer(ctx, c, nil, nil)
	var d bridge.Digest
	copy(d[:], sid()[20:])
	if err := s.AddToken(ctx, tk, d, 1, bridge.Event{}); err != nil {
		t.Fatal(err)
	}
	cred := bridge.Credential{TokenID: tk.ID, CustomerID: c.ID}
	var next atomic.Int64
	draft := func() bridge.UserWrite {
		name := fmt.Sprintf("user%08d@acme.example", next.Add(1))
		doc := []byte(fmt.Sprintf(`{"userName":%q,"x":%q}`, name, strings.Repeat("abcdefgh ", 60)))
		u := bridge.User{ID: sid(), CustomerID: c.ID, NameKey: name, ExternalID: name, Doc: doc, Folded: doc, Version: 1, Connected: true, Active: true, Created: now, Modified: now}
		return bridge.UserWrite{Credential: cred, User: u, Members: 1, Actives: 1, Fresh: true, Rank: bridge.RankCreate,
			Event: bridge.Event{ID: sid(), CustomerID: c.ID, At: now, Kind: "user.created", Actor: "idp:bench", UserID: u.ID, Version: 1}}
	}
	s.writer.MustExec(`DROP TABLE IF EXISTS bare_users, bare_outbox; CREATE TABLE bare_outbox (id BIGSERIAL PRIMARY KEY, customer_id TEXT NOT NULL, user_id TEXT NOT NULL, kind TEXT NOT NULL);
 CREATE TABLE bare_users (id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, name TEXT NOT NULL, doc TEXT NOT NULL);
 CREATE UNIQUE INDEX bare_users_name ON bare_users (customer_id, name); CREATE INDEX bare_users_list ON bare_users (customer_id, id)`)
	run := func(q string) func() error {
		return func() error {
			w := draft()
			u := w.User
			args := append(writeArgs(now, w), micros(u.Created), micros(u.Modified), w.Fresh, int(w.Rank))
			var o int64
			_, err := s.writing().get(ctx, &o, q, args...)
			return err
		}
	}
	rep := func(q, a, b string) string {
		if !strings.Contains(q, a) {
			t.Fatal("missing ", a)
		}
		return strings.ReplaceAll(q, a, b)
	}
	base := insertUserPostgres
	variants := map[string]func() error{
		"0bare": func() error {
			w := draft()
			_, err := s.writing().exec(ctx, `WITH u AS (INSERT INTO bare_users (id, customer_id, name, doc) VALUES ($1, $2, $3, $4) RETURNING id, customer_id) INSERT INTO bare_outbox (customer_id, user_id, kind) SELECT customer_id, id, 'created' FROM u`, w.User.ID, w.User.CustomerID, w.User.NameKey, string(w.User.Doc))
			return err
		},
		"1base":         run(base),
		"2share c only": run(rep(base, "FOR SHARE OF c, t", "FOR SHARE OF c")),
		"3no lock":      run(rep(base, "FOR SHARE OF c, t", "")),
		"4noadv": run(rep(base, "AND pg_advisory_xact_lock_shared(hashtextextended(c.id, 0)) IS NOT NULL", "")),
		"5s.InsertUser": func() error { _, err := s.InsertUser(ctx, now, draft()); return err },
		"6keyshare t": run(rep(base, "FOR SHARE OF c, t", "FOR SHARE OF c FOR KEY SHARE OF t")),
	}
	if x := os.Getenv("SCRATCH_SQL"); x != "" {
		s.writer.MustExec(x)
	}
	rates := map[string][]float64{}
	names := []string{}
	for n := range variants {
		names = append(names, n)
	}
	slices.Sort(names)
	for range 8 {
		for _, n := range names {
			do := variants[n]
			var count atomic.Int64
			var wg sync.WaitGroup
			start := time.Now()
			for range 8 {
				wg.Go(func() {
					for time.Since(start) < 300*time.Millisecond {
						if err := do(); err != nil {
							t.Error(n, err)
							return
						}
						count.Add(1)
					}
				})
			}
			wg.Wait()
			rates[n] = append(rates[n], float64(count.Load())/time.Since(start).Seconds())
		}
	}
	for _, n := range names {
		var rel []float64
		for i, r := range rates[n] {
			rel = append(rel, r/rates["0bare"][i])
		}
		slices.Sort(rel)
		slices.Sort(rates[n])
		fmt.Printf("%-16s %7.0f/s  %.3f of bare\n", n, rates[n][4], rel[4])
	}
}
