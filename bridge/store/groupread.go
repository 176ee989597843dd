package store

import (
	"context"
	"time"

	"drawbridge/bridge"
	"drawbridge/scim/schema"
)

const groupByID = `SELECT ` + gateColumns + `, ` + groupColumns + `
FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN groups u ON u.customer_id = c.id AND u.id = $3
WHERE t.id = $1 AND t.customer_id = $2`

// Group reads one group, with its members unless there are more than members. Errors: Unauthorized, Refused, NotFound.
func (s *Store) Group(ctx context.Context, now time.Time, c bridge.Credential, id string, members int) (bridge.Group, error) {
	var row gatedGroup
	exists, err := s.reading().get(ctx, &row, groupByID, c.TokenID, c.CustomerID, text(id))
	if err != nil {
		return bridge.Group{}, failed("read a group", err)
	}
	if err := row.check(exists, now); err != nil {
		return bridge.Group{}, err
	}
	if !row.ID.Valid {
		return bridge.Group{}, errNoGroup()
	}
	one := []bridge.Group{row.group()}
	err = s.addMembers(ctx, c, one, members)
	return one[0], err
}

// maxReferences bounds the members on one page of groups; a group with more than that comes alone.
const maxReferences = 100_000

// FindGroups reads one page of a customer's groups; the total is exact. The page is cut short where its groups would come
// with more than maxReferences members. Errors: Unauthorized, Refused, Expired where the group to continue after is gone,
// and *filter.Error for what cannot be filtered by.
func (s *Store) FindGroups(ctx context.Context, now time.Time, c bridge.Credential, rt *schema.ResourceType, q bridge.Query) (bridge.GroupPage, error) {
	rows, err := searched[foundGroup](ctx, s, searchableGroups(), now, c, rt, q)
	if err != nil {
		return bridge.GroupPage{}, err
	}
	var first foundGroup
	if len(rows) > 0 {
		first = rows[0]
	}
	if err := first.outcome(len(rows), now); err != nil {
		return bridge.GroupPage{}, err
	}
	if !first.ID.Valid {
		rows = nil
	}
	shown := fitting(rows[:min(len(rows), max(q.Count, 0))], q.References)
	page := bridge.GroupPage{Total: first.Total, More: len(rows) > shown, Groups: make([]bridge.Group, shown)}
	for i, r := range rows[:shown] {
		page.Groups[i] = r.group()
	}
	return page, s.addMembers(ctx, c, page.Groups, q.References)
}

// fitting is how many of the groups come with maxReferences members at most, but one at least.
func fitting(rows []foundGroup, references int) int {
	total := 0
	for i, r := range rows {
		if n := int(r.Members.Int64); n <= references {
			total += n
		}
		if i > 0 && total > maxReferences {
			return i
		}
	}
	return len(rows)
}

func errNoGroup() error { return refusal(bridge.NotFound, "no such group") }
