package policy

import (
	"slices"
	"time"
)

// Outcome is what a disconnect does to one person, for programs; stable.
type Outcome string

// The outcomes of a disconnect.
const (
	StaysActive   Outcome = "stays_active"   // the account lets the person in and stays; SCIM loses its say
	StaysInactive Outcome = "stays_inactive" // there is no access, and it stays so
	Restore       Outcome = "restore"        // removed lately, and access comes back
	LeaveRemoved  Outcome = "leave"          // removed lately, and it stays so
	HeldBack      Outcome = "held"           // removed, but access was not taken yet: it never will be
	Conflicting   Outcome = "conflict"       // somebody must look at the account, or make one
)

// Outcomes lists the outcomes in the order in which people read them.
func Outcomes() []Outcome {
	return []Outcome{StaysActive, HeldBack, Restore, LeaveRemoved, StaysInactive, Conflicting}
}

// LetsIn reports whether the person is to have access after the disconnect.
func (o Outcome) LetsIn() bool { return o == StaysActive || o == HeldBack || o == Restore }

// Worse reports whether a person for whom was had been approved may not be given now without another approval.
func (o Outcome) Worse(was Outcome) bool {
	return o == Conflicting && was != Conflicting || was.LetsIn() && !o.LetsIn()
}

// Departure is what is known of one person when a customer leaves.
type Departure struct {
	Facts
	Stuck  bool    // only a person, or the IdP, could have helped on with the account
	Burst  bool    // the removal in force came with the departure (see Burst)
	Choice Outcome // Restore or LeaveRemoved for somebody removed lately; empty: Restore for a removal of the burst, else LeaveRemoved
}

// Depart says what a disconnect does to a person.
func Depart(d Departure) Outcome {
	letsIn := d.Status != "" && d.Status != Suspended && d.Status != Deprovisioned
	switch {
	case d.Protected, d.Foreign, d.Stuck && d.Active:
		return Conflicting
	case d.Contained:
		return StaysInactive
	case letsIn && removed(d.Facts):
		return HeldBack
	case letsIn:
		return StaysActive
	case d.Status == "" && d.Active:
		return Conflicting // pushed, and no account made yet
	case d.Status == "", !takenByUs(d.Facts):
		return StaysInactive
	case d.Active: // taken back by the IdP, and not carried out yet
		return Restore
	case d.Choice == Restore, d.Choice == LeaveRemoved:
		return d.Choice
	case d.Burst:
		return Restore
	}
	return LeaveRemoved
}

// burstGap is the longest silence within a burst of removals.
const burstGap = 30 * time.Minute

// Burst finds the removals that came with the departure, of the removals in force at the given times: the latest run of
// them without a silence of more than half an hour that is longer than what goes out without a question, and whatever
// came after it. active is how many people are still active. It returns when the burst began; false if there is none.
func Burst(removals []time.Time, active int) (time.Time, bool) {
	at := slices.SortedFunc(slices.Values(removals), time.Time.Compare)
	for end := len(at); end > 0; {
		first := end - 1
		for first > 0 && at[first].Sub(at[first-1]) <= burstGap {
			first--
		}
		if size := end - first; size > Limit(Hour, active+size) {
			return at[first], true
		}
		end = first
	}
	return time.Time{}, false
}
