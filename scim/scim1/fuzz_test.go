package scim1_test

import (
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim"
)

func seeds(f *testing.F, method string) {
	for _, file := range fixtures(f) {
		for _, e := range turns(f, file) {
			if e.method == method {
				f.Add(e.content)
			}
		}
	}
}

// FuzzResourceBody: a body is accepted exactly when SCIM 2.0 accepts it, and read back as it was answered.
func FuzzResourceBody(f *testing.F) {
	seeds(f, "POST")
	seeds(f, "PUT")
	f.Fuzz(func(t *testing.T, content string) {
		s, plain := newService(), &service{memory: &memory{}}
		w := s.do("POST", "/Users", content)
		r := request("POST", "/Users", content)
		r.URL.Path, r.RequestURI = "/acme/Users", "/acme/Users"
		of2 := httptest.NewRecorder()
		scim.NewServer(plain.options()).ServeHTTP(of2, r)
		// An extension that SCIM 2.0 does not know by its old name is nothing to it, and may be wrong here.
		if w.Code != of2.Code && !(w.Code == 400 && of2.Code == 201) {
			t.Fatalf("%d %s, in SCIM 2.0 %d %s", w.Code, w.Body, of2.Code, of2.Body)
		}
		if w.Code != 201 {
			refused(t, w, w.Code)
			return
		}
		created := object(t, w)
		if read := object(t, s.do("GET", "/Users/"+created["id"].(string), "")); !cmp.Equal(created, read) {
			t.Fatalf("answered and read back: %s", cmp.Diff(created, read))
		}
	})
}

// FuzzPatchBody: whatever a client sends is refused as a SCIM 1.1 error without a write, or read back as it was answered.
func FuzzPatchBody(f *testing.F) {
	seeds(f, "PATCH")
	f.Fuzz(func(t *testing.T, content string) {
		s := newService()
		user := s.create(t, "/Users", anna)
		group := s.create(t, "/Groups", `{"displayName":"G","members":[{"value":"`+user+`"}]}`)
		for _, path := range []string{"/Users/" + user, "/Groups/" + group} {
			writes := s.writes
			w := s.do("PATCH", path, content)
			if w.Code != 200 {
				if refused(t, w, w.Code); w.Code < 400 || w.Code >= 500 || s.writes != writes {
					t.Fatalf("%d %s after %d writes", w.Code, w.Body, s.writes-writes)
				}
				continue
			}
			patched := object(t, w)
			if read := object(t, s.do("GET", path, "")); !cmp.Equal(patched, read) {
				t.Fatalf("answered and read back: %s", cmp.Diff(patched, read))
			}
		}
	})
}
