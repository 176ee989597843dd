package filter

import (
	"errors"
	"testing"

	"drawbridge/scim/schema"
)

// Filters over groups, as identity providers send them and as the RFC's grammar allows.
func TestMatchGroup(t *testing.T) {
	const group = "urn:ietf:params:scim:schemas:core:2.0:Group"
	res := decode(t, `{"schemas": ["`+group+`"], "id": "g1", "externalId": "Ext1", "displayName": "Sales Über",
		"members": [{"value": "u1", "$ref": "https://x.example/Users/u1", "display": "Anna", "type": "User"}, {"value": "u2", "type": "User"}],
		"meta": {"resourceType": "Group", "lastModified": "2024-01-02T03:04:05Z"}}`)
	empty := decode(t, `{"schemas": ["`+group+`"], "id": "g2", "displayName": "Empty"}`)
	for _, tt := range []struct {
		filter      string
		want, empty bool
	}{
		{`displayName eq "sales über"`, true, false},
		{`displayName eq "Sales"`, false, false},
		{`displayName sw "s" and displayName ne "Sales"`, true, false},
		{`externalId eq "Ext1"`, true, false},
		{`externalId eq "ext1"`, false, false},
		{`id eq "g1" and members eq "u1"`, true, false}, // how an old Entra job asks whether somebody is in
		{`id eq "g1" and members eq "u9"`, false, false},
		{`id eq "g2" and members eq "u1"`, false, false},
		{`members eq "U1"`, false, false}, // ids are case exact
		{`members.value eq "u2"`, true, false},
		{`members[value eq "u2"]`, true, false},
		{`members[value eq "u2" and type eq "user"]`, true, false},
		{`members[value eq "u2" and display pr]`, false, false},
		{`members[type eq "User"].value eq "u1"`, true, false},
		{`members[display eq "ANNA"].value eq "u2"`, false, false},
		{`members[not (value eq "u1")]`, true, false},
		{`not (members[value eq "u1"])`, false, true},
		{`not (members eq "u1")`, false, true},
		{`members.value eq "u1" and members.value eq "u2"`, true, false},
		{`members[value eq "u1" and value eq "u2"]`, false, false},
		{`members.value ne "u1"`, true, true},
		{`members pr`, true, false},
		{`members eq null`, false, true},
		{`members.$ref ew "/Users/u1"`, true, false},
		{`members.display co "nn"`, true, false},
		{group + `:members.value eq "u1"`, true, false},
		{group + `:members[value eq "u1"]`, true, false},
		{`URN:ietf:params:scim:schemas:core:2.0:group:DISPLAYNAME eq "empty"`, false, true},
		{`schemas eq "` + group + `"`, true, true},
		{`meta.resourceType eq "Group" and meta.lastModified gt "2024-01-01T00:00:00Z"`, true, false},
		{`displayName eq "x" and id eq "g1" or displayName eq "empty" or externalId pr and members pr`, true, true},
		{`(displayName eq "empty" or externalId pr) and members pr`, true, false},
	} {
		t.Run(tt.filter, func(t *testing.T) {
			x, err := Parse(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if err := Check(x, schema.Group()); err != nil {
				t.Fatal(err)
			}
			if got := Match(x, schema.Group(), res); got != tt.want {
				t.Errorf("the group: %v; want %v", got, tt.want)
			}
			if got := Match(x, schema.Group(), empty); got != tt.empty {
				t.Errorf("the empty group: %v; want %v", got, tt.empty)
			}
		})
	}
	for _, text := range []string{`userName eq "x"`, `members.nick eq "x"`, `members[nick eq "x"]`, `active eq true`,
		`members eq true`, `members gt 5`, enterprise + `:department eq "x"`, coreUser + `:displayName eq "x"`, `displayName[value eq "x"]`} {
		x, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var e *Error
		if err := Check(x, schema.Group()); !errors.As(err, &e) {
			t.Errorf("%s: %v; want a refusal", text, err)
		}
	}
}

// What identity providers ask is understood, of users or of groups, and has a canonical text.
func TestFiltersOfFixtures(t *testing.T) {
	filters, _ := sent(t)
	refused := 0
	for _, text := range filters {
		x, err := Parse(text)
		if err != nil || Check(x, schema.User()) != nil && Check(x, schema.Group()) != nil {
			t.Log("refused: ", text)
			refused++
			continue
		}
		again, err := Parse(x.String())
		if err != nil || again.String() != x.String() {
			t.Errorf("%s: canonical text %s gives %v, %v", text, x, again, err)
		}
	}
	if refused > 0 {
		t.Errorf("%d of %d are refused", refused, len(filters))
	}
}
