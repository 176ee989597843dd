package scim_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim"
)

// result is what a bulk answer says of one operation.
type result struct {
	Method, BulkID, Location, Version, Status string
	Response                                  struct{ ScimType, Detail, Status string }
}

func results(t testing.TB, w *httptest.ResponseRecorder) []result {
	t.Helper()
	var answer struct {
		Schemas    []string
		Operations []result
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 || answer.Operations == nil ||
		!cmp.Equal(answer.Schemas, []string{"urn:ietf:params:scim:api:messages:2.0:BulkResponse"}) {
		t.Fatalf("no bulk answer: %d %s", w.Code, w.Body)
	}
	return answer.Operations
}

const (
	bulkAnna  = `{"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"anna"}}`
	bulkStaff = `{"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"Staff","members":[{"value":"bulkId:a"}]}}`
)

// bulks are operations and the statuses that come of them; {U} is a user that is there.
var bulks = []struct {
	name, content string
	want          string // method, bulkId and status of each, with scimType
	users         int    // afterwards, with the first
	members       int    // of the only group
}{
	{"none", `{"Operations":[]}`, "", 1, 0},
	{"one", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` + bulkAnna + `]}`, "POST a 201", 2, 0},
	{"reference back", `{"Operations":[` + bulkAnna + `,` + bulkStaff + `]}`, "POST a 201, POST g 201", 2, 1},
	{"reference forth", `{"Operations":[` + bulkStaff + `,` + bulkAnna + `]}`, "POST g 201, POST a 201", 2, 1},
	{"reference in a path", `{"Operations":[{"method":"PUT","path":"/Users/bulkId:a","data":{"userName":"eva"}},` + bulkAnna + `]}`, "PUT  200, POST a 201", 2, 0},
	{"reference in a PATCH", `{"Operations":[{"method":"PATCH","path":"/Groups/bulkId:g","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"{U}"}]}]}},` +
		bulkStaff + `,` + bulkAnna + `]}`, "PATCH  200, POST g 201, POST a 201", 2, 2},
	{"reference to nothing", `{"Operations":[` + bulkStaff + `]}`, "POST g 409 invalidValue", 1, 0},
	{"reference to a failure", `{"Operations":[{"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"TAKEN"}},` + bulkStaff + `]}`,
		"POST a 409 uniqueness, POST g 409 invalidValue", 1, 0},
	{"circle", `{"Operations":[{"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"anna","manager":"bulkId:b"}},
		{"method":"POST","path":"/Users","bulkId":"b","data":{"userName":"ben","manager":"bulkId:a"}},{"method":"POST","path":"/Users","bulkId":"c","data":{"userName":"c"}}]}`,
		"POST a 409 invalidValue, POST b 409 invalidValue, POST c 201", 2, 0},
	{"circle of one", `{"Operations":[{"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"bulkId:a"}}]}`, "POST a 409 invalidValue", 1, 0},
	{"all methods", `{"Operations":[{"method":"put","path":"/Users/{U}","data":{"userName":"eva"}},{"method":"PATCH","path":"/Users/{U}","data":{"Operations":[]}},
		{"method":"DELETE","path":"/Users/{U}"},{"method":"DELETE","path":"/Users/{U}"}]}`, "PUT  200, PATCH  200, DELETE  204, DELETE  404", 0, 0},
	{"version", `{"Operations":[{"method":"DELETE","path":"/Users/{U}","version":"W/\"7\""},{"method":"DELETE","path":"/Users/{U}","version":"W/\"1\""}]}`, "DELETE  412, DELETE  204", 0, 0},
	{"goes on after errors", `{"Operations":[{"method":"POST","path":"/Users","bulkId":"x","data":{}},` + bulkAnna + `]}`, "POST x 400 invalidValue, POST a 201", 2, 0},
	{"stops at errors", `{"failOnErrors":1,"Operations":[{"method":"POST","path":"/Users","bulkId":"x","data":{}},` + bulkAnna + `]}`, "POST x 400 invalidValue", 1, 0},
	{"stops at the second error", `{"failOnErrors":2,"Operations":[{"method":"POST","path":"/Users","bulkId":"x","data":{}},` + bulkAnna + `,{"method":"POST","path":"/Users","bulkId":"y"},{"method":"DELETE","path":"/Users/{U}"}]}`,
		"POST x 400 invalidValue, POST a 201, POST y 400 invalidSyntax", 2, 0},
	{"bulk in bulk", `{"Operations":[{"method":"POST","path":"/Bulk","bulkId":"x","data":{"Operations":[` + bulkAnna + `]}}]}`, "POST x 400 invalidSyntax", 1, 0},
	{"POST without bulkId", `{"Operations":[{"method":"POST","path":"/Users","data":{"userName":"anna"}}]}`, "POST  400 invalidSyntax", 1, 0},
	{"reading", `{"Operations":[{"method":"GET","path":"/Users/{U}"}]}`, "GET  400 invalidSyntax", 1, 0},
	{"search", `{"Operations":[{"method":"POST","path":"/Users/.search","bulkId":"x","data":{}},{"method":"PUT","path":"/Users/.search","data":{}}]}`, "POST x 400 invalidSyntax, PUT  400 invalidSyntax", 1, 0},
	{"paths", `{"Operations":[{"method":"DELETE","path":"/Users"},{"method":"DELETE","path":"/Users/{U}/x"},{"method":"DELETE","path":"Users/{U}"},{"method":"DELETE","path":"/Users/../Users/{U}"},
		{"method":"DELETE","path":"/Users/{U}?x"},{"method":"DELETE","path":"/Users/%41"},{"method":"DELETE","path":"/Users/a;b"},{"method":"DELETE"}]}`,
		"DELETE  400 invalidSyntax, DELETE  400 invalidSyntax, DELETE  400 invalidSyntax, DELETE  400 invalidSyntax, DELETE  400 invalidSyntax, DELETE  400 invalidSyntax, DELETE  404, DELETE  400 invalidSyntax", 1, 0},
}

func TestBulk(t *testing.T) {
	for _, tt := range bulks {
		t.Run(tt.name, func(t *testing.T) {
			s := newService()
			id := s.create(t, `{"userName":"taken"}`)
			w := s.do("POST", "/Bulk", strings.ReplaceAll(tt.content, "{U}", id))
			var got []string
			for _, r := range results(t, w) {
				got = append(got, strings.TrimSpace(r.Method+" "+r.BulkID+" "+r.Status+" "+r.Response.ScimType))
				if failed := r.Status >= "400"; failed != (r.Response.Status == r.Status) || failed != (r.Response.Detail != "") {
					t.Errorf("status and response: %+v", r)
				}
				if located := r.Location != ""; !located && r.Status < "400" {
					t.Errorf("no location: %+v", r)
				}
				if made := r.Status == "200" || r.Status == "201"; made != (r.Version != "") {
					t.Errorf("version: %+v", r)
				}
			}
			if d := cmp.Diff(tt.want, strings.Join(got, ", ")); d != "" {
				t.Errorf("results (-want +got):\n%s", d)
			}
			if len(s.resources) != tt.users {
				t.Errorf("%d users, want %d", len(s.resources), tt.users)
			}
			if len(s.groups) > 0 && len(s.members[s.groups[0].ID]) != tt.members {
				t.Errorf("members %v, want %d", s.members, tt.members)
			}
		})
	}
}

func TestBulkRefusedAsAWhole(t *testing.T) {
	many := `{"Operations":[` + strings.Repeat(`{"method":"DELETE","path":"/Users/1"},`, scim.MaxBulkOperations) + bulkAnna + `]}`
	for _, tt := range []struct {
		name, content string
		status        int
		kind          string
	}{
		{"no operations", `{}`, 400, "invalidSyntax"},
		{"operations no list", `{"Operations":{}}`, 400, "invalidSyntax"},
		{"operation no object", `{"Operations":["s3cr3t"]}`, 400, "invalidSyntax"},
		{"method no string", `{"Operations":[{"method":7}]}`, 400, "invalidSyntax"},
		{"bulkId twice", `{"Operations":[` + bulkAnna + `,` + bulkAnna + `]}`, 400, "invalidValue"},
		{"failOnErrors no number", `{"failOnErrors":"1","Operations":[` + bulkAnna + `]}`, 400, "invalidValue"},
		{"failOnErrors zero", `{"failOnErrors":0,"Operations":[` + bulkAnna + `]}`, 400, "invalidValue"},
		{"too many", many, 413, ""},
		{"too long", `{"Operations":[],"x":"` + strings.Repeat("x", scim.MaxBody) + `"}`, 413, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newService()
			refused(t, s.do("POST", "/Bulk", tt.content), tt.status, tt.kind)
			if s.writes > 0 {
				t.Errorf("%d writes", s.writes)
			}
		})
	}
}

// TestBulkIsManyRequests: an operation of a bulk request is answered as the same request alone is, and asks for the token
// as it does.
func TestBulkIsManyRequests(t *testing.T) {
	for _, tt := range append(bad[:len(bad):len(bad)], exchange{"good", "PATCH", "/Users/{U}", `{"Operations":[{"op":"add","path":"nickName","value":"n"}]}`, 200, ""}) {
		var data map[string]any
		if json.Unmarshal([]byte(tt.content), &data) != nil || data == nil || !utf8.ValidString(tt.content) || len(tt.content) > 500_000 || strings.Contains(tt.name, "twice") ||
			!strings.HasPrefix(tt.path, "/Users") || strings.HasSuffix(tt.path, ".search") || tt.status == 405 || tt.name == "many values" || tt.name == "deep" {
			continue // not to be said within a bulk request, or refused as a whole
		}
		t.Run(tt.name, func(t *testing.T) {
			alone, id := prepared(t)
			want := alone.do(tt.method, strings.Replace(tt.path, "{U}", id, 1), tt.content)
			s, id := prepared(t)
			before := s.authed
			w := s.do("POST", "/Bulk", fmt.Sprintf(`{"Operations":[{"method":%q,"path":%q,"bulkId":"x","data":%s}]}`, tt.method, strings.Replace(tt.path, "{U}", id, 1), tt.content))
			got := results(t, w)
			if len(got) != 1 || got[0].Status != itoa(want.Code) || got[0].Version != want.Header().Get("ETag") {
				t.Fatalf("alone %d %s; in bulk %s", want.Code, want.Body, w.Body)
			}
			if want.Code >= 400 && got[0].Response.Detail != object(t, want)["detail"] {
				t.Errorf("alone %s; in bulk %s", want.Body, w.Body)
			}
			if s.authed-before != 2 {
				t.Errorf("%d authentications, want one for the whole and one for the operation", s.authed-before)
			}
			if d := cmp.Diff(string(alone.resources[1].Doc), string(s.resources[1].Doc)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestI30_BulkAfterRevocation: a token that is revoked half-way does nothing more. Mutant for the empty request: bulk without
// Live.
func TestI30_BulkAfterRevocation(t *testing.T) {
	s := newService()
	s.revoked = true
	refused(t, s.do("POST", "/Bulk", `{"Operations":[]}`), 401, "")
	refused(t, s.do("POST", "/Bulk", `{"Operations":[`+bulkAnna+`]}`), 401, "")
	s.revoked = false
	s.revokeAfter = 1
	w := s.do("POST", "/Bulk", `{"Operations":[`+bulkAnna+`,{"method":"POST","path":"/Users","bulkId":"b","data":{"userName":"ben"}}]}`)
	if got := results(t, w); got[0].Status != "201" || got[1].Status != "401" || len(s.resources) != 1 {
		t.Errorf("%s", w.Body)
	}
}
