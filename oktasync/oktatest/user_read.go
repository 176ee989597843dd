package oktatest

import (
	"sort"
	"strings"
	"time"
)

// readUser answers GET /users/{id}, which is always the present truth.
func (o *Org) readUser(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	c.etag = u.etag()
	return ok(o.show(c, u, false)), nil
}

// readMe answers GET /users/me: the administrator behind the token.
func (o *Org) readMe(c *call) (answer, error) {
	c.userID = o.owners[c.token.Name]
	return o.readUser(c)
}

// listUsers answers GET /users. search sees everybody as of SearchLag ago; filter sees everybody; q, or nothing, leaves
// out those who are DEPROVISIONED.
func (o *Org) listUsers(c *call) (answer, error) {
	limit, err := c.limit(200, 200)
	if err != nil {
		return answer{}, err
	}
	keep, err := o.userQuery(c)
	if err != nil {
		return answer{}, err
	}
	searching := c.query.Get("search") != ""
	state := func(r *record) *user { return r.cur }
	if searching && o.opts.SearchLag > 0 {
		then := c.now.Add(-o.opts.SearchLag)
		state = func(r *record) *user { return r.asOf(then) }
	}
	var found []*user
	after, sorted := 0, searching && c.query.Get("sortBy") != ""
	if !sorted {
		after = c.after()
	}
	first := sort.Search(len(o.order), func(i int) bool { return o.order[i].seq > after })
	for _, r := range o.order[first:] {
		if u := state(r); u != nil && !u.hidden && keep(u) {
			found = append(found, u)
			if !sorted && len(found) > limit {
				break
			}
		}
	}
	var start int
	if sorted {
		o.sortUsers(found, c)
		start = min(c.after(), len(found))
	}
	page := found[start:min(start+limit, len(found))]
	more := start+limit < len(found)
	next := start + limit
	if !sorted && len(page) > 0 {
		next = page[len(page)-1].seq
	}
	c.linkPages(more, next)
	out := make([]userJSON, 0, len(page))
	for _, u := range page {
		out = append(out, o.show(c, u, true))
	}
	return ok(out), nil
}

func (o *Org) userQuery(c *call) (func(*user) bool, error) {
	if search := c.query.Get("search"); search != "" {
		match, err := parseExpr(search, searchOperators, o.searchable)
		if err != nil {
			return nil, errSearch()
		}
		return func(u *user) bool { return match(u.field) }, nil
	}
	if filter := c.query.Get("filter"); filter != "" {
		match, err := parseExpr(filter, filterOperators, filterable)
		if err != nil {
			return nil, errSearch()
		}
		return func(u *user) bool { return match(u.field) }, nil
	}
	q := strings.ToLower(c.query.Get("q"))
	return func(u *user) bool {
		if u.status == StatusDeprovisioned {
			return false
		}
		if q == "" {
			return true
		}
		for _, name := range []string{"firstName", "lastName", "email", "login"} {
			if strings.HasPrefix(strings.ToLower(u.text(name)), q) {
				return true
			}
		}
		return false
	}, nil
}

func (o *Org) searchable(path string) bool {
	if name, inProfile := strings.CutPrefix(path, "profile."); inProfile {
		return o.userSchema.property(name) != nil
	}
	switch path {
	case "id", "status", "created", "activated", "statusChanged", "lastUpdated", "passwordChanged", "type.id":
		return true
	}
	return false
}

func filterable(path string) bool {
	switch path {
	case "id", "status", "lastUpdated", "profile.login", "profile.email", "profile.firstName", "profile.lastName":
		return true
	}
	return false
}

// field returns the value behind a path of a search expression, nil if it is not set.
func (u *user) field(path string) any {
	if name, inProfile := strings.CutPrefix(path, "profile."); inProfile {
		return u.profile[name]
	}
	switch path {
	case "id":
		return u.id
	case "status":
		return u.status
	case "type.id":
		return u.typeID
	case "created":
		return instant(u.created)
	case "activated":
		return instant(u.activated)
	case "statusChanged":
		return instant(u.statusChanged)
	case "lastUpdated":
		return instant(u.lastUpdated)
	case "passwordChanged":
		return instant(u.passwordChanged)
	}
	return nil
}

func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Truncate(time.Second)
}

func (o *Org) sortUsers(users []*user, c *call) {
	by, descending := c.query.Get("sortBy"), strings.EqualFold(c.query.Get("sortOrder"), "desc")
	sort.SliceStable(users, func(i, j int) bool {
		order := compare(users[i].field(by), users[j].field(by))
		if descending {
			return order > 0
		}
		return order < 0
	})
}
