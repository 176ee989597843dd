package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// anyFacts draws facts without regard to whether they can occur together: the invariants hold for nonsense, too.
// Times come from a handful of instants, so that equal and adjacent ones are drawn often.
func anyFacts() *rapid.Generator[Facts] {
	instant := rapid.SampledFrom([]time.Time{
		{}, day0, day0.Add(time.Second), day0.Add(time.Hour), day0.Add(grace - 1), day0.Add(grace), day0.Add(3 * grace),
	})
	status := rapid.SampledFrom(statuses())
	flag := rapid.Bool()
	rare := rapid.Custom(func(t *rapid.T) bool { return rapid.IntRange(0, 7).Draw(t, "rare") == 0 })
	return rapid.Custom(func(t *rapid.T) Facts {
		return Facts{
			Now:            instant.Draw(t, "Now"),
			Connected:      flag.Draw(t, "Connected"),
			Active:         flag.Draw(t, "Active"),
			RemovedAt:      instant.Draw(t, "RemovedAt"),
			Deleted:        flag.Draw(t, "Deleted"),
			Contained:      rare.Draw(t, "Contained"),
			LoginBlock:     rapid.SampledFrom([]Code{"", "", "", LoginInvalid, LoginNotVerified, LoginTaken}).Draw(t, "LoginBlock"),
			Status:         status.Draw(t, "Status"),
			StatusAt:       instant.Draw(t, "StatusAt"),
			Foreign:        rare.Draw(t, "Foreign"),
			Protected:      rare.Draw(t, "Protected"),
			Taken:          rapid.SampledFrom([]Status{"", Suspended, Deprovisioned}).Draw(t, "Taken"),
			TakenAt:        instant.Draw(t, "TakenAt"),
			Born:           flag.Draw(t, "Born"),
			SuspendRefused: flag.Draw(t, "SuspendRefused"),
			SuspendedSince: instant.Draw(t, "SuspendedSince"),
			Grace:          rapid.SampledFrom([]time.Duration{0, time.Second, grace}).Draw(t, "Grace"),
			SuspendOnly:    flag.Draw(t, "SuspendOnly"),
			Held:           flag.Draw(t, "Held"),
			Unlocked:       rare.Draw(t, "Unlocked"),
			GiveBack:       rare.Draw(t, "GiveBack"),
			LateFrom:       rapid.SampledFrom([]time.Time{{}, {}, day0, day0.Add(time.Second)}).Draw(t, "LateFrom"),
			LateUntil:      instant.Draw(t, "LateUntil"),
		}
	})
}

// An invariant names what is wrong with d as a decision on f; empty when nothing is.
type invariant func(f Facts, d Decision) string

func absenceNeverRevokes(f Facts, d Decision) string {
	if f.RemovedAt.IsZero() && !f.Contained && d.Act.Revokes() {
		return "revokes although nothing was removed"
	}
	if f.Active && !f.Contained && d.Act.Revokes() {
		return "revokes one who is active"
	}
	return ""
}

func disconnectedIsLeftAlone(f Facts, d Decision) string {
	switch {
	case f.Connected || f.Contained:
		return ""
	case d.Act.Revokes():
		return "takes the access of somebody whom SCIM does not govern"
	case d.Act != Keep && d.Act != Leave && !f.GiveBack && !f.Unlocked:
		return "changes the access of somebody whom SCIM does not govern"
	}
	return ""
}

