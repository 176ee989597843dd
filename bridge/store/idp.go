package store

import (
	"context"
	"database/sql"

	"drawbridge/bridge"
)

// idpOfCustomer joins what was read of the identity provider that is set for the customer c, not of one that was before.
const (
	idpColumns = `p.customer_id AS "p.customer_id", p.okta_idp AS "p.okta_idp", p.name AS "p.name",
  p.status AS "p.status", p.unsuspends AS "p.unsuspends", p.reactivates AS "p.reactivates", p.read_at AS "p.read_at",
  p.signed_in_at AS "p.signed_in_at", p.sign_ins_read_at AS "p.sign_ins_read_at"`
	idpOfCustomer = ` LEFT JOIN okta_idps p ON p.customer_id = c.id AND p.okta_idp = c.okta_idp`
)

// idpRow is a row of okta_idps, all NULL where an outer join found none.
type idpRow struct {
	CustomerID  sql.NullString `db:"customer_id"`
	OktaIdP     sql.NullString `db:"okta_idp"`
	Name        sql.NullString `db:"name"`
	Status      sql.NullString `db:"status"`
	Unsuspends  sql.NullBool   `db:"unsuspends"`
	Reactivates sql.NullBool   `db:"reactivates"`
	Read        sql.NullInt64  `db:"read_at"`
	SignedIn    sql.NullInt64  `db:"signed_in_at"`
	SignInsRead sql.NullInt64  `db:"sign_ins_read_at"`
}

// idp returns nil where there is none.
func (r idpRow) idp() *bridge.OktaIdP {
	if !r.CustomerID.Valid {
		return nil
	}
	return &bridge.OktaIdP{
		CustomerID: r.CustomerID.String, ID: r.OktaIdP.String, Name: r.Name.String, Status: bridge.IdPStatus(r.Status.String),
		Unsuspends: r.Unsuspends.Bool, Reactivates: r.Reactivates.Bool, Read: moment(r.Read.Int64),
		SignedIn: moment(r.SignedIn.Int64), SignInsRead: moment(r.SignInsRead.Int64),
	}
}

const saveIdP = `INSERT INTO okta_idps (customer_id, okta_idp, name, status, unsuspends, reactivates, read_at, signed_in_at, sign_ins_read_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (customer_id) DO UPDATE SET okta_idp = excluded.okta_idp, name = excluded.name, status = excluded.status,
  unsuspends = excluded.unsuspends, reactivates = excluded.reactivates, read_at = excluded.read_at,
  signed_in_at = excluded.signed_in_at, sign_ins_read_at = excluded.sign_ins_read_at`

// SaveIdP keeps what was read of a customer's identity provider.
func (s *Store) SaveIdP(ctx context.Context, p bridge.OktaIdP) error {
	err := s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, saveIdP, p.CustomerID, p.ID, p.Name, string(p.Status), p.Unsuspends, p.Reactivates, micros(p.Read),
			micros(p.SignedIn), micros(p.SignInsRead))
		return err
	})
	return failed("save an identity provider", err)
}

const customerIdPs = `SELECT ` + customerColumns + `, ` + idpColumns + ` FROM customers c` + idpOfCustomer + `
WHERE c.okta_idp <> '' ORDER BY c.slug`

// CustomerIdPs lists the customers that have an identity provider in Okta by slug, each with what was last read of it, nil
// if it was never read.
func (s *Store) CustomerIdPs(ctx context.Context) ([]bridge.CustomerIdP, error) {
	var rows []struct {
		customerRow
		IdP idpRow `db:"p"`
	}
	if err := s.reading().list(ctx, &rows, customerIdPs); err != nil {
		return nil, failed("list the identity providers", err)
	}
	out := make([]bridge.CustomerIdP, len(rows))
	for i, r := range rows {
		out[i] = bridge.CustomerIdP{Customer: r.customer(), IdP: r.IdP.idp()}
	}
	return out, nil
}
