package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/scim/schema"
)

// clients is how many requests are under way at once.
const clients = 8

// bench is a store with one customer.
type bench struct {
	*testing.B
	*store.Store
	url  string
	cred bridge.Credential
	now  time.Time
	next atomic.Int64
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// eachStore runs a benchmark on a store of either kind.
func eachStore(b *testing.B, run func(b *bench)) {
	b.Run("sqlite", func(b *testing.B) { run(newBench(b, "sqlite:"+filepath.Join(b.TempDir(), "bench.db"))) })
	b.Run("postgres", func(b *testing.B) { run(newBench(b, storetest.PostgresURL(b))) })
}

func newBench(b *testing.B, url string) *bench {
	s := storetest.Open(b, url)
	if err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	x := &bench{B: b, Store: s, url: url, now: time.Now()}
	c := bridge.Customer{ID: newID(), Slug: "acme", State: bridge.Live, Logins: bridge.ParkLogins, Created: x.now, Modified: x.now}
	t := bridge.Token{ID: newID(), CustomerID: c.ID, Class: bridge.SCIMToken, Created: x.now, Expires: x.now.Add(time.Hour)}
	if err := s.AddCustomer(b.Context(), c, nil, nil); err != nil {
		b.Fatal(err)
	}
	if err := s.AddToken(b.Context(), t, bridge.Digest{1}, 1, bridge.Event{}); err != nil {
		b.Fatal(err)
	}
	x.cred = bridge.Credential{TokenID: t.ID, CustomerID: c.ID}
	return x
}

// doc is about what an identity provider sends.
func doc(name string) []byte {
	return fmt.Appendf(nil, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],`+
		`"userName":%[1]q,"externalId":"00u1a2b3c4d5e6f7g8h9","name":{"givenName":"Anna","familyName":"Example","formatted":"Anna Example"},`+
		`"displayName":"Anna Example","emails":[{"primary":true,"value":%[1]q,"type":"work"}],"title":"Engineer","locale":"en-US",`+
		`"phoneNumbers":[{"value":"+49 30 1234567","type":"work"}],"active":true,`+
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Research","employeeNumber":"4711"}}`, name)
}

func (x *bench) draft() bridge.UserWrite {
	n := x.next.Add(1)
	name := fmt.Sprintf("user%08d@acme.example", n)
	u := bridge.User{
		ID: newID(), CustomerID: x.cred.CustomerID, NameKey: name, ExternalID: name, Doc: doc(name), Folded: doc(name), Version: 1,
		Connected: true, Active: true, Created: x.now, Modified: x.now,
	}
	return bridge.UserWrite{
		Credential: x.cred, User: u, Members: 1, Actives: 1, Fresh: true, Rank: bridge.RankCreate,
		Event: bridge.Event{ID: newID(), CustomerID: u.CustomerID, At: x.now, Kind: bridge.EventUserCreated, Actor: "idp:bench", UserID: u.ID, Version: 1},
	}
}

func (x *bench) insert(ctx context.Context) error {
	_, err := x.InsertUser(ctx, x.now, x.draft())
	return err
}

func (x *bench) fill(n int) []bridge.User {
	users := make([]bridge.User, n)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := c; i < n; i += clients {
				w := x.draft()
				if _, err := x.InsertUser(x.Context(), x.now, w); err != nil {
					x.Error(err)
				}
				users[i] = w.User
			}
		})
	}
	wg.Wait()
	if err := x.FoldBlocks(x.Context()); err != nil {
		x.Fatal(err)
	}
	x.ResetTimer()
	return users
}

// parallel runs do from all clients.
func (x *bench) parallel(do func(i int) error) {
	x.SetParallelism(clients)
	x.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if err := do(i); err != nil {
				x.Error(err)
			}
		}
	})
}

func BenchmarkInsertUser(b *testing.B) {
	eachStore(b, func(x *bench) { x.parallel(func(int) error { return x.insert(x.Context()) }) })
}

func BenchmarkReplaceUser(b *testing.B) {
	eachStore(b, func(x *bench) {
		users := x.fill(1000)
		var mu [1000]sync.Mutex
		var turn atomic.Int64
		x.parallel(func(int) error {
			i := int(turn.Add(1)) % len(users)
			mu[i].Lock()
			defer mu[i].Unlock()
			w := x.draft()
			users[i].Version++
			w.User, w.Members, w.Actives, w.Rank = users[i], 0, 0, bridge.RankUpdate
			return x.ReplaceUser(x.Context(), x.now, w)
		})
	})
}

func BenchmarkUser(b *testing.B) {
	eachStore(b, func(x *bench) {
		users := x.fill(1000)
		x.parallel(func(i int) error {
			_, err := x.User(x.Context(), x.now, x.cred, users[i%len(users)].ID, 0)
			return err
		})
	})
}

func BenchmarkUserByName(b *testing.B) {
	eachStore(b, func(x *bench) {
		users := x.fill(1000)
		x.parallel(func(i int) error {
			_, err := x.UserByName(x.Context(), x.now, x.cred, users[i%len(users)].NameKey)
			return err
		})
	})
}

func BenchmarkListUsers(b *testing.B) {
	for _, page := range []struct {
		name  string
		start int
	}{{"first", 1}, {"last", 9901}} {
		b.Run(page.name, func(b *testing.B) {
			eachStore(b, func(x *bench) {
				x.fill(10_000)
				x.parallel(func(int) error {
					p, err := x.FindUsers(x.Context(), x.now, x.cred, schema.User(), bridge.Query{StartIndex: page.start, Count: 100})
					if err == nil && len(p.Users) != 100 {
						err = fmt.Errorf("%d users on the page", len(p.Users))
					}
					return err
				})
			})
		})
	}
}

