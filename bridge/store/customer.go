package store

import (
	"context"
	"time"

	"drawbridge/bridge"
)

const customerColumns = `c.id, c.slug, c.name, c.state, c.epoch, c.okta_idp, c.logins, c.grace, c.suspend_only, c.rate, c.request_log, c.group_patch, c.created_at, c.modified_at,
  c.disconnected_by, c.verify_from, c.time_zone, c.paused_at, c.paused_until, c.pause_answer, c.review_since, c.waiting_since, c.joining_since`

// customerRow is a row of customers.
type customerRow struct {
	ID          string `db:"id"`
	Slug        string `db:"slug"`
	Name        string `db:"name"`
	State       string `db:"state"`
	Epoch       int64  `db:"epoch"`
	OktaIdP     string `db:"okta_idp"`
	Logins      string `db:"logins"`
	Grace       int64  `db:"grace"`
	SuspendOnly bool   `db:"suspend_only"`
	Rate        int    `db:"rate"`
	RequestLog  string `db:"request_log"`
	GroupPatch  int    `db:"group_patch"`
	Created     int64  `db:"created_at"`
	Modified    int64  `db:"modified_at"`
	CutBy       int64  `db:"disconnected_by"`
	VerifyFrom  int64  `db:"verify_from"`
	TimeZone    string `db:"time_zone"`
	Paused      int64  `db:"paused_at"`
	PausedUntil int64  `db:"paused_until"`
	PauseAnswer string `db:"pause_answer"`
	Waiting     int64  `db:"waiting_since"`
	Joining     int64  `db:"joining_since"`
	ReviewSince int64  `db:"review_since"`
}

func (r customerRow) customer() bridge.Customer {
	return bridge.Customer{
		ID: r.ID, Slug: r.Slug, Name: r.Name, State: bridge.State(r.State), Epoch: r.Epoch, OktaIdP: r.OktaIdP,
		Logins: bridge.LoginRule(r.Logins), Grace: time.Duration(r.Grace) * time.Microsecond, SuspendOnly: r.SuspendOnly,
		Rate: r.Rate, RequestLog: bridge.RequestLog(r.RequestLog), GroupPatch: r.GroupPatch, Created: moment(r.Created), Modified: moment(r.Modified),
		DisconnectedBy: r.CutBy, VerifyFrom: moment(r.VerifyFrom), TimeZone: r.TimeZone, Waiting: moment(r.Waiting), Joining: moment(r.Joining),
		Paused: moment(r.Paused), PausedUntil: moment(r.PausedUntil), PauseAnswer: bridge.PauseAnswer(r.PauseAnswer),
		ReviewSince: moment(r.ReviewSince),
	}
}

