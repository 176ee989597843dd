package store

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"

	"drawbridge/migrations"
)

// On SQLite the log of requests is a file of its own beside the database's. Every commit makes each reader of its file forget the pages
// it has read, and the log commits as long as requests come; and whoever writes does not wait for it.

// requestFile is the file of the log beside a database's.
func requestFile(file string) string { return file + "-requests" }

// openRequestLog opens it. What its last commits held may be lost with the machine, though not with the process: it is a log that may
// miss requests.
func openRequestLog(file string) (*sqlx.DB, error) {
	log := requestFile(file)
	if err := createOwn(log); err != nil {
		return nil, err
	}
	db, err := openFile(log, "NORMAL", "&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(2) // one writes, one reads
	return db, nil
}

// requestLog runs statements on the log: on PostgreSQL in the transaction of c, on SQLite by themselves.
func (c *session) requestLog() *session {
	if c.store.dialect == postgres {
		return c
	}
	return &session{store: c.store, db: c.store.logged}
}

const (
	oldLogTable = `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'requests'`

	mainFile = `SELECT file FROM pragma_database_list WHERE name = 'main'`

	attachOld = `ATTACH DATABASE ? AS old`

	moveRequests = `INSERT OR IGNORE INTO main.requests (` + requestColumns + `) SELECT ` + requestColumns + ` FROM old.requests`

	detachOld = `DETACH DATABASE old`
)

// migrateRequestLog brings the log's own schema up to date, and copies what lies in the database itself, where the log was once; the
// database's migration then drops it there.
func (s *Store) migrateRequestLog(ctx context.Context) error {
	files, err := fs.Sub(migrations.SQLiteRequests, "sqlite_requests")
	if err != nil {
		return err
	}
	if err := migrate(ctx, goose.DialectSQLite3, s.logged, files); err != nil {
		return err
	}
	var old int
	if err := s.writer.GetContext(ctx, &old, oldLogTable); err != nil || old == 0 {
		return failed("look for an older log of requests", err)
	}
	return failed("move the log of requests", s.moveRequestLog(ctx))
}

func (s *Store) moveRequestLog(ctx context.Context) error {
	var file string
	if err := s.writer.GetContext(ctx, &file, mainFile); err != nil {
		return err
	}
	conn, err := s.logged.Connx(ctx) // a database is attached to a connection
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, attachOld, file); err != nil {
		return fmt.Errorf("attach the database: %w", err)
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), detachOld)
	_, err = conn.ExecContext(ctx, moveRequests)
	return err
}
