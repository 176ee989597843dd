package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

const (
	gatedUserFrom = `SELECT ` + gateColumns + `, ` + userColumns + `
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN users u ON u.customer_id = c.id `

	userByID    = gatedUserFrom + `AND u.id = $3 AND NOT u.deleted WHERE t.id = $1 AND t.customer_id = $2`
	userByName  = gatedUserFrom + `AND u.user_name_key = $3 AND NOT u.deleted WHERE t.id = $1 AND t.customer_id = $2`
	deletedUser = `SELECT ` + gateColumns + `, ` + userColumns + `
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN (
  SELECT ` + userColumns + ` FROM users u WHERE u.customer_id = $2 AND u.deleted AND u.user_name_key = $3
  UNION SELECT ` + userColumns + ` FROM users u WHERE u.customer_id = $2 AND u.deleted AND u.external_id = $4
) u ON TRUE
WHERE t.id = $1 AND t.customer_id = $2 ORDER BY u.deleted_at DESC, u.ordinal DESC`
)

// User reads one user that is not deleted. Errors: Unauthorized, Refused, NotFound.
func (s *Store) User(ctx context.Context, now time.Time, c bridge.Credential, id string) (bridge.User, error) {
	return s.oneUser(ctx, now, userByID, c, text(id))
}

// UserByName finds the user, not deleted, that bears a name key. Errors: Unauthorized, Refused, NotFound.
func (s *Store) UserByName(ctx context.Context, now time.Time, c bridge.Credential, nameKey string) (bridge.User, error) {
	return s.oneUser(ctx, now, userByName, c, text(nameKey))
}

func (s *Store) oneUser(ctx context.Context, now time.Time, query string, c bridge.Credential, key any) (bridge.User, error) {
	var row gatedUser
	found, err := s.reading().get(ctx, &row, query, c.TokenID, c.CustomerID, key)
	if err != nil {
		return bridge.User{}, failed("read a user", err)
	}
	if err := row.check(found, now); err != nil {
		return bridge.User{}, err
	}
	if !row.ID.Valid {
		return bridge.User{}, errNoUser()
	}
	return row.user(), nil
}

// DeletedUser lists the deleted users with this name key or, if it is not empty, this external id, the latest first.
// Errors: Unauthorized, Refused.
func (s *Store) DeletedUser(ctx context.Context, now time.Time, c bridge.Credential, nameKey, externalID string) ([]bridge.User, error) {
	external := optional(externalID)
	if external != nil {
		external = text(externalID)
	}
	var rows []gatedUser
	if err := s.reading().list(ctx, &rows, deletedUser, c.TokenID, c.CustomerID, text(nameKey), external); err != nil {
		return nil, failed("look for deleted users", err)
	}
	var first gate
	if len(rows) > 0 {
		first = rows[0].gate
	}
	if err := first.check(len(rows) > 0, now); err != nil {
		return nil, err
	}
	if !rows[0].ID.Valid {
		return nil, nil
	}
	return mapped(rows, func(r gatedUser) bridge.User { return r.user() }), nil
}
