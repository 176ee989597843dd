package scim1_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"drawbridge/scim"
	"drawbridge/scim/schema"
	"drawbridge/scim/scim1"
)

// full repeats an item, which may hold a number, until the body is as long as the limit allows or has most items.
func full(head, item, tail string, limit, most int) string {
	var b strings.Builder
	b.WriteString(head)
	for i := 0; i < most && b.Len()+len(item)+len(tail)+8 < limit; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		if strings.Contains(item, "%") {
			fmt.Fprintf(&b, item, i)
			continue
		}
		b.WriteString(item)
	}
	b.WriteString(tail)
	return b.String()
}

const anyNumber = scim.MaxLinkedBody

// wrapped leaves room for what a PATCH of SCIM 2.0 says more.
const wrapped = scim.MaxBody - 100

// hostile are bodies made to cost the most for what the limits let through, or to be refused by them.
var hostile = []struct {
	name, method, path, content string
	status                      int
}{
	{"brackets", "PATCH", "/Users/{U}", strings.Repeat("[", wrapped), 400},
	{"open objects", "PATCH", "/Users/{U}", strings.Repeat(`{"a":`, wrapped/5), 400},
	{"small keys", "PATCH", "/Users/{U}", full(`{`, `"":0`, `}`, wrapped, anyNumber), 400},
	{"keys", "POST", "/Users", full(`{"userName":"a",`, `"k%d":0`, `}`, wrapped, 11_000), 201},
	{"small elements", "PATCH", "/Users/{U}", full(`{"emails":[`, `{}`, `]}`, wrapped, anyNumber), 400},
	{"elements", "PATCH", "/Users/{U}", full(`{"emails":[`, `{"value":"%d"}`, `]}`, wrapped, 5_900), 200},
	{"matched elements", "PATCH", "/Users/{U}", full(`{"emails":[`, `{"value":"`+strings.Repeat("x", 240)+`%d"}`, `]}`, wrapped, 20), 200},
	{"long elements", "PATCH", "/Users/{U}", full(`{"emails":[`, `{"value":"%d`+strings.Repeat("x", 50_000)+`"}`, `]}`, wrapped, 20), 200},
	{"marked elements", "PATCH", "/Users/{U}", full(`{"emails":[`, `{"value":"%d","operation":"delete"}`, `]}`, wrapped, 5_900), 200},
	{"many marked elements", "PATCH", "/Users/{U}", full(`{"emails":[`, `{"operation":"delete"}`, `]}`, wrapped, anyNumber), 400},
	{"names", "PATCH", "/Users/{U}", full(`{"emails":[`+strings.Repeat(`{"value":"a"},`, 5000)+`0],"meta":{"attributes":[`, `"emails"`, `]}}`, wrapped, 1000), 400},
	{"more names", "PATCH", "/Users/{U}", full(`{"meta":{"attributes":[`, `""`, `]}}`, wrapped, anyNumber), 400},
	{"a long extension", "POST", "/Users", full(`{"userName":"a","urn:scim:schemas:extension:enterprise:1.0":{"manager":{`, `"%d":0`, `}}}`, wrapped, 11_000), 201},
	{"a long text", "POST", "/Users", `{"userName":"a","title":"` + strings.Repeat(`\u00e9`, (wrapped-40)/6) + `"}`, 201},
	{"over the limit", "POST", "/Users", strings.Repeat(" ", scim.MaxBody+1), 413},
}

// TestI27_HostileBodiesAreCheap measures the memory of the translation and of SCIM 2.0 together. Mutant: give every list a
// string of its own for every name in meta.attributes.
func TestI27_HostileBodiesAreCheap(t *testing.T) {
	most := uint64(16)
	if forgetful {
		most = 32
	}
	for _, tt := range hostile {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/chunked=%v", tt.name, chunked), func(t *testing.T) {
				s := newService()
				r := request(tt.method, strings.Replace(tt.path, "{U}", s.create(t, "/Users", anna), 1), tt.content)
				if chunked {
					r.ContentLength = -1
				}
				var code int
				used := allocated(func() { code = s.serve(r).Code })
				if code != tt.status {
					t.Errorf("status %d, want %d", code, tt.status)
				}
				t.Logf("%d KiB allocated", used>>10)
				if used > most<<20 {
					t.Errorf("%d MiB allocated, want at most %d", used>>20, most)
				}
			})
		}
	}
}

// crowds are bodies of groups, as long as they may be.
var crowds = []struct{ name, method, content string }{
	{"members", "PATCH", full(`{"members":[`, `{"value":"00000000-0000-4000-8000-%012d","display":"anna@acme.example"}`, `]}`, scim.MaxLinkedBody, 99_000)},
	{"marked members", "PATCH", full(`{"members":[`, `{"value":"00000000-0000-4000-8000-%012d","operation":"delete"}`, `]}`, scim.MaxLinkedBody, 99_000)},
	{"half of them marked", "PATCH", full(`{"members":[`, `{"value":"a"},{"value":"u%012d","operation":"delete"}`, `]}`, scim.MaxLinkedBody, 49_000)},
	{"small members", "PATCH", full(`{"members":[`, `{}`, `]}`, scim.MaxLinkedBody, anyNumber)},
	{"small keys", "PATCH", full(`{`, `"":0`, `}`, scim.MaxLinkedBody, anyNumber)},
	{"a group of many", "PUT", full(`{"displayName":"G","members":[`, `{"value":"00000000-0000-4000-8000-%012d","display":"anna@acme.example"}`, `]}`, scim.MaxLinkedBody, 99_000)},
}

// TestI27_LargeGroupsCostLittleMore measures what the translation adds to the reading and decoding of SCIM 2.0, in lengths of
// the body: one for what was sent and one for what is made of it. Without a Content-Length what was sent counts four times,
// since its memory doubles.
func TestI27_LargeGroupsCostLittleMore(t *testing.T) {
	for _, tt := range crowds {
		for most, length := range map[uint64]int64{3: int64(len(tt.content)), 6: -1} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, most), func(t *testing.T) {
				translate := scim1.Translated(tt.method, schema.Group(), tt.content, length)
				var out int64
				used := allocated(func() { out, _ = io.Copy(io.Discard, translate) })
				if out < int64(len(tt.content)/2) {
					t.Errorf("%d bytes of %d came out", out, len(tt.content))
				}
				t.Logf("%d bytes of body, %d KiB allocated", len(tt.content), used>>10)
				if used > most*uint64(len(tt.content)) {
					t.Errorf("%d MiB allocated", used>>20)
				}
			})
		}
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
