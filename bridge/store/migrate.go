package store

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
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
	if s.dialect == postgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return migrate(ctx, goose.DialectPostgres, s.writer, files, goose.WithSessionLocker(locker))
	}
	if err := s.migrateRequestLog(ctx); err != nil {
		return err
	}
	return migrate(ctx, goose.DialectSQLite3, s.writer, files)
}

func migrate(ctx context.Context, kind goose.Dialect, db *sqlx.DB, files fs.FS, options ...goose.ProviderOption) error {
	provider, err := goose.NewProvider(kind, db.DB, files, append(options, goose.WithDisableGlobalRegistry(true))...)
	if err == nil {
		_, err = provider.Up(ctx)
	}
	if err != nil {
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
