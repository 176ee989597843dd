package scim1_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"drawbridge/scim/scimtest"
)

// spelled spells out the URNs that the fixtures abbreviate, in bodies and in queries.
var spelled = strings.NewReplacer(`"C"`, `"`+core+`"`, `"C:`, `"`+core+`:`, `"E"`, `"`+enterprise+`"`, `"E:`, `"`+enterprise+`:`, `"E.`, `"`+enterprise+`.`,
	`=C:`, `=`+core+`:`, ` C:`, ` `+core+`:`, `,C.`, `,`+core+`.`, `=E:`, `=`+enterprise+`:`, `=E.`, `=`+enterprise+`.`, `,E:`, `,`+enterprise+`:`)

const (
	core       = "urn:scim:schemas:core:1.0"
	enterprise = "urn:scim:schemas:extension:enterprise:1.0"
)

// turn is a request and what the answer must hold at least: null means absent, lists are compared element by element.
type turn struct {
	method, path, content string
	status                int
	want                  string
}

// turns reads a fixture, a txtar archive: for each exchange a file named METHOD PATH with the body, and a file named STATUS
// with the answer. {1} is the id of what was created first, {2} of what was created next.
func turns(t testing.TB, file string) []turn {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []turn
	for i := 0; i+1 < len(archive.Files); i += 2 {
		sent, heard := archive.Files[i], archive.Files[i+1]
		method, path, ok := strings.Cut(sent.Name, " ")
		status, err := strconv.Atoi(heard.Name)
		if !ok || err != nil {
			t.Fatalf("%s: %q, %q: want METHOD PATH, then STATUS", file, sent.Name, heard.Name)
		}
		all = append(all, turn{method, spelled.Replace(path), spelled.Replace(string(sent.Data)), status, spelled.Replace(string(heard.Data))})
	}
	if len(all) == 0 || len(archive.Files)%2 != 0 {
		t.Fatalf("%s: %d files, want pairs", file, len(archive.Files))
	}
	return all
}

func fixtures(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	return files
}

// escape does to a query what an HTTP client does.
func escape(path string) string {
	path, query, ok := strings.Cut(path, "?")
	if !ok {
		return path
	}
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		pairs = append(pairs, name+"="+url.QueryEscape(value))
	}
	return path + "?" + strings.Join(pairs, "&")
}

// TestExchanges replays what clients of SCIM 1.1 send.
func TestExchanges(t *testing.T) {
	for _, file := range fixtures(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			s := newService()
			var ids []string
			for i, e := range turns(t, file) {
				known := strings.NewReplacer(ids...)
				w := s.do(e.method, escape(known.Replace(e.path)), strings.TrimSpace(known.Replace(e.content)))
				if w.Code == 201 {
					ids = append(ids, fmt.Sprintf("{%d}", len(ids)/2+1), object(t, w)["id"].(string))
				}
				name := fmt.Sprintf("%d: %s %s", i+1, e.method, e.path)
				if w.Code != e.status {
					t.Fatalf("%s: %d %s, want %d", name, w.Code, w.Body, e.status)
				}
				checkAnswer(t, name, w, strings.NewReplacer(ids...).Replace(e.want))
			}
			if len(s.dropped) > 0 {
				t.Errorf("reported as unknown: %q", s.dropped)
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
	if strings.Contains(w.Body.String(), "urn:ietf") {
		t.Errorf("%s: a URN of SCIM 2.0: %s", name, w.Body)
	}
	var want any
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatalf("%s: the fixture's answer: %v", name, err)
	}
	if missing := scimtest.Lacks(any(object(t, w)), want, "answer"); missing != "" {
		t.Errorf("%s: %s\n%s", name, missing, w.Body)
	}
}
