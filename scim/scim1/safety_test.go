package scim1_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"drawbridge/scim"
)

// everyRoute names one request for each route that needs a token.
var everyRoute = [][2]string{
	{"GET", "/Users?filter=userName%20pr"}, {"POST", "/Users"}, {"GET", "/Users/1"}, {"PUT", "/Users/1"}, {"PATCH", "/Users/1"}, {"DELETE", "/Users/1"},
	{"GET", "/Groups"}, {"POST", "/Groups"}, {"GET", "/Groups/1"}, {"PUT", "/Groups/1"}, {"PATCH", "/Groups/1"}, {"DELETE", "/Groups/1"},
	{"POST", "/Bulk"}, {"POST", "/Users.json"}, {"PATCH", "/Users/1.json"}, {"GET", "/Users.xml"}, {"PUT", "/Users/1.xml"}, {"POST", "/Bulk.xml"},
}

// TestI26_EveryRouteDemandsAToken, and TestI27: without a good one nothing of the body is read and nothing is asked of the
// backend. Mutant: read b.original in translateBody already.
func TestI26_TestI27_EveryRouteDemandsATokenBeforeItReads(t *testing.T) {
	for _, credential := range []string{"", "Bearer bad-token", "Basic " + token} {
		for _, route := range everyRoute {
			s := newService()
			r := request(route[0], route[1], `{"userName":"a","meta":{"attributes":[1]}}`)
			r.Header.Set("Authorization", credential)
			w := s.serve(r)
			refused(t, w, 401)
			if w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s: no WWW-Authenticate", route[0], route[1])
			}
			if read := r.Body.(*body).read; read > 0 || s.calls > 0 {
				t.Errorf("%s %s with %q: %d bytes of the body read, %d calls", route[0], route[1], credential, read, s.calls)
			}
		}
	}
}

// TestI30_RevokedTokenIsRefusedWhateverTheBody: a body that cannot be translated does not hide that the token is gone. Mutant:
// answer x.refused whatever the status in serve.
func TestI30_RevokedTokenIsRefusedWhateverTheBody(t *testing.T) {
	for _, content := range []string{`{"emails":[{"operation":"x"}]}`, `{"Operations":[]}`, `{`} {
		s := newService()
		s.gone = true
		refused(t, s.do("PATCH", "/Users/1", content), 401)
	}
	s := newService()
	s.gone = true
	refused(t, s.do("POST", "/Bulk", "{}"), 401)
	refused(t, s.do("GET", "/Users.xml", ""), 401)
}

// TestI7_AbsenceNeverRevokes: a PATCH that does not say so neither deactivates a user nor empties a group. Mutant: let list
// take null or an empty list for a replacement.
func TestI7_AbsenceNeverRevokes(t *testing.T) {
	s := newService()
	user := s.create(t, "/Users", anna)
	group := s.create(t, "/Groups", `{"displayName":"G","members":[{"value":"`+user+`"}]}`)
	for _, content := range []string{
		`{}`, `{"schemas":[]}`, `{"active":null}`, `{"active":""}`, `{"active":"no"}`, `{"active":[]}`, `{"Active":0}`, `{"meta":null}`,
		`{"meta":{"attributes":["active"]}}`, `{"meta":{"attributes":["urn:scim:schemas:core:1.0:active"]}}`, `{"meta":{"attributes":["active"]},"active":null}`,
		`{"meta":{"attributes":[]}}`, `{"meta":{"attributes":null}}`, `{"meta":{"attributes":[""]}}`, `{"meta":{"attributes":["urn:scim:schemas:core:1.0"]}}`,
		`{"groups":[]}`, `{"meta":{"attributes":["groups"]}}`, `{"operation":"delete"}`, `{"emails":[{"operation":"delete"}]}`,
		`{"members":null}`, `{"members":[]}`, `{"members":""}`, `{"members":[{"operation":"delete"}]}`, `{"members":[{"value":"","operation":"delete"}]}`,
		`{"members":[{"value":"` + user + `","operation":"delete"}`, `{"members":{"operation":"delete"}}`, `{"members":[{"value":null,"operation":"delete"}]}`,
	} {
		for _, path := range []string{"/Users/" + user, "/Groups/" + group} {
			if w := s.do("PATCH", path, content); w.Code != 200 {
				refused(t, w, 400)
			}
			if active := object(t, s.do("GET", "/Users/"+user, ""))["active"]; active != true {
				t.Fatalf("PATCH %s of %s: active is %v", path, content, active)
			}
			if members, _ := object(t, s.do("GET", "/Groups/"+group, ""))["members"].([]any); len(members) != 1 {
				t.Fatalf("PATCH %s of %s: members are %v", path, content, members)
			}
		}
	}
	if w := s.do("PATCH", "/Users/"+user, `{"active":"False"}`); object(t, w)["active"] != false {
		t.Errorf("an explicit removal: %d %s", w.Code, w.Body)
	}
}

