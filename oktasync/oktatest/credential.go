package oktatest

import (
	"strings"
)

type changePasswordIn struct {
	Old *secretJSON `json:"oldPassword"`
	New *secretJSON `json:"newPassword"`
}

// changePassword answers POST credentials/change_password.
func (o *Org) changePassword(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	var in changePasswordIn
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	if u.status != StatusActive && u.status != StatusPasswordExpired && u.status != StatusStaged && u.status != StatusRecovery {
		return answer{}, errStatus()
	}
	if in.Old == nil || in.New == nil || in.New.Value == "" || u.password == "" || in.Old.Value != u.password {
		return answer{}, errCredential("oldPassword: the credentials do not match")
	}
	u = o.edit(u, c.now, func(u *user) {
		u.setPassword(in.New.Value, c.now)
		if u.status != StatusStaged {
			u.become(StatusActive, c.now)
		}
	})
	return ok(credentialsJSON(u)), nil
}

// changeQuestion answers POST credentials/change_recovery_question.
func (o *Org) changeQuestion(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	var in credentialsIn
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	if u.status == StatusDeprovisioned || u.status == StatusSuspended {
		return answer{}, errStatus()
	}
	if in.Password == nil || in.Question == nil || u.password == "" || in.Password.Value != u.password {
		return answer{}, errCredential("password: the credentials do not match")
	}
	if len(in.Question.Answer) < 4 {
		return answer{}, errInvalid("recovery_question", "recovery_question: the answer has at least 4 characters")
	}
	u = o.edit(u, c.now, func(u *user) { u.question, u.answer = in.Question.Question, in.Question.Answer })
	return ok(credentialsJSON(u)), nil
}

// forgotPassword answers POST credentials/forgot_password: another password for the answer to the recovery question.
func (o *Org) forgotPassword(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	var in credentialsIn
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	if u.status != StatusActive && u.status != StatusRecovery {
		return answer{}, errStatus()
	}
	if in.Password == nil || in.Password.Value == "" || in.Question == nil || u.answer == "" || !strings.EqualFold(in.Question.Answer, u.answer) {
		return answer{}, errCredential("recovery_question: the answer does not match")
	}
	u = o.edit(u, c.now, func(u *user) {
		u.setPassword(in.Password.Value, c.now)
		u.become(StatusActive, c.now)
	})
	return ok(credentialsJSON(u)), nil
}

// expirePassword answers POST lifecycle/expire_password: the user chooses another password at the next sign-in.
func (o *Org) expirePassword(c *call) (answer, error) {
	if c.is("tempPassword") {
		return o.expirePasswordTemporary(c)
	}
	u, err := o.expire(c, "")
	if err != nil {
		return answer{}, err
	}
	return ok(o.show(c, u, false)), nil
}

// expirePasswordTemporary does the same and sets a password to do it with.
func (o *Org) expirePasswordTemporary(c *call) (answer, error) {
	temporary := o.newID("")[:12]
	if _, err := o.expire(c, temporary); err != nil {
		return answer{}, err
	}
	return ok(map[string]string{"tempPassword": temporary}), nil
}

func (o *Org) expire(c *call, password string) (*user, error) {
	u, err := o.named(c)
	if err != nil {
		return nil, err
	}
	switch u.status {
	case StatusActive, StatusPasswordExpired, StatusRecovery, StatusLockedOut:
	default:
		return nil, errStatus()
	}
	if u.federated() {
		return nil, errCredential("password: a federated user has none")
	}
	return o.edit(u, c.now, func(u *user) {
		if password != "" {
			u.setPassword(password, c.now)
		}
		u.become(StatusPasswordExpired, c.now)
	}), nil
}
