package oktasync

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/bridge"
)

// queue is as much of a store as looks for work need, with users for whom there is never anything to do.
type queue struct {
	Store

	mu      sync.Mutex
	marks   map[string]bridge.Due
	looks   []bridge.Rank  // how far each look went
	settled map[string]int // how often each user was
}

func (q *queue) mark(id string, r bridge.Rank) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.marks[id] = bridge.Due{UserID: id, Rank: r, At: time.Now()}
}

func (q *queue) has(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, ok := q.marks[id]
	return ok
}

// times returns how often a user was settled.
func (q *queue) times(id string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.settled[id]
}

// seen returns how far the last look went, how many there were, and how many marks are left.
func (q *queue) seen() (last bridge.Rank, looks, left int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.looks[len(q.looks)-1], len(q.looks), len(q.marks)
}

func (q *queue) DueUsers(_ context.Context, now time.Time, most bridge.Rank, limit int, _ []string) ([]bridge.Look, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.looks = append(q.looks, most)
	var found []bridge.Look
	for _, d := range q.marks {
		if d.Rank <= most && !d.At.After(now) {
			user := bridge.User{ID: d.UserID, Doc: []byte("{}")}
			found = append(found, bridge.Look{Due: d, Subject: bridge.Subject{User: user, Customer: bridge.Customer{State: bridge.Live}, Due: &d}})
		}
	}
	slices.SortFunc(found, func(a, b bridge.Look) int { return cmp.Compare(a.Due.Rank, b.Due.Rank) })
	return found[:min(limit, len(found))], nil
}

func (q *queue) Settle(_ context.Context, settled []bridge.Settlement) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range settled {
		delete(q.marks, m.Due.UserID)
		q.settled[m.Due.UserID]++
	}
	return nil
}

func (q *queue) NextDue(context.Context, time.Time) (time.Time, bool, error) {
	return time.Time{}, false, nil
}

// looking runs do beside a syncer that looks for work in a queue; wake wakes it and waits until it has nothing to do.
func looking(t *testing.T, do func(s *Syncer, q *queue, wake func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		q := &queue{marks: map[string]bridge.Due{}, settled: map[string]int{}}
		s, err := New(Options{Store: q, Schedule: "@every 1h", Now: time.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
		if err != nil {
			t.Fatal(err)
		}
		wakes := make(chan struct{}, 1)
		ctx, stop := context.WithCancel(t.Context())
		var working sync.WaitGroup
		working.Go(func() { s.work(ctx, bridge.Lease{}, wakes) })
		synctest.Wait()
		do(s, q, func() {
			wakes <- struct{}{}
			synctest.Wait()
		})
		stop()
		working.Wait()
	})
}

// TestLook_UpdatesAreGathered: whoever is written again and again is looked at once a second. A removal, a restoration and a
// containment are looked at when they come.
func TestLook_UpdatesAreGathered(t *testing.T) {
	looking(t, func(_ *Syncer, q *queue, wake func()) {
		time.Sleep(calmFor) // the clock of the bubble: since the first look
		for range 40 {
			q.mark("updated", bridge.RankUpdate)
			for id, r := range map[string]bridge.Rank{"contained": bridge.RankContain, "removed": bridge.RankRevoke, "restored": bridge.RankRestore} {
				q.mark(id, r)
				wake()
				if q.has(id) {
					t.Fatalf("%s waits", id)
				}
			}
			time.Sleep(70 * time.Millisecond) // never when a second is over: which of the two came first would be anybody's guess
		}
		if n := q.times("updated"); n != 3 {
			t.Errorf("who was updated without end was looked at %d times in 2.8 s, want 3", n)
		}
		time.Sleep(calmFor)
		synctest.Wait()
		if q.has("updated") {
			t.Error("the last update is forgotten, although nothing more comes")
		}
	})
}

// TestLook_NothingThatCannotBeSent: while Okta's limit leaves no room, or no desk is free, only what takes access away is read,
// and not even that while there is no room for it either.
func TestLook_NothingThatCannotBeSent(t *testing.T) {
	looking(t, func(s *Syncer, q *queue, wake func()) {
		time.Sleep(calmFor)
		s.rest.set(bridge.RankUpdate, time.Now().Add(time.Minute))
		q.mark("restored", bridge.RankRestore)
		q.mark("removed", bridge.RankRevoke)
		wake()
		last, looks, left := q.seen()
		if last != bridge.RankRevoke || left != 1 || !q.has("restored") {
			t.Errorf("without room the look went up to %s, and %d marks are left; want the restoration alone", last, left)
		}
		s.rest.set(bridge.RankRevoke, time.Now().Add(time.Minute))
		q.mark("removed", bridge.RankRevoke)
		wake()
		if _, n, _ := q.seen(); n != looks {
			t.Error("there was a look while nothing at all could be sent")
		}
		time.Sleep(time.Minute + time.Millisecond)
		synctest.Wait()
		if _, _, left := q.seen(); left != 0 {
			t.Errorf("%d marks are left when there is room again", left)
		}
		for i := range desks - urgentDesks {
			s.desk.take(bridge.Due{UserID: string(rune('a' + i)), Rank: bridge.RankUpdate})
		}
		q.mark("removed", bridge.RankRevoke)
		wake()
		if last, _, _ := q.seen(); last != bridge.RankRevoke || q.has("removed") {
			t.Errorf("without a plain desk the look went up to %s; the removal waits: %v", last, q.has("removed"))
		}
		for i := range desks - urgentDesks {
			s.desk.leave(bridge.Due{UserID: string(rune('a' + i)), Rank: bridge.RankUpdate})
		}
	})
}

// TestLook_ManyAtOnce: those for whom there is nothing to do are settled by the hundred.
func TestLook_ManyAtOnce(t *testing.T) {
	looking(t, func(_ *Syncer, q *queue, wake func()) {
		for i := range 1000 {
			q.mark(string(rune(0x4e00+i)), bridge.RankUpdate)
		}
		time.Sleep(calmFor)
		wake()
		if _, looks, left := q.seen(); left != 0 || looks > 10 {
			t.Errorf("%d marks are left after %d looks, want none after 10 at most", left, looks)
		}
	})
}
