package check

import (
	"net/http"
	"strings"
)

// rfcErrors checks how the server refuses.
func rfcErrors(s *session) {
	raw := func(t *trial, body, contentType string) *answer {
		return t.send(request{method: http.MethodPost, path: "/Users", body: []byte(body), header: map[string]string{"Content-Type": contentType}})
	}
	person := once(func(t *trial) attributes {
		who := t.person()
		t.post("/Users", who).created()
		return who
	})
	s.run(anyServer, []check{
		{"an unknown id is 404", "RFC 7644 3.12", func(t *trial) { t.get(userPath(t.s.name())).refused(http.StatusNotFound).text("/detail") }},
		{"an unknown endpoint is 404", "RFC 7644 3.12", func(t *trial) { t.get("/NoSuchEndpoint").refused(http.StatusNotFound) }},
		{"errors are application/scim+json", "RFC 7644 3.12", func(t *trial) {
			a := t.get(userPath(t.s.name())).is(http.StatusNotFound)
			t.want(strings.HasPrefix(a.header.Get("Content-Type"), scimJSON), "Content-Type %q, want %s", a.header.Get("Content-Type"), scimJSON)
		}},
		{"a body that is no JSON", "RFC 7644 3.12", func(t *trial) { raw(t, `{"userName":`, scimJSON).refused(http.StatusBadRequest, "invalidSyntax") }},
		{"a body that is no object", "RFC 7644 3.12", func(t *trial) { raw(t, `[1]`, scimJSON).refused(http.StatusBadRequest, "invalidSyntax") }},
		{"no body", "RFC 7644 3.12", func(t *trial) { raw(t, ``, scimJSON).refused(http.StatusBadRequest, "invalidSyntax") }},
		{"a required attribute is missing", "RFC 7644 3.12", func(t *trial) {
			who := t.person().with(object{"externalId": t.s.name()})
			delete(who, "userName")
			t.post("/Users", who).refused(http.StatusBadRequest, "invalidValue")
		}},
		{"a required attribute is empty", "RFC 7643 2.5, RFC 7644 3.12", func(t *trial) {
			t.post("/Users", t.person().with(object{"userName": "", "externalId": t.s.name()})).refused(http.StatusBadRequest, "invalidValue")
		}},
		{"a value of the wrong type", "RFC 7644 3.12", func(t *trial) {
			t.post("/Users", t.person().with(object{"name": "Robin"})).refused(http.StatusBadRequest, "invalidValue", "invalidSyntax")
			t.post("/Users", t.person().with(object{"emails": []any{object{"value": object{"x": 1}}}})).refused(http.StatusBadRequest, "invalidValue", "invalidSyntax")
		}},
		{"active that is no truth value", "RFC 7643 2.3.2", func(t *trial) {
			t.post("/Users", t.person().with(object{"active": "perhaps"})).refused(http.StatusBadRequest, "invalidValue", "invalidSyntax")
		}},
		{"a userName that is taken", "RFC 7644 3.3", func(t *trial) {
			t.post("/Users", t.person().with(object{"userName": person(t)["userName"]})).refused(http.StatusConflict, "uniqueness")
		}},
		{"a userName that is taken, in capitals", "RFC 7643 4.1.1", func(t *trial) {
			name := strings.ToUpper(person(t).text("userName"))
			t.post("/Users", t.person().with(object{"userName": name})).refused(http.StatusConflict, "uniqueness")
		}},
		{"another media type is 415", "RFC 7644 3.8, RFC 9110 15.5.16", func(t *trial) {
			raw(t, `userName=x`, "application/x-www-form-urlencoded").refused(http.StatusUnsupportedMediaType)
			raw(t, `<User/>`, "application/xml").refused(http.StatusUnsupportedMediaType)
		}},
		{"application/json is taken", "RFC 7644 3.8", func(t *trial) {
			r := request{method: http.MethodPost, path: "/Users", body: t.person(), header: map[string]string{"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}}
			t.send(r).created()
		}},
		{"any Accept is answered", "RFC 9110 12.5.1", func(t *trial) {
			for _, accept := range []string{"", "*/*", "application/json", "application/scim+json, application/json;q=0.9"} {
				t.send(request{method: http.MethodGet, path: "/Users", query: []string{"count", "0"}, header: map[string]string{"Accept": accept}}).page()
			}
		}},
	})
	s.run(anyServer, authenticationChecks())
	s.run(anyServer, methodChecks())
}

func authenticationChecks() []check {
	unauthorized := func(t *trial, r request) {
		a := t.send(r).refused(http.StatusUnauthorized)
		t.want(a.header.Get("WWW-Authenticate") != "", "%s: status 401 without WWW-Authenticate", r)
	}
	return []check{
		{"no token is 401", "RFC 7644 2", func(t *trial) { unauthorized(t, request{method: http.MethodGet, path: "/Users", token: noToken}) }},
		{"a wrong token is 401", "RFC 7644 2", func(t *trial) {
			unauthorized(t, request{method: http.MethodGet, path: "/Users", token: "Bearer no-such-token"})
		}},
		{"a wrong scheme is 401", "RFC 6750 2.1", func(t *trial) {
			unauthorized(t, request{method: http.MethodGet, path: "/Users", token: "Basic bm86c3VjaA=="})
		}},
		{"the scheme's name comes in any case", "RFC 9110 11.1", func(t *trial) {
			t.send(request{method: http.MethodGet, path: "/Users", query: []string{"count", "0"}, token: "bearer " + t.s.client.token}).page()
		}},
		{"without a token nothing is told", "RFC 7644 2", func(t *trial) {
			id, path := t.user()
			t.want(id != "", "no id")
			unauthorized(t, request{method: http.MethodGet, path: path, token: noToken})
			unauthorized(t, request{method: http.MethodGet, path: userPath(t.s.name()), token: noToken})
		}},
		{"without a token nothing is done", "RFC 7644 2", func(t *trial) {
			_, path := t.user()
			unauthorized(t, request{method: http.MethodDelete, path: path, token: noToken})
			unauthorized(t, request{method: http.MethodPatch, path: path, token: noToken, body: patchBody(op("replace", "active", false))})
			t.get(path).is(http.StatusOK).has("/active", true)
		}},
		{"without a token no body is looked at", "RFC 7644 2", func(t *trial) {
			unauthorized(t, request{method: http.MethodPost, path: "/Users", token: noToken, body: []byte("{")})
		}},
	}
}

func methodChecks() []check {
	type wrong struct{ method, path string }
	return []check{
		{"a method that an endpoint has not is 405 with Allow", "RFC 9110 15.5.6", func(t *trial) {
			_, path := t.user()
			for _, w := range []wrong{{"PUT", "/Users"}, {"PATCH", "/Users"}, {"DELETE", "/Users"}, {"POST", path}} {
				a := t.send(request{method: w.method, path: w.path, body: t.person()}).is(http.StatusMethodNotAllowed, http.StatusNotImplemented)
				t.want(a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "", "%s: status 405 without Allow", a.request)
			}
			t.get(path).is(http.StatusOK)
		}},
		{"PUT, PATCH and DELETE of an unknown id are 404", "RFC 7644 3.12", func(t *trial) {
			path := userPath(t.s.name())
			t.put(path, t.person()).refused(http.StatusNotFound)
			t.delete(path).refused(http.StatusNotFound)
			t.patch(path, op("replace", "title", "x")).is(http.StatusNotFound, http.StatusNotImplemented)
		}},
		{"HEAD is GET without a body", "RFC 9110 9.1", func(t *trial) {
			_, path := t.user()
			t.send(request{method: http.MethodHead, path: path}).is(http.StatusOK).empty()
		}},
		{"Me is answered, redirected or said not to be there", "RFC 7644 3.11", func(t *trial) {
			if a := t.get("/Me").is(http.StatusOK, http.StatusPermanentRedirect, http.StatusNotImplemented); a.status == http.StatusOK {
				a.text("/userName")
			}
		}},
	}
}
