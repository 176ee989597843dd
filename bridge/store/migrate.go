package store

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"drawbridge/bridge"
	"drawbridge/migrations"
)

// Migrate brings the schema up to date. Several processes may do so at once: on PostgreSQL one waits for the other.
func (s *Store) Migrate(ctx context.Context) error {
	files, err := s.migrations()
	if err != nil {
		return err
	}
	kind, options := goose.DialectSQLite3, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if s.dialect == postgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		kind, options = goose.DialectPostgres, append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(kind, s.writer.DB, files, options...)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func (s *Store) migrations() (fs.FS, error) {
	if s.dialect == postgres {
		return fs.Sub(migrations.Postgres, "postgres")
	}
	return fs.Sub(migrations.SQLite, "sqlite")
}

const (
	schemaTable = `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`

	schemaTablePostgres = `SELECT COUNT(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('goose_db_version')`

	schemaVersion = `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`
)

// Fits reports whether the schema is the one this binary wants, or the one that the next binary wants: a binary and its
// successor both work on either's schema, so that replicas can be replaced one by one. It fails with Conflict.
func (s *Store) Fits(ctx context.Context) error {
	have, err := s.schemaVersion(ctx)
	if err != nil {
		return failed("read the version of the schema", err)
	}
	want, err := s.wantedVersion()
	if err != nil {
		return err
	}
	switch {
	case have < want:
		return refusal(bridge.Conflict, fmt.Sprintf("the database's schema has version %d and this program needs %d; run `drawbridge migrate`", have, want))
	case have > want+1:
		return refusal(bridge.Conflict, fmt.Sprintf("the database's schema has version %d and this program knows %d at most; run a newer version of Drawbridge", have, want+1))
	}
	return nil
}

// schemaVersion asks without the prepared statements, which would stand in the way of a change of the schema.
func (s *Store) schemaVersion(ctx context.Context) (int64, error) {
	var tables int
	if err := s.readers.GetContext(ctx, &tables, s.dialect.pick(schemaTable, schemaTablePostgres)); err != nil || tables == 0 {
		return 0, err
	}
	var have int64
	err := s.readers.GetContext(ctx, &have, schemaVersion)
	return have, err
}

// wantedVersion is the number of the last file.
func (s *Store) wantedVersion() (int64, error) {
	files, err := s.migrations()
	if err != nil {
		return 0, err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	var last int64
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s does not begin with its number: %w", name, err)
		}
		last = max(last, n)
	}
	return last, nil
}