const addCustomer = `INSERT INTO customers (id, slug, name, state, epoch, okta_idp, logins, grace, suspend_only, rate, request_log, group_patch, created_at, modified_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// AddCustomer stores a customer with its domains and events. It fails with Taken where the slug or a domain is in use.
func (s *Store) AddCustomer(ctx context.Context, c bridge.Customer, domains []bridge.Domain, events []bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		_, err := tx.exec(ctx, addCustomer, c.ID, c.Slug, c.Name, string(c.State), c.Epoch, c.OktaIdP, string(c.Logins),
			c.Grace.Microseconds(), c.SuspendOnly, c.Rate, string(c.RequestLog), c.GroupPatch, micros(c.Created), micros(c.Modified))
		if err != nil {
			return taken(err, bridge.Taken, "a customer with this slug exists already; choose another one")
		}
		for _, d := range domains {
			if err := tx.addDomain(ctx, d); err != nil {
				return err
			}
		}
		return tx.addEvents(ctx, events...)
	})
	return failed("add the customer", err)
}

const (
	customerBySlug = `SELECT ` + customerColumns + ` FROM customers c WHERE c.slug = ?`
	customerByID   = `SELECT ` + customerColumns + ` FROM customers c WHERE c.id = ?`
	allCustomers   = `SELECT ` + customerColumns + ` FROM customers c WHERE c.state <> 'deleted' ORDER BY c.slug`
)

// Customer finds a customer by its slug; NotFound where there is none. A deleted one comes with Conflict.
func (s *Store) Customer(ctx context.Context, slug string) (bridge.Customer, error) {
	c, err := s.customer(ctx, customerBySlug, slug)
	if err == nil && c.State == bridge.Deleted {
		err = errDeleted(c)
	}
	return c, err
}

// CustomerByID finds a customer by its id, a deleted one too; NotFound where there is none.
func (s *Store) CustomerByID(ctx context.Context, id string) (bridge.Customer, error) {
	return s.customer(ctx, customerByID, id)
}

func (s *Store) customer(ctx context.Context, query, key string) (bridge.Customer, error) {
	var row customerRow
	found, err := s.reading().get(ctx, &row, query, text(key))
	if err == nil && !found {
		err = errNoCustomer()
	}
	return row.customer(), failed("read the customer", err)
}

// Customers lists all customers but the deleted ones by slug.
func (s *Store) Customers(ctx context.Context) ([]bridge.Customer, error) {
	var rows []customerRow
	if err := s.reading().list(ctx, &rows, allCustomers); err != nil {
		return nil, failed("list the customers", err)
	}
	return mapped(rows, customerRow.customer), nil
}

const changeCustomer = `UPDATE customers SET name = ?, state = ?, epoch = ?, okta_idp = ?, logins = ?, grace = ?, suspend_only = ?, rate = ?, request_log = ?, group_patch = ?, time_zone = ?, paused_at = ?, paused_until = ?, pause_answer = ?, modified_at = ?
WHERE id = ?`

// ChangeCustomer applies change to the customer as it is and commits the result with the event, all under a lock on the
// customer that no write of its identity provider passes. An error of change ends it and is returned. change may be
// called again when the database asks for a repeat; it must not change id, slug or creation time. An event without an id
// is not stored.
func (s *Store) ChangeCustomer(ctx context.Context, slug string, change func(*bridge.Customer) (bridge.Event, error)) (bridge.Customer, error) {
	var c bridge.Customer
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockCustomer(ctx, customerBySlug, slug)
		if err != nil {
			return err
		}
		if c = row.customer(); c.State == bridge.Deleted {
			return errDeleted(c)
		}
		event, err := change(&c)
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, changeCustomer, c.Name, string(c.State), c.Epoch, c.OktaIdP, string(c.Logins),
			c.Grace.Microseconds(), c.SuspendOnly, c.Rate, string(c.RequestLog), c.GroupPatch, c.TimeZone, micros(c.Paused), micros(c.PausedUntil), string(c.PauseAnswer), micros(c.Modified), row.ID)
		if err != nil {
			return err
		}
		return tx.addEvents(ctx, event)
	})
	if err != nil {
		return bridge.Customer{}, failed("change the customer", err)
	}
	s.Wake()
	return c, nil
}

const (
	// customerKey names the advisory lock of the customer c on PostgreSQL. Two customers with one key only wait for each other.
	customerKey = `hashtextextended(c.id, 0)`

	queueForSlug = `SELECT c.id FROM customers c WHERE c.slug = ? AND pg_advisory_xact_lock(` + customerKey + `) IS NOT NULL`
	queueForID   = `SELECT c.id FROM customers c WHERE c.id = ? AND pg_advisory_xact_lock(` + customerKey + `) IS NOT NULL`

	// exclusively waits for the writes that hold the row FOR SHARE, and makes those after it wait.
	exclusively = ` FOR NO KEY UPDATE`
)

// lockCustomer takes a customer for the rest of the transaction and reads it as it is by then; query is customerBySlug
// or customerByID. Conflict where it waits for an approval after a restore: nothing of it moves before.
func (c *session) lockCustomer(ctx context.Context, query, key string) (customerRow, error) {
	row, err := c.lockAnyCustomer(ctx, query, key)
	if err == nil && row.ReviewSince != 0 {
		err = errFrozen(row.Slug)
	}
	return row, err
}

// moves fails as lockCustomer does where nothing of a customer moves, and takes no lock.
func (c *session) moves(ctx context.Context, customerID string) error {
	var row customerRow
	found, err := c.get(ctx, &row, customerByID, customerID)
	if err == nil && found && row.ReviewSince != 0 {
		err = errFrozen(row.Slug)
	}
	return err
}

// lockAnyCustomer is lockCustomer for what may happen meanwhile too.
func (c *session) lockAnyCustomer(ctx context.Context, query, key string) (customerRow, error) {
	if c.store.dialect == postgres {
		queue := queueForID
		if query == customerBySlug {
			queue = queueForSlug
		}
		var id string
		if _, err := c.get(ctx, &id, queue, text(key)); err != nil {
			return customerRow{}, err
		}
		query += exclusively
	}
	var row customerRow
	found, err := c.get(ctx, &row, query, text(key))
	if err == nil && !found {
		err = errNoCustomer()
	}
	return row, err
}

func mapped[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}
