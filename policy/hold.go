package policy

import (
	"fmt"
	"time"
)

// Window is a span of time over which accepted removals are counted.
type Window string

// The windows. The zero value is no window: a hold that no count caused.
const (
	Hour Window = "hour"
	Day  Window = "day"
	Week Window = "week"
)

// Windows lists the windows, the shortest first.
func Windows() []Window { return []Window{Hour, Day, Week} }

// The measures of the guard that are no percentages.
const (
	// Pace is the least time between two revocations of one customer from half of a limit on, so that a storm is caught
	// after a handful.
	Pace = 2 * time.Second
	// SpareRevocations is how many revocations an hour each customer that is not held itself keeps while everything holds.
	SpareRevocations = 2
)

// Limit is how many removals one customer may have accepted within w without a person's answer, when active is the most
// users that were active at any moment of it. Percentages round down. With four or more active it is never more than half
// of them; below four the window's fixed number stands, and Gate's rule on the last active person protects instead.
// An unknown window has the limit 0.
func Limit(w Window, active int) int {
	active = max(active, 0)
	var limit int
	switch w {
	case Hour:
		limit = hourLimit(active)
	case Day:
		limit = min(max(5, active/10), 150)
	case Week:
		limit = max(5, active/5)
	}
	if active >= 4 {
		limit = min(limit, active/2)
	}
	return limit
}

func hourLimit(active int) int {
	switch {
	case active <= 20:
		return 2
	case active <= 50:
		return 3
	}
	return min(max(5, active/20), 50)
}

// GroupLimit is how many of its members a mirrored group may lose at once without a person's answer.
func GroupLimit(members int) int { return max(5, members/5) }

// RolloutLimit is for how many people of one customer a changed rule or a changed version of Drawbridge may change access
// without a person's answer: five people or one in a hundred, whichever is less.
func RolloutLimit(active int) int { return min(5, max(active, 0)/100) }

// NeedsSecondPerson reports whether the answer "they left" for a set of people must be confirmed by a second person: above
// 25 people, or a quarter of the customer's active users.
func NeedsSecondPerson(people, active int) bool { return people > 25 || 4*people > active }

// PerWindow is a number for each window.
type PerWindow struct{ Hour, Day, Week int }

// In returns the number for w; 0 for an unknown window.
func (p PerWindow) In(w Window) int {
	switch w {
	case Hour:
		return p.Hour
	case Day:
		return p.Day
	case Week:
		return p.Week
	}
	return 0
}

// Removals is what the guard must know of one customer. Accepted removals are applied and pending ones; superseded,
// dropped and answered ones leave every count. The zero value is a customer without users, for whom any removal waits
// for nothing.
type Removals struct {
	Hour, Day, Week int       // accepted removals within each window that ends now
	Peak            PerWindow // the most users active at any moment of each window
	Active          int       // users that remain active once all accepted removals are applied
	Now             time.Time
	LastStart       time.Time // when the customer's last revocation started; zero: none did
	StartedLastHour int       // revocations of the customer started within the last hour without a person's answer
}

func (r Removals) in(w Window) int { return PerWindow{r.Hour, r.Day, r.Week}.In(w) }

// HoldCode is the reason of a Verdict, for programs; stable. The zero value means that nothing is held or paced.
type HoldCode string

// The reasons of a verdict.
const (
	OverLimit    HoldCode = "over_limit"    // more accepted removals than the limit of a window
	LeavesNobody HoldCode = "leaves_nobody" // nobody of three or more would stay active
	ManyStarted  HoldCode = "many_started"  // too many revocations over all customers
	ManyHeld     HoldCode = "many_held"     // too many customers held at once
	Paced        HoldCode = "paced"         // not held; from half of a limit on, one every Pace
)

// Verdict says whether the customer's next revocation may start. The zero value says: at once.
type Verdict struct {
	Hold     bool
	Window   Window        // the window whose limit decided; empty: no window did
	Limit    int           // the limit that decided; 0 where none did
	Count    int           // what was counted against Limit
	Wait     time.Duration // not held: how long to wait before the next revocation starts; at most Pace
	Code     HoldCode
	Sentence string // the reason for people; empty when the revocation may start at once
}

// Gate decides whether a customer's next revocation may start.
//
// It holds no memory. Counts fall as time passes, but a hold never lapses into a revocation: the caller keeps a hold that
// began until it is answered or empty, whatever later verdicts say.
func Gate(r Removals) Verdict {
	for _, w := range Windows() {
		limit, count := Limit(w, r.Peak.In(w)), r.in(w)
		if count > limit {
			return Verdict{
				Hold: true, Window: w, Limit: limit, Count: count, Code: OverLimit,
				Sentence: fmt.Sprintf("%d people were removed within one %s and the limit for this customer is %d; access stays until a person has answered.", count, w, limit),
			}
		}
	}
	if peak := max(r.Peak.Hour, r.Peak.Day, r.Peak.Week); peak >= 3 && r.Active <= 0 {
		return Verdict{
			Hold: true, Count: r.Week, Code: LeavesNobody,
			Sentence: "These removals would leave nobody of this customer active; access stays until a person has answered.",
		}
	}
	return pace(r)
}

// pace spaces revocations out in any window that is half used.
func pace(r Removals) Verdict {
	for _, w := range Windows() {
		limit, count := Limit(w, r.Peak.In(w)), r.in(w)
		if 2*count < limit || r.LastStart.IsZero() {
			continue
		}
		// A start in the future can only be another machine's clock; it must not stop removals for longer than Pace.
		wait := min(r.LastStart.Add(Pace).Sub(r.Now), Pace)
		if wait <= 0 {
			return Verdict{}
		}
		return Verdict{
			Window: w, Limit: limit, Count: count, Wait: wait, Code: Paced,
			Sentence: fmt.Sprintf("%d of at most %d people were removed within one %s; access is removed one person at a time.", count, limit, w),
		}
	}
	return Verdict{}
}

// GlobalGate decides over all customers at once. startedLastHour counts revocations started within the last hour without
// a person's answer, allActive all active users, heldCustomers the customers with an unanswered hold. Where it holds, the
// fault is probably our own. As with Gate, the caller keeps the hold until a person has answered it.
func GlobalGate(startedLastHour, allActive, heldCustomers, customers int) Verdict {
	if limit := max(200, allActive/1000); startedLastHour >= limit {
		return Verdict{
			Hold: true, Window: Hour, Limit: limit, Count: startedLastHour, Code: ManyStarted,
			Sentence: fmt.Sprintf("Access was removed for %d people of all customers within one hour (the limit is %d); nearly all removals wait until a person has answered.", startedLastHour, limit),
		}
	}
	if limit := max(3, customers/50); heldCustomers >= limit {
		return Verdict{
			Hold: true, Limit: limit, Count: heldCustomers, Code: ManyHeld,
			Sentence: fmt.Sprintf("%d customers have unusually many removals at once (the limit is %d); nearly all removals wait until a person has answered.", heldCustomers, limit),
		}
	}
	return Verdict{}
}

// Admit joins the verdict on one customer with the verdict over all customers: a customer that is not held itself keeps
// SpareRevocations an hour while everything holds.
func Admit(r Removals, global Verdict) Verdict {
	own := Gate(r)
	if own.Hold || !global.Hold || r.StartedLastHour < SpareRevocations {
		return own
	}
	return global
}
