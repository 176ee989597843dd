package oktatest

import (
	"maps"
	"slices"
	"sort"
)

func (o *Org) listMembers(c *call) (answer, error) {
	g, err := o.groupNamed(c)
	if err != nil {
		return answer{}, err
	}
	var members []*user
	for _, r := range o.order {
		if r.cur != nil && !r.cur.hidden && o.isMember(g, r.cur.id) {
			members = append(members, r.cur)
		}
	}
	page, err := pageOf(c, members, 1000, 1000)
	if err != nil {
		return answer{}, err
	}
	out := make([]userJSON, 0, len(page))
	for _, u := range page {
		out = append(out, o.show(c, u, true))
	}
	return ok(out), nil
}

// isMember also knows the built-in group that everybody is in.
func (o *Org) isMember(g *group, userID string) bool {
	if g.kind == GroupBuiltIn {
		return true
	}
	_, in := g.members[userID]
	return in
}

// addMember answers PUT /groups/{g}/users/{u}, which is safe to repeat. A DEPROVISIONED user cannot be added.
func (o *Org) addMember(c *call) (answer, error) {
	g, u, err := o.pair(c)
	if err != nil {
		return answer{}, err
	}
	if u.status == StatusDeprovisioned {
		return answer{}, errStatus()
	}
	if _, in := g.members[u.id]; !in {
		g.members[u.id], g.memberSet = c.now, c.now
	}
	return noContent(), nil
}

// removeMember answers DELETE /groups/{g}/users/{u}, which is safe to repeat.
func (o *Org) removeMember(c *call) (answer, error) {
	g, u, err := o.pair(c)
	if err != nil {
		return answer{}, err
	}
	if _, in := g.members[u.id]; in {
		delete(g.members, u.id)
		g.memberSet = c.now
	}
	return noContent(), nil
}

func (o *Org) pair(c *call) (*group, *user, error) {
	g, err := o.changeable(c)
	if err != nil {
		return nil, nil, err
	}
	u, err := o.named(c)
	if err != nil {
		return nil, nil, err
	}
	return g, u, nil
}

func (o *Org) listUserGroups(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	out := []groupJSON{}
	for _, g := range o.sortedGroups() {
		if o.isMember(g, u.id) {
			out = append(out, g.show(c))
		}
	}
	page, err := pageOf(c, out, 200, 200)
	if err != nil {
		return answer{}, err
	}
	return ok(page), nil
}

// Group is a copy of a group for tests.
type Group struct {
	ID, Name, Type string
	Profile        map[string]any
	Members        []string // user ids, sorted
}

// Groups returns all groups by creation, the built-in one included.
func (o *Org) Groups() []Group {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []Group
	for _, g := range o.sortedGroups() {
		members := slices.Sorted(maps.Keys(g.members))
		out = append(out, Group{ID: g.id, Name: g.name(), Type: g.kind, Profile: maps.Clone(g.profile), Members: members})
	}
	return out
}

// AddGroup adds a group by hand and returns its id; kind is GroupOkta, GroupApp or GroupBuiltIn.
func (o *Org) AddGroup(name, kind string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.newGroup(map[string]any{"name": name}, kind, o.now()).id
}

// SetMember puts a user into a group by hand, or takes it out.
func (o *Org) SetMember(groupID, userID string, in bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.groupByID(groupID)
	o.byHand("set_member", userID, func(*user) {
		if in {
			g.members[userID] = o.now()
			return
		}
		delete(g.members, userID)
	})
}

func (o *Org) groupByID(id string) *group {
	g := o.groups[id]
	if g == nil {
		panic("oktatest: there is no group " + id)
	}
	return g
}

func (o *Org) groupIDsOf(userID string) []string {
	var ids []string
	for _, g := range o.groups {
		if _, in := g.members[userID]; in {
			ids = append(ids, g.id)
		}
	}
	sort.Strings(ids)
	return ids
}
