// Package storetest is the suite that every store must pass, and opens fresh stores for the tests of other packages.
package storetest

import (
	"testing"

	"github.com/google/uuid"

	"drawbridge/bridge/store"
)

// Each runs a test on a fresh store of either kind.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite opens a store in a file of the test's own.
func SQLite(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, SQLiteURL(t))
}

// Open opens the store at a URL, as a replica would, and closes it when the test ends. It has few connections: each costs PostgreSQL
// more than what a test does with it.
func Open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{NewID: newID, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
