package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	sqlitedriver "modernc.org/sqlite"

	"drawbridge/bridge"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// Planned is a statement that a request runs, and the index that it must use.
type Planned struct {
	Name  string
	SQL   string
	Args  []any
	Index string
}

// HotStatements are those that find users for a request or the syncer.
func (s *Store) HotStatements(c bridge.Credential, u bridge.User) []Planned {
	userIDs := "users_pkey"
	if s.dialect == sqlite {
		userIDs = "sqlite_autoindex_users_1"
	}
	gate := slices.Clip([]any{c.TokenID, c.CustomerID})
	mail, mailArgs := s.bySearch(searchableUsers(), c, schema.User(), `emails[type eq "work"].value eq "x"`)
	external, externalArgs := s.bySearch(searchableUsers(), c, schema.User(), `externalId eq "x"`)
	changed, changedArgs := s.bySearch(searchableUsers(), c, schema.User(), `meta.lastModified gt "2033-01-01T00:00:00Z"`)
	return []Planned{
		{"User", userByID, append(gate, u.ID), userIDs},
		{"UserByName", userByName, append(gate, u.NameKey), "users_user_name"},
		{"DeletedUser", deletedUser, append(gate, u.NameKey, u.ExternalID), "users_deleted_name"},
		{"ListUsers", listUsers, append(gate, 4000, 100), "users_ordinal"},
		{"ListUsers, first page", firstUsers, append(gate, 100), "users_ordinal"},
		{"FindUsers by external id", external, externalArgs, "users_external_id"},
		{"FindUsers by e-mail", mail, mailArgs, "users_mail"},
		{"FindUsers by last change", changed, changedArgs, "users_modified"},
		{"UserOf", userOf, []any{c.CustomerID, u.ID}, "users_user_name"},
		{"SearchUsers", searchUsers, []any{c.CustomerID, "user", "user" + afterAll, 10}, "users_user_name"},
		{"Subject", subject, []any{c.CustomerID, u.ID}, userIDs},
		{"DueUsers", s.dialect.pick(dueUsersSQLite, dueUsersPostgres), []any{micros(time.Now()), 100, int(bridge.RankLater)}, userIDs},
		{"CountConnected", countConnected, []any{c.CustomerID}, "users_connected"},
		{"Removals", removals, []any{c.CustomerID, 1, 1, 1, 1, 1, 1}, "users_removed"},
	}
}

// bySearch is the statement of a filter.
func (s *Store) bySearch(in searchable, c bridge.Credential, rt *schema.ResourceType, text string) (string, []any) {
	x, err := filter.Parse(text)
	if err != nil {
		panic(err)
	}
	q := bridge.Query{Filter: x, Count: 10}
	p, err := s.newSearch(in, c, rt, q)
	if err != nil {
		panic(err)
	}
	return p.page(c, q)
}

// GroupStatements are those that find groups and members.
func (s *Store) GroupStatements(c bridge.Credential, u bridge.User) []Planned {
	userIDs := "users_pkey"
	if s.dialect == sqlite {
		userIDs = "sqlite_autoindex_users_1"
	}
	gate := slices.Clip([]any{c.TokenID, c.CustomerID})
	ofUser, ofUserArgs := s.bySearch(searchableUsers(), c, schema.User(), `groups.value eq "x"`)
	ofGroup, ofGroupArgs := s.bySearch(searchableGroups(), c, schema.Group(), `members.value eq "x"`)
	byDisplay, byDisplayArgs := s.bySearch(searchableGroups(), c, schema.Group(), `displayName eq "x"`)
	members, groups := "group_members_pkey", "groups_pkey"
	if s.dialect == sqlite {
		members, groups = "PRIMARY KEY (group_id=?", "sqlite_autoindex_groups_1"
	}
	ids := slices.Clip([]any{c.CustomerID, `["x"]`})
	pick := s.dialect.pick
	return []Planned{
		{"FindUsers by group", ofUser, ofUserArgs, members},
		{"FindGroups by member", ofGroup, ofGroupArgs, "group_members_"},
		{"FindGroups by name", byDisplay, byDisplayArgs, "groups_name"},
		{"Group", groupByID, append(gate, u.ID), groups},
		{"members of groups", pick(membersSQLite, membersPostgres), ids, members},
		{"groups of users", pick(groupsSQLite, groupsPostgres), ids, "group_members_"},
		{"User with groups", pick(userWithGroupsSQLite, userWithGroupsPostgres), append(gate, u.ID, 9), "group_members_"},
		{"UserByName with groups", pick(nameWithGroupsSQLite, nameWithGroupsPostgres), append(gate, u.NameKey, 9), "group_members_"},
		{"User, whether in a group", userByID, append(gate, u.ID), "group_members_"},
		{"ListUsers, whether there are groups", listUsers, append(gate, 4000, 100), "groups_ordinal"},
		{"users among ids", pick(countUsersSQLite, countUsersPostgres), ids, userIDs},
		{"add members", pick(addMembersSQLite, addMembersPostgres), append(ids, "g"), userIDs},
		{"remove members", pick(removeMembersSQLite, removeMembersPostgres), append(ids, "g"), members},
		{"groups to leave", pick(groupsToLeave, groupsToLeavePostgres), []any{c.CustomerID, u.ID}, "group_members_"},
	}
}

