package bridge

import (
	"testing"
	"time"
)

func TestWaveDefault(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, ends, want string }{
		{"in the middle of a week", "2026-12-03T12:00:00+01:00", "2026-12-01T09:00:00+01:00"},
		{"over a weekend", "2026-12-07T00:00:00+01:00", "2026-12-03T09:00:00+01:00"},
		{"ends on a Sunday", "2026-12-06T18:00:00+01:00", "2026-12-03T09:00:00+01:00"},
		{"late in the evening elsewhere is the next day there", "2026-12-03T23:30:00Z", "2026-12-02T09:00:00+01:00"},
		{"across the end of summer time", "2026-10-26T12:00:00+01:00", "2026-10-22T09:00:00+02:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ends, err := time.Parse(time.RFC3339, tt.ends)
			if err != nil {
				t.Fatal(err)
			}
			if got := waveDefault(ends, berlin).Format(time.RFC3339); got != tt.want {
				t.Errorf("two business days before %s is %s, want %s", tt.ends, got, tt.want)
			}
		})
	}
	if !waveDefault(time.Time{}, berlin).IsZero() {
		t.Error("SSO that goes on has a last day")
	}
}

func TestConfirm_SecondPerson(t *testing.T) {
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	const anna, ben = "support:anna", "support:ben"
	for _, tt := range []struct {
		name        string
		conversions int
		second      string
		after       time.Duration
		want        PlanState
	}{
		{"keeping every sign-in needs one person", 0, "", 0, PlanConfirmed},
		{"fifty mails need one person", ManyConversions, "", 0, PlanConfirmed},
		{"more need two", ManyConversions + 1, "", 0, PlanOpen},
		{"the second one is somebody else", ManyConversions + 1, ben, 0, PlanConfirmed},
		{"the same person is no second one", ManyConversions + 1, anna, AloneAfter - 1, PlanOpen},
		{"but for an hour later", ManyConversions + 1, anna, AloneAfter, PlanConfirmed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := Plan{State: PlanOpen, Conversions: tt.conversions}
			p.confirm(anna, Confirmation{}, now)
			if tt.second != "" {
				p.confirm(tt.second, Confirmation{}, now.Add(tt.after))
			}
			if p.State != tt.want || p.ConfirmedBy != anna || p.Confirmed != now {
				t.Errorf("the plan is %s, confirmed by %s at %v; want %s", p.State, p.ConfirmedBy, p.Confirmed, tt.want)
			}
		})
	}
}
