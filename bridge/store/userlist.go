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
  SELECT block * 1024 AS ordinal, CAST(CAST($3 AS BIGINT) - 1 - (upto - n) AS BIGINT) AS skip FROM runs WHERE upto >= $3 ORDER BY block LIMIT 1
), past AS (
  SELECT (COALESCE(MIN(CASE WHEN upto >= $3 + $4 - 1 THEN block END), MAX(block)) + 1) * 1024 AS ordinal FROM runs
)
SELECT ` + gateColumns + `, (SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM blocks) AS total, TRUE AS known,
  ` + hasGroups + `$2` + anyGroup + `, ` + userColumns + `
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN (
  SELECT ` + userColumns + ` FROM users u
  WHERE u.customer_id = $2 AND NOT u.deleted AND u.ordinal >= (SELECT ordinal FROM first) AND u.ordinal < (SELECT ordinal FROM past)
  ORDER BY u.ordinal LIMIT $4 OFFSET COALESCE((SELECT skip FROM first), 0)
) u ON TRUE
WHERE t.id = $1 AND t.customer_id = $2 ORDER BY u.ordinal`

// firstUsers reads the first page, for which only the total has to be known of the blocks.
const firstUsers = `SELECT ` + gateColumns + `, (SELECT CAST(COALESCE(SUM(b.users), 0) AS BIGINT) FROM user_block b WHERE b.customer_id = $2) AS total, TRUE AS known,
  ` + hasGroups + `$2` + anyGroup + `, ` + userColumns + `
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN (
  SELECT ` + userColumns + ` FROM users u WHERE u.customer_id = $2 AND NOT u.deleted AND u.ordinal > 0 ORDER BY u.ordinal LIMIT $3
) u ON TRUE
WHERE t.id = $1 AND t.customer_id = $2 ORDER BY u.ordinal`

// usersAfter begins behind a user, who may be deleted.
const usersAfter = `WITH past AS (SELECT ordinal FROM users WHERE customer_id = $2 AND id = $3)
SELECT ` + gateColumns + `, (SELECT CAST(COALESCE(SUM(b.users), 0) AS BIGINT) FROM user_block b WHERE b.customer_id = $2) AS total,
  EXISTS (SELECT 1 FROM past) AS known, ` + hasGroups + `$2` + anyGroup + `, ` + userColumns + `
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN (
  SELECT ` + userColumns + ` FROM users u
  WHERE u.customer_id = $2 AND NOT u.deleted AND u.ordinal > (SELECT ordinal FROM past) ORDER BY u.ordinal LIMIT $4
) u ON TRUE
WHERE t.id = $1 AND t.customer_id = $2 ORDER BY u.ordinal`

// FindUsers reads one page of a customer's users; the total is exact. Without a filter and a sort order any page costs what
// the first one costs. rt says what the attributes are. Errors: Unauthorized, Refused, Expired where the user to continue
// after is not known, and *filter.Error for what cannot be filtered by.
func (s *Store) FindUsers(ctx context.Context, now time.Time, c bridge.Credential, rt *schema.ResourceType, q bridge.Query) (bridge.UserPage, error) {
	if name, ok := userNameOnly(rt, q); ok {
		return s.findByName(ctx, now, c, schema.Fold(name), q)
	}
	rows, err := s.findUsers(ctx, now, c, rt, q)
	if err != nil {
		return bridge.UserPage{}, failed("find users", err)
	}
	page, err := userPage(rows, now, q.Count)
	if err != nil || !rows[0].Grouped {
		return page, err
	}
	return page, s.addGroups(ctx, c, page.Users, q.References)
}

func (s *Store) findUsers(ctx context.Context, now time.Time, c bridge.Credential, rt *schema.ResourceType, q bridge.Query) ([]foundUser, error) {
	var rows []foundUser
	var err error
	switch {
	case q.Filter != nil || q.Sort != nil:
		rows, err = searched[foundUser](ctx, s, searchableUsers(), now, c, rt, q)
	case q.After != "":
		err = s.reading().list(ctx, &rows, usersAfter, c.TokenID, c.CustomerID, text(q.After), max(q.Count, 0)+1)
	case q.StartIndex <= 1:
		err = s.reading().list(ctx, &rows, firstUsers, c.TokenID, c.CustomerID, max(q.Count, 0)+1)
	default:
		err = s.reading().list(ctx, &rows, listUsers, c.TokenID, c.CustomerID, q.StartIndex, max(q.Count, 0)+1)
	}
	return rows, err
}

// userPage leaves out the row that says only that there is no user, and the one that says that others follow.
func userPage(rows []foundUser, now time.Time, count int) (bridge.UserPage, error) {
	var first foundUser
	if len(rows) > 0 {
		first = rows[0]
	}
	if err := first.outcome(len(rows), now); err != nil {
		return bridge.UserPage{}, err
	}
	if !first.ID.Valid {
		rows = nil
	}
	shown := min(len(rows), max(count, 0))
	return bridge.UserPage{
		Total: first.Total, More: len(rows) > shown, Users: mapped(rows[:shown], func(r foundUser) bridge.User { return r.user() }),
	}, nil
}

// userNameOnly recognizes userName eq "x", which is what identity providers ask before every create.
func userNameOnly(rt *schema.ResourceType, q bridge.Query) (string, bool) {
	cmp, ok := q.Filter.(*filter.Compare)
	if !ok || q.After != "" || cmp.Op != filter.Eq || cmp.Path.Sub != "" || !strings.EqualFold(cmp.Path.Name, "userName") {
		return "", false
	}
	if cmp.Path.URN != "" && !strings.EqualFold(cmp.Path.URN, rt.Schema.ID) {
		return "", false
	}
	name, ok := cmp.Value.(string)
	return name, ok
}

func (s *Store) findByName(ctx context.Context, now time.Time, c bridge.Credential, nameKey string, q bridge.Query) (bridge.UserPage, error) {
	shown := q.StartIndex <= 1 && q.Count > 0
	groups := q.References
	if !shown {
		groups = 0
	}
	u, err := s.userByName(ctx, now, c, nameKey, groups)
	switch {
	case bridge.CodeOf(err) == bridge.NotFound:
		return bridge.UserPage{}, nil
	case err != nil:
		return bridge.UserPage{}, err
	case !shown:
		return bridge.UserPage{Total: 1, More: q.StartIndex <= 1}, nil
	}
	return bridge.UserPage{Total: 1, Users: []bridge.User{u}}, nil
}
