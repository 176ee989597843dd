// Package schema describes SCIM schemas and resource types (RFC 7643) as data: one definition serves
// validation, attribute look-up in filters and PATCH paths, and the /Schemas answer.
package schema

// Type is a SCIM data type (RFC 7643 section 2.3).
type Type string

// The SCIM data types.
const (
	String    Type = "string"
	Boolean   Type = "boolean"
	Decimal   Type = "decimal"
	Integer   Type = "integer"
	DateTime  Type = "dateTime"
	Binary    Type = "binary"
	Reference Type = "reference"
	Complex   Type = "complex"
)

// The values of Mutability, Returned and Uniqueness that the code asks for (RFC 7643 section 7).
const (
	ReadOnly  = "readOnly"
	ReadWrite = "readWrite"
	Immutable = "immutable"
	WriteOnly = "writeOnly"

	Always  = "always"
	Never   = "never"
	Default = "default"
	Request = "request"

	None   = "none"
	Server = "server"
	Global = "global"
)

// Attribute is one attribute or sub-attribute with its characteristics (RFC 7643 section 7).
type Attribute struct {
	Name            string
	Type            Type
	MultiValued     bool
	Description     string
	Required        bool
	CanonicalValues []string // suggestions: other values are accepted (RFC 7643 section 7)
	CaseExact       bool
	Mutability      string // readOnly, readWrite, immutable, writeOnly; empty means readWrite
	Returned        string // always, never, default, request; empty means default
	Uniqueness      string // none, server, global; empty means none
	ReferenceTypes  []string
	SubAttributes   []*Attribute

	// Default is the value of a resource that was created without one; nil means none. An attribute with a
	// default is never unassigned: null is refused, and a PUT that leaves it out keeps the current value.
	Default any
	// LinksTo, if not empty, is the resource type whose resources the values are. A backend keeps them beside the
	// document, as references: see ResourceType.Linked.
	LinksTo string
	// MaxBytes limits a string's length in UTF-8; 0 means no limit but the body's.
	MaxBytes int
}

// Schema is a set of attributes under one URN.
type Schema struct {
	ID          string // the URN
	Name        string
	Description string
	Attributes  []*Attribute
}

// ResourceType is an endpoint with its core schema and extensions (RFC 7643 section 6). It is made by New,
// which also indexes it, and never changes afterwards.
type ResourceType struct {
	ID          string // "User"
	Name        string
	Endpoint    string // "/Users"
	Description string
	Schema      *Schema
	Extensions  []*Schema // all optional

	core       map[string]*Attribute   // core and common attributes, by canonical and by lower-case name
	extensions []map[string]*Attribute // the same, for each of Extensions
	withheld   []Withheld
}

// New returns rt, indexed for look-ups.
func New(rt ResourceType) *ResourceType {
	rt.core = index(append(common(), rt.Schema.Attributes...))
	for _, x := range rt.Extensions {
		rt.extensions = append(rt.extensions, index(x.Attributes))
	}
	rt.withheld = withheld(&rt)
	return &rt
}

func index(attrs []*Attribute) map[string]*Attribute {
	m := make(map[string]*Attribute, 2*len(attrs))
	for _, a := range attrs {
		m[a.Name] = a
		m[lowerName(a.Name)] = a
	}
	return m
}

// Attribute finds an attribute by schema URN and name, both in any case. The empty URN means the core schema,
// which includes the common attributes id, externalId, meta and schemas (RFC 7643 section 3.1). It returns nil
// when there is none.
func (rt *ResourceType) Attribute(urn, name string) *Attribute {
	m := rt.attributes(urn)
	if a := m[name]; a != nil {
		return a
	}
	return m[lowerName(name)]
}

func (rt *ResourceType) attributes(urn string) map[string]*Attribute {
	if urn == "" || equalName(urn, rt.Schema.ID) {
		return rt.core
	}
	for i, x := range rt.Extensions {
		if equalName(urn, x.ID) {
			return rt.extensions[i]
		}
	}
	return nil
}

// Extension finds an extension by its URN in any case; nil when the type has no such extension.
func (rt *ResourceType) Extension(urn string) *Schema {
	for _, x := range rt.Extensions {
		if equalName(urn, x.ID) {
			return x
		}
	}
	return nil
}

// Linked is the attribute whose values are other resources of the tenant: the members of a group, the groups of a user.
// A type has one at most; nil when it has none.
func (rt *ResourceType) Linked() *Attribute {
	for _, a := range rt.Schema.Attributes {
		if a.LinksTo != "" {
			return a
		}
	}
	return nil
}

// URNs lists the URNs of the core schema and of the extensions, the core schema first.
func (rt *ResourceType) URNs() []string {
	urns := []string{rt.Schema.ID}
	for _, x := range rt.Extensions {
		urns = append(urns, x.ID)
	}
	return urns
}

// Sub finds a sub-attribute by name in any case; nil when there is none.
func (a *Attribute) Sub(name string) *Attribute {
	for _, s := range a.SubAttributes {
		if equalName(s.Name, name) {
			return s
		}
	}
	return nil
}
