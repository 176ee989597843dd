package bridge

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"drawbridge/scim/schema"
)

// ContactRole is what a contact answers for at the customer.
type ContactRole string

// The roles of contacts.
const (
	AdminContact    ContactRole = "admin"    // runs the customer's IdP
	SecurityContact ContactRole = "security" // answers for who has access
)

// MaxContacts bounds the contacts of a customer.
const MaxContacts = 50

// Contact is a person at the customer whom support, or Drawbridge itself, turns to. Name and Email are personal data: they
// stand in no event, log or error.
type Contact struct {
	ID         string
	CustomerID string
	Name       string
	Email      string
	Role       ContactRole
	Notify     bool // is told by e-mail when the customer's removals wait for an answer
	Created    time.Time
}

// NewContact is what AddContact needs to know.
type NewContact struct {
	Name   string
	Email  string
	Role   ContactRole // empty: AdminContact
	Notify bool
}

// ContactStore keeps the contacts of customers.
type ContactStore interface {
	// AddContact fails with Taken where the customer has a contact with the address, in whatever case, and with Conflict where
	// it has limit contacts.
	AddContact(ctx context.Context, c Contact, limit int, e Event) error
	// Contacts lists them, the oldest first.
	Contacts(ctx context.Context, customerID string) ([]Contact, error)
	// RemoveContact fails with NotFound where the customer has no such contact.
	RemoveContact(ctx context.Context, customerID, contactID string, e Event) error
}

// AddContact adds a contact of a customer.
func (s *Service) AddContact(ctx context.Context, a Actor, slug string, n NewContact) (Contact, error) {
	if err := a.may(Operator); err != nil {
		return Contact{}, err
	}
	if n.Role == "" {
		n.Role = AdminContact
	}
	if err := n.check(); err != nil {
		return Contact{}, err
	}
	c, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Contact{}, err
	}
	now := s.now()
	contact := Contact{ID: s.newID(), CustomerID: c.ID, Name: n.Name, Email: n.Email, Role: n.Role, Notify: n.Notify, Created: now}
	e := s.event(a, c.ID, EventContactAdded, now, map[string]string{"contact": contact.ID, "role": string(n.Role)})
	return contact, s.contacts.AddContact(ctx, contact, MaxContacts, e)
}

func (n NewContact) check() error {
	if n.Name == "" || len(n.Name) > 200 || strings.ContainsFunc(n.Name, unicode.IsControl) {
		return newError(Invalid, "give the contact a name of 1 to 200 characters in one line (--name)")
	}
	if address, err := mail.ParseAddress(n.Email); err != nil || address.Address != n.Email || len(n.Email) > 254 {
		return newError(Invalid, "the contact's e-mail address must look like anna@acme.example (--email)")
	}
	if !slices.Contains([]ContactRole{AdminContact, SecurityContact}, n.Role) {
		return newError(Invalid, "the role of a contact is admin or security (--role)")
	}
	return nil
}

// Contacts lists a customer's contacts, the oldest first.
func (s *Service) Contacts(ctx context.Context, a Actor, slug string) ([]Contact, error) {
	if err := a.may(Viewer); err != nil {
		return nil, err
	}
	c, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return nil, err
	}
	return s.contacts.Contacts(ctx, c.ID)
}

// RemoveContact removes the contact of a customer with this id or e-mail address.
func (s *Service) RemoveContact(ctx context.Context, a Actor, slug, idOrEmail string) error {
	if err := a.may(Operator); err != nil {
		return err
	}
	c, err := s.contact(ctx, a, slug, idOrEmail)
	if err != nil {
		return err
	}
	return s.contacts.RemoveContact(ctx, c.CustomerID, c.ID, s.event(a, c.CustomerID, EventContactRemoved, s.now(), map[string]string{"contact": c.ID}))
}

// contact finds the contact of a customer with this id or e-mail address.
func (s *Service) contact(ctx context.Context, a Actor, slug, idOrEmail string) (Contact, error) {
	all, err := s.Contacts(ctx, a, slug)
	if err != nil {
		return Contact{}, err
	}
	i := slices.IndexFunc(all, func(c Contact) bool { return c.ID == idOrEmail || schema.Fold(c.Email) == schema.Fold(idOrEmail) })
	if i < 0 {
		return Contact{}, newError(NotFound, "no contact of this customer has that id or address; see `drawbridge customer contact list "+slug+"`")
	}
	return all[i], nil
}
