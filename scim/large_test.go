package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// crowd is a body with members until it is as long as it may be, or holds most of them.
func crowd(head, item, tail string, most int) string {
	var b strings.Builder
	b.WriteString(head)
	for i := 0; i < most && b.Len()+len(item)+len(tail)+40 < scim.MaxLinkedBody; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, item, fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
	}
	b.WriteString(tail)
	return b.String()
}

// keyed is a PATCH with many operations that name as many attributes as an object may, none of which there is.
func keyed(operations int) string {
	keys := strings.TrimSuffix(crowd(``, `"%s":0`, ``, scim.MaxValues), ",")
	return `{"Operations":[` + strings.TrimSuffix(strings.Repeat(`{"op":"add","value":{`+keys+`}},`, operations), ",") + `]}`
}

// sink takes every group and counts what it is told of.
type sink struct {
	scim.Backend
	ids   int
	enter func()
}

func (b *sink) Create(_ context.Context, _ *schema.ResourceType, draft scim.Draft, _ int) (scim.Resource, error) {
	return b.take(draft)
}

func (b *sink) Update(_ context.Context, _ *schema.ResourceType, _ string, change scim.Change, _ int) (scim.Resource, error) {
	draft, err := change(scim.Resource{ID: "1", Doc: []byte(`{"displayName":"g"}`), Version: 1})
	if err != nil {
		return scim.Resource{}, err
	}
	return b.take(draft)
}

func (b *sink) take(draft scim.Draft) (scim.Resource, error) {
	if b.enter != nil {
		b.enter()
	}
	for _, c := range draft.Links {
		b.ids += len(c.IDs)
	}
	return scim.Resource{ID: "1", Doc: []byte(`{"displayName":"g"}`), Version: 1}, nil
}

func (b *sink) server(s *service) {
	s.handler = s.server(scim.Tenant{Backend: b, Live: func(context.Context) error { return nil }})
}

