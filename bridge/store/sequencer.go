package store

import "context"

// numbered gives each customer's events the numbers after its last one, in the order in which they arrived. The last
// numbers are read once and before anything is inserted: a search for the greatest one would walk over every row that the
// statement itself has inserted and does not see.
const numbered = `, last AS MATERIALIZED (
  SELECT c.customer_id, (SELECT COALESCE(MAX(e.seq), 0) FROM events e WHERE e.customer_id = c.customer_id) AS seq
  FROM (SELECT DISTINCT customer_id FROM batch) AS c
)
INSERT INTO events (customer_id, seq, id, at, epoch, kind, actor, user_id, version, data)
SELECT b.customer_id, l.seq + ROW_NUMBER() OVER (PARTITION BY b.customer_id ORDER BY b.arrival),
  b.id, b.at, b.epoch, b.kind, b.actor, b.user_id, b.version, b.data
FROM batch b JOIN last l ON l.customer_id = b.customer_id`

const (
	// One statement sees one state of the database: an event of a transaction that is still open is not in it and comes in
	// a later batch, with a later number. Two sequencers at once cannot both take an event, because they delete it, nor
	// both give a number, because it is the key.
	numberEventsPostgres = `WITH batch AS (
  DELETE FROM event_inbox WHERE arrival <= (SELECT MAX(arrival) FROM (SELECT arrival FROM event_inbox ORDER BY arrival LIMIT $1) AS first)
  RETURNING arrival, id, customer_id, at, epoch, kind, actor, user_id, version, data
)` + numbered

	numberEventsSQLite = `WITH batch AS (SELECT * FROM event_inbox WHERE arrival <= ?)` + numbered

	batchEnd  = `SELECT COALESCE(MAX(arrival), 0) FROM (SELECT arrival FROM event_inbox ORDER BY arrival LIMIT ?) AS batch`
	clearance = `DELETE FROM event_inbox WHERE arrival <= ?`
)

// NumberEvents numbers at most limit committed events and returns how many it did. Each customer's numbers have no gap.
// An event that follows from another one's commit, such as a user's next version, has the greater number. It is for the
// lease holder to call; a second caller at the same time can only make one of the two fail.
func (s *Store) NumberEvents(ctx context.Context, limit int) (int, error) {
	if s.dialect == sqlite {
		n, err := s.numberEvents(ctx, limit)
		return n, failed("number the events", err)
	}
	var n int
	err := s.again(ctx, func() (err error) {
		n, err = s.writing().exec(ctx, numberEventsPostgres, limit)
		return err
	})
	return n, failed("number the events", err)
}

// numberEvents does it on SQLite, where nobody else writes meanwhile and no statement both deletes and inserts.
func (s *Store) numberEvents(ctx context.Context, limit int) (int, error) {
	var n int
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		var end int64
		if _, err := tx.get(ctx, &end, batchEnd, limit); err != nil || end == 0 {
			return err
		}
		if _, err := tx.exec(ctx, numberEventsSQLite, end); err != nil {
			return err
		}
		var err error
		n, err = tx.exec(ctx, clearance, end)
		return err
	})
	return n, err
}
