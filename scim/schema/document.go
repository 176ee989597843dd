package schema

// The URNs under which schemas and resource types describe themselves (RFC 7643 sections 6 and 7).
const (
	schemaURN       = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	resourceTypeURN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
)

type documentMeta struct {
	ResourceType string `json:"resourceType"`
	Location     string `json:"location"`
}

type schemaDocument struct {
	Schemas     []string            `json:"schemas"`
	ID          string              `json:"id"`
	Name        string              `json:"name"`
	Description string              `json:"description"`
	Attributes  []attributeDocument `json:"attributes"`
	Meta        documentMeta        `json:"meta"`
}

type attributeDocument struct {
	Name            string              `json:"name"`
	Type            Type                `json:"type"`
	MultiValued     bool                `json:"multiValued"`
	Description     string              `json:"description"`
	Required        bool                `json:"required"`
	CanonicalValues []string            `json:"canonicalValues,omitempty"`
	CaseExact       bool                `json:"caseExact"`
	Mutability      string              `json:"mutability"`
	Returned        string              `json:"returned"`
	Uniqueness      string              `json:"uniqueness"`
	ReferenceTypes  []string            `json:"referenceTypes,omitempty"`
	SubAttributes   []attributeDocument `json:"subAttributes,omitempty"`
}

type resourceTypeDocument struct {
	Schemas     []string            `json:"schemas"`
	ID          string              `json:"id"`
	Name        string              `json:"name"`
	Endpoint    string              `json:"endpoint"`
	Description string              `json:"description"`
	Schema      string              `json:"schema"`
	Extensions  []extensionDocument `json:"schemaExtensions,omitempty"`
	Meta        documentMeta        `json:"meta"`
}

type extensionDocument struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}

// Document returns the schema as a resource for encoding/json (RFC 7643 section 7). base is the URL of the
// service, without a slash at its end.
func (s *Schema) Document(base string) any {
	return schemaDocument{
		Schemas: []string{schemaURN}, ID: s.ID, Name: s.Name, Description: s.Description,
		Attributes: attributeDocuments(s.Attributes),
		Meta:       documentMeta{ResourceType: "Schema", Location: base + "/Schemas/" + s.ID},
	}
}

// Document returns the resource type as a resource for encoding/json (RFC 7643 section 6). base is as for
// Schema.Document.
func (rt *ResourceType) Document(base string) any {
	d := resourceTypeDocument{
		Schemas: []string{resourceTypeURN}, ID: rt.ID, Name: rt.Name, Endpoint: rt.Endpoint,
		Description: rt.Description, Schema: rt.Schema.ID,
		Meta: documentMeta{ResourceType: "ResourceType", Location: base + "/ResourceTypes/" + rt.ID},
	}
	for _, x := range rt.Extensions {
		d.Extensions = append(d.Extensions, extensionDocument{Schema: x.ID})
	}
	return d
}

func attributeDocuments(attrs []*Attribute) []attributeDocument {
	var docs []attributeDocument
	for _, a := range attrs {
		docs = append(docs, attributeDocument{
			Name: a.Name, Type: a.Type, MultiValued: a.MultiValued, Description: a.Description, Required: a.Required,
			CanonicalValues: a.CanonicalValues, CaseExact: a.CaseExact,
			Mutability: or(a.Mutability, ReadWrite), Returned: or(a.Returned, Default), Uniqueness: or(a.Uniqueness, None),
			ReferenceTypes: a.ReferenceTypes, SubAttributes: attributeDocuments(a.SubAttributes),
		})
	}
	return docs
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
