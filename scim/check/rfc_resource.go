package check

import (
	"net/http"
	"strings"
)

// newcomer is a user whom POST made, with the answer.
type newcomer struct {
	who  attributes
	made *answer
	id   string
}

func (t *trial) newcomer() newcomer {
	who := t.person().with(object{"password": "Tr0ub4dor&3-" + t.s.name(), "title": "Ingénieure 工程师 🚀 \"<&>\"", "externalId": t.s.name()})
	a := t.post("/Users", who)
	return newcomer{who, a, a.created()}
}

// rfcResources checks the life of a user: POST, GET and DELETE.
func rfcResources(s *session) {
	s.run(anyServer, answersToPost(once((*trial).newcomer)))
	s.run(anyServer, bodiesOfPost())
	s.run(anyServer, lastThings())
}

func answersToPost(someone func(*trial) newcomer) []check {
	return []check{
		{"POST answers 201 with the resource", "RFC 7644 3.3", func(t *trial) {
			someone(t).made.includes("/schemas", userURN).has("/userName", someone(t).who["userName"]).text("/id")
		}},
		{"POST answers Location, the same as meta.location", "RFC 7644 3.3", func(t *trial) {
			a := someone(t).made
			location := a.header.Get("Location")
			t.want(location != "" && location == a.text("/meta/location"), "Location: %q, want /meta/location", location)
		}},
		{"the location is an absolute URL that can be read", "RFC 7643 3.1", func(t *trial) {
			location := t.get(userPath(someone(t).id)).is(http.StatusOK).text("/meta/location")
			t.want(strings.HasPrefix(location, "http") && strings.HasSuffix(location, userPath(someone(t).id)), "/meta/location: %s, want the URL of the user", show(location))
			base := t.s.client.base
			t.want(strings.HasPrefix(location, base.Scheme+"://"+base.Host+"/"), "/meta/location: %s, want a URL under the base", show(location))
			t.get(location).is(http.StatusOK).has("/id", someone(t).id)
		}},
		{"meta is complete", "RFC 7643 3.1", func(t *trial) {
			a := t.get(userPath(someone(t).id)).is(http.StatusOK).has("/meta/resourceType", "User")
			t.want(!a.instant("/meta/lastModified").Before(a.instant("/meta/created")), "/meta/lastModified is before /meta/created")
		}},
		{"what was sent is returned as it was", "RFC 7644 3.3", func(t *trial) {
			t.get(userPath(someone(t).id)).is(http.StatusOK).echoes("", someone(t).who)
		}},
		{"a truth value is returned as one", "RFC 7643 2.3.2", func(t *trial) { someone(t).made.has("/active", true) }},
		{"a password is never returned", "RFC 7643 4.1.1", func(t *trial) {
			secret := someone(t).who.text("password")
			for _, a := range []*answer{
				someone(t).made, t.get(userPath(someone(t).id)), t.get(userPath(someone(t).id), "attributes", "password,userName"),
				t.get("/Users", "filter", `userName eq "`+someone(t).who.text("userName")+`"`),
				t.put(userPath(someone(t).id), someone(t).who),
			} {
				a.is(http.StatusOK, http.StatusCreated).absent("/password")
				t.want(!strings.Contains(string(a.raw), secret) && !strings.Contains(string(a.raw), `"password"`), "%s: the answer has a password", a.request)
			}
		}},
	}
}

