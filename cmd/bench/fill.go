package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// A large customer is made of copies of one user that the service stored, in the store's own tables while the service is not
// running. Nothing else is told of them: the syncer sees users about whom nothing is due.
const (
	numbersPostgres = `(SELECT generate_series(2, $2) AS n) AS numbers`
	numbersSQLite   = `(WITH RECURSIVE upto (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM upto WHERE n < $2) SELECT n FROM upto) AS numbers`

	// A copy bears its number in place of the 1 in its names, and in the last twelve digits of its id.
	copyID = `substr(id, 1, 24) || substr('000000000000' || n, length('' || n) + 1)`

	copyUsers = `INSERT INTO users (id, customer_id, user_name_key, external_id, doc, folded, version, connected, active, removed_at, deleted_at, created_at, modified_at)
SELECT ` + copyID + `, customer_id, replace(user_name_key, 'person-1@', 'person-' || n || '@'),
  replace(external_id, 'person-1@', 'person-' || n || '@'), replace(doc, 'person-1@', 'person-' || n || '@'), replace(folded, 'person-1@', 'person-' || n || '@'),
  version, connected, active, removed_at, deleted_at, 1600000000000000 + CAST(n AS BIGINT) * 100000000, 1600000000000000 + CAST(n AS BIGINT) * 100000000
FROM users, `
	ofUser = ` WHERE user_name_key = $1`

	countCopies = `INSERT INTO user_block (customer_id, block, users, active)
SELECT customer_id, ordinal / 1024, COUNT(*), COUNT(*) FROM users WHERE user_name_key <> $1 GROUP BY customer_id, ordinal / 1024`

	copyGroups = `INSERT INTO groups (id, customer_id, name_key, external_id, doc, folded, version, members, created_at, modified_at)
SELECT ` + copyID + `, customer_id, replace(name_key, 'team-1@', 'team-' || n || '@'), replace(external_id, 'team-1@', 'team-' || n || '@'),
  replace(doc, 'team-1@', 'team-' || n || '@'), replace(folded, 'team-1@', 'team-' || n || '@'), version, members, created_at, modified_at
FROM groups, `
	ofGroup = ` WHERE name_key = $1`

	copyMembers  = `INSERT INTO group_members (customer_id, group_id, user_id) SELECT customer_id, $3, ` + copyID + ` FROM users, `
	andEvery     = ` AND n % $4 = 0`
	countMembers = `UPDATE groups SET members = (SELECT COUNT(*) FROM group_members m WHERE m.group_id = groups.id) WHERE id = $1`
)

// copied is the id of the nth copy of what has the id first.
func copied(first string, n int) string {
	if n == 1 {
		return first
	}
	return fmt.Sprintf("%.24s%012d", first, n)
}

// copiedAt is when the nth copy was created and last changed: a hundred seconds after the one before it.
func copiedAt(n int) time.Time { return time.Unix(1_600_000_000+int64(n)*100, 0).UTC() }

func personName(n int) string { return fmt.Sprintf("person-%d@bench.example", n) }
func teamName(n int) string   { return fmt.Sprintf("team-%d@bench.example", n) }

// fill is what a customer gets.
type fill struct {
	person *person // the first user, as stored
	users  int     // how many there shall be
	team   *group  // the first group, as stored; nil: no groups
	teams  int     // how many there shall be
	every  int     // users whose number this divides become members of the first group
}

// into writes all of it as one transaction.
func (f fill) into(ctx context.Context, db database) error {
	p, err := db.kind.open(db.url)
	if err != nil {
		return err
	}
	defer p.close()
	tx, err := p.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after the commit
	if err := f.write(ctx, tx, db.kind); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return settle(ctx, p.writer, db.kind)
}

func (f fill) write(ctx context.Context, tx *sql.Tx, k kind) error {
	numbers := numbersSQLite
	if k == postgres {
		numbers = numbersPostgres
	}
	steps := []struct {
		what, query string
		args        []any
	}{
		{"copy the user", copyUsers + numbers + ofUser, []any{f.person.UserName, f.users}},
		{"count the copies", countCopies, []any{f.person.UserName}},
	}
	if f.team != nil {
		steps = append(steps, []struct {
			what, query string
			args        []any
		}{
			{"copy the group", copyGroups + numbers + ofGroup, []any{f.team.DisplayName, f.teams}},
			{"copy the members", copyMembers + numbers + ofUser + andEvery, []any{f.person.UserName, f.users, f.team.ID, f.every}},
			{"count the members", countMembers, []any{f.team.ID}},
		}...)
	}
	for _, s := range steps {
		if _, err := tx.ExecContext(ctx, s.query, s.args...); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	return nil
}

// settle does what the database would have done by and by while users came one after the other.
func settle(ctx context.Context, db *sql.DB, k kind) error {
	after := []string{`PRAGMA wal_checkpoint(TRUNCATE)`}
	if k == postgres {
		after = []string{`VACUUM ANALYZE`, `CHECKPOINT`}
	}
	for _, statement := range after {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
