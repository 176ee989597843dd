package oktatest

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"time"
)

// Credentials is how a user signs in.
type Credentials struct {
	Provider    Provider
	HasPassword bool
}

// User is a copy of a user for tests.
type User struct {
	ID, Status    string
	Profile       map[string]any
	Credentials   Credentials
	Created       time.Time
	Activated     time.Time
	StatusChanged time.Time
	LastUpdated   time.Time
	Sessions      int // live sessions with Okta
	OAuthTokens   int
	Mails         int // e-mails that Okta sent to the person
	Groups        []string
	IdPs          []string
	Admin         bool
	Source        string // the application that sources the profile
}

// User returns a copy of the user with the id.
func (o *Org) User(id string) (User, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.copyOf(o.user(id))
}

// UserByLogin returns a copy of the user with the login, in any case.
func (o *Org) UserByLogin(login string) (User, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.copyOf(o.user(o.logins[strings.ToLower(login)]))
}

// Users returns copies of all users, DEPROVISIONED ones included, sorted by login. Owners of tokens are left out.
func (o *Org) Users() []User {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []User
	for _, r := range o.order {
		if r.cur == nil || r.cur.hidden {
			continue
		}
		u, _ := o.copyOf(r.cur)
		out = append(out, u)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].login() < out[j].login() })
	return out
}

func (u User) login() string {
	s, _ := u.Profile["login"].(string)
	return s
}

func (o *Org) copyOf(u *user) (User, bool) {
	if u == nil {
		return User{}, false
	}
	admin, _ := o.isAdmin(u.id)
	return User{
		ID: u.id, Status: u.status, Profile: maps.Clone(u.profile),
		Credentials: Credentials{Provider: u.provider, HasPassword: u.password != ""},
		Created:     u.created, Activated: u.activated, StatusChanged: u.statusChanged, LastUpdated: u.lastUpdated,
		Sessions: u.sessions, OAuthTokens: u.oauthTokens, Mails: u.mails,
		Groups: o.groupIDsOf(u.id), IdPs: slices.Clone(u.idps), Admin: admin, Source: u.source,
	}, true
}

// UserOptions are what AddUser sets besides profile and status.
type UserOptions struct {
	Password  string
	Federated bool
	Source    string // the application that sources the profile
	Groups    []string
	IdPs      []string
}

// AddUser adds a user by hand, in any status, and returns its id. It panics when the login is taken. A user without a
// password that is not federated cannot sign in.
func (o *Org) AddUser(profile map[string]any, status string, opts ...UserOptions) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	u := &user{
		id: o.newID("00u"), status: StatusStaged, typeID: o.defaultType(), profile: maps.Clone(profile), provider: oktaProvider(),
		created: now, statusChanged: now, lastUpdated: now,
	}
	if causes := o.clashes(u.id, u.profile); len(causes) > 0 {
		panic("oktatest: " + causes[0])
	}
	for _, opt := range opts {
		if opt.Password != "" {
			u.setPassword(opt.Password, now)
		}
		if opt.Federated {
			u.provider = federation()
		}
		u.source, u.idps = opt.Source, slices.Clone(opt.IdPs)
		for _, id := range opt.Groups {
			o.groupByID(id).members[u.id] = now
		}
	}
	u.become(status, now)
	o.put(u, now)
	o.logHand("add_user", nil, nil, u)
	return u.id
}

// byHand changes a user as a person in the admin console does, and logs it. It panics when there is no such user.
func (o *Org) byHand(op, id string, change func(u *user)) {
	before := o.user(id)
	if before == nil {
		panic("oktatest: there is no user " + id)
	}
	shown := o.snapshot(before) // taken first: change may also give a role
	o.logHand(op, shown, before, o.edit(before, o.now(), change))
}

func (o *Org) logHand(op string, shown *Snapshot, before, after *user) {
	now := o.now()
	o.record(&Entry{
		Token: Hand, Op: op, Start: now, End: now, At: now, UserID: after.id, Applied: true,
		Before: shown, After: o.snapshot(after), Changed: changed(before, after),
	})
}

// SetStatus moves a user to a status by hand, with what Okta does on the way.
func (o *Org) SetStatus(id, status string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.byHand("set_status", id, func(u *user) { u.become(status, o.now()) })
	if status == StatusDeprovisioned {
		delete(o.roles, id)
	}
}

// SetProfile changes attributes of a user by hand; nil clears one. It panics when a unique value is taken.
func (o *Org) SetProfile(id string, partial map[string]any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if causes := o.clashes(id, partial); len(causes) > 0 {
		panic("oktatest: " + causes[0])
	}
	o.byHand("set_profile", id, func(u *user) {
		merge(u.profile, partial)
		u.lastUpdated = o.now()
	})
}

// SetPassword sets a password by hand, as a person who uses a reset or activation link does; the user is ACTIVE then.
func (o *Org) SetPassword(id, password string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.byHand("set_password", id, func(u *user) {
		u.provider = oktaProvider()
		u.setPassword(password, o.now())
		switch u.status {
		case StatusProvisioned, StatusRecovery, StatusPasswordExpired:
			u.become(StatusActive, o.now())
		}
	})
}

// FollowLink sets a password as the person does who was handed a reset or activation link: the user is ACTIVE then, and the
// link is used up. It reports whether the link was live.
func (o *Org) FollowLink(url, password string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	token := url[strings.LastIndex(url, "/")+1:]
	for _, r := range o.order {
		if r.cur == nil || r.cur.link == nil || r.cur.link.token != token || !o.now().Before(r.cur.link.expires) {
			continue
		}
		o.byHand("follow_link", r.cur.id, func(u *user) {
			u.setPassword(password, o.now())
			u.become(StatusActive, o.now())
		})
		return true
	}
	return false
}

// SetSource makes an application source the user's profile by hand; empty gives it back to Okta.
func (o *Org) SetSource(id, application string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.byHand("set_source", id, func(u *user) { u.source = application })
}

// StartSession signs a user in: one more session with Okta, and one OAuth token.
func (o *Org) StartSession(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.byHand("start_session", id, func(u *user) { u.sessions, u.oauthTokens = u.sessions+1, u.oauthTokens+1 })
}

// AddAdminRole gives a user an admin role by hand, such as SUPER_ADMIN.
func (o *Org) AddAdminRole(id, kind string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.byHand("add_role", id, func(*user) { o.roles[id] = append(o.roles[id], o.newRole(kind, "USER", o.now())) })
}

// AddGroupAdminRole gives a group an admin role by hand: everybody in it is an administrator.
func (o *Org) AddGroupAdminRole(groupID, kind string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.groupByID(groupID)
	o.roles[groupID] = append(o.roles[groupID], o.newRole(kind, "GROUP", o.now()))
}
