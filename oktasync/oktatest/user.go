package oktatest

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"
)

// The statuses of a user.
const (
	StatusStaged          = "STAGED"
	StatusProvisioned     = "PROVISIONED"
	StatusActive          = "ACTIVE"
	StatusRecovery        = "RECOVERY"
	StatusPasswordExpired = "PASSWORD_EXPIRED"
	StatusLockedOut       = "LOCKED_OUT"
	StatusSuspended       = "SUSPENDED"
	StatusDeprovisioned   = "DEPROVISIONED"
)

// Provider says where a user's credentials live: OKTA, or FEDERATION for one who signs in through an identity provider.
type Provider struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

func oktaProvider() Provider { return Provider{Type: "OKTA", Name: "OKTA"} }

func federation() Provider { return Provider{Type: "FEDERATION", Name: "FEDERATION"} }

// user is one state of a user. It is never changed once it is stored: edit stores a changed copy, so that the log and
// a lagging search can keep what they saw.
type user struct {
	id, status    string
	seq           int
	typeID        string
	created       time.Time
	activated     time.Time
	statusChanged time.Time
	lastUpdated   time.Time
	profile       map[string]any

	provider         Provider
	password         string
	passwordChanged  time.Time
	question, answer string
	link             *link

	suspendedFrom string // the status that unsuspend gives back
	source        string // the application that sources the profile; empty for Okta itself
	idps          []string
	sessions      int
	oauthTokens   int
	mails         int
	hidden        bool // the administrator behind an API token
}

// link is an activation or reset link that the user can sign in with.
type link struct {
	kind    string // "reset link" or "activation link"
	token   string
	expires time.Time
}

// record is a user's place in the org: the present state, nil once erased, and the states that a search may still show.
type record struct {
	cur  *user
	seq  int
	past []version
}

type version struct {
	at time.Time
	u  *user
}

// asOf returns the state at t, nil if there was none.
func (r *record) asOf(t time.Time) *user {
	for _, v := range slices.Backward(r.past) {
		if !v.at.After(t) {
			return v.u
		}
	}
	return nil
}

func (u *user) clone() *user {
	c := *u
	c.profile = maps.Clone(u.profile)
	c.idps = slices.Clone(u.idps)
	return &c
}

func (u *user) text(attribute string) string {
	s, _ := u.profile[attribute].(string)
	return s
}

func (u *user) flag(attribute string) *bool {
	b, isBool := u.profile[attribute].(bool)
	if !isBool {
		return nil
	}
	return &b
}

func (u *user) federated() bool { return u.provider.Type == "FEDERATION" }

// become moves the user to a status, with what Okta does on the way.
func (u *user) become(status string, now time.Time) {
	if u.status == status {
		return
	}
	if status == StatusSuspended {
		u.suspendedFrom = StatusActive
		if u.status == StatusProvisioned {
			u.suspendedFrom = StatusProvisioned
		}
	}
	u.status, u.statusChanged, u.lastUpdated = status, now, now
	switch status {
	case StatusSuspended:
		u.sessions = 0
	case StatusDeprovisioned:
		u.sessions, u.oauthTokens, u.link = 0, 0, nil
		u.password = "" // a person who comes back chooses another one (docs)
	case StatusActive:
		u.link = nil
		if u.activated.IsZero() {
			u.activated = now
		}
	}
}

func (u *user) setPassword(password string, now time.Time) {
	u.password, u.passwordChanged, u.link = password, now, nil
}

// etag follows the profile, not the status.
func (u *user) etag() string {
	h := fnv.New64a()
	for _, k := range slices.Sorted(maps.Keys(u.profile)) {
		fmt.Fprintf(h, "%q=%#v;", k, u.profile[k])
	}
	return fmt.Sprintf(`W/"%016x"`, h.Sum64())
}

// user returns the present state of the user with the id, nil if there is none.
func (o *Org) user(id string) *user {
	if r := o.users[id]; r != nil {
		return r.cur
	}
	return nil
}

// resolve finds the user that a path names as Okta does: by id, by login, by the part of the login before the @ if
// that is unambiguous, or as `me`.
func (o *Org) resolve(name string, t Token) string {
	if name == "" {
		return ""
	}
	if name == "me" {
		return o.owners[t.Name]
	}
	if o.user(name) != nil {
		return name
	}
	if id, known := o.logins[strings.ToLower(name)]; known {
		return id
	}
	found := ""
	for login, id := range o.logins {
		short, _, _ := strings.Cut(login, "@")
		if !strings.EqualFold(short, name) {
			continue
		}
		if found != "" {
			return ""
		}
		found = id
	}
	return found
}

// named returns the user that the path of the call names.
func (o *Org) named(c *call) (*user, error) {
	u := o.user(c.userID)
	if u == nil {
		return nil, errNotFound(c.param("user"), "User")
	}
	return u, nil
}

// edit stores a changed copy of a user and returns it.
func (o *Org) edit(u *user, now time.Time, change func(*user)) *user {
	next := u.clone()
	change(next)
	o.put(next, now)
	return next
}

// put stores a state of a user and keeps the indexes of logins and unique attributes.
func (o *Org) put(u *user, now time.Time) {
	r := o.users[u.id]
	if r == nil {
		o.lastSeq++
		r = &record{seq: o.lastSeq}
		o.users[u.id] = r
		o.order = append(o.order, r)
	}
	u.seq = r.seq
	o.unindex(r.cur)
	r.cur = u
	o.logins[strings.ToLower(u.text("login"))] = u.id
	for name, values := range o.unique {
		if v, isSet := u.profile[name]; isSet {
			values[fmt.Sprint(v)] = u.id
		}
	}
	o.applyRules(u, now)
	o.remember(r, now)
}

// erase removes a user for good.
func (o *Org) erase(u *user, now time.Time) {
	r := o.users[u.id]
	o.unindex(u)
	r.cur = nil
	delete(o.roles, u.id)
	for _, g := range o.groups {
		delete(g.members, u.id)
	}
	o.remember(r, now)
}

func (o *Org) unindex(u *user) {
	if u == nil {
		return
	}
	delete(o.logins, strings.ToLower(u.text("login")))
	for name, values := range o.unique {
		if v, isSet := u.profile[name]; isSet {
			delete(values, fmt.Sprint(v))
		}
	}
}

// remember keeps the state for a search that lags, and forgets those that no search can show any more.
func (o *Org) remember(r *record, now time.Time) {
	if o.opts.SearchLag <= 0 {
		return
	}
	r.past = append(r.past, version{at: now, u: r.cur})
	for len(r.past) > 1 && !r.past[1].at.After(now.Add(-o.opts.SearchLag)) {
		r.past = r.past[1:]
	}
}

// clashes lists the unique attributes of the profile that somebody else holds.
func (o *Org) clashes(id string, profile map[string]any) []string {
	var causes []string
	if login, isText := profile["login"].(string); isText {
		if other, held := o.logins[strings.ToLower(login)]; held && other != id {
			causes = append(causes, taken("login"))
		}
	}
	for name, values := range o.unique {
		v, isSet := profile[name]
		if !isSet {
			continue
		}
		if other, held := values[fmt.Sprint(v)]; held && other != id {
			causes = append(causes, taken(name))
		}
	}
	sort.Strings(causes)
	return causes
}
