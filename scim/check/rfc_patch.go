package check

import "net/http"

// rfcPatch checks PATCH of users.
func rfcPatch(s *session) {
	s.run(patching, patchAdds())
	s.run(patching, patchReplaces())
	s.run(patching, patchRemoves())
	s.run(patching, patchRefusals())
}

// mailed creates a user with two e-mail addresses and returns the path.
func (t *trial) mailed() string {
	_, path := t.user(object{"emails": mails()})
	return path
}

func mails() []object {
	return []object{{"value": "w@example.com", "type": "work", "primary": true}, {"value": "h@example.com", "type": "home"}}
}

func patchAdds() []check {
	const section = "RFC 7644 3.5.2.1"
	other := object{"value": "o@example.com", "type": "other"}
	return []check{
		{"add an attribute", section, func(t *trial) {
			_, path := t.user()
			t.patched(path, op("add", "title", "x")).has("/title", "x")
		}},
		{"add to what has a value replaces it", section, func(t *trial) {
			_, path := t.user(object{"title": "x"})
			t.patched(path, op("add", "title", "y")).has("/title", "y")
		}},
		{"add without a path", section, func(t *trial) {
			_, path := t.user()
			t.patched(path, op("add", "", object{"title": "x", "nickName": "y"})).has("/title", "x").has("/nickName", "y").has("/displayName", "Robin Moss")
		}},
		{"add to a complex attribute keeps its other parts", section, func(t *trial) {
			_, path := t.user()
			t.patched(path, op("add", "name", object{"middleName": "M"})).has("/name", object{"givenName": "Robin", "middleName": "M", "familyName": "Moss"})
		}},
		{"add a sub-attribute", section, func(t *trial) {
			_, path := t.user()
			t.patched(path, op("add", "name.middleName", "M")).has("/name", object{"givenName": "Robin", "middleName": "M", "familyName": "Moss"})
		}},
		{"add to a list appends", section, func(t *trial) {
			t.patched(t.mailed(), op("add", "emails", []object{other})).has("/emails", append(mails(), other))
		}},
		{"add one object to a list appends", section, func(t *trial) {
			t.patched(t.mailed(), op("add", "emails", other)).has("/emails", append(mails(), other))
		}},
		{"add to a list without a path appends", section, func(t *trial) {
			t.patched(t.mailed(), op("add", "", object{"emails": []object{other}})).has("/emails", append(mails(), other))
		}},
		{"add what is there adds nothing", section, func(t *trial) {
			t.patched(t.mailed(), op("add", "emails", mails()[1:])).has("/emails", mails())
		}},
		{"add to the elements that a filter selects", section, func(t *trial) {
			t.patched(t.mailed(), op("add", `emails[type eq "home"].display`, "Home")).
				has("/emails", []object{mails()[0], {"value": "h@example.com", "type": "home", "display": "Home"}})
		}},
		{"a second primary takes the place of the first", "RFC 7644 3.5.2", func(t *trial) {
			a := t.patched(t.mailed(), op("add", "emails", []object{{"value": "o@example.com", "type": "other", "primary": true}}))
			a.includes("/emails", object{"value": "o@example.com", "primary": true}).excludes("/emails", object{"value": "w@example.com", "primary": true})
		}},
		{"add to an extension", "RFC 7644 3.5.2, 3.10", func(t *trial) {
			_, path := t.user()
			t.patched(path, op("add", enterpriseURN+":department", "Tours")).has("/"+enterpriseURN+"/department", "Tours").includes("/schemas", enterpriseURN)
		}},
		{"add an extension by its URN alone", "RFC 7644 3.5.2, 3.10", func(t *trial) {
			_, path := t.user()
			t.patched(path, op("add", enterpriseURN, object{"department": "Tours"})).has("/"+enterpriseURN+"/department", "Tours").includes("/schemas", enterpriseURN)
		}},
		{"add an extension without a path", "RFC 7644 3.5.2.1", func(t *trial) {
			_, path := t.user()
			t.patched(path, op("add", "", object{enterpriseURN: object{"department": "Tours"}})).has("/"+enterpriseURN+"/department", "Tours").has("/displayName", "Robin Moss")
		}},
		{"add qualified by the schema", "RFC 7644 3.10", func(t *trial) {
			_, path := t.user()
			t.patched(path, op("add", userURN+":title", "x")).has("/title", "x")
		}},
	}
}

