package store

import (
	"context"
	"database/sql"
	"time"

	"drawbridge/bridge"
)

// openStates are those of a call that may be in flight or whose effect is not known.
const openStates = `('sent', 'unknown')`

const intentColumns = `i.id, i.customer_id, i.user_id, i.kind, i.state, i.version, i.epoch, i.revokes, i.sent_at, i.deadline, i.ended_at, i.outcome, i.answered`

// intentRow is a row of intents, all NULL where an outer join found none.
type intentRow struct {
	ID         sql.NullString `db:"id"`
	CustomerID sql.NullString `db:"customer_id"`
	UserID     sql.NullString `db:"user_id"`
	Kind       sql.NullString `db:"kind"`
	State      sql.NullString `db:"state"`
	Version    sql.NullInt64  `db:"version"`
	Epoch      sql.NullInt64  `db:"epoch"`
	Revokes    sql.NullBool   `db:"revokes"`
	Sent       sql.NullInt64  `db:"sent_at"`
	Deadline   sql.NullInt64  `db:"deadline"`
	Ended      sql.NullInt64  `db:"ended_at"`
	Outcome    sql.NullString `db:"outcome"`
	Answered   sql.NullBool   `db:"answered"`
}

func (r intentRow) intent() bridge.Intent {
	return bridge.Intent{
		ID: r.ID.String, CustomerID: r.CustomerID.String, UserID: r.UserID.String, Kind: r.Kind.String,
		State: bridge.IntentState(r.State.String), Version: r.Version.Int64, Epoch: r.Epoch.Int64, Revokes: r.Revokes.Bool,
		Sent: moment(r.Sent.Int64), Deadline: moment(r.Deadline.Int64), Ended: moment(r.Ended.Int64), Outcome: r.Outcome.String,
		Answered: r.Answered.Bool,
	}
}

// The last brake on calls that take access and that nobody was asked about: whatever was decided before, over all customers
// no more of them start within an hour than policy.GlobalGate admits. The numbers are written here once more on purpose.
const (
	unanswered = `(SELECT COUNT(*) FROM intents r WHERE r.revokes AND NOT r.answered AND r.sent_at > `
	thousandth = `(SELECT COALESCE(SUM(b.active), 0) / 1000 FROM user_block b)`
	braked     = `SELECT ` + unanswered + `$1) >= 200 AND ` + unanswered + `$1) >= ` + thousandth
)

// A call may start only if nothing that it follows from has changed, up to its commit: on PostgreSQL the rows it follows
// from are held until then, on SQLite nobody else writes. A claim that a person was asked is looked up.
const (
	locked = `EXISTS (SELECT 1 FROM containments k WHERE k.customer_id = $2 AND k.user_id = u.id AND k.lifted_at = 0)`

	intentGate = `FROM leases l CROSS JOIN customers c JOIN users u ON u.customer_id = c.id
WHERE l.name = $12 AND l.holder = $13 AND l.fence = $14 AND c.id = $2 AND c.state <> 'deleted' AND c.review_since = 0 AND c.epoch = $6
  AND (NOT $7 OR c.state IN ` + governingStates + ` OR ` + locked + `)
  AND ($4 NOT IN ('unsuspend', 'activate') OR NOT ` + locked + `)
  AND u.id = $3 AND u.version = $5
  AND (NOT $7 OR $15 OR NOT EXISTS (SELECT 1 FROM holds h WHERE h.customer_id = $2 AND h.closed_at = 0))
  AND (NOT $15 OR ` + locked + `
    OR EXISTS (SELECT 1 FROM approvals a WHERE a.customer_id = $2 AND a.user_id = u.id AND a.removed_at = u.removed_at))
  AND CASE WHEN NOT $7 OR $15 THEN TRUE ELSE ` + unanswered + `$16) < 200 OR ` + unanswered + `$16) < ` + thousandth + ` END`

	insertIntent = `INSERT INTO intents (id, customer_id, user_id, kind, state, version, epoch, revokes, sent_at, deadline, ended_at, outcome, answered) `

	beginIntentPostgres = `WITH gate AS (
  SELECT c.id ` + intentGate + ` AND l.until > ` + postgresClock + `
  FOR SHARE OF l, c, u
)
` + insertIntent + `SELECT $1, $2, $3, $4, 'sent', $5, $6, $7, $8, $9, $10, $11, $15 FROM gate`

	beginIntentSQLite = insertIntent + `SELECT $1, $2, $3, $4, 'sent', $5, $6, $7, $8, $9, $10, $11, $15 ` + intentGate + ` AND l.until > $17`
)

