package traffic

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"drawbridge/bridge"
	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// Store is what the watch needs to be kept.
type Store interface {
	// AddRequests stores requests of any customers at once.
	AddRequests(ctx context.Context, requests []bridge.Request) error
	// PruneRequests deletes requests of a customer from before a time, about limit at once, and returns how many it deleted:
	// fewer than limit when none is left.
	PruneRequests(ctx context.Context, customerID string, before time.Time, limit int) (int, error)
	// AddTraffic adds what was seen of a customer to what is stored.
	AddTraffic(ctx context.Context, customerID string, seen bridge.Traffic) error
	Customers(ctx context.Context) ([]bridge.Customer, error)
}

// Options are what a Watch needs.
type Options struct {
	Store  Store            // required
	Now    func() time.Time // required
	NewID  func() string    // makes the ids of logged requests; required
	Logger *slog.Logger     // for failures of the log; nil discards
	// Proxies are those whose X-Forwarded-For is believed. Behind a proxy that is not among them all clients look like one,
	// which matters only for how long wrong tokens are slowed.
	Proxies []netip.Prefix
	Keep    time.Duration // how long requests are kept; at most zero means DefaultKeep
}

// DefaultKeep is how long requests are kept.
const DefaultKeep = 14 * 24 * time.Hour

// Watch watches requests. Its Handler, Authenticate and Dropped belong to one scim.Server; Run stores what they saw.
type Watch struct {
	now       func() time.Time
	proxies   []netip.Prefix
	limits    *limits
	wrong     *wrongTokens
	recorder  *recorder
	budget    budget
	exchanges *sync.Pool // of *exchange
}

// New returns a Watch.
func New(o Options) *Watch {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Keep <= 0 {
		o.Keep = DefaultKeep
	}
	pool := &sync.Pool{New: func() any { return new(exchange) }}
	return &Watch{
		now: o.Now, proxies: o.Proxies, limits: newLimits(), budget: newBudget(), wrong: newWrongTokens(), exchanges: pool,
		recorder: &recorder{
			store: o.Store, now: o.Now, newID: o.NewID, log: o.Logger, keep: o.Keep,
			queue: make(chan *exchange, queueLength), exchanges: pool, seen: make(map[string]*bridge.Traffic),
		},
	}
}

// Run stores what was seen until ctx ends, then what is left of it. Let ctx end when no request is served any more.
func (w *Watch) Run(ctx context.Context) error { return w.recorder.run(ctx) }

// Handler watches the requests to a scim.Server. It must see their paths as the server does.
func (w *Watch) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		x := w.exchanges.Get().(*exchange)
		x.begin(rw, r, w.now())
		x.address = clientAddress(r, w.proxies)
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
		if r.Body != nil && r.Body != http.NoBody {
			x.body.ReadCloser = r.Body
			r.Body = &x.body
		}
		defer w.end(x)
		next.ServeHTTP(&x.answer, r)
	})
}

// end hands the record on. Records of nobody's requests are not kept.
func (w *Watch) end(x *exchange) {
	now := w.now()
	x.took = now.Sub(x.at)
	if x.tried && x.status == http.StatusUnauthorized {
		w.wrong.failed(x.key, x.caller, now)
	}
	x.release()
	if x.caller.CustomerID == "" || x.unlogged || !w.budget.logs(x, now) || !w.recorder.put(x) {
		x.reset()
		w.exchanges.Put(x)
	}
}

// Authenticate wraps the authenticator of the server. A request beyond a limit is refused with 429 and Retry-After before
// anything but its credential was looked at.
func (w *Watch) Authenticate(next scim.Authenticator) scim.Authenticator {
	return func(ctx context.Context, slug, secret string) (scim.Tenant, error) {
		x, ok := ctx.Value(exchangeKey{}).(*exchange)
		if !ok || x.tried { // the operations of a bulk request come one by one; the request passed, and counts once
			return next(ctx, slug, secret)
		}
		x.key, x.tried = keyOf(x.address, slug, secret), true
		if v := w.wrong.check(x.key, w.now()); v.wait > 0 {
			x.caller = v.caller
			x.limit(v)
			return scim.Tenant{}, tooMany(v.wait, "this token was refused too often; stop sending it, and configure the one that is good")
		}
		tenant, err := next(ctx, slug, secret)
		if b, ok := tenant.Backend.(interface{ Caller() bridge.Caller }); ok {
			x.caller = b.Caller()
		} else if err != nil {
			return scim.Tenant{}, err
		}
		if v := w.limits.check(x.caller, w.now()); v.wait > 0 {
			x.limit(v)
			return scim.Tenant{}, tooMany(v.wait, "too many requests at once; send the same request again after the time in Retry-After")
		}
		if wait := x.caller.Deferred.Sub(w.now()); wait > 0 {
			return scim.Tenant{}, tooMany(min(wait, maxDefer), "the connection is paused by the vendor; send the same request again after the time in Retry-After")
		}
		return tenant, err
	}
}

// maxDefer is the longest Retry-After of a paused connection, which may go on sooner than was said.
const maxDefer = time.Hour

// verdict is what a limit says of a request.
type verdict struct {
	wait   time.Duration // until it may be tried again; zero: it may pass
	caller bridge.Caller // whose it is, where the limit knows
	hits   int64         // requests that it refused since the last one that was logged; zero: do not log this one
}

func tooMany(wait time.Duration, detail string) *scim.Error {
	return &scim.Error{Status: http.StatusTooManyRequests, Detail: detail, RetryAfter: max(wait, time.Second)}
}

// Dropped notes the names of attributes that no schema knows; it is a scim.Options.Dropped.
func (w *Watch) Dropped(ctx context.Context, _ *schema.ResourceType, names []string) {
	x, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return
	}
	for _, name := range names[:min(len(names), maxNames)] {
		x.dropped = append(x.dropped, name[:min(len(name), 2*maxName)]) // cut anew, and checked, where it is counted
	}
}
