package oktatest

import (
	"net/http"
	"time"
)

const resetLinkLife = time.Hour

// activate answers POST lifecycle/activate: from STAGED and DEPROVISIONED only.
func (o *Org) activate(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	if u.status != StatusStaged && u.status != StatusDeprovisioned {
		return answer{}, errAlreadyActive()
	}
	u = o.edit(u, c.now, func(u *user) { o.activateAgain(u, !c.isNot("sendEmail"), c.now) })
	return o.activationAnswer(c, u), nil
}

func (o *Org) activateAgain(u *user, mail bool, now time.Time) {
	u.activated = now
	if u.federated() || u.password != "" {
		u.become(StatusActive, now)
		return
	}
	u.become(StatusProvisioned, now)
	o.sendLink(u, mail, "activation link", now.Add(activationLinkLife))
}

// reactivate answers POST lifecycle/reactivate: another activation link for one who did not use the first.
func (o *Org) reactivate(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	if u.status != StatusProvisioned && u.status != StatusRecovery {
		return answer{}, errStatus()
	}
	u = o.edit(u, c.now, func(u *user) {
		o.sendLink(u, !c.isNot("sendEmail"), "activation link", c.now.Add(activationLinkLife))
	})
	return o.activationAnswer(c, u), nil
}

func (o *Org) sendLink(u *user, mail bool, kind string, expires time.Time) {
	u.link = o.newLink(kind, expires)
	if mail {
		u.mails++
	}
}

// activationAnswer hands the link out when the call asked for no e-mail. Okta does so even for a user who has a password
// and needs none; that one leads nowhere.
func (o *Org) activationAnswer(c *call, u *user) answer {
	if !c.isNot("sendEmail") {
		return nothing()
	}
	token := o.newID("")[:20]
	if u.link != nil {
		token = u.link.token
	}
	return ok(map[string]string{"activationUrl": origin(c.r) + "/welcome/" + token, "activationToken": token})
}

func (o *Org) resetAnswer(c *call, u *user) answer {
	if !c.isNot("sendEmail") {
		return nothing()
	}
	return ok(map[string]string{"resetPasswordUrl": origin(c.r) + "/reset_password/" + u.link.token})
}

// suspend answers POST lifecycle/suspend: from ACTIVE only; see Options.SuspendProvisioned.
func (o *Org) suspend(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	if u.status != StatusActive && (u.status != StatusProvisioned || !o.opts.SuspendProvisioned) {
		return answer{}, errInvalid("suspend", "Cannot suspend a user that is not active")
	}
	o.edit(u, c.now, func(u *user) { u.become(StatusSuspended, c.now) })
	return nothing(), nil
}

// unsuspend answers POST lifecycle/unsuspend: the user is as before the suspension.
func (o *Org) unsuspend(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	if u.status != StatusSuspended {
		return answer{}, errInvalid("unsuspend", "Cannot unsuspend a user that is not suspended")
	}
	o.edit(u, c.now, func(u *user) { u.become(u.suspendedFrom, c.now) })
	return nothing(), nil
}

// deactivate answers POST lifecycle/deactivate: from every status but DEPROVISIONED.
func (o *Org) deactivate(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	if u.status == StatusDeprovisioned {
		return answer{}, errNotFound(u.id, "User")
	}
	o.deprovision(u, c.now)
	return nothing(), nil
}

// deprovision also takes the admin roles away, which no activation gives back; groups and factors stay.
func (o *Org) deprovision(u *user, now time.Time) {
	o.edit(u, now, func(u *user) { u.become(StatusDeprovisioned, now) })
	delete(o.roles, u.id)
}

// unlock answers POST lifecycle/unlock.
func (o *Org) unlock(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	if u.status != StatusLockedOut {
		return answer{}, errUnlock()
	}
	o.edit(u, c.now, func(u *user) { u.become(StatusActive, c.now) })
	return nothing(), nil
}

// resetPassword answers POST lifecycle/reset_password. It turns a federated user into one with an Okta password, who
// cannot sign in until it is set; with provider=FEDERATION it does the opposite, where the org allows that (docs).
func (o *Org) resetPassword(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	switch u.status {
	case StatusSuspended, StatusDeprovisioned, StatusStaged:
		return answer{}, errReset()
	}
	if c.query.Get("provider") == "FEDERATION" {
		return o.federate(c, u)
	}
	u = o.edit(u, c.now, func(u *user) {
		// No recording tells the two apart for sure; both occur, and a client has to cope with either.
		status := StatusRecovery
		if c.isNot("sendEmail") && u.password == "" {
			status = StatusProvisioned
		}
		u.provider, u.sessions = oktaProvider(), 0
		u.become(status, c.now)
		o.sendLink(u, !c.isNot("sendEmail"), "reset link", c.now.Add(resetLinkLife))
	})
	return o.resetAnswer(c, u), nil
}

func (o *Org) federate(c *call, u *user) (answer, error) {
	if o.opts.RefuseFederate {
		return answer{}, errReset()
	}
	o.edit(u, c.now, func(u *user) {
		u.provider, u.password = federation(), ""
		u.become(StatusActive, c.now)
	})
	return nothing(), nil
}

// endSessions answers DELETE sessions: Okta's own sessions end, the tokens of OAuth clients only if asked for.
func (o *Org) endSessions(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	o.edit(u, c.now, func(u *user) {
		u.sessions = 0
		if c.is("oauthTokens") {
			u.oauthTokens = 0
		}
	})
	return answer{status: http.StatusNoContent}, nil
}
