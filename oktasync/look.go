package oktasync

import (
	"context"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

const (
	// calmFor is, by default, the least time between two looks at all ranks, unless one of them left somebody waiting: whoever is written again
	// and again is looked at once in it. Containments, revocations and restorations are looked for at every wake-up.
	calmFor = time.Second
	// firstLook is how many users a look reads; it doubles, up to mostLooks, as long as none of them has to wait for a desk.
	firstLook, mostLooks = 2 * desks, 16 * desks
)

// reach returns the least urgent rank that is to be looked for, false if none is. Who could not be helped yet is not read.
func (s *Syncer) reach(now time.Time) (bridge.Rank, bool) {
	switch {
	case !s.desk.room(bridge.RankRevoke) || s.rest.until(bridge.RankRevoke).After(now):
		return 0, false
	case !s.desk.room(bridge.RankLater) || s.rest.until(bridge.RankLater).After(now):
		return bridge.RankRevoke, true
	case time.Until(s.calm) > 0:
		return bridge.RankRestore, true
	}
	return bridge.RankLater, true
}

// look reads who is due with a rank up to most, at most limit of them, starts a reconciler for each while there are desks, and
// settles at once all those for whom there is nothing to do. It reports whether others may be due, and whether somebody waits
// for a desk.
func (s *Syncer) look(ctx context.Context, lease bridge.Lease, most bridge.Rank, limit int) (more, waiting bool, err error) {
	found, err := s.Store.DueUsers(ctx, s.Now(), most, limit, s.desk.busy())
	if err != nil {
		return false, false, err
	}
	var idle []bridge.Settlement
	for _, l := range found {
		if done, ok := s.idle(l); ok {
			idle = append(idle, done)
			continue
		}
		if !s.desk.take(l.Due) {
			waiting = true
			continue
		}
		go func() {
			defer s.desk.leave(l.Due)
			s.reconcile(ctx, lease, l.Due)
		}()
	}
	if len(idle) > 0 {
		err = s.Store.Settle(ctx, idle)
	}
	return len(found) == limit, waiting, err
}

// idle returns how the mark of a user is settled for whom there is nothing to do, false if there is something.
func (s *Syncer) idle(l bridge.Look) (bridge.Settlement, bool) {
	if l.Err != nil { // its reconciler meets the same and says so
		return bridge.Settlement{}, false
	}
	j := &job{Syncer: s, due: l.Due}
	j.know(l.Subject)
	e, ok := j.rests(policy.Decide(j.Facts(s.Now())))
	return j.settlement(e), ok
}

// rests returns how a reconciliation ends that neither reads, writes nor records anything, false if it does: whatever a step may
// do is ruled out here, because those who rest are settled without one.
func (j *job) rests(d policy.Decision) (end, bool) {
	e := end{over: true, settle: true, at: d.At}
	switch {
	case j.Customer.State == bridge.Deleted: // its accounts are left as they are
		return end{over: true, settle: true}, true
	case j.Customer.Frozen():
		return end{over: true, at: j.Now().Add(idleRetry)}, j.Open == nil && !j.unproven()
	case j.waiting(): // whoever is accepted is marked anew
		return end{over: true, settle: true}, !(j.unproven() || j.locking(d))
	case j.Customer.State == bridge.Off, j.Customer.State == bridge.Paused:
		return end{over: true, at: j.Now().Add(idleRetry)}, !j.locking(d)
	case j.Open != nil, j.mustRead(d), j.unproven(), j.owesPin(), j.owesChanges(), j.converts():
		return end{}, false
	case d.Act == policy.Keep:
		return e, !j.owesSessions() && !j.unread() && j.Link.AppliedVersion >= j.User.Version && len(j.diff()) == 0
	case d.Act != policy.Leave:
		return end{}, false
	}
	switch d.Code {
	case policy.LoginInvalid, policy.LoginNotVerified, policy.LoginTaken, policy.ForeignAccount, policy.ProtectedAccount:
		return end{}, false
	case policy.WaitingForAnswer:
		return end{over: true, at: j.Now().Add(idleRetry)}, true
	case policy.NeverLinked:
		return e, j.Link == nil
	}
	return e, true
}

// locking reports whether a person's lock, or its end, has a next step: that goes on where the connection rests.
func (j *job) locking(d policy.Decision) bool {
	if j.Contained.IsZero() && !j.Unlocked || j.Link == nil {
		return false
	}
	return j.Open != nil || d.Act.Revokes() || d.Act.Restores() || j.unread() || j.owesSessions()
}

// settlement is the end of a reconciliation that has neither failed nor anything to tell. The mark of somebody whom a disconnect has
// yet to release is kept: the release takes its place, or, if the disconnect is undone before, what it was made for is due again.
func (j *job) settlement(e end) bridge.Settlement {
	if e.settle && j.Customer.State == bridge.Disconnecting && j.User.Connected {
		e = end{at: j.Now().Add(releaseRetry)}
	}
	return bridge.Settlement{Due: j.due, Next: e.at, Pending: !e.settle}
}
