package oktasync_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// world is a store with the use cases over it, in which nothing moves by itself: its clock stands until somebody moves it, and
// a syncer works only when it is told to.
type world struct {
	testing.TB
	url     string
	began   time.Time
	offset  atomic.Int64
	store   *store.Store
	svc     *bridge.Service
	face    *bridge.Face
	rt      *schema.ResourceType
	tenants int
	ids     atomic.Int64
}

// kind is one of the two kinds of store that a world can have.
type kind struct {
	name string
	url  func(testing.TB) string
}

var kinds = []kind{{"sqlite", storetest.SQLiteURL}, {"postgres", storetest.PostgresURL}}

// eachWorld runs a test in a world on either store, one beside the other.
func eachWorld(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Parallel()
	worlds(t, kinds, test)
}

func worlds(t *testing.T, kinds []kind, test func(w *world)) {
	t.Helper()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, k.url(t)))
		})
	}
}

// bothKinds and mostlySQLite tell on which kinds of store the n-th of many worlds is made: one on PostgreSQL takes three times as long.
func bothKinds(int) []kind { return kinds }

func mostlySQLite(n int) []kind {
	if n%5 == 4 {
		return kinds[1:]
	}
	return kinds[:1]
}

// manyWorlds plays the numbers below n, fifty one after the other in a world that is emptied after each. A world ends at what is found
// wrong in it; there are no more of them when there is no more time.
func manyWorlds(t *testing.T, n int, on func(world int) []kind, play func(w *world, i int) (found string)) {
	t.Helper()
	t.Parallel()
	const most = 50
	for from := 0; from < n; from += most {
		t.Run(strconv.Itoa(from), func(t *testing.T) {
			t.Parallel()
			if end, ok := t.Deadline(); ok && time.Until(end) < time.Minute {
				t.Skip("no time left")
			}
			worlds(t, on(from/most), func(w *world) {
				empty := w.emptier()
				for i := from; i < min(from+most, n); i++ {
					if found := play(w, i); found != "" {
						w.Error(found)
						return
					}
					empty()
				}
			})
		})
	}
}

// emptier returns what removes all customers and everything of theirs, also what a purge would keep.
func (w *world) emptier() func() {
	w.Helper()
	db := w.open()
	db.SetMaxOpenConns(1)
	statements := "DELETE FROM customers"
	for _, name := range w.tables(db) {
		if !slices.Contains(unowned, name) {
			statements += "; DELETE FROM " + name
		}
	}
	off := "PRAGMA foreign_keys = OFF"
	if !w.store.Embedded() {
		off = "SET session_replication_role = replica"
	}
	_, err := db.ExecContext(w.Context(), off)
	w.must(err)
	return func() {
		w.Helper()
		_, err := db.ExecContext(w.Context(), statements)
		w.must(err)
	}
}

