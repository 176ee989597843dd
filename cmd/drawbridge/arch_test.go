package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArchitecture holds the import rules of the house against what the packages import outside their tests.
// -v shows the rules that nothing in the tree comes under.
func TestArchitecture(t *testing.T) {
	report := inspect(listPackages(t))
	for _, v := range report.violations {
		t.Error(v)
	}
	for _, rule := range report.idle {
		t.Log("comes to nothing in this tree:", rule)
	}
}

// A layer says which packages of the project its own packages may import. The first layer that matches a package is its layer,
// and every package has one. What may be imported is listed, so an import nobody thought of is refused.
type layer struct {
	packages string
	may      []string
	why      string
}

// A ban keeps packages from being imported. If only is empty it binds everyone but the packages in except, else those in only.
type ban struct {
	imports []string
	only    []string
	except  []string
	why     string
}

// Patterns are import paths; /... at the end takes in the package itself and all below it.
func layers() []layer {
	return []layer{
		{"drawbridge/policy", nil,
			"a decision is a function of facts: reading policy alone must be enough to know who loses access"},
		{"drawbridge/scim/schema", nil,
			"schemas are data that every other part of the protocol builds on"},
		{"drawbridge/scim/filter", []string{"drawbridge/scim/schema"},
			"a filter is parsed and evaluated without a server, so that it can be fuzzed and checked against SQL"},
		{"drawbridge/scim/patch", []string{"drawbridge/scim/filter", "drawbridge/scim/schema"},
			"a patch is applied outside any transaction, as a function of the resource"},
		{"drawbridge/scim/...", []string{"drawbridge/scim/..."},
			"scim serves the protocol for any backend and knows no customers, SQL or Okta"},
		{"drawbridge/migrations", nil,
			"a merged migration never changes, so it cannot depend on code that does"},
		{"drawbridge/bridge", []string{"drawbridge/policy", "drawbridge/scim/..."},
			"the domain declares the small interfaces it needs; who implements or serves them is none of its business"},
		{"drawbridge/bridge/store/storetest", []string{"drawbridge/bridge", "drawbridge/bridge/store", "drawbridge/migrations", "drawbridge/policy", "drawbridge/scim/filter", "drawbridge/scim/schema"},
			"the suite that both stores pass says what it wants in the words of the domain, policy's among them"},
		{"drawbridge/bridge/store/...",
			[]string{"drawbridge/bridge", "drawbridge/bridge/store/...", "drawbridge/scim/filter", "drawbridge/scim/schema", "drawbridge/migrations"},
			"a store keeps what the domain gives it; pages, deliveries and Okta never meet SQL"},
		{"drawbridge/bridge/traffic/...", []string{"drawbridge/bridge", "drawbridge/bridge/traffic/...", "drawbridge/scim/..."},
			"requests are limited and logged around the protocol, whoever keeps the log"},
		{"drawbridge/bridge/notify/...", []string{"drawbridge/bridge", "drawbridge/bridge/notify/..."},
			"people are told of what the store says, whoever wrote it, and telling them decides nothing"},
		{"drawbridge/bridge/api/...", []string{"drawbridge/bridge", "drawbridge/bridge/api/...", "drawbridge/policy"},
			"every face goes through the domain's use cases, where the actor's role is checked"},
		{"drawbridge/bridge/console/...", []string{"drawbridge/bridge", "drawbridge/bridge/console/...", "drawbridge/policy"},
			"every face goes through the domain's use cases, where the actor's role is checked"},
		{"drawbridge/bridge/webhook/...", []string{"drawbridge/bridge", "drawbridge/bridge/webhook/..."},
			"a delivery tells others what the domain did, and can change nothing itself"},
		{"drawbridge/bridge/audit/...", []string{"drawbridge/bridge", "drawbridge/bridge/audit/..."},
			"the hash chain must be checkable apart from whatever wrote it"},
		{"drawbridge/oktasync", []string{"drawbridge/bridge", "drawbridge/policy", "drawbridge/oktasync/mapping"},
			"the syncer decides by policy and is tested without Okta, SQL or HTTP faces"},
		{"drawbridge/oktasync/okta", []string{"drawbridge/bridge", "drawbridge/policy", "drawbridge/oktasync", "drawbridge/oktasync/mapping"},
			"the adapter to Okta's SDK implements what the syncer asks for, and nothing else"},
		{"drawbridge/oktasync/mapping", []string{"drawbridge/scim/schema"},
			"a mapping is a function from SCIM attributes to a profile"},
		{"drawbridge/oktasync/oktatest", nil,
			"the simulated org judges Drawbridge from outside: sharing code would share its mistakes"},
		{"drawbridge/cmd/...", []string{"drawbridge/..."},
			"the binary wires everything"},
	}
}

