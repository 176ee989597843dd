package store

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// text is a value to look something up by. What no stored text can be, because PostgreSQL takes neither U+0000 nor
// broken UTF-8, becomes NULL, which equals nothing.
func text(s string) any {
	if !storable(s) {
		return nil
	}
	return s
}

// optional is a value of a column in which absence is NULL.
func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func storable(s string) bool {
	return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s)
}

// storableJSON looks for the escape of U+0000 too. A backslash that is itself escaped does not begin one.
func storableJSON(doc []byte) bool {
	if bytes.IndexByte(doc, 0) >= 0 || !utf8.Valid(doc) {
		return false
	}
	for rest := doc; ; {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 || i+1 >= len(rest) {
			return true
		}
		if bytes.HasPrefix(rest[i+1:], []byte("u0000")) {
			return false
		}
		rest = rest[i+2:]
	}
}
