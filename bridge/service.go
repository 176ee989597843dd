package bridge

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"drawbridge/policy"
	"drawbridge/scim/schema"
)

// Service is the use cases of support and of the CLI. Each takes an Actor and checks its role.
type Service struct {
	customers   CustomerStore
	domains     DomainStore
	tokens      TokenStore
	users       SupportReader
	requests    RequestReader
	contacts    ContactStore
	pauses      PauseStore
	deletes     DeleteStore
	plans       PlanStore
	returns     ReconnectStore
	renames     RenameStore
	pins        PinStore
	conversions ConversionStore
	manage      ManageStore
	notices     NoticeStore
	holds       HoldStore
	changes     UserChanger
	locks       LockStore
	restores    RestoreStore
	now         func() time.Time
	newID       func() string
}

// ServiceStore is the part of the store that the use cases use.
type ServiceStore interface {
	CustomerStore
	DomainStore
	TokenStore
	SupportReader
	RequestReader
	PlanStore
	PauseStore
	DeleteStore
	ReconnectStore
	RenameStore
	PinStore
	ConversionStore
	ManageStore
	HoldStore
	UserChanger
	LockStore
	ContactStore
	NoticeStore
	RestoreStore
}

// NewService returns the use cases over a store.
func NewService(s ServiceStore, now func() time.Time, newID func() string) *Service {
	return &Service{customers: s, plans: s, pauses: s, deletes: s, returns: s, renames: s, pins: s, conversions: s, manage: s, domains: s, tokens: s, users: s, requests: s, holds: s, changes: s, locks: s, contacts: s, notices: s, restores: s, now: now, newID: newID}
}

// NewCustomer is what AddCustomer needs to know.
type NewCustomer struct {
	Slug    string
	Name    string
	Domains []string // taken as verified, for the reason in Trust
	Trust   string   // why the domains are known to be the customer's; required with Domains
	Off     bool     // leave the connection off
}

// AddCustomer creates a customer, live unless told otherwise.
func (s *Service) AddCustomer(ctx context.Context, a Actor, n NewCustomer) (Customer, error) {
	if err := a.may(Operator); err != nil {
		return Customer{}, err
	}
	if err := CheckSlug(n.Slug); err != nil {
		return Customer{}, err
	}
	if n.Name == "" {
		n.Name = n.Slug
	}
	now := s.now()
	c := Customer{
		ID: s.newID(), Slug: n.Slug, Name: n.Name, State: Live, Epoch: 1, Logins: ParkLogins,
		Grace: DefaultGrace, Rate: DefaultRate, RequestLog: MaskedRequests, GroupPatch: PatchAnswersBody, Created: now, Modified: now,
	}
	if n.Off {
		c.State = Off
	}
	events := []Event{s.event(a, c.ID, EventCustomerAdded, now, nil)}
	var domains []Domain
	for _, name := range n.Domains {
		d, err := s.trusted(c.ID, name, n.Trust, now)
		if err != nil {
			return Customer{}, err
		}
		domains = append(domains, d)
		events = append(events, s.event(a, c.ID, EventDomainTrusted, now, map[string]string{"domain": d.Name, "reason": d.Reason}))
	}
	return c, s.customers.AddCustomer(ctx, c, domains, events)
}

// TrustDomain takes a domain as verified for a customer, for a stated reason.
func (s *Service) TrustDomain(ctx context.Context, a Actor, slug, name, reason string) (Domain, error) {
	if err := a.may(Operator); err != nil {
		return Domain{}, err
	}
	c, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Domain{}, err
	}
	now := s.now()
	d, err := s.trusted(c.ID, name, reason, now)
	if err != nil {
		return Domain{}, err
	}
	data := map[string]string{"domain": d.Name, "reason": d.Reason}
	return d, s.domains.AddDomain(ctx, d, s.event(a, c.ID, EventDomainTrusted, now, data))
}

func (s *Service) trusted(customerID, name, reason string, now time.Time) (Domain, error) {
	domain, ok := NormalizeDomain(schema.Fold(name))
	if !ok {
		return Domain{}, newError(Invalid, "a domain must look like acme.example")
	}
	if reason == "" {
		return Domain{}, newError(Invalid, "say why the domain "+domain+" is known to be the customer's (--trust-domains \"why\")")
	}
	return Domain{Name: domain, CustomerID: customerID, Verified: now, Reason: reason}, nil
}

// CustomerRules are the changes of SetCustomer; nil leaves a rule as it is.
type CustomerRules struct {
	Name        *string
	OktaIdP     *string
	Logins      *LoginRule
	Rate        *int
	Grace       *time.Duration
	SuspendOnly *bool
	RequestLog  *RequestLog
	GroupPatch  *int
	TimeZone    *string
	Live        bool // an off connection goes live
}

// SetCustomer changes a customer's rules.
func (s *Service) SetCustomer(ctx context.Context, a Actor, slug string, r CustomerRules) (Customer, error) {
	if err := a.may(Operator); err != nil {
		return Customer{}, err
	}
	return s.customers.ChangeCustomer(ctx, slug, func(c *Customer) (Event, error) {
		if err := r.apply(c); err != nil {
			return Event{}, err
		}
		c.Modified = s.now()
		return s.event(a, c.ID, EventCustomerChanged, c.Modified, nil), nil
	})
}

