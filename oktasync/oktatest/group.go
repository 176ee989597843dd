package oktatest

import (
	"maps"
	"sort"
	"strings"
	"time"
)

// The types of a group. Only those of type OKTA_GROUP can be changed through the API.
const (
	GroupOkta    = "OKTA_GROUP"
	GroupApp     = "APP_GROUP"
	GroupBuiltIn = "BUILT_IN"
)

type group struct {
	id, kind                    string
	profile                     map[string]any
	created, updated, memberSet time.Time
	members                     map[string]time.Time // when each became one, by user id
	rules                       map[string]string    // which rule made a user a member, by user id
}

func (g *group) name() string {
	s, _ := g.profile["name"].(string)
	return s
}

func (o *Org) addEveryone(now time.Time) {
	o.newGroup(map[string]any{"name": "Everyone", "description": "All users in your organization"}, GroupBuiltIn, now)
}

func (o *Org) newGroup(profile map[string]any, kind string, now time.Time) *group {
	g := &group{
		id: o.newID("00g"), kind: kind, profile: profile, created: now, updated: now, memberSet: now,
		members: map[string]time.Time{}, rules: map[string]string{},
	}
	o.groups[g.id] = g
	return g
}

type groupJSON struct {
	ID          string         `json:"id"`
	Created     any            `json:"created"`
	LastUpdated any            `json:"lastUpdated"`
	LastMember  any            `json:"lastMembershipUpdated"`
	ObjectClass []string       `json:"objectClass"`
	Type        string         `json:"type"`
	Profile     map[string]any `json:"profile"`
	Links       map[string]any `json:"_links"`
}

func (g *group) show(c *call) groupJSON {
	class := map[string]string{GroupApp: "okta:windows_security_principal"}[g.kind]
	if class == "" {
		class = "okta:user_group"
	}
	profile := map[string]any{"description": nil}
	maps.Copy(profile, g.profile)
	self := origin(c.r) + "/api/v1/groups/" + g.id
	return groupJSON{
		ID: g.id, Created: stamp(g.created), LastUpdated: stamp(g.updated), LastMember: stamp(g.memberSet),
		ObjectClass: []string{class}, Type: g.kind, Profile: profile,
		Links: map[string]any{"users": href(self+"/users", ""), "apps": href(self+"/apps", "")},
	}
}

// sortedGroups returns all groups by creation, then id, so that pages are stable.
func (o *Org) sortedGroups() []*group {
	all := make([]*group, 0, len(o.groups))
	for _, g := range o.groups {
		all = append(all, g)
	}
	sort.Slice(all, func(i, j int) bool {
		if order := all[i].created.Compare(all[j].created); order != 0 {
			return order < 0
		}
		return all[i].id < all[j].id
	})
	return all
}

func (o *Org) groupNamed(c *call) (*group, error) {
	g := o.groups[c.groupID]
	if g == nil {
		return nil, errNotFound(c.groupID, "UserGroup")
	}
	return g, nil
}

// changeable returns the group that the path names if the API may change it.
func (o *Org) changeable(c *call) (*group, error) {
	g, err := o.groupNamed(c)
	if err != nil {
		return nil, err
	}
	if g.kind != GroupOkta {
		return nil, errStatus()
	}
	return g, nil
}

func (o *Org) groupProfile(c *call, id string) (map[string]any, error) {
	var in struct {
		Profile map[string]any `json:"profile"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	profile := map[string]any{}
	merge(profile, in.Profile)
	if causes := o.groupSchema.check(profile, c.now); len(causes) > 0 {
		return nil, errInvalid(subject(causes), causes...)
	}
	for _, g := range o.groups {
		if g.id != id && g.name() == profile["name"] {
			return nil, errInvalid("name", taken("name"))
		}
	}
	return profile, nil
}

func (o *Org) createGroup(c *call) (answer, error) {
	profile, err := o.groupProfile(c, "")
	if err != nil {
		return answer{}, err
	}
	g := o.newGroup(profile, GroupOkta, c.now)
	c.entry.GroupID = g.id
	return ok(g.show(c)), nil
}

func (o *Org) readGroup(c *call) (answer, error) {
	g, err := o.groupNamed(c)
	if err != nil {
		return answer{}, err
	}
	return ok(g.show(c)), nil
}

func (o *Org) replaceGroup(c *call) (answer, error) {
	g, err := o.changeable(c)
	if err != nil {
		return answer{}, err
	}
	profile, err := o.groupProfile(c, g.id)
	if err != nil {
		return answer{}, err
	}
	g.profile, g.updated = profile, c.now
	return ok(g.show(c)), nil
}

func (o *Org) deleteGroup(c *call) (answer, error) {
	g, err := o.changeable(c)
	if err != nil {
		return answer{}, err
	}
	delete(o.groups, g.id)
	delete(o.roles, g.id)
	return noContent(), nil
}

// listGroups answers GET /groups: q is the beginning of the name, search and filter are expressions.
func (o *Org) listGroups(c *call) (answer, error) {
	match := func(func(string) any) bool { return true }
	var err error
	if search := c.query.Get("search"); search != "" {
		match, err = parseExpr(search, searchOperators, o.groupSearchable)
	} else if filter := c.query.Get("filter"); filter != "" {
		match, err = parseExpr(filter, filterOperators, groupFilterable)
	}
	if err != nil {
		return answer{}, errSearch()
	}
	q := strings.ToLower(c.query.Get("q"))
	out := []groupJSON{}
	for _, g := range o.sortedGroups() {
		if strings.HasPrefix(strings.ToLower(g.name()), q) && match(g.field) {
			out = append(out, g.show(c))
		}
	}
	page, err := pageOf(c, out, 10000, 10000)
	if err != nil {
		return answer{}, err
	}
	return ok(page), nil
}

func (o *Org) groupSearchable(path string) bool {
	if name, inProfile := strings.CutPrefix(path, "profile."); inProfile {
		return o.groupSchema.property(name) != nil
	}
	return groupFilterable(path) || path == "created"
}

func groupFilterable(path string) bool {
	switch path {
	case "id", "type", "lastUpdated", "lastMembershipUpdated":
		return true
	}
	return false
}

func (g *group) field(path string) any {
	if name, inProfile := strings.CutPrefix(path, "profile."); inProfile {
		return g.profile[name]
	}
	switch path {
	case "id":
		return g.id
	case "type":
		return g.kind
	case "created":
		return instant(g.created)
	case "lastUpdated":
		return instant(g.updated)
	case "lastMembershipUpdated":
		return instant(g.memberSet)
	}
	return nil
}
