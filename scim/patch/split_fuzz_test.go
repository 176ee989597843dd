package patch_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"drawbridge/scim/filter"
	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// sent lists the bodies of PATCH requests that identity providers send, from the fixtures of package scim.
func sent(t testing.TB) (bodies []string) {
	t.Helper()
	files, err := filepath.Glob("../testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if strings.HasPrefix(f.Name, "PATCH") {
				bodies = append(bodies, long.Replace(string(f.Data)))
			}
		}
	}
	return bodies
}

// FuzzSplit: no panic, the operations stay as they are, nothing is left of the members, and the changes are well-formed.
func FuzzSplit(f *testing.F) {
	for _, body := range sent(f) {
		f.Add(body)
	}
	f.Add(long.Replace(`[{"op":"remove","path":"G:members[value eq \"a\" or not (display pr)]"},{"op":"add","value":{"G":{"MEMBERS":[{"$ref":"/Users/a"}]}}}]`))
	f.Add(`[{"op":"replace","path":"members[value eq \"a\" and type eq \"User\"]","value":{"display":"x"}},{"op":"remove","path":"members","value":["a",{"value":"b"}]}]`)
	f.Fuzz(func(t *testing.T, request string) {
		ops, ok := requested(request)
		if !ok {
			return
		}
		before := encode(t, ops)
		rest, links, err := patch.Split(schema.Group(), ops)
		if after := encode(t, ops); after != before {
			t.Fatalf("the operations were modified:\n%s\n%s", before, after)
		}
		if err != nil {
			checkRefusal(t, err)
			return
		}
		checkLinks(t, links)
		again, none, err := patch.Split(schema.Group(), rest)
		if d := cmp.Diff(rest, again); len(rest) != len(ops) || d != "" || len(none) > 0 || err != nil {
			t.Fatalf("%d operations of %d are left, and give %v, %v when split again: %s", len(rest), len(ops), none, err, d)
		}
		next, _, err := patch.Apply(schema.Group(), map[string]any{"displayName": "x"}, rest)
		if err != nil {
			checkRefusal(t, err)
		}
		if next["members"] != nil {
			t.Fatalf("members are left: %v", next)
		}
	})
}

func checkRefusal(t *testing.T, err error) {
	t.Helper()
	var e *schema.Error
	kinds := []string{schema.InvalidSyntax, schema.InvalidValue, schema.InvalidPath, schema.InvalidFilter, schema.Mutability, schema.NoTarget, schema.TooMany}
	if !errors.As(err, &e) || !slices.Contains(kinds, e.Type) || e.Detail == "" {
		t.Fatalf("error %v", err)
	}
}

func checkLinks(t *testing.T, links []patch.LinkChange) {
	t.Helper()
	for _, c := range links {
		sorted := slices.Sorted(slices.Values(c.IDs))
		switch {
		case len(slices.Compact(sorted)) != len(c.IDs):
			t.Fatalf("ids twice: %q", c.IDs)
		case c.Op == patch.Link && len(c.IDs) == 0, c.Op < patch.Link || c.Op > patch.Relink:
			t.Fatalf("change %v", c)
		case c.Where != nil:
			_, err := filter.ElementMatcher(c.Where, schema.Group().Linked())
			if err != nil || c.Op != patch.Unlink || c.IDs != nil {
				t.Fatalf("change %v: %v", c, err)
			}
		}
	}
}
