package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const grace = 30 * 24 * time.Hour

var (
	day0   = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	noTime time.Time
)

// situation is a column of the table: what the IdP and people want, whatever the account's status.
type situation struct {
	name  string
	title string
	set   func(*Facts)
}

func situations() []situation {
	wantsAccess := func(f *Facts) { f.Active = true }
	wantsNone := func(f *Facts) { f.RemovedAt = day0 }
	return []situation{
		{"access", "has access", wantsAccess},
		{"by hand", "has access, status set by hand", func(f *Facts) { wantsAccess(f); f.TakenAt = day0.Add(-time.Hour) }},
		{"none", "removed", wantsNone},
		{"held", "removed, held", func(f *Facts) { wantsNone(f); f.Held = true }},
		{"contained", "locked out by a person, held", func(f *Facts) { wantsAccess(f); f.Contained = true; f.Held = true }},
		{"unlocked", "removed, held, a person's lock lifted", func(f *Facts) { wantsNone(f); f.Unlocked = true; f.Held = true }},
		{"not removed", "inactive, never removed", func(*Facts) {}},
		{"disconnected", "removed, disconnected", func(f *Facts) { wantsNone(f); f.Connected = false }},
		{"given back", "removed, disconnected, to be given back", func(f *Facts) { wantsNone(f); f.Connected = false; f.GiveBack = true }},
		{"blocked", "has access, login not verified", func(f *Facts) { wantsAccess(f); f.LoginBlock = LoginNotVerified }},
		{"protected", "removed, protected", func(f *Facts) { wantsNone(f); f.Protected = true; f.Contained = true }},
		{"foreign", "removed, foreign", func(f *Facts) { wantsNone(f); f.Foreign = true; f.Contained = true }},
	}
}

func statuses() []Status {
	return []Status{"", Staged, Provisioned, Active, Recovery, PasswordExpired, LockedOut, Suspended, Deprovisioned, "NEXT_YEAR"}
}

// facts describes an account that Drawbridge itself took into its status a day ago, in the given situation.
func facts(s Status, set func(*Facts)) Facts {
	f := Facts{Now: day0.Add(24 * time.Hour), Connected: true, Status: s, StatusAt: day0, Grace: grace}
	switch s {
	case Suspended:
		f.Taken, f.TakenAt, f.SuspendedSince = s, day0, day0
	case Deprovisioned:
		f.Taken, f.TakenAt = s, day0
	}
	set(&f)
	return f
}

// want is the whole table, a line for each situation and in it an "act code" for each of statuses().
func want() map[string][]string {
	same := func(s string) []string {
		out := make([]string, len(statuses()))
		for i := range out {
			out[i] = s
		}
		return out
	}
	return map[string][]string{
		"access": {
			"create new_account", "keep not_activated", "keep setup_unfinished", "keep in_use", "keep recovery_unfinished",
			"keep password_expired", "keep locked_by_okta", "unsuspend lift_suspension", "activate revive_deactivated", "leave unknown_status",
		},
		"by hand": {
			"create new_account", "keep not_activated", "keep setup_unfinished", "keep in_use", "keep recovery_unfinished",
			"keep password_expired", "keep locked_by_okta", "keep taken_by_hand", "leave taken_by_hand", "leave unknown_status",
		},
		"none": {
			"leave never_linked", "deactivate deactivate_staged", "suspend suspend_provisioned", "suspend suspend_active", "deactivate deactivate_recovery",
			"deactivate deactivate_password_expired", "deactivate deactivate_locked_out", "keep in_grace", "leave removal_done", "leave unknown_status",
		},
		"held": {
			"leave never_linked", "leave held", "leave held", "leave held", "leave held",
			"leave held", "leave held", "keep in_grace", "leave removal_done", "leave unknown_status",
		},
		"contained": {
			"leave never_linked", "deactivate deactivate_staged", "suspend suspend_provisioned", "suspend suspend_active", "deactivate deactivate_recovery",
			"deactivate deactivate_password_expired", "deactivate deactivate_locked_out", "keep locked_by_person", "leave removal_done", "leave unknown_status",
		},
		"unlocked": {
			"leave never_linked", "leave held", "leave held", "leave held", "leave held",
			"leave held", "leave held", "unsuspend unlock_suspended", "activate unlock_deactivated", "leave unknown_status",
		},
		"not removed": {
			"leave waiting_for_active", "keep no_removal_seen", "keep no_removal_seen", "keep no_removal_seen", "keep no_removal_seen",
			"keep no_removal_seen", "keep no_removal_seen", "keep no_removal_seen", "leave no_removal_seen", "keep no_removal_seen",
		},
		"disconnected": {
			"leave disconnected", "keep disconnected", "keep disconnected", "keep disconnected", "keep disconnected",
			"keep disconnected", "keep disconnected", "keep disconnected", "leave disconnected", "keep disconnected",
		},
		"given back": {
			"leave disconnected", "keep disconnected", "keep disconnected", "keep disconnected", "keep disconnected",
			"keep disconnected", "keep disconnected", "unsuspend give_back_suspended", "activate give_back_deactivated", "keep disconnected",
		},
		"blocked":   same("leave login_not_verified"),
		"protected": same("leave protected"),
		"foreign":   same("leave foreign_account"),
	}
}

