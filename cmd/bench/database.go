package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	_ "github.com/lib/pq"
	_ "modernc.org/sqlite"
)

// serverVariable names the PostgreSQL server on which databases may be made.
const serverVariable = "DRAWBRIDGE_TEST_POSTGRES"

// poolSize is how many connections PostgreSQL gets from each side: what the service itself takes.
const poolSize = 16

// kind is a kind of database.
type kind string

const (
	postgres kind = "postgres"
	sqlite   kind = "sqlite"
)

func (k kind) String() string {
	if k == postgres {
		return "PostgreSQL"
	}
	return "SQLite"
}

// database is one that a side has to itself.
type database struct {
	kind kind
	url  string // as the service takes it
	drop func() error
}

// pools are the connections of a database: SQLite has one writer by its nature.
type pools struct{ writer, readers *sql.DB }

func (p pools) close() error {
	if p.writer == p.readers {
		return p.writer.Close()
	}
	return errors.Join(p.writer.Close(), p.readers.Close())
}

// open connects in the way that is fastest on this kind of database and as durable as the service is.
func (k kind) open(url string) (pools, error) {
	if k == postgres {
		db, err := sql.Open("postgres", url)
		if err != nil {
			return pools{}, err
		}
		db.SetMaxOpenConns(poolSize)
		db.SetMaxIdleConns(poolSize)
		return pools{db, db}, nil
	}
	file := "file:" + strings.TrimPrefix(url, "sqlite:") +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-32000)"
	writer, err := sql.Open("sqlite", file+"&_txlock=immediate")
	if err != nil {
		return pools{}, err
	}
	writer.SetMaxOpenConns(1)
	readers, err := sql.Open("sqlite", file+"&_query_only=1")
	if err != nil {
		return pools{}, errors.Join(err, writer.Close())
	}
	readers.SetMaxOpenConns(poolSize / 2)
	readers.SetMaxIdleConns(poolSize / 2)
	return pools{writer, readers}, nil
}

// newDatabase makes an empty database.
func (b *bench) newDatabase(ctx context.Context, k kind, name string) (database, error) {
	if k == sqlite {
		return database{kind: k, url: "sqlite:" + filepath.Join(b.dir, name+".db"), drop: func() error { return nil }}, nil
	}
	u, err := b.serverURL()
	if err != nil {
		return database{}, err
	}
	admin, err := sql.Open("postgres", u.String())
	if err != nil {
		return database{}, err
	}
	name = "drawbridge_bench_" + name + "_" + strings.ToLower(rand.Text()[:8])
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return database{}, errors.Join(fmt.Errorf("make a database on the server in %s: %w", serverVariable, err), admin.Close())
	}
	drop := func() error {
		_, err := admin.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
		return errors.Join(err, admin.Close())
	}
	u.Path = "/" + name
	return database{kind: k, url: u.String(), drop: drop}, nil
}

// serverURL reads the variable; errors never repeat it, since it may hold a password.
func (b *bench) serverURL() (*url.URL, error) {
	u, err := url.Parse(b.server)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return nil, fmt.Errorf("run `make bench`, or set %s to the postgres:// URL of a server on which databases may be made", serverVariable)
	}
	return u, nil
}

// durable returns the server's version. A server that may lose a commit is refused: its figures say nothing.
func (b *bench) durable(ctx context.Context) (version string, err error) {
	u, err := b.serverURL()
	if err != nil {
		return "", err
	}
	admin, err := sql.Open("postgres", u.String())
	if err != nil {
		return "", err
	}
	defer admin.Close()
	var fsync, commit, pages string
	const ask = `SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes')`
	if err := admin.QueryRowContext(ctx, ask).Scan(&version, &fsync, &commit, &pages); err != nil {
		return "", fmt.Errorf("ask the server in %s for its settings: %w", serverVariable, err)
	}
	if fsync != "on" || commit != "on" || pages != "on" {
		return "", fmt.Errorf("the server in %s has fsync=%s, synchronous_commit=%s, full_page_writes=%s: turn all three on (`make bench` starts such a server)",
			serverVariable, fsync, commit, pages)
	}
	return version, nil
}