// thirdParty as a pattern matches every import from outside the project and the standard library.
const thirdParty = "(third party)"

func bans() []ban {
	pure := []string{"drawbridge/policy", "drawbridge/scim/schema", "drawbridge/scim/filter", "drawbridge/scim/patch", "drawbridge/oktasync/mapping"}
	return []ban{
		{imports: []string{thirdParty}, only: []string{"drawbridge/policy"},
			why: "policy is what an auditor reads: the standard library and nothing else"},
		{imports: []string{"os/...", "net", "net/http/...", "log/...", "database/sql/...", "math/rand/..."}, only: pure,
			why: "the pure parts have no input, output or chance, or their tests would prove little"},
		{imports: []string{"net/http/...", "github.com/go-chi/..."}, only: []string{"drawbridge/bridge", "drawbridge/bridge/store/..."},
			why: "the domain and its store are the same for every transport"},
		{imports: []string{"github.com/okta/..."}, except: []string{"drawbridge/oktasync/okta"},
			why: "the SDK's traps (cache, endless retries, unescaped paths) are disarmed in one package only"},
		// The bench measures the bare databases and a handler on them beside the service: it has to reach them past the store.
		{imports: []string{"github.com/lib/pq/..."}, except: []string{"drawbridge/bridge/store/...", "drawbridge/cmd/bench"},
			why: "driver errors become codes, and LISTEN and NOTIFY become a Waker, in store alone"},
		{imports: []string{"database/sql/...", "github.com/jmoiron/sqlx/...", "modernc.org/...", "github.com/pressly/goose/..."},
			except: []string{"drawbridge/bridge/store/...", "drawbridge/migrations", "drawbridge/cmd/bench"}, // as above
			why:    "every query stands in store, where it is checked to name its customer"},
		{imports: []string{"flag", "github.com/alecthomas/...", "github.com/schollz/progressbar/..."}, except: []string{"drawbridge/cmd/..."},
			why: "flags and terminals belong to programs"},
		{imports: []string{"github.com/wneessen/..."}, except: []string{"drawbridge/bridge/notify"},
			why: "the mail library's errors repeat passwords and addresses: they are reduced in one package only"},
		{imports: []string{"github.com/robfig/cron/..."}, except: []string{"drawbridge/oktasync", "drawbridge/cmd/..."},
			why: "only the syncer runs by a schedule"},
		{imports: []string{"drawbridge/oktasync/oktatest"}, except: []string{"drawbridge/cmd/drawbridge"},
			why: "outside tests the simulated org serves demo and simulate, and must never be mistaken for Okta"},
		{imports: []string{"testing/...", "net/http/httptest", "github.com/google/go-cmp/...", "github.com/rogpeppe/go-internal/...",
			"github.com/scim2/filter-parser/...", "pgregory.net/rapid"},
			except: []string{"drawbridge/bridge/store/storetest", "drawbridge/oktasync/oktatest", "drawbridge/scim/scimtest"},
			why:    "tools for tests do not ship"},
	}
}

// A pkg is what the rules look at of a package: test files are left out.
type pkg struct {
	ImportPath, Name, Doc string
	GoFiles, Imports      []string
}

// listPackages asks the go command for the project's packages, those that consist of tests left out.
func listPackages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Doc,GoFiles,Imports", "drawbridge/...").Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		t.Fatalf("go list: %v\n%s", err, exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
}

