package scim

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var small = limits{depth: 4, values: 10, items: 10}

func TestParseObject(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       map[string]any
	}{
		{"empty", ` {} `, map[string]any{}},
		{"literals", "{\"a\":true,\"b\":false,\t\"c\":null\r\n}", map[string]any{"a": true, "b": false, "c": nil}},
		{"numbers", `{"a":-0,"b":12.5e+3,"c":0E1,"d":1}`, map[string]any{"a": json.Number("-0"), "b": json.Number("12.5e+3"), "c": json.Number("0E1"), "d": json.Number("1")}},
		{"lists", `{"a":[],"b":[1 , [2]]}`, map[string]any{"a": []any{}, "b": []any{json.Number("1"), []any{json.Number("2")}}}},
		{"escapes", `{"a":"x\"\\\/\b\f\n\r\ty","\u00e9":"\u00C9\ud83d\ude00"}`, map[string]any{"a": "x\"\\/\b\f\n\r\ty", "é": "É😀"}},
		{"half pairs", `{"a":"\ud83d","b":"\ude00x","c":"\ud83d\u0041","d":"\ud83d\ud83d\ude00"}`, map[string]any{"a": "\uFFFD", "b": "\uFFFDx", "c": "\uFFFDA", "d": "\uFFFD😀"}},
		{"as deep as allowed", `{"a":[[[[]]]]}`, map[string]any{"a": []any{[]any{[]any{[]any{}}}}}},
		{"as many as allowed", `{"a":[1,2,3,4,5,6,7,8]}`, map[string]any{"a": []any{json.Number("1"), json.Number("2"), json.Number("3"),
			json.Number("4"), json.Number("5"), json.Number("6"), json.Number("7"), json.Number("8")}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseObject(tt.text, small)
			if d := cmp.Diff(tt.want, got); err != nil || d != "" {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
}

func TestParseObjectRefuses(t *testing.T) {
	const invalid = "the body is not valid JSON, at byte "
	for _, tt := range []struct{ name, text, want string }{
		{"empty", ``, invalid + "0"},
		{"no object", `"s3cr3t"`, "the body must be a JSON object"},
		{"unfinished object", `{"a":1`, invalid + "6"},
		{"unfinished list", `{"a":[1,`, invalid + "8"},
		{"unfinished string", `{"s3cr3t`, invalid + "8"},
		{"comma at the end", `{"a":1,}`, invalid + "7"},
		{"comma at the end of a list", `{"a":[1,]}`, invalid + "8"},
		{"key without quotes", `{a:1}`, invalid + "1"},
		{"no colon", `{"a" 1}`, invalid + "5"},
		{"single quotes", `{'a':1}`, invalid + "1"},
		{"control character", "{\"a\":\"s3cr3t\n\"}", invalid + "12"},
		{"control character after an escape", "{\"a\":\"\\ts3cr3t\n\"}", invalid + "14"},
		{"bad escape", `{"a":"\x41"}`, invalid + "6"},
		{"bad hex", `{"a":"\u00g0"}`, invalid + "6"},
		{"signed hex", `{"a":"\u+041"}`, invalid + "6"},
		{"short hex", `{"a":"\u00`, invalid + "6"},
		{"backslash at the end", `{"a":"\`, invalid + "6"},
		{"leading zero", `{"a":01}`, invalid + "7"},
		{"minus alone", `{"a":-}`, invalid + "6"},
		{"plus", `{"a":+1}`, invalid + "5"},
		{"point alone", `{"a":1.}`, invalid + "7"},
		{"exponent alone", `{"a":1e}`, invalid + "7"},
		{"NaN", `{"a":NaN}`, invalid + "5"},
		{"capital literal", `{"a":True}`, invalid + "5"},
		{"long literal", `{"a":trues}`, invalid + "9"},
		{"comment", `{/**/}`, invalid + "1"},
		{"byte order mark", "\uFEFF{}", invalid + "0"},
		{"more", `{} {}`, "the body goes on after its JSON value, at byte 3"},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", "the body is not valid UTF-8"},
		{"key twice", `{"a":1,"\u0061":2}`, "an object has the same key twice, at byte 15"},
		{"too deep", `{"a":[[[[[]]]]]}`, "the body is nested deeper than 4 levels, at byte 9"},
		{"too many", `{"a":[1,2,3,4,5,6,7,8,9]}`, "the body holds more than 10 values, at byte 22"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseObject(tt.text, small)
			var e *Error
			if !errors.As(err, &e) || e.Status != 400 || e.Type != "invalidSyntax" || e.Detail != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

// FuzzParseObject holds the parser against encoding/json, which is laxer in two things only: it takes text that is
// not UTF-8, and keys that repeat.
func FuzzParseObject(f *testing.F) {
	for _, text := range []string{`{"a":[1,-0.5e3,true,null,"\u00e9\ud83d\ude00\n"],"b":{"c":{}}}`, `{"a":1,"a":2}`, `[1]`, `{"a":"\ud83dx"} x`, "{\"a\":\"\xff\"}", `{"":01}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseObject(text, limits{depth: 9000, values: 1 << 20, items: 1 << 20})
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v any
		wrong := d.Decode(&v)
		if _, end := d.Token(); wrong == nil && !errors.Is(end, io.EOF) {
			wrong = errors.New("more")
		}
		want, isObject := v.(map[string]any)
		if err != nil {
			repeats := strings.Contains(err.Error(), "same key twice")
			if wrong == nil && isObject && utf8.ValidString(text) && !repeats {
				t.Fatalf("refused with %v, but encoding/json takes it: %q", err, text)
			}
			return
		}
		if wrong != nil || !isObject {
			t.Fatalf("accepted, but encoding/json refuses: %v: %q", wrong, text)
		}
		if !cmp.Equal(want, got) {
			t.Fatalf("%q: %s", text, cmp.Diff(want, got))
		}
	})
}

func BenchmarkParseObject(b *testing.B) {
	text := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"anna@acme.example","externalId":"0a21f0f2","active":true,
		"name":{"givenName":"Anna","familyName":"Muster"},"emails":[{"primary":true,"type":"work","value":"anna@acme.example"}],"displayName":"Anna \u00c4"}`
	b.Run("parseObject", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := parseObject(text, limits{MaxDepth, MaxValues, MaxValues}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var m map[string]any
			if err := json.Unmarshal([]byte(text), &m); err != nil {
				b.Fatal(err)
			}
		}
	})
}
