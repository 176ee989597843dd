package filter

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const coreUser = "urn:ietf:params:scim:schemas:core:2.0:User"

func knownURNs() []string { return []string{coreUser, enterprise, "urn:x:y", "urn:x", "urn:x:y:z:a"} }

func TestParsePath(t *testing.T) {
	work := eq("type", "work")
	tests := []struct {
		name, text string
		want       Path
	}{
		{"attribute", `members`, Path{Attr: at("members")}},
		{"sub-attribute", `name.familyName`, Path{Attr: AttrPath{Name: "name", Sub: "familyName"}, Sub: "familyName"}},
		{"spaces around", ` title `, Path{Attr: at("title")}},
		{"RFC 7644 figure 7, core URN", coreUser + `:name.familyName`,
			Path{Attr: AttrPath{URN: coreUser, Name: "name", Sub: "familyName"}, Sub: "familyName"}},
		{"filter", `addresses[type eq "work"]`, Path{Attr: at("addresses"), Filter: work}},
		{"filter and sub-attribute", `emails[type eq "work"].value`, Path{Attr: at("emails"), Filter: work, Sub: "value"}},
		{"filter and $ref", `members[value eq "2819c223"].$ref`, Path{Attr: at("members"), Filter: eq("value", "2819c223"), Sub: "$ref"}},
		{"extension attribute", enterprise + `:employeeNumber`, Path{Attr: AttrPath{URN: enterprise, Name: "employeeNumber"}}},
		{"Entra ID's dot", enterprise + `.manager`, Path{Attr: AttrPath{URN: enterprise, Name: "manager"}}},
		{"Entra ID's dot, sub-attribute", enterprise + `.manager.value`,
			Path{Attr: AttrPath{URN: enterprise, Name: "manager", Sub: "value"}, Sub: "value"}},
		{"extension as a whole", enterprise, Path{Attr: AttrPath{URN: enterprise}}},
		{"URN in another case", strings.ToUpper(enterprise) + `:manager`, Path{Attr: AttrPath{URN: enterprise, Name: "manager"}}},
		{"extension filter", enterprise + `:x[type eq "work"].y`,
			Path{Attr: AttrPath{URN: enterprise, Name: "x"}, Filter: work, Sub: "y"}},
		{"longest known URN", `urn:x:y:z`, Path{Attr: AttrPath{URN: "urn:x:y", Name: "z"}}},
		{"shorter known URN", `urn:x:z`, Path{Attr: AttrPath{URN: "urn:x", Name: "z"}}},
		{"URN ends inside a word", `urn:x:yz`, Path{Attr: AttrPath{URN: "urn:x", Name: "yz"}}},
		{"longest known URN, whole", `urn:x:y`, Path{Attr: AttrPath{URN: "urn:x:y"}}},
		{"unknown URN", `urn:a:b.c:2.0:D:e.f`, Path{Attr: AttrPath{URN: "urn:a:b.c:2.0:D", Name: "e", Sub: "f"}, Sub: "f"}},
		{"misspelt URN", `urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department`,
			Path{Attr: AttrPath{URN: "urn:ietf:params:scim:schemas:extension:enterprise:2.0User", Name: "department"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParsePath(tt.text, knownURNs()...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			again, err := ParsePath(got.String(), knownURNs()...)
			if err != nil {
				t.Fatalf("canonical text %s: %v", got, err)
			}
			if diff := cmp.Diff(got, again); diff != "" {
				t.Errorf("canonical text %s is another path (-want +got)\n%s", got, diff)
			}
		})
	}
}

func TestParsePathErrors(t *testing.T) {
	tests := []struct {
		name, text string
		pos        int
		want       string
	}{
		{"empty", ``, 0, "attribute name"},
		{"filter without attribute", `[type eq "secret"]`, 0, "attribute name"},
		{"slash", `/members`, 0, "attribute name"},
		{"empty filter", `members[]`, 8, "attribute name"},
		{"open filter", `members[value eq "secret"`, 25, "]"},
		{"filter of a sub-attribute", `name.familyName[a eq "secret"]`, 15, "end of the path"},
		{"sub-attribute after a filter of one", `a[b pr].c.d`, 9, "end of the path"},
		{"empty sub-attribute", `a[b pr].`, 8, "sub-attribute"},
		{"comparison", `userName eq "secret"`, 9, "end of the path"},
		{"filter of a whole extension", enterprise + `[a pr]`, 58, "end of the path"},
		{"nothing after the URN", coreUser + `:`, 43, "attribute name"},
		{"deep filter", "a[" + strings.Repeat("(", 40), MaxDepth + 1, "deep"},
		{"long", strings.Repeat("a", MaxBytes+1), MaxBytes, "bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParsePath(tt.text, knownURNs()...)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("ParsePath = %v, %v; want an *Error", got, err)
			}
			if diff := cmp.Diff(Path{}, got); diff != "" {
				t.Errorf("a path came with the error (-want +got)\n%s", diff)
			}
			if e.Pos != tt.pos || !strings.Contains(e.Msg, tt.want) || strings.Contains(e.Msg, "secret") {
				t.Errorf("error %q; want position %d and %q", err, tt.pos, tt.want)
			}
		})
	}
}
