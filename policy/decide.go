package policy

import (
	"strings"
	"time"
)

// Decide says what should be done next with the account that f describes, and why. It is total and deterministic: the
// same facts give the same decision, and no facts are an error.
//
// The table is read from the top; the first row that fits decides. What a row does and says stands beside its code.
func Decide(f Facts) Decision {
	code := row(f)
	r := code.rule()
	if r.act.Revokes() && f.Held && !f.Contained {
		code, r = WaitingForAnswer, WaitingForAnswer.rule()
	}
	if r.act == Keep && !writable(f.Status) {
		r.act = Leave
	}
	d := Decision{Act: r.act, Code: code, Sentence: r.say(f)}
	if code == InGrace {
		d.At, _ = graceEnd(f)
	}
	return d
}

// row finds the row for f by what the IdP and people want.
func row(f Facts) Code {
	switch {
	case f.Protected:
		return ProtectedAccount
	case f.Foreign:
		return ForeignAccount
	case f.Contained:
		return withoutAccess(f)
	case f.Unlocked && !spoken(f) && takenByUs(f):
		return unlocked(f)
	case !f.Connected:
		return withoutSCIM(f)
	case f.Active:
		return withAccess(f)
	case removed(f):
		return withoutAccess(f)
	case f.Status == "":
		return WaitingForActive
	}
	// Created with active:false, or a flag lost somewhere: absence of access is no removal of access (I7).
	return NoRemovalSeen
}

// withoutSCIM is the row of a person whom the customer's IdP does not manage: the account stays as it is, unless a person
// decided that what Drawbridge took comes back.
func withoutSCIM(f Facts) Code {
	switch {
	case !f.GiveBack || !takenByUs(f) && !landedLate(f):
		return Disconnected
	case f.Status == Suspended:
		return GiveBackSuspended
	case f.Status == Deprovisioned:
		return GiveBackDeactivated
	}
	return Disconnected
}

// spoken reports whether SCIM itself says what the person's access should be, so that the end of a lock leaves it to that. A
// removal that waits for an answer says nothing yet.
func spoken(f Facts) bool {
	return f.Connected && (f.Active || removed(f) && !f.Held)
}

// unlocked is the row of an account that Drawbridge took under a lock which a person has lifted.
func unlocked(f Facts) Code {
	if f.Status == Deprovisioned {
		return UnlockDeactivated
	}
	return UnlockSuspended
}

// withAccess is the half of the table for a person who should have access, by the account's status.
func withAccess(f Facts) Code {
	if f.LoginBlock != "" {
		return f.LoginBlock
	}
	switch f.Status {
	case "":
		return NewAccount
	case Active:
		return InUse
	case Staged:
		if f.Born {
			return ActivateCreated
		}
		return NotActivated
	case Provisioned:
		return SetupUnfinished
	case Recovery:
		return RecoveryUnfinished
	case PasswordExpired:
		return ExpiredPassword
	case LockedOut:
		return LockedByOkta
	case Suspended:
		if takenByUs(f) {
			return LiftSuspension
		}
		return TakenByHand
	case Deprovisioned:
		if takenByUs(f) {
			return ReviveDeactivated
		}
		return TakenByHand
	}
	return UnknownStatus
}

// withoutAccess is the half of the table for a person who should have no access, by the account's status.
func withoutAccess(f Facts) Code {
	switch f.Status {
	case "":
		return NeverLinked
	case Active:
		return SuspendActive
	case Staged:
		return DeactivateStaged
	case Provisioned:
		// Okta's links offer suspend here; whether it is granted is not recorded anywhere, so it is tried first.
		if f.SuspendRefused {
			return DeactivateProvisioned
		}
		return SuspendProvisioned
	case Recovery:
		return DeactivateRecovery
	case PasswordExpired:
		return DeactivatePasswordExpired
	case LockedOut:
		return DeactivateLockedOut
	case Suspended:
		return suspended(f)
	case Deprovisioned:
		return RemovalDone
	}
	return UnknownStatus
}

// suspended is the row of a SUSPENDED account of a person who should have no access.
func suspended(f Facts) Code {
	if !removed(f) {
		// Contained alone. A lock is not a removal: no grace period runs, least of all for a customer that left.
		return LockedByPerson
	}
	end, runs := graceEnd(f)
	switch {
	case !runs:
		return StaysSuspended
	case f.Now.Before(end):
		return InGrace
	}
	return GraceOver
}

// removed reports whether the IdP that manages the person took the access away, and said so explicitly.
func removed(f Facts) bool {
	return f.Connected && !f.Active && !f.RemovedAt.IsZero()
}

// takenByUs reports whether the account is in its status because Drawbridge put it there, and nobody has changed the
// status since. Okta's timestamps have a granularity of a second; where one of them is unknown, the status alone tells.
func takenByUs(f Facts) bool {
	if f.Taken == "" || f.Taken != f.Status {
		return false
	}
	return f.TakenAt.IsZero() || f.StatusAt.IsZero() || f.TakenAt.Equal(f.StatusAt)
}

// landedLate reports whether the account is in its status because of a revocation that was under way when SCIM lost its
// say. Its sender may never have heard that it was applied.
func landedLate(f Facts) bool {
	return !f.LateFrom.IsZero() && !f.StatusAt.Before(f.LateFrom) && !f.StatusAt.After(f.LateUntil)
}

// graceEnd returns when a suspended account is to be deactivated, and false where that never happens. Both the suspension
// and the removal must be that old: whoever was suspended by hand a year ago and is removed today keeps the whole period.
func graceEnd(f Facts) (time.Time, bool) {
	if f.SuspendOnly || f.Grace <= 0 || f.SuspendedSince.IsZero() {
		return time.Time{}, false
	}
	from := f.SuspendedSince
	if f.RemovedAt.After(from) {
		from = f.RemovedAt
	}
	return from.Add(f.Grace), true
}

// writable reports whether Okta lets anybody write the profile of an account in this status (403 E0000038 otherwise).
func writable(s Status) bool {
	return s != "" && s != Deprovisioned
}

// say fills in the sentence of a row.
func (r rule) say(f Facts) string {
	cause := "The customer's IdP removed this person"
	if f.Contained {
		cause = "A person locked this account out"
	}
	date := "an unknown day"
	if end, runs := graceEnd(f); runs {
		date = end.UTC().Format(time.DateOnly)
	}
	return strings.NewReplacer("{cause}", cause, "{date}", date).Replace(r.text)
}
