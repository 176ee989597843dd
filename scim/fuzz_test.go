package scim_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim/schema"
)

// sent lists the bodies of the fixtures' requests by method.
func sent(f *testing.F, method string) []string {
	var bodies []string
	for _, file := range fixtures(f) {
		for _, e := range readConversation(f, file).exchanges {
			if e.method == method {
				bodies = append(bodies, e.content)
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

// FuzzPath: no path and no query reaches anything that its clean form does not name, and nothing panics.
func FuzzPath(f *testing.F) {
	for _, file := range fixtures(f) {
		for _, e := range readConversation(f, file).exchanges {
			f.Add("GET", "/acme"+escape(e.path))
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
		if s.calls > 1 && raw != "/acme/Users" && !(strings.HasPrefix(raw, "/acme/Users/") && strings.Count(raw, "/") == 3) {
			t.Fatalf("%s %s reached the backend", method, path)
		}
	})
}
