package scim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// staffed is a service with the users anna and ben and the group Staff, whose only member is anna.
func staffed(t testing.TB) (s *service, anna, ben, staff string) {
	t.Helper()
	s = newService()
	anna, ben = s.create(t, `{"userName":"anna"}`), s.create(t, `{"userName":"ben"}`)
	w := s.do("POST", "/Groups", `{"displayName":"Staff","members":[{"value":"`+anna+`"}]}`)
	if w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return s, anna, ben, object(t, w)["id"].(string)
}

func TestLifeOfAGroup(t *testing.T) {
	s, anna, _, staff := staffed(t)
	const base = "https://scim.example/scim/v2/acme"
	want := map[string]any{
		"schemas": []any{schema.GroupURN}, "id": staff, "displayName": "Staff",
		"members": []any{map[string]any{"value": anna, "$ref": base + "/Users/" + anna, "type": "User", "display": "anna"}},
		"meta": map[string]any{"resourceType": "Group", "created": "2026-01-02T03:04:07.000678Z", "lastModified": "2026-01-02T03:04:08.000678Z",
			"location": base + "/Groups/" + staff, "version": `W/"1"`},
	}
	w := s.do("GET", "/Groups/"+staff, "")
	if d := cmp.Diff(want, object(t, w)); d != "" || w.Code != 200 || w.Header().Get("ETag") != `W/"1"` || w.Header().Get("Content-Location") != base+"/Groups/"+staff {
		t.Errorf("GET %d %v (-want +got):\n%s", w.Code, w.Header(), d)
	}
	if d := cmp.Diff([]any{want}, object(t, s.do("GET", "/Groups", ""))["Resources"]); d != "" {
		t.Errorf("list (-want +got):\n%s", d)
	}
	groups := []any{map[string]any{"value": staff, "$ref": base + "/Groups/" + staff, "type": "direct", "display": "Staff"}}
	if d := cmp.Diff(groups, object(t, s.do("GET", "/Users/"+anna, ""))["groups"]); d != "" {
		t.Errorf("groups of the user (-want +got):\n%s", d)
	}
	if s.do("DELETE", "/Users/"+anna, "").Code != 204 {
		t.Fatal("DELETE of the user")
	}
	if got := object(t, s.do("GET", "/Groups/"+staff, "")); got["members"] != nil {
		t.Errorf("after its only member is gone: %v", got)
	}
	if w := s.do("DELETE", "/Groups/"+staff, ""); w.Code != 204 {
		t.Errorf("DELETE %d", w.Code)
	}
	refused(t, s.do("GET", "/Groups/"+staff, ""), 404, "")
	if w := s.do("POST", "/Groups", `{"displayName":"staff"}`); w.Code != 201 {
		t.Errorf("the name is not free again: %d %s", w.Code, w.Body)
	}
}

