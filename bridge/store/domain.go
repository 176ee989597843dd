package store

import (
	"context"

	"drawbridge/bridge"
)

// domainRow is a row of domains.
type domainRow struct {
	Name       string `db:"name"`
	CustomerID string `db:"customer_id"`
	Verified   int64  `db:"verified_at"`
	Reason     string `db:"reason"`
}

func (r domainRow) domain() bridge.Domain {
	return bridge.Domain{Name: r.Name, CustomerID: r.CustomerID, Verified: moment(r.Verified), Reason: r.Reason}
}

const addDomain = `INSERT INTO domains (name, customer_id, verified_at, reason) VALUES (?, ?, ?, ?)`

// AddDomain stores a verified domain; Taken where a customer, this one or another, has it already, Invalid where it was
// not verified.
func (s *Store) AddDomain(ctx context.Context, d bridge.Domain, e bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.addDomain(ctx, d); err != nil {
			return err
		}
		return tx.addEvents(ctx, e)
	})
	return failed("add the domain", err)
}

func (c *session) addDomain(ctx context.Context, d bridge.Domain) error {
	if d.Verified.IsZero() {
		return refusal(bridge.Invalid, "the domain "+d.Name+" is not verified; verify it first")
	}
	_, err := c.exec(ctx, addDomain, d.Name, d.CustomerID, micros(d.Verified), d.Reason)
	return taken(err, bridge.Taken, "the domain "+d.Name+" belongs to a customer already; look at `drawbridge customer list`")
}

const domainsOf = `SELECT name, customer_id, verified_at, reason FROM domains WHERE customer_id = ? ORDER BY name`

// Domains lists the verified domains of a customer.
func (s *Store) Domains(ctx context.Context, customerID string) ([]bridge.Domain, error) {
	var rows []domainRow
	if err := s.reading().list(ctx, &rows, domainsOf, customerID); err != nil {
		return nil, failed("list the domains", err)
	}
	return mapped(rows, domainRow.domain), nil
}

const domainOfOther = `SELECT COUNT(*) FROM domains WHERE name = ? AND customer_id <> ?`

// OwnedByOther reports whether a domain, in its normal form, is verified for another customer than this one.
func (s *Store) OwnedByOther(ctx context.Context, customerID, domain string) (bool, error) {
	var n int
	_, err := s.reading().get(ctx, &n, domainOfOther, domain, customerID)
	return n > 0, failed("look for the owner of a domain", err)
}
