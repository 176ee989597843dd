package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"drawbridge/bridge"
)

// departingPage is how many users are read at once.
const departingPage = 10_000

const (
	departingColumns = `u.ordinal, u.id, u.active, u.removed_at, u.deleted_at, l.okta_id, l.status, l.status_at, l.taken, l.taken_at, l.foreign_account, l.protected,
  l.provider, l.has_password, d.parked, a.user_id IS NOT NULL, k.since`
	departingDetail = `, u.doc, l.applied`
	departingFrom   = ` FROM users u
  LEFT JOIN links l ON l.customer_id = u.customer_id AND l.user_id = u.id
  LEFT JOIN due d ON d.customer_id = u.customer_id AND d.user_id = u.id
  LEFT JOIN approvals a ON a.customer_id = u.customer_id AND a.user_id = u.id AND a.removed_at = u.removed_at
  LEFT JOIN containments k ON k.customer_id = u.customer_id AND k.user_id = u.id AND k.lifted_at = 0
WHERE u.customer_id = ? AND u.ordinal > ?`
	hasAccount    = ` AND (NOT u.deleted OR l.okta_id IS NOT NULL)`
	stillGoverned = hasAccount + ` AND u.connected`
	rejoins       = hasAccount + ` AND NOT u.connected AND NOT EXISTS (SELECT 1 FROM unmanaged m WHERE m.customer_id = u.customer_id AND m.user_id = u.id)`
	byOrdinal     = ` ORDER BY u.ordinal LIMIT ?`

	departing       = `SELECT ` + departingColumns + departingFrom + stillGoverned + byOrdinal
	departingInFull = `SELECT ` + departingColumns + departingDetail + departingFrom + stillGoverned + byOrdinal
	rejoining       = `SELECT ` + departingColumns + departingFrom + rejoins + byOrdinal
)

// EachDeparting implements bridge.PlanStore.
func (s *Store) EachDeparting(ctx context.Context, customerID string, detail bool, each func(bridge.Subject) error) error {
	query := departing
	if detail {
		query = departingInFull
	}
	return failed("read the people of a plan", s.eachOf(ctx, query, detail, customerID, each))
}

// EachRejoining implements bridge.PlanStore.
func (s *Store) EachRejoining(ctx context.Context, customerID string, each func(bridge.Subject) error) error {
	return failed("read the people who would come back", s.eachOf(ctx, rejoining, false, customerID, each))
}

// eachOf reads page by page, so that no statement holds the whole customer.
func (s *Store) eachOf(ctx context.Context, query string, detail bool, customerID string, each func(bridge.Subject) error) error {
	customer, err := s.CustomerByID(ctx, customerID)
	if err != nil {
		return err
	}
	idp, err := s.idpOf(ctx, customerID)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		n := 0
		err := s.reading().each(ctx, query, func(rows *sql.Rows) error {
			x, err := scanDeparting(rows, detail)
			if err != nil {
				return err
			}
			n++
			after = x.User.Ordinal
			x.Customer, x.IdP = customer, idp
			x.User.CustomerID, x.User.Connected = customerID, true
			return each(x)
		}, customerID, after, departingPage)
		if err != nil || n < departingPage {
			return err
		}
	}
}

// scanDeparting scans one row by hand: there are a hundred thousand of them while a person waits.
func scanDeparting(rows *sql.Rows, detail bool) (bridge.Subject, error) {
	var x bridge.Subject
	var l bridge.Link
	var removed, deleted int64
	var oktaID, status, taken, provider, password, parked sql.NullString
	var statusAt, takenAt sql.NullInt64
	var foreign, protected sql.NullBool
	var contained sql.NullInt64
	var applied []byte
	into := []any{
		&x.User.Ordinal, &x.User.ID, &x.User.Active, &removed, &deleted, &oktaID, &status, &statusAt, &taken, &takenAt, &foreign, &protected,
		&provider, &password, &parked, &x.Approved, &contained,
	}
	if detail {
		into = append(into, &x.User.Doc, &applied)
	}
	if err := rows.Scan(into...); err != nil {
		return x, err
	}
	x.User.Removed, x.User.Deleted = moment(removed), moment(deleted)
	x.Contained = moment(contained.Int64)
	if parked.String != "" {
		x.Due = &bridge.Due{UserID: x.User.ID, Parked: parked.String}
	}
	if !status.Valid {
		return x, nil
	}
	l = bridge.Link{
		UserID: x.User.ID, OktaID: oktaID.String, StatusAt: moment(statusAt.Int64), TakenAt: moment(takenAt.Int64),
		Foreign: foreign.Bool, Protected: protected.Bool, Provider: provider.String, Password: bridge.PasswordFact(password.String),
	}
	become(&l.Status, status.String)
	become(&l.Taken, taken.String)
	if applied != nil {
		if err := json.Unmarshal(applied, &l.Applied); err != nil {
			return x, err
		}
	}
	x.Link = &l
	return x, nil
}

const idpOf = `SELECT ` + idpColumns + ` FROM customers c` + idpOfCustomer + ` WHERE c.id = ?`

// idpOf returns nil where the customer has no identity provider in Okta, or it was never read.
func (s *Store) idpOf(ctx context.Context, customerID string) (*bridge.OktaIdP, error) {
	var row struct {
		IdP idpRow `db:"p"`
	}
	_, err := s.reading().get(ctx, &row, idpOf, customerID)
	return row.IdP.idp(), err
}