// TestI27_HostileGroupsAreCheap: what a body of ten megabytes may hold takes no more memory than it should, and what it may
// not hold is refused. Memory is counted as it is allocated, freed or not. The mutant, plain encoding/json, exceeds the bound.
func TestI27_HostileGroupsAreCheap(t *testing.T) {
	const most = 64 << 20
	caught := 0
	for _, tt := range []struct {
		name, method, content string
		status                int
		kind                  string
		ids                   int
	}{
		{"members", "PUT", crowd(`{"displayName":"g","members":[`, `{"value":"%s"}`, `]}`, scim.MaxLinkedItems-1), 200, "", scim.MaxLinkedItems - 1},
		{"members in a PATCH", "PATCH", crowd(`{"Operations":[{"op":"replace","path":"members","value":[`, `{"value":"%s"}`, `]}]}`, scim.MaxLinkedItems-2), 200, "", scim.MaxLinkedItems - 2},
		{"bare members", "PUT", crowd(`{"displayName":"g","members":[`, `"%s"`, `]}`, scim.MaxLinkedItems-1), 200, "", scim.MaxLinkedItems - 1},
		{"members with names", "PUT", crowd(`{"displayName":"g","members":[`, `{"value":"%s","display":"anna@acme.example"}`, `]}`, scim.MaxLinkedItems-1), 200, "", scim.MaxLinkedItems - 1},
		{"members with everything", "PUT", crowd(`{"displayName":"g","members":[`, `{"value":"%s","display":"a","type":"User"}`, `]}`, 99_900), 200, "", 99_900},
		{"too many bare members", "PUT", crowd(`{"displayName":"g","members":[`, `"%s"`, `]}`, scim.MaxLinkedItems), 400, "invalidSyntax", 0},
		{"too many members", "PUT", crowd(`{"displayName":"g","members":[`, `{"value":"%s"}`, `]}`, scim.MaxLinkedItems), 400, "invalidSyntax", 0},
		{"empty objects", "PUT", `{"displayName":"g","x":[` + strings.Repeat(`{},`, 3_000_000) + `0]}`, 400, "invalidSyntax", 0},
		{"small objects", "PUT", `{"displayName":"g","x":[` + strings.Repeat(`{"":0},`, scim.MaxLinkedItems-2) + `0]}`, 200, "", 0},
		{"numbers", "PUT", `{"displayName":"g","x":[` + strings.Repeat(`0,`, scim.MaxLinkedItems-2) + `0]}`, 200, "", 0},
		{"keys", "PUT", `{"displayName":"g",` + strings.TrimSuffix(crowd(``, `"%s":0`, ``, 100_000), ",") + `}`, 200, "", 0},
		{"keys in a PATCH", "PATCH", keyed(8), 400, "tooMany", 0},
		{"keys in more of a PATCH", "PATCH", keyed(20), 400, "invalidSyntax", 0},
		{"brackets", "PUT", strings.Repeat("[", scim.MaxLinkedBody), 400, "invalidSyntax", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, b := newService(), &sink{}
			b.server(s)
			r := request(tt.method, "/Groups/1", tt.content)
			var w *httptest.ResponseRecorder
			used := allocated(func() { w = s.serve(r) })
			if tt.status >= 400 {
				refused(t, w, tt.status, tt.kind)
			}
			if w.Code != tt.status || b.ids != tt.ids {
				t.Errorf("%d %.200s, %d ids; want %d, %d ids", w.Code, w.Body, b.ids, tt.status, tt.ids)
			}
			t.Logf("%d bytes of body, %d KiB allocated", len(tt.content), used>>10)
			if used > most {
				t.Errorf("%d MiB allocated, want at most 64", used>>20)
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

func TestLargeBodyLimits(t *testing.T) {
	group := `{"displayName":"g"}`
	for _, tt := range []struct {
		name, path   string
		length, sent int64 // as declared, -1 for chunks; as there is
		status       int
		read         int // at most
	}{
		{"large group", "/Groups", scim.MaxLinkedBody, scim.MaxLinkedBody, 201, scim.MaxLinkedBody},
		{"large group in chunks", "/Groups", -1, scim.MaxLinkedBody, 201, scim.MaxLinkedBody},
		{"group in chunks of no large size", "/Groups", -1, scim.MaxBody, 201, scim.MaxBody},
		{"too large group", "/Groups", scim.MaxLinkedBody + 1, scim.MaxLinkedBody + 1, 413, 0},
		{"too large group in chunks", "/Groups", -1, 2 * scim.MaxLinkedBody, 413, scim.MaxLinkedBody + 1},
		{"large user", "/Users", scim.MaxBody + 1, scim.MaxBody + 1, 413, 0},
		{"large search", "/Groups/.search", scim.MaxBody + 1, scim.MaxBody + 1, 413, 0},
		{"large bulk", "/Bulk", scim.MaxBody + 1, scim.MaxBody + 1, 413, 0},
		{"large user in chunks", "/Users", -1, 2 * scim.MaxBody, 413, scim.MaxBody + 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, r := newService(), request("POST", tt.path, group)
			content := &body{Reader: strings.NewReader(group + strings.Repeat(" ", int(tt.sent)-len(group)))}
			r.Body, r.ContentLength = content, tt.length
			w := s.serve(r)
			if tt.status == 413 {
				refused(t, w, 413, "")
			}
			if w.Code != tt.status || content.read > tt.read {
				t.Errorf("%d %s after %d bytes, want %d after at most %d", w.Code, w.Body, content.read, tt.status, tt.read)
			}
		})
	}
}

// TestI27_OneLargeBodyAtATime: while one large request is served, others of the tenant wait without being read; small ones
// and other tenants do not wait. A client that gives up frees its place. Mutant: a lane of two in readLarge.
func TestI27_OneLargeBodyAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		most := 0
		gate := make(chan struct{})
		b := &sink{enter: func() {
			if most++; most == 1 {
				<-gate
			}
		}}
		handler := scim.NewServer(scim.Options{
			Types: []*schema.ResourceType{schema.User(), schema.Group()},
			Authenticate: func(context.Context, string, string) (scim.Tenant, error) {
				return scim.Tenant{Backend: b, Live: func(context.Context) error { return nil }}, nil
			},
		})
		s.handler = http.StripPrefix("/scim/v2", handler)
		large := `{"displayName":"g"` + strings.Repeat(" ", scim.MaxBody) + `}`
		send := func(tenant, content string, ctx context.Context) (*http.Request, chan int) {
			r := request("POST", "/Groups", content).WithContext(ctx)
			r.URL.Path = strings.Replace(r.URL.Path, "/acme/", "/"+tenant+"/", 1)
			done := make(chan int, 1)
			go func() { done <- s.serve(r).Code }()
			synctest.Wait()
			return r, done
		}
		ctx, giveUp := context.WithCancel(t.Context())
		_, first := send("acme", large, t.Context())
		second, secondDone := send("acme", large, t.Context())
		_, third := send("acme", large, ctx)
		_, small := send("acme", `{"displayName":"g"}`, t.Context())
		_, other := send("beta", large, t.Context())
		if got := <-small; got != 201 {
			t.Errorf("a small request: %d", got)
		}
		if got := <-other; got != 201 {
			t.Errorf("another tenant: %d", got)
		}
		giveUp()
		if got := <-third; got < 500 {
			t.Errorf("one that gave up: %d", got)
		}
		if len(first) > 0 || len(secondDone) > 0 || second.Body.(*body).read > 0 {
			t.Errorf("the second was read (%d bytes) or answered while the first is served", second.Body.(*body).read)
		}
		close(gate)
		if a, b := <-first, <-secondDone; a != 201 || b != 201 {
			t.Errorf("%d and %d", a, b)
		}
	})
}

