package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
)

// TestRequestFile_LeavesReadersAlone: the log's commits are none of the database's, whose readers would read their pages anew.
func TestRequestFile_LeavesReadersAlone(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "one.db"), store.Options{NewID: newID, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := newLogged(t, s, "acme")
	changes := func() int64 {
		n, err := s.Changes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := changes()
	if err := s.AddRequests(t.Context(), []bridge.Request{l.request(0, 200, "")}); err != nil {
		t.Fatal(err)
	}
	if after := changes(); after != before {
		t.Errorf("a commit of the log made the readers forget their pages")
	}
	newLogged(t, s, "beta")
	if changes() == before {
		t.Error("a commit to the database was not seen: this test shows nothing")
	}
}

// TestRequestFile_OldLogMovesAlong: an upgrade takes along what was logged in the database itself, also one that was cut short and is
// done again.
func TestRequestFile_OldLogMovesAlong(t *testing.T) {
	s := storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "old 'log'.db"))
	want := bridge.Request{
		ID: newID(), CustomerID: newID(), At: time.Now().UTC().Truncate(time.Microsecond), Method: "GET", Path: "/Users", Status: 200, Token: "idp", Body: "a", Answer: "b",
	}
	if err := s.OldLog(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := s.CopyOldLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Requests(t.Context(), want.CustomerID, bridge.RequestFilter{MaxStatus: 999, Limit: 10})
	if diff := cmp.Diff([]bridge.Request{want}, got); diff != "" || err != nil {
		t.Errorf("after the upgrade: %v, (-want +got):\n%s", err, diff)
	}
	if err := s.Fits(t.Context()); err != nil {
		t.Error(err)
	}
}
