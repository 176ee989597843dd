package oktatest

import (
	"fmt"
	"net/http"
	"time"
)

const activationLinkLife = 7 * 24 * time.Hour

type secretJSON struct {
	Value string `json:"value"`
}

type questionJSON struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

type credentialsIn struct {
	Password *secretJSON   `json:"password"`
	Question *questionJSON `json:"recovery_question"`
	Provider *Provider     `json:"provider"`
}

type userIn struct {
	Profile     map[string]any `json:"profile"`
	Credentials *credentialsIn `json:"credentials"`
	GroupIDs    []string       `json:"groupIds"`
	Type        *idJSON        `json:"type"`
}

func (in userIn) password() string {
	if in.Credentials == nil || in.Credentials.Password == nil {
		return ""
	}
	return in.Credentials.Password.Value
}

// createUser answers POST /users. A user without password or provider is PROVISIONED and gets an e-mail; one with
// provider=true and the FEDERATION provider is ACTIVE at once, without either (docs).
func (o *Org) createUser(c *call) (answer, error) {
	var in userIn
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	u := &user{
		id: o.newID("00u"), status: StatusStaged, typeID: o.defaultType(), profile: map[string]any{}, provider: oktaProvider(),
		created: c.now, statusChanged: c.now, lastUpdated: c.now,
	}
	if in.Type != nil {
		if o.types[in.Type.ID] == nil {
			return answer{}, errInvalid("type", "type: unknown user type")
		}
		u.typeID = in.Type.ID
	}
	merge(u.profile, in.Profile)
	if err := o.checkProfile(u.id, u.profile, c.now); err != nil {
		return answer{}, err
	}
	groups, err := o.groupsFor(in.GroupIDs)
	if err != nil {
		return answer{}, err
	}
	federate := c.is("provider") && in.Credentials != nil && in.Credentials.Provider != nil && in.Credentials.Provider.Type == "FEDERATION"
	if federate {
		if in.password() != "" {
			return answer{}, errInvalid("credentials", "password: a federated user has none")
		}
		u.provider = federation()
	}
	o.giveCredentials(u, in.Credentials, c.now)
	if !c.isNot("activate") {
		o.activateFresh(c, u)
	}
	o.put(u, c.now)
	for _, g := range groups {
		g.members[u.id] = c.now
	}
	c.userID, c.etag = u.id, u.etag()
	return ok(o.show(c, o.user(u.id), false)), nil
}

func (o *Org) activateFresh(c *call, u *user) {
	switch {
	case u.federated():
		u.become(StatusActive, c.now)
	case u.password == "":
		u.become(StatusProvisioned, c.now)
		u.activated = c.now
		u.mails++
		u.link = o.newLink("activation link", c.now.Add(activationLinkLife))
	case c.query.Get("nextLogin") == "changePassword":
		u.become(StatusActive, c.now)
		u.become(StatusPasswordExpired, c.now)
	default:
		u.become(StatusActive, c.now)
	}
}

func (o *Org) newLink(kind string, expires time.Time) *link {
	return &link{kind: kind, token: o.newID("")[:20], expires: expires}
}

func (o *Org) giveCredentials(u *user, in *credentialsIn, now time.Time) {
	if in == nil {
		return
	}
	if in.Password != nil && in.Password.Value != "" {
		u.setPassword(in.Password.Value, now)
	}
	if in.Question != nil {
		u.question, u.answer = in.Question.Question, in.Question.Answer
	}
}

// groupsFor finds the groups that a create asks for: 20 at most, all of them Okta's own.
func (o *Org) groupsFor(ids []string) ([]*group, error) {
	if len(ids) > 20 {
		return nil, errInvalid("groupIds", "groupIds: at most 20 groups can be given")
	}
	var found []*group
	for _, id := range ids {
		g := o.groups[id]
		if g == nil {
			return nil, errNotFound(id, "UserGroup")
		}
		if g.kind != GroupOkta {
			return nil, errInvalid("groupIds", fmt.Sprintf("groupIds: %s is no group of type OKTA_GROUP", id))
		}
		found = append(found, g)
	}
	return found, nil
}

// merge puts the attributes of a partial profile over another; null clears.
func merge(profile, partial map[string]any) {
	for k, v := range partial {
		if v == nil {
			delete(profile, k)
			continue
		}
		profile[k] = v
	}
}

// checkProfile refuses a profile that the schema does not allow or whose unique attributes somebody else holds.
func (o *Org) checkProfile(id string, profile map[string]any, now time.Time) error {
	causes := o.userSchema.check(profile, now)
	if len(causes) == 0 {
		causes = o.clashes(id, profile)
	}
	if len(causes) > 0 {
		return errInvalid(subject(causes), causes...)
	}
	return nil
}

// updateUser answers POST /users/{id}: attributes that are named change, null clears, the others stay.
func (o *Org) updateUser(c *call) (answer, error) {
	return o.write(c, func(u *user, in userIn) map[string]any {
		merged := u.clone().profile
		merge(merged, in.Profile)
		return merged
	})
}

// replaceUser answers PUT /users/{id}: attributes that are not named are cleared.
func (o *Org) replaceUser(c *call) (answer, error) {
	return o.write(c, func(u *user, in userIn) map[string]any {
		if in.Profile == nil { // credentials alone
			return u.clone().profile
		}
		full := map[string]any{}
		merge(full, in.Profile)
		return full
	})
}

func (o *Org) write(c *call, next func(*user, userIn) map[string]any) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	if match := c.r.Header.Get("If-Match"); match != "" && match != "*" && match != u.etag() {
		return answer{}, errPrecondition()
	}
	var in userIn
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	if u.status == StatusDeprovisioned {
		return answer{}, errStatus()
	}
	profile := next(u, in)
	if err := o.checkProfile(u.id, profile, c.now); err != nil {
		return answer{}, err
	}
	edited := u.clone()
	edited.profile = profile
	if u.source != "" && o.userSchema.sourced(changed(u, edited)) {
		return answer{}, errSourced()
	}
	if in.password() != "" && u.federated() {
		return answer{}, errCredential("password: a federated user has none")
	}
	u = o.edit(edited, c.now, func(u *user) {
		u.lastUpdated = c.now
		o.giveCredentials(u, in.Credentials, c.now)
		if in.password() != "" && (u.status == StatusProvisioned || u.status == StatusRecovery || u.status == StatusPasswordExpired) {
			u.become(StatusActive, c.now)
		}
	})
	c.etag = u.etag()
	return ok(o.show(c, u, false)), nil
}

// deleteUser answers DELETE /users/{id}: the first call deactivates, the second erases.
func (o *Org) deleteUser(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	if u.status == StatusDeprovisioned {
		o.erase(u, c.now)
		return answer{status: http.StatusNoContent}, nil
	}
	o.deprovision(u, c.now)
	return noContent(), nil
}
