package schema

import "sync"

// GroupURN is the schema of a group.
const GroupURN = "urn:ietf:params:scim:schemas:core:2.0:Group"

// Group returns the Group resource type (RFC 7643 section 4.2). displayName is required and unique: identity providers find
// their groups by it and expect a duplicate to be refused. Members are users. All callers share one value; none may change it.
func Group() *ResourceType { return groupOnce() }

var groupOnce = sync.OnceValue(func() *ResourceType {
	return New(ResourceType{
		ID: "Group", Name: "Group", Endpoint: "/Groups", Description: "Group",
		Schema: &Schema{ID: GroupURN, Name: "Group", Description: "Group", Attributes: []*Attribute{
			{Name: "displayName", Type: String, Required: true, Uniqueness: Server, MaxBytes: maxKey,
				Description: "The name of the group; unique without regard to case."},
			members(),
		}},
	})
})

func members() *Attribute {
	return &Attribute{Name: "members", Type: Complex, MultiValued: true, LinksTo: "User",
		Description: "The users in the group.", SubAttributes: []*Attribute{
			{Name: "value", Type: String, CaseExact: true, Mutability: Immutable, Description: "The id of the user."},
			{Name: "$ref", Type: Reference, CaseExact: true, Mutability: Immutable, ReferenceTypes: []string{"User"}, Description: "The URI of the user."},
			{Name: "display", Type: String, Mutability: ReadOnly, Description: "The name of the user."},
			{Name: "type", Type: String, Mutability: Immutable, CanonicalValues: []string{"User"}, Description: "The type of the member."},
		}}
}
