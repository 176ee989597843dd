package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
)

func TestOpenRefuses(t *testing.T) {
	for name, url := range map[string]string{
		"no scheme":          "drawbridge.db",
		"another database":   "mysql://u:sesame@h/d",
		"no file":            "sqlite:",
		"memory":             "sqlite::memory:",
		"a folder":           "sqlite:" + t.TempDir(),
		"a folder not there": "sqlite:" + filepath.Join(t.TempDir(), "none", "x.db"),
		"a broken URL":       "postgres://u:sesame%zz@h/d",
		"a broken port":      "postgres://u:sesame@h:port/d",
		"a broken parameter": "postgres://u:sesame@localhost/d?sslmode=sesame",
		"nobody there":       "postgres://u:sesame@localhost:1/d?connect_timeout=1",
		"a socket not there": "postgresql://u:sesame@/d?host=" + t.TempDir(),
	} {
		s, err := store.Open(t.Context(), url, store.Options{NewID: newID})
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
			continue
		}
		if strings.Contains(err.Error(), "sesame@") || strings.Contains(err.Error(), "u:sesame") {
			t.Errorf("%s: the error holds the password: %v", name, err)
		}
	}
	if _, err := store.Open(t.Context(), "sqlite:x.db", store.Options{}); err == nil {
		t.Error("opened without NewID")
	}
}

// TestOpenOddFile opens files whose names mean something in a URI, each for its owner alone.
func TestOpenOddFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"plain.db", "per%63cent.db", "a?mode=memory", "a#b.db", "ü b.db", "c&d=e.db"} {
		file := filepath.Join(dir, name)
		s := storetest.Open(t, "sqlite:"+file)
		if err := s.Migrate(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, side := range []string{"", "-wal", "-shm", "-requests", "-requests-wal", "-requests-shm"} {
			info, err := os.Stat(file + side)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if info.Mode().Perm() != 0o600 || info.Size() == 0 && side == "" {
				t.Errorf("%s%s has mode %v and %d bytes", name, side, info.Mode(), info.Size())
			}
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 6*6 {
		t.Errorf("%d files, %v; want 6 databases and their logs, with 2 side files each", len(entries), err)
	}
}

func TestFits(t *testing.T) {
	check := func(t *testing.T, s *store.Store) {
		wantMigrate := func(when string) {
			t.Helper()
			err := s.Fits(t.Context())
			if bridge.CodeOf(err) != bridge.Conflict || !strings.Contains(err.Error(), "drawbridge migrate") {
				t.Errorf("%s: %v, want advice to run `drawbridge migrate`", when, err)
			}
		}
		wantMigrate("an empty database")
		for range 2 {
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Fits(t.Context()); err != nil {
				t.Errorf("a migrated database: %v", err)
			}
		}
		versions := []struct {
			add  string
			fits bool
		}{{"1000", false}, {"0", true}}
		for _, v := range versions {
			// A newer binary's migration, and then none.
			if _, err := s.Exec(t.Context(), `DELETE FROM goose_db_version WHERE version_id >= 1000`); err != nil {
				t.Fatal(err)
			}
			if v.add != "0" {
				if _, err := s.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (`+v.add+`, TRUE)`); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Fits(t.Context()); (err == nil) != v.fits {
				t.Errorf("with migration %s of a newer binary: %v", v.add, err)
			}
		}
		if _, err := s.Exec(t.Context(), `DELETE FROM goose_db_version WHERE version_id > 0`); err != nil {
			t.Fatal(err)
		}
		wantMigrate("an older database")
	}
	t.Run("sqlite", func(t *testing.T) { check(t, storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))) })
	t.Run("postgres", func(t *testing.T) { check(t, storetest.Open(t, storetest.EmptyPostgresURL(t))) })
}

// TestMigrateTogether starts several replicas on an empty server: one migrates, and the others wait for it.
func TestMigrateTogether(t *testing.T) {
	url := storetest.EmptyPostgresURL(t)
	var wg sync.WaitGroup
	for range 3 {
		s := storetest.Open(t, url)
		wg.Go(func() {
			if err := s.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
			if err := s.Fits(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestLeaseByInjectedTime takes a lease over by the store's clock, which is SQLite's.
func TestLeaseByInjectedTime(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 6000, time.UTC)
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"), store.Options{NewID: newID, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	acquire := func(holder string, after time.Duration, ok bool, fence int64) {
		t.Helper()
		now = now.Add(after)
		l, got, err := s.AcquireLease(t.Context(), "sync", holder, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if got != ok || l.Fence != fence {
			t.Errorf("%s after %v: %v with fence %d, want %v with %d", holder, after, got, l.Fence, ok, fence)
		}
		if got && !l.Until.Equal(now.Add(time.Minute)) {
			t.Errorf("until %v, want a minute from %v", l.Until, now)
		}
	}
	acquire("one", 0, true, 1)
	acquire("two", 59*time.Second, false, 1)
	acquire("one", 0, true, 1)
	acquire("two", time.Minute-time.Microsecond, false, 1)
	acquire("two", time.Microsecond, true, 2)
	acquire("one", time.Second, false, 2)
	acquire("two", time.Hour, true, 2)
	acquire("one", time.Hour, true, 3)
}

// TestWakesAcrossReplicas wakes one replica by the write of another, also after its connection was lost.
func TestWakesAcrossReplicas(t *testing.T) {
	url := storetest.PostgresURL(t)
	here, there := storetest.Open(t, url), storetest.Open(t, url)
	wakes, err := here.Wakes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	woken := func(why string) {
		t.Helper()
		select {
		case <-wakes:
		case <-time.After(20 * time.Second):
			t.Fatalf("not woken by %s", why)
		}
	}
	there.Wake()
	woken("another replica")
	if _, err := there.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN "drawbridge_due"'`); err != nil {
		t.Fatal(err)
	}
	woken("the reconnect")
	there.Wake()
	woken("another replica after the reconnect")
}
