package store

import (
	"context"
	"strings"
	"time"

	"drawbridge/bridge"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// listUsers finds the blocks in which the page begins and ends by the running sum of the blocks, so that it reads the
// users of those blocks alone; the sum of all is the total. Both come from the state of the database that the page
// comes from.
const listUsers = `WITH blocks AS (
  SELECT block, SUM(users) AS n FROM user_block WHERE customer_id = $2 GROUP BY block
), runs AS (
  SELECT block, n, SUM(n) OVER (ORDER BY block) AS upto FROM blocks
), first AS (
  SELECT block * 1024 AS ordinal, CAST($3 - 1 - (upto - n) AS BIGINT) AS skip FROM runs WHERE upto >= $3 ORDER BY block LIMIT 1
), past AS (
  SELECT (COALESCE(MIN(CASE WHEN upto >= $3 + $4 - 1 THEN block END), MAX(block)) + 1) * 1024 AS ordinal FROM runs
)
SELECT ` + gateColumns + `, (SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM blocks) AS total, ` + userColumns + `
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN (
  SELECT ` + userColumns + ` FROM users u
  WHERE u.customer_id = $2 AND NOT u.deleted AND u.ordinal >= (SELECT ordinal FROM first) AND u.ordinal < (SELECT ordinal FROM past)
  ORDER BY u.ordinal LIMIT $4 OFFSET COALESCE((SELECT skip FROM first), 0)
) u ON TRUE
WHERE t.id = $1 AND t.customer_id = $2 ORDER BY u.ordinal`

// ListUsers reads one page of a customer's users in the order of their ordinals; start counts from 1, and count 0 asks for
// the total alone. Any page costs what the first one costs. Errors: Unauthorized, Refused.
func (s *Store) ListUsers(ctx context.Context, now time.Time, c bridge.Credential, start, count int) (bridge.UserPage, error) {
	var rows []gatedPage
	err := s.reading().list(ctx, &rows, listUsers, c.TokenID, c.CustomerID, max(start, 1), max(count, 0))
	if err != nil {
		return bridge.UserPage{}, failed("list the users", err)
	}
	return page(rows, now)
}

// page checks the credential that came with every row and leaves out the row that says only that there is no user.
func page(rows []gatedPage, now time.Time) (bridge.UserPage, error) {
	var first gatedPage
	if len(rows) > 0 {
		first = rows[0]
	}
	if err := first.check(len(rows) > 0, now); err != nil {
		return bridge.UserPage{}, err
	}
	if !first.ID.Valid {
		rows = nil
	}
	return bridge.UserPage{Total: first.Total, Users: mapped(rows, func(r gatedPage) bridge.User { return r.user() })}, nil
}

// findUsers is completed by a condition on u.
const (
	findUsersHead = `WITH hits AS MATERIALIZED (
  SELECT u.ordinal FROM users u WHERE u.customer_id = ? AND NOT u.deleted AND `

	findUsersTail = `
), page AS (SELECT ordinal FROM hits ORDER BY ordinal LIMIT ? OFFSET ?)
SELECT ` + gateColumns + `, (SELECT COUNT(*) FROM hits) AS total, ` + userColumns + `
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN (
  SELECT ` + userColumns + ` FROM page p JOIN users u ON u.customer_id = ? AND NOT u.deleted AND u.ordinal = p.ordinal
) u ON TRUE
WHERE t.id = ? AND t.customer_id = ? ORDER BY u.ordinal`
)

// FindUsers reads one page of the users that a filter selects; the total is exact. rt says what the filter's attributes
// are. Errors: Unauthorized, Refused, and *filter.Error for what cannot be filtered by.
func (s *Store) FindUsers(ctx context.Context, now time.Time, c bridge.Credential, rt *schema.ResourceType, x filter.Expr, start, count int) (bridge.UserPage, error) {
	if name, ok := userNameOnly(rt, x); ok {
		return s.findByName(ctx, now, c, schema.Fold(name), start, count)
	}
	where, found, err := compileFilter(s.dialect, rt, x)
	if err != nil {
		return bridge.UserPage{}, s.afterGate(ctx, c, now, err)
	}
	for _, v := range found {
		if v, ok := v.(string); ok && !storable(v) {
			return bridge.UserPage{}, s.afterGate(ctx, c, now, refusal(bridge.Invalid, "the filter holds the character U+0000, which no attribute can hold; remove it"))
		}
	}
	args := append([]any{c.CustomerID}, found...)
	args = append(args, max(count, 0), max(start, 1)-1, c.CustomerID, c.TokenID, c.CustomerID)
	var rows []gatedPage
	if err := s.reading().list(ctx, &rows, findUsersHead+"("+where+")"+findUsersTail, args...); err != nil {
		return bridge.UserPage{}, failed("find users", err)
	}
	return page(rows, now)
}

// userNameOnly recognizes userName eq "x", which is what identity providers ask before every create.
func userNameOnly(rt *schema.ResourceType, x filter.Expr) (string, bool) {
	cmp, ok := x.(*filter.Compare)
	if !ok || cmp.Op != filter.Eq || cmp.Path.Sub != "" || !strings.EqualFold(cmp.Path.Name, "userName") {
		return "", false
	}
	if cmp.Path.URN != "" && !strings.EqualFold(cmp.Path.URN, rt.Schema.ID) {
		return "", false
	}
	name, ok := cmp.Value.(string)
	return name, ok
}

func (s *Store) findByName(ctx context.Context, now time.Time, c bridge.Credential, nameKey string, start, count int) (bridge.UserPage, error) {
	u, err := s.UserByName(ctx, now, c, nameKey)
	switch {
	case bridge.CodeOf(err) == bridge.NotFound:
		return bridge.UserPage{}, nil
	case err != nil:
		return bridge.UserPage{}, err
	case start > 1 || count < 1:
		return bridge.UserPage{Total: 1}, nil
	}
	return bridge.UserPage{Total: 1, Users: []bridge.User{u}}, nil
}
