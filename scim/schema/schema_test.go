package schema_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"drawbridge/scim/schema"
)

func TestFold(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"lower ASCII", "anna@acme.example", "anna@acme.example"},
		{"upper ASCII", "ANNA@Acme.Example", "anna@acme.example"},
		{"umlaut", "MÜLLER", "müller"},
		{"decomposed umlaut", "MU\u0308LLER", "müller"},
		{"sharp s", "Straße", "strasse"},
		{"capital sharp s", "STRAẞE", "strasse"},
		{"final sigma", "ΣΊΣΥΦΟΣ", "σίσυφοσ"},
		{"dotted capital i", "İ", "i\u0307"},
		{"Kelvin sign", "\u212A", "k"},
		{"small Cherokee", "\uAB70\u13F8", "\u13A0\u13F0"},
		{"Cherokee", "\u13A0\u13F0", "\u13A0\u13F0"},
		{"iota subscript out of order", "α\u0345\u0301", schema.Fold("α\u0301\u0345")},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := schema.Fold(tt.in); got != tt.want {
				t.Errorf("Fold(%+q) = %+q, want %+q", tt.in, got, tt.want)
			}
		})
	}
}

func TestFoldIsIdempotentAndIgnoresCaseAndComposition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune("aAßẞİıſK\u0345\u0301\u0308αΆΐŉǰ")), 0, 8, -1)).Draw(t, "s")
		folded := schema.Fold(s)
		for name, same := range map[string]string{
			"again": folded, "NFD": norm.NFD.String(s), "NFC": norm.NFC.String(s),
		} {
			if got := schema.Fold(same); got != folded {
				t.Fatalf("Fold of %s %+q = %+q, of the original %+q = %+q", name, same, got, s, folded)
			}
		}
		if !norm.NFC.IsNormalString(folded) {
			t.Fatalf("Fold(%+q) = %+q is not NFC", s, folded)
		}
	})
}

// TestFoldOfEveryRune: folding is stable, and both cases of a letter fold to the same.
func TestFoldOfEveryRune(t *testing.T) {
	for r := rune(1); r <= unicode.MaxRune; r++ {
		if !unicode.In(r, unicode.L, unicode.M, unicode.N) {
			continue
		}
		folded := schema.Fold(string(r))
		if again := schema.Fold(folded); again != folded {
			t.Errorf("%U: %+q, and again %+q", r, folded, again)
		}
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			if got := schema.Fold(string(other)); got != folded {
				t.Errorf("%U folds to %+q, its other case %U to %+q", r, folded, other, got)
			}
		}
	}
}

func TestFoldOfLowerASCIIAllocatesNothing(t *testing.T) {
	s := strings.Repeat("anna@acme.example", 4)
	if n := testing.AllocsPerRun(100, func() { _ = schema.Fold(s) }); n != 0 {
		t.Errorf("Fold allocates %v times", n)
	}
}

