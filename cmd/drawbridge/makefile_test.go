package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A test that got another name would otherwise be played without the race detector and with it, or, if it is sampled, only in part.
func TestMakefile_NamesTests(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, dir := range []string{"../../oktasync", "."} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no tests in %s: %v", dir, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(text)
		}
	}
	lists := regexp.MustCompile(`(?m)^(?:UNRACED|SAMPLED) := (.+)$`).FindAllStringSubmatch(string(makefile), -1)
	if len(lists) != 2 {
		t.Fatalf("the Makefile has %d lists of tests, want 2", len(lists))
	}
	for _, list := range lists {
		for name := range strings.SplitSeq(list[1], "|") {
			if !strings.Contains(tests.String(), "\nfunc "+name+"(t *testing.T) {\n") {
				t.Errorf("the Makefile names %s, and there is no such test", name)
			}
		}
	}
}
