package bridge

import (
	"bytes"
	"context"
	"encoding/json"

	"drawbridge/scim/schema"
)

// UserChange is a write of a user by a person of the vendor.
type UserChange struct {
	User    User // the next state; Version is that of the previous one plus one; an empty Folded keeps the stored one
	Members int  // change in the number of resources: +1 or 0
	Actives int  // change in the number of active resources
	Rank    Rank // of the due mark, whatever mark stands
	Event   Event
	Approve string // who lets the removal that this makes through; empty: nobody
}

// UserChanger writes users in a person's stead.
type UserChanger interface {
	// ChangeUsers applies change to each user, deleted ones too, under a lock on the customer that no write of its identity
	// provider passes, in one commit; change says false where nothing is to be done. It returns how many it changed, and the ids
	// of deleted users whom it left alone because their name is in use. It fails with Conflict where the connection does not
	// serve.
	ChangeUsers(ctx context.Context, customerID string, ids []string, change func(User) (UserChange, bool, error)) (changed int, taken []string, err error)
	// AddEvent stores an event alone.
	AddEvent(ctx context.Context, e Event) error
}

// withActive returns the user with the flag and the attribute changed alike. Numbers stay as they are written.
func (u User) withActive(active bool) (User, error) {
	var attrs map[string]any
	d := json.NewDecoder(bytes.NewReader(u.Doc))
	d.UseNumber()
	if err := d.Decode(&attrs); err != nil {
		return User{}, &Error{Code: Invalid, Message: "the stored attributes of user " + u.ID + " cannot be read", Err: err}
	}
	attrs["active"] = active
	var err error
	if u.Doc, err = encode(attrs); err != nil {
		return User{}, err
	}
	u.Active = active
	u.Folded, err = encode(schema.User().Folded(attrs))
	return u, err
}
