package scim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"drawbridge/scim/schema"
)

// spelled spells out the URNs that the fixtures abbreviate.
var spelled = strings.NewReplacer(`"U"`, `"`+schema.UserURN+`"`, `"E"`, `"`+schema.EnterpriseUserURN+`"`,
	`"E:`, `"`+schema.EnterpriseUserURN+`:`, `"E.`, `"`+schema.EnterpriseUserURN+`.`, `"PO"`, `"urn:ietf:params:scim:api:messages:2.0:PatchOp"`)

// conversation is what one client says and hears. A fixture is a txtar archive: a comment with a description and, after an
// empty line, the client's headers; then for each exchange a file named METHOD PATH with the
// body, and a file named STATUS with what the answer must hold at least: null means absent, lists are compared
// element by element, and {U} is the id of the user that was created first.
type conversation struct {
	header    http.Header
	exchanges []turn
}

type turn struct {
	method, path, content string
	status                int
	want                  string
}

func readConversation(t testing.TB, file string) conversation {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := conversation{header: http.Header{}}
	_, headers, _ := strings.Cut(string(archive.Comment), "\n\n")
	for line := range strings.Lines(strings.TrimSpace(headers)) {
		name, value, _ := strings.Cut(line, ":")
		c.header.Set(name, strings.TrimSpace(value))
	}
	for i := 0; i+1 < len(archive.Files); i += 2 {
		sent, heard := archive.Files[i], archive.Files[i+1]
		method, path, ok := strings.Cut(sent.Name, " ")
		status, err := strconv.Atoi(heard.Name)
		if !ok || err != nil {
			t.Fatalf("%s: %q, %q: want METHOD PATH, then STATUS", file, sent.Name, heard.Name)
		}
		c.exchanges = append(c.exchanges, turn{method, path, spelled.Replace(string(sent.Data)), status, spelled.Replace(string(heard.Data))})
	}
	if len(archive.Files) == 0 || len(archive.Files)%2 != 0 {
		t.Fatalf("%s: %d files, want pairs", file, len(archive.Files))
	}
	return c
}

func fixtures(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	return files
}

// escape does to a filter what an HTTP client does.
func escape(path string) string {
	path, query, ok := strings.Cut(path, "?")
	if !ok {
		return path
	}
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, ok := strings.Cut(pair, "=")
		if ok && strings.ContainsAny(value, `"[ `) {
			value = strings.ReplaceAll(url.QueryEscape(value), "%2B", "+")
		}
		if ok {
			name += "="
		}
		pairs = append(pairs, name+value)
	}
	return path + "?" + strings.Join(pairs, "&")
}

// TestExchanges replays what identity providers send.
func TestExchanges(t *testing.T) {
	for _, file := range fixtures(t) {
		t.Run(strings.TrimPrefix(strings.TrimSuffix(file, ".txtar"), "testdata/"), func(t *testing.T) {
			s, user := newService(), "none"
			c := readConversation(t, file)
			for i, e := range c.exchanges {
				r := request(e.method, escape(strings.ReplaceAll(e.path, "{U}", user)), strings.ReplaceAll(e.content, "{U}", user))
				for name, values := range c.header {
					r.Header[name] = values
				}
				w := s.serve(r)
				if user == "none" && e.method == "POST" && w.Code == 201 {
					user = object(t, w)["id"].(string)
				}
				name := fmt.Sprintf("%d: %s %s", i+1, e.method, e.path)
				if w.Code != e.status {
					t.Fatalf("%s: %d %s, want %d", name, w.Code, w.Body, e.status)
				}
				checkAnswer(t, name, w, strings.ReplaceAll(e.want, "{U}", user))
			}
		})
	}
}

func checkAnswer(t *testing.T, name string, w *httptest.ResponseRecorder, text string) {
	t.Helper()
	if strings.TrimSpace(text) == "" {
		if w.Body.Len() > 0 {
			t.Errorf("%s: body %s, want none", name, w.Body)
		}
		return
	}
	var want any
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatalf("%s: the fixture's answer: %v", name, err)
	}
	if missing := lacks(any(object(t, w)), want, "answer"); missing != "" {
		t.Errorf("%s: %s\n%s", name, missing, w.Body)
	}
}

// lacks says what of want is not in got; empty when all of it is.
func lacks(got, want any, at string) string {
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return at + " is no object"
		}
		for name, w := range want {
			if missing := lacks(g[name], w, at+"."+name); missing != "" {
				return missing
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(want) {
			return fmt.Sprintf("%s is %v, want %d elements", at, got, len(want))
		}
		for i, w := range want {
			if missing := lacks(g[i], w, fmt.Sprintf("%s[%d]", at, i)); missing != "" {
				return missing
			}
		}
		return ""
	}
	if got != want {
		return fmt.Sprintf("%s is %v, want %v", at, got, want)
	}
	return ""
}