// TestWritesOfMembers: what the bodies of POST and PUT say of the members.
func TestWritesOfMembers(t *testing.T) {
	for _, tt := range []struct {
		name, members string // as in the body; {A} and {B} are users
		want          string // of the PUT on a group with A
		status        int
		kind          string
	}{
		{"absent", ``, "A", 200, ""},
		{"null", `,"members":null`, "", 200, ""},
		{"empty", `,"members":[]`, "", 200, ""},
		{"objects", `,"members":[{"value":"{B}","display":"x","type":"User","$ref":null}]`, "B", 200, ""},
		{"bare ids", `,"members":["{B}","{A}"]`, "AB", 200, ""},
		{"one object", `,"members":{"value":"{B}"}`, "B", 200, ""},
		{"twice the same", `,"members":[{"value":"{B}"},{"value":"{B}"}]`, "B", 200, ""},
		{"any case", `,"Members":[{"Value":"{B}"}]`, "B", 200, ""},
		{"reference alone", `,"members":[{"$ref":"https://scim.example/scim/v2/acme/Users/{B}"}]`, "B", 200, ""},
		{"both cases", `,"members":[],"Members":[]`, "A", 400, "invalidSyntax"},
		{"no value", `,"members":[{"display":"s3cr3t"}]`, "A", 400, "invalidValue"},
		{"empty value", `,"members":[{"value":""}]`, "A", 400, "invalidValue"},
		{"value of another type", `,"members":[{"value":7}]`, "A", 400, "invalidValue"},
		{"null among them", `,"members":[null]`, "A", 400, "invalidValue"},
		{"number", `,"members":7`, "A", 400, "invalidValue"},
		{"group", `,"members":[{"value":"{B}","type":"Group"}]`, "A", 400, "invalidValue"},
		{"nobody", `,"members":[{"value":"{B}"},{"value":"s3cr3t"}]`, "A", 400, "invalidValue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, a, b, staff := staffed(t)
			content := strings.NewReplacer("{A}", a, "{B}", b).Replace(`{"displayName":"Staff 2"` + tt.members + `}`)
			w := s.do("PUT", "/Groups/"+staff, content)
			if tt.status != 200 {
				refused(t, w, tt.status, tt.kind)
				if strings.Contains(w.Body.String(), secret) {
					t.Errorf("echoed: %s", w.Body)
				}
			} else if w.Code != 200 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			got := object(t, s.do("GET", "/Groups/"+staff, ""))
			if renamed := got["displayName"] == "Staff 2"; renamed != (tt.status == 200) {
				t.Errorf("half applied: %v", got)
			}
			if names := membersOf(got); names != tt.want {
				t.Errorf("members %q, want %q", names, tt.want)
			}
			created := s.do("POST", "/Groups", strings.Replace(content, "Staff 2", "Other", 1))
			if tt.status == 200 && created.Code != 201 || tt.status != 200 && created.Code != tt.status {
				t.Errorf("POST: %d %s", created.Code, created.Body)
			}
		})
	}
}

// membersOf writes anna as A and ben as B.
func membersOf(group map[string]any) string {
	list, _ := group["members"].([]any)
	names := ""
	for _, m := range list {
		names += strings.ToUpper(m.(map[string]any)["display"].(string)[:1])
	}
	return names
}

