package check

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	configURN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	schemaURN = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	typeURN   = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
)

// rfcDiscovery checks what the server says of itself.
func rfcDiscovery(s *session) {
	s.run(anyServer, []check{
		{"ServiceProviderConfig is there", "RFC 7643 5", func(t *trial) {
			t.get("/ServiceProviderConfig").is(http.StatusOK).json().includes("/schemas", configURN)
		}},
		{"ServiceProviderConfig says what is supported", "RFC 7643 5", func(t *trial) {
			a := t.get("/ServiceProviderConfig").is(http.StatusOK)
			for _, feature := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
				_, ok := a.at("/" + feature + "/supported").(bool)
				t.want(ok, "/%s/supported: %s, want true or false", feature, show(a.at("/"+feature+"/supported")))
			}
			a.number("/bulk/maxOperations")
			a.number("/bulk/maxPayloadSize")
			a.number("/filter/maxResults")
		}},
		{"ServiceProviderConfig names authentication schemes", "RFC 7643 5", func(t *trial) {
			a := t.get("/ServiceProviderConfig").is(http.StatusOK)
			t.want(len(a.list("/authenticationSchemes")) > 0, "/authenticationSchemes: nothing, want one or more")
			for i := range a.list("/authenticationSchemes") {
				for _, name := range []string{"type", "name", "description"} {
					a.text(fmt.Sprintf("/authenticationSchemes/%d/%s", i, name))
				}
			}
		}},
		{"ServiceProviderConfig is no list, and has no id", "RFC 7643 5", func(t *trial) {
			t.get("/ServiceProviderConfig").is(http.StatusOK).present("/schemas", "/patch").excludes("/schemas", listURN).absent("/id", "/Resources")
		}},
		{"the content type is application/scim+json", "RFC 7644 3.8", func(t *trial) {
			a := t.get("/ServiceProviderConfig").is(http.StatusOK)
			t.want(strings.HasPrefix(a.header.Get("Content-Type"), scimJSON), "Content-Type %q, want %s", a.header.Get("Content-Type"), scimJSON)
		}},
		{"discovery needs no token, or says 401", "RFC 7644 4", func(t *trial) {
			for _, path := range []string{"/ServiceProviderConfig", "/Schemas", "/ResourceTypes"} {
				a := t.send(request{method: http.MethodGet, path: path, token: noToken})
				if a.status == http.StatusOK {
					a.json().present("/schemas")
					continue
				}
				a.refused(http.StatusUnauthorized)
			}
		}},
		{"ServiceProviderConfig cannot be written", "RFC 7644 4, RFC 9110 15.5.6", func(t *trial) {
			a := t.put("/ServiceProviderConfig", object{"schemas": []string{configURN}}).is(http.StatusMethodNotAllowed, http.StatusNotImplemented)
			t.want(a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "", "status 405 without Allow")
		}},
	})
	s.run(anyServer, resourceTypeChecks())
	s.run(anyServer, schemaChecks())
}

func resourceTypeChecks() []check {
	types := once(func(t *trial) *answer {
		return t.get("/ResourceTypes").is(http.StatusOK).json().includes("/schemas", listURN)
	})
	return []check{
		{"ResourceTypes is a list with User", "RFC 7644 4", func(t *trial) {
			types(t).includes("/Resources", object{"name": "User", "endpoint": "/Users", "schema": userURN})
		}},
		{"each resource type is complete", "RFC 7643 6", func(t *trial) {
			for i := range types(t).list("/Resources") {
				at := fmt.Sprintf("/Resources/%d", i)
				types(t).includes(at+"/schemas", typeURN).has(at+"/meta/resourceType", "ResourceType")
				for _, name := range []string{"/name", "/endpoint", "/schema", "/meta/location"} {
					types(t).text(at + name)
				}
			}
		}},
		{"each resource type can be read alone", "RFC 7644 4", func(t *trial) {
			for _, rt := range types(t).list("/Resources") {
				name, _ := lookUp(rt, "/name").(string)
				t.get("/ResourceTypes/"+url.PathEscape(name)).is(http.StatusOK).has("/endpoint", lookUp(rt, "/endpoint")).has("/schema", lookUp(rt, "/schema"))
			}
		}},
		{"each endpoint that is listed answers", "RFC 7643 6", func(t *trial) {
			for _, rt := range types(t).list("/Resources") {
				endpoint, _ := lookUp(rt, "/endpoint").(string)
				t.get("/"+strings.TrimPrefix(endpoint, "/"), "count", "1").page()
			}
		}},
		{"an unknown resource type is 404", "RFC 7644 3.12", func(t *trial) { t.get("/ResourceTypes/NoSuchType").refused(http.StatusNotFound) }},
		{"a filter on ResourceTypes is refused", "RFC 7644 4", func(t *trial) {
			t.get("/ResourceTypes", "filter", `name eq "User"`).refused(http.StatusForbidden)
		}},
	}
}

