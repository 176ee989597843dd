package scim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	pathpkg "path"
	"strings"
	"testing"
	"testing/iotest"

	"drawbridge/scim"
)

const secret = "s3cr3t"

// exchange is a request and the status and scimType that answer it.
type exchange struct {
	name, method, path, content string
	status                      int
	kind                        string
}

// bad are requests that a client must not send. {U} is an existing user. Each is answered with a SCIM error,
// writes nothing, and gives nothing of its content away.
var bad = []exchange{
	{"broken JSON", "POST", "/Users", `{"userName":"s3cr3t"`, 400, "invalidSyntax"},
	{"no JSON", "POST", "/Users", `s3cr3t`, 400, "invalidSyntax"},
	{"empty body", "POST", "/Users", ` `, 400, "invalidSyntax"},
	{"list for object", "POST", "/Users", `["s3cr3t"]`, 400, "invalidSyntax"},
	{"null for object", "POST", "/Users", `null`, 400, "invalidSyntax"},
	{"more after the object", "POST", "/Users", `{"userName":"a"} {"userName":"s3cr3t"}`, 400, "invalidSyntax"},
	{"invalid UTF-8", "POST", "/Users", "{\"userName\":\"s3cr3t\xff\"}", 400, "invalidSyntax"},
	{"key twice", "POST", "/Users", `{"userName":"a","active":true,"active":false}`, 400, "invalidSyntax"},
	{"key twice, escaped", "POST", "/Users", `{"userName":"a","\u0075serName":"s3cr3t"}`, 400, "invalidSyntax"},
	{"key twice in another case", "POST", "/Users", `{"userName":"a","USERNAME":"s3cr3t"}`, 400, "invalidSyntax"},
	{"wrong type", "POST", "/Users", `{"userName":{"s3cr3t":1}}`, 400, "invalidValue"},
	{"wrong type deep", "POST", "/Users", `{"userName":"a","emails":[{"value":["s3cr3t"]}]}`, 400, "invalidValue"},
	{"no userName", "POST", "/Users", `{"displayName":"s3cr3t"}`, 400, "invalidValue"},
	{"active null", "POST", "/Users", `{"userName":"a","active":null}`, 400, "invalidValue"},
	{"NUL", "POST", "/Users", `{"userName":"s3cr3t\u0000"}`, 400, "invalidValue"},
	{"deep", "POST", "/Users", `{"userName":"a","x":` + strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40) + `}`, 400, "invalidSyntax"},
	{"many values", "POST", "/Users", `{"userName":"a","x":[` + strings.Repeat(`0,`, scim.MaxValues) + `0]}`, 400, "invalidSyntax"},
	{"long body", "POST", "/Users", `{"userName":"a","x":"` + strings.Repeat("s3cr3t", scim.MaxBody/6) + `"}`, 413, ""},
	{"PUT wrong type", "PUT", "/Users/{U}", `{"userName":7}`, 400, "invalidValue"},
	{"PUT broken", "PUT", "/Users/{U}", `{`, 400, "invalidSyntax"},
	{"PUT taken userName", "PUT", "/Users/{U}", `{"userName":"TAKEN"}`, 409, "uniqueness"},
	{"PATCH without Operations", "PATCH", "/Users/{U}", `{"active":false}`, 400, "invalidSyntax"},
	{"PATCH Operations twice", "PATCH", "/Users/{U}", `{"Operations":[],"operations":[]}`, 400, "invalidSyntax"},
	{"PATCH no objects", "PATCH", "/Users/{U}", `{"Operations":["s3cr3t"]}`, 400, "invalidSyntax"},
	{"PATCH no op", "PATCH", "/Users/{U}", `{"Operations":[{"path":"title","value":"s3cr3t"}]}`, 400, "invalidSyntax"},
	{"PATCH unknown op", "PATCH", "/Users/{U}", `{"Operations":[{"op":"s3cr3t","path":"title"}]}`, 400, "invalidSyntax"},
	{"PATCH path of another type", "PATCH", "/Users/{U}", `{"Operations":[{"op":"add","path":["s3cr3t"],"value":1}]}`, 400, "invalidSyntax"},
	{"PATCH second operation fails", "PATCH", "/Users/{U}", `{"Operations":[{"op":"add","path":"title","value":"x"},{"op":"add","path":"s3cr3t","value":"x"}]}`, 400, "invalidPath"},
	{"PATCH id", "PATCH", "/Users/{U}", `{"Operations":[{"op":"replace","path":"id","value":"s3cr3t"}]}`, 400, "mutability"},
	{"PATCH another id in the value", "PATCH", "/Users/{U}", `{"Operations":[{"op":"replace","value":{"id":"s3cr3t","title":"x"}}]}`, 400, "mutability"},
	{"PATCH noTarget", "PATCH", "/Users/{U}", `{"Operations":[{"op":"remove"}]}`, 400, "noTarget"},
	{"PATCH filter", "PATCH", "/Users/{U}", `{"Operations":[{"op":"add","path":"emails[room eq \"s3cr3t\"].value","value":"x"}]}`, 400, "invalidFilter"},
	{"PATCH removes userName", "PATCH", "/Users/{U}", `{"Operations":[{"op":"remove","path":"userName"}]}`, 400, "mutability"},
	{"PATCH too many", "PATCH", "/Users/{U}", `{"Operations":[` + strings.Repeat(`{"op":"remove","path":"title"},`, 1000) + `{"op":"remove","path":"title"}]}`, 400, "tooMany"},
	{"PATCH taken userName", "PATCH", "/Users/{U}", `{"Operations":[{"op":"replace","path":"userName","value":"Taken"}]}`, 409, "uniqueness"},
	{"no filter in filter", "GET", "/Users?filter=", "", 400, "invalidFilter"},
	{"broken filter", "GET", "/Users?filter=userName+eq+s3cr3t", "", 400, "invalidFilter"},
	{"filter by unknown", "GET", "/Users?filter=shoeSize+eq+%22s3cr3t%22", "", 400, "invalidFilter"},
	{"filter by password", "GET", "/Users?filter=password+eq+%22s3cr3t%22", "", 400, "invalidFilter"},
	{"filter of another type", "GET", "/Users?filter=active+gt+true", "", 400, "invalidFilter"},
	{"filter with bad UTF-8", "GET", "/Users?filter=userName+eq+%22%ff%22", "", 400, "invalidSyntax"},
	{"filter badly escaped", "GET", "/Users?filter=userName+eq+%2", "", 400, "invalidSyntax"},
	{"two filters", "GET", "/Users?filter=active+pr&filter=userName+pr", "", 400, "invalidSyntax"},
	{"long filter", "GET", "/Users?filter=userName+eq+%22" + strings.Repeat("s3cr3t", 2000) + "%22", "", 400, "invalidFilter"},
	{"very long filter", "GET", "/Users?filter=" + strings.Repeat("%28", 20000), "", 400, "invalidFilter"},
	{"deep filter", "GET", "/Users?filter=" + strings.Repeat("(", 4000), "", 400, "invalidFilter"},
	{"wide filter", "GET", "/Users?filter=" + strings.Repeat("title+pr+or+", 60) + "title+pr", "", 400, "invalidFilter"},
	{"count no number", "GET", "/Users?count=s3cr3t", "", 400, "invalidValue"},
	{"startIndex no number", "GET", "/Users?startIndex=1.5", "", 400, "invalidValue"},
	{"unknown id", "GET", "/Users/s3cr3t", "", 404, ""},
	{"method", "PATCH", "/Users", `{}`, 405, ""},
	{"method on .search", "GET", "/Users/.search", "", 405, ""},
	{"sort by unknown", "GET", "/Users?sortBy=s3cr3t", "", 400, "invalidValue"},
	{"cursor", "GET", "/Users?cursor=s3cr3t", "", 400, "invalidCursor"},
	{"search", "POST", "/Users/.search", `{"filter":"userName eq s3cr3t"}`, 400, "invalidFilter"},
	{"search of all", "POST", "/.search", `{"count":"s3cr3t"}`, 400, "invalidSyntax"},
	{"all", "GET", "?filter=shoeSize+eq+%22s3cr3t%22", "", 400, "invalidFilter"},
	{"bulk", "POST", "/Bulk", `{"Operations":"s3cr3t"}`, 400, "invalidSyntax"},
	{"group of nobody", "POST", "/Groups", `{"displayName":"g","members":["s3cr3t"]}`, 400, "invalidValue"},
	{"group without name", "POST", "/Groups", `{"members":[]}`, 400, "invalidValue"},
	{"user as group", "GET", "/Groups/{U}", "", 404, ""},
	{"me", "GET", "/Me", "", 501, ""},
	{"me, changed", "PATCH", "/Me", `{}`, 501, ""},
}

