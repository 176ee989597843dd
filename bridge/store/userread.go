package store

import (
	"context"
	"encoding/json"
	"time"

	"drawbridge/bridge"
)

const (
	gatedUserFrom = `SELECT ` + gateColumns + `, ` + userColumns + `
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN users u ON u.customer_id = c.id `

	userByID   = gatedUserFrom + `AND u.id = $3 AND NOT u.deleted WHERE t.id = $1 AND t.customer_id = $2`
	userByName = gatedUserFrom + `AND u.user_name_key = $3 AND NOT u.deleted WHERE t.id = $1 AND t.customer_id = $2`

	// The same with the groups as a JSON array of [id, name].
	userWithGroupsSQLite = `SELECT ` + gateColumns + `, ` + userColumns + `, (SELECT json_group_array(json_array(g.id, g.name)) FROM (
  SELECT v.id, json_extract(v.doc, '$.displayName') AS name` + groupsOfUser + `) g) AS user_groups
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN users u ON u.customer_id = c.id AND u.id = $3 AND NOT u.deleted
WHERE t.id = $1 AND t.customer_id = $2`
	userWithGroupsPostgres = `SELECT ` + gateColumns + `, ` + userColumns + `, (SELECT json_agg(json_build_array(g.id, g.name)) FROM (
  SELECT v.id, v.doc::json ->> 'displayName' AS name` + groupsOfUser + `) g) AS user_groups
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN users u ON u.customer_id = c.id AND u.id = $3 AND NOT u.deleted
WHERE t.id = $1 AND t.customer_id = $2`
	groupsOfUser = ` FROM group_members m CROSS JOIN groups v
  WHERE m.customer_id = c.id AND m.user_id = u.id AND v.customer_id = c.id AND v.id = m.group_id ORDER BY v.ordinal LIMIT $4`

	deletedUser = `SELECT ` + gateColumns + `, ` + userColumns + `
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN (
  SELECT ` + userColumns + ` FROM users u WHERE u.customer_id = $2 AND u.deleted AND u.user_name_key = $3
  UNION SELECT ` + userColumns + ` FROM users u WHERE u.customer_id = $2 AND u.deleted AND u.external_id = $4
) u ON TRUE
WHERE t.id = $1 AND t.customer_id = $2 ORDER BY u.deleted_at DESC, u.ordinal DESC`
)

// maxGroups bounds how many groups of a user are read.
const maxGroups = 1 << 30

// User reads one user that is not deleted, with its groups unless they are more than groups. Errors: Unauthorized, Refused,
// NotFound.
func (s *Store) User(ctx context.Context, now time.Time, c bridge.Credential, id string, groups int) (bridge.User, error) {
	if groups <= 0 {
		return s.oneUser(ctx, now, userByID, c, text(id))
	}
	var row struct {
		gatedUser
		Groups []byte `db:"user_groups"`
	}
	groups = min(groups, maxGroups)
	exists, err := s.reading().get(ctx, &row, s.dialect.pick(userWithGroupsSQLite, userWithGroupsPostgres), c.TokenID, c.CustomerID, text(id), groups+1)
	if err != nil {
		return bridge.User{}, failed("read a user", err)
	}
	u, err := row.outcome(exists, now)
	if err != nil {
		return bridge.User{}, err
	}
	list, err := groupPairs(row.Groups)
	return withGroups(u, list, groups), failed("read the groups of a user", err)
}

// groupPairs reads a JSON array of [id, name]; nothing is none.
func groupPairs(b []byte) ([]bridge.Reference, error) {
	if len(b) <= len("[]") {
		return nil, nil
	}
	var pairs [][2]string
	if err := json.Unmarshal(b, &pairs); err != nil {
		return nil, err
	}
	return mapped(pairs, func(p [2]string) bridge.Reference { return bridge.Reference{ID: p[0], Display: p[1]} }), nil
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
	return row.outcome(found, now)
}

func (r gatedUser) outcome(found bool, now time.Time) (bridge.User, error) {
	if err := r.check(found, now); err != nil {
		return bridge.User{}, err
	}
	if !r.ID.Valid {
		return bridge.User{}, errNoUser()
	}
	return r.user(), nil
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
