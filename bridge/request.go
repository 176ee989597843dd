package bridge

import (
	"context"
	"maps"
	"slices"
	"time"

	"drawbridge/scim/schema"
)

// RequestLog says what the log of a customer's requests keeps of the people in them.
type RequestLog string

// What a customer's log keeps. The zero value is MaskedRequests.
const (
	MaskedRequests RequestLog = "masked" // bodies and filters with their shape and without personal values
	FullRequests   RequestLog = "full"   // everything but secrets
	NoRequests     RequestLog = "off"    // no requests; they are still counted
)

// OrDefault is the choice that holds: MaskedRequests where none was made.
func (l RequestLog) OrDefault() RequestLog {
	if l == "" {
		return MaskedRequests
	}
	return l
}

// Answers to a PATCH of a group. Entra ID documents 204 and takes both; the zero value is PatchAnswersBody.
const (
	PatchAnswersBody = 200
	PatchAnswersNone = 204
)

// Caller is whose request it is, and what the customer's rules say of its requests. State may be some seconds old.
type Caller struct {
	CustomerID string
	State      State
	TokenName  string
	Rate       int // requests per second
	Log        RequestLog
	GroupPatch int       // status of the answer to a PATCH of a group
	Deferred   time.Time // until when requests are answered 429, because the connection is paused so; zero: they are not
}

// Caller is whose face this is.
func (t *tenant) Caller() Caller { return t.pass.Caller }

// callerOf is what a token's requests are held to.
func callerOf(t Token, c Customer) Caller {
	caller := Caller{
		CustomerID: t.CustomerID, State: c.State, TokenName: t.Name, Rate: c.Rate, Log: c.RequestLog.OrDefault(), GroupPatch: c.GroupPatch,
	}
	if c.State == Paused && c.PauseAnswer == AnswerLater {
		caller.Deferred = c.PausedUntil
	}
	return caller
}

// Request is one request of a customer's IdP with its answer, as the log keeps it. The log is a help for support: it may
// miss requests and is no audit trail; the events are.
type Request struct {
	ID         string
	CustomerID string
	At         time.Time
	Method     string
	Path       string // below the customer's base URL
	Query      string // decoded
	Status     int
	Took       time.Duration
	ResourceID string // the user or group that it is about; empty: none, or several
	Token      string // name of the token
	Body       string // of the request, masked and cut; a cut one ends in …, and words in brackets stand for one that is not kept
	Answer     string // the body of the answer, likewise
}

// RequestFilter selects requests of a customer.
type RequestFilter struct {
	ResourceID string // empty: any
	MinStatus  int    // inclusive
	MaxStatus  int    // inclusive
	Since      time.Time
	Limit      int // the newest so many
}

// Traffic is what a customer's requests tell about its IdP. No decision depends on it.
type Traffic struct {
	IdP                    string           // such as "okta"; empty: not recognised
	Certain                bool             // the IdP named itself; else it was told by habits that others may share
	IdPAt                  time.Time        // of the request that told
	Quirks                 map[string]int64 // requests that departed from the standard and were understood, by kind, as far as bodies were kept
	Dropped                map[string]int64 // attributes that no schema knows, by name
	LastRequest            time.Time        // zero: none yet
	Limited                int64            // requests answered 429
	RefusedAfterDisconnect int64            // requests that came after the connection was cut
}

// Bounds of Traffic: how many names are counted, and for how long an IdP that named itself stands against habits.
const (
	maxDropped = 100
	certainFor = 24 * time.Hour
)

// Add counts what was seen since.
func (t *Traffic) Add(seen Traffic) {
	t.Quirks = added(t.Quirks, seen.Quirks, len(seen.Quirks)+len(t.Quirks))
	t.Dropped = added(t.Dropped, seen.Dropped, maxDropped)
	t.Limited += seen.Limited
	t.RefusedAfterDisconnect += seen.RefusedAfterDisconnect
	if seen.LastRequest.After(t.LastRequest) {
		t.LastRequest = seen.LastRequest
	}
	if seen.IdP == "" || seen.IdPAt.Before(t.IdPAt) {
		return
	}
	if seen.Certain || !t.Certain || seen.IdPAt.Sub(t.IdPAt) > certainFor {
		t.IdP, t.Certain, t.IdPAt = seen.IdP, seen.Certain, seen.IdPAt
	}
}

// added adds counts; a name beyond limit is not taken in.
func added(to, more map[string]int64, limit int) map[string]int64 {
	if to == nil {
		to = make(map[string]int64)
	}
	for _, name := range slices.Sorted(maps.Keys(more)) {
		if _, known := to[name]; known || len(to) < limit {
			to[name] += more[name]
		}
	}
	return to
}

// RequestReader reads the log of requests and what it tells.
type RequestReader interface {
	// Requests lists a customer's newest requests, the oldest of them first.
	Requests(ctx context.Context, customerID string, f RequestFilter) ([]Request, error)
	// Traffic returns the zero value where nothing was seen yet.
	Traffic(ctx context.Context, customerID string) (Traffic, error)
}

// maxListed bounds the requests of one answer.
const maxListed = 10_000

// Requests lists a customer's requests; user, if not empty, is the userName or id of the user, or the id of the group, that
// they are about.
func (s *Service) Requests(ctx context.Context, a Actor, slug, user string, f RequestFilter) ([]Request, error) {
	if err := a.may(Operator); err != nil { // they hold personal data where the customer's rule says so
		return nil, err
	}
	if f.Limit < 1 || f.Limit > maxListed {
		return nil, newError(Invalid, "the limit must be between 1 and 10,000 requests")
	}
	c, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return nil, err
	}
	if user != "" {
		u, err := s.users.UserOf(ctx, c.ID, schema.Fold(user))
		switch {
		case err == nil:
			f.ResourceID = u.ID
		case CodeOf(err) == NotFound: // a group's id, or one that was asked for and never was
			f.ResourceID = user
		default:
			return nil, err
		}
	}
	return s.requests.Requests(ctx, c.ID, f)
}
