package oktatest

import (
	"maps"
	"regexp"
	"slices"
	"sort"
	"time"
)

// rule makes everybody whose profile satisfies its expression a member of its groups, while it is ACTIVE.
type rule struct {
	id, name, status string
	expression       string
	groups           []string
	created, updated time.Time
}

type ruleJSON struct {
	ID          string         `json:"id"`
	Type        string         `json:"type"`
	Name        string         `json:"name"`
	Status      string         `json:"status"`
	Created     any            `json:"created"`
	LastUpdated any            `json:"lastUpdated"`
	Conditions  ruleConditions `json:"conditions"`
	Actions     ruleActions    `json:"actions"`
}

type ruleConditions struct {
	Expression struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"expression"`
}

type ruleActions struct {
	Assign struct {
		GroupIDs []string `json:"groupIds"`
	} `json:"assignUserToGroups"`
}

func (r *rule) show() ruleJSON {
	j := ruleJSON{ID: r.id, Type: "group_rule", Name: r.name, Status: r.status, Created: stamp(r.created), LastUpdated: stamp(r.updated)}
	j.Conditions.Expression.Type, j.Conditions.Expression.Value = "urn:okta:expression:1.0", r.expression
	j.Actions.Assign.GroupIDs = r.groups
	return j
}

// ruleExpression is the one form of Okta's expression language that the org evaluates: an attribute equals a string.
var ruleExpression = regexp.MustCompile(`^user\.([A-Za-z_][A-Za-z0-9_]*)\s*==\s*"([^"]*)"$`)

func (o *Org) decodeRule(c *call) (ruleJSON, error) {
	var in ruleJSON
	if err := c.decode(&in); err != nil {
		return in, err
	}
	if in.Name == "" {
		return in, errInvalid("name", "name: The field cannot be left blank")
	}
	m := ruleExpression.FindStringSubmatch(in.Conditions.Expression.Value)
	if m == nil || o.userSchema.property(m[1]) == nil {
		return in, errInvalid("conditions", `conditions: the expression must be of the form user.attribute == "value"`)
	}
	if len(in.Actions.Assign.GroupIDs) == 0 {
		return in, errInvalid("actions", "actions: a rule assigns at least one group")
	}
	for _, id := range in.Actions.Assign.GroupIDs {
		if g := o.groups[id]; g == nil || g.kind != GroupOkta {
			return in, errNotFound(id, "UserGroup")
		}
	}
	return in, nil
}

func (o *Org) createRule(c *call) (answer, error) {
	in, err := o.decodeRule(c)
	if err != nil {
		return answer{}, err
	}
	r := &rule{
		id: o.newID("0pr"), name: in.Name, status: "INACTIVE", expression: in.Conditions.Expression.Value,
		groups: in.Actions.Assign.GroupIDs, created: c.now, updated: c.now,
	}
	o.rules[r.id] = r
	return ok(r.show()), nil
}

func (o *Org) ruleNamed(c *call) (*rule, error) {
	r := o.rules[c.param("rule")]
	if r == nil {
		return nil, errNotFound(c.param("rule"), "GroupRule")
	}
	return r, nil
}

func (o *Org) readRule(c *call) (answer, error) {
	r, err := o.ruleNamed(c)
	if err != nil {
		return answer{}, err
	}
	return ok(r.show()), nil
}

func (o *Org) listRules(c *call) (answer, error) {
	search := c.query.Get("search")
	if search == "" {
		search = c.query.Get("q")
	}
	out := []ruleJSON{}
	for _, id := range slices.Sorted(maps.Keys(o.rules)) {
		if r := o.rules[id]; hasPrefixFold(r.name, search) {
			out = append(out, r.show())
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return o.rules[out[i].ID].created.Before(o.rules[out[j].ID].created) })
	page, err := pageOf(c, out, 50, 200)
	if err != nil {
		return answer{}, err
	}
	return ok(page), nil
}

// replaceRule answers PUT of a rule, which Okta allows only while the rule is not ACTIVE.
func (o *Org) replaceRule(c *call) (answer, error) {
	r, err := o.ruleNamed(c)
	if err != nil {
		return answer{}, err
	}
	if r.status == "ACTIVE" {
		return answer{}, errInvalid("status", "status: an active rule cannot be changed")
	}
	in, err := o.decodeRule(c)
	if err != nil {
		return answer{}, err
	}
	o.retract(r)
	r.name, r.expression, r.groups, r.updated = in.Name, in.Conditions.Expression.Value, in.Actions.Assign.GroupIDs, c.now
	return ok(r.show()), nil
}

func (o *Org) deleteRule(c *call) (answer, error) {
	r, err := o.ruleNamed(c)
	if err != nil {
		return answer{}, err
	}
	if r.status == "ACTIVE" {
		return answer{}, errInvalid("status", "status: an active rule cannot be deleted")
	}
	delete(o.rules, r.id)
	return answer{status: 202}, nil
}

func (o *Org) activateRule(c *call) (answer, error) {
	r, err := o.ruleNamed(c)
	if err != nil {
		return answer{}, err
	}
	r.status, r.updated = "ACTIVE", c.now
	for _, rec := range o.order {
		if rec.cur != nil {
			o.applyRules(rec.cur, c.now)
		}
	}
	return noContent(), nil
}

func (o *Org) deactivateRule(c *call) (answer, error) {
	r, err := o.ruleNamed(c)
	if err != nil {
		return answer{}, err
	}
	r.status, r.updated = "INACTIVE", c.now
	return noContent(), nil
}

// retract takes out those whom the rule put in.
func (o *Org) retract(r *rule) {
	for _, g := range o.groups {
		for id, by := range g.rules {
			if by == r.id {
				delete(g.rules, id)
				delete(g.members, id)
			}
		}
	}
}

// matches reports whether the rule is on and puts the user into its groups. Nobody is put in who is DEPROVISIONED.
func (r *rule) matches(u *user) bool {
	m := ruleExpression.FindStringSubmatch(r.expression)
	return r.status == "ACTIVE" && u.status != StatusDeprovisioned && u.text(m[1]) == m[2]
}

// applyRules makes the memberships of a user fit the active rules.
func (o *Org) applyRules(u *user, now time.Time) {
	for _, r := range o.rules {
		if r.status != "ACTIVE" {
			continue
		}
		for _, id := range r.groups {
			g := o.groups[id]
			if g == nil {
				continue
			}
			member := o.isMember(g, u.id)
			switch {
			case r.matches(u) && !member:
				g.members[u.id], g.rules[u.id] = now, r.id
			case !r.matches(u) && g.rules[u.id] == r.id:
				delete(g.members, u.id)
				delete(g.rules, u.id)
			}
		}
	}
}
