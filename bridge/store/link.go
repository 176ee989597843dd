package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"drawbridge/bridge"
)

const linkColumns = `l.user_id, l.customer_id, l.login_key, l.okta_id, l.status, l.status_at, l.taken, l.taken_at, l.born, l.suspended_since, l.suspend_refused,
  l.foreign_account, l.protected, l.sessions_version, l.applied, l.applied_version, l.read_at,
  l.provider, l.has_password`

// linkRow is a row of links, all NULL where an outer join found none.
type linkRow struct {
	UserID         sql.NullString `db:"user_id"`
	CustomerID     sql.NullString `db:"customer_id"`
	LoginKey       sql.NullString `db:"login_key"`
	OktaID         sql.NullString `db:"okta_id"`
	Status         sql.NullString `db:"status"`
	StatusAt       sql.NullInt64  `db:"status_at"`
	Taken          sql.NullString `db:"taken"`
	TakenAt        sql.NullInt64  `db:"taken_at"`
	Born           sql.NullBool   `db:"born"`
	SuspendedSince sql.NullInt64  `db:"suspended_since"`
	SuspendRefused sql.NullBool   `db:"suspend_refused"`
	Foreign        sql.NullBool   `db:"foreign_account"`
	Protected      sql.NullBool   `db:"protected"`
	SessionsEnded  sql.NullInt64  `db:"sessions_version"`
	Applied        []byte         `db:"applied"`
	AppliedVersion sql.NullInt64  `db:"applied_version"`
	Read           sql.NullInt64  `db:"read_at"`
	Provider       sql.NullString `db:"provider"`
	Password       sql.NullString `db:"has_password"`
}

func (r linkRow) link() (bridge.Link, error) {
	l := bridge.Link{
		UserID: r.UserID.String, CustomerID: r.CustomerID.String, LoginKey: r.LoginKey.String, OktaID: r.OktaID.String,
		StatusAt: moment(r.StatusAt.Int64), TakenAt: moment(r.TakenAt.Int64), Born: r.Born.Bool,
		SuspendedSince: moment(r.SuspendedSince.Int64), SuspendRefused: r.SuspendRefused.Bool,
		Foreign: r.Foreign.Bool, Protected: r.Protected.Bool, SessionsEnded: r.SessionsEnded.Int64,
		AppliedVersion: r.AppliedVersion.Int64, Read: moment(r.Read.Int64), Provider: r.Provider.String,
		Password: bridge.PasswordFact(r.Password.String),
	}
	become(&l.Status, r.Status.String)
	become(&l.Taken, r.Taken.String)
	if err := json.Unmarshal(r.Applied, &l.Applied); err != nil {
		return bridge.Link{}, fmt.Errorf("the profile recorded for user %s cannot be read: %w", l.UserID, err)
	}
	return l, nil
}

// become sets a field whose type belongs to a package that the store does not know.
func become[T ~string](field *T, value string) { *field = T(value) }

const reserveLink = `INSERT INTO links (user_id, customer_id, login_key, okta_id, status, status_at, taken, taken_at, born, suspended_since, suspend_refused,
  foreign_account, protected, sessions_version, applied, applied_version, read_at)
VALUES (?, ?, ?, NULL, '', 0, '', 0, FALSE, 0, FALSE, FALSE, FALSE, 0, '{}', 0, 0)
ON CONFLICT (user_id) DO UPDATE SET login_key = excluded.login_key WHERE links.customer_id = excluded.customer_id`

// ReserveLink takes a login for a user before the account exists. It fails with Taken where another user, of whatever
// customer, has it. A user that has a link keeps it and takes the login.
func (s *Store) ReserveLink(ctx context.Context, l bridge.Link) error {
	err := s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, reserveLink, l.UserID, l.CustomerID, l.LoginKey)
		return err
	})
	return failed("reserve a login", taken(err, bridge.Taken, "another user has this login"))
}

// saveLink does not let what was applied go back to an older version (I12), and takes no account that was one of a deleted
// customer's people.
const saveLink = `INSERT INTO links (user_id, customer_id, login_key, okta_id, status, status_at, taken, taken_at, born, suspended_since, suspend_refused,
  foreign_account, protected, sessions_version, applied, applied_version, read_at, provider, has_password)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19
WHERE NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.okta_id = $4)
ON CONFLICT (user_id) DO UPDATE SET login_key = excluded.login_key, okta_id = excluded.okta_id, status = excluded.status, status_at = excluded.status_at,
  taken = excluded.taken, taken_at = excluded.taken_at, born = excluded.born, suspended_since = excluded.suspended_since,
  suspend_refused = excluded.suspend_refused, foreign_account = excluded.foreign_account, protected = excluded.protected, read_at = excluded.read_at,
  sessions_version = excluded.sessions_version, provider = excluded.provider, has_password = excluded.has_password,
  applied = CASE WHEN excluded.applied_version < links.applied_version THEN links.applied ELSE excluded.applied END,
  applied_version = CASE WHEN excluded.applied_version < links.applied_version THEN links.applied_version ELSE excluded.applied_version END
WHERE links.customer_id = $2`

