package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cycle is one run of a customer's IdP over the people and the group that are assigned to Drawbridge: it looks at what is there and
// sends what it believes is missing. In each of them Ada and Ben work, Cy has left, and the group Crew is Ada and Ben.
type cycle struct {
	*front
	header http.Header
}

// crew are all who ever were assigned.
func crew() []string { return []string{"ada", "ben", "cy"} }

func (c cycle) send(want int, method, target, body string) object {
	c.Helper()
	r, _ := c.request(method, v2+target, body)
	for name, values := range c.header {
		r.Header[name] = values
	}
	a := c.serve(r)
	if a.Status != want {
		c.Fatalf("%s %s %s: %d %s, want %d", method, target, body, a.Status, a.Body, want)
	}
	return a.object()
}

// find is the id of the only resource that a filter selects; empty if there is none.
func (c cycle) find(target, filter string) string {
	c.Helper()
	o := c.send(http.StatusOK, "GET", target+"filter="+url.QueryEscape(filter), "")
	list, _ := o["Resources"].([]any)
	if len(list) == 0 {
		return ""
	}
	id, _ := list[0].(map[string]any)["id"].(string)
	return id
}

func (c cycle) create(target, body string) string {
	c.Helper()
	id, _ := c.send(http.StatusCreated, "POST", target, body)["id"].(string)
	return id
}

func (c cycle) patch(target string, operations ...string) {
	c.Helper()
	c.send(http.StatusOK, "PATCH", target, patchOf(strings.Join(operations, ",")))
}

// oktaCycle pushes people by PUT of what it read and by PATCH of active, and the group by a rename and a full push.
func oktaCycle(c cycle) {
	ids := map[string]string{}
	for _, who := range crew() {
		profile := `"userName":"` + who + `@acme.example","name":{"givenName":"` + who + `","familyName":"Okta"},"emails":[{"primary":true,"value":"` + who + `@acme.example","type":"work"}],` +
			`"displayName":"` + who + `","locale":"en-US","externalId":"00u` + who + `","groups":[]`
		id := c.find("/Users?startIndex=1&count=100&", `userName eq "`+who+`@acme.example"`)
		if id == "" {
			id = c.create("/Users", `{"schemas":["`+userSchema+`"],`+profile+`,"password":"1mz050nq","active":true}`)
		} else if who != "cy" {
			meta, _ := json.Marshal(c.send(http.StatusOK, "GET", "/Users/"+id, "")["meta"])
			c.send(http.StatusOK, "PUT", "/Users/"+id, `{"schemas":["`+userSchema+`"],"id":"`+id+`",`+profile+`,"active":true,"meta":`+string(meta)+`}`)
		}
		ids[who] = id
		c.patch("/Users/"+id, fmt.Sprintf(`{"op":"replace","value":{"active":%t}}`, who != "cy"))
	}
	group := c.find("/Groups?startIndex=1&count=100&", `displayName eq "Crew"`)
	if group == "" {
		group = c.create("/Groups", `{"schemas":["`+groupSchema+`"],"displayName":"Crew","members":[]}`)
	}
	c.patch("/Groups/"+group, `{"op":"replace","value":{"id":"`+group+`","displayName":"Crew"}}`)
	c.patch("/Groups/"+group, fmt.Sprintf(`{"op":"replace","path":"members","value":[{"value":%q,"display":"ada"},{"value":%q,"display":"ben"}]}`, ids["ada"], ids["ben"]))
	c.patch("/Groups/"+group, `{"op":"remove","path":"members[value eq \"`+ids["cy"]+`\"]"}`, `{"op":"add","path":"members","value":[{"value":"`+ids["ben"]+`","display":"ben"}]}`)
}

// entraCycle patches single attributes, says booleans as strings, and adds members that it added before.
func entraCycle(c cycle) {
	ids := map[string]string{}
	for _, who := range crew() {
		id := c.find("/Users?", `externalId eq "entra-`+who+`"`)
		if id == "" {
			id = c.create("/Users", `{"schemas":["`+userSchema+`","`+enterpriseSchema+`"],"externalId":"entra-`+who+`","userName":"`+who+`@acme.example","active":true,`+
				`"emails":[{"primary":true,"type":"work","value":"`+who+`@acme.example"}],"meta":{"resourceType":"User"},"name":{"formatted":"`+who+` E","familyName":"E","givenName":"`+who+`"},"roles":[]}`)
		}
		ids[who] = id
		active := map[bool]string{true: "True", false: "False"}[who != "cy"]
		c.patch("/Users/"+id, `{"op":"Replace","path":"displayName","value":"`+who+` E"}`, `{"op":"Replace","path":"emails[type eq \"work\"].value","value":"`+who+`@acme.example"}`,
			`{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"555-0100"}`, `{"op":"Replace","path":"`+enterpriseSchema+`:employeeNumber","value":"7"}`,
			`{"op":"Add","path":"`+enterpriseSchema+`:manager","value":"m1"}`, `{"op":"Replace","path":"active","value":"`+active+`"}`)
	}
	group := c.find("/Groups?excludedAttributes=members&", `displayName eq "Crew"`)
	if group == "" {
		group = c.create("/Groups", `{"schemas":["`+groupSchema+`","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"externalId":"entra-crew","displayName":"Crew","meta":{"resourceType":"Group"}}`)
		c.patch("/Groups/"+group, `{"op":"Add","path":"members","value":[{"$ref":null,"value":"`+ids["cy"]+`"}]}`)
	}
	c.send(http.StatusOK, "GET", "/Groups/"+group+"?excludedAttributes=members", "")
	c.patch("/Groups/"+group, `{"op":"Replace","path":"displayName","value":"Crew"}`)
	c.patch("/Groups/"+group, fmt.Sprintf(`{"op":"Add","path":"members","value":[{"$ref":null,"value":%q},{"$ref":null,"value":%q}]}`, ids["ada"], ids["ben"]))
	c.patch("/Groups/"+group, `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"`+ids["cy"]+`"}]}`)
	for _, who := range []string{"ada", "ben"} { // after a removal it may add again everybody who is left
		c.patch("/Groups/"+group, `{"op":"Add","path":"members","value":[{"$ref":null,"value":"`+ids[who]+`"}]}`)
	}
	for who, id := range ids {
		if found := c.find("/Groups?", `id eq "`+group+`" and members eq "`+id+`"`); (found == group) != (who != "cy") {
			c.Errorf("%s in the group: %q", who, found)
		}
	}
}

