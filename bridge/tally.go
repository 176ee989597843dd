package bridge

import "drawbridge/policy"

// tally counts what would be done next with people's accounts.
type tally struct {
	acts     map[policy.Act]int // without those with whom nothing would
	active   int                // people who are active
	answered int                // removals that a person let through
}

func newTally() *tally { return &tally{acts: make(map[policy.Act]int)} }

// add counts one person of whom these are the facts, and returns what would be done.
func (t *tally) add(x Subject, facts policy.Facts) policy.Act {
	if x.User.Active {
		t.active++
	}
	act := policy.Decide(facts).Act
	if act == policy.Keep || act == policy.Leave {
		return act
	}
	if act.Revokes() && x.Approved {
		t.answered++
	}
	t.acts[act]++
	return act
}

// held reports whether the removals are more than go out without a question.
func (t *tally) held() bool {
	unanswered := t.acts[policy.Suspend] + t.acts[policy.Deactivate] - t.answered
	return unanswered > policy.Limit(policy.Hour, t.active+unanswered) || unanswered > 0 && t.active == 0 && unanswered >= 3
}
