package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"drawbridge/scim"
)

// list asks for a page and returns the total, what itemsPerPage says, and the ids.
func (f *front) list(target string) (total, perPage int, ids []string, next string) {
	f.Helper()
	a := f.do("GET", target, "")
	if a.Status != http.StatusOK {
		f.Errorf("GET %s: %d %s", target, a.Status, a.Body)
	}
	o := a.object()
	number := func(name string) int { n, _ := o[name].(float64); return int(n) }
	resources, _ := o["Resources"].([]any)
	for _, r := range resources {
		ids = append(ids, r.(map[string]any)["id"].(string))
	}
	next, _ = o["nextCursor"].(string)
	return number("totalResults"), number("itemsPerPage"), ids, next
}

// TestFace_PagesAreClamped: whatever count and startIndex say, a page holds at most 200 resources and the total is the total.
func TestFace_PagesAreClamped(t *testing.T) {
	atFront(t, func(f *front) {
		total := scim.MaxPage + 3
		for i := range total - 1 {
			f.add(fmt.Sprintf("u%03d@acme.example", i))
		}
		before := f.estate()
		_, _, all, _ := f.list(v2 + "/Users?count=200")
		for _, c := range []struct {
			query string
			want  int    // resources
			first string // id; empty: any
		}{
			{"count=2147483647", scim.MaxPage, all[0]}, {"count=99999999999999999999", scim.MaxPage, all[0]}, {"count=201", scim.MaxPage, all[0]}, {"", scim.DefaultPage, all[0]},
			{"count=0", 0, ""}, {"count=-1", 0, ""}, {"count=-99999999999999999999", 0, ""}, {"count=1", 1, all[0]},
			{"startIndex=-1&count=2", 2, all[0]}, {"startIndex=0&count=2", 2, all[0]}, {"startIndex=-99999999999999999999&count=2", 2, all[0]}, {"startIndex=2&count=2", 2, all[1]},
			{"startIndex=203&count=2147483647", 1, ""}, {"startIndex=204", 0, ""}, {"startIndex=2147483647", 0, ""}, {"startIndex=9223372036854775807&count=2147483647", 0, ""},
			{"startIndex=99999999999999999999", 0, ""},
		} {
			for _, target := range []string{v2 + "/Users?", v2 + "/Users?filter=" + url.QueryEscape("userName pr") + "&", v1 + "/Users?"} {
				n, perPage, ids, _ := f.list(target + c.query)
				if n != total || perPage != len(ids) || len(ids) != c.want || c.first != "" && ids[0] != c.first {
					f.Errorf("%s%s: total %d, itemsPerPage %d, %d resources %.1v; want %d of %d", target, c.query, n, perPage, len(ids), ids, c.want, total)
				}
			}
		}
		for target, want := range map[string]int{"/Groups": 1, "": total + 1, "/Groups?filter=" + url.QueryEscape("displayName pr"): 1} {
			for _, start := range []string{"-1", "2147483647", "9223372036854775807", "99999999999999999999"} {
				query := map[bool]string{true: "&", false: "?"}[strings.Contains(target, "?")] + "count=2147483647&startIndex=" + start
				if n, _, _, _ := f.list(v2 + target + query); n != want {
					f.Errorf("%s%s: total %d, want %d", target, query, n, want)
				}
			}
		}
		for _, body := range []string{`{"count":2147483647}`, `{"count":2147483647,"startIndex":-1}`} {
			for _, kind := range []string{"/Users", ""} {
				resources, _ := f.must(http.StatusOK, "POST", v2+kind+"/.search", body)["Resources"].([]any)
				if len(resources) != scim.MaxPage {
					f.Errorf("%s/.search of %s: %d resources, want %d", kind, body, len(resources), scim.MaxPage)
				}
			}
		}
		for _, query := range []string{"count=ten", "count=1.5", "startIndex=x", "count=1&count=2"} {
			if a := f.do("GET", v2+"/Groups?"+query, ""); a.Status != 400 {
				f.Errorf("%s: %d %s", query, a.Status, a.Body)
			}
		}
		f.unchanged(before, "pages")
	})
}

// walk counts how often people come on the pages of a list. Between two pages turn is called with the one before.
type walk struct {
	*front
	seen map[string]int
	turn func(page []string)
}

func (w walk) see(page []string) {
	for _, id := range page {
		w.seen[id]++
	}
}

func (w walk) byIndex() {
	w.Helper()
	for start := 1; start < 200; start += 7 {
		_, _, page, _ := w.list(fmt.Sprintf("%s/Users?startIndex=%d&count=7", v2, start))
		w.see(page)
		if len(page) < 7 {
			return
		}
		w.turn(page)
	}
	w.Error("the pages do not end")
}

func (w walk) byCursor() {
	w.Helper()
	cursor := ""
	for range 50 {
		_, _, page, next := w.list(v2 + "/Users?count=7&cursor=" + url.QueryEscape(cursor))
		w.see(page)
		if next == "" {
			return
		}
		cursor = next
		w.turn(page)
	}
	w.Error("the cursors do not end")
}

// TestFace_PagesAreStableDuringWrites walks the list while people come, change and go: with either way of paging nobody who is
// there all the time is missing or comes twice; by cursor that holds even when people who were listed already go.
func TestFace_PagesAreStableDuringWrites(t *testing.T) {
	atFront(t, func(f *front) {
		ids := []string{f.user}
		for i := range 40 {
			ids = append(ids, f.add(fmt.Sprintf("s%02d@acme.example", i)))
		}
		writes, goers := 0, 0
		write := func([]string) {
			if writes++; writes > 12 {
				return // the list must come to an end
			}
			f.add(fmt.Sprintf("late%d@acme.example", writes))
			f.must(http.StatusOK, "PATCH", v2+"/Users/"+ids[(7*writes)%len(ids)], patchOf(fmt.Sprintf(`{"op":"replace","path":"title","value":"t%d"}`, writes)))
		}
		byIndex := walk{f, map[string]int{}, write}
		byIndex.byIndex()
		byCursor := walk{f, map[string]int{}, func(page []string) {
			for _, id := range []string{page[0], page[len(page)-1]} { // the one that the cursor stands behind, and one before
				f.must(http.StatusNoContent, "DELETE", v2+"/Users/"+id, "")
				goers++
			}
		}}
		byCursor.byCursor()
		for _, id := range ids {
			if byIndex.seen[id] != 1 || byCursor.seen[id] != 1 {
				f.Errorf("%s came %d times by index, %d times by cursor, want once each", id, byIndex.seen[id], byCursor.seen[id])
			}
		}
		if writes < 5 || goers < 8 {
			f.Errorf("%d came and %d went meanwhile: the walk proves little", writes, goers)
		}
	})
}
