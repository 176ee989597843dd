package store

import (
	"context"
	"fmt"

	"drawbridge/bridge"
	"drawbridge/scim/schema"
)

// contactRow is a row of contacts.
type contactRow struct {
	ID         string `db:"id"`
	CustomerID string `db:"customer_id"`
	Name       string `db:"name"`
	Email      string `db:"email"`
	Role       string `db:"role"`
	Notify     bool   `db:"notify"`
	Created    int64  `db:"created_at"`
}

func (r contactRow) contact() bridge.Contact {
	return bridge.Contact{
		ID: r.ID, CustomerID: r.CustomerID, Name: r.Name, Email: r.Email, Role: bridge.ContactRole(r.Role), Notify: r.Notify, Created: moment(r.Created),
	}
}

const (
	addContact = `INSERT INTO contacts (id, customer_id, name, email, email_key, role, notify, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

	countContacts = `SELECT COUNT(*) FROM contacts WHERE customer_id = ?`

	contactsOf = `SELECT id, customer_id, name, email, role, notify, created_at FROM contacts WHERE customer_id = ? ORDER BY created_at, id`

	removeContact = `DELETE FROM contacts WHERE customer_id = ? AND id = ?`
)

// AddContact stores a contact of a customer that has fewer than limit. It fails with Taken where the customer has one with
// the address, in whatever case, with Conflict where it has as many as it may, and with NotFound without the customer.
func (s *Store) AddContact(ctx context.Context, c bridge.Contact, limit int, e bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.lockCustomer(ctx, customerByID, c.CustomerID); err != nil {
			return err
		}
		var n int
		if _, err := tx.get(ctx, &n, countContacts, c.CustomerID); err != nil {
			return err
		}
		if n >= limit {
			return refusal(bridge.Conflict, fmt.Sprintf("the customer has %d contacts already, as many as it may have; remove one first", n))
		}
		_, err := tx.exec(ctx, addContact, c.ID, c.CustomerID, c.Name, c.Email, schema.Fold(c.Email), string(c.Role), c.Notify, micros(c.Created))
		if err != nil {
			return taken(err, bridge.Taken, "the customer has a contact with this address already; remove that one first")
		}
		return tx.addEvents(ctx, e)
	})
	return failed("add the contact", err)
}

// Contacts lists the contacts of a customer, the oldest first.
func (s *Store) Contacts(ctx context.Context, customerID string) ([]bridge.Contact, error) {
	var rows []contactRow
	if err := s.reading().list(ctx, &rows, contactsOf, customerID); err != nil {
		return nil, failed("list the contacts", err)
	}
	return mapped(rows, contactRow.contact), nil
}

// RemoveContact removes a contact; NotFound where the customer has no such one.
func (s *Store) RemoveContact(ctx context.Context, customerID, contactID string, e bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		n, err := tx.exec(ctx, removeContact, customerID, contactID)
		if err != nil {
			return err
		}
		if n == 0 {
			return refusal(bridge.NotFound, "the customer has no such contact; `drawbridge customer contact list` shows them")
		}
		return tx.addEvents(ctx, e)
	})
	return failed("remove the contact", err)
}
