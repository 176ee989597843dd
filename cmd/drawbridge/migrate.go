package main

import (
	"context"
	"fmt"
	"log/slog"

	"drawbridge/bridge/store"
)

type migrateCmd struct{ databaseFlag }

// Run migrates, e.g. drawbridge migrate --database postgres://...
func (c *migrateCmd) Run(ctx context.Context, std streams) error {
	s, err := store.Open(ctx, c.Database, store.Options{Now: now, NewID: newID, Logger: logger(std.err, slog.LevelWarn)})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.out, "the schema is up to date")
	return err
}
