package oktasync

import (
	"maps"
	"strings"

	"drawbridge/bridge"
	"drawbridge/oktasync/mapping"
)

// wanted is what an account should carry.
type wanted struct {
	profile  map[string]any
	loginKey string // the login in normal form
	leftOut  string // names of the attributes, joined by spaces, whose values Okta would refuse
}

// desired returns the whole profile that the account should carry. A login or e-mail address that must not stand in
// Okta (not verified for the customer, or not an address) leaves the one that is there.
func (j *job) desired() wanted {
	doc, err := j.User.Attributes()
	if err != nil {
		doc = nil // LoginBlock keeps such a user out of Okta
	}
	login, email := j.Identity(doc)
	profile, refused := mapping.Profile(doc, login, email)
	loginKey, _, _ := bridge.NormalizeAddress(login)
	if j.Link != nil && j.LoginBlock() != "" {
		profile["login"], profile["email"] = j.Link.Applied["login"], j.Link.Applied["email"]
		loginKey = j.Link.LoginKey
	}
	maps.Copy(profile, j.flags())
	profile[CustomerAttr], profile[KeyAttr] = j.User.CustomerID, j.User.ID
	return wanted{profile: profile, loginKey: loginKey, leftOut: strings.Join(refused, " ")}
}

// note is what an event says of it.
func (w wanted) note() map[string]string {
	if w.leftOut == "" {
		return nil
	}
	return map[string]string{"left_out": w.leftOut}
}

// flags are the two facts as Okta shows them.
func (j *job) flags() map[string]any {
	return map[string]any{ConnectedAttr: j.User.Connected, ActiveAttr: j.User.Active}
}

// diff returns what must be written; of an account that SCIM does not govern, the flags alone, and where the connection rests,
// nothing.
func (j *job) diff() map[string]any {
	if j.Customer.State == bridge.Off || j.Customer.State == bridge.Paused {
		return nil
	}
	if !j.User.Connected || !j.Customer.State.Governs() {
		return j.flagsDiff()
	}
	return mapping.Diff(j.Link.Applied, j.desired().profile)
}

// flagsDiff returns the flags that must be written.
func (j *job) flagsDiff() map[string]any {
	return mapping.Diff(pick(j.Link.Applied, ConnectedAttr, ActiveAttr), j.flags())
}

func pick(m map[string]any, keys ...string) map[string]any {
	out := make(map[string]any, len(keys))
	for _, k := range keys {
		out[k] = m[k]
	}
	return out
}
