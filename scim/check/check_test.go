package check_test

import (
	"errors"
	"go/parser"
	gotoken "go/token"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim/check"
)

const token = "secret-of-the-test"

func options(s *shelf) check.Options {
	return check.Options{
		Base: "http://scim.example/scim", Token: token, Prefix: "check-1234567890", Rate: 1_000_000,
		Client: &http.Client{Transport: s}, Now: time.Now,
	}
}

// TestRun_EveryCheckCanFail: with a server that says yes to everything and tells nothing, no check is content but those that ask for no
// more; with one that breaks down, none is but the one that asks for speed.
func TestRun_EveryCheckCanFail(t *testing.T) {
	always := func(status int) check.Report {
		s := newShelf()
		s.instead = func(r *http.Request) *http.Response { return response(status, object{}) }
		report, err := check.Run(t.Context(), options(s))
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	var content []string
	for _, r := range always(http.StatusOK).Checks {
		if r.Status == check.OK {
			content = append(content, r.Group+" "+r.Name)
		}
	}
	want := []string{
		"okta spec: no user of an unknown userName: status is 200",
		"okta spec: the new user is not there yet: status is 200",
		"okta spec: userName in capitals: status is 200",
		"okta spec: Groups: status is 200",
		"okta spec: Groups: answered within 600 ms",
		"rfc discovery: the content type is application/scim+json",
	}
	if diff := cmp.Diff(want, content); diff != "" {
		t.Errorf("content with a server that tells nothing (-want +got):\n%s", diff)
	}
	for _, r := range always(http.StatusInternalServerError).Checks {
		if r.Status == check.OK && r.Name != "spec: Groups: answered within 600 ms" {
			t.Errorf("content with a server that breaks down: %s %s", r.Group, r.Name)
		}
	}
}

func TestRun_Only(t *testing.T) {
	for only, want := range map[string]int{"okta": 52, "rfc/sort": 15, "entra": 40, "rfc": 80} {
		report, err := check.Run(t.Context(), with(options(newShelf()), func(o *check.Options) { o.Only = only }))
		if err != nil || len(report.Checks) < want {
			t.Errorf("--only %s: %d checks, %v; want %d or more", only, len(report.Checks), err, want)
		}
		group, topic, _ := strings.Cut(only, "/")
		for _, r := range report.Checks {
			if r.Group != group || !strings.HasPrefix(r.Name, topic) || r.Section == "" {
				t.Errorf("--only %s: a check of %s %q, section %q", only, r.Group, r.Name, r.Section)
			}
		}
		if n := report.Passed + report.Failed + report.Skipped; n != len(report.Checks) {
			t.Errorf("--only %s: %d checks are counted of %d", only, n, len(report.Checks))
		}
	}
}

func TestRun_NamesAreUnique(t *testing.T) {
	report, err := check.Run(t.Context(), options(newShelf()))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range report.Checks {
		if seen[r.Group+r.Name] {
			t.Errorf("two checks are named %s %s", r.Group, r.Name)
		}
		seen[r.Group+r.Name] = true
	}
}

func with(o check.Options, change func(*check.Options)) check.Options {
	change(&o)
	return o
}

func TestRun_RefusesOptions(t *testing.T) {
	tests := map[string]func(*check.Options){
		"no URL":        func(o *check.Options) { o.Base = "scim.example" },
		"another kind":  func(o *check.Options) { o.Base = "ftp://scim.example" },
		"a password":    func(o *check.Options) { o.Base = "https://u:p@scim.example" },
		"no token":      func(o *check.Options) { o.Token = "" },
		"short prefix":  func(o *check.Options) { o.Prefix = "check" },
		"unknown group": func(o *check.Options) { o.Only = "ofka" },
		"unknown topic": func(o *check.Options) { o.Only = "rfc/ofka" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			s := newShelf()
			if _, err := check.Run(t.Context(), with(options(s), change)); !errors.Is(err, check.ErrOptions) || s.requests > 0 {
				t.Errorf("Run = %v after %d requests, want ErrOptions and none", err, s.requests)
			}
		})
	}
}

