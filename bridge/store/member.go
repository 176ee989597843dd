package store

import (
	"context"
	"slices"
	"time"

	"drawbridge/bridge"
)

// Who puts users into groups and who deletes users must not pass each other on PostgreSQL, or a deleted user would stay in a
// group: the ones share a lock of the customer and the others take it alone. It is asked for before any row is locked, by
// everyone, so that nobody who holds a row waits for it.
const (
	usersKey  = `hashtextextended($1, 1)`
	keepUsers = `SELECT pg_advisory_xact_lock_shared(` + usersKey + `) IS NOT NULL`
	dropUsers = `SELECT pg_advisory_xact_lock(` + usersKey + `) IS NOT NULL`
)

// keepUsers lets no user of the customer be deleted for the rest of the transaction.
func (c *session) keepUsers(ctx context.Context, customerID string) error {
	return c.lockUsers(ctx, keepUsers, customerID)
}

func (c *session) lockUsers(ctx context.Context, query, customerID string) error {
	if c.store.dialect == sqlite {
		return nil // whose only writer this is
	}
	var held bool
	_, err := c.get(ctx, &held, query, customerID)
	return err
}

const (
	// SQLite takes the tables of a CROSS JOIN in the order written: else it may walk over the list for each user.
	amongSQLite = idsSQLite + ` CROSS JOIN users u WHERE u.customer_id = $1 AND u.id = e.value AND NOT u.deleted`
	// PostgreSQL looks each id up by itself because of the LIMIT: else it may read all users of the customer.
	amongPostgres = `jsonb_array_elements_text(CAST($2 AS jsonb)) AS e (value) CROSS JOIN LATERAL (
  SELECT l.id, l.customer_id FROM users l WHERE l.customer_id = $1 AND l.id = e.value AND NOT l.deleted LIMIT 1
) u`

	countUsersSQLite   = `SELECT COUNT(*) FROM ` + amongSQLite
	countUsersPostgres = `SELECT COUNT(*) FROM ` + amongPostgres

	intoGroup          = `INSERT INTO group_members (customer_id, group_id, user_id) SELECT u.customer_id, $3, u.id FROM `
	unlessThere        = ` ON CONFLICT (group_id, user_id) DO NOTHING RETURNING user_id`
	addMembersSQLite   = intoGroup + amongSQLite + unlessThere
	addMembersPostgres = intoGroup + amongPostgres + unlessThere

	outOfGroup            = `DELETE FROM group_members WHERE customer_id = $1 AND group_id = $3 AND `
	removeMembersSQLite   = outOfGroup + `user_id IN (SELECT e.value FROM ` + idsSQLite + `) RETURNING user_id`
	removeMembersPostgres = outOfGroup + `user_id = ` + idsPostgres + ` RETURNING user_id`
	keepMembersSQLite     = outOfGroup + `user_id NOT IN (SELECT e.value FROM ` + idsSQLite + `) RETURNING user_id`
	keepMembersPostgres   = outOfGroup + `user_id NOT IN (SELECT jsonb_array_elements_text(CAST($2 AS jsonb))) RETURNING user_id`
)

// mustBeUsers refuses ids that are no live users of the customer.
func (c *session) mustBeUsers(ctx context.Context, customerID string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var n int
	_, err := c.get(ctx, &n, c.store.dialect.pick(countUsersSQLite, countUsersPostgres), customerID, idList(ids))
	if err == nil && n != len(ids) {
		err = errNoMember()
	}
	return err
}

func errNoMember() error {
	return refusal(bridge.Invalid, "members: a value is not the id of a user here; create the user first")
}

// changeMembers writes the rows that differ, and no others, and returns whose they are.
func (c *session) changeMembers(ctx context.Context, customerID, groupID string, m bridge.MemberChange) (added, removed []string, err error) {
	d := c.store.dialect
	out, remove := m.Remove, d.pick(removeMembersSQLite, removeMembersPostgres)
	if m.Reset {
		out, remove = m.Add, d.pick(keepMembersSQLite, keepMembersPostgres)
	}
	out = slices.DeleteFunc(slices.Clone(out), func(id string) bool { return !storable(id) }) // who cannot be there
	if m.Reset || len(out) > 0 {
		if err := c.list(ctx, &removed, remove, customerID, idList(out), groupID); err != nil {
			return nil, nil, err
		}
	}
	if len(m.Add) > 0 {
		err = c.list(ctx, &added, d.pick(addMembersSQLite, addMembersPostgres), customerID, idList(m.Add), groupID)
	}
	return added, removed, err
}

const (
	groupsToLeave = `SELECT ` + groupColumns + ` FROM group_members m CROSS JOIN groups u
WHERE m.customer_id = $1 AND m.user_id = $2 AND u.customer_id = $1 AND u.id = m.group_id ORDER BY u.id`
	groupsToLeavePostgres = groupsToLeave + exclusively + ` OF u`

	dropMemberships = `DELETE FROM group_members WHERE customer_id = $1 AND user_id = $2`
)

// groupsOf takes the groups of a user for the rest of the transaction.
func (c *session) groupsOf(ctx context.Context, customerID, userID string) ([]bridge.Group, error) {
	var rows []groupRow
	err := c.list(ctx, &rows, c.store.dialect.pick(groupsToLeave, groupsToLeavePostgres), customerID, userID)
	return mapped(rows, groupRow.group), err
}

// leaveGroups takes a user who was deleted out of the groups, each of which comes to its next version.
func (c *session) leaveGroups(ctx context.Context, now time.Time, w bridge.UserWrite, groups []bridge.Group) error {
	if len(groups) == 0 {
		return nil
	}
	customer, user := w.Credential.CustomerID, w.User.ID
	if _, err := c.exec(ctx, dropMemberships, customer, user); err != nil {
		return err
	}
	events := make([]bridge.Event, len(groups))
	for i, g := range groups {
		g.Version, g.Members, g.Modified = g.Version+1, g.Members-1, now
		if _, err := c.exec(ctx, touchGroup, customer, g.ID, g.Version, g.Members, micros(now)); err != nil {
			return err
		}
		e := bridge.Event{ID: c.store.newID(), At: w.Event.At, Kind: bridge.EventGroupMembers, Actor: w.Event.Actor}
		events[i] = e.Told(g, nil, []string{user})
	}
	return c.addEvents(ctx, events...)
}
