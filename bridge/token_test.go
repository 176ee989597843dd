package bridge

import (
	"regexp"
	"strings"
	"testing"
)

func TestSecretForm(t *testing.T) {
	form := regexp.MustCompile(`^drawbridge_scim_[0-9A-Za-z]{49}$`)
	seen := map[string]bool{}
	for range 100 {
		secret := NewSecret(SCIMToken)
		if !form.MatchString(secret) || seen[secret] {
			t.Fatalf("secret %q", secret)
		}
		seen[secret] = true
		class, _, ok := ParseSecret(secret)
		if !ok || class != SCIMToken {
			t.Fatalf("ParseSecret(%q) = %s, %t", secret, class, ok)
		}
	}
}

func TestParseSecretRefuses(t *testing.T) {
	good := NewSecret(SCIMToken)
	flipped := []byte(good)
	flipped[20] ^= 1
	for name, secret := range map[string]string{
		"empty":         "",
		"one bit":       string(flipped),
		"other class":   strings.Replace(good, "_scim_", "_okta_", 1),
		"unknown class": "drawbridge_root_" + good[len("drawbridge_scim_"):],
		"cut":           good[:len(good)-1],
		"longer":        good + "0",
		"prefix alone":  "drawbridge_scim_",
	} {
		if _, _, ok := ParseSecret(secret); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzParseSecret(f *testing.F) {
	f.Add(NewSecret(SCIMToken))
	f.Add("drawbridge_scim_")
	f.Fuzz(func(t *testing.T, s string) {
		class, _, ok := ParseSecret(s)
		if ok && !strings.HasPrefix(s, "drawbridge_"+string(class)+"_") {
			t.Errorf("%q is taken for class %s", s, class)
		}
	})
}
