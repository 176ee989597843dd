package scim_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mixed is a service with the users a, b, c and the groups X, Y; b is in X.
func mixed(t testing.TB) *service {
	t.Helper()
	s := newService()
	ids := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		ids[name] = s.create(t, `{"userName":"`+name+`","displayName":"D`+name+`"}`)
	}
	for _, content := range []string{`{"displayName":"X","members":["` + ids["b"] + `"]}`, `{"displayName":"Y","externalId":"y"}`} {
		if w := s.do("POST", "/Groups", content); w.Code != 201 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	return s
}

// TestRootFilters: a filter over all types, where an attribute that only the other type has is one without a value.
func TestRootFilters(t *testing.T) {
	s := mixed(t)
	for _, tt := range []struct{ filter, want string }{
		{``, "abcXY"},
		{`userName pr`, "abc"},
		{`userName eq "b" or displayName eq "x"`, "bX"},
		{`userName eq "b" and displayName eq "Db"`, "b"},
		{`not (userName pr)`, "XY"},
		{`not (userName pr) and not (externalId pr)`, "X"},
		{`userName ne "b"`, "acXY"},
		{`userName eq null`, "XY"},
		{`userName ne null`, "abc"},
		{`not (userName eq null or displayName eq "Dc")`, "ab"},
		{`emails[type eq "work"] or members pr`, "X"},
		{`active eq true or members pr`, "abcX"},
		{`meta.resourceType eq "User"`, "abc"},
		{`meta.resourceType eq "Group" and displayName co "Y"`, "Y"},
		{`(meta.resourceType eq "User") or (meta.resourceType eq "Group")`, "abcXY"},
		{`meta.resourceType eq "Thing"`, ""},
		{`meta.resourceType pr`, "abcXY"},
		{`meta.resourceType ne "User"`, "XY"},
		{`urn:ietf:params:scim:schemas:core:2.0:User:displayName pr`, "abc"},
		{`urn:ietf:params:scim:schemas:core:2.0:Group:displayName pr`, "XY"},
	} {
		path := "?filter=" + url.QueryEscape(tt.filter)
		if tt.filter == "" {
			path = ""
		}
		if got := order(t, s, path); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.filter, got, tt.want)
		}
		if total := object(t, s.do("GET", path, ""))["totalResults"]; total != float64(len(tt.want)) {
			t.Errorf("%s: total %v", tt.filter, total)
		}
	}
	for _, bad := range []string{`shoeSize pr`, `password pr`, `userName pr and shoeSize eq "s3cr3t"`, `active gt true`, `userName eq 7`, `meta.resourceType gt 7`, `not (shoeSize pr)`} {
		refused(t, s.do("GET", "?filter="+url.QueryEscape(bad), ""), 400, "invalidFilter")
	}
	refused(t, s.do("GET", "?sortBy=displayName", ""), 400, "invalidValue")
}

func TestRootPages(t *testing.T) {
	s := mixed(t)
	for _, tt := range []struct {
		query, want string
		start       float64
	}{
		{"?count=2", "ab", 1}, {"?count=2&startIndex=3", "cX", 3}, {"?startIndex=4", "XY", 4}, {"?startIndex=5&count=1", "Y", 5}, {"?startIndex=6", "", 6}, {"?count=0", "", 1},
		{"?startIndex=4&count=1", "X", 4},
	} {
		page := object(t, s.do("GET", tt.query, ""))
		if got := order(t, s, tt.query); got != tt.want || page["totalResults"] != 5.0 || page["startIndex"] != tt.start || page["itemsPerPage"] != float64(len(tt.want)) {
			t.Errorf("%s: %s of %v", tt.query, got, page)
		}
	}
	for _, tt := range []struct {
		count string
		cut   int
		want  string
	}{{"1", 0, "a b c X Y"}, {"2", 0, "ab cX Y"}, {"3", 0, "abc XY"}, {"5", 0, "abcXY"}, {"9", 0, "abcXY"}, {"9", 2, "ab cXY"}} {
		s.cut = tt.cut
		var pages []string
		for cursor, more := "", true; more; {
			path := "?count=" + tt.count + "&cursor=" + cursor
			pages = append(pages, order(t, s, path))
			page := object(t, s.do("GET", path, ""))
			if page["totalResults"] != 5.0 {
				t.Errorf("total %v", page["totalResults"])
			}
			cursor, more = page["nextCursor"].(string)
		}
		if got := strings.Join(pages, " "); got != tt.want {
			t.Errorf("count %s: %q, want %q", tt.count, got, tt.want)
		}
	}
}

// TestShortPages: a page may hold less than was asked for; itemsPerPage tells, and by it nothing is skipped.
func TestShortPages(t *testing.T) {
	s := mixed(t)
	s.cut = 2
	seen := ""
	for start := 1; start <= 5; {
		path := "?startIndex=" + itoa(start)
		seen += order(t, s, path)
		start += int(object(t, s.do("GET", path, ""))["itemsPerPage"].(float64))
	}
	if seen != "abcXY" {
		t.Errorf("seen %s", seen)
	}
}

