package check

import (
	"fmt"
	"net/http"
	"strings"
)

// rfcGroups checks groups and their members.
func rfcGroups(s *session) {
	s.run(grouping, groupAnswers())
	s.run(grouping, groupChanges())
	s.run(patchGroup, memberPatches())
	s.run(grouping, memberFilters())
}

func groupAnswers() []check {
	const section = "RFC 7643 4.2"
	return []check{
		{"POST answers 201 with the members", "RFC 7644 3.3", func(t *trial) {
			id, _ := t.user()
			a := t.post("/Groups", t.team(id))
			a.created()
			a.has("/members", refs(id)).has("/meta/resourceType", "Group").includes("/schemas", groupURN)
			t.want(a.header.Get("Location") == a.text("/meta/location"), "Location: not the same as /meta/location")
		}},
		{"a member has a value and a $ref that leads to it", section, func(t *trial) {
			id, path := t.user()
			_, group := t.group(id)
			ref := t.get(group).is(http.StatusOK).has("/members", refs(id)).text("/members/0/$ref")
			t.want(strings.HasSuffix(ref, path), "/members/0/$ref: does not end in %s", path)
			if strings.HasPrefix(ref, t.s.client.base.String()) {
				t.get(ref).is(http.StatusOK).has("/id", id)
			}
		}},
		{"a user names its groups", "RFC 7643 4.1.2", func(t *trial) {
			id, path := t.user()
			group, _ := t.group(id)
			t.get(path).is(http.StatusOK).includes("/groups", object{"value": group})
		}},
		{"a user's group has a $ref that leads to it, and its name", "RFC 7643 4.1.2", func(t *trial) {
			id, path := t.user()
			team := t.team(id)
			group := groupPath(t.post("/Groups", team).created())
			a := t.get(path).is(http.StatusOK).has("/groups/0/display", team["displayName"])
			t.want(strings.HasSuffix(a.text("/groups/0/$ref"), group), "/groups/0/$ref: does not end in %s", group)
		}},
		{"excludedAttributes leaves out the members", "RFC 7644 3.9", func(t *trial) {
			id, _ := t.user()
			_, path := t.group(id)
			t.get(path, "excludedAttributes", "members").is(http.StatusOK).absent("/members").present("/displayName")
			t.get(path, "attributes", "members").is(http.StatusOK).has("/members", refs(id)).absent("/displayName")
			t.get(path, "attributes", "members.value").is(http.StatusOK).has("/members", refs(id)).absent("/displayName", "/members/0/$ref")
			t.get(path, "excludedAttributes", "members.$ref").is(http.StatusOK).has("/members", refs(id)).absent("/members/0/$ref")
		}},
		{"excludedAttributes leaves out the groups of a user", "RFC 7644 3.9", func(t *trial) {
			id, path := t.user()
			group, _ := t.group(id)
			t.get(path, "excludedAttributes", "groups").is(http.StatusOK).absent("/groups").present("/userName")
			t.get(path, "attributes", "groups").is(http.StatusOK).includes("/groups", object{"value": group}).absent("/displayName")
		}},
	}
}

func groupChanges() []check {
	const section = "RFC 7643 4.2"
	return []check{
		{"displayName is required", section, func(t *trial) {
			team := t.team().with(object{"externalId": t.s.name()})
			delete(team, "displayName")
			t.post("/Groups", team).refused(http.StatusBadRequest, "invalidValue")
		}},
		{"PUT replaces the members", "RFC 7644 3.5.1", func(t *trial) {
			a, _ := t.user()
			b, _ := t.user()
			team := t.team(a)
			path := groupPath(t.post("/Groups", team).created())
			t.put(path, team.with(object{"members": refs(b)})).is(http.StatusOK)
			t.get(path).is(http.StatusOK).has("/members", refs(b))
			t.put(path, team.with(object{"members": []any{}})).is(http.StatusOK)
			t.get(path).is(http.StatusOK).absent("/members")
		}},
		{"a member that was deleted is no member", section, func(t *trial) {
			a, gone := t.user()
			b, _ := t.user()
			_, path := t.group(a, b)
			t.delete(gone).is(http.StatusNoContent)
			t.get(path).is(http.StatusOK).has("/members", refs(b))
		}},
		{"a group that was deleted has no members", section, func(t *trial) {
			id, user := t.user()
			_, path := t.group(id)
			t.delete(path).is(http.StatusNoContent).empty()
			t.get(path).refused(http.StatusNotFound)
			t.get(user).is(http.StatusOK).absent("/groups")
		}},
		{"what was deleted does not stand in the way", "RFC 7644 3.6", func(t *trial) {
			team := t.team()
			t.delete(groupPath(t.post("/Groups", team).created())).is(http.StatusNoContent)
			t.post("/Groups", team).created()
		}},
		{"a user's id is no group's", "RFC 7644 3.4.1", func(t *trial) {
			id, _ := t.user()
			t.get(groupPath(id)).refused(http.StatusNotFound)
		}},
	}
}

