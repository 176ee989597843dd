package bridge

import (
	"testing"

	"drawbridge/policy"
)

func TestNormalizeAddress(t *testing.T) {
	for _, c := range []struct {
		in, key, domain string
		ok              bool
	}{
		{"Anna.Meier@Acme.Example", "anna.meier@acme.example", "acme.example", true},
		{"anna+tag@acme.example", "anna+tag@acme.example", "acme.example", true},
		{"anna@bücher.example", "anna@xn--bcher-kva.example", "xn--bcher-kva.example", true},
		{"anna@BÜCHER.example", "anna@xn--bcher-kva.example", "xn--bcher-kva.example", true},
		{"ａnna@acme.example", "", "", false}, // a full-width letter is no ASCII letter
		{"ſam@acme.example", "", "", false},  // folds to sam
		{"me", "", "", false},
		{"00u1234567890abcdefg", "", "", false},
		{"a/../b@acme.example", "", "", false},
		{"x?y@acme.example", "", "", false},
		{"x%2fy@acme.example", "", "", false},
		{"a b@acme.example", "", "", false},
		{"a\x00b@acme.example", "", "", false},
		{".a@acme.example", "", "", false},
		{"a..b@acme.example", "", "", false},
		{"@acme.example", "", "", false},
		{"a@acme", "", "", false},
		{"a@acme..example", "", "", false},
		{"a@acme.example.", "a@acme.example", "acme.example", true}, // the root, as DNS writes it
		{"a@acme.example..", "", "", false},
		{"aaaa@0..", "", "", false},
	} {
		key, domain, ok := NormalizeAddress(c.in)
		if ok != c.ok || ok && (key != c.key || domain != c.domain) {
			t.Errorf("NormalizeAddress(%q) = %q, %q, %t; want %q, %q, %t", c.in, key, domain, ok, c.key, c.domain, c.ok)
		}
	}
}

func FuzzNormalizeAddress(f *testing.F) {
	f.Add("Anna@Acme.example")
	f.Add("anna@bücher.example")
	f.Fuzz(func(t *testing.T, s string) {
		key, _, ok := NormalizeAddress(s)
		if !ok {
			return
		}
		again, _, ok := NormalizeAddress(key)
		if !ok || again != key {
			t.Errorf("normal form %q of %q normalizes to %q, %t", key, s, again, ok)
		}
	})
}

func TestCheckLogin(t *testing.T) {
	domains := []string{"acme.example"}
	for _, c := range []struct {
		login, email string
		want         policy.Code
	}{
		{"anna@acme.example", "anna@ACME.example", ""},
		{"anna@acme.example", "anna@gmail.example", policy.LoginNotVerified},
		{"anna@sub.acme.example", "anna@acme.example", policy.LoginNotVerified}, // subdomains are not implied
		{"anna@acme.example.evil.example", "anna@acme.example", policy.LoginNotVerified},
		{"anna", "anna@acme.example", policy.LoginInvalid},
		{"", "", policy.LoginInvalid},
	} {
		if got := CheckLogin(c.login, c.email, domains); got != c.want {
			t.Errorf("CheckLogin(%q, %q) = %q, want %q", c.login, c.email, got, c.want)
		}
	}
}

func TestIdentity(t *testing.T) {
	mail := func(value, kind string, primary bool) map[string]any {
		return map[string]any{"value": value, "type": kind, "primary": primary}
	}
	for name, c := range map[string]struct {
		doc          map[string]any
		login, email string
	}{
		"userName is an address": {map[string]any{"userName": "a@x.example"}, "a@x.example", "a@x.example"},
		"primary wins":           {map[string]any{"userName": "a", "emails": []any{mail("w@x.example", "work", false), mail("p@x.example", "home", true)}}, "p@x.example", "p@x.example"},
		"then work":              {map[string]any{"userName": "a", "emails": []any{mail("h@x.example", "home", false), mail("w@x.example", "Work", false)}}, "w@x.example", "w@x.example"},
		"then the first":         {map[string]any{"userName": "a", "emails": []any{mail("h@x.example", "home", false)}}, "h@x.example", "h@x.example"},
		"none":                   {map[string]any{"userName": "a"}, "", ""},
	} {
		if login, email := Identity(c.doc); login != c.login || email != c.email {
			t.Errorf("%s: %q, %q; want %q, %q", name, login, email, c.login, c.email)
		}
	}
}
