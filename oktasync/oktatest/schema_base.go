package oktatest

import "time"

// newUserSchema returns the schema of a fresh org: Okta's own attributes and nothing else.
func newUserSchema() *schema {
	base := map[string]property{
		"login":     attribute("Username", 5, 100, true),
		"firstName": attribute("First name", 1, 50, true),
		"lastName":  attribute("Last name", 1, 50, true),
		"email":     attribute("Primary email", 5, 100, true),
	}
	base["login"]["format"], base["email"]["format"] = "email", "email"
	for name, title := range map[string]string{
		"middleName": "Middle name", "honorificPrefix": "Honorific prefix", "honorificSuffix": "Honorific suffix",
		"title": "Title", "displayName": "Display name", "nickName": "Nickname", "profileUrl": "Profile Url",
		"primaryPhone": "Primary phone", "mobilePhone": "Mobile phone", "streetAddress": "Street address", "city": "City",
		"state": "State", "zipCode": "Zip code", "countryCode": "Country code", "postalAddress": "Postal address",
		"preferredLanguage": "Preferred language", "locale": "Locale", "timezone": "Time zone", "userType": "User type",
		"employeeNumber": "Employee number", "costCenter": "Cost center", "organization": "Organization",
		"division": "Division", "department": "Department", "managerId": "ManagerId", "manager": "Manager",
	} {
		base[name] = attribute(title, 0, 0, false)
	}
	base["secondEmail"] = attribute("Secondary email", 5, 100, false)
	base["secondEmail"]["format"] = "email"
	base["countryCode"]["maxLength"] = 2.0
	return newSchema("user", base)
}

func newGroupSchema() *schema {
	return newSchema("group", map[string]property{
		"name":        attribute("Name", 1, 255, true),
		"description": attribute("Description", 0, 1024, false),
	})
}

func newSchema(name string, base map[string]property) *schema {
	return &schema{name: name, base: base, custom: map[string]property{}, usable: map[string]time.Time{}}
}

func attribute(title string, least, most float64, required bool) property {
	p := property{
		"title": title, "type": "string", "mutability": "READ_WRITE", "scope": "NONE", "permissions": readOnlySelf(),
		"master": map[string]any{"type": "PROFILE_MASTER"},
	}
	if required {
		p["required"] = true
	}
	if least > 0 {
		p["minLength"] = least
	}
	if most > 0 {
		p["maxLength"] = most
	}
	return p
}
