package store

import (
	"context"
	"strings"
	"time"

	"drawbridge/bridge"
)

const (
	// formerKeys are the addresses that a rename leads to $4 from.
	formerKeys = `(SELECT CASE WHEN n.is_domain THEN CAST($6 AS TEXT) || '@' || n.old_key ELSE n.old_key END AS old_key FROM renames n
    WHERE n.customer_id = $2 AND (n.is_domain AND n.new_key = $7 OR NOT n.is_domain AND n.new_key = $4))`

	// Whom the IdP may mean, the surest sign first. A login is looked for as userName, and as what the account in Okta carries.
	formerUser = `SELECT ` + gateColumns + `, ` + userColumns + `, COALESCE(f.how, '') AS how
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN (
  SELECT x.user_id, x.how FROM (
    SELECT 1 AS place, id AS user_id, 'login' AS how FROM users WHERE customer_id = $2 AND user_name_key = $3 AND NOT deleted
    UNION ALL SELECT 2, user_id, 'login' FROM links WHERE customer_id = $2 AND login_key = $4
    UNION ALL SELECT 3, id, 'external_id' FROM users WHERE customer_id = $2 AND external_id = $5 AND NOT deleted
    UNION ALL SELECT 4, r.id, 'rename' FROM ` + formerKeys + ` k JOIN users r ON r.customer_id = $2 AND r.user_name_key = k.old_key AND NOT r.deleted
    UNION ALL SELECT 5, r.user_id, 'rename' FROM ` + formerKeys + ` k JOIN links r ON r.customer_id = $2 AND r.login_key = k.old_key
  ) x JOIN users y ON y.customer_id = $2 AND y.id = x.user_id JOIN customers w ON w.id = y.customer_id
  WHERE NOT y.deleted AND w.waiting_since <> 0 AND NOT EXISTS (SELECT 1 FROM arrivals a WHERE a.customer_id = $2 AND a.user_id = y.id)
  ORDER BY x.place, y.ordinal LIMIT 1
) f ON TRUE LEFT JOIN users u ON u.customer_id = c.id AND u.id = f.user_id
WHERE t.id = $1 AND t.customer_id = $2`

	arrive = `INSERT INTO arrivals (user_id, customer_id, at, how)
SELECT u.id, u.customer_id, $3, $4 FROM users u JOIN customers c ON c.id = u.customer_id WHERE u.customer_id = $1 AND u.id = $2 AND c.waiting_since <> 0
ON CONFLICT (user_id) DO NOTHING`

	endMissing = `DELETE FROM unmanaged WHERE customer_id = ? AND user_id = ? AND missing`
)

// FormerUser implements bridge.ArrivalStore.
func (s *Store) FormerUser(ctx context.Context, now time.Time, c bridge.Credential, nameKey, address, externalID string) (bridge.User, bridge.Match, error) {
	external := optional(externalID)
	if external != nil {
		external = text(externalID)
	}
	local, domain, _ := strings.Cut(address, "@") // of a normalized address, which holds no other
	var row struct {
		gatedUser
		How string `db:"how"`
	}
	found, err := s.reading().get(ctx, &row, formerUser, c.TokenID, c.CustomerID, text(nameKey), optional(address), external, local, optional(domain))
	if err != nil {
		return bridge.User{}, "", failed("look for a user of before", err)
	}
	if err := row.check(found, now); err != nil {
		return bridge.User{}, "", err
	}
	if !row.ID.Valid {
		return bridge.User{}, "", errNoUser()
	}
	return row.user(), bridge.Match(row.How), nil
}

// Arrive implements bridge.ArrivalStore.
func (s *Store) Arrive(ctx context.Context, now time.Time, c bridge.Credential, userID string, by bridge.Match) (bool, error) {
	var n int
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.holdGate(ctx, now, c); err != nil {
			return err
		}
		var err error
		n, err = tx.exec(ctx, arrive, c.CustomerID, userID, micros(now), string(by))
		return err
	})
	return n > 0, failed("note that a user is known to its identity provider", err)
}

// claim notes, for a write that claims somebody, that the IdP has shown to know them. It fails with Conflict where it had before, or
// the customer does not wait any more.
func (c *session) claim(ctx context.Context, now time.Time, w bridge.UserWrite) error {
	if w.Claim == "" {
		return nil
	}
	n, err := c.exec(ctx, arrive, w.Credential.CustomerID, w.User.ID, micros(now), string(w.Claim))
	if err == nil && n == 0 {
		err = refusal(bridge.Conflict, "another request was about this person; look them up again")
	}
	return err
}

// ComeBack implements bridge.ArrivalStore.
func (s *Store) ComeBack(ctx context.Context, now time.Time, c bridge.Credential, userID string, e bridge.Event) error {
	var back bool
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		back = false
		if err := tx.holdGate(ctx, now, c); err != nil {
			return err
		}
		n, err := tx.exec(ctx, endMissing, c.CustomerID, userID)
		if err != nil || n == 0 {
			return err
		}
		back = true
		if _, err := tx.exec(ctx, manageUser, c.CustomerID, userID); err != nil {
			return err
		}
		return tx.managed(ctx, c.CustomerID, userID, now, e)
	})
	if back {
		s.Wake()
	}
	return failed("put a user under SCIM again", err)
}
