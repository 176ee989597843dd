package schema

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestFoldRuneByRuneIsFoldWhole compares the two ways, on every rune of the table before and after others that
// might combine with it, and on random text.
func TestFoldRuneByRuneIsFoldWhole(t *testing.T) {
	for r := rune(1); r < tableSize; r++ {
		for _, s := range []string{string(r), "A" + string(r), string(r) + "İ", "ᾼ" + string(r) + "ß", string(r) + "\u0301", "\u1112" + string(r), "하" + string(r)} {
			if got, want := foldUnicode(s), foldWhole(s); got != want {
				t.Errorf("%+q: %+q, want %+q", s, got, want)
			}
		}
	}
	letters := []rune("aÉßẞİŉǰΐᾼΣς\u0301\u0345\u0308漢한\u1112\u1161\u11ab각\u3099か\u09be\u09c7")
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom(letters), 0, 8, -1)).Draw(t, "s")
		if got, want := foldUnicode(s), foldWhole(s); got != want {
			t.Fatalf("%+q: %+q, want %+q", s, got, want)
		}
	})
}

func BenchmarkFold(b *testing.B) {
	for name, s := range map[string]string{
		"ASCII": "anna.muster@acme.example", "Capitals": "Anna.Muster@acme.example", "Umlaut": "Jürgen Müller",
		"MiB": strings.Repeat("É", 1<<19), "MiBDecomposed": strings.Repeat("e\u0301", 1<<20/3),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Fold(s)
			}
		})
	}
}