func TestAttribute(t *testing.T) {
	user := schema.User()
	for _, tt := range []struct{ name, urn, attr, want string }{
		{"core", "", "userName", "userName"},
		{"any case", "", "USERname", "userName"},
		{"core URN", schema.UserURN, "emails", "emails"},
		{"core URN in capitals", strings.ToUpper(schema.UserURN), "emails", "emails"},
		{"id", "", "ID", "id"},
		{"externalId", "", "externalid", "externalId"},
		{"meta", "", "meta", "meta"},
		{"schemas", "", "schemas", "schemas"},
		{"extension", schema.EnterpriseUserURN, "employeenumber", "employeeNumber"},
		{"extension attribute without URN", "", "employeeNumber", ""},
		{"core attribute in the extension", schema.EnterpriseUserURN, "userName", ""},
		{"unknown", "", "isSCIMActive", ""},
		{"unknown URN", "urn:example:User", "userName", ""},
		{"Kelvin sign is no k", "", "nic\u212Aname", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if a := user.Attribute(tt.urn, tt.attr); a != nil {
				got = a.Name
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if user.Attribute("", "name").Sub("GIVENNAME").Name != "givenName" || user.Attribute("", "name").Sub("x") != nil {
		t.Error("Sub does not find givenName in any case, or finds x")
	}
}

// TestUserIsComplete lists the attributes of RFC 7643 sections 4.1 and 4.3 with their sub-attributes.
func TestUserIsComplete(t *testing.T) {
	plural := "value display type primary"
	want := map[string]string{
		"userName": "", "displayName": "", "nickName": "", "profileUrl": "", "title": "", "userType": "",
		"preferredLanguage": "", "locale": "", "timezone": "", "active": "", "password": "",
		"name":   "formatted familyName givenName middleName honorificPrefix honorificSuffix",
		"emails": plural, "phoneNumbers": plural, "ims": plural, "photos": plural, "entitlements": plural,
		"roles": plural, "x509Certificates": plural,
		"addresses":      "formatted streetAddress locality region postalCode country type primary",
		"groups":         "value $ref display type",
		"employeeNumber": "", "costCenter": "", "organization": "", "division": "", "department": "",
		"manager": "value $ref displayName",
	}
	got := map[string]string{}
	user := schema.User()
	for _, s := range append(user.Extensions, user.Schema) {
		for _, a := range s.Attributes {
			var subs []string
			for _, sub := range a.SubAttributes {
				subs = append(subs, sub.Name)
			}
			got[a.Name] = strings.Join(subs, " ")
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("attributes (-want +got):\n%s", d)
	}
	for _, tt := range []struct{ attr, want string }{
		{"userName", "string true server readWrite default"},
		{"password", "string false none writeOnly never"},
		{"groups", "complex false none readOnly default"},
		{"active", "boolean false none readWrite default"},
	} {
		if got := characteristics(t, user, tt.attr); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.attr, got, tt.want)
		}
	}
}

// characteristics reads them where clients do: in the /Schemas document.
func characteristics(t *testing.T, rt *schema.ResourceType, name string) string {
	t.Helper()
	raw, err := json.Marshal(rt.Schema.Document("https://scim.example/acme"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "null") {
		t.Errorf("the document holds null: %s", raw)
	}
	var doc struct {
		Attributes []struct {
			Name, Type, Uniqueness, Mutability, Returned string
			Required                                     bool
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	for _, a := range doc.Attributes {
		if a.Name == name {
			required := "false"
			if a.Required {
				required = "true"
			}
			return strings.Join([]string{a.Type, required, a.Uniqueness, a.Mutability, a.Returned}, " ")
		}
	}
	return "absent"
}

func TestResourceTypeDocument(t *testing.T) {
	raw, err := json.Marshal(schema.User().Document("https://scim.example/acme"))
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"},
		"id":      "User", "name": "User", "endpoint": "/Users", "description": "User Account", "schema": schema.UserURN,
		"schemaExtensions": []any{map[string]any{"schema": schema.EnterpriseUserURN, "required": false}},
		"meta":             map[string]any{"resourceType": "ResourceType", "location": "https://scim.example/acme/ResourceTypes/User"},
	}
	if d := cmp.Diff(any(want), got); d != "" {
		t.Errorf("document (-want +got):\n%s", d)
	}
}

func TestFolded(t *testing.T) {
	in := map[string]any{
		"userName": "ANNA", "externalId": "ABC", "active": true, "schemas": []any{schema.UserURN},
		"emails":                 []any{map[string]any{"value": "A@B", "type": "Work", "primary": true}},
		"x509Certificates":       []any{map[string]any{"value": "QUJD"}},
		schema.EnterpriseUserURN: map[string]any{"department": "R&D", "manager": map[string]any{"value": "M1"}},
	}
	want := map[string]any{
		"userName": "anna", "externalId": "ABC", "active": true, "schemas": []any{schema.UserURN},
		"emails":                 []any{map[string]any{"value": "a@b", "type": "work", "primary": true}},
		"x509Certificates":       []any{map[string]any{"value": "QUJD"}},
		schema.EnterpriseUserURN: map[string]any{"department": "r&d", "manager": map[string]any{"value": "m1"}},
	}
	if d := cmp.Diff(want, schema.User().Folded(in)); d != "" {
		t.Errorf("folded (-want +got):\n%s", d)
	}
	if in["userName"] != "ANNA" {
		t.Error("the input was modified")
	}
}