// Explain returns the plan of a statement, for any values of its parameters: on PostgreSQL as it is planned once and
// kept.
func (s *Store) Explain(ctx context.Context, p Planned) (string, error) {
	tx, err := s.writer.BeginTxx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer tx.Rollback()
	var lines []string
	if s.dialect == sqlite {
		rows, err := tx.QueryContext(ctx, "EXPLAIN QUERY PLAN "+p.SQL, p.Args...)
		if err != nil {
			return "", err
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(new(int), new(int), new(int), &line); err != nil {
				return "", err
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "\n"), rows.Err()
	}
	if _, err := tx.ExecContext(ctx, "PREPARE explained AS "+s.dialect.rebind(p.SQL)); err != nil {
		return "", err
	}
	defer tx.ExecContext(ctx, "DEALLOCATE explained")
	nulls := strings.TrimSuffix(strings.Repeat("NULL, ", len(p.Args)), ", ")
	err = tx.SelectContext(ctx, &lines, "EXPLAIN EXECUTE explained ("+nulls+")")
	return strings.Join(lines, "\n"), err
}

// RowsRead runs ListUsers on PostgreSQL and returns how many rows of users it took from the table.
func (s *Store) RowsRead(ctx context.Context, c bridge.Credential, start, count int) (int, error) {
	var out []byte
	query := strings.NewReplacer("$1", "'"+c.TokenID+"'", "$2", "'"+c.CustomerID+"'", "$3", fmt.Sprint(start), "$4", fmt.Sprint(count)).Replace(listUsers)
	if err := s.writer.GetContext(ctx, &out, "EXPLAIN (ANALYZE, FORMAT JSON) "+query); err != nil {
		return 0, err
	}
	type node struct {
		Relation string  `json:"Relation Name"`
		Rows     float64 `json:"Actual Rows"`
		Removed  float64 `json:"Rows Removed by Filter"`
		Plans    []node
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal(out, &plans); err != nil {
		return 0, err
	}
	var count64 float64
	var walk func(n node)
	walk = func(n node) {
		if n.Relation == "users" {
			count64 += n.Rows + n.Removed
		}
		for _, child := range n.Plans {
			walk(child)
		}
	}
	walk(plans[0].Plan)
	return int(count64), nil
}

// Exec runs any statement.
func (s *Store) Exec(ctx context.Context, query string) (sql.Result, error) {
	return s.writer.ExecContext(ctx, query)
}

// InsertStatement and BeginStatement are what PostgreSQL runs for InsertUser and BeginIntent.
const (
	InsertStatement = insertUserPostgres
	BeginStatement  = beginIntentPostgres
)

// InsertBy inserts a user on PostgreSQL by a statement like InsertStatement; it reports whether that did.
func (s *Store) InsertBy(ctx context.Context, statement string, now time.Time, w bridge.UserWrite) (bool, error) {
	args := append(writeArgs(now, w), micros(w.User.Created), micros(w.User.Modified), w.Fresh, int(w.Rank))
	var ordinal int64
	return s.writing().get(ctx, &ordinal, statement, args...)
}

// BeginBy records a call on PostgreSQL by a statement like BeginStatement; it reports whether that did.
func (s *Store) BeginBy(ctx context.Context, statement string, in bridge.Intent, l bridge.Lease) (bool, error) {
	n, err := s.writing().exec(ctx, statement, in.ID, in.CustomerID, in.UserID, in.Kind, in.Version, in.Epoch, in.Revokes,
		micros(in.Sent), micros(in.Deadline), micros(in.Ended), in.Outcome, l.Name, l.Holder, l.Fence,
		in.Answered, micros(in.Sent.Add(-time.Hour)))
	return n == 1, err
}

// Paused runs statements in a transaction under the customer's lock, as every change of it does, and returns what commits
// it.
func (s *Store) Paused(ctx context.Context, customerID string, statements ...string) (commit func() error, err error) {
	c := s.writing()
	if c.tx, err = c.db.BeginTxx(ctx, nil); err != nil {
		return nil, err
	}
	if _, err := c.lockCustomer(ctx, customerByID, customerID); err != nil {
		return nil, err
	}
	for _, q := range statements {
		if _, err := c.tx.ExecContext(ctx, q, customerID); err != nil {
			return nil, err
		}
	}
	return c.tx.Commit, nil
}

// AwaitBlocked returns when a statement on the database waits for a lock.
func (s *Store) AwaitBlocked(ctx context.Context) error {
	for n := 0; n == 0; {
		err := s.writer.GetContext(ctx, &n, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
		if err != nil {
			return err
		}
	}
	return nil
}

// OldLog brings the schema of an SQLite file to the version before the log of requests had a file of its own, and puts a request into
// it.
func (s *Store) OldLog(ctx context.Context, r bridge.Request) error {
	files, err := s.migrations()
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.writer.DB, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.UpTo(ctx, 5); err != nil {
		return err
	}
	_, err = s.writer.ExecContext(ctx, addRequestsSQLite+requestValues, requestArgs(r)...)
	return err
}

// CopyOldLog is the first half of an upgrade.
func (s *Store) CopyOldLog(ctx context.Context) error { return s.migrateRequestLog(ctx) }

// Changes grows with each commit to the main file that another connection makes.
func (s *Store) Changes(ctx context.Context) (n int64, err error) {
	err = s.readers.GetContext(ctx, &n, `PRAGMA data_version`)
	return n, err
}

// CacheUsed returns how many bytes of pages all connections to SQLite hold together.
func (s *Store) CacheUsed(ctx context.Context) (bytes int, err error) {
	for _, db := range s.pools() {
		for range db.Stats().OpenConnections {
			conn, err := db.Connx(ctx)
			if err != nil {
				return 0, err
			}
			defer conn.Close() // when all were counted
			err = conn.Raw(func(c any) error {
				used, _, err := c.(sqlitedriver.DBStatus).Status(sqlitedriver.DBStatusCacheUsed, false)
				bytes += used
				return err
			})
			if err != nil {
				return 0, err
			}
		}
	}
	return bytes, nil
}