// TestI21_SameWriteTwice: a repeated request writes nothing.
func TestI21_SameWriteTwice(t *testing.T) {
	s := newService()
	user := s.create(t, "/Users", anna)
	group := s.create(t, "/Groups", `{"displayName":"G"}`)
	for _, e := range [][2]string{
		{"/Users/" + user, `{"emails":[{"value":"a@acme.example","type":"work"},{"value":"b@acme.example","operation":"delete"}],"meta":{"attributes":["title"]}}`},
		{"/Users/" + user, `{"phoneNumbers":[{"value":"5","type":"work"},{"value":"5","type":"home"}],"name":{"givenName":"A"}}`},
		{"/Groups/" + group, `{"members":[{"value":"` + user + `"}]}`},
		{"/Groups/" + group, `{"members":[{"value":"` + user + `","operation":"delete"}]}`},
		{"/Groups/" + group, `{"meta":{"attributes":["members"]},"members":[{"value":"` + user + `"}]}`},
	} {
		first := s.do("PATCH", e[0], e[1])
		writes := s.writes
		second := s.do("PATCH", e[0], e[1])
		if first.Code != 200 || second.Body.String() != first.Body.String() || s.writes != writes {
			t.Errorf("%s: %d %s, then %d %s", e[1], first.Code, first.Body, second.Code, second.Body)
		}
	}
}

// TestI29_SecretsStayOut: neither errors nor the log repeat what was sent.
func TestI29_SecretsStayOut(t *testing.T) {
	const secret = "s3cret"
	s := newService()
	user := "/Users/" + s.create(t, "/Users", anna)
	for _, content := range []string{
		`{"emails":[{"value":"s3cret","operation":"s3cret"}]}`, `{"emails":[{"value":"s3cret","primary":"x"}]}`, `{"active":"s3cret"}`,
		`{"meta":{"attributes":["s3cret"]}}`, `{"meta":{"attributes":["emails[value eq \"s3cret\"].x"]}}`, `{"emails":[{"value":{"s3cret":1}}]}`, `{"id":"s3cret"}`,
	} {
		w := s.do("PATCH", user, content)
		if says := refused(t, w, 400); strings.Contains(says, secret) {
			t.Errorf("%s: %q", content, says)
		}
	}
	for _, path := range []string{"/Users?filter=s3cret", "/Users/s3cret", "/Schemas/s3cret", "/s3cret"} {
		if w := s.do("GET", path, ""); w.Code < http.StatusBadRequest || strings.Contains(w.Body.String(), secret) && !strings.Contains(path, "filter") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if strings.Contains(s.log.String(), secret) {
		t.Errorf("log: %s", s.log.String())
	}
}

// TestI27_LargeBodiesAreReadInTurn: what is too long is refused unread, and of a large body nothing is read while another one
// of the tenant is served, whether its length is told or not. Mutant: tell SCIM 2.0 no length at all.
func TestI27_LargeBodiesAreReadInTurn(t *testing.T) {
	large := `{"displayName":"G"` + strings.Repeat(" ", scim.MaxBody) + `}`
	for _, length := range []int64{int64(len(large)), -1} {
		s := newService()
		first, second := request("POST", "/Groups", large), request("POST", "/Groups", large)
		first.ContentLength, second.ContentLength = length, length
		entered, leave := make(chan bool), make(chan bool)
		s.creating = func() {
			s.creating = nil // the second, if it comes so far, goes on
			entered <- true
			<-leave
		}
		early := make(chan *httptest.ResponseRecorder, 1)
		go func() { early <- s.serve(first) }()
		select {
		case <-entered:
		case w := <-early:
			t.Fatalf("the first large request: %d %s", w.Code, w.Body)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // so that the second gives up instead of waiting
		if w := s.serve(second.WithContext(ctx)); w.Code < 500 {
			t.Errorf("%d %s beside another large request", w.Code, w.Body)
		}
		if read := second.Body.(*body).read; read > 0 {
			t.Errorf("length %d: %d bytes read before its turn", length, read)
		}
		leave <- true
	}
	for _, path := range []string{"/Users", "/Groups"} {
		s := newService()
		r := request("POST", path, anna)
		r.ContentLength = scim.MaxLinkedBody + 1
		refused(t, s.serve(r), 413)
		if read := r.Body.(*body).read; read > 0 {
			t.Errorf("%s: %d bytes read of a body that is too long", path, read)
		}
	}
}
