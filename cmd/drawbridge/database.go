package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"os/user"
	"time"

	"github.com/google/uuid"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

// databaseFlag is the store that a command works on.
type databaseFlag struct {
	Database string `help:"sqlite:FILE or postgres://...; by default sqlite:drawbridge.db." default:"sqlite:drawbridge.db" placeholder:"URL"`
}

// open opens the store and checks that its schema fits; SQLite's is brought up to date on the way.
func (d databaseFlag) open(ctx context.Context, log *slog.Logger) (*store.Store, error) {
	s, err := store.Open(ctx, d.Database, store.Options{Now: now, NewID: newID, Logger: log})
	if err != nil {
		return nil, err
	}
	if s.Embedded() {
		err = s.Migrate(ctx)
	} else {
		err = s.Fits(ctx)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// service opens the store and the use cases over it.
func (d databaseFlag) service(ctx context.Context, std streams) (*bridge.Service, *store.Store, error) {
	s, err := d.open(ctx, logger(std.err, slog.LevelWarn))
	if err != nil {
		return nil, nil, err
	}
	return bridge.NewService(s, now, newID), s, nil
}

func now() time.Time { return time.Now().UTC() }

// newID makes a UUID that grows with time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

func logger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// operator is whoever runs the command on this machine.
func operator() bridge.Actor {
	name := os.Getenv("USER")
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return bridge.Actor{Name: "support:" + name, Role: bridge.Operator}
}

// operatorAs is a person by name, or whoever runs the command where no name is given.
func operatorAs(name string) bridge.Actor {
	a := operator()
	if name != "" {
		a.Name = "support:" + name
	}
	return a
}

// printJSON prints one document.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
