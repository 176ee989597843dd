package policy

// The codes, one for each row of the table that Decide reads. Scripts and saved searches hold on to them: a code may be
// added, never renamed.
const (
	// Rows that stand before everything else.
	ProtectedAccount Code = "protected"       // an admin, service or break-glass account
	ForeignAccount   Code = "foreign_account" // linked, but the account carries another owner marker or none

	// Rows in which the IdP has no say, or has not said enough.
	Disconnected        Code = "disconnected"          // isSCIMConnected is false
	WaitingForActive    Code = "waiting_for_active"    // pushed as inactive and never active yet: no account is made
	UnlockSuspended     Code = "unlock_suspended"      // SUSPENDED by us under a lock that a person lifted, and SCIM does not say otherwise
	UnlockDeactivated   Code = "unlock_deactivated"    // likewise, DEPROVISIONED by us
	GiveBackSuspended   Code = "give_back_suspended"   // SCIM has no say, and a person decided that access comes back: SUSPENDED by us
	GiveBackDeactivated Code = "give_back_deactivated" // likewise, DEPROVISIONED by us
	NoRemovalSeen       Code = "no_removal_seen"       // inactive, but no explicit removal was ever accepted
	UnknownStatus       Code = "unknown_status"        // Okta reports a status outside the table

	// Rows in which the login stands in the way.
	LoginInvalid     Code = "login_invalid"      // not a login that Okta would take
	LoginNotVerified Code = "login_not_verified" // its domain is not verified for the customer
	LoginTaken       Code = "login_taken"        // another account or person holds it

	// Rows of a person who should have access.
	NewAccount         Code = "new_account"
	InUse              Code = "in_use"
	ActivateCreated    Code = "activate_created"    // STAGED, made by us
	NotActivated       Code = "not_activated"       // STAGED, made by somebody else
	SetupUnfinished    Code = "setup_unfinished"    // PROVISIONED
	RecoveryUnfinished Code = "recovery_unfinished" // RECOVERY
	ExpiredPassword    Code = "password_expired"    // PASSWORD_EXPIRED
	LockedByOkta       Code = "locked_by_okta"      // LOCKED_OUT
	LiftSuspension     Code = "lift_suspension"     // SUSPENDED by us
	ReviveDeactivated  Code = "revive_deactivated"  // DEPROVISIONED by us
	TakenByHand        Code = "taken_by_hand"       // SUSPENDED or DEPROVISIONED, and not by us, or changed since

	// Rows of a person who should have no access.
	NeverLinked               Code = "never_linked"
	SuspendActive             Code = "suspend_active"
	SuspendProvisioned        Code = "suspend_provisioned"
	DeactivateProvisioned     Code = "deactivate_provisioned"      // only after Okta refused to suspend it
	DeactivateStaged          Code = "deactivate_staged"           // Okta suspends no STAGED account
	DeactivateRecovery        Code = "deactivate_recovery"         // Okta suspends no RECOVERY account
	DeactivatePasswordExpired Code = "deactivate_password_expired" // Okta suspends no PASSWORD_EXPIRED account
	DeactivateLockedOut       Code = "deactivate_locked_out"       // Okta suspends no LOCKED_OUT account
	LockedByPerson            Code = "locked_by_person"            // SUSPENDED and contained; no removal runs out
	InGrace                   Code = "in_grace"                    // SUSPENDED; At is the end of the grace period
	StaysSuspended            Code = "stays_suspended"             // SUSPENDED; nothing says when to deactivate
	GraceOver                 Code = "grace_over"                  // SUSPENDED, and the grace period is over
	RemovalDone               Code = "removal_done"                // DEPROVISIONED
	WaitingForAnswer          Code = "held"                        // a revocation that a person must answer first
)

// Codes lists every code, in the order of the table.
func Codes() []Code {
	return []Code{
		ProtectedAccount, ForeignAccount,
		UnlockSuspended, UnlockDeactivated, Disconnected, GiveBackSuspended, GiveBackDeactivated, WaitingForActive, NoRemovalSeen, UnknownStatus,
		LoginInvalid, LoginNotVerified, LoginTaken,
		NewAccount, InUse, ActivateCreated, NotActivated, SetupUnfinished, RecoveryUnfinished, ExpiredPassword,
		LockedByOkta, LiftSuspension, ReviveDeactivated, TakenByHand,
		NeverLinked, SuspendActive, SuspendProvisioned, DeactivateProvisioned, DeactivateStaged, DeactivateRecovery,
		DeactivatePasswordExpired, DeactivateLockedOut, LockedByPerson, InGrace, StaysSuspended, GraceOver, RemovalDone,
		WaitingForAnswer,
	}
}

// rule is the right-hand side of a row: what is done, and the sentence for support staff. In the sentence {cause} stands
// for who took the access away and {date} for the day on which the grace period ends.
type rule struct {
	act  Act
	text string
}

