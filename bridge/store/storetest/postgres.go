package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"drawbridge/bridge/store"
	"drawbridge/migrations"
)

// serverVariable names a PostgreSQL server that tests may make databases on.
const serverVariable = "DRAWBRIDGE_TEST_POSTGRES"

// templateLock is the advisory lock under which a process makes the template.
const templateLock = 0x64726177

// Postgres opens a store in a database of the test's own, which is dropped when the test ends.
func Postgres(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, PostgresURL(t))
}

// PostgresURL makes a database for the test, migrated, and returns its URL: for tests that open several stores on it.
//
// It is a copy of a template that the server keeps, one for each state of the migrations: migrating anew for each test
// would take most of the tests' time.
func PostgresURL(t testing.TB) string {
	t.Helper()
	server, admin := connect(t)
	template, err := makeTemplate(t.Context(), admin, server)
	if err != nil {
		t.Fatalf("make the template database: %v", err)
	}
	return makeDatabase(t, server, admin, copyOf(t, admin, template))
}

// EmptyPostgresURL makes an empty database for the test.
func EmptyPostgresURL(t testing.TB) string {
	t.Helper()
	server, admin := connect(t)
	return makeDatabase(t, server, admin, "")
}

// CopyPostgres makes a database for the test that is a copy of another one, to which nobody may be connected, and returns its URL.
func CopyPostgres(t testing.TB, of string) string {
	t.Helper()
	from, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	server, admin := connect(t)
	return makeDatabase(t, server, admin, copyOf(t, admin, strings.TrimPrefix(from.Path, "/")))
}

// copyOf are the options that make a database a copy of another one. PostgreSQL 15 logs every page of a copy unless it is told not to,
// which takes four times as long.
func copyOf(t testing.TB, admin *sqlx.DB, name string) string {
	t.Helper()
	var version int
	if err := admin.GetContext(t.Context(), &version, `SELECT current_setting('server_version_num')::int`); err != nil {
		t.Fatalf("ask for the version of PostgreSQL: %v", err)
	}
	options := ` TEMPLATE ` + pq.QuoteIdentifier(name)
	if version >= 150_000 {
		options += ` STRATEGY FILE_COPY`
	}
	return options
}

func connect(t testing.TB) (*url.URL, *sqlx.DB) {
	t.Helper()
	server := postgresServer(t)
	admin, err := sqlx.Open("postgres", server.String())
	if err != nil {
		t.Fatalf("%s: %v", serverVariable, err)
	}
	t.Cleanup(func() { admin.Close() })
	return server, admin
}

func makeDatabase(t testing.TB, server *url.URL, admin *sqlx.DB, options string) string {
	t.Helper()
	name := "drawbridge_test_" + strings.ReplaceAll(newID(), "-", "")
	if _, err := admin.ExecContext(t.Context(), `CREATE DATABASE `+pq.QuoteIdentifier(name)+options); err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(`DROP DATABASE ` + pq.QuoteIdentifier(name) + ` WITH (FORCE)`); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return inDatabase(server, name).String()
}

// postgresServer reads the variable, which holds a URL or key=value pairs.
func postgresServer(t testing.TB) *url.URL {
	t.Helper()
	dsn := os.Getenv(serverVariable)
	if dsn == "" {
		t.Fatalf("run `make test`, or set %s to a PostgreSQL server on which databases may be created", serverVariable)
	}
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		return u
	}
	c, err := pq.NewConfig(dsn)
	if err != nil {
		t.Fatalf("%s holds neither a postgres:// URL nor key=value pairs", serverVariable)
	}
	q := url.Values{"host": {c.Host}, "port": {strconv.Itoa(int(c.Port))}, "sslmode": {string(c.SSLMode)}}
	u := &url.URL{Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Path: "/" + c.Database, RawQuery: q.Encode()}
	return u
}

func inDatabase(server *url.URL, name string) *url.URL {
	u := *server
	u.Path = "/" + name
	return &u
}

// makeTemplate returns the name of a migrated database that nobody is connected to, and makes it if the server has none
// for these migrations. It gets its name last: a process that dies leaves no template that is half made.
func makeTemplate(ctx context.Context, admin *sqlx.DB, server *url.URL) (string, error) {
	name, err := templateName()
	if err != nil {
		return "", err
	}
	conn, err := admin.Connx(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, templateLock); err != nil {
		return "", err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, templateLock)
	var there bool
	if err := conn.GetContext(ctx, &there, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name); err != nil || there {
		return name, err
	}
	draft := "drawbridge_draft_" + strings.ReplaceAll(newID(), "-", "")
	if _, err := conn.ExecContext(ctx, `CREATE DATABASE `+pq.QuoteIdentifier(draft)); err != nil {
		return "", err
	}
	if err := migrate(ctx, inDatabase(server, draft).String()); err != nil {
		return "", err
	}
	_, err = conn.ExecContext(ctx, `ALTER DATABASE `+pq.QuoteIdentifier(draft)+` RENAME TO `+pq.QuoteIdentifier(name))
	return name, err
}

func migrate(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url, store.Options{NewID: newID})
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Migrate(ctx)
}

// templateName depends on every byte of the migrations.
func templateName() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrations.Postgres, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(migrations.Postgres, path)
		sum.Write([]byte(path))
		sum.Write(b)
		return err
	})
	return "drawbridge_template_" + hex.EncodeToString(sum.Sum(nil)[:8]), err
}
