package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// discard is a ResponseWriter that keeps nothing.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

func userBody(i int) string {
	return fmt.Sprintf(`{"schemas":[%q,%q],"userName":"user%d@acme.example","externalId":"ext-%d","displayName":"Anna Muster","title":"Engineer",
		"name":{"givenName":"Anna","familyName":"Muster","formatted":"Anna Muster"},"active":true,"locale":"de-CH","timezone":"Europe/Zurich",
		"emails":[{"primary":true,"type":"work","value":"user%d@acme.example"},{"type":"home","value":"anna%d@home.example"}],
		"phoneNumbers":[{"type":"work","value":"+41 44 000 00 00"}],
		%q:{"employeeNumber":"%d","department":"R&D","manager":{"value":"00000000-0000-4000-8000-000000000001"}}}`,
		schema.UserURN, schema.EnterpriseUserURN, i, i, i, i, schema.EnterpriseUserURN, i)
}

// frozen answers every call from what memory holds, without its costs.
type frozen struct {
	*memory
	page scim.Page
}

func (f frozen) Get(context.Context, *schema.ResourceType, string, int) (scim.Resource, error) {
	return f.page.Resources[0], nil
}

func (f frozen) Query(context.Context, *schema.ResourceType, scim.Query) (scim.Page, error) {
	return f.page, nil
}

func (f frozen) Update(_ context.Context, _ *schema.ResourceType, _ string, change scim.Change, _ int) (scim.Resource, error) {
	res := f.page.Resources[0]
	draft, err := change(res)
	if err != nil {
		return scim.Resource{}, err
	}
	res.Doc, err = json.Marshal(draft.Attributes)
	return res, err
}

func (f frozen) Create(_ context.Context, _ *schema.ResourceType, draft scim.Draft, _ int) (scim.Resource, error) {
	res := f.page.Resources[0]
	var err error
	res.Doc, err = json.Marshal(draft.Attributes)
	return res, err
}

// BenchmarkServer compares each request with a bare handler that does the least a service without SCIM would do:
// decode JSON to a map and encode it again.
func BenchmarkServer(b *testing.B) {
	s := newService()
	for i := range 100 {
		s.create(b, userBody(i))
	}
	backend := frozen{s.memory, scim.Page{Total: 100, Resources: s.resources}}
	handler := s.server(scim.Tenant{Backend: backend, Live: s.live})
	id := s.resources[0].ID
	one, all := s.do("GET", "/Users/"+id, "").Body.Bytes(), s.do("GET", "/Users", "").Body.Bytes()
	patch := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"displayName","value":"Eva"},
		{"op":"Replace","path":"emails[type eq \"work\"].value","value":"eva@acme.example"},{"op":"Replace","path":"active","value":"False"}]}`
	for _, tt := range []struct {
		name, method, path, content string
		bare                        []byte // what the bare handler decodes and encodes
	}{
		{"get", "GET", "/Users/" + id, "", one},
		{"list100", "GET", "/Users?startIndex=1&count=100", "", all},
		{"filter", "GET", "/Users?filter=userName+eq+%22user1%40acme.example%22", "", all},
		{"selection", "GET", "/Users/" + id + "?excludedAttributes=emails", "", one},
		{"post", "POST", "/Users", userBody(1), one},
		{"put", "PUT", "/Users/" + id, userBody(1), one},
		{"patch", "PATCH", "/Users/" + id, patch, one},
	} {
		b.Run(tt.name+"/scim", func(b *testing.B) { serve(b, handler, tt.method, tt.path, tt.content) })
		b.Run(tt.name+"/bare", func(b *testing.B) {
			serve(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				var m map[string]any
				if err := json.Unmarshal(tt.bare, &m); err != nil {
					b.Error(err)
				}
				w.Header().Set("Content-Type", "application/scim+json")
				_ = json.NewEncoder(w).Encode(m)
			}), tt.method, tt.path, tt.content)
		})
	}
}

func serve(b *testing.B, h http.Handler, method, path, content string) {
	b.ReportAllocs()
	w := &discard{}
	for b.Loop() {
		w.header = make(http.Header, 4)
		h.ServeHTTP(w, request(method, path, content))
	}
	if w.status >= 400 {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, request(method, path, content))
		b.Fatalf("%d %s", rec.Code, rec.Body)
	}
}
