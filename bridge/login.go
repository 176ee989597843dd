package bridge

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"drawbridge/policy"
	"drawbridge/scim/schema"
)

// Bounds of an Okta login and e-mail address, in characters (Okta's base schema: 5 to 100).
const (
	minLogin = 5
	maxLogin = 100
)

// domains maps for a look-up (RFC 5891 section 5) and checks the lengths that DNS sets.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// Identity returns the login and the e-mail address that the account of a SCIM User carries, as the IdP wrote them:
// the login is userName where that has the form of an address, else the e-mail; the e-mail is the primary one, else
// that of type work, else the first, else the login. Both are empty when there is none.
func Identity(doc map[string]any) (login, email string) {
	email = bestEmail(doc["emails"])
	if name, _ := doc["userName"].(string); strings.Contains(name, "@") {
		login = name
	}
	if login == "" {
		login = email
	}
	if email == "" {
		email = login
	}
	return login, email
}

func bestEmail(emails any) string {
	list, _ := emails.([]any)
	var first, work string
	for _, e := range list {
		entry, _ := e.(map[string]any)
		value, _ := entry["value"].(string)
		if value == "" {
			continue
		}
		if primary, _ := entry["primary"].(bool); primary {
			return value
		}
		if kind, _ := entry["type"].(string); work == "" && strings.EqualFold(kind, "work") {
			work = value
		}
		if first == "" {
			first = value
		}
	}
	if work != "" {
		return work
	}
	return first
}

// NormalizeAddress returns the one normal form of a login or e-mail address and its domain: folded, NFC, the domain as
// A-labels. It returns false for what Okta would not take or what could be mistaken for an id or a path.
func NormalizeAddress(address string) (key, domain string, ok bool) {
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || !goodLocalPart(address[:at]) {
		return "", "", false
	}
	domain, ok = NormalizeDomain(schema.Fold(address[at+1:]))
	if !ok {
		return "", "", false
	}
	key = strings.ToLower(address[:at]) + "@" + domain
	return key, domain, len(key) >= minLogin && len(key) <= maxLogin
}

// NormalizeDomain returns a domain as lower-case A-labels, false if it is none.
func NormalizeDomain(domain string) (string, bool) {
	ascii, err := domains.ToASCII(strings.TrimSuffix(domain, "."))
	if err != nil || !strings.Contains(ascii, ".") || strings.HasSuffix(ascii, ".") {
		return "", false
	}
	// What compares equal must stay equal: a form that does not map to itself is none.
	again, err := domains.ToASCII(ascii)
	return ascii, err == nil && again == ascii
}

// goodLocalPart accepts RFC 5321's dot-atom without the characters that mean something in a URL. It looks at what was
// written: letters that only fold to ASCII are not ASCII.
func goodLocalPart(s string) bool {
	if len(s) > 64 || strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") || strings.Contains(s, "..") {
		return false
	}
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("._-+'&~!=^$*{}|`", r) {
			return false
		}
	}
	return true
}

// CheckLogin says whether an account may carry this login and e-mail address for a customer with these verified
// domains: zero, or the code of what is in the way.
func CheckLogin(login, email string, verified []string) policy.Code {
	for _, address := range []string{login, email} {
		_, domain, ok := NormalizeAddress(address)
		if !ok {
			return policy.LoginInvalid
		}
		if !slices.Contains(verified, domain) {
			return policy.LoginNotVerified
		}
	}
	return ""
}