// rule returns the right-hand side of the row that c names. Its switch is the table's only list of acts, so that no
// row can act differently from what its code tells.
func (c Code) rule() rule {
	switch c {
	case ProtectedAccount:
		return rule{Leave, "This is a protected account (an Okta administrator, a service or a break-glass account); it is never changed from here."}
	case ForeignAccount:
		return rule{Leave, "The Okta account does not carry our marker for this person, so somebody else may own it; nothing is written until a person has looked at it."}
	case UnlockSuspended:
		return rule{Unsuspend, "A person lifted the lock on this account; the suspension made under it is about to be lifted."}
	case UnlockDeactivated:
		return rule{Activate, "A person lifted the lock on this account; the account deactivated under it is about to be activated."}
	case Disconnected:
		return rule{Keep, "This person is not managed by the customer's IdP; the account stays as it is in Okta."}
	case GiveBackSuspended:
		return rule{Unsuspend, "This person is not managed by the customer's IdP, and a person decided that access comes back; the suspension made from here is about to be lifted."}
	case GiveBackDeactivated:
		return rule{Activate, "This person is not managed by the customer's IdP, and a person decided that access comes back; the account deactivated from here is about to be activated."}
	case WaitingForActive:
		return rule{Leave, "The customer's IdP sent this person as inactive; an account is made once it says active."}
	case NoRemovalSeen:
		return rule{Keep, "The customer's IdP lists this person as inactive but never removed them; access stays as it is in Okta."}
	case UnknownStatus:
		return rule{Leave, "Okta reports a status for this account that has no rule here; look at the account in Okta."}
	case LoginInvalid:
		return rule{Leave, "The login that the customer's IdP sends is not one that Okta takes; the customer should correct the user name."}
	case LoginNotVerified:
		return rule{Leave, "The domain of this login is not verified for the customer; verify the domain, or have the user name corrected."}
	case LoginTaken:
		return rule{Leave, "Another account already holds this login; review the match before anything is written."}
	}
	if r := c.ruleWithAccess(); r.act != "" {
		return r
	}
	return c.ruleWithoutAccess()
}

// ruleWithAccess holds the rows of a person who should have access.
func (c Code) ruleWithAccess() rule {
	switch c {
	case NewAccount:
		return rule{Create, "The customer's IdP gives this person access; the Okta account is about to be created."}
	case InUse:
		return rule{Keep, "The customer's IdP gives this person access, and the Okta account is active."}
	case ActivateCreated:
		return rule{Activate, "The account was created from here and is not active yet; it is about to be activated."}
	case NotActivated:
		return rule{Keep, "Somebody else created this account in Okta and has not activated it; activate it in Okta if the person should sign in."}
	case SetupUnfinished:
		return rule{Keep, "The person has not finished setting up the Okta account and must do so before signing in."}
	case RecoveryUnfinished:
		return rule{Keep, "A password reset is under way in Okta; the person must finish it before signing in."}
	case ExpiredPassword:
		return rule{Keep, "The person's Okta password has expired and must be changed at the next sign-in."}
	case LockedByOkta:
		return rule{Keep, "Okta itself locked this account after failed sign-ins; unlock it in Okta, it is not unlocked from here."}
	case LiftSuspension:
		return rule{Unsuspend, "The customer's IdP gives this person access again; the suspension made from here is about to be lifted."}
	case ReviveDeactivated:
		return rule{Activate, "The customer's IdP gives this person access again; the account deactivated from here is about to be activated."}
	case TakenByHand:
		return rule{Keep, "The customer's IdP gives this person access, but access was taken away by hand in Okta; only a person may give it back there."}
	}
	return rule{}
}

// ruleWithoutAccess holds the rows of a person who should have no access.
func (c Code) ruleWithoutAccess() rule {
	switch c {
	case NeverLinked:
		return rule{Leave, "{cause}; there is no Okta account from here, so there is no access to remove."}
	case SuspendActive:
		return rule{Suspend, "{cause}; the account is about to be suspended."}
	case SuspendProvisioned:
		return rule{Suspend, "{cause}; the account is not set up yet and is about to be suspended."}
	case DeactivateProvisioned:
		return rule{Deactivate, "{cause}; the account is not set up yet and Okta refused to suspend it, so it is about to be deactivated."}
	case DeactivateStaged:
		return rule{Deactivate, "{cause}; Okta cannot suspend an account that was never activated, so it is about to be deactivated."}
	case DeactivateRecovery:
		return rule{Deactivate, "{cause}; Okta cannot suspend an account during a password reset, so it is about to be deactivated."}
	case DeactivatePasswordExpired:
		return rule{Deactivate, "{cause}; Okta cannot suspend an account whose password has expired, so it is about to be deactivated."}
	case DeactivateLockedOut:
		return rule{Deactivate, "{cause}; Okta cannot suspend an account that it locked itself, so it is about to be deactivated."}
	case LockedByPerson:
		return rule{Keep, "{cause}; the account is suspended until a person lifts the lock."}
	case InGrace:
		return rule{Keep, "{cause}; access is suspended and ends for good on {date}."}
	case StaysSuspended:
		return rule{Keep, "{cause}; access is suspended and the account is not deactivated from here."}
	case GraceOver:
		return rule{Deactivate, "{cause}; the grace period ended on {date} and the account is about to be deactivated."}
	case RemovalDone:
		return rule{Leave, "{cause}; the account is deactivated."}
	case WaitingForAnswer:
		return rule{Leave, "{cause}; so many people were removed at once that access stays until a person has answered."}
	}
	return rule{}
}