func memberPatches() []check {
	const section = "RFC 7644 3.5.2"
	return []check{
		{"add members", section, func(t *trial) {
			a, user := t.user()
			b, _ := t.user()
			group, path := t.group(b)
			t.patched(path, op("add", "members", refs(a))).has("/members", refs(b, a))
			t.get(user).is(http.StatusOK).includes("/groups", object{"value": group})
		}},
		{"add members without a path", section, func(t *trial) {
			a, _ := t.user()
			b, _ := t.user()
			_, path := t.group(a)
			t.patched(path, op("add", "", object{"members": refs(b)})).has("/members", refs(a, b))
		}},
		{"add a member that is there changes nothing", "RFC 7644 3.5.2.1", func(t *trial) {
			id, _ := t.user()
			_, path := t.group(id)
			before := t.get(path).text("/meta/lastModified")
			t.patched(path, op("add", "members", refs(id))).has("/members", refs(id)).has("/meta/lastModified", before)
		}},
		{"remove a member by a filter", section, func(t *trial) {
			a, user := t.user()
			b, _ := t.user()
			_, path := t.group(a, b)
			t.patched(path, op("remove", fmt.Sprintf("members[value eq %q]", a), nil)).has("/members", refs(b))
			t.get(user).is(http.StatusOK).absent("/groups")
		}},
		{"replace the members", section, func(t *trial) {
			a, _ := t.user()
			b, _ := t.user()
			c, _ := t.user()
			_, path := t.group(a, b)
			t.patched(path, op("replace", "members", refs(b, c))).has("/members", refs(b, c))
		}},
		{"replace by an empty list removes all", section, func(t *trial) {
			id, _ := t.user()
			_, path := t.group(id)
			t.patched(path, op("replace", "members", []any{})).absent("/members")
		}},
		{"remove all members", section, func(t *trial) {
			a, _ := t.user()
			b, _ := t.user()
			_, path := t.group(a, b)
			t.patched(path, op("remove", "members", nil)).absent("/members").present("/displayName")
		}},
		{"several operations are one change", section, func(t *trial) {
			a, _ := t.user()
			b, _ := t.user()
			_, path := t.group(a)
			name := t.s.name()
			t.patched(path, op("add", "members", refs(b)), op("remove", fmt.Sprintf("members[value eq %q]", a), nil), op("replace", "displayName", name)).
				has("/members", refs(b)).has("/displayName", name)
			t.patch(path, op("remove", "members", nil), op("replace", "id", "x")).refused(http.StatusBadRequest, "mutability")
			t.get(path).is(http.StatusOK).has("/members", refs(b))
		}},
		{"a member's value is immutable", "RFC 7643 8.7.1", func(t *trial) {
			a, _ := t.user()
			b, _ := t.user()
			_, path := t.group(a)
			t.patch(path, op("replace", fmt.Sprintf("members[value eq %q].value", a), b)).refused(http.StatusBadRequest, "mutability")
			t.get(path).is(http.StatusOK).has("/members", refs(a))
		}},
	}
}

func memberFilters() []check {
	const section = "RFC 7644 3.4.2.2"
	finds := func(name, filter string) check {
		return check{"filter: " + name, section, func(t *trial) {
			t.need(filtering)
			id, _ := t.user()
			group, _ := t.group(id)
			t.group()
			t.get("/Groups", "filter", fmt.Sprintf(filter, id)).finds(group)
		}}
	}
	return []check{
		finds("members.value", "members.value eq %q"),
		finds("a value path of members", "members[value eq %q]"),
		finds("members stand for their value", "members eq %q"),
		{"filter: id and members, as Entra asks whether somebody is in", section, func(t *trial) {
			t.need(filtering)
			id, _ := t.user()
			other, _ := t.user()
			group, _ := t.group(id)
			t.get("/Groups", "filter", fmt.Sprintf("id eq %q and members eq %q", group, id)).finds(group)
			t.get("/Groups", "filter", fmt.Sprintf("id eq %q and members eq %q", group, other)).finds()
		}},
		{"filter: groups of users", section, func(t *trial) {
			t.need(filtering)
			id, _ := t.user()
			t.user()
			group, _ := t.group(id)
			t.get("/Users", "filter", fmt.Sprintf("groups.value eq %q", group)).finds(id)
		}},
	}
}