func takenByHandIsNeverGivenBack(f Facts, d Decision) string {
	if !f.Connected && f.GiveBack && !f.LateFrom.IsZero() && !f.StatusAt.Before(f.LateFrom) && !f.StatusAt.After(f.LateUntil) {
		// A revocation of ours was under way when the status changed: it was not a hand.
		f.Taken, f.TakenAt = f.Status, f.StatusAt
	}
	if d.Act == Unsuspend && (f.Status != Suspended || f.Taken != Suspended) {
		return "unsuspends what we did not suspend"
	}
	if d.Act == Activate && f.Status != Staged && (f.Status != Deprovisioned || f.Taken != Deprovisioned) {
		return "activates what we did not deactivate"
	}
	if d.Act == Activate && f.Status == Staged && !f.Born {
		return "activates what somebody else staged"
	}
	changedSince := !f.TakenAt.IsZero() && !f.StatusAt.IsZero() && !f.TakenAt.Equal(f.StatusAt)
	if d.Act.Restores() && f.Status != Staged && changedSince {
		return "restores although the status was changed by hand since"
	}
	asked := f.Connected && f.Active || !f.Connected && f.GiveBack || f.Unlocked && (!removed(f) || f.Held)
	if d.Act.Restores() && (f.Contained || !asked) {
		return "restores without anybody who asks for it"
	}
	return ""
}

func protectedAndForeignNeverActs(f Facts, d Decision) string {
	if (f.Protected || f.Foreign) && d.Act != Leave {
		return "writes to an account that is not ours to write"
	}
	return ""
}

func deactivateOnlyByRow(f Facts, d Decision) string {
	if d.Act != Deactivate {
		return ""
	}
	refused := map[Code]Status{
		DeactivateStaged: Staged, DeactivateRecovery: Recovery, DeactivatePasswordExpired: PasswordExpired, DeactivateLockedOut: LockedOut,
	}
	if status, named := refused[d.Code]; named {
		if f.Status != status {
			return "deactivates by the row of another status"
		}
		return ""
	}
	switch {
	case d.Code == DeactivateProvisioned:
		if f.Status != Provisioned || !f.SuspendRefused {
			return "deactivates PROVISIONED although Okta never refused to suspend it"
		}
	case d.Code == GraceOver:
		if f.Status != Suspended || f.SuspendOnly || f.Grace <= 0 || f.SuspendedSince.IsZero() || f.Now.Sub(f.SuspendedSince) < f.Grace {
			return "deactivates one who was not suspended for the grace period"
		}
	default:
		return "deactivates by no named row"
	}
	return ""
}

func heldHoldsButForContainment(f Facts, d Decision) string {
	if f.Held && !f.Contained && d.Act.Revokes() {
		return "revokes while held"
	}
	if f.Contained && d.Code == WaitingForAnswer {
		return "holds a containment"
	}
	return ""
}

// noOpenDoor is the other side: what must be removed is removed, unless a named row says why not.
func noOpenDoor(f Facts, d Decision) string {
	gone := f.Contained || removed(f)
	if !gone || f.Protected || f.Foreign || f.Held && !f.Contained {
		return ""
	}
	if slices.Contains([]Status{Staged, Provisioned, Active, Recovery, PasswordExpired, LockedOut}, f.Status) && !d.Act.Revokes() {
		return "leaves access with one who was removed"
	}
	return ""
}

func onlyWritableIsWritten(f Facts, d Decision) string {
	switch {
	case d.Act == Keep && (f.Status == "" || f.Status == Deprovisioned):
		return "writes a profile that Okta lets nobody write"
	case d.Act == Create && f.Status != "":
		return "creates a second account"
	case d.Act != Create && d.Act != Leave && f.Status == "":
		return "acts on an account that does not exist"
	case f.Active && f.LoginBlock != "" && d.Act != Leave && f.Connected && !f.Contained:
		return "acts under a login that is blocked"
	}
	return ""
}

func deadlineIsAhead(f Facts, d Decision) string {
	if !d.At.IsZero() && !d.At.After(f.Now) {
		return "asks to be called again in the past"
	}
	return ""
}

type decider func(Facts) Decision

func holds(t *testing.T, inv invariant) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts().Draw(t, "facts")
		d := Decide(f)
		if wrong := inv(f, d); wrong != "" {
			t.Fatalf("%s %s: %s", d.Act, d.Code, wrong)
		}
	})
}

