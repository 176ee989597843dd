package check

import (
	"fmt"
	"maps"
	"net/http"
)

// section343 is about queries by POST.
const section343 = "RFC 7644 3.4.3"

// search makes a query by POST. A server that answers 501 declares that it has none.
func (t *trial) search(path string, members object) *answer {
	body := object{"schemas": []string{searchURN}}
	maps.Copy(body, members)
	a := t.post(path, body)
	if a.status == http.StatusNotImplemented {
		t.skip("%s: the server answers 501", a.request)
	}
	return a
}

// rfcSearch checks queries by POST, and queries over all types.
func rfcSearch(s *session) {
	people := once((*trial).crowd)
	s.run(filtering, searches(people))
	s.run(filtering, rootSearches(people))
	s.run(grouping, groupSearches())
	s.run(sorting, []check{{"sortBy and sortOrder", section343, func(t *trial) {
		t.search("/Users/.search", object{"filter": people(t).within(`userName pr`), "sortBy": "userName", "sortOrder": "descending"}).inOrder(people(t).ids("cba")...)
	}}})
}

func searches(people func(*trial) crowd) []check {
	return []check{
		{"filter", section343, func(t *trial) {
			t.search("/Users/.search", object{"filter": people(t).within(`title pr`)}).finds(people(t).ids("ab")...)
		}},
		{"it finds what GET finds, and alike", section343, func(t *trial) {
			want, _ := t.get("/Users", "filter", fmt.Sprintf("id eq %q", people(t).ada)).finds(people(t).ada).at("/Resources/0").(object)
			t.search("/Users/.search", object{"filter": fmt.Sprintf("id eq %q", people(t).ada)}).finds(people(t).ada).has("/Resources/0", want)
		}},
		{"startIndex and count", section343, func(t *trial) {
			a := t.search("/Users/.search", object{"filter": people(t).within(`userName pr`), "startIndex": 2, "count": 1})
			t.want(len(a.page()) == 1, "%d resources, want 1", len(a.page()))
			a.has("/startIndex", 2).has("/totalResults", 3)
		}},
		{"attributes", section343, func(t *trial) {
			t.search("/Users/.search", object{"filter": people(t).within(`title eq "Engineer"`), "attributes": []string{"userName"}}).finds(people(t).ada).
				present("/Resources/0/userName").absent("/Resources/0/displayName")
		}},
		{"excludedAttributes", section343, func(t *trial) {
			t.search("/Users/.search", object{"filter": people(t).within(`title eq "Engineer"`), "excludedAttributes": []string{"emails"}}).finds(people(t).ada).
				present("/Resources/0/displayName").absent("/Resources/0/emails")
		}},
		{"what is no filter is refused", section343, func(t *trial) {
			t.search("/Users/.search", object{"filter": `userName eq`}).refused(http.StatusBadRequest, "invalidFilter")
		}},
		{"a member of the wrong type is refused", section343, func(t *trial) {
			t.search("/Users/.search", object{"filter": 7}).refused(http.StatusBadRequest)
		}},
		{"an answer cannot be read by GET", section343, func(t *trial) {
			t.search("/Users/.search", object{"count": 0}).page()
			t.get("/Users/.search").is(http.StatusMethodNotAllowed, http.StatusNotFound, http.StatusNotImplemented)
		}},
	}
}

func rootSearches(people func(*trial) crowd) []check {
	return []check{
		{"at the root, over all types", "RFC 7644 3.4.2.1, 3.4.3", func(t *trial) {
			t.search("/.search", object{"filter": people(t).within(`title pr`)}).finds(people(t).ids("ab")...)
		}},
		{"at the root, by type", "RFC 7644 3.4.2.1", func(t *trial) {
			t.search("/.search", object{"filter": fmt.Sprintf(`meta.resourceType eq "User" and userName sw %q`, people(t).prefix)}).finds(people(t).ids("abc")...)
			t.search("/.search", object{"filter": fmt.Sprintf(`meta.resourceType eq "Group" and userName sw %q`, people(t).prefix)}).finds()
		}},
		{"GET at the root", "RFC 7644 3.4.2.1", func(t *trial) {
			filter := fmt.Sprintf("userName sw %q", people(t).prefix)
			a := t.get("", "filter", filter)
			if a.status == http.StatusNotFound { // some servers have their root with a slash
				a = t.get("/", "filter", filter)
			}
			if a.status == http.StatusNotImplemented {
				t.skip("%s: the server answers 501", a.request)
			}
			a.finds(people(t).ids("abc")...)
		}},
	}
}

func groupSearches() []check {
	return []check{
		{"at the root, users and groups in one list", "RFC 7644 3.4.2.1", func(t *trial) {
			name := t.s.name()
			user, _ := t.user(object{"displayName": name})
			group := t.post("/Groups", t.team().with(object{"displayName": name})).created()
			a := t.search("/.search", object{"filter": fmt.Sprintf("displayName eq %q", name)}).finds(user, group)
			a.includes("/Resources", object{"id": user, "meta": object{"resourceType": "User"}})
			a.includes("/Resources", object{"id": group, "meta": object{"resourceType": "Group"}})
		}},
		{"of groups", section343, func(t *trial) {
			team := t.team()
			id := t.post("/Groups", team).created()
			t.search("/Groups/.search", object{"filter": fmt.Sprintf("displayName eq %q", team.text("displayName"))}).finds(id)
		}},
	}
}
