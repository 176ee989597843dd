package traffic

import (
	"encoding/json"
	"strings"
	"testing"

	"drawbridge/bridge"
)

func TestMask_Body(t *testing.T) {
	tests := []struct {
		name, body   string
		masked, full string
	}{
		{"nothing", ``, ``, ``},
		{"structure stays", `{"schemas":["urn:a:b"],"active":true,"title":null,"roles":[],"emails":[{"type":"work","primary":"True","value":"a@b"}]}`,
			`{"schemas":["urn:a:b"],"active":true,"title":null,"roles":[],"emails":[{"type":"work","primary":"True","value":"***"}]}`,
			`{"schemas":["urn:a:b"],"active":true,"title":null,"roles":[],"emails":[{"type":"work","primary":"True","value":"a@b"}]}`},
		{"an operation", `{"Operations":[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"a@b"}]}`,
			`{"Operations":[{"op":"Replace","path":"emails[type eq \"***\"].value","value":"***"}]}`,
			`{"Operations":[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"a@b"}]}`},
		{"a boolean as a word", `{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`,
			`{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`, `{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`},
		{"members by our ids", `{"members":[{"value":"0198c0de-0000-7000-8000-000000000001","display":"Anna"},{"value":"anna"}]}`,
			`{"members":[{"value":"0198c0de-0000-7000-8000-000000000001","display":"***"},{"value":"***"}]}`,
			`{"members":[{"value":"0198c0de-0000-7000-8000-000000000001","display":"Anna"},{"value":"anna"}]}`},
		{"numbers", `{"count":3,"employeeNumber":4711}`, `{"count":3,"employeeNumber":"***"}`, `{"count":3,"employeeNumber":4711}`},
		{"active as anything", `{"active":"anna"}`, `{"active":"***"}`, `{"active":"anna"}`},
		{"keys", `{"anna@acme.example":1,"emails[value eq \"a@b\"].type":"x"}`,
			`{"***":"***","emails[value eq \"***\"].type":"***"}`, `{"anna@acme.example":1,"emails[value eq \"a@b\"].type":"x"}`},
		{"a password", `{"password":"p1","PASSWORD":{"x":["p2"]},"pass\u0077ord":"p3","urn:x:User:password":7}`,
			`{"password":"***","PASSWORD":"***","password":"***","urn:x:User:password":"***"}`,
			`{"password":"***","PASSWORD":"***","password":"***","urn:x:User:password":"***"}`},
		{"a password by path", `{"Operations":[{"value":"p1","op":"replace","path":"password"},{"op":"add","value":{"userPassword":"p2"}}]}`,
			`{"Operations":[{"value":"***","op":"replace","path":"password"},{"op":"add","value":{"userPassword":"***"}}]}`,
			`{"Operations":[{"value":"***","op":"replace","path":"password"},{"op":"add","value":{"userPassword":"***"}}]}`},
		{"a password in a filter", `{"Operations":[{"op":"remove","path":"x[password eq \"p1\"]"}]}`,
			`{"Operations":[{"op":"remove","path":"x[password eq \"***\"]"}]}`, `{"Operations":[{"op":"remove","path":"x[password eq \"***\"]"}]}`},
		{"cut before the path is known", `{"Operations":[{"op":"replace","value":"p1","pa`,
			`{"Operations":[{"op":"replace","value":"***"…`, `{"Operations":[{"op":"replace","value":"***"…`},
		{"cut within a value", `{"userName":"anna","password":"p1`, `{"userName":"***"…`, `{"userName":"anna"…`},
		{"no JSON", `password=p1`, `(not JSON)`, `(not JSON)`},
		{"JSON up to a point", `{"a":"b","c":p1}`, `{"a":"***"…`, `{"a":"b"…`},
		{"something behind it", `{"a":"b"}p1`, `{"a":"***"…`, `{"a":"b"…`},
		{"tokens in any place", `{"x":"drawbridge_scim_abc123","drawbridge_scim_abc123":"Bearer abc123=="}`,
			`{"x":"***","drawbridge_***":"***"}`, `{"x":"drawbridge_***","drawbridge_***":"Bearer ***"}`},
		{"too deep", strings.Repeat("[", 100) + `"anna"`, strings.Repeat("[", 41) + "…", strings.Repeat("[", 41) + "…"},
	}
	for _, tt := range tests {
		for _, m := range []struct {
			masker
			want string
		}{{masker{}, tt.masked}, {masker{full: true}, tt.full}} {
			n, ok := parse([]byte(tt.body))
			if got := m.body(&n, ok, len(tt.body)); got != m.want {
				t.Errorf("%s, full %t:\n got %s\nwant %s", tt.name, m.full, got, m.want)
			}
		}
	}
}

// TestMask_Answer: our own words are kept, the client's are not.
func TestMask_Answer(t *testing.T) {
	body := `{"id":"0198c0de-0000-7000-8000-000000000001","meta":{"location":"https://x/Users/1","version":"W/\"1\""},"status":"404",` +
		`"scimType":"noTarget","detail":"no such resource","totalResults":3,"name":{"status":"single","detail":"of Anna"},"userName":"anna"}`
	want := `{"id":"0198c0de-0000-7000-8000-000000000001","meta":{"location":"https://x/Users/1","version":"W/\"1\""},"status":"404",` +
		`"scimType":"noTarget","detail":"no such resource","totalResults":3,"name":{"status":"***","detail":"***"},"userName":"***"}`
	n, ok := parse([]byte(body))
	if got := (masker{answer: true}).body(&n, ok, len(body)); got != want {
		t.Errorf("answer:\n got %s\nwant %s", got, want)
	}
	n, ok = parse([]byte(body))
	if got := (masker{}).body(&n, ok, len(body)); strings.Contains(got, "404") || strings.Contains(got, "https://x") {
		t.Errorf("a client's body keeps what only our answers may say: %s", got)
	}
}

