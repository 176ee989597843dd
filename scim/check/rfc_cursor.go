package check

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// cursorSize is how many users there are to page through.
const cursorSize = 5

// sequence is a list to page through by cursor.
type sequence struct {
	prefix func(*trial) string // of the userNames in it
}

// page reads the page at a cursor; the empty one is that of the first page.
func (q sequence) page(t *trial, cursor string, more ...string) *answer {
	return t.get("/Users", append([]string{"filter", fmt.Sprintf("userName sw %q", q.prefix(t)), "cursor", cursor}, more...)...)
}

// walk reads all pages.
func (q sequence) walk(t *trial, more ...string) (ids []string) {
	for cursor, pages := "", 0; ; pages++ {
		t.want(pages <= cursorSize, "after %d pages there is still a nextCursor", pages)
		a := q.page(t, cursor, more...)
		ids = append(ids, a.page()...)
		if a.at("/nextCursor") == nil {
			return ids
		}
		cursor = a.text("/nextCursor")
	}
}

// rfcCursors checks pages by cursor.
func rfcCursors(s *session) {
	q := sequence{once(func(t *trial) string {
		p := t.s.name() + "-"
		for i := range cursorSize {
			t.post("/Users", t.person().with(object{"userName": fmt.Sprintf("%s%d@%s", p, i, t.s.domain)})).created()
		}
		return p
	})}
	s.run(cursors, cursorPages(q))
	s.run(cursors, cursorRules(q))
}

func cursorPages(q sequence) []check {
	return []check{
		{"the first page says where the next one begins", "RFC 9865 2", func(t *trial) {
			a := q.page(t, "", "count", "2")
			t.want(len(a.page()) == 2, "%d resources, want 2", len(a.page()))
			cursor := a.text("/nextCursor")
			t.want(strings.Trim(cursor, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~") == "", "/nextCursor: has characters that a URL reserves")
		}},
		{"pages are disjoint and together complete", "RFC 9865 2", func(t *trial) {
			ids := q.walk(t, "count", "2")
			slices.Sort(ids)
			t.want(len(ids) == cursorSize && len(slices.Compact(ids)) == cursorSize, "%d resources on the pages, want %d", len(ids), cursorSize)
		}},
		{"the last page, also a full one, has no nextCursor", "RFC 9865 2", func(t *trial) {
			q.page(t, "", "count", "5").absent("/nextCursor")
			q.page(t, "", "count", "10").absent("/nextCursor")
		}},
		{"an answer by cursor has the total", "RFC 9865 2", func(t *trial) {
			if a := q.page(t, "", "count", "2"); a.at("/totalResults") != nil {
				a.has("/totalResults", cursorSize)
			}
		}},
		{"what is deleted meanwhile leaves no gap", "RFC 9865 2", func(t *trial) {
			_, gone := t.user(object{"userName": q.prefix(t) + "0gone@" + t.s.domain})
			all := q.walk(t)
			a := q.page(t, "", "count", "3")
			first := a.page()
			t.delete(gone).is(http.StatusNoContent)
			rest := q.page(t, a.text("/nextCursor"), "count", "100").page()
			for _, id := range all {
				t.want(userPath(id) == gone || slices.Contains(first, id) || slices.Contains(rest, id), "a resource that was there all the time stands on no page")
			}
		}},
		{"the page size may change on the way", "RFC 9865 2", func(t *trial) {
			a := q.page(t, "", "count", "2")
			first := a.page()
			rest := q.page(t, a.text("/nextCursor"), "count", "3").page()
			t.want(len(rest) == 3 && !slices.Contains(rest, first[0]) && !slices.Contains(rest, first[1]), "the second page does not hold the other 3 resources")
		}},
		{"pages in an order", "RFC 9865 2.2", func(t *trial) {
			t.need(sorting)
			ids := q.walk(t, "count", "2", "sortBy", "userName", "sortOrder", "descending")
			want := q.page(t, "", "sortBy", "userName").page()
			slices.Reverse(want)
			t.want(slices.Equal(ids, want), "the pages come in the order %s, want %s", places(ids, want), places(want, want))
		}},
		{"by POST to .search", "RFC 9865 3", func(t *trial) {
			body := object{"schemas": []string{searchURN}, "filter": fmt.Sprintf("userName sw %q", q.prefix(t)), "cursor": "", "count": 3}
			a := t.post("/Users/.search", body)
			if a.status == http.StatusNotImplemented {
				t.skip("%s: the server answers 501", a.request)
			}
			first := a.page()
			body["cursor"] = a.text("/nextCursor")
			rest := t.post("/Users/.search", body).absent("/nextCursor").page()
			t.want(len(slices.Compact(slices.Sorted(slices.Values(append(first, rest...))))) == cursorSize, "the two pages do not hold the %d resources", cursorSize)
		}},
	}
}

func cursorRules(q sequence) []check {
	return []check{
		{"what is no cursor is refused", "RFC 9865 2.1", func(t *trial) {
			q.page(t, "no-such-cursor").refused(http.StatusBadRequest, "invalidCursor")
		}},
		{"a cursor that was altered is refused", "RFC 9865 2.1", func(t *trial) {
			cursor := q.page(t, "", "count", "2").text("/nextCursor")
			q.page(t, cursor+"x", "count", "2").refused(http.StatusBadRequest, "invalidCursor", "expiredCursor")
		}},
		{"a count that is no number is refused", "RFC 9865 2.1", func(t *trial) {
			q.page(t, "", "count", "several").refused(http.StatusBadRequest, "invalidCount")
		}},
		{"ServiceProviderConfig describes the pagination", "RFC 9865 4", func(t *trial) {
			a := t.get("/ServiceProviderConfig").is(http.StatusOK).has("/pagination/cursor", true)
			_, ok := a.at("/pagination/index").(bool)
			t.want(ok, "/pagination/index: %s, want true or false", show(a.at("/pagination/index")))
			if method := a.at("/pagination/defaultPaginationMethod"); method != nil {
				t.want(method == "index" || method == "cursor", "/pagination/defaultPaginationMethod: %s, want index or cursor", show(method))
			}
		}},
	}
}
