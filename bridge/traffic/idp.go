package traffic

import "strings"

// agents are what IdPs call themselves in the User-Agent, in lower case; the first that fits names it.
func agents() [18][2]string {
	return [...][2]string{
		{"okta", "okta"}, {"google-auto-provisioning", "google"}, {"goauthentik.io", "authentik"}, {"onelogin", "onelogin"},
		{"jumpcloud", "jumpcloud"}, {"pingone", "pingone"}, {"pingfederate", "pingone"}, {"pingidentity", "pingone"},
		{"rippling", "rippling"}, {"keycloak", "keycloak"}, {"pocket-id", "pocketid"}, {"pocketid", "pocketid"}, {"wso2", "wso2"},
		{"workos", "workos"}, {"sailpoint", "sailpoint"}, {"workday", "workday"}, {"microsoft", "entra"}, {"azure", "entra"},
	}
}

// idp names the IdP; certain if it named itself, else by a habit that others may share. Empty if nothing tells.
func (r *reading) idp() (name string, certain bool) {
	query := strings.ToLower(r.query)
	if r.adscim || strings.Contains(query, "aadoptscim062020") || strings.Contains(query, "azureadscimpatch2017") {
		return "entra", true
	}
	agent := strings.ToLower(r.agent)
	for _, a := range agents() {
		if strings.Contains(agent, a[0]) {
			return a[1], true
		}
	}
	switch {
	case r.operationKeys() == "value,op,path":
		return "onelogin", r.hushed
	case r.hushed || agent == "":
		return r.shape(), false
	case strings.HasPrefix(agent, "go-http-client/") && strings.Contains(query, "count=1000"):
		return "pocketid", false
	}
	return "", false
}

// shape names an IdP by how its bodies look.
func (r *reading) shape() string {
	schemas := r.sent.member("schemas")
	switch {
	case schemas != nil && len(schemas.kids) > 1 && schemas.kids[1].text == "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group":
		return "entra"
	case len(r.sent.kids) > 3 && r.sent.kids[0].key == "active" && r.sent.kids[len(r.sent.kids)-1].key == "userName":
		return "jumpcloud" // its members stand in the order of their names
	case r.hushed:
		return "onelogin"
	}
	return ""
}

// operationKeys is the order in which the first operation of a PATCH has its members.
func (r *reading) operationKeys() string {
	operations := r.sent.member("Operations")
	if operations == nil || len(operations.kids) == 0 {
		return ""
	}
	var keys []string
	for _, kid := range operations.kids[0].kids {
		keys = append(keys, kid.key)
	}
	return strings.Join(keys, ",")
}
