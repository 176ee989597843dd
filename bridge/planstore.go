package bridge

import (
	"context"
	"time"
)

// PlanStore keeps the plans of disconnects, and commits what they decide.
type PlanStore interface {
	// EachDeparting calls each for every user of a customer that SCIM governs, or would if the connection did, in the order
	// of their ordinals: deleted ones too, if there is an account. Without detail the subjects hold no attributes and no
	// applied profile.
	EachDeparting(ctx context.Context, customerID string, detail bool, each func(Subject) error) error
	// Unanswered returns when the removals in force were accepted that nobody let through, of users as in EachDeparting, and how
	// many users are active.
	Unanswered(ctx context.Context, customerID string) (at []time.Time, active int, err error)
	// EachChanged calls each, one call after the other, in any order and with detail, for those users as in EachDeparting whose row in
	// the plan was computed from something else, or who have none, and for those whom a person let through; with all, for every
	// user. was is the row's outcome and sign-in, nil where there is none.
	EachChanged(ctx context.Context, p Plan, all bool, each func(x Subject, was *PlanRow) error) error
	// IdPOf returns what was last read of the customer's identity provider; nil: nothing, or it has none.
	IdPOf(ctx context.Context, customerID string) (*OktaIdP, error)
	// EachRejoining calls each for every user of a customer who would come back under SCIM if its disconnect were undone.
	EachRejoining(ctx context.Context, customerID string, each func(Subject) error) error
	// AddPlan stores a plan under the customer's next number and cancels one that is open.
	AddPlan(ctx context.Context, p Plan, rows []PlanRow, e Event) (Plan, error)
	// Plan reads a plan by its number; 0: the latest. NotFound where there is none.
	Plan(ctx context.Context, customerID string, number int64) (Plan, error)
	// PlanRows reads up to limit rows of a plan after an ordinal.
	PlanRows(ctx context.Context, p Plan, after int64, limit int) ([]PlanRow, error)
	// SavePlanRows replaces or adds rows of a plan that has not run.
	SavePlanRows(ctx context.Context, p Plan, rows []PlanRow) error
	// ChangePlan applies change to the locked row; the event it returns is committed with it.
	ChangePlan(ctx context.Context, customerID string, number int64, change func(*Plan) (Event, error)) (Plan, error)
	// DuePlans lists the confirmed plans of all customers whose time has come.
	DuePlans(ctx context.Context, now time.Time) ([]Plan, error)
	// Cut carries out a plan's first step, in one commit whatever the size of the customer.
	Cut(ctx context.Context, c Cut) (Customer, error)
	// Uncut takes a cut back: the connection is held, with one hold for whatever was removed.
	Uncut(ctx context.Context, u Uncut) (Customer, error)
	// Progress counts what is left to do after a cut.
	Progress(ctx context.Context, p Plan) (Progress, error)
}

// Cut is the moment of a disconnect: the connection ends, its tokens and its hold end, no revocation may start, and who is
// to get access back is written down, those included whose revocation is under way.
type Cut struct {
	Plan    Plan // as confirmed
	At      time.Time
	Events  func(kind string, data map[string]string) Event // makes the events of what ended
	LateFor time.Duration                                   // how long after its deadline a call may still land
}

// Uncut is the moment in which a disconnect is undone.
type Uncut struct {
	Plan     Plan
	At       time.Time
	Actor    Actor
	HoldID   string
	Sentence string // of the hold
	Events   func(kind string, data map[string]string) Event
}

// Progress is how far a disconnect, or its undoing, has come.
type Progress struct {
	Total    int // people of the plan
	Released int // whom SCIM has no say over any more
	Waiting  int // whose accounts are not written and verified yet
	Stuck    int // with whom only a person can help on
	Calls    int // to Okta for them within the last minute
}
