package oktatest

import (
	"strings"
	"time"
)

// role is one admin role that a user or a group has.
type role struct {
	id, kind, assignment string
	created              time.Time
	targets              []string // ids of the groups that it is limited to
}

type roleJSON struct {
	ID             string `json:"id"`
	Label          string `json:"label"`
	Type           string `json:"type"`
	Status         string `json:"status"`
	AssignmentType string `json:"assignmentType"`
	Created        any    `json:"created"`
	LastUpdated    any    `json:"lastUpdated"`
}

func roleLabel(kind string) string {
	return map[string]string{
		"SUPER_ADMIN": "Super Administrator", "ORG_ADMIN": "Organizational Administrator",
		"APP_ADMIN": "Application Administrator", "USER_ADMIN": "Group Administrator",
		"HELP_DESK_ADMIN": "Help Desk Administrator", "READ_ONLY_ADMIN": "Read-only Administrator",
		"MOBILE_ADMIN": "Mobile Administrator", "API_ACCESS_MANAGEMENT_ADMIN": "API Access Management Administrator",
		"REPORT_ADMIN": "Report Administrator", "GROUP_MEMBERSHIP_ADMIN": "Group Membership Administrator",
	}[kind]
}

func (r *role) show() roleJSON {
	return roleJSON{
		ID: r.id, Label: roleLabel(r.kind), Type: r.kind, Status: "ACTIVE", AssignmentType: r.assignment,
		Created: stamp(r.created), LastUpdated: stamp(r.created),
	}
}

func (o *Org) newRole(kind, assignment string, now time.Time) *role {
	return &role{id: o.newID("ra1"), kind: kind, assignment: assignment, created: now}
}

// isAdmin reports whether a user has a role, directly or through a group, and since when.
func (o *Org) isAdmin(userID string) (admin bool, since time.Time) {
	found := func(at time.Time) {
		if !admin || at.Before(since) {
			since = at
		}
		admin = true
	}
	for _, r := range o.roles[userID] {
		found(r.created)
	}
	for owner, roles := range o.roles {
		g := o.groups[owner]
		if g == nil || !o.isMember(g, userID) {
			continue
		}
		for _, r := range roles {
			at := r.created
			if joined := g.members[userID]; joined.After(at) {
				at = joined
			}
			found(at)
		}
	}
	return admin, since
}

// roleOwner returns the id of the user or group whose roles the path names.
func (o *Org) roleOwner(c *call) (id, assignment string, err error) {
	if strings.HasPrefix(c.r.URL.Path, "/api/v1/groups/") {
		g, err := o.groupNamed(c)
		if err != nil {
			return "", "", err
		}
		return g.id, "GROUP", nil
	}
	u, err := o.named(c)
	if err != nil {
		return "", "", err
	}
	return u.id, "USER", nil
}

// listRoles answers GET roles of a user or a group. A user's list also shows the roles that come from groups, with
// assignmentType GROUP.
func (o *Org) listRoles(c *call) (answer, error) {
	owner, assignment, err := o.roleOwner(c)
	if err != nil {
		return answer{}, err
	}
	out := []roleJSON{}
	for _, r := range o.roles[owner] {
		out = append(out, r.show())
	}
	if assignment == "USER" {
		for _, g := range o.sortedGroups() {
			if !o.isMember(g, owner) {
				continue
			}
			for _, r := range o.roles[g.id] {
				out = append(out, r.show())
			}
		}
	}
	return ok(out), nil
}

func (o *Org) assignRole(c *call) (answer, error) {
	owner, assignment, err := o.roleOwner(c)
	if err != nil {
		return answer{}, err
	}
	var in struct{ Type string }
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	if roleLabel(in.Type) == "" {
		return answer{}, errInvalid("type", "type: unknown role")
	}
	for _, r := range o.roles[owner] {
		if r.kind == in.Type {
			return answer{}, errRoleAssigned()
		}
	}
	r := o.newRole(in.Type, assignment, c.now)
	o.roles[owner] = append(o.roles[owner], r)
	return answer{status: 201, body: r.show()}, nil
}

func (o *Org) unassignRole(c *call) (answer, error) {
	owner, _, err := o.roleOwner(c)
	if err != nil {
		return answer{}, err
	}
	for i, r := range o.roles[owner] {
		if r.id == c.param("role") {
			o.roles[owner] = append(o.roles[owner][:i:i], o.roles[owner][i+1:]...)
			return noContent(), nil
		}
	}
	return answer{}, errNotFound(c.param("role"), "RoleAssignment")
}

// target returns the role and the group that the path names.
func (o *Org) target(c *call) (*role, *group, error) {
	owner, _, err := o.roleOwner(c)
	if err != nil {
		return nil, nil, err
	}
	g := o.groups[c.param("target")]
	for _, r := range o.roles[owner] {
		if r.id == c.param("role") {
			return r, g, nil
		}
	}
	return nil, nil, errNotFound(c.param("role"), "RoleAssignment")
}

func (o *Org) listTargets(c *call) (answer, error) {
	r, _, err := o.target(c)
	if err != nil {
		return answer{}, err
	}
	out := []groupJSON{}
	for _, id := range r.targets {
		if g := o.groups[id]; g != nil {
			out = append(out, g.show(c))
		}
	}
	return ok(out), nil
}

func (o *Org) addTarget(c *call) (answer, error) {
	r, g, err := o.target(c)
	if err != nil {
		return answer{}, err
	}
	if g == nil {
		return answer{}, errNotFound(c.param("target"), "UserGroup")
	}
	for _, id := range r.targets {
		if id == g.id {
			return noContent(), nil
		}
	}
	r.targets = append(r.targets, g.id)
	return noContent(), nil
}

func (o *Org) removeTarget(c *call) (answer, error) {
	r, _, err := o.target(c)
	if err != nil {
		return answer{}, err
	}
	for i, id := range r.targets {
		if id != c.param("target") {
			continue
		}
		if len(r.targets) == 1 { // a role without targets would cover the whole org
			return answer{}, errInvalid("targets", "targets: the last target of a role cannot be removed")
		}
		r.targets = append(r.targets[:i:i], r.targets[i+1:]...)
		return noContent(), nil
	}
	return answer{}, errNotFound(c.param("target"), "UserGroup")
}
