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
	Provider       string        // Okta's name for where the account's credentials live: OKTA, FEDERATION, ...; empty: not known
	Password       PasswordFact  // whether Okta keeps a password for it
	SuspendedSince time.Time
	SuspendRefused bool
	Foreign        bool           // its owner marker is not ours
	Protected      bool           // an admin or other account that is never written
	SessionsEnded  int64          // the user's version whose removal has ended the sessions; 0: since access was last given, none
	Applied        map[string]any // the profile last applied
	AppliedVersion int64          // the user's version last applied; never goes back
	Read           time.Time      // when the account was last read; zero: never, or not since Okta refused a call for the account's status
}

// Gone reports whether the account lets nobody in: suspended or deactivated, or not there.
func (l *Link) Gone() bool {
	return l == nil || l.Status == "" || l.Status == policy.Suspended || l.Status == policy.Deprovisioned
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
	Answered   bool  // a person was asked and wants it: an approval of the removal in force, or a lock
	Sent       time.Time
	Deadline   time.Time // no byte of the call leaves after it
	Ended      time.Time
	Outcome    string // HTTP status and Okta's error code; empty while open
}

// Subject is all that is known of one user: what a decision is made from.
type Subject struct {
	User       User
	Customer   Customer
	Link       *Link       // nil: none
	Open       *Intent     // sent or unknown; nil: none
	Domains    []string    // verified for the customer
	Held       bool        // a hold is open for the customer, and nobody has let this user's removal through
	Approved   bool        // a person has let exactly the removal in force through
	GiveBack   bool        // a person decided that the access which Drawbridge took comes back, for as long as SCIM has no say
	LateFrom   time.Time   // with GiveBack: a revocation was under way then; zero: none was
	LateUntil  time.Time   // until when it may have landed
	Contained  time.Time   // since when a person has locked the account out; zero: nobody has
	Unlocked   bool        // access was last taken under a lock that a person has lifted, and no removal has come since the taking
	Conversion *Conversion // on the way to a password; nil: not
	Due        *Due        // nil: nothing is due
	Changed    []string    // what somebody has changed in Okta by hand while SCIM had no say: names of attributes, or "status"
	Pin        *LoginPin   // the login that stays in Okta whatever the IdP says; nil: it is the IdP's
	Renamed    *LoginPin   // the login of before, where a person let the IdP's through; nil: nobody did
	PlanFacts  string      // what a row of a plan is computed from, for comparison alone; empty where no plan is made
	IdP        *OktaIdP    // the identity provider that is set for the customer; nil: none is, or it was never read
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
