package oktasync_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync"
	"drawbridge/policy"
)

// vastOrg is an org of any number of accounts, all ACTIVE and all of one customer, that answers at once. It keeps what was done
// to whom, and nothing of who nothing was done to.
type vastOrg struct {
	oktasync.Org // what is not here is never called
	w            *world
	customer     string

	mu       sync.Mutex
	statuses map[string]policy.Status
	since    map[string]time.Time
	writes   map[string]int // by account and value of isSCIMConnected, or action
}

// The ids of the n-th person and of its account.
func vastUser(n int) string    { return fmt.Sprintf("01933333-0000-7000-8000-%012d", n) }
func vastAccount(n int) string { return fmt.Sprintf("00uvvvvv%012d", n) }

func (o *vastOrg) Read(_ context.Context, id string) (oktasync.Account, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a := oktasync.Account{ID: id, Status: policy.Active, Provider: "FEDERATION", StatusChanged: o.since[id]}
	if s, changed := o.statuses[id]; changed {
		a.Status = s
	}
	a.Profile = map[string]any{oktasync.CustomerAttr: o.customer, oktasync.KeyAttr: "01933333-0000-7000-8000-" + id[8:]}
	return a, nil
}

func (o *vastOrg) Update(ctx context.Context, id string, profile map[string]any) (oktasync.Account, error) {
	pass(ctx, point{name: toSend, kind: "update"})
	o.note(id, fmt.Sprint(profile[oktasync.ConnectedAttr]))
	return o.Read(ctx, id)
}

func (o *vastOrg) Act(ctx context.Context, id string, action oktasync.Action) error {
	pass(ctx, point{name: toSend, kind: string(action)})
	o.note(id, string(action))
	o.mu.Lock()
	defer o.mu.Unlock()
	switch action {
	case oktasync.Suspend:
		o.statuses[id] = policy.Suspended
	case oktasync.Unsuspend:
		o.statuses[id] = policy.Active
	default:
		return nil
	}
	o.since[id] = o.w.now()
	return nil
}

func (o *vastOrg) note(id, what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writes[id+" "+what]++
}

// out counts who lost access.
func (o *vastOrg) out() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.statuses {
		if s != policy.Active {
			n++
		}
	}
	return n
}

// vast is a customer of very many people, who all have accounts and for whom nothing is due.
type vast struct {
	*tenant
	many *vastOrg
	n    int
}

// vast adds a customer of n people. They come into the database at once, as copies of one.
func (w *world) vast(n int) *vast {
	w.Helper()
	t := w.tenant(1)
	v := &vast{tenant: t, n: n, many: &vastOrg{
		w: w, customer: t.id, statuses: map[string]policy.Status{}, since: map[string]time.Time{}, writes: map[string]int{},
	}}
	const numbers = `WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < %d)
`
	users := fmt.Sprintf(numbers+`INSERT INTO users (id, customer_id, user_name_key, external_id, doc, folded, version, connected, active, removed_at, deleted_at, created_at, modified_at)
SELECT '01933333-0000-7000-8000-' || substr(CAST(1000000000000 + i AS TEXT), 2), u.customer_id, 'v' || i || '@%s.example', 'v' || i,
  replace(u.doc, 'u000', 'v' || i), replace(u.folded, 'u000', 'v' || i), 1, TRUE, TRUE, 0, 0, u.created_at, u.modified_at FROM numbers CROSS JOIN users u WHERE u.customer_id = '%s'`,
		n-1, t.slug, t.id)
	links := fmt.Sprintf(`INSERT INTO links (user_id, customer_id, login_key, okta_id, status, status_at, taken, taken_at, born, suspended_since, suspend_refused,
  foreign_account, protected, sessions_version, applied, applied_version, read_at, provider, has_password)
SELECT u.id, u.customer_id, u.user_name_key, '00uvvvvv' || substr(u.id, 25), l.status, l.status_at, '', 0, FALSE, 0, FALSE, FALSE, FALSE, 0, l.applied, 1, l.read_at, l.provider, l.has_password
FROM users u JOIN links l ON l.customer_id = u.customer_id WHERE u.customer_id = '%s' AND u.id LIKE '01933333-%%'`, t.id)
	blocks := fmt.Sprintf(`INSERT INTO user_block (customer_id, block, users, active)
SELECT customer_id, ordinal / 1024, COUNT(*), COUNT(*) FROM users WHERE customer_id = '%s' AND id LIKE '01933333-%%' GROUP BY customer_id, ordinal / 1024`, t.id)
	w.exec(users, links, blocks)
	v.users = v.users[:1]
	return v
}

