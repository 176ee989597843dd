package store

import (
	"context"
	"strings"
	"time"

	"drawbridge/bridge"
	"drawbridge/scim/schema"
)

// searchable is a table of resources, which its queries call u.
type searchable struct {
	table   string
	live    string // condition of the resources that are there
	columns string
}

func searchableUsers() searchable {
	return searchable{table: "users", live: "NOT u.deleted", columns: userColumns}
}

func searchableGroups() searchable {
	return searchable{table: "groups", live: "TRUE", columns: groupColumns}
}

// search is the query of one page, on its way to SQL.
type search struct {
	in    searchable
	where string
	found []any  // the arguments of where
	owner string // condition of the customer's rows
	key   string // what is sorted by; empty: the order of creation
	down  bool
}

// newSearch compiles a query. Its error is for whoever has a good credential.
func (s *Store) newSearch(in searchable, c bridge.Credential, rt *schema.ResourceType, q bridge.Query) (search, error) {
	x := search{in: in, where: "TRUE", owner: "u.customer_id = ?"}
	if q.Filter != nil {
		var err error
		if x.where, x.found, err = compileFilter(s.dialect, rt, c.CustomerID, q.Filter); err != nil {
			return search{}, err
		}
	}
	if s.dialect == sqlite && strings.HasPrefix(x.where, "u.id IN (") {
		x.owner = "+" + x.owner // SQLite would rather look at all rows of the customer than up the few ids
	}
	for _, v := range x.found {
		if v, ok := v.(string); ok && !storable(v) {
			return search{}, refusal(bridge.Invalid, "the filter holds the character U+0000, which no attribute can hold; remove it")
		}
	}
	if q.Sort != nil {
		x.key, x.down = sortKey(s.dialect, rt, q.Sort.By), q.Sort.Descending
	}
	return x, nil
}

// orderBy is the order of the rows that alias names.
func (x search) orderBy(alias string) string {
	switch {
	case x.key == "":
		return " ORDER BY " + alias + ".ordinal"
	case x.down:
		return " ORDER BY " + alias + ".k DESC NULLS FIRST, " + alias + ".ordinal"
	}
	return " ORDER BY " + alias + ".k NULLS LAST, " + alias + ".ordinal"
}

// behind is the condition of the rows h that come after the row a.
func (x search) behind() string {
	const later = "h.ordinal > a.ordinal"
	switch {
	case x.key == "":
		return later
	case x.down:
		return "h.k < a.k OR (a.k IS NULL AND h.k IS NOT NULL) OR ((h.k = a.k OR (h.k IS NULL AND a.k IS NULL)) AND " + later + ")"
	}
	return "h.k > a.k OR (h.k IS NULL AND a.k IS NOT NULL) OR ((h.k = a.k OR (h.k IS NULL AND a.k IS NULL)) AND " + later + ")"
}

// page is the statement that reads the page and one resource more, which says whether others follow. hits are all that the
// filter selects; past is the resource behind which the page begins, at the place that it has at this moment, be it live or
// not.
func (x search) page(c bridge.Credential, q bridge.Query) (sql string, args []any) {
	key, kept := "", ""
	if x.key != "" {
		key, kept = ", "+x.key+" AS k", "p.k, "
	}
	rows := "SELECT u.ordinal" + key + " FROM " + x.in.table + " u WHERE " + x.owner + " AND "
	sql = "WITH hits AS MATERIALIZED (\n  " + rows + x.in.live + " AND (" + x.where + ")\n), "
	args = append([]any{c.CustomerID}, x.found...)
	from, known, offset := "hits h", "TRUE", max(q.StartIndex, 1)-1
	if q.After != "" {
		sql += "past AS MATERIALIZED (\n  " + rows + "u.id = ?\n), "
		args = append(args, c.CustomerID, text(q.After))
		from, known, offset = "hits h, past a WHERE "+x.behind(), "EXISTS (SELECT 1 FROM past)", 0
	}
	sql += "page AS (\n  SELECT h.* FROM " + from + x.orderBy("h") + " LIMIT ? OFFSET ?\n)\n" +
		"SELECT " + gateColumns + ", (SELECT COUNT(*) FROM hits) AS total, " + known + " AS known,\n  " + hasGroups + "?" + anyGroup + ", " + x.in.columns + "\n" +
		"FROM tokens t JOIN customers c ON c.id = t.customer_id LEFT JOIN (\n  SELECT " + kept + x.in.columns +
		" FROM page p CROSS JOIN " + x.in.table + " u WHERE u.customer_id = ? AND " + x.in.live + " AND u.ordinal = p.ordinal\n) u ON TRUE\n" +
		"WHERE t.id = ? AND t.customer_id = ?" + x.orderBy("u")
	return sql, append(args, max(q.Count, 0)+1, offset, c.CustomerID, c.CustomerID, c.TokenID, c.CustomerID)
}

// The order keeps PostgreSQL from reading the groups of others where it expects the customer to have many.
const (
	hasGroups = `(SELECT v.ordinal FROM groups v WHERE v.customer_id = `
	anyGroup  = ` ORDER BY v.ordinal LIMIT 1) IS NOT NULL AS grouped`
)

// found is what a search says beside the resources.
type found struct {
	gate
	Total   int  `db:"total"`
	Known   bool `db:"known"`
	Grouped bool `db:"grouped"` // the customer has groups
}

// outcome checks what came with the first row: the credential, and then whether the place to continue at is known.
func (f found) outcome(rows int, now time.Time) error {
	if err := f.check(rows > 0, now); err != nil {
		return err
	}
	if !f.Known {
		return refusal(bridge.Expired, "the resource with which the page before ended is gone; begin again with the first page")
	}
	return nil
}

// searched lists the rows of a page.
func searched[R any](ctx context.Context, s *Store, in searchable, now time.Time, c bridge.Credential, rt *schema.ResourceType, q bridge.Query) ([]R, error) {
	x, err := s.newSearch(in, c, rt, q)
	if err != nil {
		return nil, s.afterGate(ctx, c, now, err)
	}
	sql, args := x.page(c, q)
	var rows []R
	if err := s.reading().list(ctx, &rows, sql, args...); err != nil {
		return nil, failed("search", err)
	}
	return rows, nil
}
