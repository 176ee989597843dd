package bridge

import (
	"context"
	"slices"
	"time"
)

// NoticeKind is what a notice is about.
type NoticeKind string

// The kinds of notices.
const (
	NoticeHold       NoticeKind = "hold"       // removals of a customer wait for an answer
	NoticeLogins     NoticeKind = "logins"     // changes of a customer's logins wait for an answer
	NoticeOutage     NoticeKind = "outage"     // Okta does not answer
	NoticeDisconnect NoticeKind = "disconnect" // a disconnect does not come to its end
	NoticeRestore    NoticeKind = "restore"    // customers wait for an approval after a restore
)

// Severity says how much a notice matters.
type Severity string

// The severities of notices, in the words of PagerDuty's events.
const (
	Critical Severity = "critical"
	Warning  Severity = "warning"
)

// How often people are told of a notice, and how long whoever took it on has for telling them.
const (
	secondRound = 15 * time.Minute // after the first
	thirdRound  = time.Hour        // after the first
	laterRounds = 4 * time.Hour
	roundLasts  = 30 * time.Second
	lastWordFor = time.Hour
)

// Notice is something that people are told of, in rounds: at once, after 15 and 60 minutes, then every 4 hours, until somebody
// acknowledges it or its cause is gone; then they are told once more, that it is over. Whoever tells takes the notice on for 30
// seconds by Begin and says by Finish whom it did not reach. If it dies in between another one begins again: somebody may be told
// twice, nobody never.
type Notice struct {
	ID             string
	CustomerID     string // empty: about the whole org
	Subject        string // what it is about, such as hold:<id>; one notice of a subject is open at most
	Kind           NoticeKind
	Severity       Severity
	Text           []string // lines, the first of them the title; no names or addresses of people
	Created        time.Time
	Sends          int       // rounds begun
	LastSent       time.Time // when the last of them was; zero: none yet
	Due            time.Time // when to tell next; zero: all is told
	Owed           []string  // who is still to be told in the last round
	Acknowledged   time.Time // zero: by nobody
	AcknowledgedBy string
	Closed         time.Time // when its cause was gone; zero: open
}

// Begin takes on what is to be told at now; false if nothing is. A new round is owed to everyone in audience.
func (n *Notice) Begin(now time.Time, audience []string) bool {
	if n.Due.IsZero() || n.Due.After(now) {
		return false
	}
	if len(n.Owed) == 0 || (n.Closed.IsZero() && !n.nextRound().After(now)) {
		n.Sends, n.LastSent, n.Owed = n.Sends+1, now, audience
	}
	n.Due = now.Add(roundLasts)
	return true
}

// Finish notes that those in owed were not reached and are to be told at retry; begun is the notice as Begin left it. It reports
// false, and changes nothing, if somebody acknowledged, closed or took on the notice since.
func (n *Notice) Finish(begun Notice, now time.Time, owed []string, retry time.Time) bool {
	if n.Sends != begun.Sends || !n.Due.Equal(begun.Due) {
		return false
	}
	n.Owed = owed
	switch {
	case n.Closed.IsZero():
		n.Due = n.nextRound()
		if len(owed) > 0 && retry.Before(n.Due) {
			n.Due = retry
		}
	case len(owed) > 0 && now.Sub(n.Closed) < lastWordFor:
		n.Due = retry
	default:
		n.Due = time.Time{}
	}
	return true
}

// nextRound is the first round after the last one that was begun.
func (n *Notice) nextRound() time.Time {
	for _, at := range []time.Duration{0, secondRound, thirdRound} {
		if next := n.Created.Add(at); next.After(n.LastSent) {
			return next
		}
	}
	since := n.LastSent.Sub(n.Created.Add(thirdRound))
	return n.Created.Add(thirdRound + laterRounds*(since/laterRounds+1))
}

// Close notes that the cause is gone. Whoever was told of it is told so, too.
func (n *Notice) Close(now time.Time) {
	n.Closed, n.Due, n.Owed = now, time.Time{}, nil
	if n.Sends > 0 {
		n.Due = now
	}
}

// acknowledge ends the rounds of a notice that is open; false if it is acknowledged already.
func (n *Notice) acknowledge(by string, now time.Time) bool {
	if !n.Acknowledged.IsZero() || !n.Closed.IsZero() {
		return false
	}
	n.Acknowledged, n.AcknowledgedBy, n.Due, n.Owed = now, by, time.Time{}, nil
	return true
}

// NoticeStore keeps notices.
type NoticeStore interface {
	// LiveNotices lists the notices of all customers that are open or still to be told, the oldest first.
	LiveNotices(ctx context.Context) ([]Notice, error)
	// ChangeNotice applies change to the locked notice, if it is there, and keeps it if change returns true, which ChangeNotice
	// returns. change may be called again when the database asks for a repeat.
	ChangeNotice(ctx context.Context, customerID, id string, change func(*Notice) bool) (bool, error)
}

// Notices lists the open notices, the oldest first.
func (s *Service) Notices(ctx context.Context, a Actor) ([]Notice, error) {
	if err := a.may(Viewer); err != nil {
		return nil, err
	}
	live, err := s.notices.LiveNotices(ctx)
	return slices.DeleteFunc(live, func(n Notice) bool { return !n.Closed.IsZero() }), err
}

// AcknowledgeNotice ends the repetition of the open notice of a subject. Conflict where somebody did so before.
func (s *Service) AcknowledgeNotice(ctx context.Context, a Actor, subject string) (Notice, error) {
	if err := a.may(Operator); err != nil {
		return Notice{}, err
	}
	open, err := s.Notices(ctx, a)
	if err != nil {
		return Notice{}, err
	}
	i := slices.IndexFunc(open, func(n Notice) bool { return n.Subject == subject })
	if i < 0 {
		return Notice{}, newError(NotFound, "no open notice has that key; `drawbridge notices` lists them")
	}
	n := open[i]
	changed, err := s.notices.ChangeNotice(ctx, n.CustomerID, n.ID, func(kept *Notice) bool {
		n = *kept
		return kept.acknowledge(a.Name, s.now())
	})
	switch {
	case err != nil:
		return Notice{}, err
	case !changed && n.AcknowledgedBy != "":
		return Notice{}, newError(Conflict, n.AcknowledgedBy+" has acknowledged this notice already")
	case !changed:
		return Notice{}, newError(NotFound, "this notice is over")
	}
	return n, nil
}
