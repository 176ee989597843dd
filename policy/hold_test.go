package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestLimit(t *testing.T) {
	tests := []struct {
		active          int
		hour, day, week int
	}{
		{-1, 2, 5, 5},
		{0, 2, 5, 5},
		{1, 2, 5, 5},
		{3, 2, 5, 5}, // Gate protects the last one
		{4, 2, 2, 2}, // half, from here on
		{5, 2, 2, 2},
		{6, 2, 3, 3},
		{9, 2, 4, 4},
		{10, 2, 5, 5},
		{20, 2, 5, 5},
		{21, 3, 5, 5},
		{50, 3, 5, 10},
		{51, 5, 5, 10},
		{90, 5, 9, 18},
		{119, 5, 11, 23}, // percentages round down
		{120, 6, 12, 24},
		{999, 49, 99, 199},
		{1_000, 50, 100, 200},
		{1_500, 50, 150, 300},
		{10_000, 50, 150, 2_000},
		{1_000_000, 50, 150, 200_000},
	}
	for _, tt := range tests {
		got := [3]int{Limit(Hour, tt.active), Limit(Day, tt.active), Limit(Week, tt.active)}
		if want := [3]int{tt.hour, tt.day, tt.week}; got != want {
			t.Errorf("limits for %d active = %v, want %v", tt.active, got, want)
		}
	}
	if got := Limit("", 10_000); got != 0 {
		t.Errorf("Limit of no window = %d, want 0", got)
	}
	if got := (PerWindow{1, 2, 3}).In(""); got != 0 {
		t.Errorf("PerWindow.In of no window = %d, want 0", got)
	}
}

func TestOtherLimits(t *testing.T) {
	tests := []struct {
		name      string
		limit     func(int) int
		of, want  int
		thenAfter int // the smallest larger input with a larger limit
	}{
		{"group, small", GroupLimit, 29, 5, 30},
		{"group, large", GroupLimit, 1_000, 200, 1_005},
		{"rollout, small", RolloutLimit, 199, 1, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.limit(tt.of); got != tt.want {
				t.Errorf("limit(%d) = %d, want %d", tt.of, got, tt.want)
			}
			if got := tt.limit(tt.thenAfter); got != tt.want+1 {
				t.Errorf("limit(%d) = %d, want %d", tt.thenAfter, got, tt.want+1)
			}
		})
	}
	if got := RolloutLimit(1_000_000); got != 5 {
		t.Errorf("RolloutLimit(1000000) = %d, want 5", got)
	}
	if got := RolloutLimit(-1); got != 0 {
		t.Errorf("RolloutLimit(-1) = %d, want 0", got)
	}
}

func TestNeedsSecondPerson(t *testing.T) {
	tests := []struct {
		people, active int
		want           bool
	}{{25, 1_000, false}, {26, 1_000, true}, {5, 20, false}, {6, 20, true}, {1, 3, true}, {0, 0, false}}
	for _, tt := range tests {
		if got := NeedsSecondPerson(tt.people, tt.active); got != tt.want {
			t.Errorf("NeedsSecondPerson(%d, %d) = %v, want %v", tt.people, tt.active, got, tt.want)
		}
	}
}

