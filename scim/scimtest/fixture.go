// Package scimtest reads what identity providers really send, as scim/testdata keeps it, and plays it to a server under test.
package scimtest

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"drawbridge/scim/schema"
)

// Fixture is what one client says and hears. It is kept as a txtar archive: a comment with a description and, after an empty line,
// the client's headers; then for each exchange a file named METHOD PATH with the body, and a file named STATUS with what the answer
// must hold at least: null means absent, lists are compared element by element. {U} and {V} are the ids of the first and the second
// user that was created, {G} is that of the first group. URNs are abbreviated. A last file named state may say what is left behind.
type Fixture struct {
	Name   string // idp/what
	Header http.Header
	Turns  []Turn
	State  []string // lines: "user NAME active|inactive|deleted connected|released" and "group NAME: MEMBER, MEMBER", sorted
}

// Turn is one exchange.
type Turn struct {
	Method, Path, Content string
	Status                int
	Want                  string // JSON; blank: an answer without a body
}

// spelled spells out the URNs that the fixtures abbreviate.
func spelled() *strings.Replacer {
	return strings.NewReplacer(`["G"`, `["`+schema.GroupURN+`"`, `"U"`, `"`+schema.UserURN+`"`, `"E"`, `"`+schema.EnterpriseUserURN+`"`,
		`"E:`, `"`+schema.EnterpriseUserURN+`:`, `"E.`, `"`+schema.EnterpriseUserURN+`.`, `"PO"`, `"urn:ietf:params:scim:api:messages:2.0:PatchOp"`)
}

// Fixtures reads all fixtures below a folder, which has one folder for each identity provider.
func Fixtures(t testing.TB, dir string) []Fixture {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures in %s: %v", dir, err)
	}
	all := make([]Fixture, len(files))
	for i, file := range files {
		name, err := filepath.Rel(dir, strings.TrimSuffix(file, ".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		all[i] = read(t, file)
		all[i].Name = filepath.ToSlash(name)
	}
	return all
}

func read(t testing.TB, file string) Fixture {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, spell := Fixture{Header: http.Header{}}, spelled()
	_, headers, _ := strings.Cut(string(archive.Comment), "\n\n")
	for line := range strings.Lines(strings.TrimSpace(headers)) {
		name, value, _ := strings.Cut(line, ":")
		f.Header.Set(name, strings.TrimSpace(value))
	}
	files := archive.Files
	if n := len(files); n > 0 && files[n-1].Name == "state" {
		for line := range strings.Lines(string(files[n-1].Data)) {
			f.State = append(f.State, strings.TrimSpace(line))
		}
		files = files[:n-1]
	}
	if len(files) == 0 || len(files)%2 != 0 {
		t.Fatalf("%s: %d files, want pairs", file, len(files))
	}
	for i := 0; i < len(files); i += 2 {
		sent, heard := files[i], files[i+1]
		method, path, ok := strings.Cut(sent.Name, " ")
		status, err := strconv.Atoi(heard.Name)
		if !ok || err != nil {
			t.Fatalf("%s: %q, %q: want METHOD PATH, then STATUS", file, sent.Name, heard.Name)
		}
		f.Turns = append(f.Turns, Turn{method, path, spell.Replace(string(sent.Data)), status, spell.Replace(string(heard.Data))})
	}
	return f
}

// Escape does to the query of a path what an HTTP client does.
func Escape(path string) string {
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
