package mapping

import (
	"strings"
	"testing"
)

func TestForms(t *testing.T) {
	long := strings.Repeat("a", 101)
	tests := []struct {
		name  string
		check check
		in    string
		want  string // empty: refused
	}{
		{"address", addressForm, "Anna.Berg@ACME.example", "Anna.Berg@ACME.example"},
		{"address, tag and quote", addressForm, "o'neil+x@acme.example", "o'neil+x@acme.example"},
		{"address, international domain", addressForm, "anna@bücher.example", "anna@xn--bcher-kva.example"},
		{"address, trailing dot", addressForm, "anna@acme.example.", "anna@acme.example"},
		{"address, shortest", addressForm, "a@b.c", "a@b.c"},
		{"address, no domain", addressForm, "anna@", ""},
		{"address, no local part", addressForm, "@acme.example", ""},
		{"address, domain without a dot", addressForm, "anna@localhost", ""},
		{"address, two", addressForm, "a@b@acme.example", ""},
		{"address, dots", addressForm, "a..b@acme.example", ""},
		{"address, empty label", addressForm, "a@acme..example", ""},
		{"address, space", addressForm, "a b@acme.example", ""},
		{"address, control character", addressForm, "a\x00b@acme.example", ""},
		{"address, letters beyond ASCII", addressForm, "jürg@acme.example", ""},
		{"address, a letter that folds to ASCII", addressForm, "\u017fam@acme.example", ""},
		{"address, path", addressForm, "a/../b", ""},
		{"address, short login", addressForm, "jane", ""},
		{"address, too long", addressForm, long + "@acme.example", ""},
		{"URL", webURL, "https://acme.example/people/7?x=y", "https://acme.example/people/7?x=y"},
		{"URL, http", webURL, "http://acme.example", "http://acme.example"},
		{"URL, script", webURL, "javascript:alert(1)", ""},
		{"URL, no host", webURL, "https:///x", ""},
		{"URL, port alone", webURL, "https://:80/x", ""},
		{"URL, word", webURL, "ROQHEOE", ""},
		{"URL, broken", webURL, "http://[::1", ""},
		{"URL, too long", webURL, "https://acme.example/" + strings.Repeat("a", 1024), ""},
		{"phone", phoneNumber, "+41 61 555 00 00 ext. 7", "+41 61 555 00 00 ext. 7"},
		{"phone, URI", phoneNumber, "TEL:+41-61-555", "+41-61-555"},
		{"phone, empty URI", phoneNumber, "tel:", ""},
		{"phone, too long", phoneNumber, long, ""},
		{"country", countryCode, "CH", "CH"},
		{"country, small", countryCode, "us", "US"},
		{"country, name", countryCode, "Gibraltar", ""},
		{"country, alpha-3", countryCode, "CHE", ""},
		{"country, not assigned", countryCode, "XX", ""},
		{"country, reserved", countryCode, "UK", ""},
		{"country, across two", countryCode, "D ", ""},
		{"locale, Okta's form", locale, "en_US", "en_US"},
		{"locale, IETF form", locale, "de-CH", "de_CH"},
		{"locale, case", locale, "EN-us", "en_US"},
		{"locale, language alone", locale, "en", ""},
		{"locale, no such language", locale, "qq_US", ""},
		{"locale, no such country", locale, "en_XX", ""},
		{"locale, script", locale, "zh-Hans-CN", ""},
		{"locale, random", locale, "HNULHBRGUHWA", ""},
		{"language", languageTag, "lu", "lu"},
		{"language and country", languageTag, "en-US", "en-US"},
		{"language, underscore", languageTag, "pt_BR", "pt-BR"},
		{"language, script", languageTag, "zh-Hans-CN", "zh-Hans-CN"},
		{"language, list", languageTag, "da;q=0.5, en-GB, en;q=0.7", "en-GB"},
		{"language, unknown", languageTag, "xx", ""},
		{"language, word", languageTag, "english", ""},
		{"language, private", languageTag, "x-foo", ""},
		{"language, broken list", languageTag, "en;q=", ""},
		{"language, empty list", languageTag, ",", ""},
		{"language, too long", languageTag, "en-" + long, ""},
		{"time zone", timeZone, "Europe/Zurich", "Europe/Zurich"},
		{"time zone, three parts", timeZone, "America/Argentina/Salta", "America/Argentina/Salta"},
		{"time zone, underscore and digits", timeZone, "Etc/GMT+5", "Etc/GMT+5"},
		{"time zone, UTC", timeZone, "UTC", "UTC"},
		{"time zone, Windows", timeZone, "W. Europe Standard Time", ""},
		{"time zone, offset", timeZone, "+01:00", ""},
		{"time zone, no such area", timeZone, "Mars/Olympus", ""},
		{"time zone, path", timeZone, "Europe/../etc", ""},
		{"time zone, area alone", timeZone, "Europe", ""},
		{"time zone, no city", timeZone, "Europe/", ""},
		{"time zone, too many parts", timeZone, "America/A/B/C", ""},
		{"text", upTo(3), "äöü", "äöü"},
		{"text, too long", upTo(3), "äöüx", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := tt.check(tt.in)
			if ok != (tt.want != "") || ok && got != tt.want {
				t.Errorf("check(%q) = %q, %v; want %q", tt.in, got, ok, tt.want)
			}
			if !ok {
				return
			}
			if again, ok := tt.check(got); !ok || again != got {
				t.Errorf("check(%q), its own answer, = %q, %v", got, again, ok)
			}
		})
	}
}

func TestCountriesAreTheAssignedOnes(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range strings.Fields(countries) {
		if len(c) != 2 || seen[c] || strings.ToUpper(c) != c {
			t.Errorf("%q is no code, or listed twice", c)
		}
		seen[c] = true
	}
	if len(seen) != 249 {
		t.Errorf("%d countries, ISO 3166-1 assigns 249", len(seen))
	}
}
