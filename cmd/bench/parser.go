package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

var benchmarkLine = regexp.MustCompile(`(?m)^BenchmarkParseUserName\S*\s+\d+\s+([0-9.]+) ns/op.*\s(\d+) allocs/op`)

// measureParser runs the benchmark that stands beside the filter parser.
func measureParser(ctx context.Context, r *report) error {
	out, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkParseUserName$", "-benchmem", "-count", "3",
		"drawbridge/scim/filter").CombinedOutput()
	if err != nil {
		return fmt.Errorf("run BenchmarkParseUserName: %w\n%s", err, out)
	}
	var nanoseconds, allocations []float64
	for _, m := range benchmarkLine.FindAllSubmatch(out, -1) {
		ns, err1 := strconv.ParseFloat(string(m[1]), 64)
		n, err2 := strconv.ParseFloat(string(m[2]), 64)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		nanoseconds, allocations = append(nanoseconds, ns), append(allocations, n)
	}
	if len(nanoseconds) == 0 {
		return fmt.Errorf("BenchmarkParseUserName printed no result:\n%s", out)
	}
	r.parsed(median(nanoseconds), median(allocations))
	return nil
}
