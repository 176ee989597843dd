package scim_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim/schema"
	"drawbridge/scim/scimtest"
)

// sent lists the bodies of the fixtures' requests by method.
func sent(f *testing.F, method string) []string {
	var bodies []string
	for _, fixture := range scimtest.Fixtures(f, "testdata") {
		for _, e := range fixture.Turns {
			if e.Method == method {
				bodies = append(bodies, e.Content)
			}
		}
	}
	return bodies
}

// FuzzUserBody: whatever a client creates is refused as a SCIM error, or stored in canonical form and read back as
// it was answered.
func FuzzUserBody(f *testing.F) {
	for _, content := range append(sent(f, "POST"), sent(f, "PUT")...) {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content string) {
		s := newService()
		w := s.do("POST", "/Users", " "+content)
		if w.Code != 201 {
			checkRefusal(t, s, w, 0)
			return
		}
		created := object(t, w)
		if read := object(t, s.do("GET", "/Users/"+created["id"].(string), "")); !cmp.Equal(created, read) {
			t.Fatalf("answered and read back: %s", cmp.Diff(created, read))
		}
		checkCanonical(t, s)
	})
}

// FuzzPatchBody is the same for PATCH.
func FuzzPatchBody(f *testing.F) {
	for _, content := range sent(f, "PATCH") {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content string) {
		s := newService()
		id := s.create(t, anna)
		w := s.do("PATCH", "/Users/"+id, " "+content)
		if w.Code != 200 {
			checkRefusal(t, s, w, 1)
			return
		}
		patched := object(t, w)
		if read := object(t, s.do("GET", "/Users/"+id, "")); patched["id"] != id || !cmp.Equal(patched, read) {
			t.Fatalf("answered and read back: %s", cmp.Diff(patched, read))
		}
		checkCanonical(t, s)
	})
}

// FuzzGroupBody: whatever a client makes of a group, its members are users that there are, and what was answered is read back.
func FuzzGroupBody(f *testing.F) {
	for _, content := range append(sent(f, "POST"), sent(f, "PUT")...) {
		f.Add(content)
	}
	for _, members := range []string{`"{U}"`, `["{U}",{"value":"{U}"}]`, `[{"$ref":"../Users/{U}"}]`, `[{"type":"Group","value":"{U}"}]`, `[null]`, `null`, `[[]]`, `7`} {
		f.Add(`{"displayName":"g","MEMBERS":` + members + `}`)
	}
	f.Fuzz(func(t *testing.T, content string) {
		s := newService()
		id := s.create(t, anna)
		w := s.do("POST", "/Groups", " "+strings.NewReplacer("{U}", id, "{V}", id).Replace(content))
		if w.Code != 201 {
			checkRefusal(t, s, w, 1)
			return
		}
		created := object(t, w)
		if read := object(t, s.do("GET", "/Groups/"+created["id"].(string), "")); !cmp.Equal(created, read) {
			t.Fatalf("answered and read back: %s", cmp.Diff(created, read))
		}
		for _, member := range s.members[created["id"].(string)] {
			if member != id {
				t.Fatal("a member that is no user")
			}
		}
		again, dropped, err := schema.Group().Validate(decoded(s.groups[0].Doc))
		if err != nil || len(dropped) > 0 || !cmp.Equal(decoded(s.groups[0].Doc), again) {
			t.Fatalf("what is stored is not canonical: %v, %q", err, dropped)
		}
	})
}

// FuzzBulkBody: every operation has a result of its own, and as many resources are there as results say.
func FuzzBulkBody(f *testing.F) {
	for _, tt := range bulks {
		f.Add(tt.content)
	}
	f.Fuzz(func(t *testing.T, content string) {
		s := newService()
		w := s.do("POST", "/Bulk", " "+content)
		if w.Code != 200 {
			checkRefusal(t, s, w, 0)
			return
		}
		there := 0
		for _, r := range results(t, w) {
			switch {
			case r.Method == "POST" && r.Status == "201":
				there++
			case r.Method == "DELETE" && r.Status == "204":
				there--
			case r.Status >= "500":
				t.Fatalf("%s", w.Body)
			}
		}
		if got := len(s.resources) + len(s.groups); got != there {
			t.Fatalf("%d resources, %d by the results: %s", got, there, w.Body)
		}
	})
}

// FuzzCursor: a cursor that this server did not give out for the query is refused as one.
func FuzzCursor(f *testing.F) {
	s := newService()
	for _, name := range []string{"a", "b", "c"} {
		s.create(f, `{"userName":"`+name+`"}`)
	}
	given := map[string]bool{"": true}
	for cursor := ""; ; {
		cursor, _ = object(f, s.do("GET", "/Users?count=1&cursor="+cursor, ""))["nextCursor"].(string)
		if cursor == "" {
			break
		}
		given[cursor] = true
		f.Add(cursor)
	}
	for _, cursor := range []string{"", "x", "=", "AAAAAAAAAAAA", strings.Repeat("A", 9000)} {
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		w := s.do("GET", "/Users?count=1&cursor="+url.QueryEscape(cursor), "")
		if w.Code == 200 && !given[cursor] {
			t.Fatalf("taken: %q", cursor)
		}
		if w.Code != 200 && (w.Code != 400 || given[cursor]) {
			t.Fatalf("%q: %d %s", cursor, w.Code, w.Body)
		}
	})
}

func checkRefusal(t *testing.T, s *service, w *httptest.ResponseRecorder, writes int) {
	t.Helper()
	if w.Code < 400 || w.Code >= 500 || object(t, w)["detail"] == "" || s.writes != writes {
		t.Fatalf("%d %s after %d writes", w.Code, w.Body, s.writes)
	}
}

func checkCanonical(t *testing.T, s *service) {
	t.Helper()
	stored := decoded(s.resources[0].Doc)
	again, dropped, err := schema.User().Validate(stored)
	if err != nil || len(dropped) > 0 || !cmp.Equal(stored, again) {
		t.Fatalf("what is stored is not canonical: %v, %q, %s", err, dropped, cmp.Diff(stored, again))
	}
}

// clean are the paths behind which there are resources.
var clean = regexp.MustCompile(`^/acme(/(Users|Groups)(/[^/]+)?|/\.search|/Bulk)?$`)

// FuzzPath: no path and no query reaches anything that its clean form does not name, and nothing panics.
func FuzzPath(f *testing.F) {
	for _, fixture := range scimtest.Fixtures(f, "testdata") {
		for _, e := range fixture.Turns {
			f.Add("GET", "/acme"+scimtest.Escape(e.Path))
		}
	}
	for _, path := range []string{"/acme/%55sers", "/acme//Users", "/acme/Users;a=b", "/acme/x/%2e%2e/Users", "/beta/Users", "/acme/Me", "/acme/Users?count=-1&startIndex=9&attributes=a.b.c,urn:x:y"} {
		f.Add("DELETE", path)
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		u, err := url.ParseRequestURI("/scim/v2" + path)
		if err != nil || strings.ContainsAny(method, " \r\n") || method == "" || u.Host != "" {
			return
		}
		s := newService()
		s.create(t, anna)
		r := request("GET", "/", `{}`)
		r.Method, r.URL, r.RequestURI = method, u, "/scim/v2"+path
		w := s.serve(r)
		if w.Code >= 500 && w.Code != 501 {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		if w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %s: the answer is no JSON: %s", method, path, w.Body)
		}
		raw, _, _ := strings.Cut(path, "?")
		if s.calls > 1 && !clean.MatchString(raw) {
			t.Fatalf("%s %s reached the backend", method, path)
		}
	})
}
