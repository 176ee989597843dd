package bridge

import (
	"time"

	"drawbridge/policy"
)

// Link is the Okta account that Drawbridge recorded for a user, and what it knows of it. Only links are written to.
type Link struct {
	UserID         string
	CustomerID     string
	LoginKey       string        // the account's login, normalized: one user over all customers
	OktaID         string        // empty until the account exists
	Status         policy.Status // as last read; zero without an account
	StatusAt       time.Time     // when Okta says that Status began
	Taken          policy.Status // the status into which Drawbridge took the account; zero: it did not
	TakenAt        time.Time     // StatusAt as read after that
	Born           bool          // created by Drawbridge and not seen ACTIVE yet
	SuspendedSince time.Time
	SuspendRefused bool
	Foreign        bool           // its owner marker is not ours
	Protected      bool           // an admin or other account that is never written
	SessionsEnded  int64          // the user's version whose removal has ended the sessions; 0: since access was last given, none
	Applied        map[string]any // the profile last applied
	AppliedVersion int64          // the user's version last applied; never goes back
	Read           time.Time      // when the account was last read
}

// IntentState is where one planned Okta call stands.
type IntentState string

// The states of an intent. IntentUnknown is left only by a read.
const (
	IntentSent    IntentState = "sent"
	IntentDone    IntentState = "done"
	IntentFailed  IntentState = "failed" // Okta answered that it did not do it
	IntentUnknown IntentState = "unknown"
)

// Intent is one Okta call for one user, recorded before it is sent.
type Intent struct {
	ID         string
	CustomerID string
	UserID     string
	Kind       string // create, update, or an action
	State      IntentState
	Version    int64 // of the user
	Epoch      int64 // of the customer
	Revokes    bool  // takes access away
	Sent       time.Time
	Deadline   time.Time // no byte of the call leaves after it
	Ended      time.Time
	Outcome    string // HTTP status and Okta's error code; empty while open
}

// Subject is all that is known of one user: what a decision is made from.
type Subject struct {
	User     User
	Customer Customer
	Link     *Link    // nil: none
	Open     *Intent  // sent or unknown; nil: none
	Domains  []string // verified for the customer
	Held     bool     // a hold is open for the customer
	Due      *Due     // nil: nothing is due
}

// Lease is the right to call Okta, held by one process at a time.
type Lease struct {
	Name   string
	Holder string
	Fence  int64 // grows with every change of holder
	Until  time.Time
}

// Hold is a customer's removals waiting for a person's answer.
type Hold struct {
	ID         string
	CustomerID string
	Opened     time.Time
	Closed     time.Time // zero: open
	Code       string
	Sentence   string
}
