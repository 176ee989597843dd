package bridge

import (
	"encoding/json"
	"time"

	"drawbridge/scim"
)

// Group is a group as the customer's IdP last wrote it. Its members are users of the customer, kept apart.
type Group struct {
	ID         string
	CustomerID string
	Ordinal    int64     // place in listings; given by the store
	NameKey    string    // displayName, folded: unique per customer
	ExternalID string    // empty: none
	Doc        []byte    // SCIM attributes as a JSON object without id, meta and members
	Folded     []byte    // Doc with the strings folded that compare without case: what filters read
	Version    int64     // grows by one with every write, and with every change of the members
	Members    int       // how many there are
	Created    time.Time //
	Modified   time.Time // at or after Created

	References []Reference // the members, as far as they were asked for
	Omitted    bool        // there are more members than were asked for, and none of them is here
}

// Reference points to a member of a group or to a group of a user, with its name for people.
type Reference = scim.Reference

// Query selects the users or groups of one page.
type Query = scim.Query

// Sort is the order of a Query.
type Sort = scim.Sort

// All asks for every reference of a resource.
const All = scim.All

// GroupWrite is one write of a group, committed as one: the group, its members and its event.
type GroupWrite struct {
	Credential Credential // of the IdP; the write happens only if it is good at the commit
	Group      Group      // the next state; Version is that of the previous one plus one (1 for a create)
	Members    MemberChange
	// Event tells of the write. One of kind EventGroupMembers belongs to a write that leaves the document as it is: if it
	// changes no member either, nothing is written at all.
	Event Event
}

// MemberChange is what a write does to the members of a group, as a whole: adding who is there and removing who is not change
// nothing. The zero value leaves the members alone.
type MemberChange struct {
	Reset  bool     // nobody stays but those in Add
	Add    []string // ids of users
	Remove []string // ids, whatever they are; none stands in Add
	// Live are the ids that must be users of the customer, not deleted, or the write fails: Add, and those that were added
	// and then removed again by the same request.
	Live []string
}

// GroupPage is one page of a customer's groups.
type GroupPage struct {
	Total  int
	Groups []Group
	More   bool // groups follow
}

// toldMembers bounds how many ids of members an event holds; it always holds their number.
const toldMembers = 50

// Told is the event of a write of a group, with the ids of the users who came in and went out.
func (e Event) Told(g Group, added, removed []string) Event {
	data := struct {
		Group   string   `json:"group"`
		Version int64    `json:"version"`
		Added   int      `json:"added,omitempty"`
		Removed int      `json:"removed,omitempty"`
		In      []string `json:"users_added,omitempty"`
		Out     []string `json:"users_removed,omitempty"`
	}{g.ID, g.Version, len(added), len(removed), first(added, toldMembers), first(removed, toldMembers)}
	b, err := json.Marshal(data)
	if err != nil {
		b = []byte("{}") // strings and numbers always marshal
	}
	e.CustomerID, e.Data = g.CustomerID, string(b)
	return e
}

func first(ids []string, n int) []string { return ids[:min(n, len(ids))] }