// exec runs statements on a connection of the test's own.
func (w *world) exec(statements ...string) {
	w.Helper()
	if !strings.HasPrefix(w.url, "sqlite:") {
		statements = append(statements, "ANALYZE")
	}
	db := w.open()
	defer db.Close()
	for _, s := range statements {
		_, err := db.ExecContext(w.Context(), s)
		w.must(err)
	}
}

// syncer makes a syncer over the many, which takes the lease.
func (v *vast) syncer() *process {
	v.Helper()
	p := v.process()
	s, err := oktasync.New(oktasync.Options{
		Store: toldStore{v.store, v.tenant}, Org: v.many, Holder: p.lease.Holder, Timeout: 10 * time.Second, Now: v.now, NewID: v.newID,
		Log: slog.New(slog.NewTextHandler(v.Output(), nil)),
	})
	v.must(err)
	return &process{s, p.lease}
}

// toil works until the plan is done or undone, or the process dies at the n-th point that it comes to; 0: it lives on. It
// reports whether the work is over.
func (v *vast) toil(p *process, die int) (over bool) {
	ended := make(chan struct{})
	ctx := gate(func(point) {
		if die--; die == 0 {
			runtime.Goexit()
		}
	}).in(v.Context())
	go func() {
		defer close(ended)
		for !over {
			for due := v.due(v.now(), bridge.RankFlags); len(due) > 0; due = v.due(v.now(), bridge.RankFlags) {
				for _, d := range due {
					p.Reconcile(ctx, p.lease, d)
				}
			}
			if err := p.CarryOut(ctx); err != nil {
				v.Errorf("carrying out: %v", err)
				return
			}
			plan, err := v.store.Plan(ctx, v.id, 0)
			over = err != nil || plan.State == bridge.PlanDone || plan.State == bridge.PlanUndone
			if due := v.due(v.now(), bridge.RankFlags); plan.State == bridge.PlanDone && len(due) > 0 {
				v.Errorf("the plan is done, and %d people are due", len(due))
			}
		}
	}()
	<-ended
	return over
}

// TestI25_AJobKilledAnywhere carries out the disconnect of many, and takes it back, with the process killed at 20 random points of
// either. Everybody is accounted for, and each effect happened once: a call whose answer was lost with its process is compared
// again, and whether it is repeated is Okta's to say.
func TestI25_AJobKilledAnywhere(t *testing.T) {
	people := 300
	if os.Getenv("DRAWBRIDGE_LONG") != "" {
		people = 2_000
	}
	eachWorld(t, func(w *world) {
		v := w.vast(people)
		v.must(v.setActive(vastUser(7), false))
		v.toil(v.syncer(), 0)
		v.disconnect(bridge.Choices{})
		deaths := v.killed(20)
		plan, rows := v.rows()
		results := map[bridge.RowResult]int{}
		for _, r := range rows {
			results[r.Result]++
		}
		if sum := results[bridge.RowDone] + results[bridge.RowFailed] + results[bridge.RowSkipped]; plan.State != bridge.PlanDone || sum != people || plan.People() != people {
			w.Errorf("of %d people of a plan that is %s, the results are %v", people, plan.State, results)
		}
		v.mustOnce("false", deaths, bridge.EventUserReleased)

		_, err := v.svc.UndoDisconnect(v.Context(), support, v.slug, v.slug)
		v.must(err)
		deaths = v.killed(20)
		if plan, _ = v.rows(); plan.State != bridge.PlanUndone {
			w.Errorf("the plan is %s after the undo", plan.State)
		}
		v.mustOnce("true", deaths, bridge.EventUserRejoined)
		for _, wrong := range v.found {
			w.Errorf("%s", wrong)
		}
	})
}

