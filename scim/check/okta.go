package check

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// oktaPatience is how long Okta's suite lets a server take to list groups.
const oktaPatience = 600 * time.Millisecond

// step is one request of Okta's suite, with what it asserts of the answer.
type step struct {
	number  int
	name    string
	send    func(*trial) *answer
	asserts []assertion
}

type assertion struct {
	name string
	test func(*answer)
}

// oktaSpec is Okta's "SCIM 2.0 SPEC Test", with a user made for it to find first. Each assertion is a check.
func oktaSpec(s *session) {
	for _, st := range oktaSteps(s) {
		answered := once(st.send)
		var checks []check
		for _, as := range st.asserts {
			checks = append(checks, check{
				name: st.name + ": " + as.name, section: "Okta SPEC test step " + strconv.Itoa(st.number),
				run: func(t *trial) {
					a := *answered(t)
					a.t = t
					as.test(&a)
				},
			})
		}
		s.run(anyServer, checks)
	}
}

func oktaGet(path string, query ...string) request {
	return request{method: http.MethodGet, path: path, query: query, header: map[string]string{
		"Accept-Charset": "utf-8", "Content-Type": "application/scim+json; charset=utf-8", "User-Agent": "OKTA SCIM Integration",
	}}
}

func oktaPost(body any) request {
	return request{method: http.MethodPost, path: "/Users", body: body, header: map[string]string{
		"Content-Type": "application/json", "Accept": "application/scim+json; charset=utf-8",
	}}
}

// oktaWorld is what the steps hand on to each other.
type oktaWorld struct {
	first string     // id of the first user found
	who   attributes // the user that the suite creates
	id    string     // of that user
}

func oktaSteps(s *session) []step {
	w := &oktaWorld{}
	maker := &trial{s: s}
	w.who = maker.person().with(object{"displayName": "Robin Okta", "name": object{"givenName": "Robin", "familyName": "Okta"}})
	caps := `userName eq "` + strings.ToUpper(w.who.text("userName")) + `"`
	return []step{
		{0, "Users", w.findFirst, append([]assertion{
			statusIs(200), notEmpty("/Resources"), includes("/schemas", listURN),
			isNumber("/itemsPerPage"), isNumber("/startIndex"), isNumber("/totalResults"), notEmpty("/Resources/0/id"),
		}, oktaPersonAt("/Resources/0")...)},
		{2, "Users/{id}", func(t *trial) *answer {
			t.want(w.first != "", "there is no first user to read")
			return t.send(oktaGet(userPath(w.first)))
		}, append(append([]assertion{statusIs(200), notEmpty("/id")}, oktaPersonAt("")...), assertion{"id is the one asked for", func(a *answer) { a.has("/id", w.first) }})},
		{4, "no user of an unknown userName", func(t *trial) *answer {
			return t.send(oktaGet("/Users", "filter", `userName eq "`+t.s.name()+`@`+s.domain+`"`))
		}, []assertion{statusIs(200), includes("/schemas", listURN), equals("/totalResults", 0)}},
		{6, "no user of an unknown id", func(t *trial) *answer { return t.send(oktaGet("/Users/" + t.s.name())) },
			[]assertion{statusIs(404), notEmpty("/detail"), includes("/schemas", errorURN)}},
		{8, "the new user is not there yet", func(t *trial) *answer {
			return t.send(oktaGet("/Users", "filter", `userName eq "`+w.who.text("userName")+`"`))
		}, []assertion{statusIs(200), equals("/totalResults", 0), includes("/schemas", listURN)}},
		{10, "create a user", w.create, []assertion{
			statusIs(201), equals("/active", true), notEmpty("/id"), equals("/name/familyName", "Okta"), equals("/name/givenName", "Robin"),
			includes("/schemas", userURN), equals("/userName", w.who["userName"]),
		}},
		{12, "read the user", func(t *trial) *answer {
			t.want(w.id != "", "no user was created")
			return t.send(oktaGet(userPath(w.id)))
		}, []assertion{statusIs(200), equals("/userName", w.who["userName"]), equals("/name/familyName", "Okta"), equals("/name/givenName", "Robin")}},
		{14, "create the user again", func(t *trial) *answer { return t.send(oktaPost(w.who)) }, []assertion{statusIs(409)}},
		{16, "userName in capitals", func(t *trial) *answer { return t.send(oktaGet("/Users", "filter", caps)) }, []assertion{statusIs(200)}},
		{18, "Groups", oktaGroups, []assertion{statusIs(200), {"answered within 600 ms", func(a *answer) {
			a.t.want(a.took < oktaPatience, "the best of three took %d ms, want less than %d", a.took.Milliseconds(), oktaPatience.Milliseconds())
		}}, {"Resources is a list", func(a *answer) {
			a.t.want(a.number("/totalResults") == 0 || len(a.list("/Resources")) > 0, "/Resources: nothing, but /totalResults is not 0")
		}}}},
		{20, "a token that is none", func(t *trial) *answer {
			r := oktaGet("/Users", "filter", caps)
			r.token = "non-token"
			return t.send(r)
		}, []assertion{statusIs(401), notEmpty("/detail"), equals("/status", "401"), includes("/schemas", errorURN)}},
		{22, "status 404", func(t *trial) *answer { return t.send(oktaGet("/Users/00919288221112222")) },
			[]assertion{statusIs(404), notEmpty("/detail"), equals("/status", "404"), includes("/schemas", errorURN)}},
	}
}

func (w *oktaWorld) findFirst(t *trial) *answer {
	t.user()
	a := t.send(oktaGet("/Users", "count", "1", "startIndex", "1"))
	w.first, _ = a.at("/Resources/0/id").(string)
	return a
}

func (w *oktaWorld) create(t *trial) *answer {
	a := t.send(oktaPost(w.who))
	w.id, _ = a.at("/id").(string)
	return a
}

// oktaGroups lists groups three times and returns the fastest answer.
func oktaGroups(t *trial) *answer {
	t.need(grouping)
	best := t.send(oktaGet("/Groups"))
	for range 2 {
		if a := t.send(oktaGet("/Groups")); a.took < best.took {
			best = a
		}
	}
	return best
}

// oktaPersonAt asserts what a user at a pointer must have.
func oktaPersonAt(pointer string) []assertion {
	return []assertion{
		notEmpty(pointer + "/name/familyName"), notEmpty(pointer + "/name/givenName"), notEmpty(pointer + "/userName"),
		notEmpty(pointer + "/active"), notEmpty(pointer + "/emails/0/value"),
	}
}

func statusIs(want int) assertion {
	return assertion{"status is " + strconv.Itoa(want), func(a *answer) { a.is(want) }}
}

func equals(pointer string, want any) assertion {
	return assertion{pointer[1:] + " is as it should be", func(a *answer) { a.has(pointer, want) }}
}

func includes(pointer string, want any) assertion {
	return assertion{pointer[1:] + " has its URN", func(a *answer) { a.includes(pointer, want) }}
}

func isNumber(pointer string) assertion {
	return assertion{pointer[1:] + " is a number", func(a *answer) { a.number(pointer) }}
}

// notEmpty asserts that there is something. A value of another user than this run's is not shown.
func notEmpty(pointer string) assertion {
	return assertion{pointer[1:] + " is not empty", func(a *answer) {
		v := a.at(pointer)
		list, isList := v.([]any)
		a.t.want(v != nil && v != "" && (!isList || len(list) > 0), "%s: %s: nothing, want a value", a.request, pointer)
	}}
}