func TestMask_Query(t *testing.T) {
	tests := []struct{ name, query, masked, full string }{
		{"none", "", "", ""},
		{"a look-up", "filter=userName%20eq%20%22anna%22&startIndex=1&count=100",
			`filter=userName eq "***"&startIndex=1&count=100`, `filter=userName eq "anna"&startIndex=1&count=100`},
		{"a value path", "filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22a%40b%22",
			`filter=emails[type eq "***"].value eq "***"`, `filter=emails[type eq "work"].value eq "a@b"`},
		{"logic", `filter=(active eq true and not (title pr)) or x co "a\"b"`,
			`filter=(active eq true and not (title pr)) or x co "***"`, `filter=(active eq true and not (title pr)) or x co "a\"b"`},
		{"no filter at all", "filter=anna smith", `filter="***" "***"`, "filter=anna smith"},
		{"an unquoted literal", "filter=userName eq anna smith", `filter=userName eq "***" "***"`, "filter=userName eq anna smith"},
		{"an unended literal", `filter=userName eq "anna smith`, `filter=userName eq "***"`, `filter=userName eq "anna smith`},
		{"a number", "filter=employeeNumber eq 4711", `filter=employeeNumber eq "***"`, "filter=employeeNumber eq 4711"},
		{"a password", `filter=password eq "p1" and userName eq "anna"`, `filter=password eq "***" and userName eq "***"`, `filter=password eq "***" and userName eq "***"`},
		{"attributes", "attributes=userName,emails.value&excludedAttributes=groups&sortBy=name.familyName&sortOrder=descending",
			"attributes=userName,emails.value&excludedAttributes=groups&sortBy=name.familyName&sortOrder=descending",
			"attributes=userName,emails.value&excludedAttributes=groups&sortBy=name.familyName&sortOrder=descending"},
		{"Entra's flag", "aadOptscim062020", "aadOptscim062020", "aadOptscim062020"},
		{"unknown", "anna&user=anna&count=anna", "***&***=***&count=***", "anna&user=anna&count=anna"},
		{"a token", "access_token=p1&x=drawbridge_scim_p1", "***=***&***=***", "access_token=***&x=drawbridge_***"},
		{"no query", "%zz=%zz", "***=***", "***=***"},
	}
	for _, tt := range tests {
		if got := (masker{}).query(tt.query); got != tt.masked {
			t.Errorf("%s, masked: %s, want %s", tt.name, got, tt.masked)
		}
		if got := (masker{full: true}).query(tt.query); got != tt.full {
			t.Errorf("%s, full: %s, want %s", tt.name, got, tt.full)
		}
	}
}

func TestMask_Path(t *testing.T) {
	for path, want := range map[string]string{
		"/acme/Users": "/Users",
		"/acme/Users/0198c0de-0000-7000-8000-000000000001": "/Users/0198c0de-0000-7000-8000-000000000001",
		"/acme/Users/anna":    "/Users/***",
		"/acme/Users/anna/x":  "/Users/***",
		"/acme/Users/.search": "/Users/.search",
		"/acme/.search":       "/.search",
		"/acme/anna@x":        "/***",
		"/acme/Schemas/urn:ietf:params:scim:schemas:core:2.0:User":                               "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
		"/acme/Users/drawbridge_scim_0000000000000000000000000000000000000000000000000000000000": "/Users/***",
	} {
		if got := (masker{}).requestPath(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if got := (masker{full: true}).requestPath("/acme/Users/drawbridge_scim_0000"); got != "/Users/drawbridge_***" {
		t.Errorf("in full: %s", got)
	}
}

// FuzzMask: whatever a body is, nothing panics, what was whole JSON stays JSON, and no token gets through.
func FuzzMask(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,true,null,"x",{"b":"c"}]}`, `{"Operations":[{"op":"add","path":"a[b eq \"c\"].d","value":"e"}]}`, `{"password":"p`, `[[[`, `"\u00`,
		`{"path":"[","value":1}`, `{"filter":"a eq \"\\"}`, "\"\xff\"",
	} {
		f.Add([]byte(seed), "filter="+seed)
	}
	const token = "drawbridge_scim_0123456789"
	f.Fuzz(func(t *testing.T, body []byte, query string) {
		body = append(body, `{"x":"`+token+`"}`...)
		for _, m := range []masker{{}, {full: true}, {answer: true}} {
			n, ok := parse(body)
			whole := ok && !n.cut && json.Valid(body)
			got := m.body(&n, ok, len(body))
			if whole && !json.Valid([]byte(got)) {
				t.Errorf("%s became %s", body, got)
			}
			if strings.Contains(got+m.query(query+token)+m.requestPath("/acme/Users/"+query+token), token) {
				t.Errorf("the token is in %s or %s", got, m.query(query+token))
			}
		}
	})
}

// TestQuirks_Nothing: a request that was refused tells of no quirk that was understood.
func TestQuirks_Nothing(t *testing.T) {
	x := &exchange{status: 400, caller: bridge.Caller{CustomerID: "acme"}}
	x.body.kept = []byte(`{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`)
	if _, seen := x.reading(); len(seen.Quirks) != 0 {
		t.Errorf("seen %v", seen.Quirks)
	}
}
