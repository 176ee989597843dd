package schema

import "sync"

// URNs of the schemas of a user.
const (
	UserURN           = "urn:ietf:params:scim:schemas:core:2.0:User"
	EnterpriseUserURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// User returns the User resource type: every attribute of RFC 7643 section 4.1 with the characteristics of
// section 8.7.1, and the enterprise extension (section 4.3). All callers share one value; none may change it.
func User() *ResourceType { return userOnce() }

var userOnce = sync.OnceValue(func() *ResourceType {
	return New(ResourceType{
		ID: "User", Name: "User", Endpoint: "/Users", Description: "User Account",
		Schema: &Schema{
			ID: UserURN, Name: "User", Description: "User Account",
			Attributes: append(userSingular(), userPlural()...),
		},
		Extensions: []*Schema{enterpriseUser()},
	})
})

func text(name, description string) *Attribute {
	return &Attribute{Name: name, Type: String, Description: description}
}

func userSingular() []*Attribute {
	return []*Attribute{
		{Name: "userName", Type: String, Required: true, Uniqueness: Server, MaxBytes: maxKey,
			Description: "Identifier with which the user signs in; unique without regard to case."},
		{Name: "name", Type: Complex, Description: "The parts of the user's name.", SubAttributes: []*Attribute{
			text("formatted", "The full name, ready for display."),
			text("familyName", "The family name, or last name."),
			text("givenName", "The given name, or first name."),
			text("middleName", "The middle name or names."),
			text("honorificPrefix", "The title before the name, as in Dr."),
			text("honorificSuffix", "The suffix after the name, as in III."),
		}},
		text("displayName", "The name to show to other people."),
		text("nickName", "The casual name."),
		// Some clients send text that is no URI here and expect to read it back, so references are kept as text.
		{Name: "profileUrl", Type: Reference, ReferenceTypes: []string{"external"}, Description: "URL of the user's online profile."},
		text("title", "The job title."),
		text("userType", "The relationship to the organization, as in Contractor."),
		text("preferredLanguage", "The languages preferred for the user interface, as in Accept-Language."),
		text("locale", "The locale for dates, numbers and currency, as in en-US."),
		text("timezone", "The time zone, as in Europe/Berlin."),
		{Name: "active", Type: Boolean, Default: true, Description: "Whether the user may use the service."},
		{Name: "password", Type: String, Mutability: WriteOnly, Returned: Never, Description: "Accepted from clients, never kept."},
	}
}

func userPlural() []*Attribute {
	return []*Attribute{
		plural("emails", "E-mail addresses.", text("value", "The address."), "work", "home", "other"),
		plural("phoneNumbers", "Phone numbers.", text("value", "The number."), "work", "home", "mobile", "fax", "pager", "other"),
		plural("ims", "Instant messaging addresses.", text("value", "The address."),
			"aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
		plural("photos", "URLs of photos.",
			&Attribute{Name: "value", Type: Reference, ReferenceTypes: []string{"external"}, Description: "The URL of the photo."},
			"photo", "thumbnail"),
		addresses(),
		groups(),
		plural("entitlements", "Things that the user is entitled to.", text("value", "The entitlement.")),
		plural("roles", "Roles of the user.", text("value", "The role.")),
		// Section 8.7.1 prints caseExact false, but base64 is case exact (section 2.3.6).
		plural("x509Certificates", "Certificates issued to the user.",
			&Attribute{Name: "value", Type: Binary, CaseExact: true, Description: "The certificate, DER in base64."}),
	}
}

// plural makes a multi-valued attribute with the default sub-attributes (RFC 7643 section 2.4).
func plural(name, description string, value *Attribute, types ...string) *Attribute {
	kind := text("type", "What the value is used for.")
	kind.CanonicalValues = types
	return &Attribute{Name: name, Type: Complex, MultiValued: true, Description: description, SubAttributes: []*Attribute{
		value, text("display", "The value, ready for display."), kind, primary(),
	}}
}

func primary() *Attribute {
	return &Attribute{Name: "primary", Type: Boolean, Description: "Whether this is the preferred value; true for at most one."}
}

func addresses() *Attribute {
	kind := text("type", "What the address is used for.")
	kind.CanonicalValues = []string{"work", "home", "other"}
	return &Attribute{Name: "addresses", Type: Complex, MultiValued: true, Description: "Postal addresses.", SubAttributes: []*Attribute{
		text("formatted", "The full address, ready for display."),
		text("streetAddress", "Street, house number and the like."),
		text("locality", "The city."),
		text("region", "The state or region."),
		text("postalCode", "The postal code."),
		text("country", "The country, by ISO 3166-1 alpha-2."),
		kind,
		primary(), // absent from section 8.7.1, present in section 4.1.2 by way of 2.4, and sent by clients
	}}
}

func groups() *Attribute {
	return &Attribute{Name: "groups", Type: Complex, MultiValued: true, Mutability: ReadOnly, LinksTo: "Group",
		Description: "Groups that the user belongs to; changed through the groups.", SubAttributes: []*Attribute{
			{Name: "value", Type: String, Mutability: ReadOnly, Description: "The id of the group."},
			{Name: "$ref", Type: Reference, Mutability: ReadOnly, ReferenceTypes: []string{"Group"}, Description: "The URI of the group."},
			{Name: "display", Type: String, Mutability: ReadOnly, Description: "The name of the group."},
			{Name: "type", Type: String, Mutability: ReadOnly, CanonicalValues: []string{"direct"},
				Description: "How the user came to it; groups hold users only."},
		}}
}

// enterpriseUser is the enterprise extension (RFC 7643 section 4.3).
func enterpriseUser() *Schema {
	return &Schema{ID: EnterpriseUserURN, Name: "EnterpriseUser", Description: "Enterprise User", Attributes: []*Attribute{
		text("employeeNumber", "The number or code that the organization gave to the person."),
		text("costCenter", "The name of a cost center."),
		text("organization", "The name of an organization."),
		text("division", "The name of a division."),
		text("department", "The name of a department."),
		{Name: "manager", Type: Complex, Description: "The user's manager.", SubAttributes: []*Attribute{
			text("value", "The id of the manager's resource."),
			{Name: "$ref", Type: Reference, ReferenceTypes: []string{"User"}, Description: "The URI of the manager's resource."},
			{Name: "displayName", Type: String, Mutability: ReadOnly, Description: "The manager's name, ready for display."},
		}},
	}}
}