// killed works to the end with so many deaths on the way, and returns how many struck while a call was out.
func (v *vast) killed(times int) (deaths int) {
	for range times {
		if v.toil(v.syncer(), 1+rand.IntN(v.n*4/times)) {
			break
		}
		deaths++
		v.later(time.Minute) // past the deadline of what was under way
	}
	if !v.toil(v.syncer(), 0) {
		v.world.Errorf("the work is not over")
	}
	return deaths
}

// mustOnce checks that everybody's flags were written once, but for as many calls as processes died over one, and that everybody
// has one event.
func (v *vast) mustOnce(connected string, deaths int, kind string) {
	v.Helper()
	again := 0
	for i := 1; i < v.n; i++ {
		n := v.many.writes[vastAccount(i)+" "+connected]
		if n == 0 {
			v.world.Errorf("the flags of person %d were not written", i)
		}
		again += max(0, n-1)
	}
	if again > deaths {
		v.world.Errorf("%d calls were repeated after %d deaths", again, deaths)
	}
	for {
		n, err := v.store.NumberEvents(v.Context(), 10_000)
		if v.must(err); n == 0 {
			break
		}
	}
	events, err := v.store.Events(v.Context(), v.id, 0, 1_000_000)
	v.must(err)
	told := map[string]int{}
	for _, e := range events {
		if e.Kind == kind {
			told[e.UserID]++
		}
	}
	for id, n := range told {
		if n != 1 {
			v.world.Errorf("%s of %s stands %d times", kind, id, n)
		}
	}
	if len(told) != v.n {
		v.world.Errorf("%s stands for %d of %d people", kind, len(told), v.n)
	}
}

// TestI25_AHundredThousandPeople measures what a disconnect of 100,000 people costs besides the calls to Okta: confirming it, which
// a person waits for, and releasing everybody.
func TestI25_AHundredThousandPeople(t *testing.T) {
	if os.Getenv("DRAWBRIDGE_LONG") == "" {
		t.Skip("takes a minute: `make test-long` runs it")
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			url := storetest.SQLiteURL(t)
			if kind == "postgres" {
				url = storetest.PostgresURL(t)
			}
			v := newWorld(t, url).vast(100_000)
			var confirms []time.Duration
			for i := range 3 {
				plan, err := v.svc.PlanDisconnect(t.Context(), support, v.slug, bridge.Choices{})
				v.must(err)
				confirms = append(confirms, v.measured("confirming", func() error {
					_, err := v.svc.ConfirmDisconnect(t.Context(), support, v.slug, bridge.Confirmation{Number: plan.Number, Typed: v.slug, Accepted: "a test"})
					return err
				}))
				if i == 2 {
					break
				}
				_, err = v.svc.UndoDisconnect(t.Context(), support, v.slug, v.slug)
				v.must(err)
				v.must(v.syncer().CarryOut(t.Context()))
			}
			slices.Sort(confirms)
			released := v.measured("releasing", func() error { return v.syncer().CarryOut(t.Context()) })
			n, err := v.store.CountConnected(t.Context(), v.id)
			if err != nil || n != 0 {
				t.Errorf("%d people are still connected: %v", n, err)
			}
			if confirms[1] > 5*time.Second || released > time.Minute {
				t.Errorf("confirming took %v of this process's time, the median of three, and releasing %v", confirms[1], released)
			}
		})
	}
}

// measured returns how much processor time of this process something took; PostgreSQL's own is not in it.
func (v *vast) measured(what string, do func() error) time.Duration {
	v.Helper()
	wall, began := time.Now(), processorTime(v)
	v.must(do())
	used := processorTime(v) - began
	v.Logf("%s: %v of this process, %v on the clock", what, used.Round(time.Millisecond), time.Since(wall).Round(time.Millisecond))
	return used
}
