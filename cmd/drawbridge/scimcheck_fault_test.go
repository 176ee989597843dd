package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// middleware stands before a server and changes what passes.
type middleware func(next http.Handler) http.Handler

// fault is one thing that a server does wrong.
type fault struct {
	name  string
	only  string // the checks to run
	check string // the one that must fail
	wrap  middleware
}

func faults() []fault {
	return slices.Concat(resourceFaults(), refusalFaults(), queryFaults(), groupFaults(), providerFaults())
}

func created(a *http.Response) bool { return a.StatusCode == http.StatusCreated }

func every(*http.Response) bool { return true }

func resourceFaults() []fault {
	return []fault{
		{"POST answers 200", "rfc/resource", "resource: POST answers 201 with the resource", answering(func(a *http.Response) {
			if created(a) {
				a.StatusCode = http.StatusOK
			}
		})},
		{"no Location", "rfc/resource", "resource: POST answers Location, the same as meta.location", answering(func(a *http.Response) { a.Header.Del("Location") })},
		{"a password is told", "rfc/resource", "resource: a password is never returned", rewriting(created, func(o object) { o["password"] = "t1meMa$heen" })},
		{"truth values are texts", "rfc/resource", "resource: a truth value is returned as one", replacing(`"active":(true|false)`, `"active":"$1"`)},
		{"lastModified stands still", "rfc/resource", "resource: a change moves lastModified, and created stays",
			replacing(`"lastModified":"[^"]*"`, `"lastModified":"2026-01-02T03:04:05Z"`)},
		{"DELETE answers 200", "rfc/resource", "resource: DELETE answers 204 without a body", answering(func(a *http.Response) {
			if a.StatusCode == http.StatusNoContent {
				a.StatusCode = http.StatusOK
			}
		})},
		{"If-Match is ignored", "rfc/etag", "etag: PUT of a version that has passed is 412", asking(func(r *http.Request) { r.Header.Del("If-Match") })},
		{"If-None-Match is ignored", "rfc/etag", "etag: If-None-Match of the current version is 304", asking(func(r *http.Request) { r.Header.Del("If-None-Match") })},
		{"a PATCH is applied half", "rfc/patch", "patch: id is readOnly", oneByOne},
	}
}

func refusalFaults() []fault {
	return []fault{
		{"errors have no schemas", "rfc/error", "error: an unknown id is 404", replacing(`"schemas":\["[^"]*:Error"\],`, ``)},
		{"the status is a number", "rfc/error", "error: an unknown id is 404", replacing(`"status":"(\d+)"`, `"status":$1`)},
		{"errors have no scimType", "rfc/error", "error: a required attribute is missing", replacing(`"scimType":"[^"]*",`, ``)},
		{"401 without WWW-Authenticate", "rfc/error", "error: a wrong token is 401", answering(func(a *http.Response) { a.Header.Del("WWW-Authenticate") })},
		{"405 without Allow", "rfc/error", "error: a method that an endpoint has not is 405 with Allow", answering(func(a *http.Response) { a.Header.Del("Allow") })},
		{"any media type is taken", "rfc/error", "error: another media type is 415", asking(func(r *http.Request) { r.Header.Set("Content-Type", "application/scim+json") })},
		{"answers are text/html", "rfc/discovery", "discovery: the content type is application/scim+json", answering(func(a *http.Response) { a.Header.Set("Content-Type", "text/html") })},
		{"attributes lack their mutability", "rfc/discovery", "discovery: every schema is complete", replacing(`"mutability":"[^"]*",`, ``)},
		{"discovery takes a filter", "rfc/discovery", "discovery: a filter on Schemas is refused", askingQuery("filter", nil)},
	}
}

func queryFaults() []fault {
	return []fault{
		{"pages begin one late", "rfc/list", "list: a startIndex of 2 leaves out one", askingQuery("startIndex", func(v string) string {
			n, _ := strconv.Atoi(v)
			return strconv.Itoa(n + 1)
		})},
		{"the total is the page's", "rfc/list", "list: pages are disjoint and together complete", rewriting(every, func(o object) {
			if list, ok := o["Resources"].([]any); ok {
				o["totalResults"] = len(list)
			}
		})},
		{"count 0 is the default", "rfc/list", "list: count 0 asks for the total alone", askingQuery("count", func(v string) string {
			if v == "0" {
				return "10"
			}
			return v
		})},
		{"filters are ignored", "rfc/filter", `filter: eq: title eq "Engineer"`, askingQuery("filter", nil)},
		{"not is ignored", "rfc/filter", "filter: not: not (title pr)", askingQuery("filter", func(v string) string { return strings.ReplaceAll(v, "not (", "(") })},
		{"ge is gt", "rfc/filter", `filter: ge: name.familyName ge "Moss"`, askingQuery("filter", func(v string) string { return strings.ReplaceAll(v, " ge ", " gt ") })},
		{"sortOrder is ignored", "rfc/sort", "sort: descending: userName", askingQuery("sortOrder", nil)},
		{"attributes is ignored", "rfc/projection", "projection: attributes: those alone, beside what is always returned", askingQuery("attributes", nil)},
		{"excludedAttributes is ignored", "rfc/projection", "projection: excludedAttributes: all but those", askingQuery("excludedAttributes", nil)},
		{"the last page has a cursor", "rfc/cursor", "cursor: the last page, also a full one, has no nextCursor", rewriting(every, func(o object) {
			if _, ok := o["Resources"]; ok && o["nextCursor"] == nil {
				o["nextCursor"] = "more"
			}
		})},
		{"any cursor is the first", "rfc/cursor", "cursor: what is no cursor is refused", askingQuery("cursor", func(string) string { return "" })},
		{"search ignores its filter", "rfc/search", "search: filter", replacingBody(`"filter":"[^"]*(\\"[^"]*)*",?`, ``)},
	}
}