// TestMembersOfAPatchAreAllOrNothing: what concerns members and what does not succeed together.
func TestMembersOfAPatchAreAllOrNothing(t *testing.T) {
	for _, tt := range []struct{ name, operations, kind string }{
		{"unknown member", `{"op":"replace","path":"displayName","value":"x"},{"op":"add","path":"members","value":[{"value":"{B}"},{"value":"nobody"}]}`, "invalidValue"},
		{"attribute fails", `{"op":"add","path":"members","value":[{"value":"{B}"}]},{"op":"replace","path":"shoeSize","value":"x"}`, "invalidPath"},
		{"member fails", `{"op":"remove","path":"members"},{"op":"add","path":"members","value":[{}]}`, "invalidValue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _, b, staff := staffed(t)
			before := object(t, s.do("GET", "/Groups/"+staff, ""))
			w := s.do("PATCH", "/Groups/"+staff, strings.ReplaceAll(`{"Operations":[`+tt.operations+`]}`, "{B}", b))
			refused(t, w, 400, tt.kind)
			if d := cmp.Diff(before, object(t, s.do("GET", "/Groups/"+staff, ""))); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestReadOnlyLinksAreIgnored: Okta sends a user's groups back.
func TestReadOnlyLinksAreIgnored(t *testing.T) {
	s, anna, ben, staff := staffed(t)
	for _, w := range []int{
		s.do("PUT", "/Users/"+anna, `{"userName":"anna","groups":[]}`).Code,
		s.do("PUT", "/Users/"+ben, `{"userName":"ben","groups":[{"value":"`+staff+`"}]}`).Code,
		s.do("PATCH", "/Users/"+ben, `{"Operations":[{"op":"add","value":{"groups":[{"value":"`+staff+`"}]}}]}`).Code,
	} {
		if w != 200 {
			t.Errorf("status %d", w)
		}
	}
	refused(t, s.do("PATCH", "/Users/"+ben, `{"Operations":[{"op":"add","path":"groups","value":[{"value":"`+staff+`"}]}]}`), 400, "mutability")
	if got := membersOf(object(t, s.do("GET", "/Groups/"+staff, ""))); got != "A" {
		t.Errorf("members %q", got)
	}
}

// TestReferencesAreReadOnlyToBeShown has in its table what each answer shows; members that are not shown are not read.
func TestReferencesAreReadOnlyToBeShown(t *testing.T) {
	s, anna, _, staff := staffed(t)
	ref := "https://scim.example/scim/v2/acme/Users/" + anna
	for _, tt := range []struct{ query, want string }{
		{"", `[{"value":"` + anna + `","$ref":"` + ref + `","type":"User","display":"anna"}]`},
		{"?attributes=members", `[{"value":"` + anna + `","$ref":"` + ref + `","type":"User","display":"anna"}]`},
		{"?attributes=urn:ietf:params:scim:schemas:core:2.0:Group:MEMBERS.value", `[{"value":"` + anna + `"}]`},
		{"?attributes=members.display,members.$ref", `[{"$ref":"` + ref + `","display":"anna"}]`},
		{"?excludedAttributes=members.$ref,members.type", `[{"value":"` + anna + `","display":"anna"}]`},
		{"?attributes=members&excludedAttributes=members.display,members.$ref,members.type", `[{"value":"` + anna + `"}]`},
		{"?excludedAttributes=members", ""},
		{"?excludedAttributes=members.value,members.$ref,members.type,members.display", ""},
		{"?attributes=displayName", ""},
		{"?attributes=members.shoeSize", ""},
		{"?attributes=members&excludedAttributes=members", ""},
	} {
		for _, method := range []string{"GET", "PUT", "PATCH", "list"} {
			path, content := "/Groups/"+staff+tt.query, ""
			switch method {
			case "PUT":
				content = `{"displayName":"Staff"}`
			case "PATCH":
				content = `{"Operations":[]}`
			case "list":
				path = "/Groups" + tt.query
			}
			s.read = 0
			got := object(t, s.do(strings.Replace(method, "list", "GET", 1), path, content))
			if method == "list" {
				got = got["Resources"].([]any)[0].(map[string]any)
			}
			var want any
			if tt.want != "" {
				if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(want, got["members"]); d != "" {
				t.Errorf("%s %s (-want +got):\n%s", method, tt.query, d)
			}
			if read := s.read > 0; read != (tt.want != "") {
				t.Errorf("%s %s: %d references read", method, tt.query, s.read)
			}
		}
	}
}

func TestWritesShowFewMembersUnlessAsked(t *testing.T) {
	s := newService()
	var ids []string
	for i := range scim.MaxWriteReferences + 1 {
		ids = append(ids, `"`+s.create(t, fmt.Sprintf(`{"userName":"u%04d"}`, i))+`"`)
	}
	all, most := strings.Join(ids, ","), strings.Join(ids[1:], ",")
	w := s.do("POST", "/Groups", `{"displayName":"g","members":[`+all+`]}`)
	id := object(t, w)["id"].(string)
	shown := func(method, query, members string) int {
		t.Helper()
		content := ""
		if method == "PUT" {
			content = `{"displayName":"g","members":[` + members + `]}`
		}
		list, _ := object(t, s.do(method, "/Groups/"+id+query, content))["members"].([]any)
		return len(list)
	}
	for _, tt := range []struct {
		method, query, members string
		want                   int
	}{
		{"PUT", "", all, 0},
		{"PUT", "?attributes=members", all, len(ids)},
		{"PUT", "", most, len(ids) - 1},
		{"PUT", "?attributes=displayName", most, 0},
		{"GET", "", "", len(ids) - 1},
		{"PUT", "", all, 0},
		{"GET", "", "", len(ids)},
	} {
		if got := shown(tt.method, tt.query, tt.members); got != tt.want {
			t.Errorf("%s %s shows %d members, want %d", tt.method, tt.query, got, tt.want)
		}
	}
}

func TestReferencesNeedEscapes(t *testing.T) {
	s := newService()
	id := s.create(t, `{"userName":"a\"<\u00e9>\\"}`)
	got := object(t, s.do("POST", "/Groups", `{"displayName":"g","members":["`+id+`"]}`))
	if display := got["members"].([]any)[0].(map[string]any)["display"]; display != "a\"<é>\\" {
		t.Errorf("display %q", display)
	}
}
