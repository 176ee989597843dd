package patch_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim/filter"
	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

func link(ids ...string) patch.LinkChange { return patch.LinkChange{Op: patch.Link, IDs: ids} }

func unlink(ids ...string) patch.LinkChange { return patch.LinkChange{Op: patch.Unlink, IDs: ids} }

func relink(ids ...string) patch.LinkChange { return patch.LinkChange{Op: patch.Relink, IDs: ids} }

// linkText is changes as text, with filters in canonical form.
func linkText(changes []patch.LinkChange) []string {
	var text []string
	for _, c := range changes {
		s := map[patch.LinkOp]string{patch.Link: "link", patch.Unlink: "unlink", patch.Relink: "relink"}[c.Op]
		if c.Where != nil {
			s += " where " + c.Where.String()
		}
		text = append(text, strings.TrimSpace(s+" "+strings.Join(c.IDs, ",")))
	}
	return text
}

// nothing is what is left of an operation that was taken whole.
const nothing = `{"op":"add","value":{}}`

func TestSplit(t *testing.T) {
	where := func(text string) patch.LinkChange {
		x, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return patch.LinkChange{Op: patch.Unlink, Where: x}
	}
	for _, tt := range []struct {
		name, ops, rest string // rest empty: nothing is left of any operation
		links           []patch.LinkChange
	}{
		{"Entra adds", `[{"op":"Add","path":"members","value":[{"$ref":null,"value":"a"},{"$ref":null,"value":"b"}]}]`, ``, []patch.LinkChange{link("a", "b")}},
		{"Entra removes, by default", `[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"a"}]}]`, ``, []patch.LinkChange{unlink("a")}},
		{"Entra removes, flagged", `[{"op":"remove","path":"members[value eq \"a\"]"}]`, ``, []patch.LinkChange{unlink("a")}},
		{"Entra renames", `[{"op":"Replace","path":"displayName","value":"x"}]`, `[{"op":"Replace","path":"displayName","value":"x"}]`, nil},
		{"Okta changes", `[{"op":"remove","path":"members[value eq \"a\"]"},{"op":"add","path":"members","value":[{"value":"b","display":"b@x"}]}]`,
			``, []patch.LinkChange{unlink("a"), link("b")}},
		{"Okta pushes all", `[{"op":"replace","path":"members","value":[{"value":"a","display":"x"},{"value":"b","display":"y"}]}]`, ``, []patch.LinkChange{relink("a", "b")}},
		{"Okta empties", `[{"op":"replace","path":"members","value":[]}]`, ``, []patch.LinkChange{relink()}},
		{"Okta empties without a path", `[{"op":"replace","value":{"id":"g","displayName":"x","members":[]}}]`,
			`[{"op":"replace","value":{"id":"g","displayName":"x"}}]`, []patch.LinkChange{relink()}},
		{"Okta renames", `[{"op":"replace","value":{"id":"g","displayName":"x"}}]`, `[{"op":"replace","value":{"id":"g","displayName":"x"}}]`, nil},
		{"Okta names an element again", `[{"op":"replace","path":"members[value eq \"a\"].display","value":"x"}]`, ``, nil},
		{"OneLogin adds", `[{"value":[{"value":"a"}],"op":"add","path":"members"}]`, ``, []patch.LinkChange{link("a")}},
		{"OneLogin removes one", `[{"value":[{"value":"a"}],"op":"remove","path":"members"}]`, ``, []patch.LinkChange{unlink("a")}},
		{"authentik replaces the group", `[{"op":"replace","value":{"schemas":["G"],"externalId":"e","displayName":"x","members":[{"value":"a"}]}}]`,
			`[{"op":"replace","value":{"schemas":["G"],"externalId":"e","displayName":"x"}}]`, []patch.LinkChange{relink("a")}},
		{"authentik replaces the group without members", `[{"op":"replace","value":{"displayName":"x"}}]`, `[{"op":"replace","value":{"displayName":"x"}}]`, nil},
		{"Salesforce removes", `[{"op":"remove","value":{"members":[{"value":"a"}]}}]`, `[{"op":"remove","value":{}}]`, []patch.LinkChange{unlink("a")}},
		{"Keyspider adds", `[{"op":"Add","value":{"members":[{"value":"a"}]}}]`, `[{"op":"Add","value":{}}]`, []patch.LinkChange{link("a")}},
		{"RFC example: add", `[{"op":"add","path":"members","value":[{"display":"Babs Jensen","$ref":"https://example.com/v2/Users/2819c223","value":"2819c223"}]}]`, ``, []patch.LinkChange{link("2819c223")}},
		{"RFC example: remove all", `[{"op":"remove","path":"members"}]`, ``, []patch.LinkChange{unlink()}},
		{"RFC example: remove a user", `[{"op":"remove","path":"members[value eq \"2819c223\"]"}]`, ``, []patch.LinkChange{unlink("2819c223")}},

		{"op and names in any case", `[{"op":"ADD","path":"MEMBERS","value":{"VALUE":"a"}},{"op":"Remove","path":"Members[VALUE EQ \"b\"]"}]`,
			``, []patch.LinkChange{link("a"), unlink("b")}},
		{"qualified", `[{"op":"add","path":"G:members","value":"a"},{"op":"add","value":{"G:members":["b"]}}]`, ``, []patch.LinkChange{link("a"), link("b")}},
		{"the schema's object", `[{"op":"replace","value":{"G":{"members":["a"],"displayName":"x"}}}]`, `[{"op":"replace","value":{"G":{"displayName":"x"}}}]`, []patch.LinkChange{relink("a")}},
		{"the schema's path", `[{"op":"replace","path":"G","value":{"members":["a"],"displayName":"x"}}]`, `[{"op":"replace","path":"G","value":{"displayName":"x"}}]`, []patch.LinkChange{relink("a")}},
		{"bare strings", `[{"op":"add","path":"members","value":["a","b"]},{"op":"remove","path":"members","value":"c"}]`, ``, []patch.LinkChange{link("a", "b"), unlink("c")}},
		{"each once", `[{"op":"add","path":"members","value":["a","b",{"value":"a"}]}]`, ``, []patch.LinkChange{link("a", "b")}},
		{"ids keep their case and spaces", `[{"op":"add","path":"members","value":["A","a"," a"]}]`, ``, []patch.LinkChange{link("A", "a", " a")}},
		{"by $ref", `[{"op":"add","path":"members","value":[{"$ref":"https://x.example/scim/v2/Users/a"},{"$ref":"../Users/b/","value":""},{"$ref":"c?x=/d#/e","value":null}]}]`, ``,
			[]patch.LinkChange{link("a", "b", "c")}},
		{"type User", `[{"op":"add","path":"members","value":[{"value":"a","type":"User"},{"value":"b","type":"user"},{"value":"c","type":"direct"},{"value":"d","type":null}]}]`, ``,
			[]patch.LinkChange{link("a", "b", "c", "d")}},

		{"add nothing", `[{"op":"add","path":"members","value":[]},{"op":"add","path":"members","value":null},{"op":"add","value":{"members":""}}]`,
			``, nil},
		{"replace by null", `[{"op":"replace","path":"members","value":null}]`, ``, []patch.LinkChange{relink()}},
		{"replace by the empty string", `[{"op":"replace","path":"members","value":""}]`, ``, []patch.LinkChange{relink()}},
		{"remove an empty list", `[{"op":"remove","path":"members","value":[]},{"op":"remove","value":{"members":""}}]`, `[` + nothing + `,{"op":"remove","value":{}}]`, nil},
		{"remove with null", `[{"op":"remove","path":"members","value":null},{"op":"remove","value":{"members":null}}]`, `[` + nothing + `,{"op":"remove","value":{}}]`, []patch.LinkChange{unlink(), unlink()}},
		{"remove several by filter", `[{"op":"remove","path":"members[value eq \"a\" or (value eq \"b\" or VALUE eq \"a\")]"}]`, ``, []patch.LinkChange{unlink("a", "b")}},
		{"remove by another filter", `[{"op":"remove","path":"members[value sw \"a\"]"},{"op":"remove","path":"members[value eq \"a\" and type eq \"User\"]"},{"op":"remove","path":"members[value eq \"a\" or type eq \"b\"]"}]`,
			``,
			[]patch.LinkChange{where(`value sw "a"`), where(`value eq "a" and type eq "User"`), where(`value eq "a" or type eq "b"`)}},
		{"remove what cannot be", `[{"op":"remove","path":"members[value eq \"a\" and value eq \"b\"]"}]`, ``, []patch.LinkChange{where(`value eq "a" and value eq "b"`)}},
		{"remove by ne and by null", `[{"op":"remove","path":"members[value ne \"a\"]"},{"op":"remove","path":"members[value eq null]"}]`,
			``, []patch.LinkChange{where(`value ne "a"`), where(`value eq null`)}},
		{"remove by filter, value ignored", `[{"op":"remove","path":"members[value eq \"a\"]","value":[{"value":"b"}]}]`, ``, []patch.LinkChange{unlink("a")}},
		{"add what the filter names", `[{"op":"add","path":"members[value eq \"a\"]","value":{"display":"x"}},{"op":"replace","path":"members[value eq \"b\" and type eq \"User\"]","value":[{"value":"b"}]},{"op":"add","path":"members[value eq \"c\"]","value":"c"}]`,
			``, []patch.LinkChange{link("a"), link("b"), link("c")}},
		{"replace an element by nothing", `[{"op":"replace","path":"members[value eq \"a\"]","value":null},{"op":"replace","path":"members[type eq \"x\"]","value":""}]`,
			``, []patch.LinkChange{unlink("a"), where(`type eq "x"`)}},
		{"value path as a key", `[{"op":"remove","value":{"members[value eq \"a\"]":null,"members":["b"]}}]`, `[{"op":"remove","value":{}}]`, []patch.LinkChange{unlink("b"), unlink("a")}},
		{"read-only part as a key", `[{"op":"replace","value":{"members.display":"x","displayName":"y"}}]`, `[{"op":"replace","value":{"displayName":"y"}}]`, nil},
		{"in order, among others", `[{"op":"add","path":"members","value":["a"]},{"op":"replace","path":"displayName","value":"x"},{"op":"replace","path":"members","value":["b"]},{"op":"add","path":"members","value":["a"]}]`,
			`[` + nothing + `,{"op":"replace","path":"displayName","value":"x"},` + nothing + `,` + nothing + `]`, []patch.LinkChange{link("a"), relink("b"), link("a")}},
		{"what Apply has words for", `[{"op":"move","path":"members"},{"op":"add","path":"members[","value":"a"},{"op":"add","path":"members[nick eq \"a\"]","value":"a"},{"op":"remove"}]`,
			`[{"op":"move","path":"members"},{"op":"add","path":"members[","value":"a"},{"op":"add","path":"members[nick eq \"a\"]","value":"a"},{"op":"remove"}]`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ops := operations(t, tt.ops)
			if tt.rest == "" {
				tt.rest = `[` + nothing + strings.Repeat(`,`+nothing, len(ops)-1) + `]`
			}
			rest, links, err := patch.Split(schema.Group(), ops)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(linkText(tt.links), linkText(links)); d != "" {
				t.Errorf("links (-want +got):\n%s", d)
			}
			if d := cmp.Diff(operations(t, tt.rest), rest); d != "" {
				t.Errorf("rest (-want +got):\n%s", d)
			}
			if d := cmp.Diff(operations(t, tt.ops), ops); d != "" {
				t.Errorf("the operations were modified:\n%s", d)
			}
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	many := `[` + strings.Repeat(`{"op":"remove","path":"members"},`, patch.MaxOperations) + `{"op":"remove","path":"members"}]`
	scans := `[` + strings.Repeat(`{"op":"remove","path":"members[value sw \"a\"]"},`, filter.MaxNodes) + `{"op":"remove","path":"members[value sw \"b\"]"}]`
	text := `{"op":"remove","path":"members[value eq \"` + strings.Repeat("x", 8000) + `\"]"}`
	long := `[` + strings.Repeat(text+`,`, 300) + text + `]`
	for _, tt := range []struct{ name, ops, kind, at string }{
		{"no value", `[{"op":"add","path":"members"}]`, schema.InvalidValue, "operation 1"},
		{"replace without a value empties nothing", `[{"op":"add","path":"title"},{"op":"replace","path":"members"}]`, schema.InvalidValue, "operation 2"},
		{"no id", `[{"op":"add","path":"members","value":[{"value":"a"},{"display":"s3cr3t"}]}]`, schema.InvalidValue, "operation 1"},
		{"empty id", `[{"op":"replace","path":"members","value":[{"value":""}]}]`, schema.InvalidValue, ""},
		{"null id", `[{"op":"replace","path":"members","value":[{"value":null,"$ref":null}]}]`, schema.InvalidValue, ""},
		{"null element", `[{"op":"replace","path":"members","value":[null]}]`, schema.InvalidValue, ""},
		{"empty element", `[{"op":"remove","path":"members","value":[""]}]`, schema.InvalidValue, ""},
		{"empty object", `[{"op":"remove","path":"members","value":{}}]`, schema.InvalidValue, ""},
		{"$ref without an id", `[{"op":"add","path":"members","value":[{"$ref":"/"}]}]`, schema.InvalidValue, ""},
		{"number as id", `[{"op":"add","path":"members","value":[{"value":5}]}]`, schema.InvalidValue, ""},
		{"number as element", `[{"op":"add","path":"members","value":[5]}]`, schema.InvalidValue, ""},
		{"true for a list", `[{"op":"replace","path":"members","value":true}]`, schema.InvalidValue, ""},
		{"list in a list", `[{"op":"replace","path":"members","value":[["s3cr3t"]]}]`, schema.InvalidValue, ""},
		{"NUL in an id", `[{"op":"add","path":"members","value":["s3cr3t\u0000"]}]`, schema.InvalidValue, ""},
		{"NUL in the value", `[{"op":"add","path":"members","value":[{"value":"s3cr3t\u0000"}]}]`, schema.InvalidValue, ""},
		{"number as $ref", `[{"op":"add","path":"members","value":[{"value":"a","$ref":5}]}]`, schema.InvalidValue, ""},
		{"value twice", `[{"op":"add","path":"members","value":[{"value":"s3cr3t","VALUE":"b"}]}]`, schema.InvalidSyntax, ""},
		{"a group", `[{"op":"add","path":"members","value":[{"value":"s3cr3t","type":"Group"}]}]`, schema.InvalidValue, ""},
		{"a group in small letters", `[{"op":"remove","path":"members","value":[{"value":"s3cr3t","type":"group"}]}]`, schema.InvalidValue, ""},
		{"a group by $ref", `[{"op":"add","path":"members","value":[{"$ref":"https://x.example/v2/Groups/s3cr3t"}]}]`, schema.InvalidValue, ""},
		{"number as type", `[{"op":"add","path":"members","value":[{"value":"a","type":5}]}]`, schema.InvalidValue, ""},
		{"members twice", `[{"op":"add","value":{"members":["a"],"MEMBERS":["s3cr3t"]}}]`, schema.InvalidSyntax, ""},
		{"null element without a path", `[{"op":"replace","value":{"members":[null]}}]`, schema.InvalidValue, ""},
		{"another than the filter's", `[{"op":"replace","path":"members[value eq \"s3cr3t\"]","value":{"value":"b"}}]`, schema.InvalidValue, ""},
		{"a group in the filter", `[{"op":"add","path":"members[value eq \"s3cr3t\" and type eq \"Group\"]","value":{"display":"x"}}]`, schema.InvalidValue, ""},
		{"filter of several", `[{"op":"add","path":"members[value eq \"s3cr3t\" or value eq \"b\"]","value":{"display":"x"}}]`, schema.NoTarget, ""},
		{"filter of none", `[{"op":"replace","path":"members[type eq \"User\"]","value":{"value":"s3cr3t"}}]`, schema.NoTarget, ""},
		{"filter of a contradiction", `[{"op":"replace","path":"members[value eq \"a\" and value eq \"b\"]","value":{"value":"a"}}]`, schema.NoTarget, ""},
		{"filter by null", `[{"op":"add","path":"members[value eq null]","value":{"value":"a"}}]`, schema.NoTarget, ""},
		{"value of all", `[{"op":"replace","path":"members.value","value":"s3cr3t"}]`, schema.Mutability, ""},
		{"value of none", `[{"op":"add","path":"members.value","value":"s3cr3t"}]`, schema.Mutability, ""},
		{"value of one", `[{"op":"replace","path":"members[value eq \"a\"].value","value":"s3cr3t"}]`, schema.Mutability, ""},
		{"value removed", `[{"op":"remove","path":"members.value"}]`, schema.Mutability, ""},
		{"value of one removed", `[{"op":"remove","path":"members[value eq \"a\"].value"}]`, schema.Mutability, ""},
		{"display of all", `[{"op":"replace","path":"members.display","value":"s3cr3t"}]`, schema.Mutability, ""},
		{"display added", `[{"op":"add","path":"members[value eq \"a\"].display","value":"s3cr3t"}]`, schema.Mutability, ""},
		{"$ref of one", `[{"op":"replace","path":"members[value eq \"a\"].$ref","value":"s3cr3t"}]`, schema.Mutability, ""},
		{"value as a key", `[{"op":"replace","value":{"members.value":"s3cr3t"}}]`, schema.Mutability, ""},
		{"too many operations", many, schema.TooMany, ""},
		{"too much text in filters", long, schema.TooMany, "operation "},
		{"too much text in keys", strings.ReplaceAll(strings.ReplaceAll(long, `"path":`, `"value":{`), `]"}`, `]":null}}`), schema.TooMany, "operation "},
		{"too many scans", scans, schema.TooMany, "operation 51"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rest, links, err := patch.Split(schema.Group(), operations(t, tt.ops))
			var e *schema.Error
			if !errors.As(err, &e) || e.Type != tt.kind || rest != nil || links != nil {
				t.Fatalf("got %v, %v, %v; want an error of type %s", rest, links, err, tt.kind)
			}
			if strings.Contains(e.Detail, "s3cr3t") || !strings.Contains(e.Detail, tt.at) {
				t.Errorf("detail %q; want it with %q and without the value", e.Detail, tt.at)
			}
		})
	}
}

// Errors of Apply about what Split left count the operations of the request.
func TestSplitKeepsPositions(t *testing.T) {
	ops := operations(t, `[{"op":"add","path":"members","value":["a"]},{"op":"remove","path":"members"},{"op":"replace","path":"shoeSize","value":1}]`)
	rest, _, err := patch.Split(schema.Group(), ops)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = patch.Apply(schema.Group(), map[string]any{"displayName": "x"}, rest)
	if err == nil || !strings.Contains(err.Error(), "operation 3:") {
		t.Errorf("error %v; want one about operation 3", err)
	}
}

// Groups of a user are read-only: what is sent of them is for Apply to refuse or to ignore.
func TestSplitLeavesReadOnlyLinks(t *testing.T) {
	ops := operations(t, `[{"op":"add","path":"groups","value":[{"value":"g"}]},{"op":"replace","value":{"groups":[]}}]`)
	rest, links, err := patch.Split(schema.User(), ops)
	if err != nil || links != nil {
		t.Fatalf("links %v, error %v", links, err)
	}
	if d := cmp.Diff(ops, rest); d != "" {
		t.Errorf("rest (-want +got):\n%s", d)
	}
	var e *schema.Error
	if _, _, err := patch.Apply(schema.User(), user(t, `{}`), rest[:1]); !errors.As(err, &e) || e.Type != schema.Mutability {
		t.Errorf("by path: %v; want mutability", err)
	}
	if _, _, err := patch.Apply(schema.User(), user(t, `{}`), rest[1:]); err != nil {
		t.Errorf("without a path: %v", err)
	}
}

// TestI7_EmptyRemovesNoMember: only a removal that names members, or that has no value at all, takes anybody out. Mutant:
// without the check for an empty list in changeListed, a change without ids stands for all members.
func TestI7_EmptyRemovesNoMember(t *testing.T) {
	for _, op := range []string{
		`{"op":"remove","path":"members","value":[]}`, `{"op":"remove","path":"members","value":""}`,
		`{"op":"remove","value":{"members":[]}}`, `{"op":"remove","value":{}}`, `{"op":"add","path":"members","value":[]}`,
		`{"op":"add","path":"members","value":null}`, `{"op":"replace","value":{"displayName":"x"}}`,
		`{"op":"replace","path":"G","value":{"displayName":"x"}}`, `{"op":"replace","value":{"urn:example:x":{"members":[]}}}`,
		`{"op":"remove","path":"displayName"}`,
	} {
		_, links, err := patch.Split(schema.Group(), operations(t, `[`+op+`]`))
		if err != nil || len(links) > 0 {
			t.Errorf("%s: %q, %v", op, linkText(links), err)
		}
	}
}