// TestSearchIsTheSameAsGet has a body for each query.
func TestSearchIsTheSameAsGet(t *testing.T) {
	s := mixed(t)
	for _, tt := range []struct{ path, query, body string }{
		{"/Users", "", `{}`},
		{"/Users", "", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":null,"count":null,"attributes":[],"shoeSize":7}`},
		{"/Users", "?filter=userName+eq+%22b%22", `{"filter":"userName eq \"b\""}`},
		{"/Users", "?attributes=userName,name.givenName", `{"attributes":["userName","name.givenName"]}`},
		{"/Users", "?excludedAttributes=meta", `{"EXCLUDEDATTRIBUTES":["meta"]}`},
		{"/Users", "?startIndex=2&count=1", `{"startIndex":2,"count":1}`},
		{"/Users", "?sortBy=userName&sortOrder=descending", `{"sortBy":"userName","sortOrder":"descending"}`},
		{"/Users", "?cursor=&count=1", `{"cursor":"","count":1}`},
		{"/Groups", "?filter=members.value+pr", `{"filter":"members.value pr"}`},
		{"", "?filter=displayName+pr&startIndex=3&count=2", `{"filter":"displayName pr","startIndex":3,"count":2}`},
		{"", "?attributes=displayName", `{"attributes":["displayName"]}`},
	} {
		want, got := s.do("GET", tt.path+tt.query, ""), s.do("POST", tt.path+"/.search", tt.body)
		if d := cmp.Diff(object(t, want), object(t, got)); want.Code != 200 || got.Code != 200 || d != "" {
			t.Errorf("%s%s: %d and %d (-GET +POST):\n%s", tt.path, tt.query, want.Code, got.Code, d)
		}
	}
	for _, tt := range []struct{ body, kind string }{
		{`{"filter":7}`, "invalidSyntax"}, {`{"attributes":"s3cr3t"}`, "invalidSyntax"}, {`{"attributes":[7]}`, "invalidSyntax"}, {`{"count":"s3cr3t"}`, "invalidSyntax"},
		{`{"count":1.5}`, "invalidValue"}, {`{"startIndex":true}`, "invalidSyntax"}, {`{"sortBy":["userName"]}`, "invalidSyntax"}, {`{"filter":"a","FILTER":"b"}`, "invalidSyntax"},
		{`[]`, "invalidSyntax"}, {`{"filter":"shoeSize eq 1"}`, "invalidFilter"}, {`{"filter":"` + strings.Repeat("(", 9000) + `"}`, "invalidFilter"}, {`{"cursor":"s3cr3t"}`, "invalidCursor"},
	} {
		for _, path := range []string{"/Users/.search", "/.search"} {
			w := s.do("POST", path, tt.body)
			refused(t, w, 400, tt.kind)
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("echoed: %s", w.Body)
			}
		}
	}
}

// TestI30_SearchThatAsksNothing: a filter that selects no type is answered without the backend, but not to everybody.
// Mutant: search.run without Live.
func TestI30_SearchThatAsksNothing(t *testing.T) {
	s := mixed(t)
	before := s.calls
	path := "?filter=" + url.QueryEscape(`meta.resourceType eq "Thing"`)
	if w := s.do("GET", path, ""); w.Code != 200 || s.calls != before {
		t.Errorf("%d after %d calls", w.Code, s.calls-before)
	}
	s.revoked = true
	refused(t, s.do("GET", path, ""), 401, "")
}

// TestI27_HostileFiltersAreCheap: of four thousand parentheses as many are read as may be open at once, which the refusal tells,
// and none without a good token. Beyond reading, what is allocated does not grow with the filter but for its text. Mutant:
// filter.MaxDepth of 33.
func TestI27_HostileFiltersAreCheap(t *testing.T) {
	deep, short := strings.Repeat("(", 4000), `userName eq "a"`
	for _, tt := range []struct {
		credential string
		status     int
		kind       string
		detail     string
		text       int // how often the filter's text may be copied
	}{
		{token, 400, "invalidFilter", "at byte 32:", 4},
		{"wrong", 401, "", "", 0},
	} {
		cost := func(text string) (used uint64, w *httptest.ResponseRecorder) {
			s := newService()
			r := request("GET", "/Users?filter="+url.QueryEscape(text), "")
			r.Header.Set("Authorization", "Bearer "+tt.credential)
			w = s.serve(r) // fills the pools
			return allocated(func() {
				for range 100 {
					s.serve(r)
				}
			}) / 100, w
		}
		most, _ := cost(short)
		used, w := cost(deep)
		refused(t, w, tt.status, tt.kind)
		if detail := object(t, w)["detail"].(string); !strings.Contains(detail, tt.detail) {
			t.Errorf("refused with %q, want %q in it", detail, tt.detail)
		}
		if bound := 2*most + uint64(tt.text*len(url.QueryEscape(deep))); used > bound {
			t.Errorf("token %s: %d bytes for the deep filter, %d for the short one", tt.credential, used, most)
		}
	}
}
