package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"drawbridge/policy"
)

// RemovalCount is what a store knows of one customer's removals: what the limits on mass removal are measured by.
type RemovalCount struct {
	Hour, Day, Week int       // users whose removal in force was accepted, or carried out, within the last hour, day and week, or still waits; let through by nobody
	Active          int       // users that are active
	Peak            [3]int    // the most users active at any moment of the last hour, day and week; at least Active plus the removals
	LastStart       time.Time // when the customer's last revocation without a person's answer was sent; zero: none was
	StartedLastHour int       // such revocations sent within the last hour
}

// Removal is one removal of a user: a later one of the same user is another.
type Removal struct {
	UserID string
	At     time.Time // User.Removed
}

// HeldPerson is a user whose removal waits for an answer.
type HeldPerson struct {
	Removal
	UserName string
	Deleted  bool          // removed by DELETE, not by active=false
	Status   policy.Status // of the account as last read; zero: none is known
}

// SetHash names a set of removals, in whatever order they come: 16 hexadecimal digits.
func SetHash(set []Removal) string {
	lines := make([]string, len(set))
	for i, r := range set {
		lines[i] = fmt.Sprintf("%s %d\n", r.UserID, r.At.UnixMicro())
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return hex.EncodeToString(sum[:8])
}

// HoldAnswer is what a person answers to a hold.
type HoldAnswer string

// The answers.
const (
	Leaving HoldAnswer = "leaving" // the customer leaves: a disconnect is next, and nobody loses access
	Left    HoldAnswer = "left"    // these people left: their access is removed
	Mistake HoldAnswer = "mistake" // nobody left: the removals are taken back
)

// Proposal is an answer that waits for a second person.
type Proposal struct {
	HoldID     string
	CustomerID string
	Answer     HoldAnswer
	Actor      string
	At         time.Time
	Set        []Removal // exactly what would be answered
}

// AloneAfter is how long after a proposal the one who made it may confirm it, where nobody else can.
const AloneAfter = time.Hour

// HoldStore keeps holds and the answers to them.
type HoldStore interface {
	Holds(ctx context.Context) ([]Hold, error)
	// HeldPeople lists whose removals wait and were let through by nobody, the longest first.
	HeldPeople(ctx context.Context, customerID string) ([]HeldPerson, error)
	// Signs counts what tells one kind of mass removal from another.
	Signs(ctx context.Context, h Hold, set []Removal) (HoldSigns, error)
	HoldAnswers
}

// HoldAnswers keeps the answers to holds.
type HoldAnswers interface {
	// Proposal returns the answer to a hold that waits for a second person; NotFound where none does.
	Proposal(ctx context.Context, customerID, holdID string) (Proposal, error)
	// Propose stores one, in place of whatever was proposed before, with its event.
	Propose(ctx context.Context, p Proposal, ev Event) error
	// Approve lets those removals of the set through that are in force, with the events that tell of so many, and makes them
	// due. An answer to a hold takes its proposal away; holdID is empty where one person is let through ahead of the rest.
	Approve(ctx context.Context, by Approval, set []Removal, tell func(n int) []Event) error
	// CloseHold closes a hold unless a removal still waits, and reports whether it did.
	CloseHold(ctx context.Context, customerID string, at time.Time, ev Event) (bool, error)
}

// Approval is who lets removals of a customer through.
type Approval struct {
	CustomerID string
	HoldID     string // empty: outside the answer to a hold
	Actor      string
	At         time.Time
}

// HoldResumed is the code of a hold that the end of a pause opened.
const HoldResumed = "pause_over"

// HoldUndone is the code of a hold that the undoing of a disconnect opened.
const HoldUndone = "disconnect_undone"
