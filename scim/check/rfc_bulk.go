package check

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	bulkURN         = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// bulkOp is one operation of a Bulk request; an empty bulkId and nil data are left out.
func bulkOp(method, path, bulkID string, data any) object {
	o := object{"method": method, "path": path}
	if bulkID != "" {
		o["bulkId"] = bulkID
	}
	if data != nil {
		o["data"] = data
	}
	return o
}

func bulkBody(failOnErrors int, ops ...object) object {
	body := object{"schemas": []string{bulkURN}, "Operations": ops}
	if failOnErrors > 0 {
		body["failOnErrors"] = failOnErrors
	}
	return body
}

// bulk makes a Bulk request that must be answered with results.
func (t *trial) bulk(failOnErrors int, ops ...object) *answer {
	return t.post("/Bulk", bulkBody(failOnErrors, ops...)).is(http.StatusOK).json().includes("/schemas", bulkResponseURN)
}

// nobody is an operation on a user who does not exist.
func (t *trial) nobody() object { return bulkOp("DELETE", userPath(t.s.name()), "", nil) }

// rfcBulk checks requests that carry several.
func rfcBulk(s *session) {
	s.run(bulk, bulkOperations())
	s.run(bulk, bulkReferences())
	s.run(bulk, bulkLimits())
}

func bulkOperations() []check {
	const section = "RFC 7644 3.7"
	return []check{
		{"POST, PUT and DELETE", section, func(t *trial) {
			who := t.person()
			first := t.person()
			_, gone := t.user()
			kept := userPath(t.post("/Users", first).created())
			a := t.bulk(0, bulkOp("POST", "/Users", "new", who), bulkOp("PUT", kept, "", first.with(object{"title": "x"})), bulkOp("DELETE", gone, "", nil))
			a.has("/Operations/0", object{"method": "POST", "bulkId": "new", "status": "201"}).has("/Operations/1/status", "200").has("/Operations/2/status", "204")
			t.get(a.text("/Operations/0/location")).is(http.StatusOK).has("/userName", who["userName"])
			t.get(kept).is(http.StatusOK).has("/title", "x")
			t.get(gone).refused(http.StatusNotFound)
		}},
		{"each result has a location, but for a POST that failed", section, func(t *trial) {
			_, path := t.user()
			a := t.bulk(0, bulkOp("POST", "/Users", "new", t.person()), t.nobody(), bulkOp("DELETE", path, "", nil))
			for i := range a.list("/Operations") {
				a.text("/Operations/" + strconv.Itoa(i) + "/location")
			}
			t.want(strings.HasSuffix(a.text("/Operations/2/location"), path), "/Operations/2/location: does not end in %s", path)
		}},
		{"an error stands at its operation, and the others are done", "RFC 7644 3.7.3", func(t *trial) {
			_, path := t.user()
			a := t.bulk(0, bulkOp("POST", "/Users", "bad", object{"schemas": []string{userURN}, "externalId": t.s.name()}), t.nobody(), bulkOp("DELETE", path, "", nil))
			a.has("/Operations/0/status", "400").has("/Operations/0/response", object{"status": "400", "scimType": "invalidValue"}).
				includes("/Operations/0/response/schemas", errorURN).has("/Operations/1/status", "404").has("/Operations/2/status", "204")
		}},
		{"failOnErrors stops", "RFC 7644 3.7.3", func(t *trial) {
			_, path := t.user()
			a := t.bulk(1, t.nobody(), bulkOp("DELETE", path, "", nil))
			a.has("/Operations/0/status", "404")
			t.want(len(a.list("/Operations")) == 1, "%d operations are answered, want 1", len(a.list("/Operations")))
			t.get(path).is(http.StatusOK)
		}},
		{"PATCH", section, func(t *trial) {
			t.need(patching)
			_, path := t.user()
			a := t.bulk(0, bulkOp("PATCH", path, "", patchBody(op("add", "title", "x"))))
			status := a.text("/Operations/0/status")
			t.want(status == "200" || status == "204", "/Operations/0/status: %s, want 200 or 204", status)
			t.get(path).is(http.StatusOK).has("/title", "x")
		}},
		{"a version that has passed is 412", section, func(t *trial) {
			t.need(tagging)
			_, path := t.user()
			stale := bulkOp("DELETE", path, "", nil)
			stale["version"] = `W/"no-such-version"`
			t.bulk(0, stale).has("/Operations/0/status", "412")
			t.get(path).is(http.StatusOK)
		}},
	}
}

