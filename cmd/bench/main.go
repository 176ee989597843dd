// Command bench measures the speed of the service on both stores, beside a thin reference handler and the bare databases, and
// how its costs grow with a customer, and writes what it found to BENCHMARKS.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	rounds      int
	turn        time.Duration // of one scenario on one side
	connections int
	users       int
	deep        int  // users of the customer whose last page is read; 0: that is left out
	growing     bool // whether what depends on the size of a customer or a group, the disk and the log of requests are measured
	million     bool // whether that goes up to a million users
	out         string
	stores      []kind
	scenarios   []string
}

// run is the program. The first argument "reference" makes it the reference handler: the bench starts itself so.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "reference" {
		return serveReference(ctx, args[1:], stdout, stderr)
	}
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "drawbridge-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{settings: s, dir: dir, server: getenv(serverVariable), progress: stderr}
	r := report{command: strings.Join(append([]string{"go run ./cmd/bench"}, args...), " "), began: time.Now()}
	if err := b.measure(ctx, &r); err != nil {
		return err
	}
	fmt.Fprint(stdout, r.table())
	if s.out == "" {
		return nil
	}
	return os.WriteFile(s.out, []byte(r.markdown()), 0o644)
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var stores, only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&s.rounds, "rounds", 3, "rounds; what is reported is the median of the rounds")
	f.DurationVar(&s.turn, "d", 2*time.Second, "how long each scenario runs on each side in each round")
	f.IntVar(&s.connections, "c", 8, "concurrent connections")
	f.IntVar(&s.users, "users", 1000, "users that are there before anything is measured")
	f.IntVar(&s.deep, "deep", 100_000, "users of the customer whose first and last page are compared; 0 leaves it out")
	f.BoolVar(&s.growing, "growth", true, "measure the processor time of each operation at 1,000 and 100,000 users, of a member change, the disk per user and the log of requests")
	f.BoolVar(&s.million, "million", false, "with -growth, measure at 1,000,000 users too: minutes more for each store, and some GB of disk")
	f.StringVar(&only, "scenarios", strings.Join(scenarios(), ","), "the scenarios to measure")
	f.StringVar(&stores, "stores", "postgres,sqlite", "the stores to measure")
	f.StringVar(&s.out, "out", "BENCHMARKS.md", "file to write; empty: none")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	for name := range strings.SplitSeq(stores, ",") {
		k := kind(name)
		if k != postgres && k != sqlite {
			return s, fmt.Errorf("-stores: %q is neither postgres nor sqlite", name)
		}
		s.stores = append(s.stores, k)
	}
	for name := range strings.SplitSeq(only, ",") {
		if !slices.Contains(scenarios(), name) {
			return s, fmt.Errorf("-scenarios: %q is none of %s", name, strings.Join(scenarios(), ","))
		}
		s.scenarios = append(s.scenarios, name)
	}
	if s.million && !s.growing {
		return s, fmt.Errorf("-million is a part of -growth: leave -growth on")
	}
	if s.rounds < 1 || s.connections < 1 || s.turn <= 0 || s.users < max(pageSize, s.connections) || (s.deep != 0 && s.deep < 2*pageSize) {
		return s, fmt.Errorf("-rounds, -c and -d must be positive, -users at least %d, -deep at least %d", pageSize, 2*pageSize)
	}
	return s, nil
}
