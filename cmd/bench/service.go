package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	slug      = "bench"
	oktaToken = "bench"
)

// service is a Drawbridge with one customer and an Okta org to sync to, everything at its default settings.
type service struct {
	bench   *bench
	db      database
	okta    *process
	process *process // nil until serve
	token   string   // of the customer's identity provider
}

// build makes the program as it is shipped.
func build(ctx context.Context, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", to, "drawbridge/cmd/drawbridge")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the service: %w\n%s", err, out)
	}
	return nil
}

// newService makes the database, the org, the customer and its token; the service itself is not started.
func (b *bench) newService(ctx context.Context, k kind, name string, end *cleanup) (*service, error) {
	db, err := b.newDatabase(ctx, k, name)
	if err != nil {
		return nil, err
	}
	end.add(db.drop)
	s := &service{bench: b, db: db}
	if s.okta, err = b.start(ctx, "okta", b.binary, "okta", "simulate", "--listen", "127.0.0.1:0", "--token", oktaToken); err != nil {
		return nil, err
	}
	end.add(s.okta.stop)
	for _, args := range [][]string{
		{"okta", "setup", "--okta-org-url", "http://" + s.okta.addr, "--okta-token", oktaToken},
		{"migrate", "--database", db.url},
		{"customer", "add", slug, "--name", "Bench", "--domain", "bench.example", "--trust-domains", "measured, not served", "--database", db.url},
		// The rate keeps one customer from crowding out the others, which are not there.
		{"customer", "set", slug, "--rate", "10000", "--database", db.url},
	} {
		if _, err := b.command(ctx, args...); err != nil {
			return nil, err
		}
	}
	s.token, err = b.command(ctx, "token", "create", slug, "--name", "idp", "--database", db.url)
	return s, err
}

// command runs the service's program to its end and returns what it printed.
func (b *bench) command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, b.binary, args...)
	cmd.Env = environment()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("drawbridge %s %s: %w: %s", args[0], args[1], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}

// stop ends the service; the org, which may be paused, has to answer what is under way.
func (s *service) stop() error { return errors.Join(s.okta.resume(), s.process.stop()) }

// serve starts the service and waits until it is ready.
func (s *service) serve(ctx context.Context) error {
	p, err := s.bench.start(ctx, "drawbridge", s.bench.binary, "serve", "--listen", "127.0.0.1:0", "--database", s.db.url,
		"--okta-org-url", "http://"+s.okta.addr, "--okta-token", oktaToken)
	if err != nil {
		return err
	}
	s.process = p
	if err := ready(ctx, "http://"+p.addr+"/readyz"); err != nil {
		return errors.Join(fmt.Errorf("the service is not ready: %w: %s", err, p.lastWords()), p.stop())
	}
	return nil
}

func (s *service) client(connections int) *client {
	return newClient("http://"+s.process.addr+"/scim/v2/"+slug, s.token, connections)
}

// ready asks until the answer is 200.
func ready(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}