func bulkReferences() []check {
	return []check{
		{"bulkId in data", "RFC 7644 3.7.2", func(t *trial) {
			t.need(grouping)
			a := t.bulk(0, bulkOp("POST", "/Users", "u1", t.person()), bulkOp("POST", "/Groups", "g1", t.team("bulkId:u1"))).
				has("/Operations/0/status", "201").has("/Operations/1/status", "201")
			user := t.get(a.text("/Operations/0/location")).is(http.StatusOK).text("/id")
			t.get(a.text("/Operations/1/location")).is(http.StatusOK).has("/members", refs(user))
		}},
		{"bulkId of a later operation", "RFC 7644 3.7.1", func(t *trial) {
			t.need(grouping)
			a := t.bulk(0, bulkOp("POST", "/Groups", "g1", t.team("bulkId:u1")), bulkOp("POST", "/Users", "u1", t.person()))
			a.includes("/Operations", object{"bulkId": "g1", "status": "201"}).includes("/Operations", object{"bulkId": "u1", "status": "201"})
		}},
		{"bulkId in a path", "RFC 7644 3.7.2", func(t *trial) {
			t.need(patching)
			a := t.bulk(0, bulkOp("POST", "/Users", "u1", t.person()), bulkOp("PATCH", "/Users/bulkId:u1", "", patchBody(op("add", "title", "x")))).
				has("/Operations/0/status", "201")
			t.get(a.text("/Operations/0/location")).is(http.StatusOK).has("/title", "x")
		}},
		{"users who refer to each other are resolved or refused", "RFC 7644 3.7.1", func(t *trial) {
			ofManager := func(bulkID string) object {
				return object{"schemas": []string{userURN, enterpriseURN}, enterpriseURN: object{"manager": object{"value": "bulkId:" + bulkID}}}
			}
			a := t.bulk(0, bulkOp("POST", "/Users", "u1", t.person().with(ofManager("u2"))), bulkOp("POST", "/Users", "u2", t.person().with(ofManager("u1"))))
			for i := range 2 {
				status := a.text("/Operations/" + strconv.Itoa(i) + "/status")
				t.want(status == "201" || status == "409", "/Operations/%d/status: %s, want 201 or 409", i, status)
			}
			t.want(!strings.Contains(string(t.get("/Users", "filter", fmt.Sprintf("userName sw %q", t.s.prefix), "count", "200").raw), "bulkId:"), "a bulkId is kept instead of an id")
		}},
		{"an unknown bulkId is refused", "RFC 7644 3.7.2", func(t *trial) {
			t.need(grouping)
			a := t.bulk(0, bulkOp("POST", "/Groups", "g1", t.team("bulkId:no-such-id")))
			status := a.text("/Operations/0/status")
			t.want(status == "400" || status == "409", "/Operations/0/status: %s, want 400 or 409", status)
		}},
	}
}

func bulkLimits() []check {
	const section = "RFC 7644 3.7"
	return []check{
		{"a method that Bulk has not is refused", section, func(t *trial) {
			_, path := t.user()
			a := t.post("/Bulk", bulkBody(0, bulkOp("GET", path, "", nil)))
			if a.status != http.StatusOK {
				a.refused(http.StatusBadRequest)
				return
			}
			status := a.text("/Operations/0/status")
			t.want(status[0] == '4' || status == "501", "/Operations/0/status: %s, want a refusal", status)
		}},
		{"POST needs a bulkId", section, func(t *trial) {
			a := t.post("/Bulk", bulkBody(0, bulkOp("POST", "/Users", "", t.person())))
			if a.status == http.StatusOK {
				a.has("/Operations/0/status", "400")
				return
			}
			a.refused(http.StatusBadRequest)
		}},
		{"more operations than allowed are refused", "RFC 7644 3.7.4", tooManyOperations},
		{"a larger body than allowed is refused", "RFC 7644 3.7.4", func(t *trial) {
			most, _ := lookUp(t.s.config, "/bulk/maxPayloadSize").(float64)
			t.want(most > 0, "ServiceProviderConfig: /bulk/maxPayloadSize: %s, want a number", strconv.Itoa(int(most)))
			if most > 16<<20 {
				t.skip("bulk.maxPayloadSize is %d: too much to send", int(most))
			}
			body := []byte(`{"schemas":["` + bulkURN + `"],"Operations":[{"method":"DELETE","path":"/Users/` + strings.Repeat("x", int(most)) + `"}]}`)
			t.send(request{method: http.MethodPost, path: "/Bulk", body: bytes.Clone(body)}).refused(http.StatusRequestEntityTooLarge)
		}},
		{"Bulk cannot be read", "RFC 9110 15.5.6", func(t *trial) {
			t.get("/Bulk").is(http.StatusMethodNotAllowed, http.StatusNotFound, http.StatusNotImplemented)
		}},
		{"Bulk in Bulk is refused", section, func(t *trial) {
			_, path := t.user()
			a := t.post("/Bulk", bulkBody(0, bulkOp("POST", "/Bulk", "b", bulkBody(0, bulkOp("DELETE", path, "", nil)))))
			if a.status == http.StatusOK {
				status := a.text("/Operations/0/status")
				t.want(status[0] == '4' || status == "501", "/Operations/0/status: %s, want a refusal", status)
			} else {
				a.is(http.StatusBadRequest)
			}
			t.get(path).is(http.StatusOK)
		}},
	}
}

func tooManyOperations(t *trial) {
	most, _ := lookUp(t.s.config, "/bulk/maxOperations").(float64)
	t.want(most > 0, "ServiceProviderConfig: /bulk/maxOperations: %d, want a number", int(most))
	if most > 5000 {
		t.skip("bulk.maxOperations is %d: too many to send", int(most))
	}
	ops := make([]object, int(most)+1)
	for i := range ops {
		ops[i] = bulkOp("DELETE", userPath("x"), "", nil)
	}
	t.post("/Bulk", bulkBody(0, ops...)).refused(http.StatusRequestEntityTooLarge)
}