// A report lists the violations, and the rules that no package and no import came under.
type report struct {
	violations []string
	idle       []string
}

func inspect(all []pkg) report {
	var r report
	used := map[string]bool{}
	for _, p := range all {
		r.violations = append(r.violations, checkPackage(p)...)
		l, ok := layerOf(p.ImportPath)
		if !ok {
			r.violations = append(r.violations, p.ImportPath+" is in no layer: give it one, with the reason beside it")
		}
		used[l.packages] = true
		for _, imported := range p.Imports {
			if ok && matches("drawbridge/...", imported) && !slices.ContainsFunc(l.may, under(imported)) {
				r.violations = append(r.violations, refusal(p.ImportPath, imported, l.why))
			}
			for _, b := range bans() {
				used[b.why] = used[b.why] || slices.ContainsFunc(b.imports, under(imported)) || slices.ContainsFunc(b.only, under(p.ImportPath))
				if b.forbids(p.ImportPath, imported) {
					r.violations = append(r.violations, refusal(p.ImportPath, imported, b.why))
				}
			}
		}
	}
	for _, l := range layers() {
		if !used[l.packages] {
			r.idle = append(r.idle, "layer "+l.packages)
		}
	}
	for _, b := range bans() {
		if !used[b.why] {
			r.idle = append(r.idle, "ban on "+strings.Join(b.imports, ", "))
		}
	}
	return r
}

// checkPackage looks at the package itself: its name says what it is about, and its doc comment says it in a sentence.
func checkPackage(p pkg) (violations []string) {
	vague := []string{"util", "utils", "common", "helper", "helpers", "model", "models"}
	if slices.Contains(vague, p.Name) || slices.Contains(vague, path.Base(p.ImportPath)) {
		violations = append(violations, p.ImportPath+" has a name that takes in anything: name it for its one idea")
	}
	if p.Doc == "" {
		violations = append(violations, p.ImportPath+" has no doc comment: say in a sentence what it is")
	}
	return violations
}

func (b ban) forbids(importer, imported string) bool {
	if !slices.ContainsFunc(b.imports, under(imported)) {
		return false
	}
	if len(b.only) > 0 {
		return slices.ContainsFunc(b.only, under(importer))
	}
	return !slices.ContainsFunc(b.except, under(importer))
}

func refusal(importer, imported, why string) string {
	return fmt.Sprintf("%s imports %s: %s", importer, imported, why)
}

func layerOf(importPath string) (layer, bool) {
	all := layers()
	i := slices.IndexFunc(all, func(l layer) bool { return matches(l.packages, importPath) })
	if i < 0 {
		return layer{}, false
	}
	return all[i], true
}

func under(importPath string) func(pattern string) bool {
	return func(pattern string) bool { return matches(pattern, importPath) }
}

func matches(pattern, importPath string) bool {
	if pattern == thirdParty {
		host, _, _ := strings.Cut(importPath, "/")
		return strings.Contains(host, ".")
	}
	if root, ok := strings.CutSuffix(pattern, "/..."); ok {
		return importPath == root || strings.HasPrefix(importPath, root+"/")
	}
	return importPath == pattern
}