// oneLoginCycle sends whole people by PUT, walks the groups for each of them, and takes the leaver out of each group first.
func oneLoginCycle(c cycle) {
	for _, who := range crew() {
		body := `{"userName":"` + who + `@acme.example","name":{"givenName":"` + who + `","familyName":"O"},"schemas":["` + userSchema + `"],"emails":[{"primary":true,"type":"work","value":"` + who + `@acme.example"}],"active":%t}`
		id := c.find("/Users?", `userName eq "`+who+`@acme.example"`)
		fresh := id == ""
		if fresh {
			id = c.create("/Users", fmt.Sprintf(body, true))
		}
		group := ""
		for _, g := range c.send(http.StatusOK, "GET", "/Groups?count=100&startIndex=1", "")["Resources"].([]any) {
			if g := g.(map[string]any); g["displayName"] == "Crew" {
				group, _ = g["id"].(string)
			}
		}
		if group == "" {
			group = c.create("/Groups", `{"displayName":"Crew","schemas":["`+groupSchema+`"]}`)
		}
		if fresh || who != "cy" {
			c.patch("/Groups/"+group, `{"value":[{"value":"`+id+`"}],"op":"add","path":"members"}`)
		}
		if who == "cy" {
			c.patch("/Groups/"+group, `{"value":[{"value":"`+id+`"}],"op":"remove","path":"members"}`)
		}
		c.send(http.StatusOK, "PUT", "/Users/"+id, fmt.Sprintf(body, who != "cy"))
	}
}

// TestI21_ACycleTwiceChangesNothingMore: what an IdP sends again, because it sends all of it each time or believes that it was not
// heard, changes nothing, makes nothing due and tells of nothing.
func TestI21_ACycleTwiceChangesNothingMore(t *testing.T) {
	for name, make := range map[string]struct {
		run    func(cycle)
		header http.Header
	}{
		"Okta":     {oktaCycle, http.Header{"User-Agent": {"Okta SCIM Client 1.0.0"}, "Content-Type": {"application/scim+json; charset=utf-8"}, "Accept": {"application/scim+json"}}},
		"Entra":    {entraCycle, http.Header{"Adscimversion": {"Date:2026-01-01"}, "Content-Type": {"application/scim+json; charset=utf-8"}}},
		"OneLogin": {oneLoginCycle, http.Header{"User-Agent": {""}, "Content-Type": {"application/scim+json"}}},
	} {
		t.Run(name, func(t *testing.T) {
			atFront(t, func(f *front) {
				c := cycle{f, make.header}
				make.run(c)
				before := f.estate()
				if diff := cmp.Diff([]string{"Crew: ada@acme.example ben@acme.example", "ada@acme.example true", "ben@acme.example true", "cy@acme.example false"}, f.outcome()); diff != "" {
					f.Errorf("after the first run (-want +got):\n%s", diff)
				}
				make.run(c)
				f.unchanged(before, "the second run")
				f.reopen() // another replica
				make.run(c)
				f.unchanged(before, "the third run")
			})
		})
	}
}

// outcome is what a cycle made, in words: the group with its members, and the people with their flag.
func (f *front) outcome() []string {
	f.Helper()
	words := []string{}
	groups := f.must(http.StatusOK, "GET", v2+"/Groups?filter=displayName+eq+%22crew%22", "")["Resources"].([]any)
	for _, g := range groups {
		line := "Crew:"
		members, _ := g.(map[string]any)["members"].([]any)
		for _, m := range members {
			line += " " + f.record("acme", m.(map[string]any)["value"].(string)).UserName()
		}
		words = append(words, line)
	}
	for _, who := range crew() {
		u := f.record("acme", who+"@acme.example")
		words = append(words, fmt.Sprintf("%s %t", u.UserName(), u.Active))
	}
	return words
}
