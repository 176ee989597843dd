package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

const insertGroup = `INSERT INTO groups (id, customer_id, name_key, external_id, doc, folded, version, members, created_at, modified_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING ordinal`

// InsertGroup stores a group with its members and its event in one commit, and only if the credential is good at that commit.
// It returns the group with its ordinal and the number of its members. Errors: Unauthorized, Refused; Taken where a group of
// the customer bears the name; Invalid where a member is no user of the customer or a value holds U+0000.
func (s *Store) InsertGroup(ctx context.Context, now time.Time, w bridge.GroupWrite) (bridge.Group, error) {
	g, customer := w.Group, w.Credential.CustomerID
	err := s.inGroupWrite(ctx, now, w, func(ctx context.Context, tx *session) error {
		if err := tx.mustBeUsers(ctx, customer, w.Members.Live); err != nil {
			return err
		}
		g.Members = len(w.Members.Add)
		_, err := tx.get(ctx, &g.Ordinal, insertGroup, g.ID, customer, g.NameKey, optional(g.ExternalID), string(g.Doc), string(g.Folded),
			g.Version, g.Members, micros(g.Created), micros(g.Modified))
		if err != nil {
			return groupTaken(err)
		}
		added, _, err := tx.changeMembers(ctx, customer, g.ID, w.Members)
		if err != nil {
			return err
		}
		return tx.addEvents(ctx, w.Event.Told(g, added, nil))
	})
	return g, failed("insert a group", err)
}

const (
	replaceGroup = `UPDATE groups SET name_key = $3, external_id = $4, doc = $5, folded = $6, version = $7, members = $8, modified_at = $9
WHERE customer_id = $1 AND id = $2`

	// What most writes are: nothing changes but the members, and SQLite writes no index anew.
	touchGroup = `UPDATE groups SET version = $3, members = $4, modified_at = $5 WHERE customer_id = $1 AND id = $2`
)

// ReplaceGroup stores the next version of a group, likewise; nothing where w is about the members alone and changes none.
// It returns the group as it is then, or that of w in the version that it had. Errors: Unauthorized, Refused, Taken, Invalid; Conflict where another write came first or
// the group is not there.
func (s *Store) ReplaceGroup(ctx context.Context, now time.Time, w bridge.GroupWrite) (bridge.Group, error) {
	g, customer := w.Group, w.Credential.CustomerID
	err := s.inGroupWrite(ctx, now, w, func(ctx context.Context, tx *session) error {
		g = w.Group
		members, err := tx.lockGroup(ctx, customer, g)
		if err != nil {
			return err
		}
		if err := tx.mustBeUsers(ctx, customer, w.Members.Live); err != nil {
			return err
		}
		added, removed, err := tx.changeMembers(ctx, customer, g.ID, w.Members)
		if err != nil {
			return err
		}
		g.Members = members + len(added) - len(removed)
		switch {
		case w.Event.Kind != bridge.EventGroupMembers:
			_, err = tx.exec(ctx, replaceGroup, customer, g.ID, g.NameKey, optional(g.ExternalID), string(g.Doc), string(g.Folded), g.Version, g.Members, micros(g.Modified))
		case len(added)+len(removed) == 0:
			g.Version--
			return nil
		default:
			_, err = tx.exec(ctx, touchGroup, customer, g.ID, g.Version, g.Members, micros(g.Modified))
		}
		if err != nil {
			return groupTaken(err)
		}
		return tx.addEvents(ctx, w.Event.Told(g, added, removed))
	})
	return g, failed("replace a group", err)
}

const (
	dropMembers = `DELETE FROM group_members WHERE customer_id = ? AND group_id = ?`
	dropGroup   = `DELETE FROM groups WHERE customer_id = ? AND id = ?`
)

// DeleteGroup takes a group away with its members, likewise. Errors: Unauthorized, Refused; Conflict where the group is not
// there in the version before that of w.
func (s *Store) DeleteGroup(ctx context.Context, now time.Time, w bridge.GroupWrite) error {
	customer, g := w.Credential.CustomerID, w.Group
	err := s.inGroupWrite(ctx, now, w, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockGroup(ctx, customer, g); err != nil {
			return err
		}
		for _, drop := range []string{dropMembers, dropGroup} {
			if _, err := tx.exec(ctx, drop, customer, g.ID); err != nil {
				return err
			}
		}
		return tx.addEvents(ctx, w.Event.Told(g, nil, nil))
	})
	return failed("delete a group", err)
}

// inGroupWrite runs the write of a group in a transaction for which the credential holds.
func (s *Store) inGroupWrite(ctx context.Context, now time.Time, w bridge.GroupWrite, fn func(context.Context, *session) error) error {
	if err := storableGroup(w); err != nil {
		return s.afterGate(ctx, w.Credential, now, err)
	}
	write := func(ctx context.Context, tx *session) error {
		if len(w.Members.Live) > 0 {
			if err := tx.keepUsers(ctx, w.Credential.CustomerID); err != nil {
				return err
			}
		}
		if err := tx.holdGate(ctx, now, w.Credential); err != nil {
			return err
		}
		return fn(ctx, tx)
	}
	if s.dialect == sqlite {
		return s.again(ctx, func() error { return s.inSharedCommit(ctx, write) })
	}
	return s.inTx(ctx, write)
}

const (
	groupVersion         = `SELECT version, members FROM groups WHERE customer_id = $1 AND id = $2`
	groupVersionPostgres = groupVersion + exclusively
)

// lockGroup takes the group for the rest of the transaction, in the version before that of g, and returns how many members
// it has.
func (c *session) lockGroup(ctx context.Context, customerID string, g bridge.Group) (members int, err error) {
	var row struct {
		Version int64 `db:"version"`
		Members int   `db:"members"`
	}
	_, err = c.get(ctx, &row, c.store.dialect.pick(groupVersion, groupVersionPostgres), customerID, g.ID)
	if err == nil && row.Version != g.Version-1 {
		err = refusal(bridge.Conflict, "this group was changed by another request; read it again")
	}
	return row.Members, err
}

func groupTaken(err error) error {
	return taken(err, bridge.Taken, "a group with this displayName exists already; look it up with a filter on displayName and update it")
}

// storableGroup refuses what the two databases would keep differently, if at all: see storableUser.
func storableGroup(w bridge.GroupWrite) error {
	g := w.Group
	if !storable(g.NameKey) || !storable(g.ExternalID) || !storableJSON(g.Doc) || !storableJSON(g.Folded) {
		return refusal(bridge.Invalid, "an attribute holds the character U+0000 or text that is not UTF-8; remove it")
	}
	for _, id := range w.Members.Live {
		if !storable(id) {
			return errNoMember()
		}
	}
	return nil
}