func patchReplaces() []check {
	const section = "RFC 7644 3.5.2.3"
	return []check{
		{"replace an attribute", section, func(t *trial) {
			_, path := t.user(object{"title": "x"})
			t.patched(path, op("replace", "title", "y")).has("/title", "y")
		}},
		{"replace what has no value adds it", section, func(t *trial) {
			_, path := t.user()
			t.patched(path, op("replace", "title", "y")).has("/title", "y")
		}},
		{"replace without a path", section, func(t *trial) {
			_, path := t.user(object{"title": "x"})
			t.patched(path, op("replace", "", object{"title": "y", "active": false})).has("/title", "y").has("/active", false).has("/displayName", "Robin Moss")
		}},
		{"replace a list replaces all of it", section, func(t *trial) {
			only := []object{{"value": "n@example.com", "type": "work"}}
			t.patched(t.mailed(), op("replace", "emails", only)).has("/emails", only)
		}},
		{"replace the sub-attributes of a complex attribute", section, func(t *trial) {
			_, path := t.user()
			t.patched(path, op("replace", "name", object{"familyName": "Hill"})).has("/name/familyName", "Hill")
		}},
		{"replace a sub-attribute of the elements that a filter selects", section, func(t *trial) {
			t.patched(t.mailed(), op("replace", `emails[type eq "work"].value`, "n@example.com")).
				includes("/emails", object{"value": "n@example.com", "type": "work"}).includes("/emails", object{"value": "h@example.com", "type": "home"})
		}},
		{"a filter of several conditions selects", section, func(t *trial) {
			t.patched(t.mailed(), op("replace", `emails[type eq "home" and not (primary eq true)].value`, "n@example.com")).
				has("/emails", []object{mails()[0], {"value": "n@example.com", "type": "home"}})
		}},
		{"replace the elements that a filter selects", section, func(t *trial) {
			t.patched(t.mailed(), op("replace", `emails[type eq "home"]`, object{"value": "n@example.com", "type": "home"})).
				has("/emails", []object{mails()[0], {"value": "n@example.com", "type": "home"}})
		}},
		{"a filter that selects nothing is noTarget", section, func(t *trial) {
			path := t.mailed()
			t.patch(path, op("replace", `emails[value ew "@nowhere.example"].value`, "n@example.com")).refused(http.StatusBadRequest, "noTarget")
			t.get(path).has("/emails", mails())
		}},
		{"a primary takes the place of another", "RFC 7644 3.5.2", func(t *trial) {
			t.patched(t.mailed(), op("replace", `emails[type eq "home"].primary`, true)).
				includes("/emails", object{"type": "home", "primary": true}).excludes("/emails", object{"type": "work", "primary": true})
		}},
		{"operations apply in order", "RFC 7644 3.5.2", func(t *trial) {
			_, path := t.user()
			t.patched(path, op("add", "title", "1"), op("replace", "title", "2"), op("remove", "title", nil), op("add", "title", "3")).has("/title", "3")
		}},
		{"paths in any case", "RFC 7643 2.1", func(t *trial) {
			_, path := t.user()
			t.patched(path, op("replace", "NAME.FAMILYNAME", "Hill")).has("/name/familyName", "Hill").has("/name/givenName", "Robin")
		}},
		{"the answer is the resource, or 204", "RFC 7644 3.5.2", func(t *trial) {
			_, path := t.user()
			if a := t.patch(path, op("replace", "title", "x")).is(http.StatusOK, http.StatusNoContent); a.status == http.StatusOK {
				a.has("/title", "x").has("/displayName", "Robin Moss").text("/id")
			}
		}},
	}
}

