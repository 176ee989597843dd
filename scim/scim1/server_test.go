package scim1_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim"
	"drawbridge/scim/schema"
	"drawbridge/scim/scim1"
)

const token = "good-token"

// service is a server over one tenant, acme, in memory.
type service struct {
	*memory
	handler http.Handler
	log     strings.Builder
	dropped []string
	gone    bool // the token was revoked while a request was on its way
}

func (s *service) options() scim.Options {
	return scim.Options{
		Authenticate: func(_ context.Context, tenant, given string) (scim.Tenant, error) {
			if tenant != "acme" || given != token {
				return scim.Tenant{}, scim.Unauthorized("no such token")
			}
			return scim.Tenant{Backend: s.memory, Live: func(context.Context) error {
				if s.gone {
					return scim.Unauthorized("the token was revoked")
				}
				return nil
			}}, nil
		},
		Types:   []*schema.ResourceType{schema.User(), schema.Group()},
		BaseURL: func(_ *http.Request, tenant string) string { return "https://scim.example/scim/v1/" + tenant },
		Logger:  slog.New(slog.NewTextHandler(&s.log, nil)),
		Dropped: func(_ context.Context, _ *schema.ResourceType, names []string) {
			s.dropped = append(s.dropped, names...)
		},
	}
}

func newService() *service {
	s := &service{memory: &memory{}}
	s.handler = http.StripPrefix("/scim/v1", scim1.NewServer(s.options()))
	return s
}

// body counts what is read of it.
type body struct {
	io.Reader
	read int
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.read += n
	return n, err
}

func (*body) Close() error { return nil }

func request(method, path, content string) *http.Request {
	r := httptest.NewRequest(method, "/scim/v1/acme"+path, &body{Reader: strings.NewReader(content)})
	r.ContentLength = int64(len(content))
	r.Header.Set("Authorization", "Bearer "+token)
	if content != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func (s *service) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func (s *service) do(method, path, content string) *httptest.ResponseRecorder {
	return s.serve(request(method, path, content))
}

func (s *service) create(t testing.TB, path, content string) string {
	t.Helper()
	w := s.do("POST", path, content)
	id, _ := object(t, w)["id"].(string)
	if w.Code != 201 || id == "" {
		t.Fatalf("creating %s: %d %s", content, w.Code, w.Body)
	}
	return id
}

func object(t testing.TB, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		t.Fatalf("the answer is no JSON object: %v: %d %s", err, w.Code, w.Body)
	}
	return m
}

// refused checks that an answer is an error of SCIM 1.1 and returns its description.
func refused(t testing.TB, w *httptest.ResponseRecorder, status int) string {
	t.Helper()
	var e struct {
		Errors []struct{ Description, Code string }
	}
	d := json.NewDecoder(strings.NewReader(w.Body.String()))
	d.DisallowUnknownFields()
	err := d.Decode(&e)
	if err != nil || len(e.Errors) != 1 || e.Errors[0].Description == "" || w.Code != status || e.Errors[0].Code != strconv.Itoa(w.Code) {
		t.Fatalf("%d %s, want an error %d (%v)", w.Code, w.Body, status, err)
	}
	if kind := w.Header().Get("Content-Type"); kind != "application/json; charset=utf-8" {
		t.Fatalf("Content-Type %q", kind)
	}
	return e.Errors[0].Description
}

const anna = `{"schemas":["urn:scim:schemas:core:1.0"],"userName":"anna@acme.example","displayName":"Anna"}`

