package bridge

import (
	"context"
	"time"

	"drawbridge/scim/schema"
)

// UserWriter commits the writes of an identity provider; each is one statement or transaction that checks the credential.
type UserWriter interface {
	// InsertUser stores a user and returns its ordinal. Errors: Unauthorized, Refused, Taken, Conflict (see UserWrite.Fresh).
	InsertUser(ctx context.Context, now time.Time, w UserWrite) (int64, error)
	// ReplaceUser stores the next version of a user. Errors: Unauthorized, Refused, Taken, Conflict (another write came first).
	ReplaceUser(ctx context.Context, now time.Time, w UserWrite) error
}

// UserReader reads for an identity provider; each read checks the credential and fails with Unauthorized or Refused
// before it says anything else.
type UserReader interface {
	// User reads a user with its groups if they are at most groups.
	User(ctx context.Context, now time.Time, c Credential, id string, groups int) (User, error)
	UserByName(ctx context.Context, now time.Time, c Credential, nameKey string) (User, error)
	// DeletedUser returns the deleted users with this name key or, if not empty, this external id; newest first.
	DeletedUser(ctx context.Context, now time.Time, c Credential, nameKey, externalID string) ([]User, error)
	// FindUsers fails with Expired where the user to continue after is not known.
	FindUsers(ctx context.Context, now time.Time, c Credential, rt *schema.ResourceType, q Query) (UserPage, error)
}

// GroupWriter commits the writes of groups, likewise.
type GroupWriter interface {
	// InsertGroup stores a group and returns it with its ordinal. Errors: Unauthorized, Refused, Taken, Invalid (a member is no
	// user of the customer).
	InsertGroup(ctx context.Context, now time.Time, w GroupWrite) (Group, error)
	// ReplaceGroup stores the next version of a group, or nothing if nothing would change, and returns the group as it is then.
	// Errors: Unauthorized, Refused, Taken, Invalid, Conflict (another write came first).
	ReplaceGroup(ctx context.Context, now time.Time, w GroupWrite) (Group, error)
	// DeleteGroup takes a group away, the version before that of w. Errors: Unauthorized, Refused, Conflict.
	DeleteGroup(ctx context.Context, now time.Time, w GroupWrite) error
}

// GroupReader reads groups, likewise.
type GroupReader interface {
	// Group reads a group with its members if they are at most members.
	Group(ctx context.Context, now time.Time, c Credential, id string, members int) (Group, error)
	// FindGroups fails with Expired where the group to continue after is not there.
	FindGroups(ctx context.Context, now time.Time, c Credential, rt *schema.ResourceType, q Query) (GroupPage, error)
}

// TokenReader finds and checks credentials.
type TokenReader interface {
	// TokenByDigest returns a token, live or not, and its customer.
	TokenByDigest(ctx context.Context, d Digest) (Token, Customer, error)
	// CheckCredential returns nil, Unauthorized or Refused.
	CheckCredential(ctx context.Context, c Credential, now time.Time) error
	// TouchToken notes that the token was used.
	TouchToken(ctx context.Context, customerID, tokenID string, at time.Time) error
}

// CustomerStore keeps customers and their domains.
type CustomerStore interface {
	AddCustomer(ctx context.Context, c Customer, domains []Domain, events []Event) error
	// Customer finds a customer by its slug; a deleted one comes with Conflict.
	Customer(ctx context.Context, slug string) (Customer, error)
	CustomerByID(ctx context.Context, id string) (Customer, error)
	// Customers lists all but the deleted ones.
	Customers(ctx context.Context) ([]Customer, error)
	// ChangeCustomer applies change to the locked row; the event it returns is committed with it.
	ChangeCustomer(ctx context.Context, slug string, change func(*Customer) (Event, error)) (Customer, error)
}

// DomainStore keeps the verified domains.
type DomainStore interface {
	AddDomain(ctx context.Context, d Domain, e Event) error
	Domains(ctx context.Context, customerID string) ([]Domain, error)
	// OwnedByOther reports whether a domain is verified for another customer than this one.
	OwnedByOther(ctx context.Context, customerID, domain string) (bool, error)
}

// TokenStore keeps tokens as digests.
type TokenStore interface {
	// AddToken fails with Conflict where maxLive tokens of the class are live.
	AddToken(ctx context.Context, t Token, d Digest, maxLive int, e Event) error
	Tokens(ctx context.Context, customerID string) ([]Token, error)
	RevokeToken(ctx context.Context, customerID, tokenID string, at time.Time, e Event) error
}

// SupportReader reads users for support.
type SupportReader interface {
	// UserOf finds a user, deleted ones included, by id or by name key.
	UserOf(ctx context.Context, customerID, nameKeyOrID string) (User, error)
	SearchUsers(ctx context.Context, customerID, prefix string, limit int) ([]User, error)
	Subject(ctx context.Context, customerID, userID string) (Subject, error)
}