// TestRun_KeepsTheQueryOfTheBase: Entra keeps its feature flags in the URL that it was given, and sends them along.
func TestRun_KeepsTheQueryOfTheBase(t *testing.T) {
	s := newShelf()
	s.before = func(_ int, r *http.Request) {
		if !strings.HasPrefix(r.URL.RawQuery, "aadOptscim062020") || !strings.HasPrefix(r.URL.Path, "/scim/") || strings.Contains(r.URL.Path, "//") {
			t.Errorf("asked for %s", r.URL)
		}
	}
	report, err := check.Run(t.Context(), with(options(s), func(o *check.Options) { o.Base, o.Only = "http://scim.example/scim/?aadOptscim062020", "okta" }))
	if err != nil || report.Passed == 0 {
		t.Errorf("Run: %d passed, %v", report.Passed, err)
	}
}

// TestPackage_StandsAlone: what judges the server shares no code with it, so that it does not share its mistakes.
func TestPackage_StandsAlone(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if path := strings.Trim(i.Path.Value, `"`); strings.Contains(path, ".") || strings.HasPrefix(path, "drawbridge") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

func TestRun_EndsAtOnceWhereThereIsNothingToJudge(t *testing.T) {
	refuses := newShelf()
	refuses.instead = func(*http.Request) *http.Response { return response(http.StatusUnauthorized, object{}) }
	silent := newShelf()
	silent.after = func(*http.Request, int) bool { return true }
	for name, s := range map[string]*shelf{"refused token": refuses, "no answer": silent} {
		report, err := check.Run(t.Context(), options(s))
		if err == nil || len(report.Checks) > 0 || s.requests != 1 || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %d checks after %d requests, %v", name, len(report.Checks), s.requests, err)
		}
	}
}

// TestRun_TokenIsNeverTold: the shelf repeats the token in its errors.
func TestRun_TokenIsNeverTold(t *testing.T) {
	report, err := check.Run(t.Context(), options(newShelf()))
	if err != nil || report.Failed == 0 {
		t.Fatalf("Run: %d failed, %v", report.Failed, err)
	}
	told := false
	for _, r := range report.Checks {
		told = told || strings.Contains(r.Detail, "[token]")
		if strings.Contains(r.Detail, token) {
			t.Errorf("%s: %s", r.Name, r.Detail)
		}
	}
	if !told {
		t.Error("no detail repeats what the server said of the token: this test shows nothing")
	}
}

// TestRun_SkipsOnlyWhatIsDeclared: a server that declares to lack something is not judged by it; one that declares nothing is.
func TestRun_SkipsOnlyWhatIsDeclared(t *testing.T) {
	skipped := func(config, types object) (skips []string) {
		s := newShelf()
		s.instead = func(r *http.Request) *http.Response {
			switch r.URL.Path {
			case "/scim/ServiceProviderConfig":
				return response(http.StatusOK, config)
			case "/scim/ResourceTypes":
				return response(http.StatusOK, types)
			}
			return nil
		}
		report, err := check.Run(t.Context(), options(s))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range report.Checks {
			if r.Status == check.Skipped {
				skips = append(skips, r.Group+" "+r.Name)
			}
		}
		return skips
	}
	yes, no := object{"supported": true}, object{"supported": false}
	lacking := skipped(object{"etag": no, "sort": yes, "patch": no}, object{"Resources": []object{{"name": "User"}}})
	for _, topic := range []string{"rfc etag", "rfc patch", "rfc group", "entra group", "rfc cursor"} {
		if !slices.ContainsFunc(lacking, func(s string) bool { return strings.HasPrefix(s, topic+": ") }) {
			t.Errorf("nothing of %s is skipped", topic)
		}
	}
	if slices.ContainsFunc(lacking, func(s string) bool { return strings.HasPrefix(s, "rfc sort") }) {
		t.Error("orders are declared and yet skipped")
	}
	for _, s := range skipped(object{}, object{}) {
		if !strings.HasPrefix(s, "rfc cursor: ") { // which a server has only if it says so
			t.Errorf("%s is skipped, though nothing is declared", s)
		}
	}
}
