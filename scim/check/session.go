package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// session is one run against one server.
type session struct {
	ctx    context.Context
	client *client
	prefix string
	domain string
	now    func() time.Time
	each   func(Result)
	topic  topic
	report Report
	serial int // of the names made up

	config any             // ServiceProviderConfig; nil if there was none
	types  map[string]bool // names of the resource types; nil if the server did not say
}

// check is one thing to find out.
type check struct {
	name    string
	section string
	run     func(*trial)
}

func newSession(ctx context.Context, o Options) (*session, error) {
	base, err := parseBase(o.Base)
	if err != nil {
		return nil, err
	}
	if o.Token == "" || len(o.Prefix) < 12 || o.Now == nil || o.Rate < 0 {
		return nil, fmt.Errorf("%w: a token, a prefix of 12 characters, a clock and a rate are needed", ErrOptions)
	}
	s := &session{
		ctx: ctx, client: newClient(o, base), prefix: strings.ToLower(o.Prefix), domain: o.Domain, now: o.Now, each: o.Each,
		report: Report{Base: base.String(), Checks: []Result{}},
	}
	if s.domain == "" {
		s.domain = "example.com"
	}
	return s, nil
}

// greet finds out whether there is a server that takes the token, and what it declares.
func (s *session) greet() error {
	a, err := s.client.send(s.ctx, request{method: http.MethodGet, path: "/Users", query: []string{"count", "1"}})
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		return fmt.Errorf("the server does not answer; check the base URL: %w", err)
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		return fmt.Errorf("the server refuses the token with status %d; check the token and the base URL", a.status)
	}
	if a, err := s.client.send(s.ctx, request{method: http.MethodGet, path: "/ServiceProviderConfig"}); err == nil && a.status == http.StatusOK {
		s.config = a.body
	}
	a, err = s.client.send(s.ctx, request{method: http.MethodGet, path: "/ResourceTypes"})
	if list, ok := lookUp(a.body, "/Resources").([]any); err == nil && ok && len(list) > 0 {
		s.types = map[string]bool{}
		for _, rt := range list {
			name, _ := lookUp(rt, "/name").(string)
			s.types[name] = true
		}
	}
	return nil
}

// run runs checks in order. Those that need a feature are skipped where the server declares that it has none of it.
func (s *session) run(feature string, checks []check) {
	for _, c := range checks {
		if s.ctx.Err() != nil {
			return
		}
		t := &trial{s: s}
		v := t.attempt(func() {
			t.need(feature)
			c.run(t)
		})
		if s.ctx.Err() != nil { // cut short: nothing was found out
			return
		}
		res := Result{Group: s.topic.group, Name: s.topic.name + ": " + c.name, Section: c.section, Status: OK}
		if v != nil {
			res.Status, res.Detail = v.status, s.client.redact(v.detail)
		}
		s.report.add(res)
		if s.each != nil {
			s.each(res)
		}
	}
}

// name makes up a name that nobody else has.
func (s *session) name() string {
	s.serial++
	return fmt.Sprintf("%s-%d", s.prefix, s.serial)
}
