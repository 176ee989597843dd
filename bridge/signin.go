package bridge

import (
	"time"

	"drawbridge/policy"
)

// SignInWay is how a person signs in to Okta.
type SignInWay string

// The ways. UnknownWay: what it follows from was never read, or too long ago.
const (
	BySSO      SignInWay = "sso"           // through the customer's identity provider
	ByPassword SignInWay = "okta_password" // with a password that Okta keeps
	NoWay      SignInWay = "nothing"
	UnknownWay SignInWay = "unknown"
)

// PasswordFact is what is known of an account's Okta password.
type PasswordFact string

// The facts. The zero value: no answer of Okta has shown the account's credentials yet.
const (
	PasswordUnknown PasswordFact = ""
	PasswordSet     PasswordFact = "set"
	PasswordNone    PasswordFact = "none"
)

// SignIn says how the person signs in, as far as is known: the account is ACTIVE, and either it has an Okta password, or it
// is federated and the customer's identity provider is ACTIVE in Okta. The account counts as it was last read, the
// identity provider if it was read within the hour.
func (s Subject) SignIn(now time.Time) SignInWay {
	l := s.Link
	switch {
	case l == nil || l.OktaID == "":
		return NoWay
	case l.Status == "":
		return UnknownWay
	case l.Status != policy.Active:
		return NoWay
	}
	switch l.Provider {
	case "FEDERATION", "SOCIAL": // Okta asks for no password then, even if there were one
		return s.throughIdP(now)
	case "OKTA":
		return withPassword(l.Password)
	}
	return UnknownWay // never shown, or a password that a directory or an import hook checks (ACTIVE_DIRECTORY, LDAP, IMPORT)
}

// throughIdP is the way of a federated account.
func (s Subject) throughIdP(now time.Time) SignInWay {
	switch p := s.IdP; {
	case s.Customer.OktaIdP == "", p == nil, p.ID != s.Customer.OktaIdP, now.Sub(p.Read) > idpFresh:
		return UnknownWay
	case p.Status == IdPActive:
		return BySSO
	}
	return NoWay
}

func withPassword(f PasswordFact) SignInWay {
	switch f {
	case PasswordSet:
		return ByPassword
	case PasswordNone:
		return NoWay
	}
	return UnknownWay
}
