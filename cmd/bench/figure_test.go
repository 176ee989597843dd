package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   float64
	}{
		{"one", []float64{3}, 3},
		{"odd, unsorted", []float64{9, 1, 5}, 5},
		{"even takes the lower", []float64{4, 1, 3, 2}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := median(tt.values); got != tt.want {
				t.Errorf("median(%v) = %v, want %v", tt.values, got, tt.want)
			}
		})
	}
}

func TestFigure(t *testing.T) {
	tests := []struct {
		name string
		figure
		want [3]string // value, goal, verdict
	}{
		{"at least, on the target", figure{got: 0.6, target: 0.6}, [3]string{"0.60", "≥ 0.60", "met"}},
		{"at least, under it", figure{got: 0.596, target: 0.6}, [3]string{"0.60", "≥ 0.60", "MISSED"}},
		{"at most, on the target", figure{got: 250, target: 250, bound: atMost, unit: "ms"}, [3]string{"250 ms", "≤ 250 ms", "met"}},
		{"at most, over it", figure{got: 32.1, target: 32, bound: atMost, unit: "MB"}, [3]string{"32.1 MB", "≤ 32 MB", "MISSED"}},
		{"below, on the target", figure{got: 10, target: 10, bound: below, unit: "times"}, [3]string{"10 times", "< 10 times", "MISSED"}},
		{"without a target", figure{got: 0.5, bound: unbound}, [3]string{"0.50", "none", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, [3]string{tt.value(), tt.goal(), tt.verdict()}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBeside has rounds between which the machine slowed down to half: the ratio of the medians would be another one.
func TestBeside(t *testing.T) {
	m := make(measured)
	for _, round := range [][2]float64{{600, 1000}, {350, 500}, {500, 1000}} {
		m.add(post, theService, round[0])
		m.add(post, theReference, round[1])
	}
	got := m.beside(postgres, post, theReference, shareOfReference)
	want := figure{about: "PostgreSQL", what: "POST / reference", got: 0.6, target: 0.6, detail: "500/s beside 1000/s; rounds 0.50 to 0.70"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(figure{})); diff != "" {
		t.Error(diff)
	}
}

// TestApart has a round in which others slowed down one side.
func TestApart(t *testing.T) {
	m := make(measured)
	for _, round := range [][3]float64{{2, 2.4, 9}, {2.2, 2.5, 2.6}, {5, 2.4, 2.7}} {
		for i, size := range []string{"10", "100", "1000"} {
			m.add(post, size, round[i])
		}
	}
	want := spread{ratio: 1.3, costs: "2.00, 2.40, 2.60", sides: "10, 100, 1000"}
	if diff := cmp.Diff(want, m.apart(post, []string{"10", "100", "1000"}), cmp.AllowUnexported(spread{})); diff != "" {
		t.Error(diff)
	}
	if got := m.lasts(post, []string{"1000", "10"}); got != "2.70, 5.00" {
		t.Errorf("the last round was %q", got)
	}
}

func TestGrownPer(t *testing.T) {
	before := []tableSize{{"links", 100}, {"users", 200}}
	after := []tableSize{{"events", 300}, {"links", 100}, {"users", 1200}}
	grown, total := grownPer(10, before, after)
	want := []tableSize{{"events", 30}, {"users", 100}}
	if diff := cmp.Diff(want, grown, cmp.AllowUnexported(tableSize{})); diff != "" || total != 130 {
		t.Errorf("in all %v, want 130; %s", total, diff)
	}
	if got := sizeOf("users", grown); got != 100 {
		t.Errorf("users: %v, want 100", got)
	}
	if got := describeSizes(grown); got != "events 30, users 100 bytes" {
		t.Errorf("described as %q", got)
	}
}

func TestReport(t *testing.T) {
	r := report{command: "bench", figures: []figure{
		{about: "SQLite", what: "GET / reference", got: 0.4, target: 0.6, detail: "4/s beside 10/s"},
		{about: "SQLite", what: "start until ready", got: 20, unit: "ms", target: 250, bound: atMost},
		{about: "SQLite", what: "POST, log of requests / without", got: 0.9, bound: unbound},
	}}
	for name, text := range map[string]string{"table": r.table(), "markdown": r.markdown()} {
		for _, want := range []string{"1 of 2 targets met, 1 missed.", "GET / reference", "0.40", "MISSED", "4/s beside 10/s", "20 ms"} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s does not say %q:\n%s", name, want, text)
			}
		}
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, args string
		ok         bool
	}{
		{"defaults", "", true},
		{"one store", "-stores sqlite", true},
		{"unknown store", "-stores mysql", false},
		{"fewer users than a page", "-users 99", false},
		{"more connections than users", "-users 100 -c 101", false},
		{"no rounds", "-rounds 0", false},
		{"no time", "-d 0s", false},
		{"pages that overlap", "-deep 150", false},
		{"no pages", "-deep 0", true},
		{"some scenarios", "-scenarios POST,PUT", true},
		{"a million users", "-million", true},
		{"a million users and no growth", "-million -growth=false", false},
		{"unknown scenario", "-scenarios DELETE", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stderr strings.Builder
			if _, err := parse(strings.Fields(tt.args), &stderr); (err == nil) != tt.ok {
				t.Errorf("parse(%q) = %v, want ok = %t", tt.args, err, tt.ok)
			}
		})
	}
}

func TestBenchmarkLine(t *testing.T) {
	const out = "cpu: x\nBenchmarkParseUserName-2   \t 3944826\t       303.5 ns/op\t     120 B/op\t       2 allocs/op\nPASS\n"
	m := benchmarkLine.FindStringSubmatch(out)
	if len(m) != 3 || m[1] != "303.5" || m[2] != "2" {
		t.Errorf("found %q", m)
	}
}

func TestResidentMemory(t *testing.T) {
	got, err := residentMemory(os.Getpid())
	if err != nil || got <= 0 {
		t.Errorf("residentMemory(os.Getpid()) = %v, %v", got, err)
	}
}
