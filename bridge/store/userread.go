package store

import (
	"context"
	"encoding/json"
	"time"

	"drawbridge/bridge"
)

const (
	aUser     = `SELECT ` + gateColumns + `, ` + userColumns + `, `
	ofGate    = ` FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN users u ON u.customer_id = c.id AND NOT u.deleted AND `
	theUserID = ofGate + `u.id = $3 WHERE t.id = $1 AND t.customer_id = $2`
	theName   = ofGate + `u.user_name_key = $3 WHERE t.id = $1 AND t.customer_id = $2`

	inGroup    = `EXISTS (SELECT 1 FROM group_members m WHERE m.customer_id = c.id AND m.user_id = u.id) AS grouped`
	userByID   = aUser + inGroup + theUserID
	userByName = aUser + inGroup + theName

	// The same with the groups.
	userGroupsSQLite = `(SELECT json_group_array(json_array(g.id, g.name)) FROM (
  SELECT v.id, json_extract(v.doc, '$.displayName') AS name` + groupsOfUser + `) g) AS user_groups`
	userGroupsPostgres = `(SELECT json_agg(json_build_array(g.id, g.name)) FROM (
  SELECT v.id, v.doc::json ->> 'displayName' AS name` + groupsOfUser + `) g) AS user_groups`
	groupsOfUser = ` FROM group_members m CROSS JOIN groups v
  WHERE m.customer_id = c.id AND m.user_id = u.id AND v.customer_id = c.id AND v.id = m.group_id ORDER BY v.ordinal LIMIT $4`
	userWithGroupsSQLite   = aUser + userGroupsSQLite + theUserID
	userWithGroupsPostgres = aUser + userGroupsPostgres + theUserID
	nameWithGroupsSQLite   = aUser + userGroupsSQLite + theName
	nameWithGroupsPostgres = aUser + userGroupsPostgres + theName

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
	return s.oneUser(ctx, now, userByID, s.dialect.pick(userWithGroupsSQLite, userWithGroupsPostgres), c, text(id), groups)
}

// UserByName finds the user, not deleted, that bears a name key, without its groups. Errors: Unauthorized, Refused, NotFound.
func (s *Store) UserByName(ctx context.Context, now time.Time, c bridge.Credential, nameKey string) (bridge.User, error) {
	return s.userByName(ctx, now, c, nameKey, 0)
}

func (s *Store) userByName(ctx context.Context, now time.Time, c bridge.Credential, nameKey string, groups int) (bridge.User, error) {
	return s.oneUser(ctx, now, userByName, s.dialect.pick(nameWithGroupsSQLite, nameWithGroupsPostgres), c, text(nameKey), groups)
}

// oneUser reads a user by the statement alone, which says whether it is in a group, or by full, which reads its groups too and
// costs a user without any a tenth more. Of most customers either nearly everybody is in a group or nobody is, so the first one
// who is decides how those after it are read: which of the two statements runs first says nothing of what is answered.
func (s *Store) oneUser(ctx context.Context, now time.Time, alone, full string, c bridge.Credential, key any, groups int) (bridge.User, error) {
	if _, grouped := s.grouped.Load(c.CustomerID); !grouped || groups <= 0 {
		row, err := s.gatedUser(ctx, now, alone, c.TokenID, c.CustomerID, key)
		if err != nil {
			return bridge.User{}, err
		}
		if !row.Grouped || groups <= 0 {
			return row.user(), nil
		}
		s.grouped.Store(c.CustomerID, true)
	}
	groups = min(groups, maxGroups)
	row, err := s.gatedUser(ctx, now, full, c.TokenID, c.CustomerID, key, groups+1)
	if err != nil {
		return bridge.User{}, err
	}
	list, err := groupPairs(row.Groups)
	return withGroups(row.user(), list, groups), failed("read the groups of a user", err)
}

// gatedUser reads one row and checks it.
func (s *Store) gatedUser(ctx context.Context, now time.Time, query string, args ...any) (gatedUser, error) {
	var row gatedUser
	found, err := s.reading().get(ctx, &row, query, args...)
	if err != nil {
		return gatedUser{}, failed("read a user", err)
	}
	if err := row.check(found, now); err != nil {
		return gatedUser{}, err
	}
	if !row.ID.Valid {
		return gatedUser{}, errNoUser()
	}
	return row, nil
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
