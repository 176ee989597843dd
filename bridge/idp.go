package bridge

import (
	"regexp"
	"strings"
	"time"
)

// IdPStatus is whether an identity provider lets people in.
type IdPStatus string

// The statuses of an identity provider in Okta; MISSING is ours: Okta has none with the id.
const (
	IdPActive   IdPStatus = "ACTIVE"
	IdPInactive IdPStatus = "INACTIVE"
	IdPMissing  IdPStatus = "MISSING"
)

// idpFresh is how old the reading of an identity provider may be that something follows from.
const idpFresh = time.Hour

// OktaIdP is the identity provider in Okta through which a customer's people sign in, as last read.
type OktaIdP struct {
	CustomerID  string
	ID          string // Okta's, 0oa...
	Name        string // as an administrator of Okta wrote it; empty where it is missing
	Status      IdPStatus
	Unsuspends  bool // signing in through it lifts a suspension
	Reactivates bool // signing in through it activates a deactivated account
	Read        time.Time

	SignedIn    time.Time // the last sign-in through it that Okta's System Log shows; zero: none, or never looked
	SignInsRead time.Time // when the log was last looked at; zero: never, or it may not be
}

// SignInsFor is how far back sign-ins are looked for: as long as Okta keeps its System Log.
const SignInsFor = 90 * 24 * time.Hour

// CustomerIdP is a customer with its identity provider in Okta.
type CustomerIdP struct {
	Customer
	IdP *OktaIdP // nil: never read
}

// Trouble says what is wrong with a customer's identity provider and what to change in Okta; empty if nothing is. A nil
// one was never read.
func (p *OktaIdP) Trouble(now time.Time) string {
	switch {
	case p == nil:
		return "it has not been read yet: a running `drawbridge serve` reads it within minutes, if its token or app may (okta.idps.read)"
	case now.Sub(p.Read) > idpFresh:
		return "it was last read " + p.Read.Format(time.RFC3339) +
			": see that `drawbridge serve` runs and that its token or app may read identity providers (okta.idps.read)"
	case p.Status == IdPMissing:
		return "Okta has none with the id " + p.ID +
			": set the right one with `drawbridge customer set --okta-idp` (Okta shows it under Security, Identity Providers)"
	case p.Status != IdPActive:
		return "it is " + string(p.Status) + ", and nobody signs in through it: activate it in Okta (Security, Identity Providers)"
	}
	var rules []string
	if p.Unsuspends {
		rules = append(rules, "turn off \"Unsuspend users who are suspended in Okta\"")
	}
	if p.Reactivates {
		rules = append(rules, "turn off \"Reactivate users who are deactivated in Okta\"")
	}
	if len(rules) == 0 {
		return ""
	}
	return "a removed person who signs in through it gets access back: " + strings.Join(rules, " and ") +
		" in its just-in-time settings in Okta (Security, Identity Providers)"
}

var idpForm = regexp.MustCompile(`^0oa[A-Za-z0-9]{17}$`)

// CheckOktaIdP reports what is wrong with the Okta id of an identity provider; the empty one means that there is none.
func CheckOktaIdP(id string) error {
	if id == "" || idpForm.MatchString(id) {
		return nil
	}
	return newError(Invalid, "the Okta id of an identity provider is 0oa and 17 letters and digits; "+
		"Okta shows it under Security, Identity Providers (IdP ID)")
}