func TestDecideTable(t *testing.T) {
	table := want()
	for _, sit := range situations() {
		for i, s := range statuses() {
			t.Run(sit.name+"/"+string(s), func(t *testing.T) {
				d := Decide(facts(s, sit.set))
				if diff := cmp.Diff(table[sit.name][i], string(d.Act)+" "+string(d.Code)); diff != "" {
					t.Errorf("Decide (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestDecideCells covers the cells in which more than the status and the situation decides.
func TestDecideCells(t *testing.T) {
	access := func(f *Facts) { f.Active = true }
	none := func(f *Facts) { f.RemovedAt = day0 }
	tests := []struct {
		name   string
		status Status
		set    func(*Facts)
		act    Act
		code   Code
		at     time.Time
	}{
		{"staged by us is activated", Staged, func(f *Facts) { access(f); f.Born = true }, Activate, ActivateCreated, noTime},
		{"born and active", Active, func(f *Facts) { access(f); f.Born = true }, Keep, InUse, noTime},
		{"suspension never read back is ours", Suspended, func(f *Facts) { access(f); f.TakenAt = noTime }, Unsuspend, LiftSuspension, noTime},
		{"Okta gave no time: ours", Suspended, func(f *Facts) { access(f); f.StatusAt = noTime }, Unsuspend, LiftSuspension, noTime},
		{"same instant in another zone is ours", Suspended, func(f *Facts) { access(f); f.TakenAt = day0.In(time.FixedZone("x", 3600)) }, Unsuspend, LiftSuspension, noTime},
		{"suspended by hand after our deactivation", Suspended, func(f *Facts) { access(f); f.Taken = Deprovisioned }, Keep, TakenByHand, noTime},
		{"deactivated by hand after our suspension", Deprovisioned, func(f *Facts) { access(f); f.Taken = Suspended }, Leave, TakenByHand, noTime},
		{"suspended, never ours", Suspended, func(f *Facts) { access(f); f.Taken = "" }, Keep, TakenByHand, noTime},
		{"removal that was taken back", Active, func(f *Facts) { access(f); f.RemovedAt = day0 }, Keep, InUse, noTime},
		{"login block never stops a removal", Active, func(f *Facts) { none(f); f.LoginBlock = LoginTaken }, Suspend, SuspendActive, noTime},
		{"login block stops a restoration", Suspended, func(f *Facts) { access(f); f.LoginBlock = LoginInvalid }, Leave, LoginInvalid, noTime},
		{"provisioned, suspend refused", Provisioned, func(f *Facts) { none(f); f.SuspendRefused = true }, Deactivate, DeactivateProvisioned, noTime},
		{"active, suspend refused: tried again", Active, func(f *Facts) { none(f); f.SuspendRefused = true }, Suspend, SuspendActive, noTime},
		{"unlocked, removed and answered: stays", Suspended, func(f *Facts) { none(f); f.Unlocked = true }, Keep, InGrace, day0.Add(grace)},
		{"unlocked, disconnected", Suspended, func(f *Facts) { f.Connected, f.Unlocked = false, true }, Unsuspend, UnlockSuspended, noTime},
		{"unlocked, never removed", Suspended, func(f *Facts) { f.Unlocked = true }, Unsuspend, UnlockSuspended, noTime},
		{"unlocked, changed by hand since", Suspended, func(f *Facts) { f.Connected, f.Unlocked, f.TakenAt = false, true, day0.Add(-time.Hour) }, Keep, Disconnected, noTime},
		{"unlocked and locked again", Suspended, func(f *Facts) { f.Unlocked, f.Contained = true, true }, Keep, LockedByPerson, noTime},
		{"in grace tells its end", Suspended, none, Keep, InGrace, day0.Add(grace)},
		{"last instant of grace", Suspended, func(f *Facts) { none(f); f.Now = day0.Add(grace - 1) }, Keep, InGrace, day0.Add(grace)},
		{"first instant after grace", Suspended, func(f *Facts) { none(f); f.Now = day0.Add(grace) }, Deactivate, GraceOver, noTime},
		{"grace over, held", Suspended, func(f *Facts) { none(f); f.Now = day0.Add(grace); f.Held = true }, Leave, WaitingForAnswer, noTime},
		{"grace over, suspend only", Suspended, func(f *Facts) { none(f); f.Now = day0.Add(grace); f.SuspendOnly = true }, Keep, StaysSuspended, noTime},
		{"suspended since unknown", Suspended, func(f *Facts) { none(f); f.Now = day0.Add(grace); f.SuspendedSince = noTime }, Keep, StaysSuspended, noTime},
		{"no grace period set", Suspended, func(f *Facts) { none(f); f.Grace = 0 }, Keep, StaysSuspended, noTime},
		{"suspended by hand long before the removal", Suspended, func(f *Facts) { none(f); f.SuspendedSince = day0.Add(-2 * grace) }, Keep, InGrace, day0.Add(grace)},
		{"suspend only, status that Okta cannot suspend", LockedOut, func(f *Facts) { none(f); f.SuspendOnly = true }, Deactivate, DeactivateLockedOut, noTime},
		{"contained outlasts grace", Suspended, func(f *Facts) { f.Contained = true; f.Now = day0.Add(2 * grace) }, Keep, LockedByPerson, noTime},
		{"contained and disconnected", Active, func(f *Facts) { f.Contained, f.Connected, f.Held = true, false, true }, Suspend, SuspendActive, noTime},
		{"contained, removed, disconnected: no grace runs", Suspended, func(f *Facts) {
			none(f)
			f.Contained, f.Connected, f.Now = true, false, day0.Add(2*grace)
		}, Keep, LockedByPerson, noTime},
		{"contained and removed: grace runs, not held", Suspended, func(f *Facts) {
			none(f)
			f.Contained, f.Held, f.Now = true, true, day0.Add(grace)
		}, Deactivate, GraceOver, noTime},
		{"landed late, given back", Suspended, func(f *Facts) {
			none(f)
			f.Connected, f.GiveBack, f.Taken, f.LateFrom, f.LateUntil = false, true, "", day0, day0.Add(time.Minute)
		}, Unsuspend, GiveBackSuspended, noTime},
		{"taken by hand a minute too late to be ours", Suspended, func(f *Facts) {
			none(f)
			f.Connected, f.GiveBack, f.Taken = false, true, ""
			f.LateFrom, f.LateUntil = day0.Add(-2*time.Minute), day0.Add(-time.Second)
		}, Keep, Disconnected, noTime},
		{"given back, locked out by a person", Suspended, func(f *Facts) { f.Connected, f.GiveBack, f.Contained = false, true, true }, Keep, LockedByPerson, noTime},
		{"deleted, never linked", "", func(f *Facts) { none(f); f.Deleted = true }, Leave, NeverLinked, noTime},
		{"deleted like deactivated", Active, func(f *Facts) { none(f); f.Deleted = true }, Suspend, SuspendActive, noTime},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Decide(facts(tt.status, tt.set))
			got.Sentence = ""
			if diff := cmp.Diff(Decision{Act: tt.act, Code: tt.code, At: tt.at}, got); diff != "" {
				t.Errorf("Decide (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecideNothingKnown(t *testing.T) {
	if d := Decide(Facts{}); d.Act != Leave || d.Code != Disconnected {
		t.Errorf("Decide(Facts{}) = %s %s, want leave disconnected", d.Act, d.Code)
	}
}

func TestSentence(t *testing.T) {
	tests := []struct {
		name string
		f    Facts
		want string
	}{
		{
			"in grace", facts(Suspended, func(f *Facts) { f.RemovedAt = day0 }),
			"The customer's IdP removed this person; access is suspended and ends for good on 2026-03-31.",
		},
		{
			"grace over", facts(Suspended, func(f *Facts) { f.RemovedAt = day0; f.Now = day0.Add(2 * grace) }),
			"The customer's IdP removed this person; the grace period ended on 2026-03-31 and the account is about to be deactivated.",
		},
		{
			"contained", facts(Active, func(f *Facts) { f.Contained = true }),
			"A person locked this account out; the account is about to be suspended.",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Decide(tt.f).Sentence); diff != "" {
				t.Errorf("sentence (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCodesAreComplete(t *testing.T) {
	seen := map[Code]bool{}
	for _, c := range Codes() {
		if seen[c] {
			t.Errorf("%s is listed twice", c)
		}
		seen[c] = true
		r := c.rule()
		if r.act == "" || r.text == "" {
			t.Errorf("%s has no act or no sentence", c)
		}
		said := r.say(Facts{Grace: grace, SuspendedSince: day0})
		if !strings.HasSuffix(said, ".") || strings.ContainsAny(said, "{}%") {
			t.Errorf("%s: sentence is not finished: %q", c, said)
		}
	}
	for _, cells := range want() {
		for _, cell := range cells {
			_, code, _ := strings.Cut(cell, " ")
			if !seen[Code(code)] {
				t.Errorf("%s is not in Codes", code)
			}
		}
	}
	if r := Code("no such code").rule(); r.act != "" {
		t.Errorf("an unknown code acts: %s", r.act)
	}
}

func TestActs(t *testing.T) {
	tests := map[Act][2]bool{
		Leave: {}, Keep: {}, Create: {},
		Suspend: {true, false}, Deactivate: {true, false}, Activate: {false, true}, Unsuspend: {false, true},
	}
	for act, want := range tests {
		if got := [2]bool{act.Revokes(), act.Restores()}; got != want {
			t.Errorf("%s: Revokes, Restores = %v, want %v", act, got, want)
		}
	}
}
