package check

import (
	"net/http"
	"strconv"
)

// rfcSort checks orders.
func rfcSort(s *session) {
	people := once((*trial).crowd)
	var checks []check
	for _, o := range []struct{ about, by, order, want string }{
		{"ascending unless told otherwise", "userName", "", "abc"},
		{"ascending", "userName", "ascending", "abc"},
		{"descending", "userName", "descending", "cba"},
		{"by a sub-attribute", "name.familyName", "ascending", "bac"},
		{"by a sub-attribute, descending", "name.familyName", "descending", "cab"},
		{"ignoring case where the schema does", "displayName", "ascending", "abc"},
		{"by what the client calls it", "externalId", "descending", "cba"},
		{"those without a value come last", "title", "ascending", "abc"},
		{"descending, those without a value come first", "title", "descending", "cba"},
		{"a list by its primary value", "emails", "ascending", "abc"},
		{"a list by its primary value, descending", "emails.value", "descending", "cba"},
		{"qualified by the schema", userURN + ":userName", "descending", "cba"},
		{"by an extension's attribute", enterpriseURN + ":department", "ascending", "bac"},
		{"names in any case", "USERNAME", "descending", "cba"},
	} {
		checks = append(checks, check{o.about + ": " + o.by, "RFC 7644 3.4.2.3", func(t *trial) {
			query := []string{"filter", people(t).within("userName pr"), "sortBy", o.by}
			if o.order != "" {
				query = append(query, "sortOrder", o.order)
			}
			t.get("/Users", query...).inOrder(people(t).ids(o.want)...)
		}})
	}
	s.run(sorting, append(checks,
		check{"pages of an order", "RFC 7644 3.4.2.3", func(t *trial) {
			for i, letter := range []string{"c", "a", "b"} {
				t.get("/Users", "filter", people(t).within("userName pr"), "sortBy", "name.familyName", "sortOrder", "descending",
					"startIndex", strconv.Itoa(i+1), "count", "1").inOrder(people(t).ids(letter)...)
			}
		}},
		check{"an unknown attribute is ignored or refused", "RFC 7644 3.4.2.3", func(t *trial) {
			a := t.get("/Users", "sortBy", "noSuchAttribute", "count", "1")
			if a.status == http.StatusOK {
				a.page()
				return
			}
			a.refused(http.StatusBadRequest)
		}},
	))
}
