package bridge

import "time"

// User is a person as the customer's IdP last wrote them, with the two flags.
type User struct {
	ID         string
	CustomerID string
	Ordinal    int64     // place in listings; given by the store
	NameKey    string    // userName, normalized: unique per customer among those not deleted
	ExternalID string    // empty: none
	Doc        []byte    // SCIM attributes as a JSON object without id and meta
	Folded     []byte    // Doc with the strings folded that compare without case: what filters read
	Version    int64     // grows by one with every write
	Connected  bool      // isSCIMConnected
	Active     bool      // isSCIMActive
	Removed    time.Time // when the removal in force was accepted; zero: none
	Deleted    time.Time // when DELETE took the resource away; zero: it is there
	Created    time.Time
	Modified   time.Time

	Groups  []Reference // the groups it is in, as far as they were asked for
	Omitted bool        // it is in more groups than were asked for, and none of them is here
}

// Rank orders what is due: the lowest goes first.
type Rank int

// The ranks. `sync status` shows all but the last, which is not work.
const (
	RankContain Rank = iota
	RankRevoke
	RankRestore
	RankCreate
	RankUpdate
	RankFlags
	RankLater // nothing to do until a time comes, such as the end of a grace period
)

func (r Rank) String() string {
	return [...]string{"contain", "revoke", "restore", "create", "update", "flags", "later"}[r]
}

// Due marks a user whose account in Okta may differ from what it should be.
type Due struct {
	UserID     string
	CustomerID string
	Rank       Rank
	At         time.Time
	Version    int64  // the user's version that made it due; settling an older one leaves the mark
	Attempts   int    // failed in a row
	Parked     string // reason code; empty: not stuck
}

// Credential is what a request came with, as ids. Every statement checks again that it is good: no cache decides that.
type Credential struct {
	TokenID    string
	CustomerID string
}

// UserWrite is one write of a user, committed as one: the user, its event, its due mark and its count. One that takes the
// resource away takes the user out of its groups.
type UserWrite struct {
	Credential Credential // of the IdP; the write happens only if it is good at the commit
	User       User       // the next state; Version is that of the previous one plus one (1 for a create)
	Members    int        // change in the number of resources: +1, 0 or -1
	Actives    int        // change in the number of active resources
	Fresh      bool       // for a create: only if no deleted user of the customer bears the same NameKey (else Conflict)
	Rank       Rank       // of the due mark
	Raise      bool       // the mark takes Rank even if a more urgent one stands (the removal it stood for is superseded)
	Event      Event
	Claim      Match // for a user of before in a waiting room: what the IdP knew it by; Conflict where it has shown to know the user already. Empty: no claim
}

// UserPage is one page of a customer's users.
type UserPage struct {
	Total int
	Users []User
	More  bool // users follow
}
