package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/traffic"
	"drawbridge/oktasync/oktatest"
)

type demoCmd struct {
	Once         bool   `help:"End after the story; exit 1 if any step of it went wrong."`
	Database     string `help:"An empty database, sqlite:FILE or postgres://..., that is kept; by default a file that is gone afterwards." placeholder:"URL"`
	Listen       string `help:"Address to listen on; by default 127.0.0.1:8080 or, with --once, a free port." placeholder:"ADDR"`
	SyncSchedule string `help:"When to look for work besides wake-ups; cron syntax." default:"@every 30s"`
	Verbose      bool   `help:"Show the log of the service."`
}

// Run plays the story, e.g. drawbridge demo --once
func (c *demoCmd) Run(ctx context.Context, std streams) error {
	return c.stage(ctx, std, newWorld())
}

// stage runs the service between the simulated org and the story, and a plain bridge beside it.
func (c *demoCmd) stage(ctx context.Context, std streams, w world) error {
	log := slog.New(slog.DiscardHandler)
	if c.Verbose {
		log = logger(std.err, slog.LevelInfo)
	}
	s, database, discard, err := c.openEmpty(ctx, log)
	if err != nil {
		return err
	}
	defer discard()
	ctx, curtain := context.WithCancel(ctx)
	defer curtain()
	// The servers outlive the syncer, which finishes the calls that it has begun.
	serving, close := context.WithCancel(context.WithoutCancel(ctx))
	defer close()
	work, ctx := errgroup.WithContext(ctx)

	orgURL, err := serveInBackground(serving, work, "127.0.0.1:0", w.org)
	if err != nil {
		return err
	}
	flags := oktaFlags{OktaOrgURL: orgURL, OktaToken: demoOktaToken, OktaShare: 0.5}
	client, governor, err := flags.client(std)
	if err != nil {
		return err
	}
	syncer, err := newSyncer(s, client, governor, c.SyncSchedule, false, log)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	watch := traffic.New(traffic.Options{Store: s, Now: now, NewID: newID, Logger: log})
	base, err := serveInBackground(serving, work, c.address(), faces{s, "", w.clock.now, log, watch}.routes())
	if err != nil {
		return err
	}
	plainBase, err := servePlain(serving, work, w.plainOrg)
	if err != nil {
		return err
	}
	work.Go(func() error { return watch.Run(serving) })
	work.Go(func() error {
		defer close()
		return syncer.Run(ctx)
	})
	work.Go(func() error {
		defer curtain()
		st := newStory(std, w, client, s, base, plainBase)
		if err := st.tell(ctx); err != nil {
			return err
		}
		c.encore(ctx, st, invitation{okta: orgURL, database: database, kept: c.Database != "", program: program()})
		return nil
	})
	return work.Wait()
}

// encore says what to try next, as far as it will still be there, and leaves everything running until ctx ends unless it is for once.
func (c *demoCmd) encore(ctx context.Context, st *story, v invitation) {
	if !c.Once {
		st.invite(v)
	}
	if !c.Once || v.kept {
		st.lookNext(v)
	}
	if !c.Once {
		<-ctx.Done()
	}
}

func (c *demoCmd) address() string {
	switch {
	case c.Listen != "":
		return c.Listen
	case c.Once:
		return "127.0.0.1:0"
	}
	return "127.0.0.1:8080"
}

// openEmpty opens the demo's store. A database that holds customers is refused: synced with the simulated org, where none
// of their accounts exist, all of them would end up stuck.
func (c *demoCmd) openEmpty(ctx context.Context, log *slog.Logger) (s *store.Store, database string, discard func(), err error) {
	database, remove := c.Database, func() {}
	if database == "" {
		dir, err := os.MkdirTemp("", "drawbridge-demo-")
		if err != nil {
			return nil, "", nil, fmt.Errorf("the demo needs a temporary directory, or --database: %w", err)
		}
		database, remove = "sqlite:"+filepath.Join(dir, "demo.db"), func() { os.RemoveAll(dir) }
	}
	if s, err = store.Open(ctx, database, store.Options{Now: now, NewID: newID, Logger: log}); err != nil {
		remove()
		return nil, "", nil, err
	}
	discard = func() {
		s.Close()
		remove()
	}
	if err := prepareEmpty(ctx, s); err != nil {
		discard()
		return nil, "", nil, err
	}
	return s, database, discard, nil
}

// prepareEmpty brings the schema up to date, but not that of a database in use: hence the look before as well as after.
func prepareEmpty(ctx context.Context, s *store.Store) error {
	if all, err := s.Customers(ctx); err == nil && len(all) > 0 { // an error: there is no schema yet
		return errInUse()
	}
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	all, err := s.Customers(ctx)
	if err == nil && len(all) > 0 {
		return errInUse()
	}
	return err
}

func errInUse() error {
	return &bridge.Error{Code: bridge.Invalid, Err: errUsage,
		Message: "this database holds customers; the demo plays with an empty one, or with one of its own if --database is left out"}
}

// servePlain serves the plain bridge and its org, and returns the URL that the bridge answers at.
func servePlain(ctx context.Context, work *errgroup.Group, org *oktatest.Org) (string, error) {
	orgURL, err := serveInBackground(ctx, work, "127.0.0.1:0", org)
	if err != nil {
		return "", err
	}
	return serveInBackground(ctx, work, "127.0.0.1:0", plainBridge{orgURL}.routes())
}

// serveInBackground serves as part of work until ctx ends, and returns the URL that it answers at. Nobody is waited for in
// the end: the story is over by then.
func serveInBackground(ctx context.Context, work *errgroup.Group, addr string, h http.Handler) (string, error) {
	l, err := listen(ctx, addr)
	if err != nil {
		return "", err
	}
	srv := newServer(h)
	context.AfterFunc(ctx, func() { srv.Close() })
	work.Go(func() error {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return "http://" + l.Addr().String(), nil
}
