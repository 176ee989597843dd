package scim1

import (
	"strings"

	"drawbridge/scim/schema"
)

// The URNs of SCIM 1.1 (draft-scim-core-schema-01). That of the core schema is the same for every resource type.
const (
	coreURN       = "urn:scim:schemas:core:1.0"
	enterpriseURN = "urn:scim:schemas:extension:enterprise:1.0"
)

// path is an attribute's name as SCIM 2.0 writes it: with its URN, and manager.value for manager.managerId.
func path(rt *schema.ResourceType, name string) string {
	rest, urn := name, ""
	if after, ok := cutURN(name, coreURN); ok {
		rest, urn = after, rt.Schema.ID
	} else if after, ok := cutURN(name, enterpriseURN); ok {
		rest, urn = after, schema.EnterpriseUserURN
	}
	if strings.EqualFold(rest, "manager.managerId") {
		rest = "manager.value"
	}
	switch {
	case urn == "":
		return rest
	case rest == "":
		return urn
	}
	return urn + ":" + rest
}

// cutURN cuts a URN and the colon or dot behind it off a name; what is left is empty for the URN alone.
func cutURN(name, urn string) (rest string, ok bool) {
	if len(name) < len(urn) || !strings.EqualFold(name[:len(urn)], urn) {
		return "", false
	}
	rest = name[len(urn):]
	if rest == "" {
		return "", true
	}
	return rest[1:], rest[0] == ':' || rest[0] == '.'
}

// oldURNs writes a text for people with the URNs of SCIM 1.1.
func oldURNs(text string) string {
	return strings.NewReplacer(
		schema.EnterpriseUserURN, enterpriseURN, schema.UserURN, coreURN, schema.GroupURN, coreURN,
		"manager.value", "manager.managerId",
	).Replace(text)
}

// oldURN is the URN of SCIM 1.1 for one of SCIM 2.0.
func oldURN(rt *schema.ResourceType, urn string) string {
	switch urn {
	case rt.Schema.ID:
		return coreURN
	case schema.EnterpriseUserURN:
		return enterpriseURN
	}
	return urn
}