func TestGate(t *testing.T) {
	now := day0
	all := func(n int) PerWindow { return PerWindow{n, n, n} }
	just := now.Add(-500 * time.Millisecond)
	tests := []struct {
		name string
		r    Removals
		want Verdict
	}{
		{"nothing known", Removals{}, Verdict{}},
		{"first of many", Removals{Hour: 1, Day: 1, Week: 1, Peak: all(1_000), Active: 999, Now: now, LastStart: just}, Verdict{}},
		{"at the limit", Removals{Hour: 5, Day: 5, Week: 5, Peak: all(90), Active: 85, Now: now}, Verdict{}},
		{"over the limit of the hour", Removals{Hour: 6, Day: 6, Week: 6, Peak: all(90), Active: 84, Now: now},
			Verdict{Hold: true, Window: Hour, Limit: 5, Count: 6, Code: OverLimit}},
		{"over the limit of the day", Removals{Hour: 1, Day: 10, Week: 10, Peak: all(90), Active: 80, Now: now},
			Verdict{Hold: true, Window: Day, Limit: 9, Count: 10, Code: OverLimit}},
		{"over the limit of the week", Removals{Hour: 1, Day: 1, Week: 19, Peak: all(90), Active: 71, Now: now},
			Verdict{Hold: true, Window: Week, Limit: 18, Count: 19, Code: OverLimit}},
		{"a shrinking customer: each window has its own peak", Removals{Hour: 3, Day: 3, Week: 3, Peak: PerWindow{20, 90, 90}, Active: 17, Now: now},
			Verdict{Hold: true, Window: Hour, Limit: 2, Count: 3, Code: OverLimit}},
		{"more than half of four", Removals{Hour: 2, Day: 3, Week: 3, Peak: all(4), Active: 1, Now: now},
			Verdict{Hold: true, Window: Day, Limit: 2, Count: 3, Code: OverLimit}},
		{"the last of three, slowly", Removals{Hour: 1, Day: 2, Week: 3, Peak: all(3), Active: 0, Now: now},
			Verdict{Hold: true, Count: 3, Code: LeavesNobody}},
		{"two of three", Removals{Hour: 2, Day: 2, Week: 2, Peak: all(3), Active: 1, Now: now}, Verdict{}},
		{"the last of two", Removals{Hour: 2, Day: 2, Week: 2, Peak: all(2), Active: 0, Now: now}, Verdict{}},
		{"below half: not paced", Removals{Hour: 24, Day: 24, Week: 24, Peak: all(10_000), Active: 9_000, Now: now, LastStart: just}, Verdict{}},
		{"half of the hour: paced", Removals{Hour: 25, Day: 25, Week: 25, Peak: all(10_000), Active: 9_000, Now: now, LastStart: just},
			Verdict{Window: Hour, Limit: 50, Count: 25, Wait: 1500 * time.Millisecond, Code: Paced}},
		{"half of an odd limit rounds up: 2 of 5", Removals{Hour: 2, Day: 2, Week: 2, Peak: all(90), Active: 88, Now: now, LastStart: just}, Verdict{}},
		{"half of an odd limit rounds up: 3 of 5", Removals{Hour: 3, Day: 3, Week: 3, Peak: all(90), Active: 87, Now: now, LastStart: just},
			Verdict{Window: Hour, Limit: 5, Count: 3, Wait: 1500 * time.Millisecond, Code: Paced}},
		{"half of the day: paced", Removals{Hour: 1, Day: 75, Week: 75, Peak: all(10_000), Active: 9_000, Now: now, LastStart: just},
			Verdict{Window: Day, Limit: 150, Count: 75, Wait: 1500 * time.Millisecond, Code: Paced}},
		{"half, first start", Removals{Hour: 25, Day: 25, Week: 25, Peak: all(10_000), Active: 9_000, Now: now}, Verdict{}},
		{"half, pace kept", Removals{Hour: 25, Day: 25, Week: 25, Peak: all(10_000), Active: 9_000, Now: now, LastStart: now.Add(-Pace)}, Verdict{}},
		{"half, a clock far ahead", Removals{Hour: 25, Day: 25, Week: 25, Peak: all(10_000), Active: 9_000, Now: now, LastStart: now.Add(time.Hour)},
			Verdict{Window: Hour, Limit: 50, Count: 25, Wait: Pace, Code: Paced}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Gate(tt.r)
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(Verdict{}, "Sentence")); diff != "" {
				t.Errorf("Gate (-want +got):\n%s", diff)
			}
			if (got.Sentence == "") != (got.Code == "") {
				t.Errorf("code %q, sentence %q", got.Code, got.Sentence)
			}
		})
	}
}

func TestGlobalGate(t *testing.T) {
	tests := []struct {
		name                             string
		started, active, held, customers int
		want                             Verdict
	}{
		{"quiet", 199, 10_000, 2, 100, Verdict{}},
		{"200 in an hour", 200, 10_000, 0, 100, Verdict{Hold: true, Window: Hour, Limit: 200, Count: 200, Code: ManyStarted}},
		{"a tenth of a percent of very many", 999, 1_000_000, 0, 100, Verdict{}},
		{"reached among very many", 1_000, 1_000_000, 0, 100, Verdict{Hold: true, Window: Hour, Limit: 1_000, Count: 1_000, Code: ManyStarted}},
		{"three held", 0, 10_000, 3, 100, Verdict{Hold: true, Limit: 3, Count: 3, Code: ManyHeld}},
		{"two in a hundred of very many", 0, 10_000, 19, 1_000, Verdict{}},
		{"reached among many customers", 0, 10_000, 20, 1_000, Verdict{Hold: true, Limit: 20, Count: 20, Code: ManyHeld}},
		{"nothing at all", 0, 0, 0, 0, Verdict{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := GlobalGate(tt.started, tt.active, tt.held, tt.customers)
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(Verdict{}, "Sentence")); diff != "" {
				t.Errorf("GlobalGate (-want +got):\n%s", diff)
			}
			if got.Hold != (got.Sentence != "") {
				t.Errorf("hold %v, sentence %q", got.Hold, got.Sentence)
			}
		})
	}
}

