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

// maxRaces bounds how often a write is computed again because another one of the same user came first.
const maxRaces = 16

// Face is the customer-facing SCIM face: what a customer's IdP reads and writes.
type Face struct {
	users interface {
		UserReader
		UserWriter
	}
	tokens  TokenReader
	domains DomainStore
	gate    *gatekeeper
	now     func() time.Time
	newID   func() string
}

// FaceStore is the part of the store that the SCIM face uses.
type FaceStore interface {
	UserReader
	UserWriter
	TokenReader
	DomainStore
}

// NewFace returns the SCIM face over a store. newID makes user and event ids: UUIDs that grow with time.
func NewFace(s FaceStore, now func() time.Time, newID func() string, log *slog.Logger) *Face {
	return &Face{users: s, tokens: s, domains: s, gate: newGatekeeper(s, now, log), now: now, newID: newID}
}

// Authenticate finds the tenant of a request; it is a scim.Authenticator. A token of another customer is
// indistinguishable from a wrong one.
func (f *Face) Authenticate(ctx context.Context, slug, secret string) (scim.Tenant, error) {
	pass, err := f.gate.admit(ctx, slug, secret)
	if err != nil {
		return scim.Tenant{}, scimError(err)
	}
	b := &tenant{Face: f, pass: pass}
	return scim.Tenant{Backend: b, Live: b.live}, nil
}

// tenant is the face as one token sees it.
type tenant struct {
	*Face
	pass pass
}

func (t *tenant) live(ctx context.Context) error {
	return scimError(t.tokens.CheckCredential(ctx, t.pass.Credential, t.now()))
}

// Get implements scim.Backend.
func (t *tenant) Get(ctx context.Context, _ *schema.ResourceType, id string, _ int) (scim.Resource, error) {
	u, err := t.users.User(ctx, t.now(), t.pass.Credential, id)
	if err != nil {
		return scim.Resource{}, scimError(err)
	}
	return u.resource(), nil
}

// Query implements scim.Backend.
func (t *tenant) Query(ctx context.Context, rt *schema.ResourceType, q scim.Query) (scim.Page, error) {
	page, err := t.page(ctx, rt, q)
	if err != nil {
		return scim.Page{}, scimError(err)
	}
	out := scim.Page{Total: page.Total, Resources: make([]scim.Resource, len(page.Users))}
	for i, u := range page.Users {
		out.Resources[i] = u.resource()
	}
	return out, nil
}

func (t *tenant) page(ctx context.Context, rt *schema.ResourceType, q scim.Query) (UserPage, error) {
	if q.Filter == nil {
		return t.users.ListUsers(ctx, t.now(), t.pass.Credential, q.StartIndex, q.Count)
	}
	return t.users.FindUsers(ctx, t.now(), t.pass.Credential, rt, q.Filter, q.StartIndex, q.Count)
}

// Create implements scim.Backend. A POST for somebody who was removed revives the same id where the external ids agree
// (or one of the two has none); otherwise it is somebody else of the same name.
func (t *tenant) Create(ctx context.Context, rt *schema.ResourceType, draft scim.Draft, _ int) (scim.Resource, error) {
	u, err := t.create(ctx, rt, draft.Attributes)
	if err != nil {
		return scim.Resource{}, scimError(err)
	}
	return u.resource(), nil
}

func (t *tenant) create(ctx context.Context, rt *schema.ResourceType, attrs scim.Attributes) (User, error) {
	if err := t.checkLogin(ctx, attrs); err != nil {
		return User{}, err
	}
	next, err := draft(rt, withActive(attrs, true))
	if err != nil {
		return User{}, err
	}
	now := t.now()
	next.ID, next.CustomerID, next.Version = t.newID(), t.pass.CustomerID, 1
	next.Connected, next.Created, next.Modified = true, now, now
	w := UserWrite{
		Credential: t.pass.Credential, User: next, Members: 1, Actives: boolInt(next.Active), Fresh: true,
		Rank: RankCreate, Event: t.event(EventUserCreated, next, now),
	}
	_, err = t.users.InsertUser(ctx, now, w)
	switch CodeOf(err) {
	case Taken:
		return t.reviveInactive(ctx, rt, next, attrs)
	case Conflict:
		return t.reviveDeleted(ctx, rt, w, attrs)
	}
	return next, err
}

