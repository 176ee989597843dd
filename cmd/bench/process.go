package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 15 * time.Second
)

// process is a server that this program started.
type process struct {
	name string
	cmd  *exec.Cmd
	addr string // host:port, as the server said itself
	log  string // file with its standard error
	done chan struct{}
}

var address = regexp.MustCompile(`http://(127\.0\.0\.1:[0-9]+)`)

// start runs a server and waits until it says on its standard output where it listens.
func (b *bench) start(ctx context.Context, name, program string, args ...string) (*process, error) {
	b.started++
	p := &process{name: name, cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.log = filepath.Join(b.dir, fmt.Sprintf("%d-%s.log", b.started, strings.ReplaceAll(name, " ", "-")))
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.cmd.Stderr, p.cmd.Env = log, environment()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	said := make(chan string, 1)
	go func() {
		defer close(p.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := address.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case said <- m[1]:
				default:
				}
			}
		}
		_ = p.cmd.Wait() // how it ended shows in what it no longer answers
	}()
	select {
	case p.addr = <-said:
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("%s ended at once: %s", name, p.lastWords())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), p.stop())
	case <-time.After(startLimit):
		return nil, errors.Join(fmt.Errorf("%s did not say within %s where it listens: %s", name, startLimit, p.lastWords()), p.stop())
	}
}

// environment is ours without what would change the service's settings.
func environment() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "DRAWBRIDGE_") {
			env = append(env, e)
		}
	}
	return env
}

// lastWords is the end of what the process wrote to its standard error.
func (p *process) lastWords() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b[max(0, len(b)-2000):]))
}

// pause keeps the process from running while another side has its turn; resume lets it go on.
func (p *process) pause() error  { return p.cmd.Process.Signal(syscall.SIGSTOP) }
func (p *process) resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// stop ends the process, and kills it if it does not end by itself.
func (p *process) stop() error {
	select {
	case <-p.done:
		return nil
	default:
	}
	_ = p.resume()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(stopLimit):
	}
	err := fmt.Errorf("%s did not end within %s after SIGTERM and was killed", p.name, stopLimit)
	return errors.Join(err, p.cmd.Process.Kill())
}
