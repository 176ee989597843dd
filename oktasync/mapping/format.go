package mapping

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/language"
)

// countries are the officially assigned codes of ISO 3166-1 alpha-2.
const countries = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT " +
	"BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH " +
	"ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT " +
	"HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS " +
	"LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI " +
	"NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG " +
	"SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG " +
	"UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"

// timeZoneAreas are the areas of the IANA time zone names.
const timeZoneAreas = "Africa America Antarctica Arctic Asia Atlantic Australia Brazil Canada Chile Etc Europe Indian Mexico Pacific US"

// isOneOf reports whether word is one of the space-separated words of list.
func isOneOf(list, word string) bool {
	return word != "" && !strings.Contains(word, " ") && strings.Contains(" "+list+" ", " "+word+" ")
}

// atext are the characters beside letters and digits in the words of a local part (RFC 5322 section 3.2.3).
const atext = "!#$%&'*+-/=?^_`{|}~"

// addressForm is a login or an e-mail address as Okta takes it: a dot-atom of RFC 5322, which is ASCII, and a domain, as the
// IdP wrote them. Only an internationalized domain is rewritten, into its A-labels.
func addressForm(s string) (string, bool) {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || !dotAtom(s[:at]) {
		return "", false
	}
	domain := strings.TrimSuffix(s[at+1:], ".")
	ascii, err := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true)).ToASCII(domain)
	if err != nil || !strings.Contains(ascii, ".") {
		return "", false
	}
	if !strings.EqualFold(ascii, domain) {
		domain = ascii
	}
	s = s[:at] + "@" + domain
	return s, len(s) >= minAddress && len(s) <= maxAddress
}

func dotAtom(s string) bool {
	for word := range strings.SplitSeq(s, ".") {
		if word == "" {
			return false
		}
		for _, r := range word {
			if !asciiAlphanumeric(r) && !strings.ContainsRune(atext, r) {
				return false
			}
		}
	}
	return true
}

func asciiAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// webURL takes http and https URLs alone: Okta shows the attribute as a link.
func webURL(s string) (string, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", false
	}
	return s, len(s) <= ownBound
}

// phoneNumber takes any text, as Okta does. RFC 7643 section 4.1.2 recommends tel: URIs; Okta shows a bare number.
func phoneNumber(s string) (string, bool) {
	if scheme, number, ok := strings.Cut(s, ":"); ok && strings.EqualFold(scheme, "tel") {
		s = number
	}
	return s, s != "" && utf8.RuneCountInString(s) <= maxPhone
}

func countryCode(s string) (string, bool) {
	code := strings.ToUpper(s)
	return code, len(code) == 2 && isOneOf(countries, code)
}

// locale takes en_US, en-US and the like, and gives Okta's form: a language of ISO 639-1, an underscore, a country.
func locale(s string) (string, bool) {
	lang, country, ok := strings.Cut(strings.ReplaceAll(s, "-", "_"), "_")
	if !ok || len(lang) != 2 {
		return "", false
	}
	base, err := language.ParseBase(lang)
	if err != nil {
		return "", false
	}
	code, ok := countryCode(country)
	return base.String() + "_" + code, ok
}

// languageTag takes a BCP 47 tag. The attribute may hold a whole Accept-Language header (RFC 7643 section 4.1.1); then the
// tag preferred most is taken.
func languageTag(s string) (string, bool) {
	if len(s) > maxAddress { // no IdP needs more, and the parser should not have to
		return "", false
	}
	if strings.ContainsAny(s, ",;") {
		tags, _, err := language.ParseAcceptLanguage(s)
		if err != nil || len(tags) == 0 {
			return "", false
		}
		return plainTag(tags[0])
	}
	tag, err := language.Raw.Parse(s)
	if err != nil {
		return "", false
	}
	return plainTag(tag)
}

// plainTag refuses tags without a language, such as those for private use.
func plainTag(tag language.Tag) (string, bool) {
	if _, confidence := tag.Base(); confidence == language.No {
		return "", false
	}
	return tag.String(), true
}

// timeZone takes names in the form of the IANA data base, which Okta requires, such as America/Argentina/Salta. Whether
// a city is in the data base is not asked: that changes several times a year and differs from machine to machine.
func timeZone(s string) (string, bool) {
	if s == "UTC" || s == "GMT" {
		return s, true
	}
	parts := strings.Split(s, "/")
	if len(parts) < 2 || len(parts) > 3 || !isOneOf(timeZoneAreas, parts[0]) {
		return "", false
	}
	for _, p := range parts[1:] {
		if p == "" || len(p) > 32 || strings.ContainsFunc(p, notInZoneName) {
			return "", false
		}
	}
	return s, true
}

func notInZoneName(r rune) bool { return !asciiAlphanumeric(r) && !strings.ContainsRune("_+-", r) }
