// Package mapping turns the SCIM attributes of a user into an Okta base profile, and tells what of it must be written.
package mapping

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// enterprise is the schema URN of the enterprise extension (RFC 7643 section 4.3).
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// Bounds on the length of values, in characters. Okta's API description sets the first ones; for the attributes of which
// it says nothing, ownBound keeps a runaway value from having the whole profile refused.
const (
	minAddress    = 5
	maxAddress    = 100
	maxName       = 50
	maxPhone      = 100
	maxStreet     = 1024
	maxLocality   = 128
	maxPostalCode = 50
	maxPostal     = 4096
	ownBound      = 1024
)

// attribute is one line of the mapping.
type attribute struct {
	name  string // in the Okta profile
	value any    // as the IdP sent it; nil or empty: unset
	check check  // what Okta takes; may rewrite the value into Okta's form
}

// check returns a value in the form that Okta takes, and false where there is none.
type check func(string) (string, bool)

// Profile maps the SCIM attributes of a user, decoded from JSON under their canonical names, to Okta's base profile.
//
// Login and email come from the caller, as one who has checked their domains: what was checked is what is written.
//
// Every attribute that Drawbridge owns is in the result, nil where it is unset, because null is what clears an attribute in
// Okta. A value that Okta would refuse counts as unset, since one such value makes Okta refuse the whole profile; the Okta
// names of these attributes, in the order of the mapping and without their values, are the second result.
func Profile(doc map[string]any, login, email string) (map[string]any, []string) {
	first, last := names(doc, login, email)
	profile := map[string]any{"firstName": first, "lastName": last}
	var refused []string
	for _, a := range attributes(doc, login, email) {
		value, ok := a.okta()
		if !ok {
			refused = append(refused, a.name)
		}
		profile[a.name] = value
	}
	return profile, refused
}

// attributes is the mapping, all of it but firstName and lastName, which have no one source.
func attributes(doc map[string]any, login, email string) []attribute {
	name, _ := doc["name"].(map[string]any)
	work, _ := doc[enterprise].(map[string]any)
	manager, _ := work["manager"].(map[string]any)
	address := preferred(entries(doc, "addresses"))
	phones := entries(doc, "phoneNumbers")
	own := upTo(ownBound)
	return []attribute{
		{"login", login, addressForm},
		{"email", email, addressForm},
		{"middleName", name["middleName"], own},
		{"honorificPrefix", name["honorificPrefix"], own},
		{"honorificSuffix", name["honorificSuffix"], own},
		{"displayName", doc["displayName"], own},
		{"nickName", doc["nickName"], own},
		{"title", doc["title"], own},
		{"userType", doc["userType"], own},
		{"profileUrl", doc["profileUrl"], webURL},
		{"primaryPhone", primaryPhone(phones)["value"], phoneNumber},
		{"mobilePhone", ofType(phones, "mobile")["value"], phoneNumber},
		{"streetAddress", address["streetAddress"], upTo(maxStreet)},
		{"city", address["locality"], upTo(maxLocality)},
		{"state", address["region"], upTo(maxLocality)},
		{"zipCode", address["postalCode"], upTo(maxPostalCode)},
		{"countryCode", address["country"], countryCode},
		{"postalAddress", address["formatted"], upTo(maxPostal)},
		{"preferredLanguage", doc["preferredLanguage"], languageTag},
		{"locale", doc["locale"], locale},
		{"timezone", doc["timezone"], timeZone},
		{"employeeNumber", work["employeeNumber"], own},
		{"costCenter", work["costCenter"], own},
		{"organization", work["organization"], own},
		{"division", work["division"], own},
		{"department", work["department"], own},
		{"managerId", manager["value"], own},
		{"manager", manager["displayName"], own},
	}
}

// okta returns the value to write, nil for unset, and false where a value was there that Okta would refuse.
func (a attribute) okta() (any, bool) {
	if a.value == nil {
		return nil, true
	}
	s, ok := a.value.(string)
	if !ok {
		return nil, false
	}
	if s = clean(s); s == "" {
		return nil, true
	}
	if s, ok = a.check(s); !ok {
		return nil, false
	}
	return s, true
}

// clean is the form in which every value is compared and written: NFC, so that one name has one spelling, and without
// surrounding space.
func clean(s string) string { return strings.TrimSpace(norm.NFC.String(s)) }

func upTo(limit int) check {
	return func(s string) (string, bool) { return s, utf8.RuneCountInString(s) <= limit }
}
