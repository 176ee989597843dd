package mapping

import (
	"strings"
	"unicode"
)

// noName stands where a name is required and nothing at all is known.
const noName = "-"

// names returns firstName and lastName, which Okta requires with 1 to 50 characters and IdPs leave out. A missing one is
// taken from the display name, else from the formatted name, else from the local part of an address, such as anna.berg.
func names(doc map[string]any, addresses ...string) (first, last string) {
	name, _ := doc["name"].(map[string]any)
	first, last = words(name["givenName"]), words(name["familyName"])
	sources := []string{words(doc["displayName"]), words(name["formatted"])}
	for _, a := range addresses {
		sources = append(sources, localWords(a))
	}
	for _, s := range sources {
		if first != "" && last != "" {
			break
		}
		first, last = complete(first, last, strings.Fields(s))
	}
	return bounded(first), bounded(last)
}

// complete fills in what is missing of a name from the words of a whole one: the last word is the family name.
func complete(first, last string, whole []string) (string, string) {
	switch {
	case len(whole) == 0:
	case first == "" && last == "":
		if len(whole) == 1 {
			return whole[0], ""
		}
		return strings.Join(whole[:len(whole)-1], " "), whole[len(whole)-1]
	case last == "":
		if rest, ok := strings.CutPrefix(strings.Join(whole, " "), first+" "); ok {
			return first, rest
		}
		if len(whole) > 1 {
			return first, whole[len(whole)-1]
		}
	case first == "":
		if rest, ok := strings.CutSuffix(strings.Join(whole, " "), " "+last); ok {
			return rest, last
		}
		if whole[0] != last {
			return whole[0], last
		}
	}
	return first, last
}

// words is a name with single spaces between its words; empty for anything but a string.
func words(v any) string {
	s, _ := v.(string)
	return strings.Join(strings.Fields(clean(s)), " ")
}

// localWords returns the words of the part of an address before the @, without a +tag.
func localWords(address string) string {
	local, _, _ := strings.Cut(clean(address), "@")
	local, _, _ = strings.Cut(local, "+")
	split := func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("._-", r) }
	return strings.Join(strings.FieldsFunc(local, split), " ")
}

// bounded cuts a name to Okta's 50 characters; a cut name beats a person without an account.
func bounded(s string) string {
	if r := []rune(s); len(r) > maxName {
		s = strings.TrimSpace(string(r[:maxName]))
	}
	if s == "" {
		return noName
	}
	return s
}
