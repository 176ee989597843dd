package schema

// maxKey bounds strings that a store looks up by, in bytes. Folding at most doubles them, and databases limit the
// size of an index entry (PostgreSQL: 2,704 bytes).
const maxKey = 1024

// common returns the attributes that every resource has (RFC 7643 section 3.1). They belong to no schema, so
// /Schemas does not list them.
func common() []*Attribute {
	return []*Attribute{
		{Name: "schemas", Type: Reference, MultiValued: true, Required: true, CaseExact: true, Returned: Always, ReferenceTypes: []string{"uri"},
			Description: "The URNs of the schemas that this resource carries data of."},
		{Name: "id", Type: String, CaseExact: true, Mutability: ReadOnly, Returned: Always, Uniqueness: Server,
			Description: "The identifier that the service gave to this resource."},
		{Name: "externalId", Type: String, CaseExact: true, MaxBytes: maxKey,
			Description: "The identifier that the provisioning client gave to this resource."},
		{Name: "meta", Type: Complex, Mutability: ReadOnly, Description: "Metadata kept by the service.",
			SubAttributes: []*Attribute{
				{Name: "resourceType", Type: String, CaseExact: true, Mutability: ReadOnly, Description: "The name of the resource type."},
				{Name: "created", Type: DateTime, Mutability: ReadOnly, Description: "When the resource was added."},
				{Name: "lastModified", Type: DateTime, Mutability: ReadOnly, Description: "When the resource last changed."},
				{Name: "location", Type: Reference, CaseExact: true, Mutability: ReadOnly, ReferenceTypes: []string{"uri"},
					Description: "The URI of the resource."},
				{Name: "version", Type: String, CaseExact: true, Mutability: ReadOnly, Description: "The resource's entity tag."},
			}},
	}
}
