package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"drawbridge/bridge"
)

// Sizes of the pools. SQLite has one writer by its nature, and one of its readers does nothing but watch for the writes of other
// processes; PostgreSQL's connections are few because each write is one short statement.
const (
	defaultConns   = 16
	defaultReaders = 5
	connLife       = time.Hour
)

// Options configure a store. The zero value of each takes its default.
type Options struct {
	Now      func() time.Time // default: time.Now
	NewID    func() string    // makes the ids of events that the store itself records; required
	Logger   *slog.Logger     // default: discards
	MaxConns int              // connections of PostgreSQL, or readers of SQLite; default 16 and 5
}

// Store is the domain in a database. It is safe for concurrent use.
type Store struct {
	dialect dialect
	dsn     string // PostgreSQL's, for connections apart from the pool; holds the password: never logged
	writer  *sqlx.DB
	readers *sqlx.DB // PostgreSQL: the same as writer
	logged  *sqlx.DB // the log of requests; PostgreSQL: the same as writer
	now     func() time.Time
	newID   func() string
	log     *slog.Logger
	bell    *bell
	commits *commitQueue // of SQLite's writes
	grouped sync.Map     // ids of the customers of whom a user was seen in a group, as keys

	mu         sync.RWMutex
	statements map[prepared]*sqlx.Stmt
}

// Open connects to a store: "sqlite:FILE", created if it is not there, or "postgres://...". It neither creates nor checks
// the schema: see Migrate and Fits. No error holds the password.
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.NewID == nil {
		return nil, errors.New("store.Open: Options.NewID is missing")
	}
	s := &Store{now: o.Now, newID: o.NewID, log: o.Logger, statements: make(map[prepared]*sqlx.Stmt), commits: newCommitQueue()}
	if err := s.connect(ctx, databaseURL, o.MaxConns); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Store) connect(ctx context.Context, databaseURL string, conns int) error {
	if file, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		return s.openSQLite(ctx, file, conns)
	}
	if strings.HasPrefix(databaseURL, "postgres://") || strings.HasPrefix(databaseURL, "postgresql://") {
		return s.openPostgres(ctx, databaseURL, conns)
	}
	return refusal(bridge.Invalid, "the database must be given as sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME (--database)")
}

func (s *Store) openSQLite(ctx context.Context, file string, readers int) error {
	if file == "" || strings.HasPrefix(file, ":memory:") {
		return refusal(bridge.Invalid, "sqlite: needs the name of a file, such as sqlite:drawbridge.db")
	}
	s.dialect = sqlite
	if err := createOwn(file); err != nil {
		return err
	}
	var err error
	if s.writer, err = openFile(file, "FULL", "&_txlock=immediate"); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	if s.readers, err = openFile(file, "FULL", "&_query_only=1"); err != nil {
		s.writer.Close()
		return err
	}
	if s.logged, err = openRequestLog(file); err != nil {
		s.writer.Close()
		s.readers.Close()
		return err
	}
	if readers <= 0 {
		readers = defaultReaders
	}
	s.readers.SetMaxOpenConns(readers)
	s.readers.SetMaxIdleConns(readers)
	s.bell = newBell(wakePause, nil)
	return s.connected(ctx)
}

// createOwn creates a file that holds personal data, for its owner alone: SQLite gives its side files the same rights.
func createOwn(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return &bridge.Error{Code: bridge.Invalid, Message: "the database file cannot be opened; check the path and its rights", Err: err}
	}
	return f.Close()
}

// openFile opens a pool of connections to a file whose commits are as durable as synchronous says (sqlite.org/pragma.html). Each keeps
// 2 MB of pages in memory, SQLite's default. A reader forgets them all with every commit, and to fill memory anew that was given back
// takes longer than to read the pages: with 32 MB for each of many readers, a large database was read three times as slowly.
func openFile(file, synchronous, more string) (*sqlx.DB, error) {
	db, err := sqlx.Open("sqlite", "file:"+escapePath(file)+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous("+synchronous+")"+
		"&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)"+more)
	if err != nil {
		return nil, fmt.Errorf("open the SQLite file: %w", err)
	}
	return db, nil
}

// escapePath keeps the characters of a file name that mean something in SQLite's URI from doing so.
func escapePath(file string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(file)
}

func (s *Store) openPostgres(ctx context.Context, databaseURL string, conns int) error {
	u, err := url.Parse(databaseURL)
	if err != nil { // whose text repeats the URL, password included
		return refusal(bridge.Invalid, "the postgres:// URL cannot be read; percent-encode special characters in its password")
	}
	q := u.Query()
	for name, value := range sessionSettings() {
		if q.Get(name) == "" {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	s.dialect, s.dsn = postgres, u.String()
	if s.writer, err = sqlx.Open("postgres", s.dsn); err != nil {
		return refusal(bridge.Invalid, "the postgres:// URL has a parameter that cannot be used; check sslmode and the like")
	}
	if conns <= 0 {
		conns = defaultConns
	}
	s.writer.SetMaxOpenConns(conns)
	s.writer.SetMaxIdleConns(conns)
	s.writer.SetConnMaxLifetime(connLife)
	s.readers, s.logged = s.writer, s.writer
	notify, err := s.openNotifier()
	if err != nil {
		s.writer.Close()
		return err
	}
	s.bell = newBell(wakePause, notify)
	return s.connected(ctx)
}

// sessionSettings are what every connection to PostgreSQL is opened with. Left to itself, the planner plans whatever has a
// LIMIT anew each time, which takes longer than running it; the conditions of all partial indexes are literals, so that one
// plan serves all values. Compiling a plan to machine code takes longer than any of our statements runs.
func sessionSettings() map[string]string {
	return map[string]string{"application_name": "drawbridge", "plan_cache_mode": "force_generic_plan", "jit": "off"}
}

// connected makes the first connection, so that a wrong address shows at once.
func (s *Store) connected(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		s.Close()
		return err
	}
	return nil
}

// Embedded reports whether the database is a file of this machine rather than a server.
func (s *Store) Embedded() bool { return s.dialect == sqlite }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	for _, db := range s.pools() {
		if err := db.PingContext(ctx); err != nil {
			return fmt.Errorf("the database does not answer: %w", err)
		}
	}
	return nil
}

func (s *Store) pools() []*sqlx.DB {
	if s.readers == s.writer {
		return []*sqlx.DB{s.writer}
	}
	return []*sqlx.DB{s.writer, s.readers, s.logged}
}

// Close ends every connection. What Wakes returned stays silent from then on.
func (s *Store) Close() error {
	s.bell.close()
	s.mu.Lock()
	for _, stmt := range s.statements {
		stmt.Close()
	}
	clear(s.statements)
	s.mu.Unlock()
	var errs []error
	for _, db := range s.pools() {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}
