package oktatest

import (
	"bytes"
	"reflect"
	"slices"
	"sort"
	"time"
)

// Snapshot is what the log keeps of a user at one moment.
type Snapshot struct {
	Status        string
	StatusChanged time.Time
	Login, Email  string
	ScimKey       string
	ScimCustomer  string
	Connected     *bool // isSCIMConnected; nil when it is not set
	Active        *bool // isSCIMActive; nil when it is not set
	Provider      string
	Admin         bool // has an admin role, directly or through a group
	AdminSince    time.Time
}

// Seen is a user that an answer showed to the client.
type Seen struct {
	ID, Status, Login     string
	ScimKey, ScimCustomer string
}

// Entry is one request, or one change by hand, in the order in which the org applied them.
type Entry struct {
	Seq   int
	Token string // the token's name, never its secret; Hand for a change by hand; "" for an unknown token
	// Start is when the request came in. End is when its answer went out, or when the client hung up if that was
	// earlier; zero while it is in flight.
	Start, End   time.Time
	At           time.Time // when it was applied or refused
	Method, Path string
	Query        string
	Op           string // "create", "update", "replace", "read", "list", "suspend", ...; see routes.go
	Bucket       string
	Status       int  // the HTTP status that went out; 0 when the connection broke instead
	Applied      bool // the request succeeded, whatever the client learned of it
	Answered     bool // the client got the true answer, not a fault
	Limit        int  // X-Rate-Limit-Limit; 0 also for the concurrency limit
	Remaining    int
	Reset        time.Time
	UserID       string
	GroupID      string
	IdPID        string // of the identity provider that a sign-in came through
	Body         []byte
	Before       *Snapshot // of the user named; nil when there was none
	After        *Snapshot
	Changed      []string // profile attributes whose value changed
	Seen         []Seen   // the users that the answer showed
}

// Write reports whether the entry is a request that could change something.
func (e Entry) Write() bool { return e.Method != "" && e.Method != "GET" && e.Method != "HEAD" }

// Log returns a copy of the request log.
func (o *Org) Log() []Entry {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make([]Entry, len(o.log))
	for i, e := range o.log {
		out[i] = *e
		out[i].Body = bytes.Clone(e.Body)
		out[i].Changed = slices.Clone(e.Changed)
		out[i].Seen = slices.Clone(e.Seen)
	}
	return out
}

// ClearLog forgets the request log, so that a test can look at what follows alone.
func (o *Org) ClearLog() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.log = nil
}

func (o *Org) record(e *Entry) {
	e.Seq = len(o.log) + 1
	if n := len(o.log); n > 0 {
		e.Seq = o.log[n-1].Seq + 1
	}
	o.log = append(o.log, e)
}

func (o *Org) snapshot(u *user) *Snapshot {
	if u == nil {
		return nil
	}
	admin, since := o.isAdmin(u.id)
	return &Snapshot{
		Status: u.status, StatusChanged: u.statusChanged,
		Login: u.text("login"), Email: u.text("email"),
		ScimKey: u.text("scimKey"), ScimCustomer: u.text("scimCustomer"),
		Connected: u.flag("isSCIMConnected"), Active: u.flag("isSCIMActive"),
		Provider: u.provider.Type, Admin: admin, AdminSince: since,
	}
}

// changed lists the profile attributes in which two states of a user differ.
func changed(before, after *user) []string {
	if before == nil || after == nil || before == after {
		return nil
	}
	var names []string
	for k, v := range after.profile {
		if !reflect.DeepEqual(v, before.profile[k]) {
			names = append(names, k)
		}
	}
	for k := range before.profile {
		if _, ok := after.profile[k]; !ok {
			names = append(names, k)
		}
	}
	sort.Strings(names)
	return names
}
