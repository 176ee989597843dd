package oktatest

import (
	"slices"
	"strings"
)

// SignIn says whether a person can get in at this moment, and how: "sso", "password", "reset link" or "activation
// link". Why tells what stands in the way, or what makes it possible.
type SignIn struct {
	OK  bool
	How string
	Why string
}

// CanSignIn answers for the user with the id.
func (o *Org) CanSignIn(id string) SignIn {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.user(id)
	if u == nil {
		return SignIn{Why: "there is no such user"}
	}
	switch u.status {
	case StatusActive, StatusPasswordExpired:
		return o.signIn(u)
	case StatusProvisioned, StatusRecovery:
		if u.link != nil && o.now().Before(u.link.expires) {
			return SignIn{OK: true, How: u.link.kind, Why: "a link was handed out and has not expired"}
		}
		return SignIn{Why: "no password is set, and no link is live"}
	case StatusSuspended, StatusDeprovisioned:
		if p := o.givesBack(u); p != nil {
			return SignIn{OK: true, How: "sso", Why: "a just-in-time rule of the identity provider " + p.name() + " gives access back"}
		}
	}
	return SignIn{Why: "the status is " + u.status}
}

// givesBack returns an identity provider that lets a person in who has lost access, nil if there is none.
func (o *Org) givesBack(u *user) *idp {
	condition, action := "suspended", "UNSUSPEND"
	if u.status == StatusDeprovisioned {
		condition, action = "deprovisioned", "REACTIVATE"
	}
	for _, p := range o.sortedIdPs() {
		if u.federated() && p.status == "ACTIVE" && p.serves(u) && p.condition(condition) == action {
			return p
		}
	}
	return nil
}

// SignInBySSO lets a person come to the org through an identity provider, and reports whether Okta took it. Either way it stands
// in the system log.
func (o *Org) SignInBySSO(userID, idpID string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	u, p := o.user(userID), o.idpByID(idpID)
	if u == nil {
		panic("oktatest: there is no user " + userID)
	}
	now, shown := o.now(), o.snapshot(u)
	taken := u.federated() && u.status == StatusActive && p.status == "ACTIVE" && p.serves(u)
	o.record(&Entry{Token: Hand, Op: "sso", Start: now, End: now, At: now, UserID: userID, IdPID: idpID, Applied: taken, Before: shown, After: shown})
	return taken
}

func (o *Org) signIn(u *user) SignIn {
	if !u.federated() {
		if u.password == "" {
			return SignIn{Why: "no password is set"}
		}
		return SignIn{OK: true, How: "password", Why: "a password is set"}
	}
	why := "no identity provider serves the account"
	for _, p := range o.sortedIdPs() {
		if !p.serves(u) {
			continue
		}
		if p.status == "ACTIVE" {
			return SignIn{OK: true, How: "sso", Why: "the identity provider " + p.name() + " is active"}
		}
		why = "the identity provider " + p.name() + " is not active"
	}
	return SignIn{Why: why}
}

// serves reports whether a federated account is signed in through p: the one that it is linked with or, before its
// first sign-in, the one that its domain is routed to.
func (p *idp) serves(u *user) bool {
	if len(u.idps) > 0 {
		return slices.Contains(u.idps, p.id)
	}
	if len(p.domains) == 0 {
		return true
	}
	_, domain, _ := strings.Cut(u.text("login"), "@")
	return slices.ContainsFunc(p.domains, func(d string) bool { return strings.EqualFold(d, domain) })
}
