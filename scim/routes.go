package scim

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// routes lists every route. They are relative to where the server is mounted; the first segment is the tenant.
func (s *Server) routes() http.Handler {
	r := chi.NewRouter()
	r.NotFound(s.unknownPath)
	r.Route("/{tenant}", func(r chi.Router) {
		r.Handle("/", s.guarded(methods{http.MethodGet: s.list(s.types...)}))
		r.Handle("/.search", s.guarded(methods{http.MethodPost: s.find(s.types...)}))
		r.Handle("/Bulk", s.guarded(methods{http.MethodPost: s.bulk}))
		for _, rt := range s.types {
			r.Handle(rt.Endpoint, s.guarded(methods{
				http.MethodGet:  s.list(rt),
				http.MethodPost: s.create(rt),
			}))
			r.Handle(rt.Endpoint+"/.search", s.guarded(methods{http.MethodPost: s.find(rt)}))
			r.Handle(rt.Endpoint+"/{id}", s.guarded(methods{
				http.MethodGet:    s.get(rt),
				http.MethodPut:    s.replace(rt),
				http.MethodPatch:  s.patch(rt),
				http.MethodDelete: s.delete(rt),
			}))
		}
		r.Handle("/Me", s.guarded(methods{anyMethod: s.me}))

		r.Handle("/ServiceProviderConfig", s.open(methods{http.MethodGet: s.serviceProviderConfig}))
		r.Handle("/ResourceTypes", s.open(methods{http.MethodGet: s.resourceTypes}))
		r.Handle("/ResourceTypes/{id}", s.open(methods{http.MethodGet: s.resourceType}))
		r.Handle("/Schemas", s.open(methods{http.MethodGet: s.schemas}))
		r.Handle("/Schemas/{id}", s.open(methods{http.MethodGet: s.schema}))
	})
	return r
}
