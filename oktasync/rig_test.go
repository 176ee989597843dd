package oktasync_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync"
	"drawbridge/oktasync/okta"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// rig is the whole way from a customer's IdP to Okta: a real store, the real adapter, an Okta org over HTTP. Its clock
// can be moved.
type rig struct {
	*testing.T
	store  *store.Store
	org    *oktatest.Org
	client *okta.Client
	svc    *bridge.Service
	face   *bridge.Face
	rt     *schema.ResourceType
	log    *logLines
	offset atomic.Int64
	audit  oktatest.AuditOptions
}

var support = bridge.Actor{Name: "support:test", Role: bridge.Operator}

// newRig sets an org up and audits it at the end.
func newRig(t *testing.T, s *store.Store) *rig {
	t.Helper()
	r := &rig{T: t, store: s, rt: schema.User(), log: &logLines{}, audit: oktatest.AuditOptions{Grace: bridge.DefaultGrace}}
	r.org = oktatest.New(oktatest.Options{RateLimit: -1, Now: r.now, Tokens: []oktatest.Token{{Name: "admin", Secret: "by-hand"}}})
	server := httptest.NewServer(r.org)
	t.Cleanup(server.Close)
	client, err := okta.New(okta.Config{
		OrgURL: server.URL, Token: "test-token", Governor: oktasync.NewGovernor(1, r.now), Now: r.now, Timeout: 2 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.client = client
	if _, err := client.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.svc = bridge.NewService(s, r.now, newID)
	r.face = bridge.NewFace(s, r.now, newID, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { oktatest.Audit(t, r.org, r.audit) })
	return r
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (r *rig) now() time.Time { return time.Now().UTC().Add(time.Duration(r.offset.Load())) }

// later moves the clock of everything.
func (r *rig) later(d time.Duration) { r.offset.Add(int64(d)) }

// disconnect plans and confirms a customer's disconnect.
func (r *rig) disconnect(slug string) bridge.Plan {
	r.Helper()
	p, err := r.svc.PlanDisconnect(r.Context(), support, slug, bridge.Choices{})
	if err == nil {
		p, err = r.svc.ConfirmDisconnect(r.Context(), support, slug, bridge.Confirmation{Number: p.Number, Typed: slug, Accepted: "a test"})
	}
	if err != nil {
		r.Fatal(err)
	}
	return p
}

// idp is a customer's identity provider.
type idp struct {
	r        *rig
	slug     string
	customer bridge.Customer
	secret   string
	backend  scim.Backend
}

func (r *rig) customer(slug string) *idp {
	r.Helper()
	c, err := r.svc.AddCustomer(r.Context(), support, bridge.NewCustomer{
		Slug: slug, Domains: []string{slug + ".example"}, Trust: "a test",
	})
	if err != nil {
		r.Fatal(err)
	}
	_, secret, err := r.svc.CreateToken(r.Context(), support, slug, "idp", 0)
	if err != nil {
		r.Fatal(err)
	}
	tenant, err := r.face.Authenticate(r.Context(), slug, secret)
	if err != nil {
		r.Fatal(err)
	}
	return &idp{r: r, slug: slug, customer: c, secret: secret, backend: tenant.Backend}
}

func (p *idp) attrs(name string, active bool) scim.Attributes {
	address := name
	if !strings.Contains(address, "@") {
		address += "@" + p.slug + ".example"
	}
	return scim.Attributes{
		"schemas":  []any{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"userName": address, "externalId": "ext-" + name, "active": active,
		"name":   map[string]any{"givenName": strings.ToTitle(name[:1]) + name[1:], "familyName": "Test"},
		"emails": []any{map[string]any{"value": address, "type": "work", "primary": true}},
	}
}

// push creates a person and returns the id.
func (p *idp) push(name string) string {
	p.r.Helper()
	res, err := p.backend.Create(p.r.Context(), p.r.rt, scim.Draft{Attributes: p.attrs(name, true)}, 0)
	if err != nil {
		p.r.Fatalf("create %s: %v", name, err)
	}
	return res.ID
}

func (p *idp) pushMany(n int) []string {
	p.r.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = p.push(fmt.Sprintf("u%03d", i))
	}
	return ids
}

// set changes attributes of a person.
func (p *idp) set(id string, change map[string]any) {
	p.r.Helper()
	_, err := p.backend.Update(p.r.Context(), p.r.rt, id, func(cur scim.Resource) (scim.Draft, error) {
		doc, err := bridge.User{Doc: cur.Doc}.Attributes()
		if err != nil {
			return scim.Draft{}, err
		}
		for k, v := range change {
			doc[k] = v
		}
		return scim.Draft{Attributes: doc}, nil
	}, 0)
	if err != nil {
		p.r.Fatalf("update %s: %v", id, err)
	}
}

func (p *idp) setActive(id string, active bool) {
	p.r.Helper()
	p.set(id, map[string]any{"active": active})
}

func (p *idp) remove(id string) {
	p.r.Helper()
	if err := p.backend.Delete(p.r.Context(), p.r.rt, id, nil); err != nil {
		p.r.Fatalf("delete %s: %v", id, err)
	}
}

// subject is what is known of a person.
func (p *idp) subject(id string) bridge.Subject {
	p.r.Helper()
	s, err := p.r.store.Subject(p.r.Context(), p.customer.ID, id)
	if err != nil {
		p.r.Fatal(err)
	}
	return s
}

// account is the person's account in Okta; the test fails if there is none.
func (p *idp) account(id string) oktatest.User {
	p.r.Helper()
	for _, u := range p.r.org.Users() {
		if u.Profile[oktasync.KeyAttr] == id {
			return u
		}
	}
	p.r.Fatalf("user %s has no account in Okta", id)
	return oktatest.User{}
}

// syncing runs a syncer over st and org while do runs, and ends it.
func (r *rig) syncing(o oktasync.Options, do func()) {
	r.Helper()
	stop := r.start(o)
	do()
	stop()
}

// start runs a syncer until the returned function is called, or the test ends.
func (r *rig) start(o oktasync.Options) (stop func()) {
	r.Helper()
	return r.run(r.syncer(o))
}

// syncer makes one over the rig's store and org.
func (r *rig) syncer(o oktasync.Options) *oktasync.Syncer {
	r.Helper()
	if o.Store == nil {
		o.Store = r.store
	}
	if o.Org == nil {
		o.Org = r.client
	}
	if o.Holder == "" {
		o.Holder = newID()
	}
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
	}
	if o.Calm == 0 {
		o.Calm = 20 * time.Millisecond // tests that change one person after the other wait for each
	}
	if o.LeaseTTL == 0 {
		o.LeaseTTL = 3 * time.Second
	}
	o.Guard = r.client.IsAdmin
	o.Probe = func(ctx context.Context) error { _, err := r.client.Me(ctx); return err }
	o.Schedule, o.Now, o.NewID, o.Log = "@every 1s", r.now, newID, slog.New(slog.NewTextHandler(io.MultiWriter(r.log, r.Output()), nil))
	s, err := oktasync.New(o)
	if err != nil {
		r.Fatal(err)
	}
	return s
}

func (r *rig) run(s *oktasync.Syncer) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	stop = func() { cancel(); <-done }
	r.Cleanup(stop)
	return stop
}

// settle syncs until nothing is due but what is parked or waits for a time.
func (r *rig) settle() {
	r.Helper()
	r.syncing(oktasync.Options{}, r.quiet)
}

// quiet waits until a running syncer has nothing left to do now.
func (r *rig) quiet() {
	r.Helper()
	r.eventually("everything is settled", func() bool {
		due, err := r.store.DueUsers(r.Context(), r.now().Add(20*time.Second), bridge.RankLater, 1, nil)
		if err != nil {
			r.Fatal(err)
		}
		return len(due) == 0
	})
}

// eventually waits for a condition; generous, because machines are shared.
func (r *rig) eventually(what string, ok func() bool) {
	r.Helper()
	deadline := time.NewTimer(60 * time.Second)
	defer deadline.Stop()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			r.Fatalf("it did not come true in a minute that %s", what)
		case <-poll.C:
		}
	}
}

// writes counts what Drawbridge's token wrote since an entry of the log, by kind.
func (r *rig) writes(since int) map[string]int {
	n := map[string]int{}
	for _, e := range r.org.Log() {
		if e.Seq > since && e.Token == oktatest.DefaultToken && e.Write() {
			n[e.Op]++
		}
	}
	return n
}

// mark is the end of the request log at this moment.
func (r *rig) mark() int {
	log := r.org.Log()
	if len(log) == 0 {
		return 0
	}
	return log[len(log)-1].Seq
}

func (r *rig) want(id string, a oktatest.User, status policy.Status, connected, active bool) {
	r.Helper()
	got := fmt.Sprint(a.Status, a.Profile[oktasync.ConnectedAttr], a.Profile[oktasync.ActiveAttr])
	if want := fmt.Sprint(status, connected, active); got != want {
		r.Errorf("account of %s: status, isSCIMConnected, isSCIMActive = %s, want %s", id, got, want)
	}
}

// logLines keeps what was logged.
type logLines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// each runs a test on both stores, beside others: these tests wait more than they compute.
func each(t *testing.T, test func(r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Parallel()
		test(newRig(t, s))
	})
}