func TestRefusals(t *testing.T) {
	tests := []struct {
		name, method, path, content string
		header                      [2]string
		status                      int
		says                        string
	}{
		{"no such user", "GET", "/Users/1", "", [2]string{}, 404, "no such resource"},
		{"no such endpoint", "GET", "/Devices", "", [2]string{}, 404, "base URL"},
		{"a path of SCIM 2.0", "GET", "/ServiceProviderConfig", "", [2]string{}, 404, "base URL"},
		{"resource types", "GET", "/ResourceTypes", "", [2]string{}, 404, "base URL"},
		{"search of SCIM 2.0", "POST", "/Users/.search", "{}", [2]string{}, 404, "base URL"},
		{"escaped path", "GET", "/%55sers", "", [2]string{}, 404, "no such endpoint"},
		{"escaped ending", "GET", "/Users/1%2ejson", "", [2]string{}, 404, "no such endpoint"},
		{"escaped id", "GET", "/Users/a%20b.json", "", [2]string{}, 404, "no such endpoint"},
		{"escaped tenant", "POST", "/../%61cme/Bulk", "{}", [2]string{}, 404, "no such endpoint"},
		{"method of a collection", "DELETE", "/Users", "", [2]string{}, 405, "GET"},
		{"method override", "POST", "/Users", anna, [2]string{"X-HTTP-Method-Override", "PATCH"}, 400, "override"},
		{"bulk", "POST", "/Bulk", `{"Operations":[]}`, [2]string{}, 501, "Bulk"},
		{"bulk in XML", "POST", "/Bulk.xml", `<x/>`, [2]string{}, 501, "Bulk"},
		{"XML by ending", "GET", "/Users.xml", "", [2]string{}, 406, "XML"},
		{"one resource in XML", "GET", "/Users/1.xml", "", [2]string{}, 406, "XML"},
		{"XML by Accept", "GET", "/Users", "", [2]string{"Accept", "application/xml"}, 406, "XML"},
		{"a description in XML", "GET", "/Schemas", "", [2]string{"Accept", "text/xml;q=0.9"}, 406, "XML"},
		{"XML body", "POST", "/Users", "<x/>", [2]string{"Content-Type", "application/xml"}, 415, "application/json"},
		{"no JSON", "POST", "/Users", "{", [2]string{}, 400, "not valid JSON, at byte 1"},
		{"no JSON in a PATCH", "PATCH", "/Users/1", `{"emails":[}`, [2]string{}, 400, "not valid JSON, at byte 11"},
		{"no UTF-8", "PATCH", "/Users/1", "{\"meta\":{\"attributes\":[\"\xff\"]}}", [2]string{}, 400, "UTF-8"},
		{"a list", "PUT", "/Users/1", "[]", [2]string{}, 400, "must be a JSON object"},
		{"the same key twice", "POST", "/Users", `{"userName":"a","userName":"b"}`, [2]string{}, 400, "same key twice"},
		{"an attribute twice", "PATCH", "/Users/1", `{"emails":[],"Emails":[]}`, [2]string{}, 400, "emails: given more than once"},
		{"a PATCH of SCIM 2.0", "PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"active","value":false}]}`, [2]string{}, 400, "SCIM 2.0"},
		{"an operation there is not", "PATCH", "/Users/1", `{"emails":[{"value":"a","operation":"frob"}]}`, [2]string{}, 400, "emails: operation"},
		{"two operations", "PATCH", "/Users/1", `{"emails":[{"operation":"delete","value":"a","Operation":"delete"}]}`, [2]string{}, 400, "emails: operation"},
		{"names that are none", "PATCH", "/Users/1", `{"meta":{"attributes":[1]}}`, [2]string{}, 400, "meta.attributes"},
		{"too many names", "PATCH", "/Users/1", `{"meta":{"attributes":[` + strings.Repeat(`"title",`, 1000) + `"title"]}}`, [2]string{}, 400, "1000"},
		{"no userName", "POST", "/Users", `{}`, [2]string{}, 400, "userName"},
		{"part of an extension", "POST", "/Users", `{"userName":"a","urn:scim:schemas:extension:enterprise:1.0":{"department":{}}}`, [2]string{}, 400,
			"urn:scim:schemas:extension:enterprise:1.0:department"},
		{"a filter that is none", "GET", "/Users?filter=userName", "", [2]string{}, 400, "filter"},
		{"a long filter", "GET", "/Users?filter=" + strings.Repeat("x", 30000), "", [2]string{}, 400, "filter"},
		{"a filter of the password", "GET", `/Users?filter=urn:scim:schemas:core:1.0:password%20pr`, "", [2]string{}, 400, "password"},
		{"no such schema", "GET", "/Schemas/urn:x", "", [2]string{}, 404, "no such schema"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newService()
			r := request(tt.method, tt.path, tt.content)
			if tt.header[0] != "" {
				r.Header.Set(tt.header[0], tt.header[1])
			}
			w := s.serve(r)
			if says := refused(t, w, tt.status); !strings.Contains(says, tt.says) {
				t.Errorf("%q does not say %q", says, tt.says)
			}
			if s.writes > 0 {
				t.Error("something was written")
			}
		})
	}
}

// TestPatchErrorsSpeakOfAttributes: errors name attributes, not the operations that a PATCH was translated to.
func TestPatchErrorsSpeakOfAttributes(t *testing.T) {
	s := newService()
	path := "/Users/" + s.create(t, "/Users", anna)
	for content, want := range map[string]string{
		`{"active":null}`:                    "active: expected true or false; it cannot be unassigned",
		`{"meta":{"attributes":["active"]}}`: "active: cannot be removed",
		`{"meta":{"attributes":["urn:scim:schemas:extension:enterprise:1.0:x"]}}`: "path: no such attribute",
	} {
		if got := refused(t, s.do("PATCH", path, content), 400); got != want {
			t.Errorf("%s: %q, want %q", content, got, want)
		}
	}
}

