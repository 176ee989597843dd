package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

// blockSize is how many ordinals lie in one block of user_block: a page skips fewer rows than that.
const blockSize = 1024

// InsertUser stores a user and returns its ordinal: with its event, its due mark and its count in one commit, and only if
// the credential is good at that commit. Errors: Unauthorized, Refused; Taken where a user of the customer bears the name;
// Conflict where a deleted one does and w is Fresh; Invalid where a value holds U+0000.
func (s *Store) InsertUser(ctx context.Context, now time.Time, w bridge.UserWrite) (int64, error) {
	if err := storableUser(w.User); err != nil {
		return 0, s.afterGate(ctx, w.Credential, now, err)
	}
	insert := s.insertUserSQLite
	if s.dialect == postgres {
		insert = s.insertUserPostgres
	}
	var ordinal int64
	err := s.settled(ctx, now, w, func() (done bool, err error) {
		ordinal, done, err = insert(ctx, now, w)
		return done, err
	})
	return ordinal, failed("insert a user", err)
}

// ReplaceUser stores the next version of a user, likewise. An empty Folded keeps the stored one, which reads leave out.
// Errors: Unauthorized, Refused, Taken, Invalid; Conflict where another write came first or the user is not there.
func (s *Store) ReplaceUser(ctx context.Context, now time.Time, w bridge.UserWrite) error {
	if err := storableUser(w.User); err != nil {
		return s.afterGate(ctx, w.Credential, now, err)
	}
	replace := s.replaceUserSQLite
	if s.dialect == postgres {
		replace = s.replaceUserPostgres
	}
	err := s.settled(ctx, now, w, func() (bool, error) { return replace(ctx, now, w) })
	return failed("replace a user", err)
}

// maxReasons bounds how often a write is repeated that changed nothing for a reason that was gone when it was looked for.
const maxReasons = 4

// settled runs a write until it is done or refused for a reason, and wakes the syncer after it.
func (s *Store) settled(ctx context.Context, now time.Time, w bridge.UserWrite, write func() (bool, error)) error {
	for range maxReasons {
		var done bool
		err := s.again(ctx, func() (err error) {
			done, err = write()
			return err
		})
		if kind, constraint := faultOf(err); kind == uniqueFault && (constraint == "" || constraint == "users_user_name") {
			return &bridge.Error{Code: bridge.Taken, Message: "a user with this userName exists already", Err: err}
		}
		if err != nil {
			return err
		}
		if done {
			s.Wake()
			return nil
		}
		if err := s.whyNot(ctx, now, w); err != nil {
			return err
		}
	}
	return refusal(bridge.Conflict, "the customer's token or connection is being changed; repeat the request")
}

const (
	liveName    = `SELECT COUNT(*) FROM users WHERE customer_id = ? AND user_name_key = ? AND NOT deleted`
	deletedName = `SELECT COUNT(*) FROM users WHERE customer_id = ? AND user_name_key = ? AND deleted`
	userVersion = `SELECT version FROM users WHERE customer_id = ? AND id = ?`
)

// whyNot finds out why a write changed nothing; nil if nothing stands in its way any more. It reads on the writer, whose
// next statement sees at least what the write saw.
func (s *Store) whyNot(ctx context.Context, now time.Time, w bridge.UserWrite) error {
	c := s.writing()
	if err := c.checkCredential(ctx, w.Credential, now); err != nil {
		return err
	}
	if w.User.Version > 1 {
		var version int64
		if _, err := c.get(ctx, &version, userVersion, w.Credential.CustomerID, w.User.ID); err != nil {
			return err
		}
		if version != w.User.Version-1 {
			return refusal(bridge.Conflict, "this user was changed by another request; read it again")
		}
		return nil
	}
	var live, deleted int
	if _, err := c.get(ctx, &live, liveName, w.Credential.CustomerID, w.User.NameKey); err != nil {
		return err
	}
	if live > 0 {
		return refusal(bridge.Taken, "a user with this userName exists already")
	}
	if _, err := c.get(ctx, &deleted, deletedName, w.Credential.CustomerID, w.User.NameKey); err != nil {
		return err
	}
	if deleted > 0 {
		return refusal(bridge.Conflict, "a deleted user bears this userName")
	}
	return nil
}

// storableUser refuses what the two databases would keep differently, if at all. JSON can spell U+0000 as an escape, which PostgreSQL
// takes as text and then fails to read as jsonb in every later filter.
func storableUser(u bridge.User) error {
	if storable(u.NameKey) && storable(u.ExternalID) && storableJSON(u.Doc) && storableJSON(u.Folded) {
		return nil
	}
	return refusal(bridge.Invalid, "an attribute holds the character U+0000 or text that is not UTF-8; remove it")
}

// afterGate returns err to those whose credential is good.
func (s *Store) afterGate(ctx context.Context, c bridge.Credential, now time.Time, err error) error {
	if bad := s.CheckCredential(ctx, c, now); bad != nil {
		return bad
	}
	return err
}
