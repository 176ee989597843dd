package traffic

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// The quirks: ways in which a request departs from RFC 7643 and 7644 and is understood all the same.
const (
	quirkBooleanString  = "boolean_as_string"      // "active":"False"
	quirkCapitalOp      = "capital_op"             // "op":"Replace"
	quirkManagerString  = "manager_as_string"      // the bare id
	quirkManagerList    = "manager_as_list"        // a list of one
	quirkObjectForList  = "object_for_list"        // "emails":{...}
	quirkStringElement  = "string_for_object"      // "emails":["a@b"]
	quirkDottedKey      = "dotted_key"             // "name.givenName" as a key of a value
	quirkURNKey         = "urn_key"                // "urn:...:User:department" as a key of a value
	quirkFilterKey      = "filter_key"             // "emails[type eq \"work\"].value" as a key of a value
	quirkDottedURN      = "dotted_urn"             // "urn:...:User.manager"
	quirkNull           = "null_for_absent"        // "title":null
	quirkPassword       = "password_sent"          // it is not kept
	quirkReadOnly       = "read_only_sent"         // id, meta, groups
	quirkOldSchema      = "scim_1_schema"          // urn:scim:schemas:core:1.0
	quirkMisspelt       = "misspelt_schema"        // ...enterprise:2.0User
	quirkNoOps          = "no_operations"          // "Operations":[]
	quirkRemoveByValue  = "remove_by_value"        // a list of values to remove
	quirkPathlessRemove = "remove_without_path"    // RFC 7644 section 3.5.2.2: noTarget
	quirkDottedFilter   = "dotted_filter"          // emails[type eq "work"].value eq "x"
	quirkBeyondPage     = "count_beyond_page"      // more than a page holds
	quirkUnknownDropped = "unknown_attributes"     // they are dropped
	quirkPlainJSON      = "plain_json"             // application/json
	quirkVendorQuery    = "vendor_query_parameter" // ?aadOptscim062020
)

// quirks lists the quirks of a request that was understood, each once. Only the part of the body that was kept is looked at.
func (r *reading) quirks() []string {
	if r.status >= http.StatusBadRequest {
		return nil
	}
	found := make(quirkSet)
	found.note(len(r.dropped) > 0, quirkUnknownDropped)
	found.note(r.plain && len(r.body.kept) > 0, quirkPlainJSON)
	found.ofQuery(r.query)
	operations := r.sent.member("Operations")
	if operations == nil {
		found.ofResource(&r.sent)
		return slices.Sorted(maps.Keys(found))
	}
	found.note(len(operations.kids) == 0 && !operations.cut, quirkNoOps)
	for i := range operations.kids {
		found.ofOperation(&operations.kids[i])
	}
	return slices.Sorted(maps.Keys(found))
}

type quirkSet map[string]bool

func (s quirkSet) note(is bool, quirk string) {
	if is {
		s[quirk] = true
	}
}

func (s quirkSet) ofQuery(raw string) {
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		switch strings.ToLower(name) {
		case "filter":
			s.note(strings.Contains(unescape(value), "]."), quirkDottedFilter)
		case "count":
			n, err := strconv.Atoi(value)
			s.note(err == nil && n > scim.MaxPage, quirkBeyondPage)
		case "aadoptscim062020", "azureadscimpatch2017":
			s.note(true, quirkVendorQuery)
		}
	}
}

func (s quirkSet) ofOperation(op *node) {
	verb, path, value := op.member("op"), op.member("path"), op.member("value")
	s.note(verb != nil && verb.text != strings.ToLower(verb.text), quirkCapitalOp)
	pathless := path == nil || path.text == ""
	if verb != nil && strings.EqualFold(verb.text, "remove") {
		s.note(pathless && value != nil, quirkPathlessRemove)
		s.note(!pathless && value != nil && value.kind != isWord, quirkRemoveByValue)
		return
	}
	switch {
	case value == nil:
	case pathless:
		s.ofResource(value)
	default:
		s.note(strings.Contains(strings.ToLower(path.text), ":user."), quirkDottedURN)
		name := strings.ToLower(path.text[strings.LastIndexAny(path.text, ":.")+1:])
		s.ofAttribute(name, value)
	}
}

// ofResource looks at a resource, or at a part of one.
func (s quirkSet) ofResource(n *node) {
	for i := range n.kids {
		kid := &n.kids[i]
		name := strings.ToLower(kid.key)
		switch {
		case n.kind != isObject:
			return
		case name == "schemas":
			s.ofSchemas(kid)
		case name == "id" || name == "meta" || name == "groups":
			s.note(true, quirkReadOnly)
		case strings.HasPrefix(name, "urn:") && kid.kind == isObject:
			s.ofResource(kid)
		case strings.HasPrefix(name, "urn:"):
			s.note(true, quirkURNKey)
		case strings.Contains(name, "["):
			s.note(true, quirkFilterKey)
		case strings.Contains(name, "."):
			s.note(true, quirkDottedKey)
		default:
			s.ofAttribute(name, kid)
		}
	}
}

func (s quirkSet) ofSchemas(n *node) {
	for i := range n.kids {
		urn := n.kids[i].text
		s.note(strings.HasPrefix(urn, "urn:scim:schemas:core:1"), quirkOldSchema)
		s.note(urn != schema.EnterpriseUserURN && strings.EqualFold(urn, strings.ReplaceAll(schema.EnterpriseUserURN, ":User", "User")), quirkMisspelt)
	}
}

func (s quirkSet) ofAttribute(name string, n *node) {
	s.note(n.kind == isWord && n.text == "null", quirkNull)
	s.note(name == "password", quirkPassword)
	s.note(name == "active" && n.kind == isString, quirkBooleanString)
	if name == "manager" {
		s.note(n.kind == isString && n.text != "", quirkManagerString)
		s.note(n.kind == isArray, quirkManagerList)
		return
	}
	switch name {
	case "emails", "phonenumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509certificates", "members":
	default:
		return
	}
	s.note(n.kind == isObject, quirkObjectForList)
	for i := range n.kids {
		element := &n.kids[i]
		s.note(n.kind == isArray && element.kind == isString, quirkStringElement)
		if primary := element.member("primary"); primary != nil {
			s.note(primary.kind == isString, quirkBooleanString)
		}
	}
}