func schemaChecks() []check {
	schemas := once(func(t *trial) *answer {
		return t.get("/Schemas").is(http.StatusOK).json().includes("/schemas", listURN)
	})
	return []check{
		{"Schemas is a list with User", "RFC 7644 4", func(t *trial) { schemas(t).includes("/Resources", object{"id": userURN}) }},
		{"every schema of a resource type is listed", "RFC 7643 6", func(t *trial) {
			for _, rt := range t.get("/ResourceTypes").is(http.StatusOK).present("/Resources/0").list("/Resources") {
				schemas(t).includes("/Resources", object{"id": lookUp(rt, "/schema")})
				extensions, _ := lookUp(rt, "/schemaExtensions").([]any)
				for _, x := range extensions {
					schemas(t).includes("/Resources", object{"id": lookUp(x, "/schema")})
				}
			}
		}},
		{"every schema is complete", "RFC 7643 7", func(t *trial) {
			for i, s := range schemas(t).list("/Resources") {
				at := fmt.Sprintf("/Resources/%d", i)
				schemas(t).text(at + "/id")
				schemas(t).text(at + "/name")
				list := schemas(t).list(at + "/attributes")
				t.want(len(list) > 0, "%s/attributes: nothing, want attributes", at)
				for _, a := range list {
					t.completeAttribute(fmt.Sprint(lookUp(s, "/id")), a)
				}
			}
		}},
		{"each schema can be read alone", "RFC 7644 4", func(t *trial) {
			for _, s := range schemas(t).list("/Resources") {
				urn, _ := lookUp(s, "/id").(string)
				a := t.get("/Schemas/"+urn).is(http.StatusOK).has("/id", urn)
				want, _ := lookUp(s, "/attributes").([]any)
				t.want(len(a.list("/attributes")) == len(want), "%s: %d attributes, want the %d of the list", a.request, len(a.list("/attributes")), len(want))
			}
		}},
		{"an unknown schema is 404", "RFC 7644 3.12", func(t *trial) { t.get("/Schemas/urn:no:such:schema").refused(http.StatusNotFound) }},
		{"a filter on Schemas is refused", "RFC 7644 4", func(t *trial) {
			t.get("/Schemas", "filter", `id eq "`+userURN+`"`).refused(http.StatusForbidden)
		}},
		{"userName is required, unique and not case exact", "RFC 7643 8.7.1", func(t *trial) {
			a := t.get("/Schemas/" + userURN).is(http.StatusOK)
			a.includes("/attributes", object{"name": "userName", "required": true, "caseExact": false})
			a.excludes("/attributes", object{"name": "userName", "uniqueness": "none"})
		}},
		{"a password is never returned", "RFC 7643 8.7.1", func(t *trial) {
			a := t.get("/Schemas/" + userURN).is(http.StatusOK).present("/attributes/0")
			if a.listed("/attributes", object{"name": "password"}) {
				a.includes("/attributes", object{"name": "password", "mutability": "writeOnly", "returned": "never"})
			}
		}},
		{"groups of a user are readOnly", "RFC 7643 8.7.1", func(t *trial) {
			a := t.get("/Schemas/" + userURN).is(http.StatusOK).present("/attributes/0")
			if a.listed("/attributes", object{"name": "groups"}) {
				a.includes("/attributes", object{"name": "groups", "mutability": "readOnly"})
			}
		}},
	}
}

// completeAttribute demands the characteristics of an attribute and of its sub-attributes.
func (t *trial) completeAttribute(of string, a any) {
	name, _ := lookUp(a, "/name").(string)
	t.want(name != "", "an attribute of %s has no name", of)
	oneOf := func(characteristic string, values ...string) {
		got, _ := lookUp(a, "/"+characteristic).(string)
		t.want(slices.Contains(values, got), "%s of %s: %s is %q, want one of %s", name, of, characteristic, got, strings.Join(values, ", "))
	}
	truth := func(characteristic string) {
		_, ok := lookUp(a, "/"+characteristic).(bool)
		t.want(ok, "%s of %s: %s is %s, want true or false", name, of, characteristic, show(lookUp(a, "/"+characteristic)))
	}
	oneOf("type", "string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex")
	oneOf("mutability", "readOnly", "readWrite", "immutable", "writeOnly")
	oneOf("returned", "always", "never", "default", "request")
	truth("multiValued")
	truth("required")
	switch lookUp(a, "/type") {
	case "string":
		truth("caseExact")
		oneOf("uniqueness", "none", "server", "global")
	case "reference":
		list, _ := lookUp(a, "/referenceTypes").([]any)
		t.want(len(list) > 0, "%s of %s: no referenceTypes", name, of)
	case "complex":
		list, _ := lookUp(a, "/subAttributes").([]any)
		t.want(len(list) > 0, "%s of %s: no subAttributes", name, of)
		for _, sub := range list {
			t.completeAttribute(name+" of "+of, sub)
		}
	}
}