// TestArchitecture_Mutants breaks a clean tree in one way at a time. Each break must be seen, alone, and every rule must have one.
func TestArchitecture_Mutants(t *testing.T) {
	edges := []struct{ name, from, to string }{
		{"policy uses a library", "drawbridge/policy", "github.com/google/uuid"},
		{"policy knows the domain", "drawbridge/policy", "drawbridge/bridge"},
		{"policy reads the environment", "drawbridge/policy", "os"},
		{"schema knows filters", "drawbridge/scim/schema", "drawbridge/scim/filter"},
		{"a filter knows the server", "drawbridge/scim/filter", "drawbridge/scim"},
		{"a patch logs", "drawbridge/scim/patch", "log/slog"},
		{"a patch knows the store", "drawbridge/scim/patch", "drawbridge/bridge/store"},
		{"scim knows customers", "drawbridge/scim", "drawbridge/bridge"},
		{"scim knows Okta", "drawbridge/scim/check", "drawbridge/oktasync/okta"},
		{"scim opens a database", "drawbridge/scim", "database/sql"},
		{"a migration runs domain code", "drawbridge/migrations", "drawbridge/bridge"},
		{"the domain knows its store", "drawbridge/bridge", "drawbridge/bridge/store"},
		{"the domain routes requests", "drawbridge/bridge", "github.com/go-chi/chi/v5"},
		{"the store serves HTTP", "drawbridge/bridge/store", "net/http"},
		{"the store calls Okta", "drawbridge/bridge/store", "drawbridge/oktasync"},
		{"the suite knows one database", "drawbridge/bridge/store/storetest", "drawbridge/bridge/traffic"},
		{"the watch on requests queries", "drawbridge/bridge/traffic", "drawbridge/bridge/store"},
		{"the notifier knows the syncer", "drawbridge/bridge/notify", "drawbridge/oktasync"},
		{"the API bypasses the domain", "drawbridge/bridge/api", "drawbridge/bridge/store"},
		{"the console calls the API", "drawbridge/bridge/console", "drawbridge/bridge/api"},
		{"a webhook wakes the syncer", "drawbridge/bridge/webhook", "drawbridge/oktasync"},
		{"the audit reads the store", "drawbridge/bridge/audit", "drawbridge/bridge/store"},
		{"the syncer queries", "drawbridge/oktasync", "drawbridge/bridge/store"},
		{"the syncer knows the SDK's adapter", "drawbridge/oktasync", "drawbridge/oktasync/okta"},
		{"the syncer uses the SDK", "drawbridge/oktasync", "github.com/okta/okta-sdk-golang/v2/okta"},
		{"the adapter queries", "drawbridge/oktasync/okta", "drawbridge/bridge/store"},
		{"a mapping knows the domain", "drawbridge/oktasync/mapping", "drawbridge/bridge"},
		{"the simulated org shares code", "drawbridge/oktasync/oktatest", "drawbridge/policy"},
		{"the binary talks to PostgreSQL", "drawbridge/cmd/drawbridge", "github.com/lib/pq"},
		{"the syncer talks to PostgreSQL", "drawbridge/oktasync", "github.com/lib/pq"},
		{"the binary writes SQL", "drawbridge/cmd/drawbridge", "github.com/jmoiron/sqlx"},
		{"the domain parses flags", "drawbridge/bridge", "github.com/alecthomas/kong"},
		{"a delivery has a schedule", "drawbridge/bridge/webhook", "github.com/robfig/cron/v3"},
		{"the bench measures the simulated org", "drawbridge/cmd/bench", "drawbridge/oktasync/oktatest"},
		{"the binary mails by itself", "drawbridge/cmd/drawbridge", "github.com/wneessen/go-mail"},
		{"test tools ship", "drawbridge/bridge", "testing"},
	}
	seen := map[string]bool{}
	for _, m := range edges {
		t.Run(m.name, func(t *testing.T) {
			tree := cleanTree()
			i := slices.IndexFunc(tree, func(p pkg) bool { return p.ImportPath == m.from })
			tree[i].Imports = append(tree[i].Imports, m.to)
			violations := inspect(tree).violations
			if len(violations) != 1 || !strings.HasPrefix(violations[0], m.from+" imports "+m.to+": ") {
				t.Errorf("inspect = %q, want one refusal of %s -> %s", violations, m.from, m.to)
			}
			for _, v := range violations {
				_, why, _ := strings.Cut(v, ": ")
				seen[why] = true
			}
		})
	}
	for _, b := range bans() {
		if !seen[b.why] {
			t.Errorf("no mutant for the ban: %s", b.why)
		}
	}
	for _, l := range layers() {
		if !seen[l.why] && !slices.Contains(l.may, "drawbridge/...") {
			t.Errorf("no mutant for the layer %s: %s", l.packages, l.why)
		}
	}
}

