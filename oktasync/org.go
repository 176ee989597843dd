package oktasync

import (
	"context"
	"fmt"
	"time"

	"drawbridge/policy"
)

// Profile attributes of ours in Okta's user schema. The boolean ones mirror the two flags; CustomerAttr marks the
// owner; KeyAttr is our user id, unique in the org.
const (
	ConnectedAttr = "isSCIMConnected"
	ActiveAttr    = "isSCIMActive"
	CustomerAttr  = "scimCustomer"
	KeyAttr       = "scimKey"
)

// Account is an Okta user as Okta last answered it.
type Account struct {
	ID            string
	Status        policy.Status
	StatusChanged time.Time // zero: Okta did not say
	Provider      string    // credentials.provider.type: FEDERATION, OKTA, ...; empty: Okta did not show the credentials
	Password      bool      // credentials.password is there; means nothing where Provider is empty
	Profile       map[string]any
}

// Marker returns the owner marker on the account: the customer's and the user's id; empty where unset.
func (a Account) Marker() (customer, key string) {
	customer, _ = a.Profile[CustomerAttr].(string)
	key, _ = a.Profile[KeyAttr].(string)
	return customer, key
}

// Action is a call on an account that carries no profile.
type Action string

// The actions on an account. EndSessions ends Okta sessions and revokes OAuth tokens.
const (
	Activate    Action = "activate" // without an e-mail
	Suspend     Action = "suspend"
	Unsuspend   Action = "unsuspend"
	Deactivate  Action = "deactivate" // without an e-mail
	EndSessions Action = "sessions"
)

// Org is the vendor's Okta org. Every method honours ctx's deadline, sends at most one request that writes, and
// fails with an *OrgError.
type Org interface {
	Accounts
	IdentityProviders
	Passwords
}

// Accounts are the people's accounts in the org.
type Accounts interface {
	// Create makes an account, federated and active at once, without a password and without an e-mail.
	Create(ctx context.Context, profile map[string]any) (Account, error)
	// Read reads one account by its Okta id; strongly consistent.
	Read(ctx context.Context, id string) (Account, error)
	// Find looks accounts up by the exact value of one profile attribute (KeyAttr or "login"). Okta's search lags by
	// seconds: absence proves nothing.
	Find(ctx context.Context, attr, value string) ([]Account, error)
	// Update changes the given profile attributes alone; nil clears one.
	Update(ctx context.Context, id string, profile map[string]any) (Account, error)
	// Act runs a lifecycle action.
	Act(ctx context.Context, id string, action Action) error
}

// Passwords changes whether an account is federated or has a password with Okta.
type Passwords interface {
	// ResetPassword makes an account one with an Okta password, a federated one too. Its status is RECOVERY or PROVISIONED, and
	// nobody signs in, until the person has set a password through the link, which lives an hour: Okta sends it by e-mail, or
	// else it is returned. Whoever holds the link can take the account, so it is never
	// logged, stored or put into an error. From SUSPENDED, DEPROVISIONED and STAGED: CauseState. After CauseUnknown the link
	// is lost, and another call makes the next one.
	ResetPassword(ctx context.Context, id string, mail bool) (link string, err error)
	// Refederate makes an account with an Okta password federated again, ACTIVE and without a password. Okta documents it,
	// and some orgs refuse it: CauseState.
	Refederate(ctx context.Context, id string) error
}

// Cause says whose failure an OrgError is, and so what may follow from it.
type Cause string

// The causes. The zero value is not used.
const (
	// CauseOrg: not applied, and not this account's fault: no connection, 401, 403 without the right (Code tells; Okta also
	// answers it for a single account out of reach, so probe before concluding that nothing works), 404 that is not
	// Okta's, and for reads whatever goes wrong on the way: 5xx, HTML, time-out, reset.
	CauseOrg Cause = "org"
	// CauseUnknown: a write was sent and its effect is not known: reset, time-out, 5xx, a redirect, or an answer that is
	// not Okta's; or, for reads too, Okta answered about another account. Only a read may tell.
	CauseUnknown Cause = "unknown"
	// CauseRate: 429, or held back before sending (Status 0); not applied; Until says when the bucket opens again.
	CauseRate Cause = "rate"
	// CauseRetry: this account cannot take the call right now (E0000112, still being activated); not applied.
	CauseRetry Cause = "retry"
	// CauseGone: the account, identity provider or record does not exist (404 E0000007); for Deactivate also: it is DEPROVISIONED already.
	CauseGone Cause = "gone"
	// CauseState: the account's status does not allow the call (400/403 on a lifecycle transition or a DEPROVISIONED profile).
	CauseState Cause = "state"
	// CauseTaken: the login (or another unique attribute) belongs to another account.
	CauseTaken Cause = "taken"
	// CauseRefused: Okta will not take this for this account: validation, app-sourced profile, missing right on this one.
	CauseRefused Cause = "refused"
)

// OrgError is a failed call to Okta. Its text holds Okta's error code and never profile values.
type OrgError struct {
	Cause  Cause
	Op     string    // create, read, find, update, idp, read_record, find_record, create_record, write_record, reset_password, refederate, or an Action
	Status int       // HTTP status; 0: no answer
	Code   string    // Okta's errorCode, such as E0000001; empty: none
	Attr   string    // for CauseTaken and CauseRefused: the profile attribute that Okta named; empty: not known
	Until  time.Time // for CauseRate: when to try again; zero: soon
	Err    error     // the underlying error; may be nil
}

func (e *OrgError) Error() string {
	return fmt.Sprintf("okta %s: %s (HTTP %d, code %q, attribute %q)", e.Op, e.Cause, e.Status, e.Code, e.Attr)
}

func (e *OrgError) Unwrap() error { return e.Err }