func (r CustomerRules) apply(c *Customer) error {
	if r.Grace != nil && (*r.Grace < MinGrace || *r.Grace > MaxGrace) {
		return newError(Invalid, "the grace period must be between 1 and 90 days")
	}
	if r.Rate != nil && (*r.Rate < 1 || *r.Rate > 10_000) {
		return newError(Invalid, "the rate must be between 1 and 10,000 requests a second")
	}
	if r.Logins != nil && *r.Logins != ParkLogins && *r.Logins != RefuseLogins {
		return newError(Invalid, "the rule for logins is park or refuse")
	}
	if r.RequestLog != nil && !slices.Contains([]RequestLog{MaskedRequests, FullRequests, NoRequests}, *r.RequestLog) {
		return newError(Invalid, "the log of requests is masked, full or off")
	}
	if r.GroupPatch != nil && *r.GroupPatch != PatchAnswersBody && *r.GroupPatch != PatchAnswersNone {
		return newError(Invalid, "a PATCH of a group is answered 200 or 204")
	}
	if r.TimeZone != nil {
		if err := CheckTimeZone(*r.TimeZone); err != nil {
			return err
		}
	}
	if r.OktaIdP != nil {
		if err := CheckOktaIdP(*r.OktaIdP); err != nil {
			return err
		}
	}
	if r.Live && c.State != Off && c.State != Live {
		return newError(Conflict, "only a connection that is off can be taken live; this one is "+string(c.State))
	}
	set(&c.Name, r.Name)
	set(&c.OktaIdP, r.OktaIdP)
	set(&c.Logins, r.Logins)
	set(&c.Rate, r.Rate)
	set(&c.Grace, r.Grace)
	set(&c.SuspendOnly, r.SuspendOnly)
	set(&c.RequestLog, r.RequestLog)
	set(&c.GroupPatch, r.GroupPatch)
	set(&c.TimeZone, r.TimeZone)
	if r.Live {
		c.State = Live
	}
	return nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// Customers lists all customers but the deleted ones.
func (s *Service) Customers(ctx context.Context, a Actor) ([]Customer, error) {
	if err := a.may(Viewer); err != nil {
		return nil, err
	}
	return s.customers.Customers(ctx)
}

// CustomerView is a customer with its domains, tokens and contacts, and what its requests tell.
type CustomerView struct {
	Customer
	Domains  []Domain
	Tokens   []Token
	Contacts []Contact
	Traffic  Traffic
}

// Customer shows one customer, a deleted one too.
func (s *Service) Customer(ctx context.Context, a Actor, slug string) (CustomerView, error) {
	if err := a.may(Viewer); err != nil {
		return CustomerView{}, err
	}
	c, err := s.customers.Customer(ctx, slug)
	if err != nil && c.State != Deleted {
		return CustomerView{}, err
	}
	v := CustomerView{Customer: c}
	if v.Domains, err = s.domains.Domains(ctx, c.ID); err != nil {
		return CustomerView{}, err
	}
	if v.Tokens, err = s.tokens.Tokens(ctx, c.ID); err != nil {
		return CustomerView{}, err
	}
	if v.Contacts, err = s.contacts.Contacts(ctx, c.ID); err != nil {
		return CustomerView{}, err
	}
	v.Traffic, err = s.requests.Traffic(ctx, c.ID)
	return v, err
}

// UserView is a user with the account linked to it and the decision that follows.
type UserView struct {
	Subject
	Decision policy.Decision
}

// User shows one user, found by id or userName.
func (s *Service) User(ctx context.Context, a Actor, slug, user string) (UserView, error) {
	if err := a.may(Viewer); err != nil {
		return UserView{}, err
	}
	c, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return UserView{}, err
	}
	u, err := s.users.UserOf(ctx, c.ID, schema.Fold(user))
	if err != nil {
		return UserView{}, err
	}
	subject, err := s.users.Subject(ctx, c.ID, u.ID)
	if err != nil {
		return UserView{}, err
	}
	return UserView{Subject: subject, Decision: policy.Decide(subject.Facts(s.now()))}, nil
}

// Users lists a customer's users whose userName begins with prefix; at most limit.
func (s *Service) Users(ctx context.Context, a Actor, slug, prefix string, limit int) ([]User, error) {
	if err := a.may(Viewer); err != nil {
		return nil, err
	}
	c, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return nil, err
	}
	return s.users.SearchUsers(ctx, c.ID, schema.Fold(prefix), limit)
}

func (s *Service) event(a Actor, customerID, kind string, at time.Time, data map[string]string) Event {
	e := Event{ID: s.newID(), CustomerID: customerID, At: at, Kind: kind, Actor: a.Name, Data: "{}"}
	if len(data) > 0 {
		b, _ := json.Marshal(data) // strings alone: cannot fail
		e.Data = string(b)
	}
	return e
}