// catches fails unless inv finds the fault in mutant, so that a check that cannot fail does not pass for a check.
func catches(t *testing.T, inv invariant, name string, mutant decider) {
	t.Helper()
	for seed := range 20_000 {
		f := anyFacts().Example(seed)
		if inv(f, mutant(f)) != "" {
			return
		}
	}
	t.Errorf("the mutant %q is not caught", name)
}

// pretend decides on facts that were tampered with: the shape of most mistakes in a caller or in a row.
func pretend(change func(*Facts)) decider {
	return func(f Facts) Decision {
		change(&f)
		return Decide(f)
	}
}

// instead replaces the decision wherever when holds.
func instead(when func(Facts, Decision) bool, act Act) decider {
	return func(f Facts) Decision {
		d := Decide(f)
		if when(f, d) {
			d.Act = act
		}
		return d
	}
}

func TestI7_AbsenceNeverRevokes(t *testing.T) {
	for _, status := range []Status{"", Staged, Provisioned, Active, Recovery, PasswordExpired, LockedOut, Suspended, Deprovisioned} {
		if d := Decide(Facts{Now: time.Unix(1, 0), Connected: true, Status: status, Grace: time.Hour}); d.Act.Revokes() {
			t.Errorf("%q, inactive and never removed: %s", status, d.Act)
		}
	}
	holds(t, absenceNeverRevokes)
	catches(t, absenceNeverRevokes, "not active counts as removed", pretend(func(f *Facts) {
		if !f.Active && f.RemovedAt.IsZero() {
			f.RemovedAt = f.Now.Add(-1)
		}
	}))
	catches(t, absenceNeverRevokes, "a removal is remembered after the IdP took it back", pretend(func(f *Facts) {
		f.Active = f.Active && f.RemovedAt.IsZero()
	}))
}

func TestI2_DisconnectedIsLeftAlone(t *testing.T) {
	holds(t, disconnectedIsLeftAlone)
	catches(t, disconnectedIsLeftAlone, "the connection is not looked at", pretend(func(f *Facts) { f.Connected = true }))
}

func TestI13_TakenByHandIsNeverGivenBack(t *testing.T) {
	holds(t, takenByHandIsNeverGivenBack)
	catches(t, takenByHandIsNeverGivenBack, "every suspension counts as ours", pretend(func(f *Facts) { f.Taken = f.Status }))
	catches(t, takenByHandIsNeverGivenBack, "the time of the change is not compared", pretend(func(f *Facts) { f.TakenAt = noTime }))
	catches(t, takenByHandIsNeverGivenBack, "a lock by a person is overlooked", pretend(func(f *Facts) { f.Contained = false }))
	catches(t, takenByHandIsNeverGivenBack, "whatever is suspended is given back after a disconnect", pretend(func(f *Facts) {
		f.LateFrom, f.LateUntil = time.Time{}.Add(1), day0.AddDate(9, 0, 0)
	}))
	catches(t, takenByHandIsNeverGivenBack, "a lifted lock outranks a removal", pretend(func(f *Facts) { f.Held = f.Held || f.Unlocked }))
	catches(t, takenByHandIsNeverGivenBack, "every lock counts as lifted", pretend(func(f *Facts) { f.Unlocked = true }))
	catches(t, takenByHandIsNeverGivenBack, "access comes back though nobody decided so", pretend(func(f *Facts) { f.GiveBack = true }))
	catches(t, takenByHandIsNeverGivenBack, "what others staged is activated", pretend(func(f *Facts) { f.Born = true }))
}

func TestI10_ProtectedAndForeignNeverAct(t *testing.T) {
	holds(t, protectedAndForeignNeverActs)
	catches(t, protectedAndForeignNeverActs, "containment outranks protection", pretend(func(f *Facts) { f.Protected = f.Protected && !f.Contained }))
	catches(t, protectedAndForeignNeverActs, "the marker is not looked at", pretend(func(f *Facts) { f.Foreign = false }))
}

