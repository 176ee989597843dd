package main

import (
	"context"
	"database/sql"
	"errors"
)

// rows are the tables of the reference, and the statements that stand for the bare database: the least that a SCIM server
// with a queue behind it can keep.
type rows struct {
	pools
	kind                                      kind
	insertUser, insertBare, updateUser, queue *sql.Stmt
	byID, byName, list, count                 *sql.Stmt
}

const theCustomer = "11111111-1111-4111-8111-111111111111"

// schemaOf uses the types that people choose for such tables.
func schemaOf(k kind) []string {
	number, id, document := "INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT", "TEXT"
	if k == postgres {
		number, id, document = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "UUID", "JSONB"
	}
	return []string{
		`CREATE TABLE users (number ` + number + `, id ` + id + ` NOT NULL UNIQUE, customer ` + id + ` NOT NULL, user_name TEXT NOT NULL, doc ` + document + ` NOT NULL)`,
		`CREATE UNIQUE INDEX users_name ON users (customer, lower(user_name))`,
		`CREATE INDEX users_list ON users (customer, number)`,
		`CREATE TABLE queue (number ` + number + `, customer ` + id + ` NOT NULL, user_id ` + id + ` NOT NULL, kind TEXT NOT NULL)`,
	}
}

const (
	bareInsert = `INSERT INTO users (id, customer, user_name, doc) VALUES ($1, $2, $3, $4)`
	bareUpdate = `UPDATE users SET doc = $3 WHERE id = $1 AND customer = $2`
	enqueue    = `INSERT INTO queue (customer, user_id, kind) VALUES ($1, $2, $3)`

	// On PostgreSQL a write and its place in the queue are one statement.
	queuedInsert = `WITH u AS (` + bareInsert + ` RETURNING id, customer) INSERT INTO queue (customer, user_id, kind) SELECT customer, id, 'created' FROM u`
	queuedUpdate = `WITH u AS (` + bareUpdate + ` RETURNING id, customer) INSERT INTO queue (customer, user_id, kind) SELECT customer, id, 'updated' FROM u`

	selectByID   = `SELECT id, doc FROM users WHERE id = $1 AND customer = $2`
	selectByName = `SELECT id, doc FROM users WHERE customer = $1 AND lower(user_name) = lower($2)`
	selectPage   = `SELECT id, doc FROM users WHERE customer = $1 ORDER BY number LIMIT $2 OFFSET $3`
	selectCount  = `SELECT COUNT(*) FROM users WHERE customer = $1`
)

// openRows makes the tables in an empty database and prepares every statement.
func openRows(ctx context.Context, k kind, url string) (*rows, error) {
	p, err := k.open(url)
	if err != nil {
		return nil, err
	}
	r := &rows{pools: p, kind: k}
	if err := r.prepare(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return r, nil
}

func (r *rows) prepare(ctx context.Context) error {
	for _, statement := range schemaOf(r.kind) {
		if _, err := r.writer.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	insert, update := bareInsert, bareUpdate
	if r.kind == postgres {
		insert, update = queuedInsert, queuedUpdate
	}
	for _, s := range []struct {
		into  **sql.Stmt
		db    *sql.DB
		query string
	}{
		{&r.insertUser, r.writer, insert}, {&r.insertBare, r.writer, bareInsert}, {&r.updateUser, r.writer, update}, {&r.queue, r.writer, enqueue},
		{&r.byID, r.readers, selectByID}, {&r.byName, r.readers, selectByName}, {&r.list, r.readers, selectPage}, {&r.count, r.readers, selectCount},
	} {
		stmt, err := s.db.PrepareContext(ctx, s.query)
		if err != nil {
			return err
		}
		*s.into = stmt
	}
	return nil
}

func (r *rows) insert(ctx context.Context, id, name string, doc []byte) error {
	_, err := r.write(ctx, "created", id, r.insertUser, id, theCustomer, name, string(doc))
	return err
}

func (r *rows) update(ctx context.Context, id string, doc []byte) (found bool, err error) {
	return r.write(ctx, "updated", id, r.updateUser, id, theCustomer, string(doc))
}

// write runs a statement with its place in the queue: in one transaction where that takes two statements.
func (r *rows) write(ctx context.Context, what, id string, stmt *sql.Stmt, args ...any) (changed bool, err error) {
	if r.kind == postgres {
		return affected(stmt.ExecContext(ctx, args...))
	}
	tx, err := r.writer.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() // does nothing after the commit
	changed, err = affected(tx.StmtContext(ctx, stmt).ExecContext(ctx, args...))
	if err != nil || !changed {
		return false, err
	}
	if _, err := tx.StmtContext(ctx, r.queue).ExecContext(ctx, theCustomer, id, what); err != nil {
		return false, err
	}
	return true, tx.Commit()
}

func affected(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// stored is a user as the reference keeps it.
type stored struct {
	id  string
	doc []byte
}

// one reads a user; false if there is none.
func one(row *sql.Row) (u stored, found bool, err error) {
	err = row.Scan(&u.id, &u.doc)
	if errors.Is(err, sql.ErrNoRows) {
		return u, false, nil
	}
	return u, err == nil, err
}

func (r *rows) page(ctx context.Context, limit, offset int) ([]stored, error) {
	found, err := r.list.QueryContext(ctx, theCustomer, limit, offset)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var all []stored
	for found.Next() {
		var u stored
		if err := found.Scan(&u.id, &u.doc); err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, found.Err()
}
