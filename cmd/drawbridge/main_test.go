package main

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the program available to the scripts under its name.
func TestMain(m *testing.M) {
	testscript.Main(session{m}, map[string]func(){"drawbridge": main})
}

// session is a run of this package's tests.
type session struct{ *testing.M }

// Run lets more tests run at once than there are processors, unless the command line says how many: these tests wait for
// processes, leases and paced removals, and compute little. What they share is removed in the end.
func (s session) Run() int {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		flag.Set("test.parallel", "8")
	}
	code := s.M.Run()
	if dir := buildDir(); dir != "" {
		os.RemoveAll(dir)
	}
	return code
}
