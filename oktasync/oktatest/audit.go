package oktatest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// AuditOptions say whose requests are audited and what is allowed. The zero value audits DefaultToken and allows nothing
// that needs an approval.
type AuditOptions struct {
	// Token is the name of the token; empty means DefaultToken.
	Token string
	// Grace is how long a user must have been SUSPENDED before it may be deactivated (I4).
	Grace time.Duration
	// Approved reports whether a person approved to deactivate the user without the grace period; nil approves nobody.
	Approved func(userID string) bool
	// Protected are ids or logins that no request may change, besides the administrators, whom the log knows (I10).
	Protected []string
	// AdminLag excuses a write to somebody who has been an administrator for no longer than this: role assignments can
	// only be read now and then.
	AdminLag time.Duration
	// Ours reports whether a marker is one that the audited program set; nil takes every complete marker as that.
	Ours func(scimKey, scimCustomer string) bool
	// TailOpen allows the log to end before a revocation was read back, as after a crash (I6).
	TailOpen bool
	// Undisturbed also demands that nobody else changed the user between the read and the revocation (I6). Okta has no
	// condition on lifecycle calls, so a test can ask for it only where nobody else is at work.
	Undisturbed bool
	// Records begins the names of the groups that the audited program keeps; other groups it may not write. Empty means
	// "drawbridge-record".
	Records string
	// MaxInFlight is how many requests may be open at once; 0 means 10 (I33).
	MaxInFlight int
	// Share is the part of each rate limit that may be used, such as 0.5; 0 does not check it (I33).
	Share float64
}

// Reporter is the part of testing.TB that Audit needs.
type Reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// Audit reports every safety rule that the org's request log shows broken.
func Audit(tb Reporter, o *Org, a AuditOptions) {
	tb.Helper()
	for _, v := range Violations(o.Log(), a) {
		tb.Errorf("%s", v)
	}
}

// Violations lists the broken rules, each as its invariant, the entry that broke it, and why. The entries must begin
// with the org: after ClearLog nobody can tell where an id came from.
func Violations(entries []Entry, a AuditOptions) []string {
	if a.Token == "" {
		a.Token = DefaultToken
	}
	if a.Records == "" {
		a.Records = "drawbridge-record"
	}
	if a.MaxInFlight == 0 {
		a.MaxInFlight = 10
	}
	if a.Approved == nil {
		a.Approved = func(string) bool { return false }
	}
	if a.Ours == nil {
		a.Ours = func(scimKey, scimCustomer string) bool { return scimKey != "" && scimCustomer != "" }
	}
	au := &auditor{AuditOptions: a, all: entries}
	for _, e := range entries {
		if e.Token == a.Token {
			au.own = append(au.own, e)
		}
	}
	for _, check := range []func(*auditor){
		(*auditor).noDamage, (*auditor).recordedIDs, (*auditor).recordsAlone, (*auditor).readAround, (*auditor).noProtected, (*auditor).firstContact,
		(*auditor).oneUserPerKey, (*auditor).noBlindRepeat, (*auditor).oneWriteAtOnce, (*auditor).withinLimits,
	} {
		check(au)
	}
	return au.found
}

type auditor struct {
	AuditOptions
	all, own []Entry
	found    []string
}

func (au *auditor) report(invariant string, e Entry, format string, args ...any) {
	au.found = append(au.found, fmt.Sprintf("%s: entry %d, %s %s (%s): %s", invariant, e.Seq, e.Method, e.Path, e.Op, fmt.Sprintf(format, args...)))
}

var (
	userID  = regexp.MustCompile(`^00u[A-Za-z0-9]{17}$`)
	groupID = regexp.MustCompile(`^00g[A-Za-z0-9]{17}$`)
)

// pathIDs returns what stands in the path in the places of a user and a group, as it was sent.
func pathIDs(path string) (user, group string) {
	parts := strings.Split(strings.TrimPrefix(path, "/api/v1/"), "/")
	switch {
	case len(parts) > 1 && parts[0] == "users":
		return parts[1], ""
	case len(parts) > 3 && parts[0] == "groups" && parts[2] == "users":
		return parts[3], parts[1]
	case len(parts) > 1 && parts[0] == "groups" && parts[1] != "rules":
		return "", parts[1]
	}
	return "", ""
}

// readsByID reports whether the entry is an answered read of the user by its id.
func (e Entry) readsByID(id string) bool {
	user, _ := pathIDs(e.Path)
	return e.Op == "read" && user == id && e.Answered && e.Status == 200 && len(e.Seen) == 1
}

// ambiguous reports whether the client cannot know if the request took effect.
func (e Entry) ambiguous() bool {
	return e.End.IsZero() || e.Status >= 500 || e.Status < 300 && !e.Answered
}

func (e Entry) revokes() bool { return e.Op == "suspend" || e.Op == "deactivate" }

// lifecycle reports whether the entry is a request that moves the user to another status.
func (e Entry) lifecycle() bool {
	switch e.Op {
	case "activate", "reactivate", "suspend", "unsuspend", "deactivate", "unlock", "reset_password", "expire_password", "delete":
		return true
	}
	return false
}

// profileSent returns the profile in the request body, and whether the body holds anything else.
func (e Entry) profileSent() (profile map[string]any, more bool) {
	var body map[string]json.RawMessage
	if json.Unmarshal(e.Body, &body) != nil {
		return nil, len(e.Body) > 0
	}
	if json.Unmarshal(body["profile"], &profile) != nil {
		return nil, true
	}
	return profile, len(body) > 1
}

func (e Entry) sent(attribute string) string {
	profile, _ := e.profileSent()
	s, _ := profile[attribute].(string)
	return s
}

// marksOnly reports whether the request writes the owner marker and nothing else.
func (e Entry) marksOnly() bool {
	profile, more := e.profileSent()
	if e.Op != "update" || more || len(profile) == 0 {
		return false
	}
	for name := range profile {
		switch name {
		case "scimKey", "scimCustomer", "isSCIMConnected", "isSCIMActive":
		default:
			return false
		}
	}
	return true
}

// looksUp reports whether the entry is an answered search for the key or the login.
func (e Entry) looksUp(key, login string) bool {
	if !e.Answered || e.Status != 200 {
		return false
	}
	if e.Op == "read" {
		user, _ := pathIDs(e.Path)
		name, err := url.PathUnescape(user)
		return err == nil && login != "" && strings.EqualFold(name, login)
	}
	if e.Op != "list" {
		return false
	}
	query, err := url.QueryUnescape(e.Query)
	return err == nil && (key != "" && strings.Contains(query, key) || login != "" && strings.Contains(query, login))
}

// over reports whether e had ended, for its client, when f began.
func (e Entry) over(f Entry) bool { return !e.End.IsZero() && !e.End.After(f.Start) }
