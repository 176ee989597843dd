package scim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"drawbridge/scim/schema"
)

type object = map[string]any

// serviceProviderConfig tells what this server can do (RFC 7643 section 5).
func (s *Server) serviceProviderConfig(c *call) error {
	return s.writeDocument(c, object{
		"schemas":        []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":          object{"supported": true},
		"bulk":           object{"supported": true, "maxOperations": MaxBulkOperations, "maxPayloadSize": MaxBody},
		"filter":         object{"supported": true, "maxResults": MaxPage},
		"changePassword": object{"supported": false},
		"sort":           object{"supported": true},
		"etag":           object{"supported": true},
		"pagination": object{ // RFC 9865 section 4; cursors do not expire by time
			"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": DefaultPage, "maxPageSize": MaxPage,
		},
		"authenticationSchemes": []object{{
			"type": "oauthbearertoken", "name": "Bearer token", "primary": true,
			"description": "A token in the Authorization header, as in RFC 6750.",
			"specUri":     "https://www.rfc-editor.org/rfc/rfc6750",
		}},
		"meta": object{"resourceType": "ServiceProviderConfig", "location": c.base + "/ServiceProviderConfig"},
	})
}

func (s *Server) resourceTypes(c *call) error {
	documents := make([]any, 0, len(s.types))
	for _, rt := range s.types {
		documents = append(documents, rt.Document(c.base))
	}
	return s.writeDocuments(c, documents)
}

func (s *Server) resourceType(c *call) error {
	for _, rt := range s.types {
		if rt.ID == chi.URLParam(c.r, "id") {
			return s.writeDocument(c, rt.Document(c.base))
		}
	}
	return NotFound()
}

func (s *Server) schemas(c *call) error {
	var documents []any
	for _, x := range s.allSchemas() {
		documents = append(documents, x.Document(c.base))
	}
	return s.writeDocuments(c, documents)
}

func (s *Server) schema(c *call) error {
	for _, x := range s.allSchemas() {
		if strings.EqualFold(x.ID, chi.URLParam(c.r, "id")) {
			return s.writeDocument(c, x.Document(c.base))
		}
	}
	return NotFound()
}

func (s *Server) allSchemas() []*schema.Schema {
	var all []*schema.Schema
	for _, rt := range s.types {
		all = append(all, rt.Schema)
		all = append(all, rt.Extensions...)
	}
	return all
}

// writeDocuments answers with a list. A filter is refused, as RFC 7644 section 4 wants it.
func (s *Server) writeDocuments(c *call, documents []any) error {
	p, err := parseParams(c.r.URL.RawQuery)
	if err != nil {
		return err
	}
	if p.filter != nil {
		return Forbidden("this endpoint does not filter; read it whole")
	}
	return s.writeDocument(c, object{
		"schemas":      []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
		"totalResults": len(documents), "startIndex": 1, "itemsPerPage": len(documents), "Resources": documents,
	})
}

func (s *Server) writeDocument(c *call, document any) error {
	body, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("scim: encoding a description of the service: %w", err)
	}
	write(c.w, http.StatusOK, body)
	return nil
}