func TestHeaders(t *testing.T) {
	s := newService()
	w := s.do("POST", "/Users", anna)
	id := object(t, w)["id"].(string)
	want := "https://scim.example/scim/v1/acme/Users/" + id
	if got := w.Header().Get("Location"); got != want {
		t.Errorf("Location %q, want %q", got, want)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	r := request("GET", "/Users/"+id, "")
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	if w := s.serve(r); w.Code != 304 || w.Body.Len() > 0 {
		t.Errorf("unchanged: %d %s", w.Code, w.Body)
	}
	r = request("PATCH", "/Users/"+id, `{"title":"x"}`)
	r.Header.Set("If-Match", `W/"9"`)
	refused(t, s.serve(r), 412)
	if w := s.do("HEAD", "/Users/"+id, ""); w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("ETag") == "" {
		t.Errorf("HEAD: %d %v %s", w.Code, w.Header(), w.Body)
	}
}

// TestMountsAnywhere: without BaseURL the locations are those of the request.
func TestMountsAnywhere(t *testing.T) {
	s := newService()
	o := s.options()
	o.BaseURL = nil
	s.handler = http.StripPrefix("/some/where", scim1.NewServer(o))
	for _, path := range []string{"/acme/Users", "/acme/Users.json"} {
		r := request("POST", "", `{"userName":"`+path+`"}`)
		r.URL.Path, r.RequestURI = "/some/where"+path, "/some/where"+path
		meta, _ := object(t, s.serve(r))["meta"].(map[string]any)
		if location, _ := meta["location"].(string); !strings.HasPrefix(location, "http://example.com/some/where/acme/Users/0") {
			t.Errorf("%s: location %q", path, location)
		}
	}
}

func TestNewServerNeedsAnAuthenticator(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	scim1.NewServer(scim.Options{})
}

// TestDescriptions: how the service describes itself, without a token.
func TestDescriptions(t *testing.T) {
	s := newService()
	get := func(path string) map[string]any {
		r := request("GET", path, "")
		r.Header.Del("Authorization")
		w := s.serve(r)
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		return object(t, w)
	}
	config := get("/ServiceProviderConfigs")
	delete(config, "authenticationSchemes")
	yes, no := map[string]any{"supported": true}, map[string]any{"supported": false}
	want := map[string]any{
		"schemas": []any{"urn:scim:schemas:core:1.0"}, "patch": yes, "etag": yes, "sort": yes, "changePassword": no, "xmlDataFormat": no,
		"bulk":   map[string]any{"supported": false, "maxOperations": 0.0, "maxPayloadSize": 0.0},
		"filter": map[string]any{"supported": true, "maxResults": 200.0},
	}
	if diff := cmp.Diff(want, config); diff != "" {
		t.Error(diff)
	}
	list := get("/Schemas")
	user := get("/Schemas/urn:scim:schemas:core:1.0:User")
	if diff := cmp.Diff([]any{user, get("/Schemas/groups.json")}, list["Resources"]); diff != "" {
		t.Error(diff)
	}
	if user["id"] != "urn:scim:schemas:core:1.0:User" || user["schema"] != "urn:scim:schemas:core:1.0" || user["endpoint"] != "/Users" {
		t.Errorf("%v %v %v", user["id"], user["schema"], user["endpoint"])
	}
	seen := map[string]any{}
	for _, a := range user["attributes"].([]any) {
		a := a.(map[string]any)
		seen[a["name"].(string)] = a["schema"]
		if a["name"] == "manager" {
			sub := a["subAttributes"].([]any)[0].(map[string]any)
			seen[sub["name"].(string)] = sub["type"]
		}
		if a["name"] == "addresses" {
			seen["child"] = a["multiValuedAttributeChildName"]
		}
	}
	for name, want := range map[string]string{"id": "urn:scim:schemas:core:1.0", "userName": "urn:scim:schemas:core:1.0",
		"department": "urn:scim:schemas:extension:enterprise:1.0", "managerId": "string", "child": "address"} {
		if seen[name] != want {
			t.Errorf("%s: %v, want %s", name, seen[name], want)
		}
	}
	if text := s.do("GET", "/Schemas", "").Body.String(); strings.Contains(text, "ietf") || strings.Contains(text, `"reference"`) {
		t.Errorf("words of SCIM 2.0: %s", text)
	}
}
