package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// badFilters are refused for every resource type.
func badFilters() map[string]string {
	wide := strings.Repeat("displayName pr or ", 50) + "displayName pr"
	return map[string]string{
		"empty": "", "blank": " ", "broken": `displayName eq "x`, "no operator": "displayName", "no value": "displayName eq", "unknown operator": `displayName is "x"`,
		"unknown attribute": `favouriteColour eq "x"`, "unknown URN": `urn:x:y:displayName eq "x"`, "a secret": `password sw "a"`, "a secret, present": "password pr", "flag": "isSCIMActive eq true",
		"flag, other": "isSCIMConnected eq false", "column": `customer_id eq "x"`, "token": `token pr`, "deep": strings.Repeat("(", 33) + "displayName pr" + strings.Repeat(")", 33),
		"4,000 parentheses": strings.Repeat("(", 4000), "51 nodes": wide, "over 8 KiB": `displayName eq "` + strings.Repeat("x", 8<<10) + `"`,
		"SQL": `displayName eq "x" OR 1=1`, "SQL, closed": `displayName eq "x") --`, "a comment": `displayName pr/**/`, "negated secret": `not (password eq "x")`, "secret behind or": `displayName pr or password pr`,
		"more behind": `displayName pr displayName pr`, "two values": `displayName eq "x" "y"`, "U+0000": "displayName eq \"x\x00\"",
	}
}

// harmless are filters that look like attacks and are none: they match nobody.
func harmless() []string {
	return []string{
		`displayName eq "x' OR '1'='1"`, `displayName eq "\") OR 1=1 --"`, `displayName co "%"`, `displayName sw "_"`, `displayName eq "$1"`, `displayName co "?"`,
		`externalId eq "'; DROP TABLE users; --"`, `displayName ew "\\"`, `displayName eq "{\"$ne\":null}"`, `id eq "' OR ''='"`, `displayName co "*"`,
	}
}

// TestFace_FiltersNeverMeanAllRows: a filter that cannot be understood is refused wherever filters are taken, and one that can
// selects what it says, whatever it says.
func TestFace_FiltersNeverMeanAllRows(t *testing.T) {
	atFront(t, func(f *front) {
		before := f.estate()
		for name, filter := range badFilters() {
			search := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":%q}`, filter)
			if strings.ContainsRune(filter, 0) {
				search = strings.ReplaceAll(search, `\x00`, `\u0000`)
			}
			for _, kind := range []string{"/Users", "/Groups", ""} {
				a := f.do("GET", v2+kind+"?filter="+url.QueryEscape(filter), "")
				if a.refusal() != "400 invalidFilter" {
					f.Errorf("%s: GET %s: %d %.200s", name, kind, a.Status, a.Body)
				}
				if name == "empty" {
					continue // in a body, that is no filter
				}
				a = f.do("POST", v2+kind+"/.search", search)
				if a.Status != 400 || a.object()["Resources"] != nil {
					f.Errorf("%s: POST %s/.search: %d %.200s", name, kind, a.Status, a.Body)
				}
			}
			for _, kind := range []string{"/Users", "/Groups"} {
				if a := f.do("GET", v1+kind+"?filter="+url.QueryEscape(filter), ""); a.Status != 400 {
					f.Errorf("%s: GET %s of SCIM 1.1: %d %.200s", name, kind, a.Status, a.Body)
				}
			}
		}
		for _, filter := range harmless() {
			for _, target := range []string{v2 + "/Users", v2 + "/Groups", v2, v1 + "/Users", v1 + "/Groups"} {
				a := f.do("GET", target+"?filter="+url.QueryEscape(filter), "")
				if a.Status != 200 || a.object()["totalResults"] != 0.0 {
					f.Errorf("%s at %s: %d %.200s, want nobody", filter, target, a.Status, a.Body)
				}
			}
		}
		for _, target := range []string{v2 + "/Users", v2 + "/Groups", v2} {
			if a := f.do("GET", target+"?filter=displayName+pr&filter=displayName+pr", ""); a.Status != 400 {
				f.Errorf("two filters at %s: %d", target, a.Status)
			}
		}
		f.refusePaths()
		f.unchanged(before, "filters")
	})
}

// refusePaths sends PATCHes whose path holds a filter that cannot be understood.
func (f *front) refusePaths() {
	f.Helper()
	for name, path := range map[string]string{
		"a user": `emails[type eq \"work\" or password pr].value`, "a group": `members[password pr]`, "members": `members[value eq \"x\" OR 1=1]`, "broken": `members[value eq`,
	} {
		target := v2 + "/Groups/{G}"
		if name == "a user" {
			target = v2 + "/Users/{U}"
		}
		if a := f.do("PATCH", target, patchOf(`{"op":"remove","path":"`+path+`"}`)); a.Status != 400 {
			f.Errorf("PATCH of %s, path %s: %d %s", name, path, a.Status, a.Body)
		}
	}
}
