package scim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"drawbridge/scim"
	"drawbridge/scim/scimtest"
)

func cursorOf(t testing.TB, s *service, path string) string {
	t.Helper()
	next, _ := object(t, s.do("GET", path, ""))["nextCursor"].(string)
	return next
}

func TestCursorPages(t *testing.T) {
	s := newService()
	for _, name := range []string{"e", "d", "c", "b", "a"} {
		s.create(t, `{"userName":"`+name+`","title":"T"}`)
	}
	for _, tt := range []struct{ name, query, want string }{
		{"in the order of creation", "count=2", "ed cb a"},
		{"pages that end with the list", "count=5", "edcba"},
		{"one page", "", "edcba"},
		{"sorted", "count=2&sortBy=userName", "ab cd e"},
		{"sorted by what all have", "count=2&sortBy=title&sortOrder=descending", "ed cb a"},
		{"filtered", "count=1&filter=" + url.QueryEscape(`userName eq "a" or userName eq "d"`), "d a"},
		{"nothing", "filter=" + url.QueryEscape(`userName eq "x"`), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var pages []string
			for cursor := ""; ; {
				path := "/Users?" + tt.query + "&cursor=" + cursor
				w := s.do("GET", path, "")
				page := object(t, w)
				if _, shown := page["startIndex"]; w.Code != 200 || shown || page["itemsPerPage"] == nil || page["totalResults"] == nil {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				pages = append(pages, order(t, s, path))
				var more bool
				if cursor, more = page["nextCursor"].(string); !more {
					break
				}
				if cursor != url.QueryEscape(cursor) {
					t.Errorf("%q needs escapes", cursor)
				}
			}
			if got := strings.Join(pages, " "); got != tt.want {
				t.Errorf("pages %q, want %q", got, tt.want)
			}
		})
	}
}

// TestCursorSurvivesChanges: what the page before ended with may be changed or deleted, and the size of pages may change.
func TestCursorSurvivesChanges(t *testing.T) {
	s := newService()
	var ids []string
	for _, name := range []string{"a", "b", "c", "d"} {
		ids = append(ids, s.create(t, `{"userName":"`+name+`"}`))
	}
	next := cursorOf(t, s, "/Users?cursor&count=2")
	s.do("DELETE", "/Users/"+ids[1], "")
	s.create(t, `{"userName":"e"}`)
	if got := order(t, s, "/Users?count=9&cursor="+next); got != "cde" {
		t.Errorf("after a deletion: %s", got)
	}
	if cursorOf(t, s, "/Users?count=9&cursor="+next) != "" {
		t.Error("a cursor behind the last page")
	}
}

func TestCursorIsBoundToItsQuery(t *testing.T) {
	s := newService()
	for _, name := range []string{"a1", "a2", "a3"} {
		s.create(t, `{"userName":"`+name+`"}`)
		s.do("POST", "/Groups", `{"displayName":"`+name+`"}`)
	}
	const filter = `&filter=userName+sw+"a"`
	good := "/Users?count=1&sortBy=userName" + scimtest.Escape("?" + filter)[1:]
	next := cursorOf(t, s, good+"&cursor=")
	if next == "" || strings.Contains(next, "a1") {
		t.Fatalf("cursor %q", next)
	}
	if got := order(t, s, strings.Replace(good, "count=1", "count=2", 1)+"&cursor="+next); got != "a2a3" {
		t.Errorf("another count: %s", got)
	}
	for _, query := range []string{
		"/Users?cursor=" + next, "/Users?sortBy=userName&cursor=" + next,
		good + "&sortOrder=descending&cursor=" + next, strings.Replace(good, "sortBy=userName", "sortBy=title", 1) + "&cursor=" + next,
		strings.Replace(good, "userName+sw", "userName+co", 1) + "&cursor=" + next,
		"/Groups?cursor=" + next, "/?cursor=" + next, good + "&cursor=" + next + "A", good + "&cursor=" + next[:len(next)-2], good + "&cursor=s3cr3t",
	} {
		w := s.do("GET", strings.Replace(query, "/?", "?", 1), "")
		refused(t, w, 400, "invalidCursor")
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("echoed: %s", w.Body)
		}
	}
}

func TestCursorsAreRefused(t *testing.T) {
	s, _ := prepared(t)
	for _, tt := range []struct{ query, kind string }{
		{"?cursor=&startIndex=1", "invalidValue"},
		{"?cursor=&count=0", "invalidCount"},
		{"?cursor=&count=-1", "invalidCount"},
		{"?cursor=&count=x", "invalidCount"},
		{"?cursor=&cursor=", "invalidSyntax"},
	} {
		refused(t, s.do("GET", "/Users"+tt.query, ""), 400, tt.kind)
	}
	next := cursorOf(t, s, "/Users?cursor=&count=1")
	other, _ := prepared(t)
	other.resources, other.graves = nil, nil
	refused(t, other.do("GET", "/Users?count=1&cursor="+next, ""), 400, "expiredCursor")
	for i := range scim.MaxPage {
		s.create(t, fmt.Sprintf(`{"userName":"u%d"}`, i))
	}
	if page := object(t, s.do("GET", "/Users?cursor=&count=100000", "")); page["itemsPerPage"] != float64(scim.MaxPage) || page["nextCursor"] == nil {
		t.Errorf("itemsPerPage %v", page["itemsPerPage"])
	}
}
