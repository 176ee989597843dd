package scim_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim"
	"drawbridge/scim/schema"
)

const token = "good-token"

// service is a server over one tenant, acme, in memory.
type service struct {
	*memory
	handler http.Handler
	log     strings.Builder
	dropped []string
	authed  int
}

func newService() *service {
	s := &service{memory: newMemory()}
	s.handler = s.server(scim.Tenant{Backend: s.memory, Live: s.memory.live})
	return s
}

func (s *service) server(acme scim.Tenant) http.Handler {
	return http.StripPrefix("/scim/v2", scim.NewServer(scim.Options{
		Authenticate: func(_ context.Context, tenant, given string) (scim.Tenant, error) {
			s.memory.mu.Lock()
			s.authed++
			s.memory.mu.Unlock()
			if tenant != "acme" || given != token {
				return scim.Tenant{}, scim.Unauthorized("no such token")
			}
			return acme, nil
		},
		Types:   []*schema.ResourceType{schema.User(), schema.Group()},
		BaseURL: func(_ *http.Request, tenant string) string { return "https://scim.example/scim/v2/" + tenant },
		Logger:  slog.New(slog.NewTextHandler(&s.log, nil)),
		Dropped: func(_ context.Context, _ *schema.ResourceType, names []string) {
			s.dropped = append(s.dropped, names...)
		},
	}))
}