// BenchmarkAddRequests adds 500 rows to the log of requests, as the recorder of a busy service does, with and without bodies.
func BenchmarkAddRequests(b *testing.B) {
	for _, body := range []string{"", strings.Repeat(`{"a":"***"},`, 50)} {
		b.Run(fmt.Sprint(len(body), " bytes"), func(b *testing.B) {
			eachStore(b, func(x *bench) {
				requests := make([]bridge.Request, 500)
				for x.Loop() {
					for i := range requests {
						requests[i] = bridge.Request{
							ID: newID(), CustomerID: x.cred.CustomerID, At: time.Now(), Method: "POST", Path: "/Users", Status: 201,
							Took: time.Millisecond, ResourceID: newID(), Token: "idp", Body: body, Answer: body,
						}
					}
					ctx, cancel := context.WithTimeout(x.Context(), time.Minute)
					if err := x.AddRequests(ctx, requests); err != nil {
						x.Error(err)
					}
					cancel()
				}
				x.ReportMetric(float64(x.Elapsed().Microseconds())/float64(len(requests)*x.N), "µs/row")
			})
		})
	}
}

// BenchmarkNumberEvents numbers a backlog of 20,000 events in batches of 500; it takes no account of b.N.
func BenchmarkNumberEvents(b *testing.B) {
	eachStore(b, func(x *bench) {
		x.fill(20_000)
		start, total := time.Now(), 0
		for {
			n, err := x.NumberEvents(x.Context(), 500)
			if err != nil {
				x.Fatal(err)
			}
			if n == 0 {
				break
			}
			total += n
		}
		x.ReportMetric(float64(total)/time.Since(start).Seconds(), "events/s")
	})
}

// BenchmarkInsertShare compares the rate of InsertUser with that of a bare statement that inserts two rows, in turns on
// the same database: "of_bare" is the median of the ratios. It takes no account of b.N.
func BenchmarkInsertShare(b *testing.B) {
	eachStore(b, func(x *bench) {
		bare := x.bareInsert()
		var ratios []float64
		for range 9 {
			ours, theirs := x.rate(x.insert), x.rate(bare)
			ratios = append(ratios, ours/theirs)
		}
		slices.Sort(ratios)
		x.ReportMetric(ratios[len(ratios)/2], "of_bare")
	})
}

// rate is how often do runs in a second.
func (x *bench) rate(do func(context.Context) error) float64 {
	ctx, cancel := context.WithTimeout(x.Context(), 400*time.Millisecond)
	defer cancel()
	var n atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := do(x.Context()); err != nil {
					x.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / time.Since(start).Seconds()
}

func (x *bench) bareInsert() func(context.Context) error {
	schema := []string{
		`CREATE TABLE bare_outbox (id ` + map[bool]string{true: `INTEGER PRIMARY KEY AUTOINCREMENT`, false: `BIGSERIAL PRIMARY KEY`}[x.Embedded()] + `, customer_id TEXT NOT NULL, user_id TEXT NOT NULL, kind TEXT NOT NULL)`,
		`CREATE TABLE bare_users (id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, name TEXT NOT NULL, doc TEXT NOT NULL)`,
		`CREATE UNIQUE INDEX bare_users_name ON bare_users (customer_id, name)`,
		`CREATE INDEX bare_users_list ON bare_users (customer_id, id)`,
	}
	driver, dsn := "postgres", x.url
	if x.Embedded() {
		driver, dsn = "sqlite", "file:"+strings.TrimPrefix(x.url, "sqlite:")+"?_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_txlock=immediate"
	}
	db := sqlx.MustOpen(driver, dsn)
	x.Cleanup(func() { db.Close() })
	if x.Embedded() {
		db.SetMaxOpenConns(1)
	} else {
		db.SetMaxOpenConns(16)
		db.SetMaxIdleConns(16)
	}
	for _, q := range schema {
		db.MustExec(q)
	}
	const insertUser, insertOutbox = `INSERT INTO bare_users (id, customer_id, name, doc) VALUES ($1, $2, $3, $4)`, `INSERT INTO bare_outbox (customer_id, user_id, kind) VALUES ($1, $2, 'created')`
	if !x.Embedded() {
		one, err := db.Prepare(`WITH u AS (` + insertUser + ` RETURNING id, customer_id) INSERT INTO bare_outbox (customer_id, user_id, kind) SELECT customer_id, id, 'created' FROM u`)
		if err != nil {
			x.Fatal(err)
		}
		return func(ctx context.Context) error {
			w := x.draft()
			_, err := one.ExecContext(ctx, w.User.ID, w.User.CustomerID, w.User.NameKey, string(w.User.Doc))
			return err
		}
	}
	first, err := db.Prepare(insertUser)
	if err != nil {
		x.Fatal(err)
	}
	second, err := db.Prepare(insertOutbox)
	if err != nil {
		x.Fatal(err)
	}
	return func(ctx context.Context) error {
		w := x.draft()
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if _, err := tx.Stmt(first).ExecContext(ctx, w.User.ID, w.User.CustomerID, w.User.NameKey, string(w.User.Doc)); err != nil {
			return err
		}
		if _, err := tx.Stmt(second).ExecContext(ctx, w.User.CustomerID, w.User.ID); err != nil {
			return err
		}
		return tx.Commit()
	}
}