func patchRemoves() []check {
	const section = "RFC 7644 3.5.2.2"
	return []check{
		{"remove an attribute", section, func(t *trial) {
			_, path := t.user(object{"title": "x"})
			t.patched(path, op("remove", "title", nil)).absent("/title").has("/displayName", "Robin Moss")
		}},
		{"remove a sub-attribute", section, func(t *trial) {
			_, path := t.user()
			t.patched(path, op("remove", "name.givenName", nil)).absent("/name/givenName").has("/name/familyName", "Moss")
		}},
		{"remove a list", section, func(t *trial) { t.patched(t.mailed(), op("remove", "emails", nil)).absent("/emails") }},
		{"remove the elements that a filter selects", section, func(t *trial) {
			t.patched(t.mailed(), op("remove", `emails[type eq "work"]`, nil)).has("/emails", mails()[1:])
		}},
		{"remove a sub-attribute of the elements that a filter selects", section, func(t *trial) {
			t.patched(t.mailed(), op("remove", `emails[type eq "home"].type`, nil)).
				has("/emails", []object{mails()[0], {"value": "h@example.com"}}).excludes("/emails", object{"type": "home"})
		}},
		{"remove the last element removes the attribute", section, func(t *trial) {
			t.patched(t.mailed(), op("remove", `emails[value ew "example.com"]`, nil)).absent("/emails")
		}},
		{"remove of an extension's attribute", "RFC 7644 3.5.2, 3.10", func(t *trial) {
			_, path := t.user(object{"schemas": []string{userURN, enterpriseURN}, enterpriseURN: object{"department": "Tours", "division": "North"}})
			t.patched(path, op("remove", enterpriseURN+":department", nil)).absent("/"+enterpriseURN+"/department").has("/"+enterpriseURN+"/division", "North")
		}},
		{"remove without a path is noTarget", section, func(t *trial) {
			_, path := t.user()
			t.patch(path, op("remove", "", nil)).refused(http.StatusBadRequest, "noTarget")
		}},
		{"remove of a required attribute is refused", section, func(t *trial) {
			_, path := t.user()
			t.patch(path, op("remove", "userName", nil)).refused(http.StatusBadRequest, "mutability", "invalidValue")
			t.get(path).present("/userName")
		}},
	}
}

func patchRefusals() []check {
	const section = "RFC 7644 3.5.2"
	refused := func(name string, o object, scimTypes ...string) check {
		return check{name, section, func(t *trial) {
			_, path := t.user(object{"title": "x"})
			t.patch(path, op("replace", "title", "y"), o).refused(http.StatusBadRequest, scimTypes...)
			t.get(path).is(http.StatusOK).has("/title", "x") // all or nothing
		}}
	}
	return []check{
		refused("an unknown operation", op("move", "title", "x"), "invalidSyntax", "invalidValue"),
		refused("no operation", object{"path": "title", "value": "x"}, "invalidSyntax", "invalidValue"),
		refused("add without a value", op("add", "title", nil), "invalidValue", "invalidSyntax"),
		refused("a path that cannot be read", op("replace", `emails[type eq`, "x"), "invalidPath", "invalidFilter"),
		refused("a path with a filter that cannot be read", op("replace", `emails[type xx "work"].value`, "x"), "invalidFilter", "invalidPath"),
		refused("an unknown attribute", op("replace", "noSuchAttribute", "x"), "invalidPath", "noTarget"),
		refused("an unknown sub-attribute", op("replace", "name.noSuchPart", "x"), "invalidPath", "noTarget"),
		refused("id is readOnly", op("replace", "id", "x"), "mutability"),
		refused("meta is readOnly", op("replace", "meta.created", "2001-02-03T04:05:06Z"), "mutability"),
		refused("a user's groups are readOnly", op("add", "groups", []object{{"value": "x"}}), "mutability"),
		refused("a value of the wrong type", op("replace", "name", "Robin"), "invalidValue", "invalidSyntax"),
		refused("active that is no truth value", op("replace", "active", "perhaps"), "invalidValue", "invalidSyntax"),
		{"a userName that is taken is refused", section, func(t *trial) {
			who := t.person()
			t.post("/Users", who).created()
			_, path := t.user()
			t.patch(path, op("replace", "userName", who["userName"])).refused(http.StatusConflict, "uniqueness")
		}},
		{"a password is taken or refused, and never returned", section, func(t *trial) {
			_, path := t.user()
			a := t.patch(path, op("replace", "password", "Tr0ub4dor&3-"+t.s.name())).is(http.StatusOK, http.StatusNoContent, http.StatusBadRequest, http.StatusForbidden, http.StatusNotImplemented)
			a.absent("/password")
			t.get(path).is(http.StatusOK).absent("/password").text("/userName")
		}},
		{"no list of operations is refused", section, func(t *trial) {
			_, path := t.user()
			t.send(request{method: http.MethodPatch, path: path, body: object{"schemas": []string{patchURN}}}).refused(http.StatusBadRequest, "invalidSyntax", "invalidValue")
		}},
	}
}
