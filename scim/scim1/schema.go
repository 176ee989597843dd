package scim1

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"drawbridge/scim/schema"
)

// schemaDocument describes a resource (draft-scim-core-schema-01 section 10): one document for the attributes of all its URNs.
type schemaDocument struct {
	ID          string              `json:"id"`
	Name        string              `json:"name"`
	Description string              `json:"description"`
	Schema      string              `json:"schema"`
	Endpoint    string              `json:"endpoint"`
	Attributes  []attributeDocument `json:"attributes"`
}

type attributeDocument struct {
	Name            string        `json:"name"`
	Type            string        `json:"type"`
	MultiValued     bool          `json:"multiValued"`
	ChildName       string        `json:"multiValuedAttributeChildName,omitempty"`
	Description     string        `json:"description"`
	Schema          string        `json:"schema"`
	ReadOnly        bool          `json:"readOnly"`
	Required        bool          `json:"required"`
	CaseExact       bool          `json:"caseExact"`
	SubAttributes   []subDocument `json:"subAttributes,omitempty"`
	CanonicalValues []string      `json:"canonicalValues,omitempty"`
}

type subDocument struct {
	Name            string   `json:"name"`
	Type            string   `json:"type"`
	Description     string   `json:"description"`
	ReadOnly        bool     `json:"readOnly"`
	Required        bool     `json:"required"`
	CaseExact       bool     `json:"caseExact"`
	CanonicalValues []string `json:"canonicalValues,omitempty"`
}

type listDocument struct {
	Schemas      []string         `json:"schemas"`
	TotalResults int              `json:"totalResults"`
	ItemsPerPage int              `json:"itemsPerPage"`
	StartIndex   int              `json:"startIndex"`
	Resources    []schemaDocument `json:"Resources"`
}

func (s *server) schemas(*http.Request, string) (string, error) {
	documents := make([]schemaDocument, 0, len(s.types))
	for _, rt := range s.types {
		documents = append(documents, document(rt))
	}
	return encode(listDocument{[]string{coreURN}, len(documents), len(documents), 1, documents})
}

// schema finds a document by its id or by the name of its endpoint, with which clients ask as well.
func (s *server) schema(r *http.Request, _ string) (string, error) {
	id := chi.URLParam(r, "id")
	for _, rt := range s.types {
		if d := document(rt); strings.EqualFold(id, d.ID) || strings.EqualFold("/"+id, d.Endpoint) {
			return encode(d)
		}
	}
	return "", errNotFound
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

func document(rt *schema.ResourceType) schemaDocument {
	d := schemaDocument{
		ID: coreURN + ":" + rt.ID, Name: rt.ID, Description: rt.Description, Schema: coreURN, Endpoint: rt.Endpoint,
	}
	for _, name := range []string{"id", "externalId", "meta"} {
		if a := rt.Attribute("", name); a != nil {
			d.Attributes = append(d.Attributes, describe(a, coreURN))
		}
	}
	for _, a := range rt.Schema.Attributes {
		d.Attributes = append(d.Attributes, describe(a, coreURN))
	}
	for _, x := range rt.Extensions {
		for _, a := range x.Attributes {
			d.Attributes = append(d.Attributes, describe(a, oldURN(rt, x.ID)))
		}
	}
	return d
}

func describe(a *schema.Attribute, urn string) attributeDocument {
	d := attributeDocument{
		Name: a.Name, Type: typeOf(a), MultiValued: a.MultiValued, Description: a.Description, Schema: urn,
		ReadOnly: a.Mutability == schema.ReadOnly, Required: a.Required || a.Name == "id", CaseExact: a.CaseExact, CanonicalValues: a.CanonicalValues,
	}
	if a.MultiValued {
		d.ChildName = singular(a.Name)
	}
	for _, sub := range a.SubAttributes {
		if a.Name == "meta" && sub.Name == "resourceType" {
			continue
		}
		name := sub.Name
		if urn == enterpriseURN && a.Name == "manager" && name == "value" {
			name = "managerId"
		}
		d.SubAttributes = append(d.SubAttributes, subDocument{
			Name: name, Type: typeOf(sub), Description: sub.Description, ReadOnly: sub.Mutability == schema.ReadOnly,
			Required: sub.Required, CaseExact: sub.CaseExact, CanonicalValues: sub.CanonicalValues,
		})
	}
	return d
}

// typeOf is a type that SCIM 1.1 knows: it writes references as strings.
func typeOf(a *schema.Attribute) string {
	if a.Type == schema.Reference {
		return string(schema.String)
	}
	return string(a.Type)
}

// singular is what an element of a list is called in XML.
func singular(name string) string {
	if strings.HasSuffix(name, "sses") {
		return strings.TrimSuffix(name, "es")
	}
	return strings.TrimSuffix(name, "s")
}
