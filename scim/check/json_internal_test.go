package check

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

func decoded(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestLookUp(t *testing.T) {
	doc := decoded(t, `{"a":{"B":[{"c":1},null]},"urn:x:2.0:User":{"d":"e"}}`)
	tests := []struct {
		pointer string
		want    any
	}{
		{"/a/b/0/c", 1.0}, {"/A/B/0/C", 1.0}, {"/a/b/1", nil}, {"/a/b/2", nil}, {"/a/b/-1", nil}, {"/a/b/x", nil}, {"/a/b/0/c/d", nil},
		{"/urn:x:2.0:User/d", "e"}, {"/none", nil},
	}
	for _, tt := range tests {
		if got := lookUp(doc, tt.pointer); got != tt.want {
			t.Errorf("lookUp(%s) = %v, want %v", tt.pointer, got, tt.want)
		}
	}
}

func TestDiffers(t *testing.T) {
	tests := []struct{ name, got, want, at string }{
		{"the same", `{"a":[1,{"b":true}]}`, `{"a":[1,{"b":true}]}`, ""},
		{"more members", `{"a":1,"b":2}`, `{"a":1}`, ""},
		{"fewer members", `{"a":1}`, `{"a":1,"b":2}`, "/b"},
		{"another order", `{"a":[{"x":1},{"x":2}]}`, `{"a":[{"x":2},{"x":1}]}`, ""},
		{"one element for two", `{"a":[{"x":1},{"x":2}]}`, `{"a":[{"x":1},{"x":1}]}`, "/a/1"},
		{"more elements", `{"a":[1,2]}`, `{"a":[1]}`, "/a"},
		{"no list", `{"a":1}`, `{"a":[1]}`, "/a"},
		{"no object", `{"a":1}`, `{"a":{"b":1}}`, "/a/b"},
		{"text for a truth value", `{"a":"true"}`, `{"a":true}`, "/a"},
		{"another case", `{"a":"X"}`, `{"a":"x"}`, "/a"},
		{"null for nothing", `{"a":null}`, `{"a":null}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if at := differs(decoded(t, tt.got), decoded(t, tt.want), ""); at != tt.at {
				t.Errorf("differs at %q, want %q", at, tt.at)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	tests := []struct {
		header string
		want   time.Duration
	}{
		{"", time.Second}, {"3", 3 * time.Second}, {"0", 0}, {"-7", 0}, {"86400", maxRetryAfter}, {"soon", time.Second},
		{now.Add(5 * time.Second).Format(http.TimeFormat), 5 * time.Second}, {now.Add(-time.Hour).Format(http.TimeFormat), 0},
	}
	for _, tt := range tests {
		if got := retryAfter(http.Header{"Retry-After": {tt.header}}, now); got != tt.want {
			t.Errorf("retryAfter(%q) = %s, want %s", tt.header, got, tt.want)
		}
	}
}
