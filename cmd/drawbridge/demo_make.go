package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"

	"github.com/google/uuid"
)

type object = map[string]any

const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchSchema      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// idpMake is a make of identity provider: the same changes, said differently.
type idpMake interface {
	product() string
	header() http.Header
	newID() string             // an id as the IdP gives its own people
	probe() string             // path and query of "test connection"
	lookUp(who person) string  // path and query by which it finds out whether somebody is there
	newUser(who person) object // body of the POST
	update(ctx context.Context, p *demoIdP, before, after person) error
	activity(active bool) []object // operations of the PATCH that removes or takes back
}

// oktaMake is an app of Okta's integration network: it reads a user and puts it back changed; only active is patched,
// without a path. It never deletes.
type oktaMake struct{}

func (oktaMake) product() string { return "Okta" }

func (oktaMake) header() http.Header {
	return http.Header{
		"User-Agent": {"Okta SCIM Client 1.0.0"}, "Accept": {"application/scim+json"},
		"Content-Type": {"application/scim+json; charset=utf-8"},
	}
}

func (oktaMake) newID() string { return "00u" + rand.Text()[:17] }

func (oktaMake) probe() string { return "/Users?startIndex=1&count=2" }

func (oktaMake) lookUp(who person) string {
	return "/Users?filter=" + url.PathEscape(`userName eq "`+who.userName+`"`) + "&startIndex=1&count=100"
}

func (oktaMake) newUser(who person) object {
	return object{
		"schemas": []string{userSchema}, "userName": who.userName, "externalId": who.externalID,
		"name":        object{"givenName": who.first, "familyName": who.last},
		"emails":      []object{{"primary": true, "value": who.userName, "type": "work"}},
		"displayName": who.display(), "title": who.title, "locale": "en-US", "groups": []string{}, "active": true,
		"password": rand.Text(), // Okta always sends a placeholder; it is neither kept nor answered
	}
}

func (oktaMake) update(ctx context.Context, p *demoIdP, before, after person) error {
	user, err := p.send(ctx, request{method: http.MethodGet, path: "/Users/" + before.id, want: []int{http.StatusOK}})
	if err != nil {
		return err
	}
	var changed []string
	if before.userName != after.userName {
		user["userName"] = after.userName
		user["emails"] = []object{{"primary": true, "value": after.userName, "type": "work"}}
		changed = append(changed, "userName")
	}
	if before.display() != after.display() {
		user["name"] = object{"givenName": after.first, "familyName": after.last}
		user["displayName"] = after.display()
		changed = append(changed, "name")
	}
	if before.title != after.title {
		user["title"] = after.title
		changed = append(changed, "title")
	}
	user["groups"] = []string{}
	_, err = p.send(ctx, request{method: http.MethodPut, path: "/Users/" + before.id, body: user, show: changed, want: []int{http.StatusOK}})
	return err
}

func (oktaMake) activity(active bool) []object {
	return []object{{"op": "replace", "value": object{"active": active}}}
}

// entraMake is Microsoft Entra ID as it is without its compliance flag: one PATCH with capital operations and a path
// each, booleans as words, and a DELETE in the end.
type entraMake struct{}

func (entraMake) product() string { return "Entra ID" }

func (entraMake) header() http.Header {
	return http.Header{
		"User-Agent": {""}, "Adscimversion": {"Date:2026-01-01"}, "Content-Type": {"application/scim+json; charset=utf-8"},
	}
}

func (entraMake) newID() string { return uuid.NewString() }

func (m entraMake) probe() string { return "/Users?filter=userName+eq+%22" + m.newID() + "%22" }

func (entraMake) lookUp(who person) string {
	return "/Users?filter=" + url.QueryEscape(`userName eq "`+who.userName+`"`)
}

func (entraMake) newUser(who person) object {
	return object{
		"schemas": []string{userSchema, enterpriseSchema}, "externalId": who.externalID, "userName": who.userName, "active": true,
		"displayName": who.display(), "title": who.title,
		"emails": []object{{"primary": true, "type": "work", "value": who.userName}},
		"meta":   object{"resourceType": "User"},
		"name":   object{"formatted": who.display(), "familyName": who.last, "givenName": who.first}, "roles": []string{},
	}
}

func (entraMake) update(ctx context.Context, p *demoIdP, before, after person) error {
	var operations []object
	replace := func(path, was, is string) {
		if was != is {
			operations = append(operations, object{"op": "Replace", "path": path, "value": is})
		}
	}
	replace("userName", before.userName, after.userName)
	replace(`emails[type eq "work"].value`, before.userName, after.userName)
	replace("name.givenName", before.first, after.first)
	replace("name.familyName", before.last, after.last)
	replace("name.formatted", before.display(), after.display())
	replace("displayName", before.display(), after.display())
	replace("title", before.title, after.title)
	replace(enterpriseSchema+":department", before.department, after.department)
	return p.patch(ctx, before.id, operations)
}

func (entraMake) activity(active bool) []object {
	word := "False"
	if active {
		word = "True"
	}
	return []object{{"op": "Replace", "path": "active", "value": word}}
}
