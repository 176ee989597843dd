package bridge

import "time"

// Event says what changed, without secrets and without attribute values. Events commit without a number; the
// sequencer numbers each customer's in commit order, without gaps.
type Event struct {
	ID         string
	CustomerID string
	Seq        int64 // 0: not numbered yet
	At         time.Time
	Epoch      int64
	Kind       string // noun.verb, such as user.created
	Actor      string // "idp:<token name>", "support:<name>", "drawbridge"
	UserID     string // empty: not about a user
	Version    int64  // the user's version that it led to; 0: none
	Data       string // JSON object
}

// The kinds of events.
const (
	EventUserCreated     = "user.created"
	EventUserUpdated     = "user.updated"
	EventUserDeactivated = "user.deactivated"
	EventUserReactivated = "user.reactivated"
	EventUserDeleted     = "user.deleted"
	EventUserRevived     = "user.revived"
	EventUserReleased    = "user.released" // isSCIMConnected went off
	EventUserRejoined    = "user.rejoined" // it came on again
	EventUserMatched     = "user.matched"  // a POST in the waiting room was about somebody of before

	EventGroupCreated = "group.created"
	EventGroupUpdated = "group.updated" // its attributes, and maybe its members
	EventGroupMembers = "group.members" // its members alone
	EventGroupDeleted = "group.deleted"

	EventCustomerAdded        = "customer.added"
	EventCustomerChanged      = "customer.changed"
	EventCustomerDisconnect   = "customer.disconnecting"
	EventCustomerDisconnected = "customer.disconnected"
	EventCustomerPaused       = "customer.paused"
	EventCustomerResumed      = "customer.resumed"
	EventCustomerRejoined     = "customer.rejoined" // a disconnect was undone
	EventCustomerSwept        = "customer.swept"    // all accounts were read once more a day after a disconnect
	EventCustomerFrozen       = "customer.frozen"   // the database was found to be an older copy of itself
	EventCustomerApproved     = "customer.approved" // a person let it go on after that
	EventCustomerDeleted      = "customer.deleted"  // its people are about to be forgotten
	EventCustomerPurged       = "customer.purged"   // they are
	EventWaveStarted          = "wave.started"
	EventWavesStopped         = "wave.stopped"
	EventMailAsked            = "mail.asked"          // a person asked for another link
	EventMailSent             = "mail.sent"           // Okta was asked to mail a link
	EventPasswordSet          = "password.set"        // the person has one now
	EventConversionFailed     = "conversion.failed"   // the account could not be given one
	EventReconnectStarted     = "reconnect.started"   // the waiting room was opened
	EventReconnectAccepted    = "reconnect.accepted"  // a person approved what would change
	EventReconnectDone        = "reconnect.done"      // everybody who came is back under SCIM
	EventReconnectCancelled   = "reconnect.cancelled" // the customer is disconnected again
	EventRenamesSet           = "renames.set"
	EventLoginsApplied        = "logins.applied"  // the IdP's logins are to be written
	EventLoginsReverted       = "logins.reverted" // those of before are to be written again
	EventLoginHeld            = "login.held"      // it stays until a person has answered: too many changed at once
	EventLoginWithdrawn       = "login.withdrawn" // the IdP says again the one that was to stay
	EventPlanMade             = "plan.made"
	EventPlanProposed         = "plan.proposed" // confirmed by one person, and a second one has to
	EventPlanConfirmed        = "plan.confirmed"
	EventPlanCancelled        = "plan.cancelled"
	EventPlanUndone           = "plan.undone"  // everybody is back under SCIM
	EventPlanStopped          = "plan.stopped" // its time came, and people would have been worse off than it said
	EventDomainTrusted        = "domain.trusted"
	EventTokenCreated         = "token.created"
	EventTokenRevoked         = "token.revoked"
	EventContactAdded         = "contact.added"
	EventContactRemoved       = "contact.removed"

	EventAccountCreated  = "account.created"
	EventAccountUpdated  = "account.updated"
	EventAccountRevoked  = "account.revoked"
	EventAccountRestored = "account.restored"
	EventAccountReleased = "account.released"
	EventAccountParked   = "account.parked"
	EventHoldOpened      = "hold.opened"
	EventHoldClosed      = "hold.closed"
	EventHoldProposed    = "hold.proposed" // an answer that waits for a second person
	EventHoldAnswered    = "hold.answered"

	EventUserRemovedBySupport = "user.removed_by_support"
	EventUserApproved         = "user.removal_approved" // a person let the removal of one user through
	EventUserContained        = "user.contained"        // a person locked the account out
	EventUserUnlocked         = "user.unlocked"         // a person lifted that lock
)
