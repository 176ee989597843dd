package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"drawbridge/policy"
)

// PlanState is where a plan stands.
type PlanState string

// The states of a plan, in the order of its life.
const (
	PlanOpen      PlanState = "open"      // made, and confirmed by nobody; a newer plan takes its place
	PlanConfirmed PlanState = "confirmed" // waits for its time
	PlanRunning   PlanState = "running"   // the connection is cut, and Okta is made to follow
	PlanDone      PlanState = "done"      // carried out and verified
	PlanCancelled PlanState = "cancelled" // replaced, or stopped before it ran
	PlanUndoing   PlanState = "undoing"   // the connection is held again, and its people come back under SCIM
	PlanUndone    PlanState = "undone"
)

// Limits of plans.
const (
	PlanLife   = 14 * 24 * time.Hour // the longest from making a plan to running it
	UndoLife   = 30 * 24 * time.Hour // how long after the cut a disconnect can be undone
	SweepAgain = 24 * time.Hour      // after the cut: when all accounts are read once more
	lateLife   = 5 * time.Minute     // how long after its deadline Okta may still apply a call that it had received
)

// Plan is what a disconnect would do, does or did.
type Plan struct {
	ID          string
	CustomerID  string
	Number      int64 // counts the customer's plans, from 1
	State       PlanState
	Hash        string // over choices and rows: what a person approved
	Choices     Choices
	Totals      map[policy.Outcome]int
	Conversions int       // people who are to set a password
	NoSignIn    int       // people of whom nothing says how they would sign in, and whom nobody has taken on
	BurstFrom   time.Time // since when removals count as those of the departure; zero: none do
	SSO         string    // what was known of the customer's identity provider
	Created     time.Time
	CreatedBy   string
	Expires     time.Time
	Epoch       int64 // of the customer when the plan was made

	Confirmed   time.Time // zero: it is not
	ConfirmedBy string
	SecondBy    string    // who confirmed it as the second person; empty: nobody, or nobody had to
	Accepted    string    // who takes on the people without a sign-in; empty: nobody
	RunAt       time.Time // when it runs or ran: the cut of the connection
	Finished    time.Time // zero: not yet
	Swept       time.Time // when the second sweep was over; zero: not yet
	Undone      time.Time
	UndoneBy    string

	ReturnCancelled time.Time // when a return from the disconnect was last cancelled: it cannot be undone since; zero: never
}

// Choices are what a person chose when the plan was made.
type Choices struct {
	SSOEnds  time.Time                 `json:"sso_ends,omitzero"`    // from when the customer's IdP signs nobody in; zero: it goes on
	SignIn   SignInChoice              `json:"sign_in,omitempty"`    // for everybody of whom SignInOf says nothing else
	SignInOf map[string]SignInChoice   `json:"sign_in_of,omitempty"` // by user id
	LeftTo   string                    `json:"left_to,omitempty"`    // who takes on, by name, everybody without a sign-in; empty: nobody
	Users    map[string]policy.Outcome `json:"users,omitempty"`      // restore or leave, by user id
	At       time.Time                 `json:"at,omitzero"`          // when to run; zero: as soon as it is confirmed
}

// PlanSignIn is how a person signs in after the disconnect; beside the ways in which they do today there are these.
const (
	LeftToUs  SignInWay = "left_to_us" // a named person of the vendor takes care of it
	NoAccess  SignInWay = "no_access"  // there is no access that a sign-in would open
	SSOEnding SignInWay = "sso_ends"   // by SSO until it ends, and then not
)

// FieldWrite is one thing that is written in Okta: a profile attribute, or "status".
type FieldWrite struct {
	Field string `json:"field"`
	From  any    `json:"from"`
	To    any    `json:"to"`
}

// PlanRow is one person of a plan.
type PlanRow struct {
	UserID   string
	Ordinal  int64
	UserName string
	Outcome  policy.Outcome
	SignIn   SignInWay
	Status   policy.Status // of the account when the row was made; empty: none
	Active   bool          // isSCIMActive when the row was made
	Removed  time.Time     // when the removal in force was accepted; zero: none
	Reason   string        // code of what stands in the way; empty: nothing
	Writes   []FieldWrite
	Facts    string // what the row was computed from, for comparison alone

	// What became of it; empty until the plan is done.
	Result     RowResult
	After      policy.Status
	ResultNote string // code of why it could not be done
}

// RowResult is what became of one person of a plan.
type RowResult string

// The results. The zero value is not known yet.
const (
	RowDone    RowResult = "done"
	RowSkipped RowResult = "skipped" // there is no account, or one that Okta lets nobody write
	RowFailed  RowResult = "failed"  // could not be done; the note says why
)

// unanswered reports whether somebody must say how the person is to sign in.
func (r PlanRow) unanswered() bool {
	return r.Outcome.LetsIn() && (r.SignIn == NoWay || r.SignIn == UnknownWay || r.SignIn == SSOEnding)
}

// worse reports whether the person would now be worse off than in the row that was approved.
func (r PlanRow) worse(approved PlanRow) bool {
	return r.Outcome.Worse(approved.Outcome) || r.unanswered() && !approved.unanswered()
}

// hashPlan is the hash of what a person approves.
func hashPlan(c Choices, rows []PlanRow) string {
	h := sha256.New()
	e := json.NewEncoder(h)
	_ = e.Encode(c) // plain fields, into a hash: neither can fail
	for _, r := range rows {
		_ = e.Encode([]any{r.UserID, r.Outcome, r.SignIn, r.Writes})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// planPage is how many rows of a plan are read at once.
const planPage = 10_000

// EachPlanRow calls each for the rows of a plan, in the order of the people's coming.
func (s *Service) EachPlanRow(ctx context.Context, a Actor, p Plan, each func(PlanRow) error) error {
	if err := a.may(Viewer); err != nil {
		return err
	}
	return s.eachPlanRow(ctx, p, each)
}

func (s *Service) eachPlanRow(ctx context.Context, p Plan, each func(PlanRow) error) error {
	for after := int64(0); ; {
		rows, err := s.plans.PlanRows(ctx, p, after, planPage)
		if err != nil {
			return err
		}
		for _, r := range rows {
			after = r.Ordinal
			if err := each(r); err != nil {
				return err
			}
		}
		if len(rows) < planPage {
			return nil
		}
	}
}
