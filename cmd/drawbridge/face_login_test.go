package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// moves are ways to give acme's person {U} a login or an e-mail address in the domain that stands for %s.
func moves() map[string][3]string {
	core := `"schemas":["` + userSchema + `"]`
	put := `{` + core + `,"userName":"%s","emails":[{"value":"%s","type":"work","primary":true}],"active":true}`
	login := func(domain string) string { return strings.NewReplacer("%s", "anna@"+domain).Replace(put) }
	renamed := `{"op":"replace","path":"userName","value":"anna@%s"}`
	return map[string][3]string{
		"userName":                {"PATCH", v2 + "/Users/{U}", patchOf(renamed)},
		"userName, no path":       {"PATCH", v2 + "/Users/{U}", patchOf(`{"op":"replace","value":{"userName":"anna@%s"}}`)},
		"userName, with more":     {"PATCH", v2 + "/Users/{U}", patchOf(`{"op":"Replace","path":"displayName","value":"x"},` + renamed + `,{"op":"replace","path":"title","value":"y"}`)},
		"userName by PUT":         {"PUT", v2 + "/Users/{U}", login("%s")},
		"userName by SCIM 1.1":    {"PUT", v1 + "/Users/{U}", strings.ReplaceAll(login("%s"), userSchema, "urn:scim:schemas:core:1.0")},
		"userName in bulk":        {"POST", v2 + "/Bulk", bulkOf("PATCH", "/Users/{U}", patchOf(renamed))},
		"e-mail, value path":      {"PATCH", v2 + "/Users/{U}", patchOf(`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"anna@%s"}`)},
		"e-mail, sub-attribute":   {"PATCH", v2 + "/Users/{U}", patchOf(`{"op":"replace","path":"emails.value","value":"anna@%s"}`)},
		"e-mail, list":            {"PATCH", v2 + "/Users/{U}", patchOf(`{"op":"replace","path":"emails","value":[{"value":"anna@%s","primary":true}]}`)},
		"e-mail, another primary": {"PATCH", v2 + "/Users/{U}", patchOf(`{"op":"add","path":"emails","value":[{"value":"anna@%s","primary":true}]}`)},
		"e-mail by PUT":           {"PUT", v2 + "/Users/{U}", strings.Replace(login("%s"), "anna@%s", "anna@acme.example", 1)},
		"e-mail by SCIM 1.1":      {"PUT", v1 + "/Users/{U}", strings.ReplaceAll(strings.Replace(login("%s"), "anna@%s", "anna@acme.example", 1), userSchema, "urn:scim:schemas:core:1.0")},
		"e-mail in bulk":          {"POST", v2 + "/Bulk", bulkOf("PATCH", "/Users/{U}", patchOf(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"anna@%s"}`))},
	}
}

// elsewhere are domains that are nobody's, and ones that look like acme's own.
func elsewhere() []string {
	return []string{"gmail.com", "sub.acme.example", "acme.example.evil.example", "xacme.example", "аcme.example"}
}

func (f *front) rule(rule bridge.LoginRule) {
	f.Helper()
	if _, err := f.svc.SetCustomer(f.Context(), operator(), "acme", bridge.CustomerRules{Logins: &rule}); err != nil {
		f.Fatal(err)
	}
	f.reopen()
}

// TestFace_AnotherCustomersDomainIsRefused: a login or e-mail address in a domain that is verified for another customer is refused
// under either rule, naming the domain, by a create as by a move, and nothing is written.
func TestFace_AnotherCustomersDomainIsRefused(t *testing.T) {
	atFront(t, func(f *front) {
		before := f.estate()
		for name, m := range moves() {
			a := f.do(m[0], m[1], strings.ReplaceAll(f.put(m[2]), "%s", "GLOBEX.example"))
			if a.Status != 400 && a.bulkStatus() != "400" || !strings.Contains(a.Body, "the domain globex.example belongs to another customer") {
				f.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		for _, body := range []string{userBody("eve@globex.example", "E", "Ve"), strings.Replace(userBody("eve@acme.example", "E", "Ve"), `"value":"eve@acme`, `"value":"eve@globex`, 1)} {
			if a := f.do("POST", v2+"/Users", body); a.Status != 400 {
				f.Errorf("POST: %d %s", a.Status, a.Body)
			}
		}
		f.unchanged(before, "another customer's domain")
	})
}

// TestFace_MovesIntoAnotherDomainAreRefused: under the rule refuse, a change of the login or of the e-mail address meets the checks
// that a create meets, on the new value, however it is written.
func TestFace_MovesIntoAnotherDomainAreRefused(t *testing.T) {
	atFront(t, func(f *front) {
		f.rule(bridge.RefuseLogins)
		before := f.estate()
		for _, domain := range append(elsewhere(), "globex.example") {
			for name, m := range moves() {
				a := f.do(m[0], m[1], strings.ReplaceAll(f.put(m[2]), "%s", domain))
				if a.Status != 400 && a.bulkStatus() != "400" {
					f.Errorf("%s to %s: %d %s", name, domain, a.Status, a.Body)
				}
			}
			for _, base := range []string{v1, v2} {
				for _, body := range []string{
					userBody("eve@"+domain, "E", "Ve"), strings.Replace(userBody("eve@acme.example", "E", "Ve"), `"value":"eve@acme.example"`, `"value":"eve@`+domain+`"`, 1),
				} {
					if base == v1 {
						body = strings.ReplaceAll(body, userSchema, "urn:scim:schemas:core:1.0")
					}
					if a := f.do("POST", base+"/Users", body); a.Status != 400 {
						f.Errorf("POST in %s: %d %s", domain, a.Status, a.Body)
					}
				}
			}
			if got := f.do("POST", v2+"/Bulk", bulkOf("POST", "/Users", userBody("eve@"+domain, "E", "Ve"))).bulkStatus(); got != "400" {
				f.Errorf("POST in %s, bulk: %s", domain, got)
			}
		}
		f.unchanged(before, "logins elsewhere")
		for name, m := range moves() { // none of them is refused for what else is in it
			a := f.do(m[0], m[1], strings.ReplaceAll(f.put(m[2]), "anna@%s", "anna.new@acme.example"))
			if a.Status != 200 || a.bulkStatus() != "200" && strings.HasSuffix(m[1], "/Bulk") {
				f.Errorf("%s within the own domain: %d %s", name, a.Status, a.Body)
			}
		}
	})
}

// TestFace_MovesIntoAnotherDomainAreParked: under the rule park they are stored and answered, and nothing follows for Okta.
func TestFace_MovesIntoAnotherDomainAreParked(t *testing.T) {
	atFront(t, func(f *front) {
		for _, domain := range elsewhere() {
			for name, m := range moves() {
				back := `{"schemas":["` + userSchema + `"],"userName":"anna@acme.example","emails":[{"value":"anna@acme.example","type":"work"}],"active":true}`
				f.must(http.StatusOK, "PUT", v2+"/Users/{U}", back)
				if code := f.decision(f.user).Decision.Code; code != policy.NewAccount {
					f.Fatalf("at home: %s", code)
				}
				a := f.do(m[0], m[1], strings.ReplaceAll(f.put(m[2]), "%s", domain))
				if a.Status != http.StatusOK {
					f.Errorf("%s to %s: %d %s", name, domain, a.Status, a.Body)
				}
				v := f.decision(f.user)
				if !strings.Contains(string(v.User.Doc), domain) {
					f.Errorf("%s to %s is not stored: %s", name, domain, v.User.Doc)
				}
				if v.LoginBlock() != policy.LoginNotVerified || v.Decision.Code == policy.NewAccount {
					f.Errorf("%s to %s: blocked by %q, decision %s", name, domain, v.LoginBlock(), v.Decision.Code)
				}
			}
			id := f.add("stranger@" + domain)
			if v := f.decision(id); v.Decision.Code != policy.LoginNotVerified {
				f.Errorf("a POST in %s: decision %s", domain, v.Decision.Code)
			}
		}
	})
}

// oddNames are userNames that would mean something else in a path, a query or a header, or that no login can be.
func oddNames() []string {
	return []string{
		"me", "00u1abcd2EFGH3ijk4l5", "jane", "a/../b", "../../users/me", "x?y", "x#y", "a;b=c", "a%2fb", "a%2e%2e", "a\\b", "a b", "a\tb", "a\r\nHost: evil", "a\x01b", "a\x7fb", "\u202eanna",
		"a\u200bb", "\ufeffanna", "a/../b@acme.example", "me/../x@acme.example", "a?b=c@acme.example", "a#b@acme.example", "a%40b@acme.example", "a b@acme.example", "a\nb@acme.example",
		"a\x01b@acme.example", "..@acme.example", ".a@acme.example", "a@b@acme.example", "@acme.example", "anna@", "anna@acme.example/", "anna@acme.example?x", "anna@@acme.example",
		"аnna@acme.example", "ＡＮＮＡ2@acme.example", "anna\u0301x@acme.example", strings.Repeat("a", 65) + "@acme.example", strings.Repeat("a", 200) + "@acme.example",
		`anna"x@acme.example`, "anna<x>@acme.example", "anna,ben@acme.example", "anna@acme.example,ben@acme.example", "<anna@acme.example>",
	}
}

// TestFace_OddNamesNeverReachOkta: they are stored as they are or refused, and no account can come of them, neither at a create nor
// at a rename; who is asked for by them finds them and nobody else.
func TestFace_OddNamesNeverReachOkta(t *testing.T) {
	atFront(t, func(f *front) {
		stored := 0
		for _, name := range oddNames() {
			text, _ := json.Marshal(name)
			body := `{"schemas":["` + userSchema + `"],"userName":` + string(text) + `,"active":true}`
			before := f.estate()
			a := f.do("POST", v2+"/Users", body)
			switch a.Status {
			case http.StatusBadRequest:
				f.unchanged(before, fmt.Sprintf("%q", name))
			case http.StatusCreated:
				stored++
				id, _ := a.object()["id"].(string)
				f.blocked(id, name)
				if got := a.object()["userName"]; got != name {
					f.Errorf("%q is stored as %q", name, got)
				}
			default:
				f.Errorf("%q: %d %s", name, a.Status, a.Body)
			}
		}
		if stored < len(oddNames())/2 {
			f.Errorf("%d of %d were stored: the check proves little", stored, len(oddNames()))
		}
		for i, name := range oddNames() {
			text, _ := json.Marshal(name + "~") // none is taken
			id := f.add(fmt.Sprintf("plain%d@acme.example", i))
			rename := `{"op":"replace","path":"userName","value":` + string(text) + `},{"op":"remove","path":"emails"}`
			if a := f.do("PATCH", v2+"/Users/"+id, patchOf(rename)); a.Status == http.StatusOK {
				f.blocked(id, name+"~")
			} else if a.Status != http.StatusBadRequest {
				f.Errorf("rename to %q: %d %s", name, a.Status, a.Body)
			}
		}
	})
}

func (f *front) blocked(id, name string) {
	f.Helper()
	v := f.decision(id)
	if block := v.LoginBlock(); block != policy.LoginInvalid && block != policy.LoginNotVerified || v.Decision.Code != block {
		f.Errorf("%q: blocked by %q, decision %s", name, block, v.Decision.Code)
	}
}

// TestFace_ForeignMembersChangeNothing: a group that is given another customer's person, beside good changes and in every dialect,
// is a 400, and nothing is applied.
func TestFace_ForeignMembersChangeNothing(t *testing.T) {
	atFront(t, func(f *front) {
		ben := f.add("ben@acme.example")
		before := f.estate()
		group := `{"schemas":["` + groupSchema + `"],"displayName":"%s","members":[{"value":"` + ben + `"},{"value":"{FU}"}]}`
		for _, target := range []string{"{FU}", "{FG}", "{G}", "nobody", "019b0000-0000-7000-8000-00000000dead", "{FU} ", "' OR ''='"} {
			for name, r := range map[string][3]string{
				"add":       {"PATCH", "/Groups/{G}", patchOf(`{"op":"replace","path":"displayName","value":"New"},{"op":"add","path":"members","value":[{"value":"` + ben + `"},{"value":"{FU}"}]}`)},
				"Add, one":  {"PATCH", "/Groups/{G}", patchOf(`{"op":"Add","path":"members","value":[{"$ref":null,"value":"{FU}"}]}`)},
				"replace":   {"PATCH", "/Groups/{G}", patchOf(`{"op":"replace","path":"members","value":[{"value":"{FU}"}]}`)},
				"no path":   {"PATCH", "/Groups/{G}", patchOf(`{"op":"replace","value":{"displayName":"New","members":[{"value":"{FU}"}]}}`)},
				"text":      {"PATCH", "/Groups/{G}", patchOf(`{"op":"add","path":"members","value":"{FU}"}`)},
				"and away":  {"PATCH", "/Groups/{G}", patchOf(`{"op":"add","path":"members","value":[{"value":"{FU}"}]},{"op":"remove","path":"members","value":[{"value":"{FU}"}]}`)},
				"PUT":       {"PUT", "/Groups/{G}", fmt.Sprintf(group, "Staff")},
				"POST":      {"POST", "/Groups", fmt.Sprintf(group, "Fresh")},
				"bulk":      {"POST", "/Bulk", bulkOf("PATCH", "/Groups/{G}", patchOf(`{"op":"add","path":"members","value":[{"value":"{FU}"}]}`))},
				"bulk POST": {"POST", "/Bulk", bulkOf("POST", "/Groups", fmt.Sprintf(group, "Fresh"))},
			} {
				a := f.do(r[0], v2+r[1], strings.ReplaceAll(r[2], "{FU}", f.put(target)))
				if a.refusal() != "400 invalidValue" && a.bulkStatus() != "400" {
					f.Errorf("%s of %q: %d %s", name, target, a.Status, a.Body)
				}
			}
		}
		core := "urn:scim:schemas:core:1.0"
		for _, r := range [][3]string{
			{"POST", "/Groups", strings.ReplaceAll(fmt.Sprintf(group, "Fresh"), groupSchema, core)}, {"PUT", "/Groups/{G}", strings.ReplaceAll(fmt.Sprintf(group, "Staff"), groupSchema, core)},
			{"PATCH", "/Groups/{G}", `{"schemas":["` + core + `"],"members":[{"value":"{FU}"}]}`},
		} {
			if a := f.do(r[0], v1+r[1], r[2]); a.Status != 400 {
				f.Errorf("SCIM 1.1, %s %s: %d %s", r[0], r[1], a.Status, a.Body)
			}
		}
		f.unchanged(before, "foreign members")
	})
}
