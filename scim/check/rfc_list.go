package check

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// rfcLists checks lists and their pages by index.
func rfcLists(s *session) {
	const section = "RFC 7644 3.4.2.4"
	const size = 7
	prefix := once(func(t *trial) string {
		p := t.s.name() + "-"
		for i := range size {
			t.post("/Users", t.person().with(object{"userName": fmt.Sprintf("%s%d@%s", p, i, t.s.domain)})).created()
		}
		return p
	})
	list := func(t *trial, query ...string) *answer {
		return t.get("/Users", append([]string{"filter", fmt.Sprintf("userName sw %q", prefix(t))}, query...)...)
	}
	walk := func(t *trial, step int) (ids []string) {
		for start := 1; start <= size; start += step {
			a := list(t, "startIndex", strconv.Itoa(start), "count", strconv.Itoa(step))
			page := a.page()
			a.has("/startIndex", start).has("/totalResults", size)
			t.want(len(page) == min(step, size-start+1), "%s: %d resources, want %d", a.request, len(page), min(step, size-start+1))
			ids = append(ids, page...)
		}
		return ids
	}
	s.run(anyServer, []check{{"a list is a ListResponse", "RFC 7644 3.4.2", func(t *trial) { t.get("/Users", "count", "2").page() }},
		{"count 0 asks for the total alone", section, func(t *trial) {
			t.user()
			a := t.get("/Users", "count", "0")
			t.want(len(a.page()) == 0, "%s: there are resources, want none", a.request)
			t.want(a.number("/totalResults") > 0, "%s: /totalResults: 0, want the number of all", a.request)
		}},
		{"a count below 0 is 0", section, func(t *trial) {
			a := t.get("/Users", "count", "-5")
			t.want(len(a.page()) == 0, "%s: there are resources, want none", a.request)
		}},
		{"a count beyond every limit is cut", section, func(t *trial) { t.get("/Users", "count", "2147483647").page() }},
		{"a startIndex below 1 is 1", section, func(t *trial) {
			want := t.get("/Users", "count", "2").page()
			for _, start := range []string{"0", "-3"} {
				a := t.get("/Users", "startIndex", start, "count", "2").inOrder(want...)
				a.has("/startIndex", 1)
			}
		}},
		{"parameters that mean nothing are ignored", "RFC 7644 3.4.2", func(t *trial) { t.get("/Users", "count", "1", "noSuchParameter", "x").page() }},
	})
	s.run(filtering, []check{
		{"nothing found is an empty list, and no 404", "RFC 7644 3.4.2", func(t *trial) {
			t.get("/Users", "filter", fmt.Sprintf("userName eq %q", t.s.name())).finds()
		}},
		{"pages are disjoint and together complete", section, func(t *trial) {
			ids := walk(t, 3)
			slices.Sort(ids)
			t.want(len(slices.Compact(ids)) == size, "%d different resources on the pages, want %d", len(slices.Compact(ids)), size)
		}},
		{"the order of pages is stable", section, func(t *trial) {
			t.want(slices.Equal(walk(t, 3), walk(t, 2)), "two walks through the pages give different orders")
		}},
		{"a startIndex behind the end gives an empty page with the total", section, func(t *trial) {
			a := list(t, "startIndex", "100")
			t.want(len(a.page()) == 0, "%s: there are resources, want none", a.request)
			a.has("/totalResults", size)
		}},
		{"itemsPerPage is what the page holds", "RFC 7644 3.4.2", func(t *trial) {
			list(t, "count", "3").has("/itemsPerPage", 3)
			list(t, "startIndex", "6", "count", "3").has("/itemsPerPage", 2)
		}},
		{"a startIndex of 2 leaves out one", section, func(t *trial) {
			all := list(t).page()
			list(t, "startIndex", "2", "count", "2").inOrder(all[1:3]...)
		}},
		{"resources in lists are whole", "RFC 7644 3.4.2", func(t *trial) {
			a := list(t, "count", "1")
			id := a.page()[0]
			got, _ := a.at("/Resources/0").(object)
			t.get(userPath(id)).is(http.StatusOK).has("", got)
		}},
	})
}
