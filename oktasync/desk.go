package oktasync

import (
	"sync"
	"time"

	"drawbridge/bridge"
)

// Desks for reconcilers. Together they are the calls in flight that Okta sees of us at most; some are kept for
// taking access away, so that a storm of creates cannot stand in front of a removal.
const (
	desks       = 10
	urgentDesks = 3
)

// desk counts the reconcilers at work; each user has one at most, so that its calls never overlap.
type desk struct {
	freed chan struct{} // signalled when a reconciler left

	mu    sync.Mutex
	users map[string]bool // at work; true: urgent
	plain int
	all   sync.WaitGroup
}

func newDesk() *desk { return &desk{freed: make(chan struct{}, 1), users: make(map[string]bool)} }

func urgent(d bridge.Due) bool { return d.Rank <= bridge.RankRevoke }

// room reports whether a desk is free for work of a rank: some are for urgent work alone.
func (k *desk) room(r bridge.Rank) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.seats(bridge.Due{Rank: r})
}

func (k *desk) seats(d bridge.Due) bool {
	return len(k.users) < desks && (urgent(d) || k.plain < desks-urgentDesks)
}

func (k *desk) busy() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	ids := make([]string, 0, len(k.users))
	for id := range k.users {
		ids = append(ids, id)
	}
	return ids
}

// take seats a reconciler, false if the user has one or the desks left are for urgent ones.
func (k *desk) take(d bridge.Due) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, at := k.users[d.UserID]
	if at || !k.seats(d) {
		return false
	}
	k.users[d.UserID] = urgent(d)
	if !urgent(d) {
		k.plain++
	}
	k.all.Add(1)
	return true
}

func (k *desk) leave(d bridge.Due) {
	k.mu.Lock()
	if !k.users[d.UserID] {
		k.plain--
	}
	delete(k.users, d.UserID)
	k.mu.Unlock()
	k.all.Done()
	select {
	case k.freed <- struct{}{}:
	default:
	}
}

// wait returns when nobody is at work.
func (k *desk) wait() { k.all.Wait() }

// rest remembers until when Okta's rate limit leaves no room, for urgent work and for the rest.
type rest struct {
	mu            sync.Mutex
	urgent, plain time.Time
}

func (r *rest) until(rank bridge.Rank) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rank <= bridge.RankRevoke {
		return r.urgent
	}
	return r.plain
}

func (r *rest) set(rank bridge.Rank, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rank <= bridge.RankRevoke {
		r.urgent = until
	}
	r.plain = until
}

// earliest returns when some work may go on, zero if none rests.
func (r *rest) earliest(now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.urgent.After(now) {
		return r.urgent
	}
	if r.plain.After(now) {
		return r.plain
	}
	return time.Time{}
}