func newWorld(t testing.TB, url string) *world {
	t.Helper()
	// Ahead of the real time: the deadlines of calls, which are of this clock, must not end them.
	w := &world{TB: t, url: url, began: time.Now().UTC().Truncate(time.Second).Add(24 * time.Hour), rt: schema.User()}
	var err error
	if w.store, err = store.Open(t.Context(), url, store.Options{Now: w.now, NewID: w.newID, MaxConns: 4}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	w.svc = bridge.NewService(w.store, w.now, w.newID)
	w.face = bridge.NewFace(w.store, w.now, w.newID, slog.New(slog.DiscardHandler))
	return w
}

// newID makes ids that sort in the order of their making, so that the same steps lead to the same order of who is due.
func (w *world) newID() string { return fmt.Sprintf("01900000-0000-7000-8000-%012d", w.ids.Add(1)) }

func (w *world) now() time.Time { return w.began.Add(time.Duration(w.offset.Load())) }

func (w *world) later(d time.Duration) { w.offset.Add(int64(d)) }

// until moves the clock to a moment, unless that is over.
func (w *world) until(at time.Time) {
	if d := at.Sub(w.now()); d > 0 {
		w.later(d)
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// tenant is a customer with its identity provider and an Okta org of its own.
type tenant struct {
	*world
	slug     string
	id       string
	backend  scim.Backend
	org      *oktatest.Org
	users    []string          // in the order of their coming
	accounts map[string]string // Okta ids, by user
	found    []string          // what was wrong

	onBegin func(bridge.Intent) // is told of every call whose start was committed

	mu        sync.Mutex
	begun     []bridge.Intent      // calls that take access and whose start was committed
	deadlines map[string]time.Time // of the last of them, by account
	applied   map[string]int64     // the latest version that was recorded as applied
}

// Errorf notes that something is wrong. It makes an auditor's reporter of a tenant.
func (t *tenant) Errorf(format string, args ...any) {
	t.found = append(t.found, fmt.Sprintf(format, args...))
}

// tenant adds a customer of so many people, who all have accounts.
func (w *world) tenant(people int) *tenant {
	w.Helper()
	w.tenants++
	t := &tenant{world: w, slug: fmt.Sprintf("t%d", w.tenants), accounts: map[string]string{}, deadlines: map[string]time.Time{}, applied: map[string]int64{}}
	ctx := w.Context()
	c, err := w.svc.AddCustomer(ctx, support, bridge.NewCustomer{Slug: t.slug, Domains: []string{t.slug + ".example"}, Trust: "a test"})
	w.must(err)
	t.id = c.ID
	_, secret, err := w.svc.CreateToken(ctx, support, t.slug, "idp", 0)
	w.must(err)
	signed, err := w.face.Authenticate(ctx, t.slug, secret)
	w.must(err)
	t.backend = signed.Backend
	t.org = oktatest.New(oktatest.Options{RateLimit: -1, Now: w.now})
	t.org.AddIdP(t.slug, "ACTIVE")
	w.must(wire{org: t.org}.extend(ctx))
	for range people {
		t.push()
	}
	t.work(t.process())
	t.learn()
	return t
}

// crowd adds people of whom nobody looks at what they should have in Okta: they make the customer larger.
func (t *tenant) crowd(people int) {
	t.Helper()
	for range people {
		t.push()
	}
	var settled []bridge.Settlement
	for _, d := range t.due(t.now(), bridge.RankLater) {
		settled = append(settled, bridge.Settlement{Due: d})
	}
	t.must(t.store.Settle(t.Context(), settled))
}

// push has the identity provider create a person.
func (t *tenant) push() string {
	t.Helper()
	name := fmt.Sprintf("u%03d", len(t.users))
	address := name + "@" + t.slug + ".example"
	res, err := t.backend.Create(t.Context(), t.rt, scim.Draft{Attributes: scim.Attributes{
		"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": address, "externalId": "ext-" + name, "active": true,
		"name":   map[string]any{"givenName": strings.ToTitle(name), "familyName": "Test"},
		"emails": []any{map[string]any{"value": address, "type": "work", "primary": true}},
	}}, 0)
	t.must(err)
	t.users = append(t.users, res.ID)
	return res.ID
}

// learn notes the accounts that the org has.
func (t *tenant) learn() {
	for _, u := range t.org.Users() {
		if key, ok := u.Profile[oktasync.KeyAttr].(string); ok {
			t.accounts[key] = u.ID
		}
	}
}

// change has the identity provider change a person's attributes.
func (t *tenant) change(id string, change map[string]any) error {
	_, err := t.backend.Update(t.Context(), t.rt, id, func(cur scim.Resource) (scim.Draft, error) {
		doc, err := bridge.User{Doc: cur.Doc}.Attributes()
		for k, v := range change {
			doc[k] = v
		}
		return scim.Draft{Attributes: doc}, err
	}, 0)
	return err
}

func (t *tenant) setActive(id string, active bool) error {
	return t.change(id, map[string]any{"active": active})
}

func (t *tenant) subject(id string) bridge.Subject {
	t.Helper()
	s, err := t.store.Subject(t.Context(), t.id, id)
	t.must(err)
	return s
}

func (t *tenant) state() bridge.Customer {
	t.Helper()
	c, err := t.store.Customer(t.Context(), t.slug)
	t.must(err)
	return c
}

func (t *tenant) status(id string) policy.Status {
	u, _ := t.org.User(t.accounts[id])
	return policy.Status(u.Status)
}

// in reports whether a person can sign in.
func (t *tenant) in(id string) bool { return t.org.CanSignIn(t.accounts[id]).OK }

// disconnect plans and confirms.
func (t *tenant) disconnect(c bridge.Choices) bridge.Plan {
	t.Helper()
	p, err := t.svc.PlanDisconnect(t.Context(), support, t.slug, c)
	t.must(err)
	p, err = t.svc.ConfirmDisconnect(t.Context(), support, t.slug, bridge.Confirmation{Number: p.Number, Typed: t.slug, Accepted: "a test"})
	t.must(err)
	return p
}

// rows are those of the customer's latest plan.
func (t *tenant) rows() (bridge.Plan, []bridge.PlanRow) {
	t.Helper()
	p, err := t.store.Plan(t.Context(), t.id, 0)
	t.must(err)
	rows, err := t.store.PlanRows(t.Context(), p, 0, 1_000_000)
	t.must(err)
	return p, rows
}

// due is who of the customer is due by then.
func (t *tenant) due(by time.Time, most bridge.Rank) []bridge.Due {
	t.Helper()
	looks, err := t.store.DueUsers(t.Context(), by, most, 100_000, nil)
	t.must(err)
	var due []bridge.Due
	for _, l := range looks {
		if l.Due.CustomerID == t.id {
			due = append(due, l.Due)
		}
	}
	return due
}

// process is a syncer that does what it is told.
type process struct {
	*oktasync.Syncer
	lease bridge.Lease
}

// process makes a syncer that takes the lease from whoever holds it.
func (t *tenant) process() *process {
	t.Helper()
	held, _, err := t.store.CurrentLease(t.Context(), oktasync.LeaseName)
	t.must(err)
	t.must(t.store.ReleaseLease(t.Context(), held))
	lease, ok, err := t.store.AcquireLease(t.Context(), oktasync.LeaseName, newID(), 100_000*time.Hour)
	if t.must(err); !ok {
		t.Fatal("the lease is not to be had")
	}
	return t.beside(lease)
}

// beside makes a syncer under a lease that is held.
func (t *tenant) beside(lease bridge.Lease) *process {
	t.Helper()
	s, err := oktasync.New(oktasync.Options{
		Store: toldStore{t.store, t}, Org: toldOrg{wire{org: t.org}, t}, Probe: func(context.Context) error { return nil },
		Holder: lease.Holder, Timeout: 10 * time.Second, Now: t.now, NewID: t.newID, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	t.must(err)
	return &process{s, lease}
}

// work reconciles everybody who is due, but not who is left out, and carries plans on.
func (t *tenant) work(p *process, but ...string) {
	t.Helper()
	for range 3 { // a hold that opens, or a plan's step, has others looked at again
		due := t.due(t.now(), bridge.RankLater)
		n := 0
		for _, d := range due {
			if len(but) == 0 || d.UserID != but[0] {
				p.Reconcile(t.Context(), p.lease, d)
				n++
			}
		}
		if n == 0 {
			break
		}
	}
	t.must(p.CarryOut(t.Context()))
}

// rest works until nothing is left to do, and goes on to the end of the second sweep of a disconnect.
func (t *tenant) rest(p *process, seen func()) {
	t.Helper()
	for range 100 {
		t.work(p)
		if seen(); len(t.due(t.now(), bridge.RankLater)) > 0 {
			continue
		}
		next := t.next()
		if next.IsZero() {
			return
		}
		t.until(next)
	}
	t.Errorf("it does not come to rest; due are %+v", t.due(t.now().Add(1000*time.Hour), bridge.RankLater))
}

// next is when there is something to do again that waits for no person; zero: never.
func (t *tenant) next() (next time.Time) {
	for _, d := range t.due(t.now().Add(100*24*time.Hour), bridge.RankLater) {
		s := t.subject(d.UserID)
		waits := s.Open == nil && policy.Decide(s.Facts(t.now())).Code == policy.WaitingForAnswer
		if d.Parked == "" && !waits && (next.IsZero() || d.At.Before(next)) {
			next = d.At
		}
	}
	p, err := t.store.Plan(t.Context(), t.id, 0)
	if bridge.CodeOf(err) == bridge.NotFound {
		return next
	}
	t.must(err)
	switch swept := p.RunAt.Add(bridge.SweepAgain); {
	case p.State == bridge.PlanRunning && next.IsZero():
		return t.now()
	case p.State == bridge.PlanDone && p.Swept.IsZero() && (next.IsZero() || swept.Before(next)):
		return swept
	}
	return next
}