func TestI4_DeactivateOnlyByRow(t *testing.T) {
	holds(t, deactivateOnlyByRow)
	catches(t, deactivateOnlyByRow, "ACTIVE is deactivated at once", instead(func(f Facts, d Decision) bool { return d.Act == Suspend }, Deactivate))
	catches(t, deactivateOnlyByRow, "the grace period is not waited for", instead(func(f Facts, d Decision) bool { return d.Code == InGrace }, Deactivate))
	catches(t, deactivateOnlyByRow, "the grace period is half as long", pretend(func(f *Facts) { f.Grace /= 2 }))
	catches(t, deactivateOnlyByRow, "suspend only is overlooked", pretend(func(f *Facts) { f.SuspendOnly = false }))
	catches(t, deactivateOnlyByRow, "PROVISIONED is never suspended", pretend(func(f *Facts) { f.SuspendRefused = true }))
}

func TestI3_HeldHoldsButForContainment(t *testing.T) {
	holds(t, heldHoldsButForContainment)
	catches(t, heldHoldsButForContainment, "the hold is overlooked", pretend(func(f *Facts) { f.Held = false }))
	catches(t, heldHoldsButForContainment, "containments are held", func(f Facts) Decision {
		d := Decide(f)
		if f.Held && d.Act.Revokes() {
			d.Act, d.Code = Leave, WaitingForAnswer
		}
		return d
	})
}

func TestI11_NoOpenDoor(t *testing.T) {
	holds(t, noOpenDoor)
	catches(t, noOpenDoor, "a lock needs a connection", pretend(func(f *Facts) { f.Contained = f.Contained && f.Connected }))
	catches(t, noOpenDoor, "what Okta cannot suspend is left", instead(func(f Facts, d Decision) bool { return d.Act == Deactivate }, Keep))
	catches(t, noOpenDoor, "a blocked login blocks its removal", instead(func(f Facts, d Decision) bool { return f.LoginBlock != "" }, Leave))
}

func TestOnlyWritableIsWritten(t *testing.T) {
	holds(t, onlyWritableIsWritten)
	catches(t, onlyWritableIsWritten, "DEPROVISIONED is kept up to date", instead(func(f Facts, d Decision) bool { return f.Status == Deprovisioned }, Keep))
	catches(t, onlyWritableIsWritten, "a blocked login is overlooked", pretend(func(f *Facts) { f.LoginBlock = "" }))
}

func TestDeadlineIsAhead(t *testing.T) {
	holds(t, deadlineIsAhead)
	catches(t, deadlineIsAhead, "the deadline is the start of the period", func(f Facts) Decision {
		d := Decide(f)
		if !d.At.IsZero() {
			d.At = f.SuspendedSince
		}
		return d
	})
}

// TestDecideIsDeterministic also runs the rows in two orders: a decision may depend on nothing but its own facts.
func TestDecideIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(anyFacts(), 2, 20).Draw(t, "facts")
		var there, back []string
		for _, f := range all {
			there = append(there, fmt.Sprint(Decide(f)))
		}
		for _, f := range slices.Backward(all) {
			back = append(back, fmt.Sprint(Decide(f)))
		}
		slices.Reverse(back)
		if !slices.Equal(there, back) {
			t.Fatalf("%v, then %v", there, back)
		}
	})
}

// TestDecideSettles: where the act had its effect, the next decision does not act on the status again.
func TestDecideSettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts().Draw(t, "facts")
		d := Decide(f)
		f.StatusAt = f.Now
		switch d.Act {
		case Suspend:
			f.Status, f.Taken, f.TakenAt, f.SuspendedSince = Suspended, Suspended, f.Now, f.Now
		case Deactivate:
			f.Status, f.Taken, f.TakenAt = Deprovisioned, Deprovisioned, f.Now
		case Create, Activate, Unsuspend:
			f.Status, f.Taken = Active, ""
		default:
			return
		}
		if next := Decide(f); next.Act != Keep && next.Act != Leave {
			t.Fatalf("%s %s is followed by %s %s", d.Act, d.Code, next.Act, next.Code)
		}
	})
}
