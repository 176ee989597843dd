package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

// postgresClock is the one clock that all replicas share, in microseconds. clock_timestamp goes on during a statement, so
// that one which waited for a lock does not judge by the time before.
const postgresClock = `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)`

// leaseRow is a row of leases.
type leaseRow struct {
	Name   string `db:"name"`
	Holder string `db:"holder"`
	Fence  int64  `db:"fence"`
	Until  int64  `db:"until"`
}

func (r leaseRow) lease() bridge.Lease {
	return bridge.Lease{Name: r.Name, Holder: r.Holder, Fence: r.Fence, Until: moment(r.Until)}
}

const (
	takeover = `
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until,
  fence = CASE WHEN leases.holder = excluded.holder THEN leases.fence ELSE leases.fence + 1 END
WHERE leases.holder = excluded.holder OR leases.until <= `

	acquirePostgres = `INSERT INTO leases (name, holder, fence, until) VALUES ($1, $2, 1, ` + postgresClock + ` + $3)` + takeover + postgresClock + `
RETURNING name, holder, fence, until`
	acquireSQLite = `INSERT INTO leases (name, holder, fence, until) VALUES ($1, $2, 1, $4 + $3)` + takeover + `$4
RETURNING name, holder, fence, until`

	currentPostgres = `SELECT name, holder, fence, until, until > ` + postgresClock + ` AS held FROM leases WHERE name = $1`
	currentSQLite   = `SELECT name, holder, fence, until, until > $2 AS held FROM leases WHERE name = $1`
)

// AcquireLease takes a lease for ttl if it is free, has run out, or is the holder's already; true if it did. Renewing
// keeps the fence, and a change of holder raises it. Where another one holds it, that lease is returned with false. Time
// is the database's on PostgreSQL and the store's on SQLite.
func (s *Store) AcquireLease(ctx context.Context, name, holder string, ttl time.Duration) (bridge.Lease, bool, error) {
	query, args := acquirePostgres, []any{name, holder, ttl.Microseconds()}
	if s.dialect == sqlite {
		query, args = acquireSQLite, append(args, micros(s.now()))
	}
	var row leaseRow
	var got bool
	err := s.again(ctx, func() (err error) {
		got, err = s.writing().get(ctx, &row, query, args...)
		return err
	})
	if err != nil {
		return bridge.Lease{}, false, failed("acquire the lease", err)
	}
	if got {
		return row.lease(), true, nil
	}
	l, _, err := s.CurrentLease(ctx, name)
	return l, false, err
}

const releaseLease = `UPDATE leases SET until = 0 WHERE name = ? AND holder = ? AND fence = ?`

// ReleaseLease gives a lease up, so that another process need not wait for its end. One that is lost already stays.
func (s *Store) ReleaseLease(ctx context.Context, l bridge.Lease) error {
	err := s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, releaseLease, l.Name, l.Holder, l.Fence)
		return err
	})
	return failed("release the lease", err)
}

// CurrentLease is the lease as it stands, and whether it is held; zero but for its name where nobody ever had it.
func (s *Store) CurrentLease(ctx context.Context, name string) (bridge.Lease, bool, error) {
	query, args := currentPostgres, []any{name}
	if s.dialect == sqlite {
		query, args = currentSQLite, append(args, micros(s.now()))
	}
	row := struct {
		leaseRow
		Held bool `db:"held"`
	}{leaseRow: leaseRow{Name: name}}
	_, err := s.reading().get(ctx, &row, query, args...)
	return row.lease(), row.Held, failed("read the lease", err)
}

const (
	holdsPostgres = `SELECT COUNT(*) FROM leases WHERE name = $1 AND holder = $2 AND fence = $3 AND until > ` + postgresClock
	holdsSQLite   = `SELECT COUNT(*) FROM leases WHERE name = $1 AND holder = $2 AND fence = $3 AND until > $4`
)

// holds reports whether a lease is still its holder's.
func (s *Store) holds(ctx context.Context, l bridge.Lease) (bool, error) {
	query, args := holdsPostgres, []any{l.Name, l.Holder, l.Fence}
	if s.dialect == sqlite {
		query, args = holdsSQLite, append(args, micros(s.now()))
	}
	var n int
	_, err := s.writing().get(ctx, &n, query, args...)
	return n == 1, err
}
