package check

import "net/http"

// rfcProjection checks attributes and excludedAttributes, on every answer that holds a resource.
func rfcProjection(s *session) {
	someone := once(func(t *trial) string {
		_, path := t.user(object{
			"schemas": []string{userURN, enterpriseURN}, "title": "Engineer", enterpriseURN: object{"department": "Tours", "division": "North"},
		})
		return path
	})
	const section = "RFC 7644 3.9"
	shows := func(name, attributes string, demand func(*answer)) check {
		return check{"attributes: " + name, section, func(t *trial) {
			a := t.get(someone(t), "attributes", attributes).is(http.StatusOK)
			a.text("/id")
			demand(a)
		}}
	}
	hides := func(name, attributes string, demand func(*answer)) check {
		return check{"excludedAttributes: " + name, section, func(t *trial) {
			a := t.get(someone(t), "excludedAttributes", attributes).is(http.StatusOK)
			a.text("/id")
			demand(a)
		}}
	}
	s.run(anyServer, []check{
		shows("those alone, beside what is always returned", "userName", func(a *answer) {
			a.present("/userName").absent("/displayName", "/emails", "/name", "/"+enterpriseURN)
		}),
		shows("several", "userName,title", func(a *answer) { a.present("/userName", "/title").absent("/displayName", "/emails") }),
		shows("several, with spaces", "userName, title", func(a *answer) { a.present("/userName", "/title").absent("/displayName", "/emails") }),
		shows("in any case", "USERNAME,DisplayName", func(a *answer) { a.present("/userName", "/displayName").absent("/title") }),
		shows("a sub-attribute", "name.familyName", func(a *answer) {
			a.has("/name/familyName", "Moss").absent("/name/givenName", "/title")
		}),
		shows("a sub-attribute of a list", "emails.value", func(a *answer) { a.present("/emails/0/value").absent("/emails/0/type", "/title") }),
		shows("qualified by the schema", userURN+":title", func(a *answer) { a.present("/title").absent("/displayName") }),
		shows("of an extension", enterpriseURN+":department", func(a *answer) {
			a.has("/"+enterpriseURN+"/department", "Tours").absent("/"+enterpriseURN+"/division", "/title")
		}),
		shows("of meta", "meta.lastModified", func(a *answer) { a.present("/meta/lastModified").absent("/title", "/userName") }),
		shows("an unknown one", "noSuchAttribute", func(a *answer) { a.absent("/title", "/displayName", "/emails") }),
		shows("a password all the same is not", "password", func(a *answer) { a.absent("/password", "/title") }),
		hides("all but those", "title,emails", func(a *answer) { a.present("/userName", "/displayName", "/meta").absent("/title", "/emails") }),
		hides("id is always returned", "id,title", func(a *answer) { a.absent("/title") }),
		hides("a sub-attribute", "name.familyName", func(a *answer) { a.present("/name/givenName").absent("/name/familyName") }),
		hides("of an extension", enterpriseURN+":department", func(a *answer) {
			a.has("/"+enterpriseURN+"/division", "North").absent("/" + enterpriseURN + "/department")
		}),
		{"attributes: in a list", section, func(t *trial) {
			t.get("/Users", "count", "1", "attributes", "userName").is(http.StatusOK).present("/Resources/0/id", "/Resources/0/userName").
				absent("/Resources/0/displayName", "/Resources/0/emails")
		}},
		{"excludedAttributes: in a list", section, func(t *trial) {
			t.get("/Users", "count", "1", "excludedAttributes", "name,emails").is(http.StatusOK).present("/Resources/0/id", "/Resources/0/userName").
				absent("/Resources/0/name", "/Resources/0/emails")
		}},
		{"attributes: on POST", section, func(t *trial) {
			who := t.person()
			a := t.post("/Users", who, "attributes", "userName")
			a.created()
			a.has("/userName", who["userName"]).absent("/displayName", "/emails")
		}},
		{"excludedAttributes: on POST", section, func(t *trial) {
			a := t.post("/Users", t.person(), "excludedAttributes", "emails")
			a.created()
			a.present("/displayName").absent("/emails")
		}},
		{"attributes: on PUT", section, func(t *trial) {
			who := t.person()
			path := userPath(t.post("/Users", who).created())
			t.put(path, who, "attributes", "userName").is(http.StatusOK).present("/userName").absent("/displayName", "/emails")
		}},
	})
	s.run(patching, []check{{"attributes: on PATCH, which then answers 200", "RFC 7644 3.5.2", func(t *trial) {
		_, path := t.user()
		t.send(request{method: http.MethodPatch, path: path, query: []string{"attributes", "title"}, body: patchBody(op("add", "title", "x"))}).
			is(http.StatusOK).has("/title", "x").absent("/displayName", "/emails")
	}}})
}
