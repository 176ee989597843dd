package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

// testDueSubjects reads several users at once, of two customers, and compares each with what is read of it alone.
func testDueSubjects(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	linked, busy := f.add("anna"), f.add("bert")
	gone := f.put(f.deleted(f.add("carl")))
	foreign := other.add("anna")
	f.must(s.SaveLink(f.ctx(), bridge.Link{
		UserID: linked.ID, CustomerID: f.customer.ID, LoginKey: "anna@acme.example", OktaID: "00u1", Status: "ACTIVE", Applied: map[string]any{"login": "a"}, Read: f.now,
	}, nil))
	lease, _, err := s.AcquireLease(f.ctx(), "okta", "x", time.Minute)
	f.must(err)
	f.must(s.BeginIntent(f.ctx(), bridge.Intent{
		ID: newID(), CustomerID: f.customer.ID, UserID: busy.ID, Kind: "create", State: bridge.IntentSent, Version: 1, Epoch: 1, Sent: f.now, Deadline: f.now,
	}, lease))
	found, err := s.DueUsers(f.ctx(), other.now, bridge.RankLater, 100, nil)
	f.must(err)
	want := map[string]bridge.Subject{
		gone.ID: f.subject(gone.ID), linked.ID: f.subject(linked.ID), busy.ID: f.subject(busy.ID), foreign.ID: other.subject(foreign.ID),
	}
	got := map[string]bridge.Subject{}
	for _, l := range found {
		if got[l.Due.UserID] = l.Subject; l.Err != nil || l.Subject.Due == nil || l.Due != *l.Subject.Due {
			t.Errorf("mark %+v with subject %+v, error %v", l.Due, l.Subject, l.Err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("subjects of the due (-each by itself +together):\n%s", diff)
	}
	if got[linked.ID].Link == nil || got[busy.ID].Open == nil {
		t.Error("a link or an open call is missing")
	}
	for most, n := range map[bridge.Rank]int{bridge.RankContain: 0, bridge.RankRevoke: 1, bridge.RankRestore: 1, bridge.RankCreate: 4} {
		if found, err = s.DueUsers(f.ctx(), other.now, most, 100, nil); err != nil || len(found) != n {
			t.Errorf("%d are due up to rank %s, error %v; want %d", len(found), most, err, n)
		}
	}
}

// testSettleMany settles several marks at once, some of which are not those any more that were read.
func testSettleMany(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	written, marked, done, later, pending := f.add("written"), f.add("marked"), f.add("done"), f.add("later"), f.add("pending")
	stranger := other.add("done")
	f.must(s.Postpone(f.ctx(), *f.due(pending.ID), f.now.Add(-time.Minute), 3, "login_taken", nil))
	found, err := s.DueUsers(f.ctx(), other.now, bridge.RankLater, 100, nil)
	f.must(err)
	next := f.now.Add(time.Hour)
	var settled []bridge.Settlement
	for _, l := range found {
		d := l.Due
		switch d.UserID {
		case later.ID:
			settled = append(settled, bridge.Settlement{Due: d, Next: next})
		case pending.ID:
			settled = append(settled, bridge.Settlement{Due: d, Next: next, Pending: true})
		case stranger.ID:
			d.CustomerID = f.customer.ID
			settled = append(settled, bridge.Settlement{Due: d})
		default:
			settled = append(settled, bridge.Settlement{Due: d})
		}
	}
	if len(settled) != 6 {
		t.Fatalf("%d are due, want 6", len(settled))
	}
	written.Version++
	f.put(f.write(written, bridge.EventUserUpdated, bridge.RankCreate, 0, 0)) // the mark differs in its version alone
	f.must(s.MarkDue(f.ctx(), f.customer.ID, marked.ID, bridge.RankCreate, f.now))
	want := map[string]*bridge.Due{
		"written": f.due(written.ID), "marked": f.due(marked.ID), "done": nil, "stranger": other.due(stranger.ID),
		"later":   {UserID: later.ID, CustomerID: f.customer.ID, Rank: bridge.RankLater, At: next, Version: 1},
		"pending": {UserID: pending.ID, CustomerID: f.customer.ID, Rank: bridge.RankCreate, At: next, Version: 1, Attempts: 3},
	}
	f.must(s.Settle(f.ctx(), settled))
	got := map[string]*bridge.Due{
		"written": f.due(written.ID), "marked": f.due(marked.ID), "done": f.due(done.ID), "stranger": other.due(stranger.ID),
		"later": f.due(later.ID), "pending": f.due(pending.ID),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("marks after they were settled together (-want +got):\n%s", diff)
	}
	f.must(s.Settle(f.ctx(), nil))
}