func TestAdmit(t *testing.T) {
	calm := Removals{Hour: 1, Day: 1, Week: 1, Peak: PerWindow{90, 90, 90}, Active: 89, Now: day0}
	stormy := calm
	stormy.Hour, stormy.Day, stormy.Week = 6, 6, 6
	used := calm
	used.StartedLastHour = SpareRevocations
	everything := GlobalGate(500, 1_000, 0, 10)
	tests := []struct {
		name   string
		r      Removals
		global Verdict
		want   HoldCode
	}{
		{"calm, and calm elsewhere", calm, Verdict{}, ""},
		{"calm, everything holds: spare ones", calm, everything, ""},
		{"calm, everything holds: spare ones used", used, everything, ManyStarted},
		{"spare ones used, nothing holds", used, Verdict{}, ""},
		{"held, everything holds: no spare ones", stormy, everything, OverLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Admit(tt.r, tt.global)
			if got.Code != tt.want || got.Hold != (tt.want != "") {
				t.Errorf("Admit = hold %v, code %q; want code %q", got.Hold, got.Code, tt.want)
			}
		})
	}
}

func TestLimitNeverMoreThanHalf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		active := rapid.OneOf(rapid.IntRange(4, 60), rapid.IntRange(4, 1_000_000)).Draw(t, "active")
		for _, w := range Windows() {
			if limit := Limit(w, active); 2*limit > active || limit < 1 {
				t.Fatalf("Limit(%s, %d) = %d", w, active, limit)
			}
		}
	})
}

// TestLimitMonotone: one more user never lowers a limit, except where the rule of half begins, at four; and a longer window
// never allows less than a shorter one.
func TestLimitMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		active := rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(0, 1_000_000)).Draw(t, "active")
		shorter := 0
		for _, w := range Windows() {
			limit := Limit(w, active)
			if limit < shorter {
				t.Fatalf("Limit(%s, %d) = %d, less than %d in a shorter window", w, active, limit, shorter)
			}
			if next := Limit(w, active+1); next < limit && active+1 != 4 {
				t.Fatalf("Limit(%s, %d) = %d, then %d for one more", w, active, limit, next)
			}
			shorter = limit
		}
	})
}

// storm is a customer whose IdP removes people one after another; it returns how many revocations start before gate holds.
func storm(active, removals int, gate func(Removals) Verdict) (started int) {
	now, last := day0, time.Time{}
	for n := 1; n <= removals && n <= active; n++ {
		r := Removals{Hour: n, Day: n, Week: n, Peak: PerWindow{active, active, active}, Active: active - n, Now: now, LastStart: last}
		v := gate(r)
		if v.Hold {
			return started
		}
		now = now.Add(v.Wait)
		last = now
		started++
	}
	return started
}

// stormHolds names what a storm did beyond the limits.
func stormHolds(active int, gate func(Removals) Verdict) string {
	started := storm(active, active, gate)
	switch {
	case active >= 4 && 2*started > active:
		return "more than half of the customer"
	case active >= 3 && started >= active:
		return "everybody"
	case started > 50:
		return "more than 50 within one hour"
	case started > Limit(Hour, active):
		return "more than the limit of the hour"
	}
	return ""
}

func TestI3_StormStopsAtTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		active := rapid.OneOf(rapid.IntRange(0, 60), rapid.IntRange(0, 5_000)).Draw(t, "active")
		if wrong := stormHolds(active, Gate); wrong != "" {
			t.Fatalf("%d active: %s", active, wrong)
		}
	})
	mutants := map[string]func(Removals) Verdict{
		"the limits are those of a customer ten times as large": func(r Removals) Verdict {
			r.Peak = PerWindow{10 * r.Peak.Hour, 10 * r.Peak.Day, 10 * r.Peak.Week}
			return Gate(r)
		},
		"one too many":        func(r Removals) Verdict { r.Hour, r.Day, r.Week = r.Hour-1, r.Day-1, r.Week-1; return Gate(r) },
		"only the day counts": func(r Removals) Verdict { r.Hour = 0; return Gate(r) },
	}
	for name, gate := range mutants {
		caught := false
		for active := range 5_000 {
			caught = caught || stormHolds(active, gate) != ""
		}
		if !caught {
			t.Errorf("the mutant %q is not caught", name)
		}
	}
}

// TestGateHoldsOnceOver: one more removal, or one person less who stays active, never turns a hold into none.
func TestGateHoldsOnceOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300)
		r := Removals{
			Hour: n.Draw(t, "hour"), Day: n.Draw(t, "day"), Week: n.Draw(t, "week"), Now: day0, Active: n.Draw(t, "active"),
			Peak: PerWindow{n.Draw(t, "peak hour"), n.Draw(t, "peak day"), n.Draw(t, "peak week")},
		}
		if !Gate(r).Hold {
			return
		}
		more := r
		more.Hour, more.Day, more.Week, more.Active = r.Hour+1, r.Day+1, r.Week+1, r.Active-1
		if !Gate(more).Hold {
			t.Fatalf("%+v is held, %+v is not", r, more)
		}
	})
}
