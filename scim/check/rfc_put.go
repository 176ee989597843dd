package check

import "net/http"

// rfcPut checks PUT of users.
func rfcPut(s *session) {
	const section = "RFC 7644 3.5.1"
	made := func(t *trial) (attributes, string) {
		who := t.person().with(object{"title": "x"})
		return who, userPath(t.post("/Users", who).created())
	}
	s.run(anyServer, []check{
		{"PUT answers 200 with the resource", section, func(t *trial) {
			who, path := made(t)
			next := who.with(object{"displayName": "Somebody Else", "title": "y", "active": false})
			t.put(path, next).is(http.StatusOK).echoes("", next).text("/meta/location")
			t.get(path).is(http.StatusOK).echoes("", next)
		}},
		{"what was read can be sent back", section, func(t *trial) {
			_, path := made(t)
			before, _ := t.get(path).is(http.StatusOK).body.(object)
			t.put(path, before).is(http.StatusOK)
			delete(before, "meta")
			t.get(path).is(http.StatusOK).has("", before)
		}},
		{"readOnly values are ignored", section, func(t *trial) {
			who, path := made(t)
			before := t.get(path)
			t.put(path, who.with(object{"id": "x", "meta": object{"created": "2001-02-03T04:05:06Z"}, "groups": []object{{"value": "x"}}})).is(http.StatusOK).
				has("/id", before.text("/id")).has("/meta/created", before.text("/meta/created")).absent("/groups")
		}},
		{"null clears an attribute", "RFC 7643 2.5, RFC 7644 3.5.1", func(t *trial) {
			who, path := made(t)
			t.put(path, who.with(object{"title": nil})).is(http.StatusOK)
			t.get(path).is(http.StatusOK).absent("/title")
		}},
		{"an empty list clears an attribute", "RFC 7643 2.5, RFC 7644 3.5.1", func(t *trial) {
			who, path := made(t)
			t.put(path, who.with(object{"emails": []any{}})).is(http.StatusOK)
			t.get(path).is(http.StatusOK).absent("/emails")
		}},
		{"a list is replaced", section, func(t *trial) {
			who, path := made(t)
			t.put(path, who.with(object{"emails": mails()})).is(http.StatusOK)
			t.get(path).is(http.StatusOK).has("/emails", mails())
		}},
		{"a required attribute must be there", section, func(t *trial) {
			who, path := made(t)
			delete(who, "userName")
			t.put(path, who).refused(http.StatusBadRequest, "invalidValue")
		}},
		{"a userName that is taken is refused", section, func(t *trial) {
			who, path := made(t)
			taken, _ := made(t)
			t.put(path, who.with(object{"userName": taken["userName"]})).refused(http.StatusConflict, "uniqueness")
			t.get(path).is(http.StatusOK).has("/userName", who["userName"])
		}},
		{"PUT does not create", section, func(t *trial) {
			t.put(userPath(t.s.name()), t.person()).refused(http.StatusNotFound)
		}},
		{"active that is left out takes nobody's access", section, func(t *trial) {
			who, path := made(t)
			delete(who, "active")
			t.put(path, who).is(http.StatusOK)
			active := t.get(path).is(http.StatusOK).at("/active")
			t.want(active == true || active == nil, "/active: %s, want true", show(active))
		}},
	})
}
