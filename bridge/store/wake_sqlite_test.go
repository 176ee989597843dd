package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"drawbridge/bridge/store/storetest"
)

// Two processes on one SQLite file: what one writes wakes the other.
func TestSQLiteWakesOtherProcesses(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "drawbridge.db")
	here, there := storetest.Open(t, url), storetest.Open(t, url)
	if err := here.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	wakes, err := here.Wakes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	quiet := time.NewTimer(time.Second)
	for woken := true; woken; {
		select {
		case <-wakes: // the first look, and what migrating wrote
		case <-quiet.C:
			woken = false
		}
	}
	if err := there.SetState(t.Context(), "test", "1"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-wakes:
	case <-time.After(30 * time.Second):
		t.Error("a write of another process woke nobody")
	}
}