func prepared(t testing.TB) (*service, string) {
	s := newService()
	s.create(t, `{"userName":"taken"}`)
	return s, s.create(t, `{"userName":"anna","title":"before","active":true}`)
}

func TestBadRequests(t *testing.T) {
	for _, tt := range bad {
		t.Run(tt.name, func(t *testing.T) {
			s, id := prepared(t)
			w := s.do(tt.method, strings.Replace(tt.path, "{U}", id, 1), tt.content)
			refused(t, w, tt.status, tt.kind)
			if s.writes != 2 || !strings.Contains(string(s.resources[1].Doc), "before") {
				t.Errorf("%d writes, document %s", s.writes, s.resources[1].Doc)
			}
			if text := w.Body.String() + s.log.String(); strings.Contains(text, secret) && tt.name != "PATCH unknown op" {
				t.Errorf("the value was echoed: %s", text)
			}
			if tt.status != 501 && s.log.Len() > 0 {
				t.Errorf("logged: %s", s.log.String())
			}
		})
	}
}

// TestI30_RevokedTokenIsRefusedFirst: whatever else is wrong with a request, and if nothing is, a token that was
// good when it was looked at and is not when the answer is written gets 401. Mutant: the same server with a Live that
// always agrees answers some of them otherwise.
func TestI30_RevokedTokenIsRefusedFirst(t *testing.T) {
	requests := append(bad[:len(bad):len(bad)],
		exchange{"good list", "GET", "/Users", "", 200, ""},
		exchange{"good list of all", "GET", "", "", 200, ""},
		exchange{"good search", "POST", "/.search", `{}`, 200, ""},
		exchange{"good bulk", "POST", "/Bulk", `{"Operations":[]}`, 200, ""},
		exchange{"good group", "POST", "/Groups", `{"displayName":"g"}`, 201, ""},
		exchange{"good filter", "GET", "/Users?filter=userName+eq+%22anna%22", "", 200, ""},
		exchange{"good read", "GET", "/Users/{U}", "", 200, ""},
		exchange{"good create", "POST", "/Users", `{"userName":"eva"}`, 201, ""},
		exchange{"good replace", "PUT", "/Users/{U}", `{"userName":"eva"}`, 200, ""},
		exchange{"good patch", "PATCH", "/Users/{U}", `{"Operations":[]}`, 200, ""},
		exchange{"good delete", "DELETE", "/Users/{U}", "", 204, ""},
	)
	caught := 0
	for _, tt := range requests {
		t.Run(tt.name, func(t *testing.T) {
			s, id := prepared(t)
			s.revoked = true
			path := strings.Replace(tt.path, "{U}", id, 1)
			w := s.do(tt.method, path, tt.content)
			refused(t, w, 401, "")
			if s.writes != 2 {
				t.Errorf("%d writes", s.writes)
			}
			mutant, id := prepared(t)
			mutant.handler = mutant.careless()
			mutant.revoked = true
			if w := mutant.do(tt.method, strings.Replace(tt.path, "{U}", id, 1), tt.content); w.Code != 401 {
				caught++
			}
		})
	}
	if caught < len(bad)/2 {
		t.Errorf("the mutant was caught by %d requests only: the check proves little", caught)
	}
}

