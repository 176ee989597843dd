package policy

import "fmt"

// LoginLimit is how many logins of one customer may change within an hour without a person's answer: a mistaken mapping
// locks people out without a single removal.
func LoginLimit(active int) int { return max(5, active/10) }

// Logins is what the guard must know of one customer, to decide whether the login of one more person may change. The zero value is
// a customer of whom none has changed.
type Logins struct {
	Changed int  // other people whose login was changed within the last hour without a person's answer
	Again   bool // this person's login was changed so within the last day: a mistake may be corrected
	Held    int  // logins that wait for an answer
	Peak    int  // the most users active at any moment of the last hour
}

// ManyLogins is the code of a verdict that holds a change of a login.
const ManyLogins HoldCode = "many_logins"

// GateLogins decides whether a login may change in Okta. Once one waits, all do until a person has answered or none waits any more:
// nothing is let through because time has passed.
func GateLogins(l Logins) Verdict {
	limit := LoginLimit(l.Peak)
	if l.Again || l.Held == 0 && l.Changed < limit {
		return Verdict{}
	}
	return Verdict{
		Hold: true, Window: Hour, Limit: limit, Count: l.Changed, Code: ManyLogins,
		Sentence: fmt.Sprintf("The logins of more than %d people changed within one hour; further logins stay as they are in Okta until a person has answered.", limit),
	}
}
