package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

// servingStates are the states in which bridge.State.Serves, as SQL.
const servingStates = `('live', 'paused', 'held')`

// governingStates are the states in which bridge.State.Governs, as SQL.
const governingStates = `('live', 'held')`

// gateColumns come with every row that is read for an identity provider.
const gateColumns = `c.state AS gate_state, t.revoked_at AS gate_revoked, t.expires_at AS gate_expires, c.review_since AS gate_review`

// gate is the credential as a statement found it.
type gate struct {
	State   string `db:"gate_state"`
	Revoked int64  `db:"gate_revoked"`
	Expires int64  `db:"gate_expires"`
	Review  int64  `db:"gate_review"`
}

// check answers for the credential before anything else is answered; found is false where the token is not the
// customer's or is not there.
func (g gate) check(found bool, now time.Time) error {
	switch {
	case found && bridge.State(g.State).Cut(): // its tokens ended with it: whoever had one hears why
		return errRefused()
	case !found, g.Revoked != 0, g.Expires <= micros(now):
		return errUnauthorized()
	case !bridge.State(g.State).Serves():
		return errRefused()
	case g.Review != 0:
		return errRestored()
	}
	return nil
}

const checkCredential = `SELECT ` + gateColumns + ` FROM tokens t JOIN customers c ON c.id = t.customer_id WHERE t.id = ? AND t.customer_id = ?`

// CheckCredential returns nil, Unauthorized (unknown, expired or revoked) or Refused (the connection does not serve).
func (s *Store) CheckCredential(ctx context.Context, c bridge.Credential, now time.Time) error {
	return failed("check a credential", s.reading().checkCredential(ctx, c, now))
}

func (c *session) checkCredential(ctx context.Context, cred bridge.Credential, now time.Time) error {
	var g gate
	found, err := c.get(ctx, &g, checkCredential, cred.TokenID, cred.CustomerID)
	if err != nil {
		return err
	}
	return g.check(found, now)
}

const (
	openGate         = `SELECT c.id ` + gateSQLite
	openGatePostgres = `SELECT c.id ` + gateHolds
)

// holdGate checks the credential and holds it for the rest of the transaction.
func (c *session) holdGate(ctx context.Context, now time.Time, cred bridge.Credential) error {
	var id string
	open, err := c.get(ctx, &id, c.store.dialect.pick(openGate, openGatePostgres), cred.CustomerID, cred.TokenID, micros(now))
	if err != nil || open {
		return err
	}
	if err := c.checkCredential(ctx, cred, now); err != nil {
		return err
	}
	return refusal(bridge.Conflict, "the customer's token or connection is being changed; repeat the request")
}