// BeginIntent records a call as sent, before it is. It does so only if the lease is still held, the user still has the
// intent's version, the customer still has its epoch and no other call for the user is open; where the call takes access
// away, only if the customer still is governed or a person has locked the user out; where it gives access back, only if
// nobody has; and where it says that a person was asked, only if one was; while a hold is open nothing else takes access.
// It fails with Lost where the lease is not held; with Refused where nobody was asked and too many such calls have started
// within the hour, over all customers; else with Conflict.
func (s *Store) BeginIntent(ctx context.Context, in bridge.Intent, lease bridge.Lease) error {
	args := []any{
		in.ID, in.CustomerID, in.UserID, in.Kind, in.Version, in.Epoch, in.Revokes, micros(in.Sent), micros(in.Deadline),
		micros(in.Ended), in.Outcome, lease.Name, lease.Holder, lease.Fence, in.Answered, micros(in.Sent.Add(-time.Hour)),
	}
	query := beginIntentPostgres
	if s.dialect == sqlite {
		query, args = beginIntentSQLite, append(args, micros(s.now()))
	}
	var n int
	err := s.again(ctx, func() (err error) {
		n, err = s.writing().exec(ctx, query, args...)
		return err
	})
	if err != nil {
		return failed("begin a call", taken(err, bridge.Conflict, "another call for this user is open"))
	}
	if n == 1 {
		return nil
	}
	return failed("begin a call", s.whyNoIntent(ctx, in, lease))
}

// whyNoIntent finds out why a call could not begin.
func (s *Store) whyNoIntent(ctx context.Context, in bridge.Intent, lease bridge.Lease) error {
	held, err := s.holds(ctx, lease)
	if err != nil {
		return err
	}
	if !held {
		return refusal(bridge.Lost, "the lease is held by another process or has run out")
	}
	if in.Revokes && !in.Answered {
		var stopped bool
		if _, err := s.writing().get(ctx, &stopped, braked, micros(in.Sent.Add(-time.Hour))); err != nil {
			return err
		}
		if stopped {
			return refusal(bridge.Refused, "too many people of all customers lost access within an hour without anybody being asked")
		}
	}
	return refusal(bridge.Conflict, "the user or the connection has changed since the call was planned; decide again")
}

const (
	endIntent = `UPDATE intents SET state = ?, ended_at = ?, outcome = ? WHERE customer_id = ? AND id = ? AND state IN ` + openStates

	// Access that is taken once more has been taken for another reason than before.
	noteTaken = `UPDATE containments SET taken_at = CASE WHEN lifted_at = 0 OR lifted_at >= $3 THEN $3 ELSE 0 END WHERE customer_id = $1 AND user_id = $2`
)

// EndIntent records what became of a call, with the link and the event that follow, in one commit. It fails with Conflict
// where the call is not open.
func (s *Store) EndIntent(ctx context.Context, in bridge.Intent, link *bridge.Link, ev *bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		n, err := tx.exec(ctx, endIntent, string(in.State), micros(in.Ended), in.Outcome, in.CustomerID, in.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return refusal(bridge.Conflict, "this call is not open")
		}
		if in.Revokes && in.State == bridge.IntentDone {
			if _, err := tx.exec(ctx, noteTaken, in.CustomerID, in.UserID, micros(in.Sent)); err != nil {
				return err
			}
		}
		if link != nil {
			if err := tx.saveLink(ctx, *link); err != nil {
				return err
			}
		}
		return tx.addEvents(ctx, maybeEvents(ev)...)
	})
	return failed("end a call", err)
}

const (
	openIntents   = `SELECT ` + intentColumns + ` FROM intents i WHERE i.state IN ` + openStates + ` ORDER BY i.sent_at, i.id`
	intentsOfUser = `SELECT ` + intentColumns + ` FROM intents i WHERE i.customer_id = ? AND i.user_id = ? ORDER BY i.sent_at DESC, i.id DESC LIMIT ?`
)

// OpenIntents lists the calls of all customers that may be in flight or whose effect is not known, the oldest first.
func (s *Store) OpenIntents(ctx context.Context) ([]bridge.Intent, error) {
	var rows []intentRow
	if err := s.reading().list(ctx, &rows, openIntents); err != nil {
		return nil, failed("list the open calls", err)
	}
	return mapped(rows, intentRow.intent), nil
}

// IntentsOf lists the latest calls for a user, the newest first.
func (s *Store) IntentsOf(ctx context.Context, customerID, userID string, limit int) ([]bridge.Intent, error) {
	var rows []intentRow
	if err := s.reading().list(ctx, &rows, intentsOfUser, customerID, text(userID), limit); err != nil {
		return nil, failed("list the calls for a user", err)
	}
	return mapped(rows, intentRow.intent), nil
}
