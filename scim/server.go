package scim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"

	"drawbridge/scim/schema"
)

// Limits of requests and answers.
const (
	MaxBody     = 1 << 20 // bytes
	MaxDepth    = 32      // nested objects and lists in a body
	MaxValues   = 12_000  // JSON values in a body
	MaxPage     = 200     // resources in one answer
	DefaultPage = 100     // resources in one answer, when the client does not say

	// What a body of a type with a writable linked attribute may hold, such as a group with its members. Requests with a
	// body longer than MaxBody are served one at a time per tenant.
	MaxLinkedBody   = 10 << 20 // bytes
	MaxLinkedValues = 400_000  // JSON values
	MaxLinkedItems  = 101_000  // objects and elements of lists among them: a hundred thousand members, and what is around them
)

// Options are what a Server needs.
type Options struct {
	Authenticate Authenticator          // required
	Types        []*schema.ResourceType // the resource types to serve
	// BaseURL returns the absolute URL under which the client reaches the tenant, without a slash at its end. Nil
	// means the scheme, host and path of the request.
	BaseURL func(r *http.Request, tenant string) string
	Logger  *slog.Logger // for failures that are not the client's; nil means slog.Default
	// Dropped, if not nil, is told the names of attributes that a client sent and the schema does not know. They
	// are the client's own text: count them, do not keep them.
	Dropped func(ctx context.Context, rt *schema.ResourceType, names []string)
}

// Server serves SCIM for the tenants that its Authenticator knows. It is an http.Handler, to be mounted with
// http.StripPrefix behind nothing that rewrites paths (http.ServeMux redirects unclean ones).
type Server struct {
	authenticate Authenticator
	types        []*schema.ResourceType
	baseURL      func(*http.Request, string) string
	log          *slog.Logger
	dropped      func(context.Context, *schema.ResourceType, []string)
	router       http.Handler
	buffers      sync.Pool // of *bytes.Buffer, for bodies and answers
	lanes        sync.Map  // by tenant that the Authenticator knows: chan struct{} of one, for large bodies
}

// NewServer returns a Server. It panics when there is no Authenticator.
func NewServer(o Options) *Server {
	if o.Authenticate == nil {
		panic("scim: Options.Authenticate is required")
	}
	s := &Server{
		authenticate: o.Authenticate, types: o.Types, baseURL: o.BaseURL, log: o.Logger, dropped: o.Dropped,
		buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
	if s.baseURL == nil {
		s.baseURL = baseOfRequest
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.router = s.routes()
	return s
}

// baseOfRequest takes what StripPrefix removed from the path for the prefix of the mount.
func baseOfRequest(r *http.Request, tenant string) string {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	var prefix string
	if target, err := url.ParseRequestURI(r.RequestURI); err == nil { // in absolute form too (RFC 9112 section 3.2.2)
		if before, ok := strings.CutSuffix(target.EscapedPath(), r.URL.Path); ok {
			prefix = before
		}
	}
	return scheme + r.Host + prefix + "/" + tenant
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w = negotiated(w, r)
	defer s.recover(w, r)
	switch {
	case !isClean(r):
		s.unknownPath(w, r)
	case overridden(r.Header):
		s.fail(w, r, nil, InvalidSyntax("method override headers are not supported; send the method itself"))
	default:
		s.router.ServeHTTP(w, r)
	}
}

// recover answers a request whose handler panicked. The panic's value may hold personal data; its stack does not.
func (s *Server) recover(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	s.fail(w, r, nil, fmt.Errorf("panic of type %T: %s", p, debug.Stack()))
}

func (s *Server) unknownPath(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, nil, refusal(http.StatusNotFound, "", "no such endpoint; check the base URL"))
}

func routeOf(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil {
		return c.RoutePattern()
	}
	return ""
}

// call is a request on its way through a handler.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	name   string // of the tenant, in the path
	tenant Tenant // zero on routes without authentication
	base   string // URL of the tenant
	leave  func() // if not nil, lets the tenant's next large request in
}

func (c *call) ctx() context.Context { return c.r.Context() }

func (c *call) done() {
	if c.leave != nil {
		c.leave()
	}
}

// handler answers a call, or returns the error to answer with, before it has written anything.
type handler func(c *call) error

// methods are the handlers of one path by method.
type methods map[string]handler

// anyMethod is the key of a handler for every method.
const anyMethod = "*"

func (m methods) handler(method string) handler {
	if h := m[method]; h != nil {
		return h
	}
	if h := m[anyMethod]; h != nil {
		return h
	}
	names := slices.Collect(maps.Keys(m))
	if h := m[http.MethodGet]; h != nil {
		if method == http.MethodHead {
			return h
		}
		names = append(names, http.MethodHead)
	}
	slices.Sort(names)
	allow := strings.Join(names, ", ")
	return func(c *call) error {
		c.w.Header().Set("Allow", allow)
		return refusal(http.StatusMethodNotAllowed, "", "this endpoint supports %s", allow)
	}
}

// open serves a path that needs no credential.
func (s *Server) open(m methods) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{w: w, r: r, base: s.baseURL(r, chi.URLParam(r, "tenant"))}
		if err := m.handler(r.Method)(c); err != nil {
			s.fail(w, r, nil, err)
		}
	}
}

// guarded serves a path that needs a credential.
func (s *Server) guarded(m methods) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, err := bearer(r)
		if err != nil {
			s.fail(w, r, nil, err)
			return
		}
		name := chi.URLParam(r, "tenant")
		tenant, err := s.authenticate(r.Context(), name, token)
		if err != nil {
			s.fail(w, r, nil, err)
			return
		}
		c := &call{w: w, r: r, name: name, tenant: tenant, base: s.baseURL(r, name)}
		defer c.done()
		if err := m.handler(r.Method)(c); err != nil {
			s.fail(w, r, tenant.Live, err)
		}
	}
}
