package check

import (
	"net/http"
	"slices"
	"strconv"
)

const gallery = "Entra gallery"

// entraGallery are those tests of Microsoft's gallery validation that need no Entra tenant.
func entraGallery(s *session) {
	s.run(anyServer, []check{
		{"Schema_Discoverability: every attribute that Entra maps is there", gallery, func(t *trial) {
			a := t.get("/Schemas").is(http.StatusOK).json().includes("/schemas", listURN)
			for urn, names := range entraMapped(t) {
				for _, name := range names {
					t.want(describes(a.list("/Resources"), urn, name), "GET /Schemas: %s of %s is missing", name, urn)
				}
			}
		}},
		{"Schema_Discoverability: no nulls", gallery, func(t *trial) {
			a := t.get("/Schemas").is(http.StatusOK).json().present("/Resources/0")
			t.want(!hasNull(a.body), "GET /Schemas: there is a null in it")
		}},
		{"User_Pagination", gallery, func(t *trial) {
			for range 11 {
				t.user()
			}
			t.pages("/Users", 5)
		}},
	})
	s.run(grouping, []check{{"Group_Pagination", gallery, func(t *trial) {
		for range 11 {
			t.group()
		}
		t.pages("/Groups", 5)
	}}})
	s.run(patching, []check{
		{"SCIM_Null_Update: an empty text clears an attribute", gallery, func(t *trial) {
			_, path := t.user(object{"title": "Engineer"})
			a := t.patched(path, op("replace", "title", ""))
			t.want(a.at("/title") == nil || a.at("/title") == "", "/title: %s, want nothing", show(a.at("/title")))
		}},
		{"SCIM_Null_Update: null clears an attribute, and clears it again", gallery, func(t *trial) {
			_, path := t.user(object{"title": "Engineer"})
			null := object{"op": "replace", "path": "title", "value": nil}
			t.patched(path, null).absent("/title")
			t.patched(path, null).absent("/title")
		}},
		{"Restore: disable and enable again", gallery, func(t *trial) {
			id, path := t.user()
			t.patched(path, op("Replace", "active", false)).has("/active", false).has("/id", id)
			t.patched(path, op("Replace", "active", true)).has("/active", true).has("/id", id)
		}},
		{"Update_Manager: add, replace, replace by an empty text", gallery, func(t *trial) {
			const path, at = enterpriseURN + ":manager", "/" + enterpriseURN + "/manager/value"
			first, _ := t.user()
			second, _ := t.user()
			_, user := t.user()
			t.patched(user, op("Add", path, first)).has(at, first)
			t.patched(user, op("Replace", path, second)).has(at, second)
			t.patched(user, op("Replace", path, "")).absent(at)
		}},
	})
}

// pages reads four pages: each says where it starts, no resource stands on two, and the total stays.
func (t *trial) pages(endpoint string, size int) {
	var seen []string
	total := -1
	for page := range 4 {
		start := page*size + 1
		a := t.get(endpoint, "startIndex", strconv.Itoa(start), "count", strconv.Itoa(size))
		ids := a.page()
		a.has("/startIndex", start)
		if total < 0 {
			total = a.number("/totalResults")
		}
		a.has("/totalResults", total)
		t.want(len(ids) == min(size, max(0, total-start+1)), "%s: %d resources of %d, want a full page", a.request, len(ids), total)
		for _, id := range ids {
			t.want(!slices.Contains(seen, id), "%s: a resource of this page stood on one before", a.request)
		}
		seen = append(seen, ids...)
	}
}

// entraMapped are the attributes that Entra maps by default, by schema, as far as the server has such resources.
func entraMapped(t *trial) map[string][]string {
	mapped := map[string][]string{
		userURN:       {"userName", "active", "displayName", "title", "emails", "preferredLanguage", "name", "addresses", "phoneNumbers"},
		enterpriseURN: {"employeeNumber", "department", "manager"},
	}
	if t.s.types == nil || t.s.types["Group"] {
		mapped[groupURN] = []string{"displayName", "members"}
	}
	return mapped
}

// describes reports whether the schema of a URN lists an attribute.
func describes(schemas []any, urn, name string) bool {
	return slices.ContainsFunc(schemas, func(s any) bool {
		list, _ := lookUp(s, "/attributes").([]any)
		return lookUp(s, "/id") == urn && slices.ContainsFunc(list, func(a any) bool { return lookUp(a, "/name") == name })
	})
}

func hasNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case object:
		for _, m := range v {
			if hasNull(m) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, hasNull)
	}
	return false
}
