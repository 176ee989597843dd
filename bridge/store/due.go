package store

import (
	"context"
	"slices"
	"time"

	"drawbridge/bridge"
)

// dueRow is a row of due.
type dueRow struct {
	UserID     string `db:"user_id"`
	CustomerID string `db:"customer_id"`
	Rank       int    `db:"rank"`
	At         int64  `db:"due_at"`
	Version    int64  `db:"version"`
	Attempts   int    `db:"attempts"`
	Parked     string `db:"parked"`
}

func (r dueRow) due() bridge.Due {
	return bridge.Due{
		UserID: r.UserID, CustomerID: r.CustomerID, Rank: bridge.Rank(r.Rank), At: moment(r.At), Version: r.Version,
		Attempts: r.Attempts, Parked: r.Parked,
	}
}

const dueColumns = `user_id, customer_id, rank, due_at, version, attempts, parked`

// markDue is for a version that the caller knows. It keeps the more urgent rank of two marks unless told to take the later
// one's, and the nearer time: who is written again and again does not lose the place in the queue.
const markDue = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked) VALUES (?, ?, ?, ?, ?, 0, '')
ON CONFLICT (user_id) DO UPDATE SET
  rank = CASE WHEN ? OR excluded.rank < due.rank THEN excluded.rank ELSE due.rank END,
  due_at = CASE WHEN excluded.due_at < due.due_at THEN excluded.due_at ELSE due.due_at END, version = excluded.version, attempts = 0, parked = ''`

// keepDue is markDue for a mark that stands and changes in nothing that an index holds. SQLite writes an index anew whenever
// a statement names one of its columns.
const keepDue = `UPDATE due SET version = $3, attempts = 0
WHERE customer_id = $1 AND user_id = $2 AND rank <= $4 AND due_at <= $5 AND parked = ''`

// markAgain is for whatever version the user has. A time that is nearer stands, a microsecond later: whoever settles the
// mark as it was must not settle this one with it.
const markAgain = `INSERT INTO due (user_id, customer_id, rank, due_at, version, attempts, parked)
SELECT u.id, u.customer_id, ?, ?, u.version, 0, '' FROM users u WHERE u.customer_id = ? AND u.id = ?
ON CONFLICT (user_id) DO UPDATE SET
  rank = CASE WHEN excluded.rank < due.rank THEN excluded.rank ELSE due.rank END,
  due_at = CASE WHEN excluded.due_at < due.due_at THEN excluded.due_at ELSE due.due_at + 1 END,
  version = excluded.version, attempts = 0, parked = ''`

// MarkDue says that a user is to be looked at, at that time or before. A mark that stands keeps its rank if that is more
// urgent and its time if that is nearer, and is not stuck any more. NotFound where the user is not there.
func (s *Store) MarkDue(ctx context.Context, customerID, userID string, r bridge.Rank, at time.Time) error {
	err := s.again(ctx, func() error {
		n, err := s.writing().exec(ctx, markAgain, int(r), micros(at), customerID, text(userID))
		if err == nil && n == 0 {
			return errNoUser()
		}
		return err
	})
	if err == nil {
		s.Wake()
	}
	return failed("mark a user as due", err)
}

// Each rank is asked for by itself: the index then gives the first of each, however many marks lie in the future.
const (
	dueOfRank = `SELECT * FROM (SELECT ` + dueColumns + ` FROM due WHERE rank = `
	dueUntil  = ` AND due_at <= $1 AND $3 >= `
	dueFirst  = ` ORDER BY due_at LIMIT $2) AS r`
	dueMarks  = dueOfRank + `0` + dueUntil + `0` + dueFirst + `0 UNION ALL ` + dueOfRank + `1` + dueUntil + `1` + dueFirst + `1 UNION ALL ` +
		dueOfRank + `2` + dueUntil + `2` + dueFirst + `2 UNION ALL ` + dueOfRank + `3` + dueUntil + `3` + dueFirst + `3 UNION ALL ` +
		dueOfRank + `4` + dueUntil + `4` + dueFirst + `4 UNION ALL ` + dueOfRank + `5` + dueUntil + `5` + dueFirst + `5 UNION ALL ` +
		dueOfRank + `6` + dueUntil + `6` + dueFirst + `6 ORDER BY rank, due_at, user_id LIMIT $2`

	// SQLite takes the tables of a CROSS JOIN in the order written. PostgreSQL looks each user up by itself because of the LIMIT: of
	// how many are due it knows nothing, and it may read all users there are.
	ofMark           = ` WHERE u.customer_id = n.customer_id AND u.id = n.user_id`
	inOrder          = ` ORDER BY n.rank, n.due_at, n.user_id`
	dueUsersSQLite   = `SELECT ` + subjectColumns + ` FROM (` + dueMarks + `) n CROSS JOIN ` + subjectTables + ofMark + inOrder
	dueUsersPostgres = `SELECT s.* FROM (` + dueMarks + `) n CROSS JOIN LATERAL (
  SELECT ` + subjectColumns + ` FROM ` + subjectTables + ofMark + ` LIMIT 1
) s` + inOrder
)

const (
	nextOfRank = `SELECT * FROM (SELECT due_at FROM due WHERE rank = `
	nextAfter  = ` AND due_at > $1 ORDER BY due_at LIMIT 1) AS r`
	nextDue    = nextOfRank + `0` + nextAfter + `0 UNION ALL ` + nextOfRank + `1` + nextAfter + `1 UNION ALL ` + nextOfRank + `2` + nextAfter + `2 UNION ALL ` +
		nextOfRank + `3` + nextAfter + `3 UNION ALL ` + nextOfRank + `4` + nextAfter + `4 UNION ALL ` + nextOfRank + `5` + nextAfter + `5 UNION ALL ` +
		nextOfRank + `6` + nextAfter + `6 ORDER BY due_at LIMIT 1`
)

// DueUsers lists who is due at now with a rank up to most, the most urgent rank first and within it what is due the longest, at
// most limit of them and none who is excluded. All that is known of them is read in one state of the database.
func (s *Store) DueUsers(ctx context.Context, now time.Time, most bridge.Rank, limit int, exclude []string) ([]bridge.Look, error) {
	var rows []subjectRow
	query := s.dialect.pick(dueUsersSQLite, dueUsersPostgres)
	if err := s.reading().list(ctx, &rows, query, micros(now), limit+len(exclude), int(most)); err != nil {
		return nil, failed("list the due users", err)
	}
	rows = slices.DeleteFunc(rows, func(r subjectRow) bool { return slices.Contains(exclude, r.ID.String) })
	return mapped(rows[:min(limit, len(rows))], subjectRow.look), nil
}

// NextDue is when the next user becomes due after now; false if none does.
func (s *Store) NextDue(ctx context.Context, now time.Time) (time.Time, bool, error) {
	var at int64
	found, err := s.reading().get(ctx, &at, nextDue, micros(now))
	return moment(at), found, failed("look for the next due user", err)
}

const dueTotals = `SELECT rank, parked <> '' AS parked, COUNT(*) AS n FROM due WHERE due_at <= ? OR attempts > 0 OR parked <> '' GROUP BY rank, parked <> ''`

// DueTotals counts what waits for the syncer by rank, and apart from it what is stuck. What is only to be looked at later,
// such as the end of a grace period, is not counted.
func (s *Store) DueTotals(ctx context.Context) (byRank map[bridge.Rank]int, parked int, err error) {
	var rows []struct {
		Rank   int  `db:"rank"`
		Parked bool `db:"parked"`
		N      int  `db:"n"`
	}
	if err := s.reading().list(ctx, &rows, dueTotals, micros(s.now())); err != nil {
		return nil, 0, failed("count the due users", err)
	}
	byRank = make(map[bridge.Rank]int)
	for _, r := range rows {
		if r.Parked {
			parked += r.N
		} else {
			byRank[bridge.Rank(r.Rank)] = r.N
		}
	}
	return byRank, parked, nil
}

const (
	parkedUsers = `SELECT ` + dueColumns + ` FROM due WHERE customer_id = ? AND parked <> '' ORDER BY due_at, user_id`
	dueOf       = `SELECT COUNT(*) FROM due WHERE rank = ? AND customer_id = ? AND parked = ''`
)

// ParkedUsers lists the stuck users of a customer.
func (s *Store) ParkedUsers(ctx context.Context, customerID string) ([]bridge.Due, error) {
	var rows []dueRow
	if err := s.reading().list(ctx, &rows, parkedUsers, customerID); err != nil {
		return nil, failed("list the stuck users", err)
	}
	return mapped(rows, dueRow.due), nil
}

// DueOf counts the users of a customer that wait with a rank, at whatever time, and are not stuck.
func (s *Store) DueOf(ctx context.Context, customerID string, r bridge.Rank) (int, error) {
	var n int
	_, err := s.reading().get(ctx, &n, dueOf, int(r), customerID)
	return n, failed("count the due users of a customer", err)
}

// retryAll is a person's wish for all customers.
const retryAll = `UPDATE due SET due_at = ?, attempts = 0, parked = '' WHERE attempts > 0 OR parked <> ''`

// RetryAll makes due at now whatever waits after a failure or is stuck, of all customers, and returns how many that is.
func (s *Store) RetryAll(ctx context.Context, now time.Time) (int, error) {
	var n int
	err := s.again(ctx, func() (err error) {
		n, err = s.writing().exec(ctx, retryAll, micros(now))
		return err
	})
	if err == nil {
		s.Wake()
	}
	return n, failed("try again what is due", err)
}

// asRead holds while a mark is the one that was read: nobody has made the user due again since, by a write or otherwise. The
// user's version may be ahead of its mark, so a mark up to the version that was looked at is meant.
const asRead = ` AND version <= ? AND rank = ? AND due_at = ?`

const postpone = `UPDATE due SET due_at = ?, attempts = ?, parked = ? WHERE customer_id = ? AND user_id = ?` + asRead

// mark are the arguments of the condition on a mark.
func mark(d bridge.Due) []any {
	return []any{d.CustomerID, d.UserID, d.Version, int(d.Rank), micros(d.At)}
}

// Postpone sets a mark to a later time after a failure; parked says why nothing can be done, empty: it can. The event is
// stored with it. If it is not the mark that was read any more, it stays as it is, without an event.
func (s *Store) Postpone(ctx context.Context, d bridge.Due, at time.Time, attempts int, parked string, ev *bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		n, err := tx.exec(ctx, postpone, append([]any{micros(at), attempts, parked}, mark(d)...)...)
		if err != nil || n == 0 {
			return err
		}
		return tx.addEvents(ctx, maybeEvents(ev)...)
	})
	return failed("postpone a due mark", err)
}
