package oktatest

import (
	"maps"
	"slices"
	"sort"
	"time"
)

// idp is an identity provider that people sign in through.
type idp struct {
	id, status       string
	fields           map[string]any // as it was created: name, type, protocol, policy
	domains          []string       // the e-mail domains that are routed to it; none means all
	created, updated time.Time
}

func (p *idp) name() string {
	s, _ := p.fields["name"].(string)
	return s
}

func (p *idp) show(c *call) map[string]any {
	m := maps.Clone(p.fields)
	m["id"], m["status"], m["created"], m["lastUpdated"] = p.id, p.status, stamp(p.created), stamp(p.updated)
	self := origin(c.r) + "/api/v1/idps/" + p.id
	verb := map[string]string{"ACTIVE": "deactivate", "INACTIVE": "activate"}[p.status]
	m["_links"] = map[string]any{"self": href(self, ""), verb: href(self+"/lifecycle/"+verb, "POST")}
	return m
}

// idpPolicy is the part of an identity provider that decides whether a person who lost access walks back in by SSO:
// both conditions have to be NONE.
func idpPolicy(suspended, deprovisioned string) map[string]any {
	action := func(name string) map[string]any { return map[string]any{"action": name} }
	return map[string]any{
		"accountLink": map[string]any{"action": "AUTO", "filter": nil},
		"provisioning": map[string]any{
			"action": "DISABLED", "groups": action("NONE"),
			"conditions": map[string]any{"deprovisioned": action(deprovisioned), "suspended": action(suspended)},
		},
		"subject": map[string]any{"userNameTemplate": map[string]any{"template": "idpuser.email"}, "matchType": "USERNAME"},
	}
}

// condition returns the action of a just-in-time rule, "suspended" or "deprovisioned".
func (p *idp) condition(name string) string {
	at := p.fields
	for _, key := range []string{"policy", "provisioning", "conditions", name} {
		at, _ = at[key].(map[string]any)
	}
	action, _ := at["action"].(string)
	return action
}

func (o *Org) sortedIdPs() []*idp {
	all := slices.Collect(maps.Values(o.idps))
	sort.Slice(all, func(i, j int) bool {
		if order := all[i].created.Compare(all[j].created); order != 0 {
			return order < 0
		}
		return all[i].id < all[j].id
	})
	return all
}

func (o *Org) listIdPs(c *call) (answer, error) {
	out := []map[string]any{}
	for _, p := range o.sortedIdPs() {
		if q := c.query.Get("q"); q == "" || hasPrefixFold(p.name(), q) {
			out = append(out, p.show(c))
		}
	}
	page, err := pageOf(c, out, 20, 200)
	if err != nil {
		return answer{}, err
	}
	return ok(page), nil
}

func (o *Org) createIdP(c *call) (answer, error) {
	var fields map[string]any
	if err := c.decode(&fields); err != nil {
		return answer{}, err
	}
	if name, _ := fields["name"].(string); name == "" {
		return answer{}, errInvalid("name", "name: The field cannot be left blank")
	}
	return ok(o.newIdP(fields, "ACTIVE", c.now).show(c)), nil
}

func (o *Org) newIdP(fields map[string]any, status string, now time.Time) *idp {
	p := &idp{id: o.newID("0oa"), status: status, fields: fields, created: now, updated: now}
	o.idps[p.id] = p
	return p
}

func (o *Org) idpNamed(c *call) (*idp, error) {
	p := o.idps[c.param("idp")]
	if p == nil {
		return nil, errNotFound(c.param("idp"), "IdpAppInstance")
	}
	return p, nil
}

func (o *Org) readIdP(c *call) (answer, error) {
	p, err := o.idpNamed(c)
	if err != nil {
		return answer{}, err
	}
	return ok(p.show(c)), nil
}

func (o *Org) deleteIdP(c *call) (answer, error) {
	p, err := o.idpNamed(c)
	if err != nil {
		return answer{}, err
	}
	delete(o.idps, p.id)
	return noContent(), nil
}

func (o *Org) activateIdP(c *call) (answer, error) { return o.turnIdP(c, "ACTIVE") }

func (o *Org) deactivateIdP(c *call) (answer, error) { return o.turnIdP(c, "INACTIVE") }

func (o *Org) turnIdP(c *call, status string) (answer, error) {
	p, err := o.idpNamed(c)
	if err != nil {
		return answer{}, err
	}
	p.status, p.updated = status, c.now
	return ok(p.show(c)), nil
}

// listUserIdPs answers GET /users/{id}/idps: the identity providers that the account is linked with.
func (o *Org) listUserIdPs(c *call) (answer, error) {
	u, err := o.named(c)
	if err != nil {
		return answer{}, err
	}
	out := []map[string]any{}
	for _, id := range u.idps {
		if p := o.idps[id]; p != nil {
			out = append(out, p.show(c))
		}
	}
	return ok(out), nil
}

// AddIdP adds an identity provider by hand, with status ACTIVE or INACTIVE, and returns its id. It is routed to for the
// e-mail domains given, or for all if there are none. Its just-in-time rules give nobody access back.
func (o *Org) AddIdP(name, status string, domains ...string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.newIdP(map[string]any{"name": name, "type": "SAML2", "policy": idpPolicy("NONE", "NONE")}, status, o.now())
	p.domains = slices.Clone(domains)
	return p.id
}

// SetIdPStatus turns an identity provider on or off by hand: ACTIVE or INACTIVE.
func (o *Org) SetIdPStatus(id, status string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.idpByID(id).status = status
}

// SetIdPConditions sets, by hand, what a just-in-time sign-in does for a person who is suspended (NONE or UNSUSPEND) or
// deprovisioned (NONE or REACTIVATE).
func (o *Org) SetIdPConditions(id, suspended, deprovisioned string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.idpByID(id)
	fields := maps.Clone(p.fields)
	fields["policy"] = idpPolicy(suspended, deprovisioned)
	p.fields = fields
}

func (o *Org) idpByID(id string) *idp {
	p := o.idps[id]
	if p == nil {
		panic("oktatest: there is no identity provider " + id)
	}
	return p
}

// LinkIdP links an account with an identity provider by hand, as the first sign-in through it does.
func (o *Org) LinkIdP(userID, idpID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.idpByID(idpID)
	o.byHand("link_idp", userID, func(u *user) {
		if !slices.Contains(u.idps, idpID) {
			u.idps = append(u.idps, idpID)
		}
	})
}
