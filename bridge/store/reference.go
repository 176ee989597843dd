package store

import (
	"context"
	"encoding/json"

	"drawbridge/bridge"
)

// A list of ids is one parameter, a JSON array, so that each statement has one text for any number of ids.
const (
	idsSQLite   = `json_each($2) AS e`
	idsPostgres = `ANY (ARRAY(SELECT jsonb_array_elements_text(CAST($2 AS jsonb))))` // which finds by index whatever the planner knows
)

// idList is the parameter; the ids must be storable.
func idList(ids []string) string {
	b, err := json.Marshal(ids)
	if err != nil || len(ids) == 0 {
		return "[]" // strings always marshal
	}
	return string(b)
}

// referenceRow is a resource that the resource Holder refers to.
type referenceRow struct {
	Holder  string `db:"holder"`
	ID      string `db:"id"`
	Display string `db:"display"`
}

// The rows of group_members come first, as SQLite takes the tables of a CROSS JOIN in the order written: else it may walk over
// all users, whose order is asked for.
const (
	membersHead = `SELECT m.group_id AS holder, v.id AS id, `
	membersTail = ` AS display FROM group_members m CROSS JOIN users v
WHERE m.customer_id = $1 AND v.customer_id = $1 AND v.id = m.user_id AND NOT v.deleted AND `

	membersSQLite = membersHead + `COALESCE(NULLIF(json_extract(v.doc, '$.displayName'), ''), json_extract(v.doc, '$.userName'), '')` + membersTail +
		`m.group_id IN (SELECT value FROM json_each($2)) ORDER BY v.ordinal`

	// PostgreSQL looks each group up by itself because of the OFFSET and the range, of which it always expects little, and each user because of
	// the LIMIT: else one large group makes it read all members and users of the customer for every small one.
	membersPostgres = `SELECT e.value AS holder, v.id AS id, COALESCE(NULLIF(v.doc::json ->> 'displayName', ''), v.doc::json ->> 'userName', '') AS display
FROM jsonb_array_elements_text(CAST($2 AS jsonb)) AS e (value) CROSS JOIN LATERAL (
  SELECT l.user_id FROM group_members l WHERE l.customer_id = $1 AND l.group_id BETWEEN e.value AND e.value OFFSET 0
) m CROSS JOIN LATERAL (
  SELECT u.id, u.doc, u.ordinal FROM users u WHERE u.customer_id = $1 AND u.id = m.user_id AND NOT u.deleted LIMIT 1
) v ORDER BY v.ordinal`
)

// addMembers reads the members of all groups that have at most limit, in the order of the users' ordinals.
func (s *Store) addMembers(ctx context.Context, c bridge.Credential, groups []bridge.Group, limit int) error {
	var ids []string
	for i := range groups {
		groups[i].Omitted = groups[i].Members > limit
		if groups[i].Members > 0 && !groups[i].Omitted {
			ids = append(ids, groups[i].ID)
		}
	}
	of, err := s.references(ctx, s.dialect.pick(membersSQLite, membersPostgres), c, ids)
	for i := range groups {
		groups[i].References = of[groups[i].ID]
	}
	return failed("read the members of groups", err)
}

const (
	groupsHead = `SELECT m.user_id AS holder, v.id AS id, `
	groupsTail = ` AS display FROM group_members m CROSS JOIN groups v
WHERE m.customer_id = $1 AND v.customer_id = $1 AND v.id = m.group_id AND `

	groupsSQLite = groupsHead + `COALESCE(json_extract(v.doc, '$.displayName'), '')` + groupsTail +
		`m.user_id IN (SELECT value FROM json_each($2)) ORDER BY v.ordinal`
	groupsPostgres = groupsHead + `COALESCE(v.doc::json ->> 'displayName', '')` + groupsTail +
		`m.user_id = ` + idsPostgres + ` ORDER BY v.ordinal`
)

// addGroups reads the groups of all users, and leaves them out for those who are in more than limit.
func (s *Store) addGroups(ctx context.Context, c bridge.Credential, users []bridge.User, limit int) error {
	if limit <= 0 {
		return nil
	}
	of, err := s.references(ctx, s.dialect.pick(groupsSQLite, groupsPostgres), c, mapped(users, func(u bridge.User) string { return u.ID }))
	for i := range users {
		users[i] = withGroups(users[i], of[users[i].ID], limit)
	}
	return failed("read the groups of users", err)
}

// withGroups is the user with its groups unless they are more than limit.
func withGroups(u bridge.User, groups []bridge.Reference, limit int) bridge.User {
	if u.Omitted = len(groups) > limit; !u.Omitted {
		u.Groups = groups
	}
	return u
}

func (s *Store) references(ctx context.Context, query string, c bridge.Credential, holders []string) (map[string][]bridge.Reference, error) {
	if len(holders) == 0 {
		return nil, nil
	}
	var rows []referenceRow
	if err := s.reading().list(ctx, &rows, query, c.CustomerID, idList(holders)); err != nil {
		return nil, err
	}
	of := make(map[string][]bridge.Reference, len(holders))
	for _, r := range rows {
		of[r.Holder] = append(of[r.Holder], bridge.Reference{ID: r.ID, Display: r.Display})
	}
	return of, nil
}
