package policy

import (
	"testing"
	"time"
)

func TestDepart(t *testing.T) {
	active := func(d *Departure) { d.Active = true }
	removed := func(d *Departure) { d.RemovedAt = day0 }
	tests := []struct {
		name   string
		status Status
		set    func(*Departure)
		want   Outcome
	}{
		{"works", Active, active, StaysActive},
		{"password expired, still let in", PasswordExpired, active, StaysActive},
		{"inactive, never removed", Active, func(*Departure) {}, StaysActive},
		{"removed, not carried out", Active, removed, HeldBack},
		{"removed and suspended alone", Suspended, removed, LeaveRemoved},
		{"removed and suspended in the burst", Suspended, func(d *Departure) { removed(d); d.Burst = true }, Restore},
		{"of the burst, to be left", Suspended, func(d *Departure) { removed(d); d.Burst, d.Choice = true, LeaveRemoved }, LeaveRemoved},
		{"alone, to be restored", Deprovisioned, func(d *Departure) { removed(d); d.Choice = Restore }, Restore},
		{"taken back, not carried out", Suspended, active, Restore},
		{"suspended by hand", Suspended, func(d *Departure) { active(d); d.Taken = "" }, StaysInactive},
		{"suspended by hand and removed in the burst", Suspended, func(d *Departure) { removed(d); d.Burst, d.Taken = true, "" }, StaysInactive},
		{"a choice gives nothing back that a hand took", Suspended, func(d *Departure) { removed(d); d.Choice, d.Taken = Restore, "" }, StaysInactive},
		{"pushed, no account yet", "", active, Conflicting},
		{"never had an account", "", removed, StaysInactive},
		{"stuck", Active, func(d *Departure) { active(d); d.Stuck = true }, Conflicting},
		{"removed and stuck has no access to lose", Suspended, func(d *Departure) { removed(d); d.Stuck = true }, LeaveRemoved},
		{"somebody else's account", Active, func(d *Departure) { active(d); d.Foreign = true }, Conflicting},
		{"an administrator", Active, func(d *Departure) { active(d); d.Protected = true }, Conflicting},
		{"locked out by a person", Suspended, func(d *Departure) { active(d); d.Contained = true }, StaysInactive},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := Departure{Facts: facts(tt.status, func(*Facts) {})}
			tt.set(&d)
			if got := Depart(d); got != tt.want {
				t.Errorf("Depart = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBurst(t *testing.T) {
	friday := day0.AddDate(0, 0, 4)
	storm := func(n int) (at []time.Time) {
		for i := range n {
			at = append(at, friday.Add(time.Duration(i)*time.Second))
		}
		return at
	}
	tests := []struct {
		name     string
		removals []time.Time
		active   int
		begin    time.Time
		found    bool
	}{
		{"none", nil, 10, noTime, false},
		{"one left", storm(1), 10, noTime, false},
		{"as many as go out without a question", storm(2), 10, noTime, false},
		{"everybody", storm(6), 0, friday, true},
		{"one on Tuesday, all on Friday", append([]time.Time{day0}, storm(411)...), 0, friday, true},
		{"out of order", append(storm(411), day0), 0, friday, true},
		{"one left after the storm", append(storm(411), friday.Add(2*time.Hour)), 0, friday, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			begin, found := Burst(tt.removals, tt.active)
			if found != tt.found || !begin.Equal(tt.begin) {
				t.Errorf("Burst = %v, %t, want %v, %t", begin, found, tt.begin, tt.found)
			}
		})
	}
}

func TestOutcome_Worse(t *testing.T) {
	for _, now := range Outcomes() {
		for _, was := range Outcomes() {
			want := was.LetsIn() && !now.LetsIn() || now == Conflicting && was != Conflicting
			if now.Worse(was) != want {
				t.Errorf("%s after %s: worse = %t, want %t", now, was, !want, want)
			}
		}
	}
}
