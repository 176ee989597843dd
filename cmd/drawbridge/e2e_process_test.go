package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// built is the program, built once for this run of the tests and only if one of them starts it.
var built struct {
	once sync.Once
	dir  string
	err  error
}

// buildDir is where the program was built; empty: it was not.
func buildDir() string { return built.dir }

// binary builds the program as `make build` does but, where the tests run with the race detector, with that as well.
func binary(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "drawbridge-e2e-"); built.err != nil {
			return
		}
		args := []string{"build", "-o", filepath.Join(built.dir, "drawbridge")}
		if underRace() {
			args = append(append(args, "-race"), uninstrumented()...)
		}
		if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
			built.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "drawbridge")
}

// uninstrumented leaves the machine-translated C of SQLite without race instrumentation: with it, it is too slow for tests. No
// more than that may be left out: modernc.org/sqlite itself instantiates sync.Map, and the linker then takes those copies,
// which the race detector cannot see through, for the whole program.
func uninstrumented() []string {
	return []string{
		"-gcflags=modernc.org/sqlite/lib=-race=false",
	}
}

func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "-race" && s.Value == "true" })
}

// process is the program, running.
type process struct {
	t         testing.TB
	cmd       *exec.Cmd
	out, errs lockedBuffer
	ended     chan struct{}
	exit      error // once ended is closed
	url       string
}

// start runs the program with nothing in its environment but what is given, until it says at which address it serves.
func start(t testing.TB, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary(t), args...), ended: make(chan struct{})}
	p.cmd.Env = append([]string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.exit = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.finish)
	address := regexp.MustCompile(`http://[0-9.:]+[0-9]`)
	eventually(t, args[0]+" serves", func() bool {
		p.url = address.FindString(p.out.String())
		return p.url != "" || p.gone()
	})
	if p.url == "" {
		t.Fatalf("%v ended before it served: %v\n%s%s", args, p.exit, p.out.String(), p.errs.String())
	}
	return p
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// kill ends the process as a crash does: it gets no chance to tidy up.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// terminate asks the process to end, and fails the test unless it ends in order.
func (p *process) terminate() {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.ended
	if p.exit != nil {
		p.t.Errorf("after SIGTERM: %v\n%s", p.exit, p.errs.String())
	}
}

func (p *process) finish() {
	p.kill()
	if strings.Contains(p.errs.String(), "DATA RACE") || strings.Contains(p.errs.String(), "panic:") {
		p.t.Errorf("process %v:\n%s", p.cmd.Args, p.errs.String())
	}
	if p.t.Failed() {
		p.t.Logf("process %d %v wrote\n%s%s", p.pid(), p.cmd.Args[1:], p.out.String(), p.errs.String())
	}
}

// lockedBuffer is written by a process while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
