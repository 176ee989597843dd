package check

import (
	"net/http"
	"strings"
)

// validator names the tool that asks for a check: Microsoft's hosted validator requires some and reports others.
const (
	validator        = "Entra validator"
	validatorPreview = "Entra validator, preview"
)

// entraPerson makes up a user with everything that Entra's validator sends, odd values included.
func (t *trial) entraPerson() attributes {
	who := t.person()
	name := who.text("userName")
	return who.with(object{
		"schemas": []string{userURN, enterpriseURN}, "externalId": t.s.name(), "displayName": "QTZODTJXGFLR", "nickName": "CRILRBTBOQOW",
		"title": "OWOJJVOCUHKD", "userType": "QWQJIEJYZILC", "preferredLanguage": "lu", "locale": "HNULHBRGUHWA",
		"timezone": "America/Goose_Bay", "profileUrl": "ROQHEOEENWTS",
		"name": object{"givenName": "Aida", "familyName": "Chandler", "formatted": "Hyman", "middleName": "Haylie",
			"honorificPrefix": "Athena", "honorificSuffix": "Brooks"},
		"emails": []object{
			{"type": "work", "value": "Mixed.Case+" + name, "primary": true}, {"type": "home", "value": "home-" + name}, {"type": "other", "value": "other-" + name},
		},
		"phoneNumbers": []object{
			{"type": "work", "value": "0-351-9540", "primary": true}, {"type": "mobile", "value": "(351) 954.0"}, {"type": "fax", "value": "0-351-9541"},
		},
		"addresses": []object{{"type": "work", "formatted": "ANUMAAOJUYMA", "streetAddress": "046 Wisoky Route", "locality": "AQCGFHJMVSXU",
			"region": "CXLKAWAESJPV", "postalCode": "dk0 2uz", "primary": true, "country": "Gibraltar"}},
		enterpriseURN: object{"employeeNumber": "LLQMUPKSPYGA", "department": "BYQJSWLGXQTB", "costCenter": "UNPCDCIBUXTN",
			"organization": "CHZYDKXGJHHJ", "division": "OSLUHIBPTUGX", "manager": object{"value": "BGKAWQXOZREF"}},
	})
}

// entraUsers are the validator's tests of users.
func entraUsers(s *session) {
	type existing struct {
		who  attributes
		id   string
		made *answer
	}
	someone := once(func(t *trial) existing {
		who := t.entraPerson()
		a := t.post("/Users", who)
		return existing{who, a.created(), a}
	})
	by := func(t *trial, value string) *answer { return t.get("/Users", "filter", `userName eq "`+value+`"`) }

	s.run(anyServer, []check{
		{"create a new user", validator, func(t *trial) {
			e := someone(t)
			e.made.t = t
			e.made.echoes("", e.who)
			by(t, e.who.text("userName")).finds(e.id).echoes("/Resources/0", e.who)
		}},
		{"create a duplicate user", validator, func(t *trial) {
			t.post("/Users", someone(t).who).refused(http.StatusConflict, "uniqueness")
		}},
		{"filter for an existing user", validator, func(t *trial) {
			by(t, someone(t).who.text("userName")).finds(someone(t).id)
		}},
		{"filter for a user that does not exist", validator, func(t *trial) {
			by(t, t.s.name()).finds()
		}},
		{"filter for an existing user in different case", validator, func(t *trial) {
			by(t, strings.ToUpper(someone(t).who.text("userName"))).finds(someone(t).id)
		}},
		{"delete a user", validator, func(t *trial) {
			_, path := t.user()
			t.delete(path).is(http.StatusNoContent)
			t.get(path).refused(http.StatusNotFound)
		}},
		{"delete a user that does not exist", validatorPreview, func(t *trial) {
			t.delete(userPath(t.s.name())).refused(http.StatusNotFound)
		}},
		{"delete the same user twice", validatorPreview, func(t *trial) {
			_, path := t.user()
			t.delete(path).is(http.StatusNoContent)
			t.delete(path).refused(http.StatusNotFound)
		}},
	})
	s.run(patching, entraUserPatches())
}

// echoes demands every attribute that was sent, exactly, but for those that the server decides on.
func (a *answer) echoes(pointer string, sent attributes) *answer {
	for name, v := range sent {
		if name == "schemas" || name == "meta" || name == "password" {
			continue
		}
		a.has(pointer+"/"+name, v)
	}
	return a
}

// entraChanges are the attributes that the validator replaces, by path, with where each is found afterwards.
func entraChanges() []struct{ path, pointer, value string } {
	return []struct{ path, pointer, value string }{
		{"displayName", "/displayName", "PGJMVSBQWZKD"},
		{"title", "/title", "TSNRUGWVZOQX"},
		{"preferredLanguage", "/preferredLanguage", "mfe-MU"},
		{"userType", "/userType", "GRBNJZXPXHEY"},
		{"nickName", "/nickName", "FWYGJXZBTLRC"},
		{"externalId", "/externalId", "a7d9c7b2-0a5c-4b7e-b3fb-4b0a3ff1d1b0"},
		{"name.givenName", "/name/givenName", "Hulda"},
		{"name.familyName", "/name/familyName", "Kerluke"},
		{"name.formatted", "/name/formatted", "Jerrod"},
		{enterpriseURN + ":employeeNumber", "/" + enterpriseURN + "/employeeNumber", "WBSXKPTTLZDN"},
		{enterpriseURN + ":department", "/" + enterpriseURN + "/department", "NKOEYAVYDHWC"},
		{enterpriseURN + ":costCenter", "/" + enterpriseURN + "/costCenter", "XGSFQZMKLBVU"},
	}
}

// entraElements are elements of lists that the validator addresses by their type.
func entraElements() []struct{ path, pointer, kind, name, value string } {
	return []struct{ path, pointer, kind, name, value string }{
		{`emails[type eq "work"].value`, "/emails", "work", "value", "Lilla@Example.net"},
		{`phoneNumbers[type eq "mobile"].value`, "/phoneNumbers", "mobile", "value", "80-418-6180"},
		{`phoneNumbers[type eq "fax"].value`, "/phoneNumbers", "fax", "value", "80-418-6181"},
		{`addresses[type eq "work"].formatted`, "/addresses", "work", "formatted", "XCRAHGYVBNQS"},
		{`addresses[type eq "work"].postalCode`, "/addresses", "work", "postalCode", "hq1 7ed"},
		{`addresses[type eq "work"].country`, "/addresses", "work", "country", "Bhutan"},
	}
}
