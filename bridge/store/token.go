package store

import (
	"context"
	"fmt"
	"time"

	"drawbridge/bridge"
)

const tokenColumns = `t.id, t.customer_id, t.class, t.name, t.created_at, t.expires_at, t.last_used_at, t.revoked_at`

// tokenRow is a row of tokens.
type tokenRow struct {
	ID         string `db:"id"`
	CustomerID string `db:"customer_id"`
	Class      string `db:"class"`
	Name       string `db:"name"`
	Created    int64  `db:"created_at"`
	Expires    int64  `db:"expires_at"`
	LastUsed   int64  `db:"last_used_at"`
	Revoked    int64  `db:"revoked_at"`
}

func (r tokenRow) token() bridge.Token {
	return bridge.Token{
		ID: r.ID, CustomerID: r.CustomerID, Class: bridge.TokenClass(r.Class), Name: r.Name, Created: moment(r.Created),
		Expires: moment(r.Expires), LastUsed: moment(r.LastUsed), Revoked: moment(r.Revoked),
	}
}

const (
	liveTokens = `SELECT COUNT(*) FROM tokens WHERE customer_id = ? AND class = ? AND revoked_at = 0 AND expires_at > ?`

	addToken = `INSERT INTO tokens (id, customer_id, class, name, digest, created_at, expires_at, last_used_at, revoked_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// AddToken stores a token by the digest of its secret. It fails with Conflict where maxLive tokens of the class are live.
func (s *Store) AddToken(ctx context.Context, t bridge.Token, d bridge.Digest, maxLive int, e bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockAnyCustomer(ctx, customerByID, t.CustomerID); err != nil {
			return err
		}
		var live int
		if _, err := tx.get(ctx, &live, liveTokens, t.CustomerID, string(t.Class), micros(t.Created)); err != nil {
			return err
		}
		if live >= maxLive {
			return refusal(bridge.Conflict, fmt.Sprintf("the customer has %d live tokens already, as many as it may have; revoke one first", live))
		}
		_, err := tx.exec(ctx, addToken, t.ID, t.CustomerID, string(t.Class), t.Name, d[:], micros(t.Created), micros(t.Expires),
			micros(t.LastUsed), micros(t.Revoked))
		if err != nil {
			return taken(err, bridge.Taken, "this token exists already; create another one")
		}
		return tx.addEvents(ctx, e)
	})
	return failed("add the token", err)
}

const tokensOf = `SELECT ` + tokenColumns + ` FROM tokens t WHERE t.customer_id = ? ORDER BY t.created_at, t.id`

// Tokens lists the tokens of a customer, live or not, the oldest first.
func (s *Store) Tokens(ctx context.Context, customerID string) ([]bridge.Token, error) {
	var rows []tokenRow
	if err := s.reading().list(ctx, &rows, tokensOf, customerID); err != nil {
		return nil, failed("list the tokens", err)
	}
	return mapped(rows, tokenRow.token), nil
}

const (
	tokenExists = `SELECT COUNT(*) FROM tokens WHERE customer_id = ? AND id = ?`
	revokeToken = `UPDATE tokens SET revoked_at = ? WHERE customer_id = ? AND id = ? AND revoked_at = 0`
)

// RevokeToken ends a token: from its commit on no statement takes it. NotFound where the customer has no such token; one
// that is revoked already stays as it is, without an event.
func (s *Store) RevokeToken(ctx context.Context, customerID, tokenID string, at time.Time, e bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		// The customer first, as the writes do: two that take the same locks in two orders would wait for each other.
		if _, err := tx.lockAnyCustomer(ctx, customerByID, customerID); err != nil {
			return err
		}
		revoked, err := tx.exec(ctx, revokeToken, micros(at), customerID, tokenID)
		if err != nil {
			return err
		}
		if revoked == 1 {
			return tx.addEvents(ctx, e)
		}
		var exists int
		if _, err := tx.get(ctx, &exists, tokenExists, customerID, tokenID); err != nil {
			return err
		}
		if exists == 0 {
			return refusal(bridge.NotFound, "the customer has no such token; `drawbridge token list` shows them")
		}
		return nil
	})
	return failed("revoke the token", err)
}

// tokenByDigest is the one look-up that cannot name the customer: it finds out who it is.
const tokenByDigest = `SELECT ` + tokenColumns + `, c.slug AS "c.slug", c.name AS "c.name", c.state AS "c.state", c.epoch AS "c.epoch", c.okta_idp AS "c.okta_idp",
  c.logins AS "c.logins", c.grace AS "c.grace", c.suspend_only AS "c.suspend_only", c.rate AS "c.rate", c.request_log AS "c.request_log", c.group_patch AS "c.group_patch",
  c.created_at AS "c.created_at", c.modified_at AS "c.modified_at", c.disconnected_by AS "c.disconnected_by", c.verify_from AS "c.verify_from", c.time_zone AS "c.time_zone",
  c.paused_at AS "c.paused_at", c.paused_until AS "c.paused_until", c.pause_answer AS "c.pause_answer", c.review_since AS "c.review_since",
  c.waiting_since AS "c.waiting_since", c.joining_since AS "c.joining_since"
FROM tokens t JOIN customers c ON c.id = t.customer_id WHERE t.digest = ?`

// TokenByDigest finds a token, live or not, and its customer; NotFound where nobody has it.
func (s *Store) TokenByDigest(ctx context.Context, d bridge.Digest) (bridge.Token, bridge.Customer, error) {
	var row struct {
		tokenRow
		Customer customerRow `db:"c"`
	}
	found, err := s.reading().get(ctx, &row, tokenByDigest, d[:])
	if err == nil && !found {
		err = refusal(bridge.NotFound, "no such token")
	}
	if err != nil {
		return bridge.Token{}, bridge.Customer{}, failed("look up a token", err)
	}
	row.Customer.ID = row.CustomerID
	return row.token(), row.Customer.customer(), nil
}

const touchToken = `UPDATE tokens SET last_used_at = ? WHERE customer_id = ? AND id = ? AND last_used_at < ?`

// TouchToken notes when a token was used last; it never goes back.
func (s *Store) TouchToken(ctx context.Context, customerID, tokenID string, at time.Time) error {
	err := s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, touchToken, micros(at), customerID, tokenID, micros(at))
		return err
	})
	return failed("note the use of a token", err)
}
