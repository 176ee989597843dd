package oktatest

import (
	"maps"
	"net/http"
	"time"
)

// stamp renders a time as Okta does, whose user timestamps end on whole seconds; a time that is not set is null.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z")
}

type userJSON struct {
	ID              string         `json:"id"`
	Status          string         `json:"status"`
	Created         any            `json:"created"`
	Activated       any            `json:"activated"`
	StatusChanged   any            `json:"statusChanged"`
	LastLogin       any            `json:"lastLogin"`
	LastUpdated     any            `json:"lastUpdated"`
	PasswordChanged any            `json:"passwordChanged"`
	Type            idJSON         `json:"type"`
	Profile         map[string]any `json:"profile"`
	Credentials     map[string]any `json:"credentials"`
	Links           map[string]any `json:"_links"`
}

type idJSON struct {
	ID string `json:"id"`
}

// show renders a user and notes that the client saw it. A list shows only the link to the user itself.
func (o *Org) show(c *call, u *user, inList bool) userJSON {
	c.seen = append(c.seen, Seen{
		ID: u.id, Status: u.status, Login: u.text("login"),
		ScimKey: u.text("scimKey"), ScimCustomer: u.text("scimCustomer"),
	})
	self := origin(c.r) + "/api/v1/users/" + u.id
	links := map[string]any{"self": href(self, "")}
	if !inList {
		maps.Copy(links, statusLinks(u, self))
	}
	profile := map[string]any{"mobilePhone": nil, "secondEmail": nil} // Okta shows these two even when they are not set
	maps.Copy(profile, u.profile)
	return userJSON{
		ID: u.id, Status: u.status, Type: idJSON{u.typeID},
		Created: stamp(u.created), Activated: stamp(u.activated), StatusChanged: stamp(u.statusChanged),
		LastUpdated: stamp(u.lastUpdated), PasswordChanged: stamp(u.passwordChanged),
		Profile: profile, Credentials: credentialsJSON(u), Links: links,
	}
}

func credentialsJSON(u *user) map[string]any {
	m := map[string]any{"provider": u.provider}
	if u.password != "" {
		m["password"] = struct{}{}
	}
	if u.question != "" {
		m["recovery_question"] = map[string]string{"question": u.question}
	}
	return m
}

func href(url, method string) map[string]string {
	if method == "" {
		return map[string]string{"href": url}
	}
	return map[string]string{"href": url, "method": method}
}

// statusLinks are the operations that Okta offers for a user in its status.
func statusLinks(u *user, self string) map[string]any {
	paths := map[string]string{
		"activate": "/lifecycle/activate", "reactivate": "/lifecycle/reactivate", "suspend": "/lifecycle/suspend",
		"unsuspend": "/lifecycle/unsuspend", "deactivate": "/lifecycle/deactivate", "unlock": "/lifecycle/unlock",
		"resetPassword": "/lifecycle/reset_password", "expirePassword": "/lifecycle/expire_password",
		"forgotPassword": "/credentials/forgot_password", "changePassword": "/credentials/change_password",
		"changeRecoveryQuestion": "/credentials/change_recovery_question",
	}
	offered := map[string][]string{
		StatusStaged:          {"activate", "deactivate"},
		StatusProvisioned:     {"suspend", "reactivate", "resetPassword", "deactivate"},
		StatusActive:          {"suspend", "resetPassword", "expirePassword", "forgotPassword", "changePassword", "changeRecoveryQuestion", "deactivate"},
		StatusRecovery:        {"reactivate", "resetPassword", "deactivate"},
		StatusPasswordExpired: {"resetPassword", "expirePassword", "changePassword", "deactivate"},
		StatusLockedOut:       {"unlock", "resetPassword", "deactivate"},
		StatusSuspended:       {"unsuspend", "deactivate"},
		StatusDeprovisioned:   {"activate"},
	}
	links := map[string]any{}
	for _, name := range offered[u.status] {
		links[name] = href(self+paths[name], http.MethodPost)
	}
	if u.status == StatusDeprovisioned {
		links["delete"] = href(self, http.MethodDelete)
	}
	return links
}

// origin is the scheme and host under which the client reached the org; an absolute request URI carries its own.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	if r.URL.Scheme != "" {
		scheme = r.URL.Scheme
	}
	return scheme + "://" + r.Host
}