func groupFaults() []fault {
	return []fault{
		{"failOnErrors is ignored", "rfc/bulk", "bulk: failOnErrors stops", replacingBody(`,"failOnErrors":1`, ``)},
		{"members are lost", "rfc/group", "group: POST answers 201 with the members", rewriting(every, func(o object) { delete(o, "members") })},
		{"groups of users are not told", "rfc/group", "group: a user names its groups", rewriting(every, func(o object) { delete(o, "groups") })},
	}
}

// providerFaults are those that identity providers trip over.
func providerFaults() []fault {
	return []fault{
		{"e-mail addresses are folded", "entra/user", "user: create a new user", replacing(`Mixed\.Case`, `mixed.case`)},
		{"nothing found is 404", "entra/user", "user: filter for a user that does not exist", answering(func(a *http.Response) {
			if strings.Contains(readAnswer(a), `"totalResults":0`) {
				a.StatusCode = http.StatusNotFound
			}
		})},
		{"duplicates are taken", "okta", "spec: create the user again: status is 409", answering(func(a *http.Response) {
			if a.StatusCode == http.StatusConflict {
				a.StatusCode = http.StatusCreated
			}
		})},
		{"groups come slowly", "okta", "spec: Groups: answered within 600 ms", slowly},
	}
}

// asking changes requests.
func asking(change func(*http.Request)) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			change(r)
			next.ServeHTTP(w, r)
		})
	}
}

// askingQuery changes a parameter of requests, or with nil takes it out.
func askingQuery(name string, change func(string) string) middleware {
	return asking(func(r *http.Request) {
		q := r.URL.Query()
		if q.Has(name) && change != nil {
			q.Set(name, change(q.Get(name)))
		} else {
			q.Del(name)
		}
		r.URL.RawQuery = q.Encode()
	})
}

// replacingBody changes what matches in the bodies of requests.
func replacingBody(pattern, by string) middleware {
	match := regexp.MustCompile(pattern)
	return asking(func(r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		body = match.ReplaceAll(body, []byte(by))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	})
}

// answering changes answers.
func answering(change func(*http.Response)) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			a := rec.Result()
			change(a)
			body := readAnswer(a)
			for name, values := range a.Header {
				w.Header()[name] = values
			}
			if r.Method != http.MethodHead {
				w.Header().Del("Content-Length")
			}
			w.WriteHeader(a.StatusCode)
			_, _ = io.WriteString(w, body)
		})
	}
}

// readAnswer reads the body of an answer, which can be read again.
func readAnswer(a *http.Response) string {
	body, _ := io.ReadAll(a.Body)
	a.Body = io.NopCloser(bytes.NewReader(body))
	return string(body)
}

// replacing changes what matches in the bodies of answers.
func replacing(pattern, by string) middleware {
	match := regexp.MustCompile(pattern)
	return answering(func(a *http.Response) {
		a.Body = io.NopCloser(strings.NewReader(match.ReplaceAllString(readAnswer(a), by)))
	})
}

// rewriting changes the JSON objects in the bodies of some answers.
func rewriting(some func(*http.Response) bool, change func(object)) middleware {
	return answering(func(a *http.Response) {
		var o object
		if !some(a) || json.Unmarshal([]byte(readAnswer(a)), &o) != nil {
			return
		}
		change(o)
		body, _ := json.Marshal(o)
		a.Body = io.NopCloser(bytes.NewReader(body))
	})
}

// oneByOne applies each operation of a PATCH by itself.
func oneByOne(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Operations []json.RawMessage }
		raw, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPatch || json.Unmarshal(raw, &body) != nil || len(body.Operations) < 2 {
			r.Body = io.NopCloser(bytes.NewReader(raw))
			next.ServeHTTP(w, r)
			return
		}
		for i, op := range body.Operations {
			one, _ := json.Marshal(object{"schemas": []string{patchSchema}, "Operations": []json.RawMessage{op}})
			part := r.Clone(r.Context())
			part.Body, part.ContentLength = io.NopCloser(bytes.NewReader(one)), int64(len(one))
			if i == len(body.Operations)-1 {
				next.ServeHTTP(w, part)
				return
			}
			next.ServeHTTP(httptest.NewRecorder(), part)
		}
	})
}

// slowly answers what concerns groups after a second.
func slowly(next http.Handler) http.Handler {
	return asking(func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/Groups") {
			timer := time.NewTimer(700 * time.Millisecond)
			defer timer.Stop()
			<-timer.C
		}
	})(next)
}