func TestArchitecture_PackageMutants(t *testing.T) {
	tests := []struct {
		name   string
		broken pkg
		want   []string
	}{
		{"outside every layer", pkg{ImportPath: "drawbridge/cache", Name: "cache", Doc: "Package cache."},
			[]string{"drawbridge/cache is in no layer: give it one, with the reason beside it"}},
		{"vague name", pkg{ImportPath: "drawbridge/scim/util", Name: "util", Doc: "Package util."},
			[]string{"drawbridge/scim/util has a name that takes in anything: name it for its one idea"}},
		{"vague name in a folder with a better one", pkg{ImportPath: "drawbridge/scim/wire", Name: "models", Doc: "Package models."},
			[]string{"drawbridge/scim/wire has a name that takes in anything: name it for its one idea"}},
		{"no doc comment", pkg{ImportPath: "drawbridge/scim/wire", Name: "wire"},
			[]string{"drawbridge/scim/wire has no doc comment: say in a sentence what it is"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, inspect(append(cleanTree(), tt.broken)).violations); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestArchitecture_CleanTree(t *testing.T) {
	if diff := cmp.Diff([]string(nil), inspect(cleanTree()).violations); diff != "" {
		t.Error(diff)
	}
	if idle := inspect(nil).idle; len(idle) != len(layers())+len(bans()) {
		t.Errorf("of an empty tree %d rules are idle, want all %d: %q", len(idle), len(layers())+len(bans()), idle)
	}
}

// cleanTree has a package in every layer, and imports that the rules allow.
func cleanTree() []pkg {
	imports := map[string][]string{
		"drawbridge/policy":                 {"time"},
		"drawbridge/scim":                   {"net/http", "github.com/go-chi/chi/v5", "drawbridge/scim/filter", "drawbridge/scim/patch"},
		"drawbridge/scim/check":             {"net/http", "drawbridge/scim/schema"},
		"drawbridge/scim/schema":            {"golang.org/x/text/cases"},
		"drawbridge/scim/filter":            {"drawbridge/scim/schema"},
		"drawbridge/scim/patch":             {"drawbridge/scim/filter"},
		"drawbridge/migrations":             {"embed"},
		"drawbridge/bridge":                 {"drawbridge/policy", "drawbridge/scim", "log/slog"},
		"drawbridge/bridge/store":           {"drawbridge/bridge", "drawbridge/migrations", "github.com/lib/pq", "modernc.org/sqlite"},
		"drawbridge/bridge/store/storetest": {"testing", "drawbridge/bridge"},
		"drawbridge/bridge/traffic":         {"drawbridge/bridge", "drawbridge/scim", "net/http", "golang.org/x/time/rate"},
		"drawbridge/bridge/notify":          {"drawbridge/bridge", "net/http", "github.com/wneessen/go-mail"},
		"drawbridge/bridge/api":             {"drawbridge/bridge", "net/http"},
		"drawbridge/bridge/console":         {"drawbridge/bridge", "net/http"},
		"drawbridge/bridge/webhook":         {"drawbridge/bridge", "net/http"},
		"drawbridge/bridge/audit":           {"drawbridge/bridge"},
		"drawbridge/oktasync":               {"drawbridge/bridge", "drawbridge/policy", "github.com/robfig/cron/v3"},
		"drawbridge/oktasync/okta":          {"drawbridge/oktasync", "github.com/okta/okta-sdk-golang/v2/okta"},
		"drawbridge/oktasync/mapping":       {"drawbridge/scim/schema"},
		"drawbridge/oktasync/oktatest":      {"net/http"},
		"drawbridge/cmd/bench":              {"github.com/lib/pq", "database/sql", "modernc.org/sqlite"},
		"drawbridge/cmd/drawbridge":         {"drawbridge/bridge/store", "drawbridge/oktasync/oktatest", "github.com/alecthomas/kong"},
	}
	var tree []pkg
	for importPath, imported := range imports {
		tree = append(tree, pkg{ImportPath: importPath, Name: path.Base(importPath), Doc: "Package.", Imports: imported})
	}
	return tree
}