func TestCredentials(t *testing.T) {
	for _, tt := range []struct {
		name    string
		path    string
		headers []string
	}{
		{"none", "/Users", nil},
		{"empty", "/Users", []string{""}},
		{"no token", "/Users", []string{"Bearer "}},
		{"no scheme", "/Users", []string{token}},
		{"other scheme", "/Users", []string{"Basic " + token}},
		{"wrong token", "/Users", []string{"Bearer s3cr3t"}},
		{"two headers", "/Users", []string{"Bearer " + token, "Bearer " + token}},
		{"two tokens in one", "/Users", []string{"Bearer " + token + ", Bearer " + token}},
		{"two words", "/Users", []string{"Bearer " + token + " s3cr3t"}},
		{"odd characters", "/Users", []string{"Bearer s3cr3t\x01"}},
		{"in the query", "/Users?access_token=" + token, nil},
		{"unknown method", "/Users/1", []string{"Bearer s3cr3t"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newService()
			content := &body{Reader: strings.NewReader(anna)}
			r := httptest.NewRequest("POST", "/scim/v2/acme"+tt.path, content)
			r.Header["Authorization"] = tt.headers
			w := s.serve(r)
			refused(t, w, 401, "")
			if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer realm=") {
				t.Errorf("WWW-Authenticate %q", w.Header().Get("WWW-Authenticate"))
			}
			if content.read > 0 || s.calls > 0 {
				t.Errorf("%d bytes of the body were read, %d calls of the backend", content.read, s.calls)
			}
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("echoed: %s", w.Body)
			}
		})
	}
	s := newService()
	r := request("GET", "/Users", "")
	r.Header.Set("Authorization", "bearer "+token)
	if w := s.serve(r); w.Code != 200 {
		t.Errorf("scheme in lower case: %d", w.Code)
	}
}

