package filter

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"drawbridge/scim/schema"
)

// testType has what the User resource type lacks: numbers, binaries and dates outside meta, simple lists, and secrets
// of every kind.
func testType() *schema.ResourceType {
	return schema.New(schema.ResourceType{
		ID: "Thing", Name: "Thing", Endpoint: "/Things",
		Schema: &schema.Schema{ID: "urn:example:Thing", Attributes: []*schema.Attribute{
			{Name: "folded", Type: schema.String},
			{Name: "exact", Type: schema.String, CaseExact: true},
			{Name: "count", Type: schema.Integer},
			{Name: "weight", Type: schema.Decimal},
			{Name: "due", Type: schema.DateTime},
			{Name: "flag", Type: schema.Boolean},
			{Name: "blob", Type: schema.Binary},
			{Name: "tags", Type: schema.String, MultiValued: true},
			{Name: "sizes", Type: schema.Integer, MultiValued: true},
			{Name: "hidden", Type: schema.String, Returned: schema.Never},
			{Name: "sink", Type: schema.Complex, Mutability: schema.WriteOnly, SubAttributes: []*schema.Attribute{{Name: "value", Type: schema.String}}},
			{Name: "vault", Type: schema.Complex, SubAttributes: []*schema.Attribute{{Name: "value", Type: schema.String, Returned: schema.Never}}},
			{Name: "colors", Type: schema.String, MultiValued: true},
			{Name: "box", Type: schema.Complex, SubAttributes: []*schema.Attribute{
				{Name: "open", Type: schema.String},
				{Name: "key", Type: schema.String, Returned: schema.Never},
				{Name: "list", Type: schema.String, MultiValued: true},
			}},
		}},
	})
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

const anna = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "` + enterprise + `"],
	"id": "Abc", "externalId": "Ext1", "userName": "Anna.MÜLLER@acme.example", "active": true,
	"name": {"givenName": "Anna", "familyName": "Straße"}, "displayName": "", "title": null, "nickName": "100%_\\\"x",
	"emails": [{"value": "anna@acme.example", "type": "work", "primary": true}, {"value": "a@home.example", "type": "home"}, {"display": "no value"}, null],
	"phoneNumbers": [], "ims": [null], "addresses": [{}], "photos": {"value": "not a list"},
	"` + enterprise + `": {"department": "Sales", "manager": {"value": "M1"}},
	"meta": {"resourceType": "User", "created": "2024-01-02T03:04:05Z", "lastModified": "2024-01-02T03:04:05.5+01:00"}
}`

func TestMatch(t *testing.T) {
	tests := []struct {
		filter string
		want   bool
	}{
		// Strings: the case counts where the schema says so.
		{`userName eq "anna.müller@ACME.example"`, true},
		{`USERNAME eq "anna.mu\u0308ller@acme.example"`, true}, // the same letter, decomposed
		{`userName eq "anna"`, false},
		{`name.familyName eq "STRASSE"`, true},
		{`name.familyName co "SS"`, true},
		{`externalId eq "Ext1"`, true},
		{`externalId eq "ext1"`, false},
		{`externalId sw "E" and externalId ew "1" and externalId co "xt"`, true},
		{`externalId sw "e"`, false},
		{`id eq "Abc" and not (id eq "abc")`, true},
		{`nickName eq "100%_\\\"X"`, true},
		{`nickName sw "100%_"`, true},
		{`nickName sw "100__"`, false},
		{`nickName co "%"`, true},
		{`nickName ew "%"`, false},
		{`userName gt "anna" and userName ge "anna" and userName lt "B" and userName le "b"`, true},
		{`externalId gt "ext"`, false}, // bytes: E is before e
		{`externalId le "Ext1" and externalId ge "Ext1"`, true},
		{`externalId lt "Ext1" or externalId gt "Ext1"`, false},
		{`displayName eq ""`, true},
		{`displayName pr`, true},
		{`displayName co "" and displayName sw "" and displayName ew ""`, true},
		// Booleans, with Entra ID's strings.
		{`active eq true`, true},
		{`active eq "True"`, true},
		{`active eq "False"`, false},
		{`active ne false`, true},
		{`active ne true`, false},
		// Unassigned.
		{`title pr`, false},
		{`title eq null`, true},
		{`title ne null`, false},
		{`title eq "x" or title co "" or title gt ""`, false},
		{`title ne "x"`, true},
		{`locale ne "x" and not (locale eq "x") and not (locale pr)`, true},
		{`phoneNumbers pr or ims pr or addresses pr or photos pr`, false},
		{`phoneNumbers eq null and ims eq null and addresses eq null and photos eq null`, true},
		{`phoneNumbers.value eq "x" or phoneNumbers.value co ""`, false},
		{`phoneNumbers.value ne "x" and ims ne "x" and photos ne "x"`, true},
		{`photos.value eq "not a list"`, false},
		// Complex and multi-valued.
		{`name pr`, true},
		{`name ne null`, true},
		{`name.middleName pr`, false},
		{`emails pr`, true},
		{`emails.type eq "WORK"`, true},
		{`emails.type eq "other"`, false},
		{`emails co "HOME.example"`, true},
		{`emails eq "anna@acme.example"`, true},
		{`emails ne "anna@acme.example"`, true}, // another element differs
		{`emails.primary eq true`, true},
		{`emails.primary ne true`, true},   // of an element without it
		{`emails.primary eq false`, false}, // absent is not false
		{`emails[type eq "work" and value co "acme"]`, true},
		{`emails[type eq "home" and value co "acme"]`, false},
		{`emails[type eq "work"] and emails[value co "home"]`, true},
		{`emails[not (type pr)]`, true},
		{`emails[type ne "work" and type pr]`, true},
		{`emails[value eq null and display pr]`, true},
		{`phoneNumbers[type ne "work"]`, false}, // no element at all
		{`addresses[type ne "work"]`, true},     // an element with nothing in it
		// The dialect.
		{`emails[type eq "work"].value eq "Anna@acme.example"`, true},
		{`emails[type eq "work"].value eq "a@home.example"`, false},
		{`emails[type eq "work"].value ne "a@home.example"`, true},
		{`emails[display pr].value pr`, false},
		{`name[givenName eq "ANNA"].familyName pr`, true},
		{`name[givenName eq "ANNA"].middleName pr`, false},
		{`name[givenName eq "Bob"].familyName pr`, false},
		{`name[givenName eq "Anna" and familyName sw "S"]`, true},
		// Extensions, and the names of both schemas in full.
		{`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "anna"`, true},
		{`URN:IETF:params:scim:schemas:core:2.0:user:NAME.givenname eq "anna"`, true},
		{enterprise + `:department eq "sales"`, true},
		{strings.ToUpper(enterprise) + `:DEPARTMENT ne "sales"`, false},
		{enterprise + `:division pr`, false},
		{enterprise + `:manager eq "m1"`, true},
		{enterprise + `:manager.value eq "M1"`, true},
		{`manager eq "M1"`, true}, // as Entra ID asks
		{enterprise + `:manager[value eq "M1"].displayName pr`, false},
		{`schemas eq "` + enterprise + `"`, true},
		{`schemas eq "urn:example"`, false},
		{`schemas pr`, true},
		// Dates compare as instants.
		{`meta.created eq "2024-01-02T04:04:05.000+01:00"`, true},
		{`meta.created gt "2024-01-02T03:04:04.999Z"`, true},
		{`meta.lastModified lt "2024-01-02T03:04:05Z"`, true},
		{`meta.lastModified ge "2024-01-02T02:04:05.5Z" and meta.lastModified le "2024-01-02T02:04:05.5Z"`, true},
		{`meta.lastModified ne "2024-01-02T02:04:05.5Z"`, false},
		{`meta.created pr and meta.resourceType eq "User" and meta pr`, true},
		// Logic.
		{`active eq false and active eq true or active eq true`, true},
		{`active eq true or active eq true and active eq false`, true},
		{`(active eq true or active eq true) and active eq false`, false},
		{`not (active eq true) or not (active eq false)`, true},
		{`not (not (title eq "x"))`, false},
	}
	res := decode(t, anna)
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			x, err := Parse(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if err := Check(x, schema.User()); err != nil {
				t.Fatal(err)
			}
			if got := Match(x, schema.User(), res); got != tt.want {
				t.Errorf("Match = %v; want %v", got, tt.want)
			}
		})
	}
}

// Attribute types that a user does not have, and values of another type than the schema's.
func TestMatchTypes(t *testing.T) {
	res := decode(t, `{"folded": 5, "exact": ["a"], "count": 12, "weight": 0.50, "due": "2024-01-02T03:04:05Z", "flag": "True",
		"blob": "AbC=", "tags": ["Red", "GREEN", null, 7], "sizes": [1, 20], "colors": ["red", null], "box": "shut"}`)
	res["weight"] = 0.5 // decoders differ: json.Number or float64
	tests := []struct {
		filter string
		want   bool
	}{
		{`count eq 12.0 and count ge 12 and count le 1.2e1 and count gt 2 and count lt 100`, true},
		{`count ne 12`, false},
		{`weight eq 0.5 and weight lt 1`, true},
		{`sizes eq 20 and sizes lt 2 and sizes ne 1`, true},
		{`sizes gt 20`, false},
		{`tags eq "green" and tags sw "R"`, true},
		{`tags eq "7"`, false},
		{`tags ne "red" and tags pr`, true},
		{`colors ne "red"`, false}, // null is no element
		{`due eq "2024-01-02T03:04:05.0Z"`, true},
		{`blob eq "AbC=" and blob ne "abc="`, true},
		{`folded eq "5" or folded co "5" or folded lt "x"`, false},
		{`folded ne "5"`, true},
		{`exact eq "a" or exact pr`, false},
		{`flag eq true or flag eq false`, false},
		{`flag ne true and flag ne false`, true},
		{`box pr or box.open pr`, false},
		{`box.open ne "x" and box eq null`, true},
		{`box[open ne "x"]`, false},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			x, err := Parse(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if err := Check(x, testType()); err != nil {
				t.Fatal(err)
			}
			if got := Match(x, testType(), res); got != tt.want {
				t.Errorf("Match = %v; want %v", got, tt.want)
			}
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	long := strings.Repeat("a", 500)
	tests := []struct {
		name, filter string
		rt           *schema.ResourceType
		want         string // part of the message
	}{
		{"unknown attribute", `shoeSize eq "secret"`, schema.User(), "shoeSize"},
		{"unknown attribute, long", long + ` pr`, schema.User(), strings.Repeat("a", 100) + "..."},
		{"unknown URN", `urn:example:User:userName pr`, schema.User(), "urn:example"},
		{"extension as a whole", enterprise + ` pr`, schema.User(), "no attribute"},
		{"core attribute in an extension", enterprise + `:userName pr`, schema.User(), "no attribute"},
		{"unknown sub-attribute", `name.nick eq "secret"`, schema.User(), "nick"},
		{"sub-attribute of a simple one", `userName.value eq "secret"`, schema.User(), "userName"},
		{"password", `password eq "secret"`, schema.User(), "never returned"},
		{"password, starts with", `password sw "s"`, schema.User(), "never returned"},
		{"password, present", `password pr`, schema.User(), "never returned"},
		{"password, qualified, in any case", coreUser + `:PassWord pr`, schema.User(), "never returned"},
		{"password behind or", `userName pr or password pr`, schema.User(), "never returned"},
		{"password behind not", `not (password eq "secret")`, schema.User(), "never returned"},
		{"returned never", `hidden pr`, testType(), "never returned"},
		{"write-only parent", `sink.value eq "secret"`, testType(), "never returned"},
		{"write-only parent, implied value", `sink eq "secret"`, testType(), "never returned"},
		{"write-only parent, brackets", `sink[value pr]`, testType(), "never returned"},
		{"secret value, implied", `vault eq "secret"`, testType(), "sub-attributes"},
		{"secret sub-attribute", `box.key eq "secret"`, testType(), "never returned"},
		{"secret sub-attribute in brackets", `box[key eq "secret"]`, testType(), "never returned"},
		{"secret sub-attribute in a tail", `box[open pr].key eq "secret"`, testType(), "never returned"},
		{"list in an element", `box.list eq "secret"`, testType(), "list"},
		{"list in brackets", `box[list eq "secret"]`, testType(), "list"},
		{"complex without value", `name eq "secret"`, schema.User(), "sub-attributes"},
		{"multi-valued complex without value", `addresses co "secret"`, schema.User(), "sub-attributes"},
		{"brackets on a simple one", `userName[value pr]`, schema.User(), "userName"},
		{"brackets on a simple list", `schemas[value pr]`, schema.User(), "schemas"},
		{"brackets on a sub-attribute", `emails.value[value pr]`, schema.User(), "emails.value"},
		{"resource attribute in brackets", `emails[userName eq "secret"]`, schema.User(), "userName"},
		{"URN in brackets", `emails[` + coreUser + `:value pr]`, schema.User(), "value"},
		{"unknown tail", `emails[type eq "work"].nick pr`, schema.User(), "nick"},
		{"order of booleans", `active gt false`, schema.User(), "boolean"},
		{"substring of booleans", `active co "True"`, schema.User(), "boolean"},
		{"string for a boolean", `active eq "secret"`, schema.User(), "true or false"},
		{"number for a boolean", `active eq 1`, schema.User(), "true or false"},
		{"boolean for a string", `userName eq true`, schema.User(), "double quotes"},
		{"number for a string", enterprise + `:employeeNumber eq 42`, schema.User(), "double quotes"},
		{"string for a number", `count eq "secret"`, testType(), "number"},
		{"substring of numbers", `count co 1`, testType(), "integer"},
		{"number too large", `weight gt 1e999`, testType(), "double precision"},
		{"order of binaries", `blob gt "secret"`, testType(), "binary"},
		{"order of certificates", `x509Certificates ge "secret"`, schema.User(), "binary"},
		{"substring of dates", `meta.created sw "2024"`, schema.User(), "dateTime"},
		{"date without time", `meta.created gt "2024-01-02"`, schema.User(), "dateTime"},
		{"number for a date", `meta.created gt 2024`, schema.User(), "double quotes"},
		{"order of null", `title gt null`, schema.User(), "null"},
		{"substring of null", `title co null`, schema.User(), "null"},
	}
	res := decode(t, anna)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, err := Parse(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			err = Check(x, tt.rt)
			var e *Error
			if !errors.As(err, &e) || e.Pos != NoPos || !strings.Contains(e.Msg, tt.want) {
				t.Fatalf("error %v; want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "secret") || len(err.Error()) > 250 {
				t.Errorf("error %q repeats the literal or is too long", err)
			}
			// What is refused selects nothing, not even negated.
			if Match(x, tt.rt, res) || Match(&Not{X: x}, tt.rt, res) {
				t.Error("Match = true")
			}
		})
	}
	if err := Check(nil, schema.User()); err == nil {
		t.Error("no filter at all was accepted")
	}
}

func TestElementMatcher(t *testing.T) {
	emails := schema.User().Attribute("", "emails")
	tests := []struct {
		filter, element string
		want            bool
	}{
		{`type eq "WORK"`, `{"type": "work"}`, true},
		{`type eq "work" and primary eq true`, `{"type": "work"}`, false},
		{`not (value pr)`, `{"type": "work"}`, true},
		{`not (value pr)`, `"a"`, false},
		{`not (value pr)`, `null`, false},
	}
	for _, tt := range tests {
		t.Run(tt.filter+" on "+tt.element, func(t *testing.T) {
			x, err := Parse(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			match, err := ElementMatcher(x, emails)
			if err != nil {
				t.Fatal(err)
			}
			if got := match(decode(t, `{"e": `+tt.element+`}`)["e"]); got != tt.want {
				t.Errorf("match = %v; want %v", got, tt.want)
			}
		})
	}
	if _, err := ElementMatcher(&Present{Path: at("userName")}, emails); err == nil {
		t.Error("an attribute that elements lack was accepted")
	}
}

// What identity providers ask, word for word but for the values.
func TestIdentityProviderFilters(t *testing.T) {
	tests := []struct {
		name, filter string
		want         bool
	}{
		{"Entra ID, connection test", `userName eq "3f1c5b7e-0d2a-4c53-9d34-6a3f0f6f1e11"`, false},
		{"Entra ID, match by name", `userName eq "anna.müller@acme.example"`, true},
		{"Entra ID, match by external id", `externalId eq "Ext1"`, true},
		{"Entra ID, match by work e-mail", `emails[type eq "work"].value eq "anna@acme.example"`, true},
		{"Entra ID, odd brackets", `name[givenName eq "anna"].familyName pr`, true},
		{"Entra ID, manager check", `id eq "Abc" and manager eq "M1"`, true},
		{"Okta, look-up", `userName eq "test.user@okta.local"`, false},
		{"OneLogin, activation", `userName eq "never-existing-user"`, false},
		{"PingFederate, by e-mail", `emails eq "anna@acme.example"`, true},
	}
	res := decode(t, anna)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, err := Parse(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if err := Check(x, schema.User()); err != nil {
				t.Fatal(err)
			}
			if got := Match(x, schema.User(), res); got != tt.want {
				t.Errorf("Match = %v; want %v", got, tt.want)
			}
		})
	}
}
