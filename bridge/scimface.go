package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"drawbridge/scim"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// maxRaces bounds how often a write is computed again because another one of the same resource came first.
const maxRaces = 16

// Face is the customer-facing SCIM face: what a customer's IdP reads and writes.
type Face struct {
	users interface {
		UserReader
		UserWriter
	}
	groups interface {
		GroupReader
		GroupWriter
	}
	arrivals ArrivalStore
	tokens   TokenReader
	domains  DomainStore
	gate     *gatekeeper
	now      func() time.Time
	newID    func() string
}

// FaceStore is the part of the store that the SCIM face uses.
type FaceStore interface {
	UserReader
	UserWriter
	GroupReader
	GroupWriter
	ArrivalStore
	TokenReader
	DomainStore
}

// NewFace returns the SCIM face over a store. newID makes the ids of users, groups and events: UUIDs that grow with time.
func NewFace(s FaceStore, now func() time.Time, newID func() string, log *slog.Logger) *Face {
	return &Face{users: s, groups: s, arrivals: s, tokens: s, domains: s, gate: newGatekeeper(s, now, log), now: now, newID: newID}
}

// Authenticate finds the tenant of a request; it is a scim.Authenticator. A token of another customer is
// indistinguishable from a wrong one. Of one that was good once, the tenant comes with the error.
func (f *Face) Authenticate(ctx context.Context, slug, secret string) (scim.Tenant, error) {
	pass, err := f.gate.admit(ctx, slug, secret)
	if err != nil && pass.CustomerID == "" {
		return scim.Tenant{}, scimError(err)
	}
	b := &tenant{Face: f, pass: pass}
	return scim.Tenant{Backend: b, Live: b.live}, scimError(err)
}

// tenant is the face as one token sees it.
type tenant struct {
	*Face
	pass pass
}

func (t *tenant) live(ctx context.Context) error {
	return scimError(t.tokens.CheckCredential(ctx, t.pass.Credential, t.now()))
}

// kind serves the resources of one type.
type kind interface {
	get(ctx context.Context, id string, references int) (scim.Resource, error)
	query(ctx context.Context, q scim.Query) (scim.Page, error)
	create(ctx context.Context, d scim.Draft, references int) (scim.Resource, error)
	update(ctx context.Context, id string, change scim.Change, references int) (scim.Resource, error)
	remove(ctx context.Context, id string, check func(scim.Resource) error) error
}

func (t *tenant) kind(rt *schema.ResourceType) kind {
	if rt.ID == schema.Group().ID {
		return groupFace{t, rt}
	}
	return userFace{t, rt}
}

// Get implements scim.Backend.
func (t *tenant) Get(ctx context.Context, rt *schema.ResourceType, id string, references int) (scim.Resource, error) {
	return said(t.kind(rt).get(ctx, id, references))
}

// Query implements scim.Backend.
func (t *tenant) Query(ctx context.Context, rt *schema.ResourceType, q scim.Query) (scim.Page, error) {
	return said(t.kind(rt).query(ctx, q))
}

// Create implements scim.Backend.
func (t *tenant) Create(ctx context.Context, rt *schema.ResourceType, d scim.Draft, references int) (scim.Resource, error) {
	return said(t.kind(rt).create(ctx, d, references))
}

// Update implements scim.Backend: read, change, commit; again if another write came first.
func (t *tenant) Update(ctx context.Context, rt *schema.ResourceType, id string, change scim.Change, references int) (scim.Resource, error) {
	for range maxRaces {
		res, err := t.kind(rt).update(ctx, id, change, references)
		if CodeOf(err) == Conflict {
			continue
		}
		return said(res, err)
	}
	return scim.Resource{}, scimError(errRaces())
}

// Delete implements scim.Backend.
func (t *tenant) Delete(ctx context.Context, rt *schema.ResourceType, id string, check func(scim.Resource) error) error {
	for range maxRaces {
		err := t.kind(rt).remove(ctx, id, check)
		if CodeOf(err) != Conflict {
			return scimError(err)
		}
	}
	return scimError(errRaces())
}

func errRaces() error {
	return newError(Conflict, "this resource is being changed by other requests; repeat the request")
}

// agreed asks check, if there is one, whether the state may be removed.
func agreed(check func(scim.Resource) error, current scim.Resource) error {
	if check == nil {
		return nil
	}
	return check(current)
}

// said says a failure in the words of the protocol.
func said[T any](v T, err error) (T, error) {
	if err != nil {
		var none T
		return none, scimError(err)
	}
	return v, nil
}

// event is one that the customer's IdP causes.
func (t *tenant) event(kind string, now time.Time) Event {
	return Event{ID: t.newID(), CustomerID: t.pass.CustomerID, At: now, Kind: kind, Actor: "idp:" + t.pass.TokenName, Data: "{}"}
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// scimError says a failure of the domain in the words of the protocol; what it does not know stays internal.
func scimError(err error) error {
	var e *Error
	var x *filter.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &x):
		return scim.InvalidFilter(x.Error())
	case !errors.As(err, &e):
		return err
	}
	switch e.Code {
	case NotFound:
		return scim.NotFound()
	case Taken:
		return scim.Uniqueness(e.Message)
	case Invalid:
		return scim.InvalidValue(e.Message)
	case Unauthorized:
		return scim.Unauthorized(e.Message)
	case Refused:
		return scim.Forbidden(e.Message)
	case Unavailable:
		later := scim.Unavailable(ReviewRetry)
		later.Detail = e.Message
		return later
	case Expired:
		return scim.ExpiredCursor()
	case Conflict:
		return &scim.Error{Status: 409, Detail: e.Message}
	}
	return err
}