func TestI27_NothingIsParsedBeforeAuthentication(t *testing.T) {
	for _, tt := range bad {
		r := request(tt.method, strings.Replace(tt.path, "{U}", "1", 1), tt.content)
		r.Header.Set("Authorization", "Bearer wrong")
		s := newService()
		w := s.serve(r)
		refused(t, w, 401, "")
		if read := r.Body.(*body).read; read > 0 {
			t.Errorf("%s: %d bytes of the body were read", tt.name, read)
		}
	}
}

// TestI26_UnknownPathIs404BodyUnread has a mutant: the same server behind something that cleans paths first, as
// http.ServeMux and many proxies do, takes some of them for what they are not.
func TestI26_UnknownPathIs404BodyUnread(t *testing.T) {
	caught := 0
	for _, path := range []string{
		"/scim/v2/acme/Nothing", "/scim/v2/acme/", "/scim/v2/", "/scim/v2/acme/Users/1/2", "/scim/v2/acme/users",
		"/scim/v2/acme/%55sers", "/scim/v2/acme//Users", "/scim/v2//acme/Users", "/scim/v2/acme/Users/", "/scim/v2/acme/Users;a=b",
		"/scim/v2/acme/Users/a;b", "/scim/v2/acme/./Users", "/scim/v2/acme/x/../Users", "/scim/v2/acme/%2e%2e/acme/Users",
		"/scim/v2/acme/Users%2F1", "/scim/v2/acme/Users/%00", "/scim/v2/acme/Users/a%20b", "/scim/v2/acme/Users\\1", "/scim/v2/acme/Users/ü",
		"/scim/v2/acme/Schemas/urn%3Aietf:params:scim:schemas:core:2.0:User",
	} {
		t.Run(path, func(t *testing.T) {
			target, err := url.ParseRequestURI(path)
			if err != nil {
				t.Fatal(err)
			}
			s, r := newService(), request("POST", "/", anna)
			r.URL, r.RequestURI = target, path
			refused(t, s.serve(r), 404, "")
			if read := r.Body.(*body).read; read > 0 || s.calls > 0 || s.authed > 0 {
				t.Errorf("body read %d, backend calls %d, authentications %d", read, s.calls, s.authed)
			}
			r.URL = &url.URL{Path: pathpkg.Clean(target.Path)}
			if s.serve(r); s.authed > 0 {
				caught++
			}
		})
	}
	if caught < 5 {
		t.Errorf("the mutant took %d of the paths for another one: the check proves little", caught)
	}
}

func TestBodyLimits(t *testing.T) {
	for _, tt := range []struct {
		name   string
		body   io.Reader
		length int64 // as declared; -1 for chunks
		status int
		kind   string
		read   int // at most
	}{
		{"declared too long", strings.NewReader(strings.Repeat(" ", scim.MaxBody+1)), scim.MaxBody + 1, 413, "", 0},
		{"chunked too long", strings.NewReader(strings.Repeat(" ", 2*scim.MaxBody)), -1, 413, "", scim.MaxBody + 1},
		{"chunked", strings.NewReader(anna), -1, 201, "", len(anna)},
		{"as long as allowed", strings.NewReader(anna + strings.Repeat(" ", scim.MaxBody-len(anna))), scim.MaxBody, 201, "", scim.MaxBody},
		{"broken off", io.MultiReader(strings.NewReader(anna[:50]), iotest.ErrReader(io.ErrUnexpectedEOF)), int64(len(anna)), 400, "invalidSyntax", 50},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, r := newService(), request("POST", "/Users", anna)
			content := &body{Reader: tt.body}
			r.Body, r.ContentLength = content, tt.length
			w := s.serve(r)
			if tt.status >= 400 {
				refused(t, w, tt.status, tt.kind)
			}
			if w.Code != tt.status || content.read > tt.read {
				t.Errorf("%d %s after %d bytes; want %d after %d", w.Code, w.Body, content.read, tt.status, tt.read)
			}
		})
	}
}

