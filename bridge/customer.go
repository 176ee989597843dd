package bridge

import (
	"regexp"
	"time"
)

// State is where a customer's connection stands.
type State string

// The states of a connection, in the order of its life.
const (
	Off           State = "off"           // not started: SCIM is refused, nothing is synced
	Live          State = "live"          // the IdP is the source of truth
	Paused        State = "paused"        // writes are kept, Okta waits
	Held          State = "held"          // too many removals at once: removals wait for a person's answer
	Disconnecting State = "disconnecting" // cut: SCIM is refused, flags are on their way to Okta
	Disconnected  State = "disconnected"  // cut, and verified in Okta
	Deleted       State = "deleted"       // gone: its people are forgotten, its accounts in Okta are left as they are
)

// Serves reports whether the SCIM face answers the customer's IdP.
func (s State) Serves() bool { return s == Live || s == Paused || s == Held }

// Cut reports whether the connection was ended by a disconnect.
func (s State) Cut() bool { return s == Disconnecting || s == Disconnected }

// Governs reports whether SCIM governs the customer's accounts: only then may access be taken or given.
func (s State) Governs() bool { return s == Live || s == Held }

// LoginRule says what happens to a login outside the customer's verified domains.
type LoginRule string

// The login rules. ParkLogins stores the user and keeps it out of Okta; RefuseLogins answers the IdP with an error.
const (
	ParkLogins   LoginRule = "park"
	RefuseLogins LoginRule = "refuse"
)

// Limits of a customer's rules.
const (
	DefaultGrace = 30 * 24 * time.Hour
	MinGrace     = 24 * time.Hour
	MaxGrace     = 90 * 24 * time.Hour
	DefaultRate  = 50 // SCIM requests per second
)

// Customer is one tenant with its connection and rules.
type Customer struct {
	ID          string
	Slug        string
	Name        string
	State       State
	Epoch       int64         // grows with every disconnect: an intent of an older epoch never starts
	OktaIdP     string        // Okta id of the customer's SSO identity provider; empty: none
	Logins      LoginRule     //
	Grace       time.Duration // from suspension to deactivation
	SuspendOnly bool          // never deactivate
	Rate        int           // SCIM requests per second
	RequestLog  RequestLog    // what the log of its requests keeps
	GroupPatch  int           // status of the answer to a PATCH of a group: 0 and 200 with the group, 204 without
	TimeZone    string        // a name of the time zone database; empty: UTC
	Created     time.Time
	Modified    time.Time

	Paused      time.Time   // since when its writes wait; zero: they do not
	PausedUntil time.Time   // when they go on by themselves
	PauseAnswer PauseAnswer // what its IdP is told meanwhile

	DisconnectedBy int64     // number of the plan by which the connection was last cut; 0: it never was, or that was undone
	VerifyFrom     time.Time // a disconnect is proven by reads of the accounts after this moment; zero: no disconnect
	Waiting        time.Time // since when it is back, Paused, in its waiting room; zero: it is not
	Joining        time.Time // since when those who were accepted come back under SCIM; zero: all of them have

	ReviewSince time.Time // when the database was found to be an older copy of itself; zero: it was not, or a person has approved since
}

// Frozen reports whether the customer waits for a person's approval after a restore: nothing of it is written, here or in Okta.
func (c Customer) Frozen() bool { return !c.ReviewSince.IsZero() }

// typed checks that a person means this customer.
func (c Customer) typed(slug string) error {
	if slug == c.Slug {
		return nil
	}
	return newError(Invalid, "type the customer's slug, "+c.Slug+", to say that you mean this customer")
}

// Domain is an e-mail domain that a customer proved to own.
type Domain struct {
	Name       string // A-label, lower case
	CustomerID string
	Verified   time.Time
	Reason     string // how it was verified
}

func namesOf(domains []Domain) []string {
	names := make([]string, len(domains))
	for i, d := range domains {
		names[i] = d.Name
	}
	return names
}

var slugForm = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// CheckSlug reports what is wrong with a customer's slug, which stands in URLs.
func CheckSlug(slug string) error {
	if slugForm.MatchString(slug) {
		return nil
	}
	return newError(Invalid, "the customer's slug must be 1 to 63 characters of a-z, 0-9 and '-', and must not begin or end with '-'")
}
