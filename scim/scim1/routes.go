package scim1

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"drawbridge/scim/schema"
)

// routes lists every route. They are relative to where the server is mounted; the first segment is the tenant. Each can also
// be asked for with the ending .json.
func (s *server) routes() http.Handler {
	r := chi.NewRouter()
	r.NotFound(s.unknownPath)
	for _, rt := range s.types {
		r.Handle("/{tenant}"+rt.Endpoint, s.collection(rt))
		r.HandleFunc("/{tenant}"+rt.Endpoint+"/.search", s.unknownPath) // there is none in SCIM 1.1
		r.Handle("/{tenant}"+rt.Endpoint+"/{id}", s.resource(rt))
	}
	r.Handle("/{tenant}/Bulk", s.refuse(http.StatusNotImplemented, "Bulk is not supported in SCIM 1.1; send the requests one by one, or use SCIM 2.0"))

	r.Handle("/{tenant}/ServiceProviderConfigs", s.described("/ServiceProviderConfig", s.serviceProviderConfig))
	r.Handle("/{tenant}/Schemas", s.described("/Schemas", s.schemas))
	r.Handle("/{tenant}/Schemas/{id}", s.described("/Schemas", s.schema))
	return r
}

// collection serves the endpoint of a resource type.
func (s *server) collection(rt *schema.ResourceType) http.HandlerFunc {
	return s.inJSON(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			s.serve(w, r, rt, func(body string) (string, error) { return resourceOut(rt, body) })
			return
		}
		s.serve(w, r, rt, func(body string) (string, error) { return listOut(rt, body) })
	})
}

// resource serves one resource.
func (s *server) resource(rt *schema.ResourceType) http.HandlerFunc {
	return s.inJSON(func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, rt, func(body string) (string, error) { return resourceOut(rt, body) })
	})
}

// described serves what SCIM 2.0 describes at path: how the service describes itself needs no token there either.
func (s *server) described(path string, describe func(r *http.Request, body string) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if wantsXML(r.Header["Accept"]) {
			(&exchange{w: w}).fail(http.StatusNotAcceptable, noXML)
			return
		}
		there := moved(r, "/"+chi.URLParam(r, "tenant")+path)
		s.serve(w, there, nil, func(body string) (string, error) { return describe(r, body) })
	}
}

const noXML = "XML is not supported; ask for application/json"

// inJSON refuses clients that take XML and no JSON.
func (s *server) inJSON(next http.HandlerFunc) http.HandlerFunc {
	refuse := s.refuse(http.StatusNotAcceptable, noXML)
	return func(w http.ResponseWriter, r *http.Request) {
		if wantsXML(r.Header["Accept"]) {
			refuse(w, r)
			return
		}
		next(w, r)
	}
}

func wantsXML(accept []string) bool {
	xml := false
	for _, line := range accept {
		for item := range strings.SplitSeq(line, ",") {
			media, _, _ := strings.Cut(item, ";")
			switch strings.ToLower(strings.TrimSpace(media)) {
			case "application/json", "application/scim+json", "application/*", "*/*":
				return false
			case "application/xml", "text/xml":
				xml = true
			}
		}
	}
	return xml
}

func (s *server) unknownPath(w http.ResponseWriter, _ *http.Request) {
	(&exchange{w: w}).fail(http.StatusNotFound, "no such endpoint; check the base URL")
}