// reviveInactive answers a POST for a user who is there: reactivation if it is inactive and the same person by its
// external id, else a duplicate.
func (t *tenant) reviveInactive(ctx context.Context, rt *schema.ResourceType, next User, attrs scim.Attributes) (User, error) {
	cur, err := t.users.UserByName(ctx, t.now(), t.pass.Credential, next.NameKey)
	if err != nil && CodeOf(err) != NotFound {
		return User{}, err
	}
	samePerson := err == nil && cur.ExternalID != "" && cur.ExternalID == next.ExternalID
	if !samePerson || cur.Active || !next.Active {
		return User{}, newError(Taken, "a user with this userName exists already; look it up with a filter on userName and update it")
	}
	return t.replace(ctx, rt, cur, withActive(attrs, true), EventUserReactivated)
}

func (t *tenant) reviveDeleted(ctx context.Context, rt *schema.ResourceType, w UserWrite, attrs scim.Attributes) (User, error) {
	old, err := t.users.DeletedUser(ctx, t.now(), t.pass.Credential, w.User.NameKey, "")
	if err != nil {
		return User{}, err
	}
	for _, cur := range old {
		if cur.ExternalID == w.User.ExternalID || cur.ExternalID == "" || w.User.ExternalID == "" {
			return t.replace(ctx, rt, cur, withActive(attrs, true), EventUserRevived)
		}
	}
	w.Fresh = false
	if _, err := t.users.InsertUser(ctx, t.now(), w); err != nil {
		return User{}, err
	}
	return w.User, nil
}

// Update implements scim.Backend: read, change, commit; again if another write came first. A PUT without active leaves
// active as it is: absence says nothing (RFC 7644 section 3.5.1 lets the server keep it).
func (t *tenant) Update(ctx context.Context, rt *schema.ResourceType, id string, change scim.Change, _ int) (scim.Resource, error) {
	for range maxRaces {
		cur, err := t.users.User(ctx, t.now(), t.pass.Credential, id)
		if err != nil {
			return scim.Resource{}, scimError(err)
		}
		draft, err := change(cur.resource())
		if err != nil {
			return scim.Resource{}, err
		}
		next, err := t.replace(ctx, rt, cur, withActive(draft.Attributes, cur.Active), "")
		if CodeOf(err) == Conflict {
			continue
		}
		if err != nil {
			return scim.Resource{}, scimError(err)
		}
		return next.resource(), nil
	}
	return scim.Resource{}, scimError(newError(Conflict, "this user is being changed by other requests; repeat the request"))
}

// Delete implements scim.Backend. The record stays, unlisted, for the link to the account and its history.
func (t *tenant) Delete(ctx context.Context, _ *schema.ResourceType, id string, check func(scim.Resource) error) error {
	for range maxRaces {
		cur, err := t.users.User(ctx, t.now(), t.pass.Credential, id)
		if err != nil {
			return scimError(err)
		}
		if check != nil {
			if err := check(cur.resource()); err != nil {
				return err
			}
		}
		err = t.users.ReplaceUser(ctx, t.now(), t.deletion(cur))
		if CodeOf(err) == Conflict {
			continue
		}
		return scimError(err)
	}
	return scimError(newError(Conflict, "this user is being changed by other requests; repeat the request"))
}

func (t *tenant) deletion(cur User) UserWrite {
	now, next := t.now(), cur
	next.Version++
	next.Active, next.Deleted, next.Modified = false, now, now
	if next.Removed.IsZero() {
		next.Removed = now
	}
	return UserWrite{
		Credential: t.pass.Credential, User: next, Members: -1, Actives: -boolInt(cur.Active),
		Rank: RankRevoke, Raise: true, Event: t.event(EventUserDeleted, next, now),
	}
}