// TestI27_HostileBulksAreCheap: reading and ordering a bulk request costs what a body of its size may; its operations then cost
// what they cost as requests, one after the other, so these have operations that come to nothing. Mutant: bulkBody without a bound on items.
func TestI27_HostileBulksAreCheap(t *testing.T) {
	chain := func(i int) string {
		return fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"%d","data":{"userName":"bulkId:%d"}}`, i, i+1)
	}
	var deep, wide strings.Builder
	for i := range scim.MaxBulkOperations {
		deep.WriteString(chain(i) + ",")
	}
	refs := strings.Repeat(`"bulkId:x",`, 20)
	for range scim.MaxBulkOperations {
		wide.WriteString(`{"method":"DELETE","path":"/Users/bulkId:x","data":[` + strings.TrimSuffix(refs, ",") + `]},`)
	}
	for _, tt := range []struct {
		name, content string
		status        int
	}{
		{"chain", `{"Operations":[` + strings.TrimSuffix(deep.String(), ",") + `]}`, 200},
		{"references", `{"Operations":[` + strings.TrimSuffix(wide.String(), ",") + `]}`, 200},
		{"small objects", full(`{"Operations":[],"x":[`, `{"":0},`, `]}`, 20_000), 200},
		{"more small objects", full(`{"Operations":[],"x":[`, `{"":0},`, `]}`, 30_000), 400},
		{"numbers", full(`{"Operations":[],"x":[`, `0,`, `]}`, 20_000), 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newService()
			r := request("POST", "/Bulk", tt.content)
			var w *httptest.ResponseRecorder
			used := allocated(func() { w = s.serve(r) })
			t.Logf("%d bytes of body, %d KiB allocated", len(tt.content), used>>10)
			if w.Code != tt.status || used > 16<<20 || s.writes > 0 {
				t.Errorf("%d, %d MiB allocated, %d writes; want %d with at most 16 MiB", w.Code, used>>20, s.writes, tt.status)
			}
		})
	}
}
