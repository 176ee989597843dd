package check

import "net/http"

// quirk is the section of what Entra is known to send besides.
const quirk = "Entra, as seen"

// entraQuirks are payloads that Entra really sends and that a reading of the RFC alone would refuse.
func entraQuirks(s *session) {
	s.run(anyServer, []check{
		{"a role whose primary is the text True", quirk, func(t *trial) {
			role := object{"primary": "True", "display": "DJAPQUWELUHM", "value": "DRIHDNWREZZV", "type": "EHUDZVCXYJOO"}
			id := t.post("/Users", t.person().with(object{"roles": []object{role}})).created()
			role["primary"] = true
			t.get(userPath(id)).has("/roles", []object{role})
		}},
		{"active as the text False on create", quirk, func(t *trial) {
			id := t.post("/Users", t.person().with(object{"active": "False"})).created()
			t.get(userPath(id)).has("/active", false)
		}},
		{"nulls for everything that is not set", quirk, func(t *trial) {
			id := t.post("/Users", t.person().with(object{
				"addresses": nil, "title": nil, "externalId": nil, "phoneNumbers": nil, "schemas": []string{userURN, enterpriseURN},
				enterpriseURN: object{"manager": nil, "department": nil},
			})).created()
			t.get(userPath(id)).absent("/addresses", "/title", "/phoneNumbers", "/"+enterpriseURN+"/manager")
		}},
		{"a schema URN without its colon", quirk, func(t *trial) {
			t.post("/Users", t.person().with(object{"schemas": []string{userURN, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"}})).created()
		}},
		{"a value path with a dot behind it in a filter", quirk, func(t *trial) {
			t.need(filtering)
			who := t.person()
			id := t.post("/Users", who).created()
			t.get("/Users", "filter", `emails[type eq "work"].value eq "`+who.text("userName")+`"`).finds(id)
		}},
		{"feature flags in the query", quirk, func(t *trial) {
			t.get("/Users", "aadOptscim062020", "", "count", "1").page()
		}},
	})
	s.run(patching, quirkyPatches())
	s.run(patchGroup, []check{{"one who is no member is removed", quirk, func(t *trial) {
		id, _ := t.user()
		other, _ := t.user()
		_, path := t.group(id)
		t.patched(path, op("Remove", "members", refs(other))).has("/members", refs(id))
	}}, {"the members that are there are added again", quirk, func(t *trial) {
		id, _ := t.user()
		_, path := t.group(id)
		t.patched(path, op("Add", "members", refs(id))).has("/members", refs(id))
	}}})
}

func quirkyPatches() []check {
	return []check{
		{"a PATCH without operations changes nothing", quirk, func(t *trial) {
			_, path := t.user(object{"title": "Engineer"})
			t.patched(path).has("/title", "Engineer")
		}},
		{"operations in mixed case", quirk, func(t *trial) {
			_, path := t.user(object{"nickName": "before"})
			t.patched(path, op("Add", "title", "a"), op("REPLACE", "userType", "b"), op("Remove", "nickName", nil)).
				has("/title", "a").has("/userType", "b").absent("/nickName")
		}},
		{"active as the text False and True", quirk, func(t *trial) {
			_, path := t.user()
			t.patched(path, op("Replace", "active", "False")).has("/active", false)
			t.patched(path, op("Replace", "active", "True")).has("/active", true)
		}},
		{"active null takes nobody's access", quirk, func(t *trial) {
			_, path := t.user()
			t.patch(path, object{"op": "replace", "path": "active", "value": nil})
			t.get(path).is(http.StatusOK).has("/active", true)
		}},
		{"the flags of aadOptscim062020: values with dotted and qualified names", quirk, func(t *trial) {
			_, path := t.user()
			t.patched(path, op("replace", "", object{
				"displayName": "Bjfe", "name.givenName": "Kkom", "name.familyName": "Unua", enterpriseURN + ":employeeNumber": "Aklq",
			})).has("/displayName", "Bjfe").has("/name/givenName", "Kkom").has("/name/familyName", "Unua").
				has("/"+enterpriseURN+"/employeeNumber", "Aklq")
		}},
		{"a value path that finds nothing makes the entry", quirk, func(t *trial) {
			_, path := t.user()
			t.patched(path, op("Replace", `phoneNumbers[type eq "mobile"].value`, "555-0100")).
				includes("/phoneNumbers", object{"type": "mobile", "value": "555-0100"})
		}},
		{"a manager as a list with a $ref", quirk, func(t *trial) {
			boss, _ := t.user()
			_, path := t.user()
			t.patched(path, op("Add", "manager", []object{{"$ref": t.s.client.base.String() + userPath(boss), "value": boss}})).
				has("/"+enterpriseURN+"/manager/value", boss)
		}},
		{"a manager behind a dot instead of a colon", quirk, func(t *trial) {
			boss, _ := t.user()
			_, path := t.user()
			t.patched(path, op("Add", enterpriseURN+".manager", boss)).has("/"+enterpriseURN+"/manager/value", boss)
		}},
		{"a value path by primary", quirk, func(t *trial) {
			_, path := t.user(object{"phoneNumbers": []object{{"value": "1", "type": "work", "primary": true}, {"value": "2", "type": "home"}}})
			t.patched(path, op("Replace", "phoneNumbers[primary eq true].value", "555-0100")).
				includes("/phoneNumbers", object{"type": "work", "value": "555-0100"}).includes("/phoneNumbers", object{"type": "home", "value": "2"})
		}},
	}
}