func TestMethodOverrideIsRefused(t *testing.T) {
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		s, id := prepared(t)
		r := request("POST", "/Users/"+id, `{}`)
		r.Header.Set(header, "DELETE")
		refused(t, s.serve(r), 400, "invalidSyntax")
		if len(s.resources) != 2 {
			t.Errorf("%s deleted the user", header)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	for _, tt := range []struct {
		name, media, encoding string
		status                int
	}{
		{"scim", "application/scim+json", "", 201},
		{"json", "application/json", "", 201},
		{"charset", "Application/SCIM+JSON; charset=UTF-8", "", 201},
		{"identity", "application/json", "identity", 201},
		{"none", "", "", 415},
		{"form", "application/x-www-form-urlencoded", "", 415},
		{"text", "text/plain", "", 415},
		{"other charset", "application/json; charset=utf-16", "", 415},
		{"malformed", "application/json; charset", "", 415},
		{"compressed", "application/json", "gzip", 415},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newService()
			r := request("POST", "/Users", anna)
			r.Header.Set("Content-Type", tt.media)
			if tt.encoding != "" {
				r.Header.Set("Content-Encoding", tt.encoding)
			}
			w := s.serve(r)
			if w.Code != tt.status {
				t.Errorf("%d %s, want %d", w.Code, w.Body, tt.status)
			}
			if read := r.Body.(*body).read; tt.status == 415 && read > 0 {
				t.Errorf("%d bytes were read", read)
			}
		})
	}
}

func TestMethodNotAllowedNamesTheMethods(t *testing.T) {
	s, id := prepared(t)
	for path, want := range map[string]string{"/Users": "GET, HEAD, POST", "/Users/" + id: "DELETE, GET, HEAD, PATCH, PUT", "/.search": "POST", "/Bulk": "POST", "": "GET, HEAD"} {
		w := s.do("OPTIONS", path, "")
		refused(t, w, 405, "")
		if got := w.Header().Get("Allow"); got != want {
			t.Errorf("%s: Allow %q, want %q", path, got, want)
		}
	}
}

// TestUnknownErrorsTellNothing: the client gets a fixed text, the log gets the cause, and neither gets the filter.
func TestUnknownErrorsTellNothing(t *testing.T) {
	s := newService()
	s.broken = errors.New("connection refused by db7")
	w := s.do("GET", "/Users?filter=userName+eq+%22s3cr3t%22", "")
	refused(t, w, 500, "")
	if strings.Contains(w.Body.String(), "db7") {
		t.Errorf("the client was told: %s", w.Body)
	}
	if log := s.log.String(); !strings.Contains(log, "db7") || !strings.Contains(log, "/{tenant}/Users") || strings.Contains(log, secret) {
		t.Errorf("log: %s", log)
	}
}

func TestDeadlinesAre503(t *testing.T) {
	s := newService()
	s.broken = fmt.Errorf("reading users: %w", context.DeadlineExceeded)
	w := s.do("GET", "/Users", "")
	refused(t, w, 503, "")
	if w.Header().Get("Retry-After") == "" || s.log.Len() == 0 {
		t.Errorf("Retry-After %q, log %q", w.Header().Get("Retry-After"), s.log.String())
	}
}

func TestUnavailableSaysWhenToRetry(t *testing.T) {
	s := newService()
	s.broken = scim.Unavailable(1500e6)
	w := s.do("GET", "/Users", "")
	refused(t, w, 503, "")
	if w.Header().Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
	}
}

func TestPanicsBecome500(t *testing.T) {
	s := newService()
	s.handler = s.server(scim.Tenant{}) // no Backend to call
	w := s.do("GET", "/Users", "")
	refused(t, w, 500, "")
	if log := s.log.String(); strings.Contains(log, secret) || !strings.Contains(log, "panic") {
		t.Errorf("log: %s", log)
	}
}
