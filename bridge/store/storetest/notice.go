package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

// aNotice is one that nobody was told of yet.
func (f *fixture) aNotice(subject string, age time.Duration) bridge.Notice {
	at := f.now.Add(-age)
	return bridge.Notice{
		ID: newID(), CustomerID: f.customer.ID, Subject: subject, Kind: bridge.NoticeHold, Severity: bridge.Critical,
		Text: []string{"acme: \"removals\" wait", "and more"}, Created: at, Due: at,
	}
}

func (f *fixture) raise(n bridge.Notice, want bool) {
	f.Helper()
	raised, err := f.RaiseNotice(f.ctx(), n)
	f.must(err)
	if raised != want {
		f.Errorf("raised %s: %t, want %t", n.Subject, raised, want)
	}
}

func (f *fixture) wantNotices(want ...bridge.Notice) {
	f.Helper()
	got, err := f.LiveNotices(f.ctx())
	f.must(err)
	for i := range got {
		if len(got[i].Owed) == 0 {
			got[i].Owed = nil
		}
	}
	if diff := cmp.Diff(append([]bridge.Notice{}, want...), got); diff != "" {
		f.Errorf("live notices (-want +got):\n%s", diff)
	}
}

func testNotices(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	n, org := f.aNotice("hold:1", 0), f.aNotice("outage:1", time.Minute)
	org.CustomerID = ""
	f.raise(n, true)
	f.raise(org, true)
	f.raise(f.aNotice("hold:1", 0), false)
	f.wantNotices(org, n)

	change := func(customerID string, n bridge.Notice, want bool, change func(*bridge.Notice) bool) {
		t.Helper()
		changed, err := s.ChangeNotice(f.ctx(), customerID, n.ID, change)
		f.must(err)
		if changed != want {
			t.Errorf("changed: %t, want %t", changed, want)
		}
	}
	never := func(*bridge.Notice) bool { t.Error("another customer's notice is changed"); return true }
	change("", n, false, never)
	change("none", n, false, never)
	change(n.CustomerID, n, false, func(n *bridge.Notice) bool { n.Text = nil; return false })
	n.Text, n.Severity, n.Sends, n.LastSent, n.Due = []string{"other"}, bridge.Warning, 3, f.now.Add(time.Second), f.now.Add(time.Minute)
	n.Owed, n.Acknowledged, n.AcknowledgedBy = []string{"#1 (slack)", "x"}, f.now, "support:test"
	change(n.CustomerID, n, true, func(kept *bridge.Notice) bool { *kept = n; return true })
	f.wantNotices(org, n)

	// Closed it stays while it is still to be told, beside another one of its subject.
	n.Closed = f.now.Add(time.Hour)
	change(n.CustomerID, n, true, func(kept *bridge.Notice) bool { *kept = n; return true })
	next := f.aNotice("hold:1", -time.Hour)
	f.raise(next, true)
	f.wantNotices(org, n, next)
	change(n.CustomerID, n, true, func(kept *bridge.Notice) bool { kept.Due = time.Time{}; return true })
	f.wantNotices(org, next)
}

// testNoticeIsTakenOnOnce lets several processes raise and take on the same notice at once.
func testNoticeIsTakenOnOnce(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	var raised, begun atomic.Int32
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			n := f.aNotice("hold:1", 0)
			ok, err := s.RaiseNotice(f.ctx(), n)
			if err != nil {
				t.Error(err)
			}
			if ok {
				raised.Add(1)
			}
			live, err := s.LiveNotices(f.ctx())
			if err != nil || len(live) != 1 {
				t.Errorf("%d live notices, %v", len(live), err)
				return
			}
			mine, err := s.ChangeNotice(f.ctx(), live[0].CustomerID, live[0].ID, func(kept *bridge.Notice) bool {
				return kept.Begin(f.now, []string{"a"})
			})
			if err != nil {
				t.Error(err)
			}
			if mine {
				begun.Add(1)
			}
		})
	}
	work.Wait()
	if raised.Load() != 1 || begun.Load() != 1 {
		t.Errorf("raised %d times, taken on %d times; want once each", raised.Load(), begun.Load())
	}
}
