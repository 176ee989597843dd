package check

import (
	"net/http"
	"strings"
)

// section314 is about versions.
const section314 = "RFC 7644 3.14"

// under makes a request on a condition, such as If-Match.
func (t *trial) under(header, tag, method, path string, body any) *answer {
	return t.send(request{method: method, path: path, header: map[string]string{header: tag}, body: body})
}

// tag is the entity tag of an answer, which must have one.
func (a *answer) tag() string {
	got := a.header.Get("ETag")
	if got == "" {
		a.fail("no ETag")
	}
	return got
}

// rfcETags checks versions and what depends on them.
func rfcETags(s *session) {
	s.run(tagging, tags())
	s.run(tagging, conditions())
}

func tags() []check {
	return []check{
		{"GET answers the ETag, the same as meta.version", section314, func(t *trial) {
			_, path := t.user()
			a := t.get(path).is(http.StatusOK)
			a.has("/meta/version", a.tag())
			t.want(strings.HasSuffix(a.tag(), `"`), "ETag: %s, want an entity tag in quotes", a.tag())
		}},
		{"POST answers the ETag", section314, func(t *trial) {
			a := t.post("/Users", t.person())
			t.want(t.get(userPath(a.created())).tag() == a.tag(), "ETag: another one on POST than on GET")
		}},
		{"a list has meta.version", section314, func(t *trial) {
			t.user()
			t.get("/Users", "count", "1").is(http.StatusOK).text("/Resources/0/meta/version")
		}},
		{"a change makes another ETag", section314, func(t *trial) {
			who := t.person()
			path := userPath(t.post("/Users", who).created())
			before := t.get(path).tag()
			a := t.put(path, who.with(object{"title": "x"})).is(http.StatusOK)
			t.want(a.tag() != before, "ETag: the same as before the change")
			t.want(t.get(path).tag() == a.tag(), "ETag: another one on PUT than on GET")
		}},
		{"If-None-Match of the current version is 304", section314, func(t *trial) {
			_, path := t.user()
			t.under("If-None-Match", t.get(path).tag(), http.MethodGet, path, nil).is(http.StatusNotModified).empty()
			t.under("If-None-Match", `"other", `+t.get(path).tag(), http.MethodGet, path, nil).is(http.StatusNotModified)
		}},
		{"If-None-Match of another version is 200", section314, func(t *trial) {
			_, path := t.user()
			t.under("If-None-Match", `W/"no-such-version"`, http.MethodGet, path, nil).is(http.StatusOK).text("/id")
		}},
	}
}

func conditions() []check {
	return []check{
		{"PUT of a version that has passed is 412", section314, func(t *trial) {
			who := t.person()
			path := userPath(t.post("/Users", who).created())
			stale := t.get(path).tag()
			t.put(path, who.with(object{"title": "x"})).is(http.StatusOK)
			t.under("If-Match", stale, http.MethodPut, path, who.with(object{"title": "y"})).refused(http.StatusPreconditionFailed)
			t.get(path).is(http.StatusOK).has("/title", "x")
		}},
		{"PUT of the current version is done", section314, func(t *trial) {
			who := t.person()
			path := userPath(t.post("/Users", who).created())
			t.under("If-Match", t.get(path).tag(), http.MethodPut, path, who.with(object{"title": "y"})).is(http.StatusOK).has("/title", "y")
		}},
		{"PATCH of a version that has passed is 412", section314, func(t *trial) {
			t.need(patching)
			_, path := t.user()
			stale := t.get(path).tag()
			t.patched(path, op("replace", "title", "x"))
			t.under("If-Match", stale, http.MethodPatch, path, patchBody(op("replace", "title", "y"))).refused(http.StatusPreconditionFailed)
			t.get(path).is(http.StatusOK).has("/title", "x")
		}},
		{"DELETE of a version that has passed is 412", section314, func(t *trial) {
			who := t.person()
			path := userPath(t.post("/Users", who).created())
			stale := t.get(path).tag()
			t.put(path, who.with(object{"title": "x"})).is(http.StatusOK)
			t.under("If-Match", stale, http.MethodDelete, path, nil).refused(http.StatusPreconditionFailed)
			t.under("If-Match", t.get(path).tag(), http.MethodDelete, path, nil).is(http.StatusNoContent)
		}},
		{"If-Match * is any version", "RFC 9110 13.1.1", func(t *trial) {
			who := t.person()
			path := userPath(t.post("/Users", who).created())
			t.under("If-Match", "*", http.MethodPut, path, who.with(object{"title": "x"})).is(http.StatusOK).has("/title", "x")
		}},
	}
}
