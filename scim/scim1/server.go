package scim1

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"drawbridge/scim"
	"drawbridge/scim/schema"
)

type server struct {
	scim   http.Handler // of SCIM 2.0
	types  []*schema.ResourceType
	log    *slog.Logger
	router http.Handler
}

// NewServer returns a handler of SCIM 1.1 for the resources that scim.NewServer serves with the same options, to be mounted in
// the same way at another place. BaseURL is of that place. It panics when there is no Authenticator.
func NewServer(o scim.Options) http.Handler {
	if authenticate := o.Authenticate; authenticate != nil {
		o.Authenticate = func(ctx context.Context, tenant, token string) (scim.Tenant, error) {
			t, err := authenticate(ctx, tenant, token)
			if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok && err == nil {
				x.accepted()
			}
			return t, err
		}
	}
	s := &server{scim: scim.NewServer(o), types: o.Types, log: o.Logger}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.router = s.routes()
	return s
}

// ServeHTTP implements http.Handler. The ending of a path names the data format (draft-scim-api-01 section 3.7).
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path, ok := strings.CutSuffix(r.URL.Path, ".json"); ok {
		r = moved(r, path)
	} else if path, ok := strings.CutSuffix(r.URL.Path, ".xml"); ok {
		r = moved(r, path)
		r.Header = r.Header.Clone()
		r.Header.Set("Accept", "application/xml")
	}
	s.router.ServeHTTP(w, r)
}

// moved is the request for another path of the same tenant. One whose path is not in its clean form stays as it is, and is
// refused for that by the SCIM 2.0 server.
func moved(r *http.Request, path string) *http.Request {
	if r.URL.RawPath != "" {
		return r
	}
	out := r.WithContext(r.Context())
	u := *r.URL
	uri, _, _ := strings.Cut(r.RequestURI, "?")
	if mount, ok := strings.CutSuffix(uri, u.Path); ok {
		out.RequestURI = mount + path
	}
	u.Path = path
	out.URL = &u
	return out
}

// exchange is a request on its way through the SCIM 2.0 server, and the http.ResponseWriter that takes that server's answer.
type exchange struct {
	w       http.ResponseWriter
	log     *slog.Logger
	rt      *schema.ResourceType // nil where there are no resources
	url     *url.URL             // what the SCIM 2.0 server goes by
	refused *scim.Error          // what the translation found wrong with the body

	status int // zero before an answer
	body   strings.Builder
}

type exchangeKey struct{}

// accepted is called once the token is known to be good.
func (x *exchange) accepted() {
	if x.rt != nil {
		x.url.RawQuery = query(x.rt, x.url.RawQuery)
	}
}

// Header implements http.ResponseWriter: the header is the client's.
func (x *exchange) Header() http.Header { return x.w.Header() }

// WriteHeader implements http.ResponseWriter.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
	}
}

// Write implements http.ResponseWriter.
func (x *exchange) Write(p []byte) (int, error) {
	x.WriteHeader(http.StatusOK)
	if x.body.Len() == 0 {
		x.body.Grow(len(p))
	}
	return x.body.Write(p)
}

// Unwrap lets http.ResponseController reach the client's writer.
func (x *exchange) Unwrap() http.ResponseWriter { return x.w }

// answer translates the body of an answer that is no error.
type answer func(body string) (string, error)

// serve passes a request on and translates its answer.
func (s *server) serve(w http.ResponseWriter, r *http.Request, rt *schema.ResourceType, translate answer) {
	x := s.ask(w, r, rt)
	if x.refused != nil && x.status == http.StatusBadRequest {
		x.fail(x.refused.Status, x.refused.Detail)
		return
	}
	x.finish(translate)
}

func (s *server) ask(w http.ResponseWriter, r *http.Request, rt *schema.ResourceType) *exchange {
	u := *r.URL
	x := &exchange{w: w, log: s.log, rt: rt, url: &u}
	r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
	r.URL = x.url
	if rt != nil {
		x.translateBody(r)
	}
	s.scim.ServeHTTP(x, r)
	return x
}

// refuse answers with a status of its own, after authentication: /Me is the path that refuses every good token.
func (s *server) refuse(status int, detail string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x := s.ask(w, moved(r, "/"+chi.URLParam(r, "tenant")+"/Me"), nil)
		if x.status == http.StatusNotImplemented {
			x.fail(status, detail)
			return
		}
		x.finish(nil)
	}
}
