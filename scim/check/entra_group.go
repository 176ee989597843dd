package check

import (
	"fmt"
	"net/http"
	"strings"
)

// adscimURN is a schema that Entra puts into the groups that it sends; no server knows it.
const adscimURN = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"

// entraTeam makes up a group as Entra sends it.
func (t *trial) entraTeam() attributes {
	return t.team().with(object{
		"schemas": []string{groupURN, adscimURN}, "externalId": t.s.name(), "meta": object{"resourceType": "Group"},
	})
}

// entraGroups are the validator's tests of groups.
func entraGroups(s *session) {
	type existing struct {
		team       attributes
		id, member string
	}
	some := once(func(t *trial) existing {
		member, _ := t.user()
		team := t.entraTeam().with(object{"members": refs(member)})
		return existing{team, t.post("/Groups", team).created(), member}
	})
	by := func(t *trial, name string, more ...string) *answer {
		return t.get("/Groups", append([]string{"filter", `displayName eq "` + name + `"`}, more...)...)
	}
	s.run(grouping, []check{
		{"create a new group", validator, func(t *trial) {
			team := t.entraTeam()
			id := t.post("/Groups", team).echoes("", team).created()
			by(t, team.text("displayName")).finds(id).echoes("/Resources/0", team)
		}},
		{"create a duplicate group", validator, func(t *trial) {
			t.post("/Groups", t.entraTeam().with(object{"displayName": some(t).team["displayName"]})).refused(http.StatusConflict, "uniqueness")
		}},
		{"get a group by id without its members", validator, func(t *trial) {
			t.get(groupPath(some(t).id)).is(http.StatusOK).includes("/members", object{"value": some(t).member})
			t.get(groupPath(some(t).id), "excludedAttributes", "members").is(http.StatusOK).
				absent("/members").has("/displayName", some(t).team["displayName"])
		}},
		{"filter for a group without its members", validator, func(t *trial) {
			by(t, some(t).team.text("displayName"), "excludedAttributes", "members").finds(some(t).id).absent("/Resources/0/members")
		}},
		{"filter for an existing group", validator, func(t *trial) {
			by(t, some(t).team.text("displayName")).finds(some(t).id).includes("/Resources/0/members", object{"value": some(t).member})
		}},
		{"filter for a group that does not exist", validator, func(t *trial) { by(t, t.s.name()).finds() }},
		{"filter for an existing group in different case", validator, func(t *trial) {
			by(t, strings.ToUpper(some(t).team.text("displayName"))).finds(some(t).id)
		}},
		{"delete a group", validator, func(t *trial) {
			_, path := t.group()
			t.delete(path).is(http.StatusNoContent)
			t.get(path).refused(http.StatusNotFound)
		}},
		{"delete a group that does not exist", validatorPreview, func(t *trial) {
			t.delete(groupPath(t.s.name())).refused(http.StatusNotFound)
		}},
		{"delete the same group twice", validatorPreview, func(t *trial) {
			_, path := t.group()
			t.delete(path).is(http.StatusNoContent)
			t.delete(path).refused(http.StatusNotFound)
		}},
	})
	s.run(patchGroup, entraGroupPatches())
}

func entraGroupPatches() []check {
	return []check{
		{"replace attributes", validator, func(t *trial) {
			_, path := t.group()
			name, external := t.s.name(), t.s.name()
			t.patched(path, op("replace", "", object{"displayName": name, "externalId": external})).
				has("/displayName", name).has("/externalId", external)
		}},
		{"update displayName", validator, func(t *trial) {
			_, path := t.group()
			name := t.s.name()
			t.patched(path, op("Replace", "displayName", name)).has("/displayName", name)
		}},
		{"update externalId", validator, func(t *trial) {
			_, path := t.group()
			t.patched(path, op("Replace", "externalId", "f3a9")).has("/externalId", "f3a9")
		}},
		{"add a member", validator, func(t *trial) {
			id, _ := t.user()
			_, path := t.group()
			t.patched(path, op("Add", "members", []object{{"$ref": nil, "value": id}})).has("/members", refs(id))
		}},
		{"add several members at once", validator, func(t *trial) {
			a, _ := t.user()
			b, _ := t.user()
			_, path := t.group()
			t.patched(path, op("Add", "members", refs(a, b))).has("/members", refs(a, b))
		}},
		{"remove a member by a filter", validator, func(t *trial) {
			a, _ := t.user()
			b, _ := t.user()
			_, path := t.group(a, b)
			t.patched(path, op("remove", fmt.Sprintf("members[value eq %q]", a), nil)).has("/members", refs(b))
		}},
		{"remove a member by a list of values", validator, func(t *trial) {
			a, _ := t.user()
			b, _ := t.user()
			_, path := t.group(a, b)
			t.patched(path, op("Remove", "members", []object{{"$ref": nil, "value": a}})).has("/members", refs(b))
		}},
		{"several operations on the same attribute", validatorPreview, func(t *trial) {
			id, _ := t.user()
			_, path := t.group()
			t.patched(path, op("add", "members", refs(id)), op("remove", fmt.Sprintf("members[value eq %q]", id), nil)).absent("/members")
		}},
	}
}
