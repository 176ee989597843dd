package store

import (
	"context"

	"drawbridge/bridge"
)

// tombstoned finds an account that was one of a deleted customer's people, or carries the mark of a deleted customer.
const tombstoned = `SELECT COUNT(*) FROM (
  SELECT t.okta_id FROM tombstones t WHERE t.okta_id = $1
  UNION ALL SELECT c.id FROM customers c WHERE c.id = $2 AND c.state = 'deleted') AS found`

// Tombstoned reports whether an Okta account was linked with somebody of a deleted customer, or is marked as one's: customerID
// is what its owner marker says. Nobody may be linked with it.
func (s *Store) Tombstoned(ctx context.Context, oktaID, customerID string) (bool, error) {
	buried, err := s.reading().tombstoned(ctx, oktaID, customerID)
	return buried, failed("look for the tombstone of an account", err)
}

func (c *session) tombstoned(ctx context.Context, oktaID, customerID string) (bool, error) {
	var n int
	_, err := c.get(ctx, &n, tombstoned, text(oktaID), text(customerID))
	return n > 0, err
}

// buried says that an account cannot be linked because it was one of a deleted customer's people, if that is so.
func (c *session) buried(ctx context.Context, oktaID string) error {
	found, err := c.tombstoned(ctx, oktaID, "")
	if err == nil && found {
		err = refusal(bridge.Conflict, "this Okta account was one of a deleted customer's people: nobody is linked with it")
	}
	return err
}
