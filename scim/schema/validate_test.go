package schema_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim/schema"
)

func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("decoding %s: %v", text, err)
	}
	return m
}

func encode(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// short spells the enterprise URN as E and the core URN as U.
func short(s string) string {
	return strings.NewReplacer(`"E`, `"`+schema.EnterpriseUserURN, `"U"`, `"`+schema.UserURN+`"`).Replace(s)
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string // want lacks userName and schemas where they are the plain ones
		dropped        []string
	}{
		{name: "least", in: `{"userName":"a"}`, want: `{}`},
		{name: "keys in any case", in: `{"USERNAME":"a","Name":{"GIVENname":"A"}}`, want: `{"name":{"givenName":"A"}}`},
		{name: "null and empty are unassigned", in: `{"userName":"a","title":null,"emails":[],"name":{},"nickName":"","phoneNumbers":[null]}`, want: `{}`},
		{name: "boolean true string", in: `{"userName":"a","active":"True"}`, want: `{"active":true}`},
		{name: "boolean false string", in: `{"userName":"a","active":"FALSE"}`, want: `{"active":false}`},
		{name: "read-only is ignored whatever it holds", in: `{"userName":"a","id":7,"meta":"x","groups":5}`, want: `{}`},
		{name: "password is never kept", in: `{"userName":"a","password":"hunter2"}`, want: `{}`},
		{name: "unknown is dropped", in: `{"userName":"a","isSCIMActive":true,"urn:example:x":{"y":1},"name":{"nick":"x"},"E":{"room":"1","manager":{"value":"m","grade":1}}}`,
			want:    `{"E":{"manager":{"value":"m"}},"schemas":["U","E"]}`,
			dropped: []string{"isSCIMActive", "name.nick", "urn:example:x", "manager.grade", schema.EnterpriseUserURN + ":room"}},
		{name: "single value for a list", in: `{"userName":"a","emails":{"value":"a@b"}}`, want: `{"emails":[{"value":"a@b"}]}`},
		{name: "strings among objects", in: `{"userName":"a","emails":["a@b",{"type":"work","value":"c@d"}]}`, want: `{"emails":[{"value":"a@b"},{"type":"work","value":"c@d"}]}`},
		{name: "primary as string", in: `{"userName":"a","roles":[{"primary":"True","value":"r","type":"T","display":"d"}]}`,
			want: `{"roles":[{"primary":true,"value":"r","type":"T","display":"d"}]}`},
		{name: "type beyond the canonical values", in: `{"userName":"a","emails":[{"value":"a@b","type":"école"}]}`, want: `{"emails":[{"value":"a@b","type":"école"}]}`},
		{name: "element without content", in: `{"userName":"a","emails":[{"type":"work","primary":true},{"value":"a@b"}]}`, want: `{"emails":[{"value":"a@b"}]}`},
		{name: "manager as bare string", in: `{"userName":"a","E":{"manager":"m1"}}`, want: `{"E":{"manager":{"value":"m1"}},"schemas":["U","E"]}`},
		{name: "manager as list of one", in: `{"userName":"a","E":{"manager":[{"value":"m1"}]}}`, want: `{"E":{"manager":{"value":"m1"}},"schemas":["U","E"]}`},
		{name: "manager's name is read-only", in: `{"userName":"a","E":{"manager":{"displayName":"Boss"}}}`, want: `{}`},
		{name: "extension named, no data", in: `{"schemas":["E","U"],"userName":"a"}`, want: `{}`},
		{name: "extension data, not named", in: `{"schemas":["U"],"userName":"a","E":{"department":"d"}}`, want: `{"E":{"department":"d"},"schemas":["U","E"]}`},
		{name: "foreign schema", in: `{"schemas":["urn:scim:schemas:core:1.0"],"userName":"a"}`, want: `{}`},
		{name: "URN in any case", in: `{"userName":"a","URN:IETF:params:scim:schemas:extension:enterprise:2.0:user":{"division":"d"}}`, want: `{"E":{"division":"d"},"schemas":["U","E"]}`},
		{name: "profileUrl that is no URL", in: `{"userName":"a","profileUrl":"ROQHE"}`, want: `{"profileUrl":"ROQHE"}`},
		{name: "certificate", in: `{"userName":"a","x509Certificates":[{"value":"QUJD\nRA=="}]}`, want: `{"x509Certificates":[{"value":"QUJD\nRA=="}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := decode(t, short(tt.in))
			before := encode(t, in)
			got, dropped, err := schema.User().Validate(in)
			if err != nil {
				t.Fatal(err)
			}
			want := decode(t, short(tt.want))
			want["userName"] = "a"
			if want["schemas"] == nil {
				want["schemas"] = []any{schema.UserURN}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("resource (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.dropped, dropped); d != "" {
				t.Errorf("dropped (-want +got):\n%s", d)
			}
			if encode(t, in) != before {
				t.Error("the input was modified")
			}
			again, _, err := schema.User().Validate(got)
			if d := cmp.Diff(got, again); err != nil || d != "" {
				t.Errorf("validating the result again: %v, (-once +twice):\n%s", err, d)
			}
		})
	}
}

func TestValidateRefuses(t *testing.T) {
	const secret = "s3cr3t-value"
	for _, tt := range []struct{ name, in, want string }{
		{"no userName", `{}`, "invalidValue: userName: required; send a string that is not empty"},
		{"empty userName", `{"userName":""}`, "invalidValue: userName: required; send a string that is not empty"},
		{"blank userName", `{"userName":" \t "}`, "invalidValue: userName: required; send a string that is not empty"},
		{"userName of another type", `{"userName":["s3cr3t-value"]}`, "invalidValue: userName: expected a string"},
		{"long userName", `{"userName":"` + strings.Repeat("s3cr3t-value", 100) + `"}`, "invalidValue: userName: longer than 1024 bytes"},
		{"two spellings", `{"userName":"a","USERNAME":"s3cr3t-value"}`, "invalidSyntax: userName: given more than once, in different case"},
		{"two spellings of a part", `{"userName":"a","name":{"givenName":"a","givenname":"s3cr3t-value"}}`, "invalidSyntax: name.givenName: given more than once, in different case"},
		{"two spellings of an extension", `{"userName":"a","E":{"department":"a"},"URN:ietf:params:scim:schemas:extension:enterprise:2.0:User":{}}`,
			"invalidSyntax: E: given more than once, in different case"},
		{"two spellings in an extension", `{"userName":"a","E":{"department":"a","Department":"b"}}`, "invalidSyntax: E:department: given more than once, in different case"},
		{"number for text", `{"userName":"a","title":5}`, "invalidValue: title: expected a string"},
		{"text for object", `{"userName":"a","name":"s3cr3t-value"}`, "invalidValue: name: expected an object"},
		{"number in list", `{"userName":"a","emails":[{"value":"x"},5]}`, "invalidValue: emails[1]: expected an object"},
		{"wrong type in list", `{"userName":"a","emails":[{"value":{"a":1}}]}`, "invalidValue: emails[0].value: expected a string"},
		{"wrong type in extension", `{"userName":"a","E":{"manager":{"value":5}}}`, "invalidValue: E:manager.value: expected a string"},
		{"extension of another type", `{"userName":"a","E":"s3cr3t-value"}`, "invalidValue: E: expected an object"},
		{"two primaries", `{"userName":"a","emails":[{"value":"a","primary":true},{"value":"b","primary":"true"}]}`, "invalidValue: emails: at most one value may be primary"},
		{"schemas as string", `{"userName":"a","schemas":"s3cr3t-value"}`, "invalidValue: schemas: expected a list of strings"},
		{"schemas of numbers", `{"userName":"a","schemas":[1]}`, "invalidValue: schemas: expected a list of strings"},
		{"NUL", `{"userName":"s3cr3t-value\u0000"}`, "invalidValue: userName: holds the character U+0000, which cannot be stored"},
		{"not base64", `{"userName":"a","x509Certificates":[{"value":"s3cr3t value"}]}`, "invalidValue: x509Certificates[0].value: expected a string in base64"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := schema.User().Validate(decode(t, short(tt.in)))
			refused(t, err, strings.ReplaceAll(tt.want, "E:", schema.EnterpriseUserURN+":"))
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error holds the value: %v", err)
			}
		})
	}
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	var e *schema.Error
	if !errors.As(err, &e) || e.Error() != want {
		t.Fatalf("error %v, want %s", err, want)
	}
}

// TestI8_NullActiveIsRefused has two mutants beside it: the same schema where active may be unassigned, which must
// accept what is refused here, and one where anything that is not true is false.
func TestI8_NullActiveIsRefused(t *testing.T) {
	const want = "invalidValue: active: expected true or false"
	accepted := 0
	mutant := mutantWithoutDefault()
	for _, value := range []string{`null`, `""`, `[]`, `"yes"`, `"0"`, `0`, `1`, `{}`, `[false]`, `"falsch"`} {
		in := `{"userName":"a","active":` + value + `}`
		_, _, err := schema.User().Validate(decode(t, in))
		var e *schema.Error
		if !errors.As(err, &e) || !strings.HasPrefix(e.Error(), want) {
			t.Errorf("active %s: error %v, want %s", value, err, want)
		}
		if _, _, err := mutant.Validate(decode(t, in)); err == nil {
			accepted++
		}
	}
	if accepted != 3 {
		t.Errorf("the mutant accepted %d of null, empty and empty list: the check proves nothing", accepted)
	}
}

func mutantWithoutDefault() *schema.ResourceType {
	user := *schema.User()
	core := *user.Schema
	core.Attributes = nil
	for _, a := range user.Schema.Attributes {
		mutated := *a
		mutated.Default = nil
		core.Attributes = append(core.Attributes, &mutated)
	}
	return schema.New(schema.ResourceType{ID: "User", Schema: &core})
}

func TestI8_KeepCarriesActive(t *testing.T) {
	user := schema.User()
	for _, tt := range []struct {
		name          string
		next, current map[string]any
		want          any
	}{
		{"created without", map[string]any{}, nil, true},
		{"created inactive", map[string]any{"active": false}, nil, false},
		{"put without, inactive before", map[string]any{}, map[string]any{"active": false}, false},
		{"put without, active before", map[string]any{}, map[string]any{"active": true}, true},
		{"put false", map[string]any{"active": false}, map[string]any{"active": true}, false},
		{"put true", map[string]any{"active": true}, map[string]any{"active": false}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			user.Keep(tt.next, tt.current)
			if tt.next["active"] != tt.want {
				t.Errorf("active %v, want %v", tt.next["active"], tt.want)
			}
		})
	}
}

// TestOtherTypes covers data types that a user has none of.
func TestOtherTypes(t *testing.T) {
	rt := schema.New(schema.ResourceType{ID: "Thing", Endpoint: "/Things", Schema: &schema.Schema{
		ID: "urn:example:Thing",
		Attributes: []*schema.Attribute{
			{Name: "count", Type: schema.Integer}, {Name: "ratio", Type: schema.Decimal}, {Name: "since", Type: schema.DateTime},
			{Name: "tags", Type: schema.String, MultiValued: true},
			{Name: "members", Type: schema.Complex, MultiValued: true, SubAttributes: []*schema.Attribute{
				{Name: "value", Type: schema.String, Required: true}, {Name: "display", Type: schema.String},
			}},
		},
	}})
	in := decode(t, `{"count":5,"ratio":0.5,"since":"2026-01-02T03:04:05Z","tags":"one","members":["m"]}`)
	want := decode(t, `{"count":5,"ratio":0.5,"since":"2026-01-02T03:04:05Z","tags":["one"],"members":[{"value":"m"}],"schemas":["urn:example:Thing"]}`)
	got, _, err := rt.Validate(in)
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	for in, want := range map[string]string{
		`{"count":5.5}`:                  "invalidValue: count: expected an integer",
		`{"count":"5"}`:                  "invalidValue: count: expected an integer",
		`{"ratio":true}`:                 "invalidValue: ratio: expected a number",
		`{"since":"yesterday"}`:          "invalidValue: since: expected a date and time as in RFC 3339",
		`{"members":[{"display":"x"}]}`:  "invalidValue: members: every value needs value",
		`{"tags":[{"value":"x"}]}`:       "invalidValue: tags[0]: expected a string",
		`{"count":99999999999999999999}`: "invalidValue: count: expected an integer",
	} {
		_, _, err := rt.Validate(decode(t, in))
		refused(t, err, want)
	}
}

func BenchmarkValidate(b *testing.B) {
	in := decode(b, `{"schemas":["`+schema.UserURN+`"],"userName":"anna@acme.example","externalId":"0a21f0f2","active":true,
		"name":{"givenName":"Anna","familyName":"Muster"},"emails":[{"primary":true,"type":"work","value":"anna@acme.example"}],
		"displayName":"Anna Muster","title":"Engineer","`+schema.EnterpriseUserURN+`":{"department":"R&D"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := schema.User().Validate(in); err != nil {
			b.Fatal(err)
		}
	}
}
