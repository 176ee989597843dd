package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestReadme holds what the README promises: the commands that it shows are understood, the tests that it names are
// there, and so are the files and folders.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range wrongInReadme(t, string(text)) {
		t.Error(wrong)
	}
	mutant := "    drawbridge customer ad acme\n`TestI99_NobodyWroteThis` | `nowhere/to.be` |\n| `no/folder` | x |\n"
	if wrong := wrongInReadme(t, mutant); len(wrong) != 3 {
		t.Errorf("of three mistakes %d are found: %q", len(wrong), wrong)
	}
}

func wrongInReadme(t *testing.T, text string) (wrong []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^    drawbridge ([^#\n]*)`).FindAllStringSubmatch(text, -1) {
		parser, err := kong.New(&cli{}, kong.Name("drawbridge"))
		if err != nil {
			t.Fatal(err)
		}
		args := shellWords(strings.ReplaceAll(strings.TrimSpace(m[1]), `"`, "'"))
		if _, err := parser.Parse(args); err != nil {
			wrong = append(wrong, strings.TrimSpace(m[0])+": "+err.Error())
		}
	}
	tests := testNames(t)
	for _, name := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(text, -1) {
		if !tests[name[1]] {
			wrong = append(wrong, "there is no test "+name[1])
		}
	}
	for _, path := range regexp.MustCompile("(?m)^\\| `([a-z/]+)` \\|").FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join("../..", path[1])); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	return wrong
}

func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names, declared := map[string]bool{}, regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
