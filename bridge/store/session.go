package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jmoiron/sqlx"
)

// session runs statements on one pool, each by itself or, with a transaction, within that. Statements are prepared once
// per pool: lib/pq needs two round trips for one that is not.
type session struct {
	store   *Store
	db      *sqlx.DB
	tx      *sqlx.Tx // nil: each statement by itself
	missed  []string // statements that the transaction ran unprepared
	written int      // statements that wrote, and their rows
}

// prepared is the key of a prepared statement.
type prepared struct {
	db    *sqlx.DB
	query string
}

// maxPrepared bounds the prepared statements: filters of an identity provider's making become statements too.
const maxPrepared = 256

func (s *Store) reading() *session { return &session{store: s, db: s.readers} }
func (s *Store) writing() *session { return &session{store: s, db: s.writer} }

// statement returns the prepared form of a query for this session, nil where it must run unprepared: within a
// transaction nothing can be prepared for the pool, whose only connection the transaction may hold.
func (c *session) statement(ctx context.Context, query string) (*sqlx.Stmt, error) {
	if c.tx == nil {
		return c.store.prepare(ctx, c.db, query)
	}
	if stmt, ok := c.store.lookUp(c.db, query); ok {
		return c.tx.StmtxContext(ctx, stmt), nil
	}
	c.missed = append(c.missed, query)
	return nil, nil
}

func (s *Store) lookUp(db *sqlx.DB, query string) (*sqlx.Stmt, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	stmt, ok := s.statements[prepared{db, query}]
	return stmt, ok
}

// prepare returns the prepared statement of a pool, nil when there are too many already.
func (s *Store) prepare(ctx context.Context, db *sqlx.DB, query string) (*sqlx.Stmt, error) {
	if stmt, ok := s.lookUp(db, query); ok {
		return stmt, nil
	}
	s.mu.RLock()
	full := len(s.statements) >= maxPrepared
	s.mu.RUnlock()
	if full {
		return nil, nil
	}
	stmt, err := db.PreparexContext(ctx, s.dialect.rebind(query))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := prepared{db, query}
	if first, ok := s.statements[key]; ok {
		stmt.Close()
		return first, nil
	}
	s.statements[key] = stmt
	return stmt, nil
}

// exec runs a statement and returns how many rows it changed.
func (c *session) exec(ctx context.Context, query string, args ...any) (int, error) {
	stmt, err := c.statement(ctx, query)
	if err != nil {
		return 0, err
	}
	var res sql.Result
	switch {
	case stmt != nil:
		res, err = stmt.ExecContext(ctx, args...)
	case c.tx != nil:
		res, err = c.tx.ExecContext(ctx, c.store.dialect.rebind(query), args...)
	default:
		res, err = c.db.ExecContext(ctx, c.store.dialect.rebind(query), args...)
	}
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	c.written += 1 + int(n)
	return int(n), err
}

// get scans the first row into dest, a pointer to a scalar or to a struct with db tags; false if there is none.
func (c *session) get(ctx context.Context, dest any, query string, args ...any) (bool, error) {
	stmt, err := c.statement(ctx, query)
	if err != nil {
		return false, err
	}
	switch {
	case stmt != nil:
		err = stmt.GetContext(ctx, dest, args...)
	case c.tx != nil:
		err = c.tx.GetContext(ctx, dest, c.store.dialect.rebind(query), args...)
	default:
		err = c.db.GetContext(ctx, dest, c.store.dialect.rebind(query), args...)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// each calls scan for every row of a result too large to keep.
func (c *session) each(ctx context.Context, query string, scan func(*sql.Rows) error, args ...any) error {
	stmt, err := c.statement(ctx, query)
	if err != nil {
		return err
	}
	var rows *sql.Rows
	if stmt != nil {
		rows, err = stmt.QueryContext(ctx, args...)
	} else {
		rows, err = c.db.QueryContext(ctx, c.store.dialect.rebind(query), args...)
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// list scans all rows into dest, a pointer to a slice.
func (c *session) list(ctx context.Context, dest any, query string, args ...any) error {
	stmt, err := c.statement(ctx, query)
	switch {
	case err != nil:
		return err
	case stmt != nil:
		return stmt.SelectContext(ctx, dest, args...)
	case c.tx != nil:
		return c.tx.SelectContext(ctx, dest, c.store.dialect.rebind(query), args...)
	}
	return c.db.SelectContext(ctx, dest, c.store.dialect.rebind(query), args...)
}
