package scim_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// TestReturned has an attribute of every kind (RFC 7643 section 7): what is returned always, never, by default, on request.
func TestReturned(t *testing.T) {
	attribute := func(name, returned string) *schema.Attribute {
		return &schema.Attribute{Name: name, Type: schema.String, Returned: returned}
	}
	thing := schema.New(schema.ResourceType{
		ID: "Thing", Name: "Thing", Endpoint: "/Things",
		Schema: &schema.Schema{ID: "urn:example:Thing", Attributes: []*schema.Attribute{
			attribute("tag", schema.Always), attribute("secret", schema.Never), attribute("plain", ""), attribute("bulky", schema.Request),
			{Name: "box", Type: schema.Complex, SubAttributes: []*schema.Attribute{attribute("lid", ""), attribute("inside", schema.Request)}},
		}},
		Extensions: []*schema.Schema{{ID: "urn:example:More", Attributes: []*schema.Attribute{attribute("extra", schema.Request), attribute("usual", "")}}},
	})
	backend := things{doc: `{"schemas":["urn:example:Thing"],"tag":"t","secret":"s","plain":"p","bulky":"b","box":{"lid":"l","inside":"i"},"urn:example:More":{"extra":"e","usual":"u"}}`}
	handler := scim.NewServer(scim.Options{
		Types: []*schema.ResourceType{thing},
		Authenticate: func(context.Context, string, string) (scim.Tenant, error) {
			return scim.Tenant{Backend: backend, Live: func(context.Context) error { return nil }}, nil
		},
	})
	s := &service{memory: newMemory(), handler: http.StripPrefix("/scim/v2", handler)}
	for _, tt := range []struct {
		query string
		want  map[string]any
	}{
		{"?excludedAttributes=meta", map[string]any{"plain": "p", "box": map[string]any{"lid": "l"}, "urn:example:More": map[string]any{"usual": "u"}}},
		{"?excludedAttributes=meta,tag,plain,box,urn:example:More", map[string]any{}},
		{"?attributes=bulky", map[string]any{"bulky": "b"}},
		{"?attributes=BULKY,secret,plain", map[string]any{"bulky": "b", "plain": "p"}},
		{"?attributes=bulky&excludedAttributes=bulky", map[string]any{}},
		{"?attributes=box", map[string]any{"box": map[string]any{"lid": "l", "inside": "i"}}},
		{"?attributes=box.inside", map[string]any{"box": map[string]any{"inside": "i"}}},
		{"?attributes=box.lid", map[string]any{"box": map[string]any{"lid": "l"}}},
		{"?attributes=urn:example:More:extra", map[string]any{"urn:example:More": map[string]any{"extra": "e"}}},
		{"?attributes=urn:example:More:usual", map[string]any{"urn:example:More": map[string]any{"usual": "u"}}},
	} {
		tt.want["schemas"], tt.want["id"], tt.want["tag"] = []any{"urn:example:Thing"}, "1", "t"
		if d := cmp.Diff(tt.want, object(t, s.do("GET", "/Things/1"+tt.query, ""))); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.query, d)
		}
	}
	plain := object(t, s.do("GET", "/Things/1", ""))
	if plain["bulky"] != nil || plain["secret"] != nil || plain["plain"] != "p" || plain["meta"] == nil {
		t.Errorf("without a selection: %v", plain)
	}
}

// things answers every read with one document.
type things struct {
	scim.Backend
	doc string
}

func (b things) Get(context.Context, *schema.ResourceType, string, int) (scim.Resource, error) {
	return scim.Resource{ID: "1", Doc: []byte(b.doc), Version: 1}, nil
}