// replace commits the next state of cur; kind names the event, empty: what the change of active says. A state that
// equals cur is not written.
func (t *tenant) replace(ctx context.Context, rt *schema.ResourceType, cur User, attrs scim.Attributes, kind string) (User, error) {
	next, err := draft(rt, attrs)
	if err != nil {
		return User{}, err
	}
	if cur.Deleted.IsZero() && bytes.Equal(next.Doc, cur.Doc) {
		return cur, nil
	}
	if next.NameKey != cur.NameKey {
		if err := t.checkLogin(ctx, attrs); err != nil {
			return User{}, err
		}
	}
	now := t.now()
	next.ID, next.CustomerID, next.Ordinal, next.Version = cur.ID, cur.CustomerID, cur.Ordinal, cur.Version+1
	next.Connected, next.Created, next.Modified = cur.Connected, cur.Created, now
	w := UserWrite{Credential: t.pass.Credential, Rank: RankUpdate, Actives: boolInt(next.Active) - boolInt(cur.Active)}
	if !cur.Deleted.IsZero() {
		w.Members = 1
	}
	change := EventUserUpdated
	switch {
	case next.Active && !cur.Active:
		w.Rank, w.Raise, change = RankRestore, true, EventUserReactivated
	case !next.Active && cur.Active:
		next.Removed = now
		w.Rank, w.Raise, change = RankRevoke, true, EventUserDeactivated
	case !next.Active:
		next.Removed = cur.Removed
	}
	if kind == "" {
		kind = change
	}
	w.User, w.Event = next, t.event(kind, next, now)
	return next, t.users.ReplaceUser(ctx, now, w)
}

// checkLogin refuses a login outside the customer's domains where its rule says so.
func (t *tenant) checkLogin(ctx context.Context, attrs scim.Attributes) error {
	if t.pass.Logins != RefuseLogins {
		return nil
	}
	list, err := t.domains.Domains(ctx, t.pass.CustomerID)
	if err != nil {
		return err
	}
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.Name
	}
	if login, email := Identity(attrs); CheckLogin(login, email, names) != "" {
		return newError(Invalid, "the login or e-mail address is not in a domain verified for this customer; ask support to verify the domain")
	}
	return nil
}

func (t *tenant) event(kind string, u User, now time.Time) Event {
	return Event{
		ID: t.newID(), CustomerID: u.CustomerID, At: now, Kind: kind, Actor: "idp:" + t.pass.TokenName,
		UserID: u.ID, Version: u.Version, Data: "{}",
	}
}

// draft makes the stored form of validated attributes, without identity, version and times.
func draft(rt *schema.ResourceType, attrs scim.Attributes) (User, error) {
	doc, err := encode(attrs)
	if err != nil {
		return User{}, err
	}
	folded, err := encode(rt.Folded(attrs))
	if err != nil {
		return User{}, err
	}
	name, _ := attrs["userName"].(string)
	external, _ := attrs["externalId"].(string)
	active, _ := attrs["active"].(bool)
	return User{NameKey: schema.Fold(name), ExternalID: external, Active: active, Doc: doc, Folded: folded}, nil
}

// withActive fills in active where the request did not say.
func withActive(attrs scim.Attributes, active bool) scim.Attributes {
	if _, said := attrs["active"]; said {
		return attrs
	}
	full := make(scim.Attributes, len(attrs)+1)
	for k, v := range attrs {
		full[k] = v
	}
	full["active"] = active
	return full
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

func (u User) resource() scim.Resource {
	return scim.Resource{ID: u.ID, Doc: u.Doc, Version: u.Version, Created: u.Created, Modified: u.Modified}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
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
	case Conflict:
		return &scim.Error{Status: 409, Detail: e.Message}
	}
	return err
}
