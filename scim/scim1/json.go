package scim1

import (
	"encoding/json"
	"errors"
	"strings"
)

// errMalformed is what is wrong with a text whose outermost object or list cannot be taken apart. Such a body is passed on as
// it came: the SCIM 2.0 server refuses it and says where it goes wrong.
var errMalformed = errors.New("scim1: malformed JSON")

// eachMember takes an object apart. Key and value are pieces of its text, not parsed any further; keys may repeat.
func eachMember(object string, f func(key, value string) error) error {
	return each(object, '{', '}', func(i int) (int, error) {
		colon, err := skipString(object, i)
		if err != nil {
			return 0, err
		}
		key := object[i:colon]
		if colon = skipSpaces(object, colon); at(object, colon) != ':' {
			return 0, errMalformed
		}
		start := skipSpaces(object, colon+1)
		end, err := skipValue(object, start)
		if err != nil {
			return 0, err
		}
		return end, f(key, object[start:end])
	})
}

// eachElement takes a list apart in the same way.
func eachElement(list string, f func(value string) error) error {
	return each(list, '[', ']', func(i int) (int, error) {
		end, err := skipValue(list, i)
		if err != nil {
			return 0, err
		}
		return end, f(list[i:end])
	})
}

// each calls item at the start of every item between the brackets; item returns where it ends.
func each(s string, open, closing byte, item func(i int) (int, error)) error {
	i := skipSpaces(s, 0)
	if at(s, i) != open {
		return errMalformed
	}
	if i = skipSpaces(s, i+1); at(s, i) == closing {
		return ends(s, i+1)
	}
	for {
		end, err := item(i)
		if err != nil {
			return err
		}
		switch i = skipSpaces(s, end); at(s, i) {
		case ',':
			i = skipSpaces(s, i+1)
		case closing:
			return ends(s, i+1)
		default:
			return errMalformed
		}
	}
}

func ends(s string, i int) error {
	if skipSpaces(s, i) < len(s) {
		return errMalformed
	}
	return nil
}

// at is the byte at i, 0 behind the end.
func at(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}

func skipSpaces(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n') {
		i++
	}
	return i
}

// skipString returns the position behind the string that begins at i.
func skipString(s string, i int) (int, error) {
	if at(s, i) != '"' {
		return 0, errMalformed
	}
	for i++; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i + 1, nil
		case '\\':
			i++
		}
	}
	return 0, errMalformed
}

// skipValue returns the position behind the value that begins at i. What lies within brackets is not looked at beyond strings
// and brackets.
func skipValue(s string, i int) (int, error) {
	for depth := 0; i < len(s); {
		switch s[i] {
		case '"':
			end, err := skipString(s, i)
			if err != nil {
				return 0, err
			}
			i = end
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		default:
			if depth == 0 {
				return skipLiteral(s, i)
			}
			i++
			continue
		}
		if depth == 0 {
			return i, nil
		}
		if depth < 0 {
			break
		}
	}
	return 0, errMalformed
}

// skipLiteral returns the position behind a number, true, false or null, or whatever is made of the same bytes.
func skipLiteral(s string, i int) (int, error) {
	start := i
	for c := at(s, i); 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'E'; c = at(s, i) {
		i++
	}
	if i == start {
		return 0, errMalformed
	}
	return i, nil
}

// text decodes a string; ok is false for anything else.
func text(raw string) (s string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], true
	}
	return unescaped(raw)
}

// unescaped is apart from text because its variable lives on the heap.
func unescaped(raw string) (string, bool) {
	var s string
	err := json.Unmarshal([]byte(raw), &s)
	return s, err == nil
}

// quote encodes a string.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""` // a string always marshals
	}
	return string(b)
}
