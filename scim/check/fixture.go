package check

import (
	"maps"
	"net/url"
)

// URNs of schemas.
const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
)

// with returns o with the members of more instead of, or beside, its own.
func (o attributes) with(more object) attributes {
	out := maps.Clone(o)
	maps.Copy(out, more)
	return out
}

// attributes are those of a resource that a check makes up.
type attributes object

// person makes up a user with what every identity provider sends.
func (t *trial) person() attributes {
	name := t.s.name() + "@" + t.s.domain
	return attributes{
		"schemas": []string{userURN}, "userName": name, "active": true, "displayName": "Robin Moss",
		"name":   object{"givenName": "Robin", "familyName": "Moss"},
		"emails": []object{{"value": name, "type": "work", "primary": true}},
	}
}

// team makes up a group.
func (t *trial) team(members ...string) attributes {
	g := attributes{"schemas": []string{groupURN}, "displayName": t.s.name()}
	if len(members) > 0 {
		g["members"] = refs(members...)
	}
	return g
}

// refs are the elements of members for some ids.
func refs(ids ...string) []object {
	out := make([]object, len(ids))
	for i, id := range ids {
		out[i] = object{"value": id}
	}
	return out
}

// text is one of the attributes as text.
func (o attributes) text(name string) string {
	s, _ := o[name].(string)
	return s
}

// user creates a made-up user with more attributes, and returns its id and path.
func (t *trial) user(more ...object) (id, path string) {
	who := t.person()
	for _, m := range more {
		who = who.with(m)
	}
	id = t.post("/Users", who).created()
	return id, userPath(id)
}

// group creates a made-up group, and returns its id and path.
func (t *trial) group(members ...string) (id, path string) {
	id = t.post("/Groups", t.team(members...)).created()
	return id, groupPath(id)
}

func userPath(id string) string  { return "/Users/" + url.PathEscape(id) }
func groupPath(id string) string { return "/Groups/" + url.PathEscape(id) }

// op is one operation of a PATCH; an empty path and a nil value are left out.
func op(name, path string, value any) object {
	o := object{"op": name}
	if path != "" {
		o["path"] = path
	}
	if value != nil {
		o["value"] = value
	}
	return o
}

// patchBody is the body of a PATCH.
func patchBody(ops ...object) object {
	if ops == nil {
		ops = []object{}
	}
	return object{"schemas": []string{patchURN}, "Operations": ops}
}