// careless is a mutant: it takes the credential for good once it was looked at.
func (s *service) careless() http.Handler {
	return s.server(scim.Tenant{Backend: s.memory, Live: func(context.Context) error { return nil }})
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
	r := httptest.NewRequest(method, "/scim/v2/acme"+path, &body{Reader: strings.NewReader(content)})
	r.ContentLength = int64(len(content))
	r.Header.Set("Authorization", "Bearer "+token)
	if content != "" {
		r.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
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

// create adds a user and returns its id.
func (s *service) create(t testing.TB, content string) string {
	t.Helper()
	w := s.do("POST", "/Users", content)
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

func refused(t testing.TB, w *httptest.ResponseRecorder, status int, kind string) {
	t.Helper()
	var e struct {
		Schemas                  []string
		ScimType, Detail, Status string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || w.Code != status || e.ScimType != kind || e.Detail == "" ||
		e.Status != itoa(status) || len(e.Schemas) != 1 || e.Schemas[0] != "urn:ietf:params:scim:api:messages:2.0:Error" ||
		w.Header().Get("Content-Type") != "application/scim+json" {
		t.Errorf("got %d %v %s; want %d %s as a SCIM error", w.Code, w.Header(), w.Body, status, kind)
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

const anna = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"Anna@acme.example","externalId":"x1",
	"name":{"givenName":"Anna","familyName":"Muster"},"emails":[{"value":"anna@acme.example","type":"work","primary":true}],"password":"hunter2"}`

func TestLifeOfAUser(t *testing.T) {
	s := newService()
	w := s.do("POST", "/Users", anna)
	if w.Code != 201 {
		t.Fatalf("POST: %d %s", w.Code, w.Body)
	}
	created := object(t, w)
	id := created["id"].(string)
	want := map[string]any{
		"schemas": []any{schema.UserURN}, "id": id, "userName": "Anna@acme.example", "externalId": "x1", "active": true,
		"name":   map[string]any{"givenName": "Anna", "familyName": "Muster"},
		"emails": []any{map[string]any{"value": "anna@acme.example", "type": "work", "primary": true}},
		"meta": map[string]any{"resourceType": "User", "created": "2026-01-02T03:04:05.000678Z", "lastModified": "2026-01-02T03:04:06.000678Z",
			"location": "https://scim.example/scim/v2/acme/Users/" + id, "version": `W/"1"`},
	}
	if d := cmp.Diff(want, created); d != "" {
		t.Errorf("created (-want +got):\n%s", d)
	}
	if got := w.Header().Get("Location"); got != "https://scim.example/scim/v2/acme/Users/"+id {
		t.Errorf("Location %q", got)
	}
	if w.Header().Get("ETag") != `W/"1"` || w.Header().Get("Content-Length") != itoa(w.Body.Len()) || w.Header().Get("Content-Type") != "application/scim+json" {
		t.Errorf("headers %v", w.Header())
	}

	if got := object(t, s.do("GET", "/Users/"+id, "")); !cmp.Equal(want, got) {
		t.Errorf("GET differs from POST: %s", cmp.Diff(want, got))
	}
	refused(t, s.do("POST", "/Users", strings.ReplaceAll(anna, "Anna@acme", "ANNA@ACME")), 409, "uniqueness")

	w = s.do("PUT", "/Users/"+id, `{"userName":"anna@acme.example","active":false,"title":"Chief"}`)
	got := object(t, w)
	if w.Code != 200 || got["title"] != "Chief" || got["active"] != false || got["name"] != nil || w.Header().Get("ETag") != `W/"2"` {
		t.Errorf("PUT: %d %s", w.Code, w.Body)
	}
	w = s.do("PATCH", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"True"}]}`)
	if got := object(t, w); w.Code != 200 || got["active"] != true || got["title"] != "Chief" || w.Header().Get("ETag") != `W/"3"` {
		t.Errorf("PATCH: %d %s", w.Code, w.Body)
	}
	if w := s.do("DELETE", "/Users/"+id, ""); w.Code != 204 || w.Body.Len() != 0 {
		t.Errorf("DELETE: %d %s", w.Code, w.Body)
	}
	refused(t, s.do("DELETE", "/Users/"+id, ""), 404, "")
	refused(t, s.do("GET", "/Users/"+id, ""), 404, "")
	refused(t, s.do("PATCH", "/Users/"+id, `{"Operations":[]}`), 404, "")
	refused(t, s.do("PUT", "/Users/"+id, anna), 404, "")
}

func TestList(t *testing.T) {
	s := newService()
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		s.create(t, `{"userName":"`+name+`","title":"T"}`)
	}
	for _, tt := range []struct {
		name, query  string
		total, start float64
		users        string
	}{
		{"all", "", 5, 1, "abcde"},
		{"page", "?startIndex=2&count=2", 5, 2, "bc"},
		{"last page", "?startIndex=5&count=2", 5, 5, "e"},
		{"beyond the end", "?startIndex=9&count=2", 5, 9, ""},
		{"no resources", "?count=0", 5, 1, ""},
		{"negative count", "?count=-1", 5, 1, ""},
		{"absurd count", "?count=2147483648999999999999", 5, 1, "abcde"},
		{"negative start", "?startIndex=-1", 5, 1, "abcde"},
		{"absurd start", "?startIndex=99999999999999999999", 5, 2147483647, ""},
		{"filter", "?filter=userName+eq+%22B%22", 1, 1, "b"},
		{"filter by parameter in another case", "?Filter=userName%20eq%20%22b%22", 1, 1, "b"},
		{"filter by escaped parameter", "?%66ilter=userName%20eq%20%22b%22", 1, 1, "b"},
		{"filter that finds nothing", "?filter=userName+eq+%22zz%22", 0, 1, ""},
		{"flags of Entra", "?aadOptscim062020&filter=userName+eq+%22b%22", 1, 1, "b"},
		{"sorted", "?sortBy=userName&sortOrder=descending", 5, 1, "edcba"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := s.do("GET", "/Users"+tt.query, "")
			got := object(t, w)
			resources, isList := got["Resources"].([]any)
			users := ""
			for _, r := range resources {
				users += r.(map[string]any)["userName"].(string)
			}
			if w.Code != 200 || !isList || got["totalResults"] != tt.total || got["startIndex"] != tt.start ||
				got["itemsPerPage"] != float64(len(tt.users)) || users != tt.users {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
			if d := cmp.Diff([]any{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, got["schemas"]); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSelection(t *testing.T) {
	s := newService()
	id := s.create(t, `{"userName":"a","title":"T","name":{"givenName":"G","familyName":"F"},"emails":[{"value":"v","type":"work"}],
		"`+schema.EnterpriseUserURN+`":{"department":"D","manager":{"value":"m"}}}`)
	for _, tt := range []struct{ name, query, want string }{
		{"one", "?attributes=userName", `{"userName":"a"}`},
		{"any case and spaces", "?attributes=%20USERname,title", `{"userName":"a","title":"T"}`},
		{"URN", "?attributes=urn:ietf:params:scim:schemas:core:2.0:User:title", `{"title":"T"}`},
		{"sub-attribute", "?attributes=name.givenName", `{"name":{"givenName":"G"}}`},
		{"sub-attribute in a list", "?attributes=emails.value", `{"emails":[{"value":"v"}]}`},
		{"attribute of an extension", "?attributes=" + schema.EnterpriseUserURN + ":department", `{"` + schema.EnterpriseUserURN + `":{"department":"D"}}`},
		{"extension", "?attributes=" + schema.EnterpriseUserURN, `{"` + schema.EnterpriseUserURN + `":{"department":"D","manager":{"value":"m"}}}`},
		{"unknown", "?attributes=shoeSize,name.nick", `{}`},
		{"absent", "?attributes=nickName", `{}`},
		{"empty", "?attributes=", `{}`},
		{"meta in part", "?attributes=meta.resourceType", `{"meta":{"resourceType":"User"}}`},
		{"excluded", "?excludedAttributes=name,emails,meta," + schema.EnterpriseUserURN, `{"userName":"a","title":"T","active":true}`},
		{"excluded sub-attribute", "?excludedAttributes=name.givenName,emails,meta,active," + schema.EnterpriseUserURN + ":manager",
			`{"userName":"a","title":"T","name":{"familyName":"F"},"` + schema.EnterpriseUserURN + `":{"department":"D"}}`},
		{"what is always returned stays", "?excludedAttributes=id,schemas,userName,name,title,emails,meta,active," + schema.EnterpriseUserURN, `{}`},
		{"both", "?attributes=name,title&excludedAttributes=title,name.familyName", `{"name":{"givenName":"G"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want map[string]any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			want["id"], want["schemas"] = id, []any{schema.UserURN, schema.EnterpriseUserURN}
			if d := cmp.Diff(want, object(t, s.do("GET", "/Users/"+id+tt.query, ""))); d != "" {
				t.Errorf("GET (-want +got):\n%s", d)
			}
			list := object(t, s.do("GET", "/Users"+tt.query, ""))
			if d := cmp.Diff([]any{want}, list["Resources"]); d != "" {
				t.Errorf("list (-want +got):\n%s", d)
			}
			patched := s.do("PATCH", "/Users/"+id+tt.query, `{"Operations":[]}`)
			if d := cmp.Diff(want, object(t, patched)); d != "" {
				t.Errorf("PATCH (-want +got):\n%s", d)
			}
		})
	}
}

// TestSelectionOfWrites: what is answered to a POST or PUT is selected as what is answered to a GET.
func TestSelectionOfWrites(t *testing.T) {
	s := newService()
	for _, tt := range []struct{ query, want string }{
		{"?attributes=title", `{"title":"T"}`},
		{"?excludedAttributes=meta,active,name,userName", `{"title":"T"}`},
		{"?attributes=name.givenName", `{"name":{"givenName":"G"}}`},
	} {
		content := `{"userName":"` + tt.query + `","title":"T","name":{"givenName":"G","familyName":"F"}}`
		created := object(t, s.do("POST", "/Users"+tt.query, content))
		var want map[string]any
		if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
			t.Fatal(err)
		}
		want["id"], want["schemas"] = created["id"], []any{schema.UserURN}
		if d := cmp.Diff(want, created); d != "" || created["id"] == nil {
			t.Errorf("POST %s (-want +got):\n%s", tt.query, d)
		}
		replaced := object(t, s.do("PUT", "/Users/"+created["id"].(string)+tt.query, content))
		if d := cmp.Diff(want, replaced); d != "" {
			t.Errorf("PUT %s (-want +got):\n%s", tt.query, d)
		}
	}
}

func TestETags(t *testing.T) {
	for _, tt := range []struct {
		name, method, header, value string
		status                      int
	}{
		{"current", "PUT", "If-Match", `W/"1"`, 200},
		{"strong form", "PATCH", "If-Match", `"1"`, 200},
		{"one of several", "PATCH", "If-Match", `W/"7", W/"1"`, 200},
		{"any", "PUT", "If-Match", `*`, 200},
		{"other, PUT", "PUT", "If-Match", `W/"7"`, 412},
		{"other, PATCH", "PATCH", "If-Match", `W/"11"`, 412},
		{"other, DELETE", "DELETE", "If-Match", `W/"2"`, 412},
		{"current, DELETE", "DELETE", "If-Match", `W/"1"`, 204},
		{"empty", "PUT", "If-Match", ``, 412},
		{"unchanged", "GET", "If-None-Match", `W/"1"`, 304},
		{"unchanged, any", "GET", "If-None-Match", `*`, 304},
		{"changed", "GET", "If-None-Match", `W/"0"`, 200},
		{"read in a version", "GET", "If-Match", `W/"1"`, 200},
		{"read in another version", "GET", "If-Match", `W/"2"`, 412},
		{"unchanged, one of several", "GET", "If-None-Match", `"5" , "1"`, 304},
		{"write unless there is any", "PUT", "If-None-Match", `*`, 412},
		{"write unless it is current", "PATCH", "If-None-Match", `W/"1"`, 412},
		{"write unless it is another", "PATCH", "If-None-Match", `W/"2"`, 200},
		{"delete unless it is current", "DELETE", "If-None-Match", `W/"1"`, 412},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newService()
			id := s.create(t, `{"userName":"a"}`)
			content := map[string]string{"PUT": `{"userName":"b"}`, "PATCH": `{"Operations":[{"op":"add","path":"title","value":"t"}]}`}[tt.method]
			r := request(tt.method, "/Users/"+id, content)
			r.Header.Set(tt.header, tt.value)
			w := s.serve(r)
			if w.Code != tt.status {
				t.Fatalf("%d %s, want %d", w.Code, w.Body, tt.status)
			}
			if tt.status == 412 {
				refused(t, w, 412, "")
			}
			if tt.status == 304 && (w.Body.Len() > 0 || w.Header().Get("ETag") != `W/"1"`) {
				t.Errorf("304 with body %q, headers %v", w.Body, w.Header())
			}
			if wrote := s.writes > 1; wrote != (tt.status == 200 && tt.method != "GET" || tt.status == 204) {
				t.Errorf("%d writes", s.writes)
			}
		})
	}
}

func TestI8_PutWithoutActiveChangesNothing(t *testing.T) {
	s := newService()
	id := s.create(t, `{"userName":"a","active":false}`)
	if got := object(t, s.do("PUT", "/Users/"+id, `{"userName":"a"}`)); got["active"] != false {
		t.Errorf("after a PUT without active it is %v, want false", got["active"])
	}
	refused(t, s.do("PUT", "/Users/"+id, `{"userName":"a","active":null}`), 400, "invalidValue")
	refused(t, s.do("PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","path":"active"}]}`), 400, "invalidValue")
	refused(t, s.do("PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","path":"active","value":null}]}`), 400, "invalidValue")
	if s.writes != 1 {
		t.Errorf("%d writes, want the first alone", s.writes)
	}
}

func TestDroppedNamesAreCounted(t *testing.T) {
	s := newService()
	s.create(t, `{"userName":"a","isSCIMConnected":false,"urn:okta:x":{"id":"00u"}}`)
	if d := cmp.Diff([]string{"isSCIMConnected", "urn:okta:x"}, s.dropped); d != "" {
		t.Error(d)
	}
	if doc := string(s.resources[0].Doc); strings.Contains(doc, "isSCIM") || strings.Contains(doc, "okta") {
		t.Errorf("kept: %s", doc)
	}
}

func TestDiscovery(t *testing.T) {
	s := newService()
	open := func(path string) *httptest.ResponseRecorder {
		return s.serve(httptest.NewRequest("GET", "/scim/v2/acme"+path, nil))
	}
	config := object(t, open("/ServiceProviderConfig"))
	for name, want := range map[string]any{"patch": true, "bulk": true, "filter": true, "changePassword": false, "sort": true, "etag": true} {
		if got := config[name].(map[string]any)["supported"]; got != want {
			t.Errorf("%s supported %v, want %v", name, got, want)
		}
	}
	if got := config["filter"].(map[string]any)["maxResults"]; got != float64(scim.MaxPage) {
		t.Errorf("maxResults %v", got)
	}
	if d := cmp.Diff(map[string]any{"supported": true, "maxOperations": float64(scim.MaxBulkOperations), "maxPayloadSize": float64(scim.MaxBody)}, config["bulk"]); d != "" {
		t.Error(d)
	}
	pagination := map[string]any{"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": float64(scim.DefaultPage), "maxPageSize": float64(scim.MaxPage)}
	if d := cmp.Diff(pagination, config["pagination"]); d != "" {
		t.Error(d)
	}
	schemes := config["authenticationSchemes"].([]any)
	if got := schemes[0].(map[string]any)["type"]; len(schemes) != 1 || got != "oauthbearertoken" {
		t.Errorf("authenticationSchemes %v", schemes)
	}
	for path, total := range map[string]float64{"/ResourceTypes": 2, "/Schemas": 3} {
		list := object(t, open(path))
		if list["totalResults"] != total || len(list["Resources"].([]any)) != int(total) {
			t.Errorf("%s: %v", path, list)
		}
		refused(t, open(path+"?filter=id+pr"), 403, "")
	}
	for _, path := range []string{"/ResourceTypes/User", "/ResourceTypes/Group", "/Schemas/" + schema.UserURN, "/Schemas/" + schema.GroupURN, "/Schemas/" + schema.EnterpriseUserURN} {
		got := object(t, open(path))
		if location := got["meta"].(map[string]any)["location"]; location != "https://scim.example/scim/v2/acme"+path {
			t.Errorf("%s: location %v", path, location)
		}
	}
	refused(t, open("/Schemas/urn:example:x"), 404, "")
	refused(t, open("/ResourceTypes/Thing"), 404, "")
	if s.authed != 0 {
		t.Error("discovery asked for a credential")
	}
	w := s.serve(httptest.NewRequest("POST", "/scim/v2/acme/Schemas", nil))
	refused(t, w, 405, "")
	if w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("Allow %q", w.Header().Get("Allow"))
	}
}

// TestConcurrentAnswersDoNotMix would catch a pooled buffer that is given back too early.
func TestConcurrentAnswersDoNotMix(t *testing.T) {
	s := newService()
	var group sync.WaitGroup
	for i := range 8 {
		name := strings.Repeat(itoa(i), 100)
		id := s.create(t, `{"userName":"`+name+`"}`)
		group.Go(func() {
			for range 50 {
				read := s.do("GET", "/Users/"+id, "")
				patched := s.do("PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","path":"title","value":"`+name+`"}]}`)
				if got := object(t, read)["userName"]; got != name {
					t.Errorf("user %s reads %v", name, got)
				}
				if got := object(t, patched)["title"]; got != name {
					t.Errorf("user %s has title %v", name, got)
				}
			}
		})
	}
	group.Wait()
}

func TestBaseURLDefaultsToTheRequest(t *testing.T) {
	h := http.StripPrefix("/scim/v2", scim.NewServer(scim.Options{
		Authenticate: func(context.Context, string, string) (scim.Tenant, error) {
			return scim.Tenant{}, scim.Unauthorized("no")
		},
		Types: []*schema.ResourceType{schema.User()},
	}))
	const want = "http://example.com/scim/v2/acme/ResourceTypes/User"
	for _, target := range []string{"/scim/v2/acme/ResourceTypes/User?x=y", want} { // the second form is a proxy's
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if got := object(t, w)["meta"].(map[string]any)["location"]; got != want {
			t.Errorf("%s: location %v", target, got)
		}
	}
}