// bodiesOfPost are about what the server makes of what is sent.
func bodiesOfPost() []check {
	return []check{
		{"the id is the server's", "RFC 7643 3.1", func(t *trial) {
			mine := t.s.name()
			t.want(t.post("/Users", t.person().with(object{"id": mine})).created() != mine, "/id: the one that was sent, want one of the server's")
		}},
		{"meta that was sent is ignored", "RFC 7643 3.1, RFC 7644 3.3", func(t *trial) {
			a := t.post("/Users", t.person().with(object{"meta": object{"resourceType": "Group", "created": "2001-02-03T04:05:06Z", "location": "http://elsewhere.example"}}))
			a.created()
			a.has("/meta/resourceType", "User")
			t.want(a.instant("/meta/created").Year() != 2001, "/meta/created: the one that was sent")
		}},
		{"groups that were sent are ignored", "RFC 7643 4.1.2", func(t *trial) {
			t.get(userPath(t.post("/Users", t.person().with(object{"groups": []object{{"value": "x", "display": "y"}}})).created())).absent("/groups")
		}},
		{"an extension is listed in schemas, and returned under its URN", "RFC 7643 3.3", func(t *trial) {
			a := t.post("/Users", t.person().with(object{"schemas": []string{userURN, enterpriseURN}, enterpriseURN: object{"department": "Tours"}}))
			a.created()
			a.includes("/schemas", userURN).includes("/schemas", enterpriseURN).has("/"+enterpriseURN+"/department", "Tours")
		}},
		{"null and an empty list are the same as nothing", "RFC 7643 2.5", func(t *trial) {
			id := t.post("/Users", t.person().with(object{"title": nil, "emails": []any{}, "nickName": nil})).created()
			t.get(userPath(id)).is(http.StatusOK).absent("/title", "/emails", "/nickName")
		}},
		{"names of attributes come in any case", "RFC 7643 2.1", func(t *trial) {
			who := t.person()
			who["USERNAME"], who["DisplayNAME"] = who["userName"], "Any Case"
			delete(who, "userName")
			delete(who, "displayName")
			id := t.post("/Users", who).created()
			t.get(userPath(id)).is(http.StatusOK).has("/userName", who["USERNAME"]).has("/displayName", "Any Case")
		}},
		{"an unknown attribute is ignored or refused", "RFC 7644 3.3", func(t *trial) {
			a := t.post("/Users", t.person().with(object{"noSuchAttribute": "x"})).is(http.StatusCreated, http.StatusBadRequest)
			t.want(a.status == http.StatusBadRequest || a.at("/id") != nil, "%s: no id", a.request)
		}},
		{"several values of an attribute are returned", "RFC 7643 2.4", func(t *trial) {
			mails := []object{{"value": "a@" + t.s.domain, "type": "work", "primary": true}, {"value": "b@" + t.s.domain, "type": "home"}}
			t.get(userPath(t.post("/Users", t.person().with(object{"emails": mails})).created())).has("/emails", mails)
		}},
		{"of two primary values one is left, or both are refused", "RFC 7643 2.4", func(t *trial) {
			two := mails()
			two[1]["primary"] = true
			a := t.post("/Users", t.person().with(object{"emails": two})).is(http.StatusCreated, http.StatusBadRequest)
			if a.status == http.StatusBadRequest {
				a.refused(http.StatusBadRequest, "invalidValue")
				return
			}
			first, second := a.at("/emails/0/primary") == true, a.at("/emails/1/primary") == true
			t.want(first != second, "/emails: primary is true %s, want once", map[bool]string{true: "twice", false: "nowhere"}[first])
		}},
	}
}

// lastThings are about changes and DELETE.
func lastThings() []check {
	return []check{
		{"DELETE answers 204 without a body", "RFC 7644 3.6", func(t *trial) {
			_, path := t.user()
			t.delete(path).is(http.StatusNoContent).empty()
		}},
		{"what was deleted is gone", "RFC 7644 3.6", func(t *trial) {
			who := t.person()
			path := userPath(t.post("/Users", who).created())
			t.delete(path).is(http.StatusNoContent)
			t.get(path).refused(http.StatusNotFound)
			t.put(path, who).refused(http.StatusNotFound)
			t.get("/Users", "filter", `userName eq "`+who.text("userName")+`"`).finds()
		}},
		{"what was deleted does not stand in the way", "RFC 7644 3.6", func(t *trial) {
			who := t.person()
			t.delete(userPath(t.post("/Users", who).created())).is(http.StatusNoContent)
			t.post("/Users", who).created()
		}},
		{"a change moves lastModified, and created stays", "RFC 7643 3.1", func(t *trial) {
			who := t.person()
			path := userPath(t.post("/Users", who).created())
			before := t.get(path)
			t.put(path, who.with(object{"displayName": "Somebody Else"})).is(http.StatusOK)
			after := t.get(path).has("/meta/created", before.text("/meta/created"))
			t.want(after.instant("/meta/lastModified").After(before.instant("/meta/lastModified")), "/meta/lastModified: not later than before the change")
		}},
	}
}
