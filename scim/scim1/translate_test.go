package scim1

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// short abbreviates URNs in the tables of this file.
var short = strings.NewReplacer("C:", coreURN+":", "E:", enterpriseURN+":", "C.", coreURN+".", "E.", enterpriseURN+".",
	"U2:", schema.UserURN+":", "E2:", schema.EnterpriseUserURN+":", `"E2"`, `"`+schema.EnterpriseUserURN+`"`, `"E"`, `"`+enterpriseURN+`"`)

func TestFilterIn(t *testing.T) {
	for given, want := range map[string]string{
		``:                        ``,
		`userName eq "a"`:         `userName eq "a"`,
		`C:userName eq "C:x"`:     `U2:userName eq "C:x"`,
		`C.userName eq "\"C:x"`:   `U2:userName eq "\"C:x"`,
		`(E:department pr)`:       `(E2:department pr)`,
		`E.manager.managerId pr`:  `E2:manager.value pr`,
		`not(C:active eq true)`:   `not(U2:active eq true)`,
		`a eq "C:b" and C:b pr`:   `a eq "C:b" and U2:b pr`,
		`userName eq "C:open`:     `userName eq "C:open`,
		`userName eq "open\`:      `userName eq "open\`,
		`emails[type eq "work"]`:  `emails[type eq "work"]`,
		`manager.managerId pr`:    `manager.value pr`,
		`urn:scim:x:core:1.0:a p`: `urn:scim:x:core:1.0:a p`,
		"é eq \"ü\"":              "é eq \"ü\"",
	} {
		if got := filterIn(schema.User(), short.Replace(given)); got != short.Replace(want) {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
}

func TestQuery(t *testing.T) {
	for given, want := range map[string]string{
		"":                                    "",
		"aadOptscim062020&count=1":            "aadOptscim062020&count=1",
		"filter=%zz":                          "filter=%zz",
		"FILTER=C:userName+pr":                "FILTER=U2:userName+pr",
		"f%69lter=C%3AuserName%20pr":          "f%69lter=U2:userName+pr",
		"attributes=a,C:b,E:manager&a=C:c":    "attributes=a,U2:b,E2:manager&a=C:c",
		"sortBy=C.userName&sortOrder=x":       "sortBy=U2:userName&sortOrder=x",
		"excludedAttributes=" + enterpriseURN: "excludedAttributes=" + schema.EnterpriseUserURN,
	} {
		got := strings.NewReplacer("%3A", ":", "%2C", ",").Replace(query(schema.User(), short.Replace(given)))
		if given == "f%69lter=C%3AuserName%20pr" {
			got = strings.NewReplacer("%3A", ":").Replace(query(schema.User(), strings.Replace(given, "C%3A", coreURN+"%3A", 1)))
		}
		if got != short.Replace(want) {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
}

// TestI27_QueriesOfStrangersAreNotRead: a query is translated for a token that was accepted, and only then. Mutant: call
// accepted in ask.
func TestI27_QueriesOfStrangersAreNotRead(t *testing.T) {
	const raw = "filter=" + coreURN + ":userName+pr"
	for _, good := range []bool{true, false} {
		s := NewServer(scim.Options{Types: []*schema.ResourceType{schema.User()}, Authenticate: func(context.Context, string, string) (scim.Tenant, error) {
			if !good {
				return scim.Tenant{}, scim.Unauthorized("no such token")
			}
			return scim.Tenant{Live: func(context.Context) error { return nil }}, nil
		}}).(*server)
		r := httptest.NewRequest("POST", "/acme/Users?"+raw, strings.NewReader("x"))
		r.Header.Set("Authorization", "Bearer x")
		x := s.ask(httptest.NewRecorder(), r, schema.User())
		if translated := x.url.RawQuery != raw; translated != good {
			t.Errorf("good %v: translated %v", good, translated)
		}
		if r.URL.RawQuery != raw {
			t.Error("the request of the caller was changed")
		}
	}
}

func TestPatchIn(t *testing.T) {
	const del = `,"operation":"delete"}`
	tests := []struct{ name, given, want string }{
		{"nothing", `{}`, ``},
		{"single values", `{"title":"x","name":{"givenName":"y"}}`, `{"op":"add","value":{"title":"x","name":{"givenName":"y"}}}`},
		{"extension", `{"E":{"manager":{"managerId":"1"},"x":{"managerId":2}}}`, `{"op":"add","value":{"E2":{"manager":{"value":"1"},"x":{"managerId":2}}}}`},
		{"removal", `{"meta":{"attributes":["title","E:manager.managerId"]}}`,
			`{"op":"remove","path":"title"},{"op":"remove","path":"E2:manager.value"},{"op":"add","value":{"meta":{"attributes":["title","E:manager.managerId"]}}}`},
		{"one name", `{"meta":{"Attributes":"title"}}`, `{"op":"remove","path":"title"},{"op":"add","value":{"meta":{"Attributes":"title"}}}`},
		{"matched by value", `{"emails":[{"value":"a\"","type":"work"}]}`,
			`{"op":"add","path":"emails[value eq \"a\\\"\"]","value":{"value":"a\"","type":"work"}}`},
		{"not to be told apart", `{"emails":[{"value":"a"},{"value":"a"},"b",{"type":"x"}]}`,
			`{"op":"add","path":"emails","value":[{"value":"a"},{"value":"a"},"b",{"type":"x"}]}`},
		{"without values", `{"addresses":[{"type":"work"}]}`, `{"op":"add","path":"addresses","value":[{"type":"work"}]}`},
		{"one element", `{"emails":{"value":"a"}}`, `{"op":"add","path":"emails[value eq \"a\"]","value":{"value":"a"}}`},
		{"deletion", `{"emails":[{"value":"a"` + del + `]}`, `{"op":"remove","path":"emails","value":[{"value":"a"}]}`},
		{"deletion first", `{"addresses":[{"type":"a"},{ "oper\u0061tion" : "DELETE", "type":"b"}]}`,
			`{"op":"remove","path":"addresses","value":[{"type":"b"}]},{"op":"add","path":"addresses","value":[{"type":"a"}]}`},
		{"read-only list", `{"groups":[{"value":"a"}]}`, `{"op":"add","value":{"groups":[{"value":"a"}]}}`},
		{"unknown list", `{"x":[{"value":"a"` + del + `]}`, `{"op":"add","value":{"x":[{"value":"a"` + del + `]}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := patchIn(schema.User(), short.Replace(tt.given))
			if err != nil {
				t.Fatal(err)
			}
			got, want := decode(t, strings.Join(out, "")), decode(t, `{"Operations":[`+short.Replace(tt.want)+`]}`)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPatchInReplaces: what is named in meta.attributes and listed anew is replaced in one step.
func TestPatchInReplaces(t *testing.T) {
	const head = `{"meta":{"attributes":["members"]},"members":[`
	for given, want := range map[string]string{
		`{"value":"a"},{"value":"b","operation":"delete"}`: `{"op":"replace","path":"members","value":[{"value":"a"}]}`,
		`{"value":"b","operation":"delete"}`:               `{"op":"remove","path":"members"}`,
		``:                                                 `{"op":"remove","path":"members"}`,
	} {
		out, err := patchIn(schema.Group(), head+given+`]}`)
		if got := strings.Join(out, ""); err != nil || !strings.Contains(got, want) || strings.Count(got, `"members"`) != 2 {
			t.Errorf("%s: %s, %v, want %s", given, got, err, want)
		}
	}
}

func decode(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// TestTranslationKeepsFaults: the parts of a body are moved about and not parsed, so what is wrong with one must still be wrong
// with the result. Mutant: let newList take whatever begins with n for null.
func TestTranslationKeepsFaults(t *testing.T) {
	for _, text := range faulty {
		checkFaults(t, text)
	}
}

var faulty = []string{
	``, `{`, `}`, `[]`, `"`, `{"a":}`, `{"a":,}`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{"emails":nul}`, `{"emails":[,]}`, `{"emails":[{},]}`, `{"emails":[{}{}]}`,
	`{"emails":[}]}`, `{"emails":[{"operation":"delete",}]}`, `{"emails":[{"operation":"delete" "a":1}]}`, `{"emails":[{"value":"a" "operation":"delete"}]}`,
	`{"meta":{"attributes":["a",]}}`, `{"meta":{"attributes":["a"}}`, `{"meta":{"attributes":[nul]}}`, `{"a":1"b"}`, `{"emails":[1"b"]}`, "{\"emails\":[\"\n\"]}",
	`{"` + enterpriseURN + `":{"manager":{"managerId":"a",}}}`, `{"` + enterpriseURN + `":{"manager":}}`, `{"emails":[]} x`, `{"emails":[]]`, `{"\x":1}`, `{"emails":[{"\x":1,"operation":"delete"}]}`,
}

func checkFaults(t *testing.T, text string) {
	t.Helper()
	for name, translate := range map[string]translation{"resource": resourceIn, "patch": patchIn} {
		for _, rt := range []*schema.ResourceType{schema.User(), schema.Group()} {
			out, err := translate(rt, text)
			if joined := strings.Join(out, ""); err == nil && json.Valid([]byte(joined)) != json.Valid([]byte(text)) {
				t.Fatalf("%s of a %s: %s became %s", name, rt.ID, text, joined)
			}
			if errors.Is(err, errMalformed) && json.Valid([]byte(text)) && strings.TrimLeft(text, " \t\r\n")[0] == '{' {
				t.Fatalf("%s of a %s: %s is not malformed", name, rt.ID, text)
			}
		}
	}
}

// FuzzTranslation is the same for whatever a client sends.
func FuzzTranslation(f *testing.F) {
	for _, text := range faulty {
		f.Add(text)
	}
	for _, text := range []string{
		`{"emails":[{"value":"a","operation":"delete"},{"value":"b"}],"meta":{"attributes":["name","` + enterpriseURN + `:manager.managerId"]}}`,
		`{"members":{"value":"x"},"` + enterpriseURN + `":{"manager":{"managerId":"9"}},"x":[1.5e+3,true,null,{"y":[]}]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(checkFaults)
}