// SaveLink stores a link, with an event if there is one. It fails with Taken where another user has the login or the Okta
// account, and with Conflict where the account was one of a deleted customer's people. AppliedVersion and Applied stay as they are if the stored ones are later.
func (s *Store) SaveLink(ctx context.Context, l bridge.Link, ev *bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.saveLink(ctx, l); err != nil {
			return err
		}
		return tx.addEvents(ctx, maybeEvents(ev)...)
	})
	return failed("save a link", err)
}

func (c *session) saveLink(ctx context.Context, l bridge.Link) error {
	applied := []byte("{}")
	if l.Applied != nil {
		var err error
		if applied, err = json.Marshal(l.Applied); err != nil {
			return fmt.Errorf("encode the applied profile: %w", err)
		}
	}
	n, err := c.exec(ctx, saveLink, l.UserID, l.CustomerID, l.LoginKey, optional(l.OktaID), string(l.Status), micros(l.StatusAt),
		string(l.Taken), micros(l.TakenAt), l.Born, micros(l.SuspendedSince), l.SuspendRefused, l.Foreign, l.Protected,
		l.SessionsEnded, string(applied), l.AppliedVersion, micros(l.Read), l.Provider, string(l.Password))
	if err == nil && n == 0 {
		return c.buried(ctx, l.OktaID)
	}
	return taken(err, bridge.Taken, "another user has this login or this Okta account")
}

const dropReservation = `DELETE FROM links WHERE customer_id = ? AND user_id = ? AND okta_id IS NULL
  AND NOT EXISTS (SELECT 1 FROM intents i WHERE i.customer_id = links.customer_id AND i.user_id = links.user_id AND i.state IN ` + openStates + `)`

// DropReservation gives a reserved login up, unless an account exists or a call that may have made one is open.
func (s *Store) DropReservation(ctx context.Context, customerID, userID string) error {
	err := s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, dropReservation, customerID, userID)
		return err
	})
	return failed("drop a reservation", err)
}

// linkByOktaID asks over all customers: an Okta account has one owner, and who that is is the question.
const linkByOktaID = `SELECT ` + linkColumns + ` FROM links l WHERE l.okta_id = ?`

// LinkByOktaID finds the link of an Okta account; NotFound where there is none.
func (s *Store) LinkByOktaID(ctx context.Context, oktaID string) (bridge.Link, error) {
	var row linkRow
	found, err := s.reading().get(ctx, &row, linkByOktaID, text(oktaID))
	if err == nil && !found {
		err = refusal(bridge.NotFound, "no user is linked to this Okta account")
	}
	if err != nil {
		return bridge.Link{}, failed("look up a link", err)
	}
	return row.link()
}

// stillActive asks over all customers: the syncer's alarm is about the org. An account in one of these statuses lets
// nobody in; a removal says nothing where SCIM does not govern.
const (
	stillActiveFrom = ` FROM users u JOIN links l ON l.customer_id = u.customer_id AND l.user_id = u.id JOIN customers c ON c.id = u.customer_id
WHERE u.removed_at <> 0 AND u.connected AND c.state IN ` + governingStates + ` AND l.okta_id IS NOT NULL
  AND l.status NOT IN ('', 'STAGED', 'SUSPENDED', 'DEPROVISIONED')`

	stillActive      = `SELECT ` + linkColumns + stillActiveFrom + ` ORDER BY u.removed_at, u.id LIMIT ?`
	countStillActive = `SELECT COUNT(*)` + stillActiveFrom
)

// StillActive lists the accounts of removed users, of all customers, that still let them in as last read: those removed the
// longest ago, at most limit, and the number of all.
func (s *Store) StillActive(ctx context.Context, limit int) ([]bridge.Link, int, error) {
	var total int
	if _, err := s.reading().get(ctx, &total, countStillActive); err != nil {
		return nil, 0, failed("count the removed who are still active", err)
	}
	var rows []linkRow
	if err := s.reading().list(ctx, &rows, stillActive, limit); err != nil {
		return nil, 0, failed("list the removed who are still active", err)
	}
	links := make([]bridge.Link, len(rows))
	for i, r := range rows {
		var err error
		if links[i], err = r.link(); err != nil {
			return nil, 0, err
		}
	}
	return links, total, nil
}
