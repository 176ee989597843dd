package oktatest

import (
	"bufio"
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const judgeModule = "github.com/okta/okta-sdk-golang/v2"

// beyond lists the tests of Okta's SDK that the org is not judged by, each with the reason.
func beyond() map[string]string {
	return map[string]string{
		"TestListAssignedApplicationsForGroup":      "applications: Drawbridge assigns none",
		"TestListUserSubscriptions":                 "skipped by Okta itself: needs a signed-in person",
		"TestGetUserSubscriptionByNotificationType": "skipped by Okta itself: needs a signed-in person",
	}
}

func judgedFiles() []string {
	return []string{
		"user_test.go", "group_test.go", "user_type_test.go", "group_schema_test.go", "admin_roles_test.go", "idps_test.go",
	}
}

// TestJudge_OktaSDK runs the integration tests that Okta wrote against live orgs, from the SDK's own module.
func TestJudge_OktaSDK(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs Okta's tests: about 20 s")
	}
	dir := moduleDir(t)
	bin := filepath.Join(t.TempDir(), "judge")
	build := exec.Command("go", "test", "-c", "-o", bin, "./tests/integration")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the tests of %s (their modules must be in the module cache or reachable): %v\n%s", judgeModule, err, out)
	}
	selected := selectTests(t, filepath.Join(dir, "tests", "integration"))

	org := New(Options{RateLimit: -1, Now: tickingClock()})
	server := httptest.NewServer(org)
	defer server.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, bin, "-test.v", "-test.run", "^("+strings.Join(selected, "|")+")$")
	run.Dir = filepath.Join(dir, "tests", "integration")
	run.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "OKTA_CLIENT_ORGURL=" + server.URL,
		"OKTA_CLIENT_TOKEN=test-token", "OKTA_TESTING_DISABLE_HTTPS_CHECK=true",
	}
	out, err := run.CombinedOutput()
	passed, failed, skipped := tally(out)
	t.Logf("Okta's own tests: %d passed, %d failed, %d skipped of %d selected; %d left out", len(passed), len(failed), len(skipped), len(selected), len(beyond()))
	if err != nil || len(passed) != len(selected) {
		t.Errorf("failed: %v; skipped: %v; %v\n%s", failed, skipped, err, out)
	}
}

func moduleDir(t *testing.T) string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", judgeModule).Output()
	if err != nil {
		t.Fatalf("find the module %s: %v", judgeModule, err)
	}
	dir := strings.TrimSpace(string(out))
	if dir == "" {
		t.Fatalf("%s is not in the module cache; run: go mod download", judgeModule)
	}
	return dir
}

// selectTests returns the tests of the judged files, less those that need what Drawbridge never uses. A reason for a
// test that does not exist fails, so that the list cannot rot.
func selectTests(t *testing.T, dir string) []string {
	var names []string
	for _, file := range judgedFiles() {
		src, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(src)) {
			if name, isTest := strings.CutPrefix(line, "func Test"); isTest {
				name, _, _ = strings.Cut(name, "(")
				names = append(names, "Test"+name)
			}
		}
	}
	for name := range beyond() {
		if !slices.Contains(names, name) {
			t.Errorf("%s is left out but does not exist", name)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return beyond()[name] != "" })
}

func tally(out []byte) (passed, failed, skipped []string) {
	scanner := bufio.NewScanner(bytes.NewReader(out))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		line := scanner.Text()
		for prefix, list := range map[string]*[]string{"--- PASS: ": &passed, "--- FAIL: ": &failed, "--- SKIP: ": &skipped} {
			if rest, found := strings.CutPrefix(line, prefix); found {
				name, _, _ := strings.Cut(rest, " ")
				*list = append(*list, name)
			}
		}
	}
	return passed, failed, skipped
}

// tickingClock moves one second at every look, because Okta's tests compare second-granular timestamps of calls that
// take a live org a second and this one a millisecond.
func tickingClock() func() time.Time {
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	var looks atomic.Int64
	return func() time.Time { return start.Add(time.Duration(looks.Add(1)) * time.Second) }
}
