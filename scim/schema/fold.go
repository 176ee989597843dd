package schema

import (
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns the form in which strings of attributes with CaseExact=false are compared: full Unicode case
// folding in NFC (Unicode 3.13, D145), so that "MÜLLER", "müller" and its decomposed spelling are one. It is
// idempotent, and returns s itself when s is ASCII without capitals.
func Fold(s string) string {
	capitals := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return foldUnicode(s)
		}
		capitals = capitals || 'A' <= c && c <= 'Z'
	}
	if !capitals {
		return s
	}
	return strings.ToLower(s)
}

// foldUnicode goes rune by rune as long as runes fold each for itself, which is nearly always; normalizing a whole
// string costs fifty times as much.
func foldUnicode(s string) string {
	t := foldings()
	b := make([]byte, 0, len(s)+len(s)/2)
	for _, r := range s {
		switch {
		case r < tableSize && t.single[r] != 0:
			b = utf8.AppendRune(b, t.single[r])
		case r < tableSize && t.several[r] != "":
			b = append(b, t.several[r]...)
		case 0x4E00 <= r && r <= 0x9FFF, 0xAC00 <= r && r <= 0xD7A3: // ideographs and Hangul syllables
			b = utf8.AppendRune(b, r)
		default:
			return foldWhole(s)
		}
	}
	return string(b)
}

// foldWhole decomposes first: U+0345 folds to a letter, so marks must stand in canonical order before folding,
// else two canonically equal strings could fold apart.
func foldWhole(s string) string {
	return norm.NFC.String(strings.Map(cherokee, cases.Fold().String(norm.NFD.String(s))))
}

// cherokee makes small letters capitals, as Unicode folds this script; x/text swaps the two.
func cherokee(r rune) rune {
	switch {
	case 0xAB70 <= r && r <= 0xABBF:
		return r - 0xAB70 + 0x13A0
	case 0x13F8 <= r && r <= 0x13FD:
		return r - 8
	}
	return r
}

// tableSize covers the alphabets of Europe, the Near East and India, precomposed letters included.
const tableSize = 0x2000

// foldTable holds the foldings of runes that nothing before them can combine with.
type foldTable struct {
	single  []rune // 0: not a single rune, or not by itself
	several map[rune]string
}

var foldings = sync.OnceValue(func() foldTable {
	t := foldTable{single: make([]rune, tableSize), several: map[rune]string{}}
	for r := rune(1); r < tableSize; r++ {
		folded := foldWhole(string(r))
		if !norm.NFC.PropertiesString(string(r)).BoundaryBefore() || !norm.NFC.PropertiesString(folded).BoundaryBefore() {
			continue
		}
		first, size := utf8.DecodeRuneInString(folded)
		if size == len(folded) {
			t.single[r] = first
		} else {
			t.several[r] = folded
		}
	}
	return t
})

// equalName compares attribute names and URNs, which are ASCII and case-insensitive (RFC 7643 section 2.1).
// strings.EqualFold would also take U+212A for a k and U+017F for an s.
func equalName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// lowerName lowers ASCII capitals only.
func lowerName(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = lower(b[i])
			}
			return string(b)
		}
	}
	return s
}
