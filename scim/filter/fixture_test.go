package filter

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// sent lists the filters and the PATCH paths that identity providers send, from the fixtures of package
// scim, save for filters that are answered by 400.
func sent(t testing.TB) (filters, paths []string) {
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
		for i, f := range archive.Files {
			refused := i+1 < len(archive.Files) && archive.Files[i+1].Name == "400"
			if _, query, ok := strings.Cut(f.Name, "filter="); ok && !refused {
				text, _, _ := strings.Cut(query, "&")
				if text, err = url.QueryUnescape(text); err != nil {
					t.Fatalf("%s: %s: %v", file, f.Name, err)
				}
				filters = append(filters, text)
			}
			var body struct {
				Operations []struct {
					Path  string
					Value any
				}
			}
			if !strings.HasPrefix(f.Name, "PATCH") || json.Unmarshal(f.Data, &body) != nil {
				continue
			}
			for _, op := range body.Operations {
				keys, _ := op.Value.(map[string]any)
				for key := range keys {
					paths = append(paths, key)
				}
				paths = append(paths, op.Path)
			}
		}
	}
	if len(filters) < 10 || len(paths) < 10 {
		t.Fatalf("%d filters and %d paths: too few", len(filters), len(paths))
	}
	return filters, paths
}
