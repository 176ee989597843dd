package patch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// long spells out the enterprise URN for E and the core URNs for U and G.
var long = strings.NewReplacer(`"E"`, `"`+schema.EnterpriseUserURN+`"`, `"E:`, `"`+schema.EnterpriseUserURN+`:`,
	`"E.`, `"`+schema.EnterpriseUserURN+`.`, `"U:`, `"`+schema.UserURN+`:`, `"U"`, `"`+schema.UserURN+`"`,
	`"G:`, `"`+schema.GroupURN+`:`, `"G"`, `"`+schema.GroupURN+`"`)

func decode(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(long.Replace(text)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("decoding %s: %v", text, err)
	}
	return v
}

func encode(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func operations(t testing.TB, text string) []patch.Operation {
	t.Helper()
	var ops []patch.Operation
	for _, item := range decode(t, text).([]any) {
		m := item.(map[string]any)
		op := patch.Operation{Value: m["value"]}
		_, op.HasValue = m["value"]
		op.Op, _ = m["op"].(string)
		op.Path, _ = m["path"].(string)
		ops = append(ops, op)
	}
	return ops
}

func user(t testing.TB, text string) map[string]any {
	t.Helper()
	in := decode(t, text).(map[string]any)
	if in["userName"] == nil {
		in["userName"] = "anna"
	}
	out, _, err := schema.User().Validate(in)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

const (
	workMail = `{"emails":[{"type":"work","value":"old@a.b","primary":true}]}`
	twoMails = `{"emails":[{"type":"work","value":"w@a.b","primary":true},{"type":"home","value":"h@a.b"}]}`
	named    = `{"name":{"givenName":"Anna","familyName":"Muster"}}`
	managed  = `{"E":{"department":"R&D","manager":{"value":"m1","$ref":"../Users/m1"}}}`
)

func TestApply(t *testing.T) {
	for _, tt := range []struct{ name, current, ops, want string }{
		{"no operations", named, `[]`, named},
		{"replace", `{"title":"a"}`, `[{"op":"replace","path":"title","value":"b"}]`, `{"title":"b"}`},
		{"op and path in any case", `{"title":"a"}`, `[{"op":"REPLACE","path":"TITLE","value":"b"}]`, `{"title":"b"}`},
		{"in order", `{}`, `[{"op":"add","path":"title","value":"a"},{"op":"remove","path":"title"},{"op":"add","path":"title","value":"c"}]`, `{"title":"c"}`},
		{"null unassigns", `{"title":"a"}`, `[{"op":"replace","path":"title","value":null}]`, `{}`},
		{"null again", `{}`, `[{"op":"replace","path":"title","value":null}]`, `{}`},
		{"empty string unassigns", `{"title":"a"}`, `[{"op":"replace","path":"title","value":""}]`, `{}`},
		{"core URN in the path", `{}`, `[{"op":"add","path":"U:title","value":"a"}]`, `{"title":"a"}`},

		{"complex merges", named, `[{"op":"replace","path":"name","value":{"givenName":"Eva"}}]`, `{"name":{"givenName":"Eva","familyName":"Muster"}}`},
		{"null part of a complex", named, `[{"op":"replace","path":"name","value":{"givenName":null}}]`, `{"name":{"familyName":"Muster"}}`},
		{"complex unassigned", named, `[{"op":"replace","path":"name","value":null}]`, `{}`},
		{"empty object changes nothing", named, `[{"op":"replace","path":"name","value":{}}]`, named},
		{"sub-attribute", named, `[{"op":"replace","path":"name.givenName","value":"Eva"}]`, `{"name":{"givenName":"Eva","familyName":"Muster"}}`},
		{"last sub-attribute removed", `{"name":{"givenName":"A"}}`, `[{"op":"remove","path":"name.givenName"}]`, `{}`},
		{"condition on a singular attribute", named, `[{"op":"replace","path":"name[givenName eq \"anna\"].familyName","value":"X"}]`, `{"name":{"givenName":"Anna","familyName":"X"}}`},
		{"condition on an absent singular attribute", `{}`, `[{"op":"replace","path":"name[givenName eq \"Eva\"].familyName","value":"X"}]`, `{"name":{"givenName":"Eva","familyName":"X"}}`},

		{"pathless", named, `[{"op":"replace","value":{"displayName":"D","name.givenName":"Eva","E:employeeNumber":"7","E":{"department":"R"}}}]`,
			`{"displayName":"D","name":{"givenName":"Eva","familyName":"Muster"},"E":{"employeeNumber":"7","department":"R"}}`},
		{"pathless in any case", `{}`, `[{"op":"Add","value":{"DISPLAYNAME":"D","U:title":"T"}}]`, `{"displayName":"D","title":"T"}`},
		{"pathless value path", `{}`, `[{"op":"replace","value":{"emails[type eq \"work\"].value":"a@b"}}]`, `{"emails":[{"type":"work","value":"a@b"}]}`},
		{"pathless core URN object", `{}`, `[{"op":"replace","value":{"U":{"title":"T"}}}]`, `{"title":"T"}`},
		{"pathless unknown and read-only", named, `[{"op":"replace","value":{"id":"u1","meta":{"version":"x"},"groups":[],"shoeSize":5,"urn:example:x":{"y":1},"name.nick":"x","title":"T"}}]`,
			`{"name":{"givenName":"Anna","familyName":"Muster"},"title":"T"}`},
		{"password is accepted and not kept", `{}`, `[{"op":"replace","value":{"password":"x"}},{"op":"replace","path":"password","value":"x"}]`, `{}`},
		{"schemas follow from the data", `{}`, `[{"op":"add","path":"schemas","value":["urn:example:x"]},{"op":"remove","path":"schemas"}]`, `{}`},

		{"list replaced", twoMails, `[{"op":"replace","path":"emails","value":[{"value":"x@a.b"}]}]`, `{"emails":[{"value":"x@a.b"}]}`},
		{"list emptied", twoMails, `[{"op":"replace","path":"emails","value":[]}]`, `{}`},
		{"object for a list", `{}`, `[{"op":"add","path":"emails","value":{"value":"x@a.b"}}]`, `{"emails":[{"value":"x@a.b"}]}`},
		{"add to a list", workMail, `[{"op":"add","path":"emails","value":[{"value":"x@a.b"}]}]`, `{"emails":[{"type":"work","value":"old@a.b","primary":true},{"value":"x@a.b"}]}`},
		{"add what is there", workMail, `[{"op":"add","path":"emails","value":[{"value":"old@a.b"}]}]`, workMail},
		{"add what is there, twice at once", `{}`, `[{"op":"add","path":"emails","value":[{"value":"a@b"},{"value":"a@b"}]}]`, `{"emails":[{"value":"a@b"}]}`},
		{"add says more of what is there", workMail, `[{"op":"add","path":"emails","value":[{"value":"old@a.b","display":"Old"}]}]`, `{"emails":[{"type":"work","value":"old@a.b","primary":true,"display":"Old"}]}`},
		{"same value, other type", workMail, `[{"op":"add","path":"emails","value":[{"value":"old@a.b","type":"home"}]}]`, `{"emails":[{"type":"work","value":"old@a.b","primary":true},{"type":"home","value":"old@a.b"}]}`},
		{"same address", `{"addresses":[{"locality":"Bern"}]}`, `[{"op":"add","path":"addresses","value":[{"locality":"Bern"}]}]`, `{"addresses":[{"locality":"Bern"}]}`},
		{"null adds nothing", twoMails, `[{"op":"add","path":"emails","value":null},{"op":"add","path":"emails","value":[]}]`, twoMails},
		{"added primary unsets the others", workMail, `[{"op":"add","path":"emails","value":[{"value":"x@a.b","primary":true}]}]`,
			`{"emails":[{"type":"work","value":"old@a.b","primary":false},{"value":"x@a.b","primary":true}]}`},
		{"primary moves to what is there", twoMails, `[{"op":"replace","path":"emails[type eq \"home\"].primary","value":"True"}]`,
			`{"emails":[{"type":"work","value":"w@a.b","primary":false},{"type":"home","value":"h@a.b","primary":true}]}`},

		{"value path replaces", workMail, `[{"op":"replace","path":"emails[type eq \"work\"].value","value":"new@a.b"}]`, `{"emails":[{"type":"work","value":"new@a.b","primary":true}]}`},
		{"value path creates", `{}`, `[{"op":"add","path":"phoneNumbers[type eq \"mobile\"].value","value":"1"}]`, `{"phoneNumbers":[{"type":"mobile","value":"1"}]}`},
		{"value path creates on replace", `{"emails":[{"type":"home","value":"h"}]}`, `[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"w"}]`,
			`{"emails":[{"type":"home","value":"h"},{"type":"work","value":"w"}]}`},
		{"value path with and creates all of it", `{}`, `[{"op":"add","path":"emails[type eq \"work\" and primary eq \"True\"].value","value":"w"}]`, `{"emails":[{"type":"work","value":"w","primary":true}]}`},
		{"created primary unsets the others", workMail, `[{"op":"add","path":"emails[type eq \"home\" and primary eq true].value","value":"h"}]`,
			`{"emails":[{"type":"work","value":"old@a.b","primary":false},{"type":"home","value":"h","primary":true}]}`},
		{"value path, other filter", twoMails, `[{"op":"replace","path":"emails[value ew \"h@a.b\"].display","value":"H"}]`, `{"emails":[{"type":"work","value":"w@a.b","primary":true},{"type":"home","value":"h@a.b","display":"H"}]}`},
		{"value path cleared", twoMails, `[{"op":"replace","path":"emails[type eq \"work\"].value","value":""}]`, `{"emails":[{"type":"home","value":"h@a.b"}]}`},
		{"nothing there to clear", `{}`, `[{"op":"replace","path":"emails[type eq \"work\"].value","value":null}]`, `{}`},
		{"element replaced keeps its type", twoMails, `[{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"n@a.b"}}]`, `{"emails":[{"type":"work","value":"n@a.b"},{"type":"home","value":"h@a.b"}]}`},
		{"element replaced by bare value", twoMails, `[{"op":"replace","path":"emails[type eq \"work\"]","value":"n@a.b"}]`, `{"emails":[{"type":"work","value":"n@a.b"},{"type":"home","value":"h@a.b"}]}`},
		{"element added to", twoMails, `[{"op":"add","path":"emails[type eq \"home\"]","value":[{"display":"H"}]}]`, `{"emails":[{"type":"work","value":"w@a.b","primary":true},{"type":"home","value":"h@a.b","display":"H"}]}`},
		{"element made primary", twoMails, `[{"op":"add","path":"emails[type eq \"home\"]","value":{"primary":true}}]`, `{"emails":[{"type":"work","value":"w@a.b","primary":false},{"type":"home","value":"h@a.b","primary":true}]}`},
		{"element replaced by null", twoMails, `[{"op":"replace","path":"emails[type eq \"home\"]","value":null}]`, workMailOf("w@a.b")},
		{"element replaced by nothing known", twoMails, `[{"op":"replace","path":"emails[type eq \"home\"]","value":{"x":1}}]`, twoMails},
		{"sub-attribute of all", twoMails, `[{"op":"replace","path":"emails.display","value":"D"}]`, `{"emails":[{"type":"work","value":"w@a.b","primary":true,"display":"D"},{"type":"home","value":"h@a.b","display":"D"}]}`},
		{"sub-attribute of none", `{}`, `[{"op":"add","path":"emails.value","value":"x@a.b"}]`, `{"emails":[{"value":"x@a.b"}]}`},

		{"remove", `{"title":"a"}`, `[{"op":"remove","path":"title"}]`, `{}`},
		{"remove what is not there", `{}`, `[{"op":"remove","path":"title"},{"op":"remove","path":"emails"},{"op":"remove","path":"name.givenName"},{"op":"remove","path":"E:manager"}]`, `{}`},
		{"remove a list", twoMails, `[{"op":"remove","path":"emails"}]`, `{}`},
		{"remove by filter", twoMails, `[{"op":"remove","path":"emails[type eq \"home\"]"}]`, workMailOf("w@a.b")},
		{"remove by filter again", workMail, `[{"op":"remove","path":"emails[type eq \"home\"]"}]`, workMail},
		{"remove a part by filter", twoMails, `[{"op":"remove","path":"emails[type eq \"work\"].primary"}]`, `{"emails":[{"type":"work","value":"w@a.b"},{"type":"home","value":"h@a.b"}]}`},
		{"remove listed", twoMails, `[{"op":"Remove","path":"emails","value":[{"$ref":null,"value":"h@a.b","display":"stale"}]}]`, workMailOf("w@a.b")},
		{"remove an empty list removes nothing", twoMails, `[{"op":"remove","path":"emails","value":[]}]`, twoMails},
		{"remove pathless", twoMails, `[{"op":"remove","value":{"emails":[{"value":"h@a.b"}],"title":null,"shoeSize":1,"id":"u1"}}]`, workMailOf("w@a.b")},
		{"remove parts of a complex", named, `[{"op":"remove","value":{"name":{"givenName":"Anna"}}}]`, `{"name":{"familyName":"Muster"}}`},
		{"remove an extension", managed, `[{"op":"remove","path":"E"}]`, `{}`},
		{"remove from an extension", managed, `[{"op":"remove","value":{"E":{"manager":null}}}]`, `{"E":{"department":"R&D"}}`},

		{"manager as bare string", `{}`, `[{"op":"Add","path":"E:manager","value":"m1"}]`, `{"E":{"manager":{"value":"m1"}}}`},
		{"manager as list, without URN", `{}`, `[{"op":"Add","path":"manager","value":[{"$ref":"../Users/m1","value":"m1"}]}]`, `{"E":{"manager":{"value":"m1","$ref":"../Users/m1"}}}`},
		{"manager behind a dot", `{}`, `[{"op":"Add","path":"E.manager","value":"m1"}]`, `{"E":{"manager":{"value":"m1"}}}`},
		{"other manager, other $ref", managed, `[{"op":"Replace","path":"E:manager","value":"m2"}]`, `{"E":{"department":"R&D","manager":{"value":"m2"}}}`},
		{"same manager keeps $ref", managed, `[{"op":"Replace","path":"E:manager","value":"m1"}]`, managed},
		{"manager's value", managed, `[{"op":"Replace","path":"E:manager.value","value":"m2"}]`, `{"E":{"department":"R&D","manager":{"value":"m2"}}}`},
		{"manager cleared", managed, `[{"op":"Replace","path":"E:manager","value":""}]`, `{"E":{"department":"R&D"}}`},
		{"manager's value cleared", managed, `[{"op":"Replace","path":"E:manager","value":{"value":""}}]`, `{"E":{"department":"R&D"}}`},
		{"manager removed", managed, `[{"op":"Remove","path":"E:manager"}]`, `{"E":{"department":"R&D"}}`},
		{"extension object merges", managed, `[{"op":"replace","path":"E","value":{"division":"D"}}]`, `{"E":{"department":"R&D","division":"D","manager":{"value":"m1","$ref":"../Users/m1"}}}`},

		{"deactivate by string", `{"active":true}`, `[{"op":"Replace","path":"active","value":"False"}]`, `{"active":false}`},
		{"deactivate by boolean", `{"active":true}`, `[{"op":"replace","path":"active","value":false}]`, `{"active":false}`},
		{"deactivate pathless", `{"active":true}`, `[{"op":"replace","value":{"active":false}}]`, `{"active":false}`},
		{"reactivate", `{"active":false}`, `[{"op":"Replace","path":"active","value":"True"}]`, `{"active":true}`},
		{"userName", `{}`, `[{"op":"replace","path":"userName","value":"eva"}]`, `{"userName":"eva"}`},
		{"role with primary as string", `{}`, `[{"op":"add","path":"roles","value":[{"primary":"True","value":"r"}]}]`, `{"roles":[{"primary":true,"value":"r"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			current := user(t, tt.current)
			current["id"] = "u1"
			before := encode(t, current)
			got, _, err := patch.Apply(schema.User(), current, operations(t, tt.ops))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(user(t, tt.want), got); d != "" {
				t.Errorf("result (-want +got):\n%s", d)
			}
			if encode(t, current) != before {
				t.Error("the input was modified")
			}
		})
	}
}

func workMailOf(value string) string {
	return fmt.Sprintf(`{"emails":[{"type":"work","value":%q,"primary":true}]}`, value)
}

func TestApplyRefuses(t *testing.T) {
	const secret = "s3cr3t"
	many := `[` + strings.Repeat(`{"op":"remove","path":"title"},`, patch.MaxOperations) + `{"op":"remove","path":"title"}]`
	for _, tt := range []struct{ name, ops, kind string }{
		{"unknown op", `[{"op":"s3cr3t","path":"title","value":"x"}]`, schema.InvalidSyntax},
		{"no value", `[{"op":"add","path":"title"}]`, schema.InvalidValue},
		{"no path and no object", `[{"op":"add","value":"s3cr3t"}]`, schema.InvalidValue},
		{"remove without path", `[{"op":"remove"}]`, schema.NoTarget},
		{"unknown attribute", `[{"op":"add","path":"s3cr3t","value":"x"}]`, schema.InvalidPath},
		{"unknown sub-attribute", `[{"op":"add","path":"name.s3cr3t","value":"x"}]`, schema.InvalidPath},
		{"unknown URN", `[{"op":"add","path":"urn:s3cr3t:User:title","value":"x"}]`, schema.InvalidPath},
		{"no path at all", `[{"op":"add","path":"emails[type eq","value":"x"}]`, schema.InvalidPath},
		{"filter on a simple attribute", `[{"op":"add","path":"title[value eq \"s3cr3t\"]","value":"x"}]`, schema.InvalidPath},
		{"filter on what elements lack", `[{"op":"add","path":"emails[room eq \"s3cr3t\"].value","value":"x"}]`, schema.InvalidFilter},
		{"read-only", `[{"op":"replace","path":"id","value":"s3cr3t"}]`, schema.Mutability},
		{"read-only groups", `[{"op":"add","path":"groups","value":[{"value":"s3cr3t"}]}]`, schema.Mutability},
		{"read-only part", `[{"op":"add","path":"E:manager.displayName","value":"s3cr3t"}]`, schema.Mutability},
		{"another id in the value", `[{"op":"replace","value":{"id":"s3cr3t","title":"x"}}]`, schema.Mutability},
		{"wrong type", `[{"op":"replace","path":"title","value":{"s3cr3t":1}}]`, schema.InvalidValue},
		{"wrong type in a value path", `[{"op":"replace","path":"emails[type eq \"work\"].value","value":5}]`, schema.InvalidValue},
		{"extension of another type", `[{"op":"replace","path":"E","value":5}]`, schema.InvalidValue},
		{"filter that cannot create", `[{"op":"replace","path":"emails[value sw \"s3cr3t\"].value","value":"x"}]`, schema.NoTarget},
		{"filter with or cannot create", `[{"op":"add","path":"emails[type eq \"a\" or type eq \"b\"].value","value":"x"}]`, schema.NoTarget},
		{"value against the filter", `[{"op":"add","path":"emails[value eq \"s3cr3t\"].value","value":"x"}]`, schema.NoTarget},
		{"remove with a filter that names nobody", `[{"op":"remove","path":"emails[value sw \"s3cr3t\"]"}]`, schema.NoTarget},
		{"condition that does not hold", `[{"op":"replace","path":"name[givenName eq \"s3cr3t\"].familyName","value":"x"}]`, schema.NoTarget},
		{"two primaries", `[{"op":"add","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}]`, schema.InvalidValue},
		{"same attribute twice", `[{"op":"replace","value":{"title":"a","TITLE":"s3cr3t"}}]`, schema.InvalidSyntax},
		{"required removed", `[{"op":"remove","path":"userName"}]`, schema.Mutability},
		{"required removed by its extension", `[{"op":"remove","path":"U"}]`, schema.NoTarget},
		{"required emptied", `[{"op":"replace","path":"userName","value":""}]`, schema.InvalidValue},
		{"required null", `[{"op":"replace","value":{"userName":null}}]`, schema.InvalidValue},
		{"too many", many, schema.TooMany},
	} {
		t.Run(tt.name, func(t *testing.T) {
			current := user(t, `{"active":true,"name":{"givenName":"Anna"}}`)
			current["id"] = "u1"
			before := encode(t, current)
			// A change before the bad operation must not survive it.
			ops := append(operations(t, `[{"op":"replace","path":"name.givenName","value":"Eva"},{"op":"replace","path":"name.givenName","value":"Anna"}]`), operations(t, tt.ops)...)
			got, _, err := patch.Apply(schema.User(), current, ops)
			var e *schema.Error
			if !errors.As(err, &e) || e.Type != tt.kind || got != nil {
				t.Fatalf("got %v, %v; want an error of type %s", got, err, tt.kind)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error echoes the request: %v", err)
			}
			if encode(t, current) != before {
				t.Error("the input was modified")
			}
		})
	}
}

// What is immutable is added once; read-only is refused by path and ignored in a value (RFC 7644 section 3.5.2).
func TestApplyKeepsImmutable(t *testing.T) {
	const current = `{"label":"l","born":"b","box":{"size":"s","serial":"1"},"parts":[{"value":"p","code":"c"}],"urn:example:params:ext:Thing":{"spare":"s","note":"n"}}`
	for _, tt := range []struct{ name, ops, kind, want string }{
		{"changed", `[{"op":"replace","path":"born","value":"x"}]`, schema.Mutability, ""},
		{"said again", `[{"op":"replace","path":"born","value":"b"}]`, "", current},
		{"unassigned", `[{"op":"replace","path":"born","value":null}]`, schema.Mutability, ""},
		{"removed", `[{"op":"remove","path":"born"}]`, schema.Mutability, ""},
		{"changed without a path", `[{"op":"add","value":{"born":"x"}}]`, schema.Mutability, ""},
		{"part changed", `[{"op":"replace","path":"box.serial","value":"2"}]`, schema.Mutability, ""},
		{"part changed within its object", `[{"op":"replace","path":"box","value":{"serial":"2"}}]`, schema.Mutability, ""},
		{"part removed", `[{"op":"remove","path":"box.serial"}]`, schema.Mutability, ""},
		{"other part changed", `[{"op":"replace","path":"box","value":{"size":"x"}}]`, "", strings.Replace(current, `"size":"s"`, `"size":"x"`, 1)},
		{"object removed", `[{"op":"remove","path":"box"}]`, "", strings.Replace(current, `"box":{"size":"s","serial":"1"},`, ``, 1)},
		{"added where there was none", `[{"op":"remove","path":"box"},{"op":"add","path":"box.serial","value":"2"}]`, "", strings.Replace(current, `"size":"s","serial":"1"`, `"serial":"2"`, 1)},
		{"part of an element changed", `[{"op":"replace","path":"parts[value eq \"p\"].code","value":"x"}]`, schema.Mutability, ""},
		{"part of an element changed by adding it", `[{"op":"add","path":"parts","value":[{"value":"p","code":"x"}]}]`, schema.Mutability, ""},
		{"element removed", `[{"op":"remove","path":"parts[code eq \"c\"]"}]`, "", strings.Replace(current, `"parts":[{"value":"p","code":"c"}],`, ``, 1)},
		{"list replaced", `[{"op":"replace","path":"parts","value":[{"value":"p","code":"x"}]}]`, "", strings.Replace(current, `"code":"c"`, `"code":"x"`, 1)},
		{"in an extension", `[{"op":"replace","path":"urn:example:params:ext:Thing:spare","value":"x"}]`, schema.Mutability, ""},
		{"with its extension", `[{"op":"remove","path":"urn:example:params:ext:Thing"}]`, schema.Mutability, ""},
		{"read-only", `[{"op":"add","path":"seen","value":"x"}]`, schema.Mutability, ""},
		{"read-only part", `[{"op":"remove","path":"box.weight"}]`, schema.Mutability, ""},
		{"read-only in values", `[{"op":"replace","value":{"seen":"x","box":{"weight":"x"}}},{"op":"replace","path":"box","value":{"weight":"x"}}]`, "", current},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, _, err := thing().Validate(decode(t, current).(map[string]any))
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := patch.Apply(thing(), in, operations(t, tt.ops))
			if tt.kind != "" {
				var e *schema.Error
				if !errors.As(err, &e) || e.Type != tt.kind || !strings.HasPrefix(e.Detail, "operation 1: ") {
					t.Fatalf("got %v, %v; want an error of type %s about operation 1", got, err, tt.kind)
				}
				return
			}
			want, _, wrong := thing().Validate(decode(t, tt.want).(map[string]any))
			if d := cmp.Diff(want, got); d != "" || err != nil || wrong != nil {
				t.Errorf("%v, %v (-want +got):\n%s", err, wrong, d)
			}
		})
	}
}

// Names that the schemas do not know are left out and counted, wherever a value holds them.
func TestApplyDrops(t *testing.T) {
	ops := operations(t, `[{"op":"replace","value":{"shoeSize":5,"title":"T","name.nick":"x","urn:example:x":{"y":1},"E":{"desk":1,"division":"D"},"U":{"hat":1}}},
		{"op":"add","path":"name","value":{"givenName":"A","nick":"x"}},{"op":"add","path":"emails","value":[{"value":"a@b"},{"value":"c@d","shade":"x"}]},
		{"op":"replace","path":"emails[value eq \"a@b\"]","value":{"value":"a@b","tint":1}},{"op":"remove","value":{"emails":{"hue":1},"scarf":null}},
		{"op":"replace","value":{"password":"x","groups":[{"nick":1}],"schemas":["x"]}}]`)
	got, dropped, err := patch.Apply(schema.User(), user(t, `{}`), ops)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"E:desk", "U:hat", "name.nick", "shoeSize", "urn:example:x", "name.nick", "emails.shade", "emails.tint", "emails.hue", "scarf"}
	for i, name := range want {
		want[i] = strings.Trim(long.Replace(`"`+name), `"`)
	}
	slices.Sort(want)
	slices.Sort(dropped)
	if d := cmp.Diff(want, dropped); d != "" {
		t.Errorf("dropped (-want +got):\n%s", d)
	}
	if d := cmp.Diff(user(t, `{"title":"T","name":{"givenName":"A"},"emails":[{"value":"a@b"},{"value":"c@d"}],"E":{"division":"D"}}`), got); d != "" {
		t.Errorf("result (-want +got):\n%s", d)
	}
}

// TestI8_PatchOfActive: whatever is not plainly true or false refuses the whole request. Mutant: truthy reads such
// values the way lenient servers do, and differs on every row.
func TestI8_PatchOfActive(t *testing.T) {
	caught := 0
	for _, value := range []string{`null`, `""`, `[]`, `"no"`, `0`, `{}`, `[false]`, `{"value":false}`} {
		for _, op := range []string{
			`{"op":"replace","path":"active","value":` + value + `}`,
			`{"op":"add","path":"active","value":` + value + `}`,
			`{"op":"replace","value":{"active":` + value + `}}`,
			`{"op":"replace","value":{"U:active":` + value + `}}`,
		} {
			current := user(t, `{"active":true}`)
			got, _, err := patch.Apply(schema.User(), current, operations(t, `[{"op":"replace","path":"title","value":"x"},`+op+`]`))
			var e *schema.Error
			if !errors.As(err, &e) || e.Type != schema.InvalidValue || got != nil || current["active"] != true || current["title"] != nil {
				t.Errorf("%s: got %v, %v, current %v", op, got, err, current)
			}
		}
		if truthy(decode(t, value)) != true {
			caught++
		}
	}
	if caught == 0 {
		t.Error("no value here would deactivate anybody on a lenient server: the check proves nothing")
	}
	for _, op := range []string{`{"op":"remove","path":"active"}`, `{"op":"remove","value":{"active":false}}`, `{"op":"replace","path":"active"}`} {
		if got, _, err := patch.Apply(schema.User(), user(t, `{"active":true}`), operations(t, `[`+op+`]`)); err == nil {
			t.Errorf("%s: accepted, %v", op, got)
		}
	}
}

func truthy(v any) bool { return v == true || v == "True" || v == "true" }
