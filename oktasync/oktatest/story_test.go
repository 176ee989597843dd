package oktatest

import (
	"net/url"
	"time"
)

const (
	annID  = "00uAnnAnnAnnAnnAnnA0"
	bobID  = "00uBobBobBobBobBobB0"
	teamID = "00gTeamTeamTeamTeam0"
)

func storyStart() time.Time { return time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC) }

// story writes a log by hand, one call a second, each of which takes 100 ms.
type story struct {
	at      time.Time
	entries []Entry
	users   map[string]*Snapshot
}

func newStory() *story {
	return &story{at: storyStart(), users: map[string]*Snapshot{}}
}

func (s *story) wait(d time.Duration) *story {
	s.at = s.at.Add(d)
	return s
}

// call adds an entry and lets a test bend it; the last change wins.
func (s *story) call(e Entry, bend ...func(*Entry)) *story {
	e.Seq = len(s.entries) + 1
	e.Token, e.Start, e.End, e.At = DefaultToken, s.at, s.at.Add(100*time.Millisecond), s.at.Add(50*time.Millisecond)
	e.Status, e.Applied, e.Answered, e.Bucket, e.Limit, e.Reset = 200, true, true, bucketUsers, 300, storyStart().Add(time.Minute)
	if e.UserID != "" {
		e.Before = s.users[e.UserID]
	}
	if e.After == nil {
		e.After = e.Before
	}
	for _, b := range bend {
		b(&e)
	}
	if e.UserID != "" {
		s.users[e.UserID] = e.After
	}
	s.entries = append(s.entries, e)
	return s.wait(time.Second)
}

func seenAs(id string, u *Snapshot) []Seen {
	return []Seen{{ID: id, Status: u.Status, Login: u.Login, ScimKey: u.ScimKey, ScimCustomer: u.ScimCustomer}}
}

// hand adds a change by hand.
func (s *story) hand(id string, to Snapshot) *story {
	return s.call(Entry{Op: "set_status", UserID: id, After: &to}, func(e *Entry) { e.Token, e.Answered = Hand, false })
}

// exists puts a user into the org by hand, without a marker.
func (s *story) exists(id, login string) *story {
	return s.hand(id, Snapshot{Status: StatusActive, Login: login})
}

func (s *story) create(id, key string, bend ...func(*Entry)) *story {
	u := &Snapshot{Status: StatusActive, StatusChanged: s.at, Login: key + "@x.example", ScimKey: key, ScimCustomer: "acme"}
	return s.call(Entry{
		Method: "POST", Path: "/api/v1/users", Op: "create", UserID: id, After: u, Seen: seenAs(id, u),
		Body: []byte(`{"profile":{"login":"` + key + `@x.example","scimKey":"` + key + `"}}`),
	}, bend...)
}

func (s *story) read(id string, bend ...func(*Entry)) *story {
	return s.call(Entry{Method: "GET", Path: "/api/v1/users/" + id, Op: "read", UserID: id, Seen: seenAs(id, s.users[id])}, bend...)
}

func (s *story) search(expr string, bend ...func(*Entry)) *story {
	return s.call(Entry{Method: "GET", Path: "/api/v1/users", Op: "list", Query: "search=" + url.QueryEscape(expr)}, bend...)
}

func (s *story) update(id, body string, bend ...func(*Entry)) *story {
	after := *s.users[id]
	e := Entry{Method: "POST", Path: "/api/v1/users/" + id, Op: "update", UserID: id, Body: []byte(body), After: &after}
	if key := e.sent("scimKey"); key != "" {
		after.ScimKey, after.ScimCustomer = key, "acme"
	}
	e.Seen = seenAs(id, &after)
	return s.call(e, bend...)
}

func (s *story) lifecycle(id, op, to string, bend ...func(*Entry)) *story {
	after := *s.users[id]
	after.Status, after.StatusChanged = to, s.at
	return s.call(Entry{Method: "POST", Path: "/api/v1/users/" + id + "/lifecycle/" + op, Op: op, UserID: id, After: &after}, bend...)
}

func (s *story) suspend(id string, bend ...func(*Entry)) *story {
	return s.lifecycle(id, "suspend", StatusSuspended, bend...)
}

func (s *story) deactivate(id string, bend ...func(*Entry)) *story {
	return s.lifecycle(id, "deactivate", StatusDeprovisioned, bend...)
}

// lost makes the answer of a call never arrive, although it was applied.
func lost(e *Entry) { e.Status, e.Answered, e.Seen = 0, false, nil }

// refused makes a call fail with the status.
func refused(status int) func(*Entry) {
	return func(e *Entry) { e.Status, e.Applied, e.Seen, e.After = status, false, nil, e.Before }
}
