// Package policy decides, from facts alone, what a person's Okta account should be and why: no input or output, no clock,
// no memory. Everything that takes or gives access in Drawbridge follows from Decide.
package policy

import "time"

// Status is the lifecycle status of an Okta account. The zero value means that there is no linked account.
type Status string

// The statuses of an Okta user.
const (
	Staged          Status = "STAGED"
	Provisioned     Status = "PROVISIONED"
	Active          Status = "ACTIVE"
	Recovery        Status = "RECOVERY"
	PasswordExpired Status = "PASSWORD_EXPIRED"
	LockedOut       Status = "LOCKED_OUT"
	Suspended       Status = "SUSPENDED"
	Deprovisioned   Status = "DEPROVISIONED"
)

// Facts is what is known of one person at one moment. The zero value is a person of whom nothing is known; Decide leaves
// them alone.
type Facts struct {
	Now time.Time // the moment of the decision; only the grace period is measured against it

	// What the customer's IdP and support said.
	Connected bool      // isSCIMConnected of the person, and the customer's connection governs accounts; false: no say at all
	Active    bool      // isSCIMActive: what the IdP last said; false alone removes nothing
	RemovedAt time.Time // when the explicit removal (active=false or DELETE) was accepted; zero: no removal was seen
	Deleted   bool      // the removal was a DELETE; never together with Active
	Contained bool      // a person locked this account out until a person lifts it; outranks everything but Protected and Foreign
	Unlocked  bool      // a person lifted the lock under which Drawbridge last took access, and no removal has come since
	GiveBack  bool      // a person decided that the access which Drawbridge took comes back; counts only where SCIM has no say

	// What stands in the way of an account under this login.
	LoginBlock Code // empty: nothing; else LoginInvalid, LoginNotVerified or LoginTaken

	// What is known of the linked account in Okta, from the last read or answer.
	Status         Status
	StatusAt       time.Time // when Okta last changed Status, by Okta's clock; zero: unknown
	Foreign        bool      // the account does not carry our owner marker for exactly this person
	Protected      bool      // an admin, a service or break-glass account, or the token's own user
	Taken          Status    // the status into which Drawbridge itself took the account (Suspended or Deprovisioned); zero: it did not
	TakenAt        time.Time // StatusAt as read after Drawbridge took it; zero: never read back
	Born           bool      // Drawbridge created the account and has never seen it ACTIVE yet
	SuspendRefused bool      // Okta refused to suspend the account in its present status
	SuspendedSince time.Time // since when the account is known to be suspended without a break; zero: unknown
	LateFrom       time.Time // with GiveBack: a revocation was under way when SCIM lost its say, and a status that
	LateUntil      time.Time // began within this span is its doing, whatever was read of it; zero: none was

	// The rules of the customer.
	Grace       time.Duration // from suspension (or a later removal) to deactivation; zero or less: never deactivate
	SuspendOnly bool          // no deactivation when the grace period ends; statuses that Okta cannot suspend still are
	Held        bool          // revocations wait for a person's answer; containments never do
}

// Act is the one next step on the account's lifecycle.
type Act string

// The acts. Keep leaves the status alone and keeps profile and flags up to date: the flags alone under the code Disconnected,
// and never the login while LoginBlock is set. Leave writes nothing at all.
const (
	Leave      Act = "leave"
	Keep       Act = "keep"
	Create     Act = "create"
	Activate   Act = "activate"
	Suspend    Act = "suspend"
	Unsuspend  Act = "unsuspend"
	Deactivate Act = "deactivate"
)

// Revokes reports whether the act takes access away.
func (a Act) Revokes() bool { return a == Suspend || a == Deactivate }

// Restores reports whether the act gives access back.
func (a Act) Restores() bool { return a == Activate || a == Unsuspend }

// Code is the reason for a decision, for programs; stable.
type Code string

// Decision says what should be done next with an account, and why.
type Decision struct {
	Act      Act
	Code     Code
	Sentence string    // the reason for people; names no person
	At       time.Time // when to decide again even if no fact changes; zero: never
}
