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

	EventGroupCreated = "group.created"
	EventGroupUpdated = "group.updated" // its attributes, and maybe its members
	EventGroupMembers = "group.members" // its members alone
	EventGroupDeleted = "group.deleted"

	EventCustomerAdded        = "customer.added"
	EventCustomerChanged      = "customer.changed"
	EventCustomerDisconnect   = "customer.disconnecting"
	EventCustomerDisconnected = "customer.disconnected"
	EventDomainTrusted        = "domain.trusted"
	EventTokenCreated         = "token.created"
	EventTokenRevoked         = "token.revoked"

	EventAccountCreated  = "account.created"
	EventAccountUpdated  = "account.updated"
	EventAccountRevoked  = "account.revoked"
	EventAccountRestored = "account.restored"
	EventAccountReleased = "account.released"
	EventAccountParked   = "account.parked"
	EventHoldOpened      = "hold.opened"
	EventHoldClosed      = "hold.closed"
)
