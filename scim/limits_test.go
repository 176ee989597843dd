package scim_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"drawbridge/scim"
)

// full repeats an item until a body of the form head + items + tail holds as much as the limits allow.
func full(head, item, tail string, most int) string {
	n := (scim.MaxBody - len(head) - len(tail)) / len(item)
	return head + strings.TrimSuffix(strings.Repeat(item, min(n, most)), ",") + tail
}

// numbered is full with items that differ.
func numbered(head, item, tail string, most int) string {
	var b strings.Builder
	b.WriteString(head)
	for i := 0; i < most && b.Len()+len(item)+len(tail)+8 < scim.MaxBody; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, item, i)
	}
	b.WriteString(tail)
	return b.String()
}

const anyNumber = scim.MaxBody

// hostile are bodies made to cost the most for what the limits let through, or to be refused by them.
var hostile = []exchange{
	{"opening brackets", "POST", "/Users", strings.Repeat("[", scim.MaxBody), 400, "invalidSyntax"},
	{"opening braces", "POST", "/Users", full("", `{"a":`, "", anyNumber), 400, "invalidSyntax"},
	{"empty objects", "POST", "/Users", full(`{"userName":"a","x":[`, `{},`, `]}`, anyNumber), 400, "invalidSyntax"},
	{"small objects", "POST", "/Users", full(`{"userName":"a","x":[`, `{"":0},`, `]}`, scim.MaxValues/2-4), 201, ""},
	{"keys", "POST", "/Users", numbered(`{"userName":"a",`, `"k%d":0`, `}`, scim.MaxValues-4), 201, ""},
	{"more keys", "POST", "/Users", numbered(`{"userName":"a",`, `"k%d":0`, `}`, anyNumber), 400, "invalidSyntax"},
	{"long keys", "POST", "/Users", numbered(`{"userName":"a","name":{`, `"`+strings.Repeat("k", 40)+`%d":0`, `}}`, scim.MaxValues-4), 201, ""},
	{"digits", "POST", "/Users", full(`{"userName":"a","x":`, `9`, `}`, anyNumber), 201, ""},
	{"escapes", "POST", "/Users", full(`{"userName":"a","title":"`, `\u00e9`, `"}`, anyNumber), 201, ""},
	{"spaces", "POST", "/Users", full(`{"userName":"a"`, ` `, `}`, anyNumber), 201, ""},
	{"quotes", "POST", "/Users", strings.Repeat(`"`, scim.MaxBody), 400, "invalidSyntax"},
	{"backslashes", "POST", "/Users", `{"userName":"` + strings.Repeat(`\`, scim.MaxBody-14), 400, "invalidSyntax"},
	{"e-mail addresses", "POST", "/Users", numbered(`{"userName":"a","emails":[`, `{"value":"%d"}`, `]}`, scim.MaxValues/2-4), 201, ""},
	{"bare e-mail addresses", "POST", "/Users", numbered(`{"userName":"a","emails":[`, `"%d"`, `]}`, scim.MaxValues-4), 201, ""},
	{"over the limit", "POST", "/Users", strings.Repeat(" ", scim.MaxBody+1), 413, ""},
	{"operations", "PATCH", "/Users/{U}", full(`{"Operations":[`, `{"op":"add","path":"emails[type eq \"work\"].value","value":"a"},`, `]}`, 1000), 200, ""},
	{"long paths", "PATCH", "/Users/{U}", full(`{"Operations":[`, `{"op":"add","path":"emails[type eq \"`+strings.Repeat("é", 200)+`\"].value","value":"a"},`, `]}`, 1000), 400, "tooMany"},
	{"paths to normalize", "PATCH", "/Users/{U}", full(`{"Operations":[`, `{"op":"remove","path":"emails[type eq \"`+strings.Repeat("e\u0301\u0345", 190)+`\"]"},`, `]}`, 1000), 200, ""},
	{"Hangul to compose", "PATCH", "/Users/{U}", full(`{"Operations":[`, `{"op":"remove","path":"emails[type eq \"`+strings.Repeat("\u1112\u1161\u11ab", 106)+`\"]"},`, `]}`, 1000), 200, ""},
	{"filters over a long list", "PATCH", "/Users/{U}", full(numbered(`{"Operations":[{"op":"add","path":"emails","value":[`, `{"value":"%d"}`, `]},`, 3500),
		`{"op":"remove","path":"emails[type eq \"work\" and display eq \"x\"]"},`, `]}`, 850), 400, "tooMany"},
	{"filters over long texts", "PATCH", "/Users/{U}", full(`{"Operations":[{"op":"add","path":"emails","value":[{"value":"`+strings.Repeat("É", 400_000)+`"}]},`,
		`{"op":"remove","path":"emails[value eq \"x\"]"},`, `]}`, 850), 400, "tooMany"},
	{"changes of a long list", "PATCH", "/Users/{U}", full(numbered(`{"Operations":[{"op":"add","path":"emails","value":[`, `{"value":"%d"}`, `]},`, 3500),
		`{"op":"add","path":"emails.display","value":"x"},`, `]}`, 850), 400, "tooMany"},
	{"additions to a long list", "PATCH", "/Users/{U}", full(numbered(`{"Operations":[{"op":"add","path":"emails","value":[`, `{"value":"%d"}`, `]},`, 3500),
		`{"op":"add","path":"emails","value":"x"},`, `]}`, 850), 400, "tooMany"},
	{"removals from a long list", "PATCH", "/Users/{U}", full(numbered(`{"Operations":[{"op":"add","path":"emails","value":[`, `{"value":"%d"}`, `]},`, 3500),
		`{"op":"remove","path":"emails","value":["x","y"]},`, `]}`, 700), 400, "tooMany"},
	{"one long addition", "PATCH", "/Users/{U}", numbered(`{"Operations":[{"op":"add","path":"emails","value":[`, `{"value":"%d"}`, `]}]}`, scim.MaxValues/2-8), 200, ""},
	{"one long addition of addresses", "PATCH", "/Users/{U}", numbered(`{"Operations":[{"op":"add","path":"addresses","value":[`, `{"locality":"%d"}`, `]}]}`, scim.MaxValues/2-8), 200, ""},
	{"pathless", "PATCH", "/Users/{U}", numbered(`{"Operations":[{"op":"add","value":{`, `"emails[type eq \"%d\"].value":"x"`, `}}]}`, scim.MaxValues-8), 400, "tooMany"},
}

// TestI27_HostileBodiesAreCheap measures memory, which does not depend on how busy the machine is. The mutant, plain
// encoding/json, shows that the bodies are hostile enough for the bound to mean something.
func TestI27_HostileBodiesAreCheap(t *testing.T) {
	const most = 16 << 20
	caught := 0
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			s, id := prepared(t)
			path := strings.Replace(tt.path, "{U}", id, 1)
			r := request(tt.method, path, tt.content)
			var w *httptest.ResponseRecorder
			used := allocated(func() { w = s.serve(r) })
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			if tt.status >= 400 {
				refused(t, w, tt.status, tt.kind)
			}
			t.Logf("%d bytes of body, %d KiB allocated", len(tt.content), used>>10)
			if used > most {
				t.Errorf("%d MiB allocated, want at most 16", used>>20)
			}
			var v any
			if allocated(func() { _ = json.Unmarshal([]byte(tt.content), &v) }) > most {
				caught++
			}
		})
	}
	if caught == 0 {
		t.Error("plain decoding stays within the bound as well: the bodies prove nothing")
	}
}

// allocated counts the bytes that f allocates, freed or not, on the machine's only busy goroutine.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestResourcesDoNotGrowWithoutBound: many requests within the limits cannot make what one request could not.
func TestResourcesDoNotGrowWithoutBound(t *testing.T) {
	s, id := prepared(t)
	text := strings.Repeat("x", scim.MaxBody/3)
	for _, name := range []string{"title", "nickName", "displayName"} {
		w := s.do("PATCH", "/Users/"+id, `{"Operations":[{"op":"add","path":"`+name+`","value":"`+text+`"}]}`)
		if name == "displayName" {
			refused(t, w, 413, "")
		}
	}
	if n := len(s.resources[1].Doc); n > scim.MaxBody {
		t.Errorf("a document of %d bytes was stored", n)
	}
}

func BenchmarkHostile(b *testing.B) {
	for _, tt := range hostile {
		b.Run(strings.ReplaceAll(tt.name, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s, id := prepared(b)
				r := request(tt.method, strings.Replace(tt.path, "{U}", id, 1), tt.content)
				b.StartTimer()
				s.serve(r)
			}
		})
	}
}
