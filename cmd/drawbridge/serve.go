package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/errgroup"

	"drawbridge/bridge"
	"drawbridge/bridge/notify"
	"drawbridge/bridge/store"
	"drawbridge/bridge/traffic"
	"drawbridge/oktasync"
	"drawbridge/oktasync/okta"
	"drawbridge/scim"
	"drawbridge/scim/schema"
	"drawbridge/scim/scim1"
)

type serveCmd struct {
	databaseFlag
	oktaFlags
	trafficFlags
	notifyFlags
	Listen       string `help:"Address to listen on." default:"127.0.0.1:8080"`
	PublicURL    string `name:"public-url" help:"How customers reach this service, e.g. https://scim.vendor.example; by default as the request says." placeholder:"URL"`
	SyncSchedule string `help:"When to look for work besides wake-ups; cron syntax." default:"@every 30s"`
	Observe      bool   `help:"Read, plan and report everything; write nothing to Okta."`
	Migrate      bool   `help:"Bring PostgreSQL's schema up to date first."`
	Verbose      bool   `help:"Log more."`
}

// Run serves, e.g. drawbridge serve --database postgres://... --okta-org-url https://vendor.okta.com
func (c *serveCmd) Run(ctx context.Context, std streams) error {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	log := logger(std.err, level)
	channels, err := c.channels()
	if err != nil {
		return err
	}
	if c.Migrate {
		if err := (&migrateCmd{databaseFlag: c.databaseFlag}).Run(ctx, std); err != nil {
			return err
		}
	}
	s, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer s.Close()
	client, governor, err := c.client(std)
	if err != nil {
		return err
	}
	syncer, err := newSyncer(s, client, governor, c.SyncSchedule, c.Observe, log)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	watch, err := c.watch(s, log)
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	// The watch outlives the server: what the last requests told is stored too.
	watching, served := context.WithCancel(context.WithoutCancel(ctx))
	work.Go(func() error { return watch.Run(watching) })
	work.Go(func() error { return syncer.Run(ctx) })
	work.Go(func() error {
		return notify.New(notify.Options{Store: s, Channels: channels, Now: now, NewID: newID, Log: log}).Run(ctx)
	})
	work.Go(func() error {
		defer served()
		return listenAndServe(ctx, c.Listen, faces{s, c.PublicURL, now, log, watch}.routes(), func(addr string) {
			fmt.Fprintf(std.out, "drawbridge serves http://%s/scim/v2/{customer}\n", addr)
		})
	})
	return work.Wait()
}

// newSyncer wires the syncer of this process.
func newSyncer(s *store.Store, client *okta.Client, g *oktasync.Governor, schedule string, observe bool, log *slog.Logger) (*oktasync.Syncer, error) {
	host, _ := os.Hostname()
	return oktasync.New(oktasync.Options{
		Store: s, Org: client, Schedule: schedule, Holder: fmt.Sprintf("%s/%d/%s", host, os.Getpid(), newID()[24:]),
		Probe: func(ctx context.Context) error {
			_, err := client.Me(ctx)
			return err
		},
		RunDue: bridge.NewService(s, now, newID).RunDue,
		Guard:  client.IsAdmin, Records: client, Passwords: client, Buckets: g.Buckets, Observe: observe,
		Now: now, NewID: newID, Log: log,
	})
}

// routes is every route of the service with nobody watching the requests: neither limits nor a log of them.
func routes(s *store.Store, publicURL string, log *slog.Logger) http.Handler {
	return faces{store: s, publicURL: publicURL, now: now, log: log}.routes()
}

// faces is what the service shows to the outside.
type faces struct {
	store     *store.Store
	publicURL string
	now       func() time.Time
	log       *slog.Logger
	watch     *traffic.Watch // nil: nobody watches
}

// routes is every route of the service.
func (f faces) routes() http.Handler {
	r := chi.NewRouter()
	r.Handle("/scim/v2/*", f.scim("/scim/v2", func(o scim.Options) http.Handler { return scim.NewServer(o) }))
	r.Handle("/scim/v1/*", f.scim("/scim/v1", scim1.NewServer))
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	r.Get("/readyz", func(w http.ResponseWriter, r *http.Request) { ready(r.Context(), w, f.store, f.log) })
	return r
}

// scim is one version of the customer-facing face, watched if anybody watches.
func (f faces) scim(prefix string, version func(scim.Options) http.Handler) http.Handler {
	o := scim.Options{
		Authenticate: bridge.NewFace(f.store, f.now, newID, f.log).Authenticate,
		Types:        []*schema.ResourceType{schema.User(), schema.Group()}, Logger: f.log,
	}
	if f.publicURL != "" {
		o.BaseURL = func(_ *http.Request, tenant string) string { return f.publicURL + prefix + "/" + tenant }
	}
	if f.watch == nil {
		return http.StripPrefix(prefix, version(o))
	}
	o.Authenticate, o.Dropped = f.watch.Authenticate(o.Authenticate), f.watch.Dropped
	return http.StripPrefix(prefix, f.watch.Handler(version(o)))
}

// ready answers whether the store answers and its schema fits.
func ready(ctx context.Context, w http.ResponseWriter, s *store.Store, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := s.Fits(ctx); err != nil {
		log.WarnContext(ctx, "not ready", "error", err)
		answer(w, http.StatusServiceUnavailable, map[string]string{"status": "the store does not answer, or its schema does not fit"})
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ready"})
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (choose another address with --listen): %w", addr, err)
	}
	return l, nil
}
