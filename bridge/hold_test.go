package bridge

import (
	"slices"
	"testing"
	"time"
)

func TestHoldLabel(t *testing.T) {
	tests := []struct {
		name   string
		people int
		signs  HoldSigns
		want   HoldLabel
	}{
		{"nobody", 0, HoldSigns{}, Some},
		{"nine in ten", 9, HoldSigns{Active: 1}, Everyone},
		{"fewer", 8, HoldSigns{Active: 1}, Some},
		{"everybody outranks their group", 10, HoldSigns{Group: "All"}, Everyone},
		{"a group, and hardly anybody else is in it", 10, HoldSigns{Active: 100, Group: "Sales", GroupOthers: 3}, OneGroup},
		{"a group that everybody is in", 10, HoldSigns{Active: 100, Group: "All", GroupOthers: 90}, Some},
		{"another token, half as often", 10, HoldSigns{Active: 100, OtherWrites: 5}, IdPChange},
		{"another token, less often", 10, HoldSigns{Active: 100, OtherWrites: 4}, Some},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.signs.label(tt.people)
			if got != tt.want || len(got.Suggested()) == 0 {
				t.Errorf("%s, suggested %v; want %s", got, got.Suggested(), tt.want)
			}
		})
	}
}

func TestSetHash(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	set := []Removal{{"a", at}, {"b", at}, {"c", at.Add(time.Second)}}
	other := slices.Clone(set)
	slices.Reverse(other)
	if SetHash(set) != SetHash(other) {
		t.Error("the order changes the hash")
	}
	later := slices.Clone(set)
	later[1].At = at.Add(time.Microsecond)
	for name, different := range map[string][]Removal{"nobody": nil, "one fewer": set[:2], "a later removal": later} {
		if SetHash(different) == SetHash(set) {
			t.Errorf("%s has the same hash", name)
		}
	}
}

func TestProposal_CoversWhatStillWaits(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	p := Proposal{Set: []Removal{{"a", at}, {"b", at}}}
	waiting := []Removal{{"a", at.Add(time.Second)}, {"b", at}, {"c", at}}
	if got := p.still(waiting); got == nil || !slices.Equal(got.Set, []Removal{{"b", at}}) {
		t.Errorf("what still waits of the proposal: %v", got)
	}
	if got := p.still(waiting[2:]); got != nil {
		t.Errorf("a proposal of which nobody waits: %v", got)
	}
}

// An answer needs the role of an operator, as every use case that changes something.
func TestHold_NeedsARole(t *testing.T) {
	s := &Service{now: time.Now}
	viewer, nobody := Actor{Name: "support:eve", Role: Viewer}, Actor{Name: "eve"}
	calls := map[string]error{}
	_, calls["list"] = s.Holds(t.Context(), nobody)
	_, calls["show"] = s.Hold(t.Context(), nobody, "acme")
	_, calls["answer"] = s.AnswerHold(t.Context(), viewer, "acme", Left, "")
	_, _, calls["remove now"] = s.RemoveNow(t.Context(), viewer, "acme", "anna", "")
	_, calls["contain"] = s.Contain(t.Context(), viewer, "acme", "anna", "")
	_, calls["lift"] = s.Uncontain(t.Context(), viewer, "acme", "anna", "")
	for name, err := range calls {
		if CodeOf(err) != Refused {
			t.Errorf("%s: %v, want %s", name, err, Refused)
		}
	}
}
