package bridge

import (
	"bytes"
	"context"
	"time"

	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// userFace serves the users of a tenant.
type userFace struct {
	*tenant
	rt *schema.ResourceType
}

func (f userFace) get(ctx context.Context, id string, references int) (scim.Resource, error) {
	u, err := f.users.User(ctx, f.now(), f.pass.Credential, id, references)
	if err == nil && f.pass.waiting {
		_, err = f.arrivals.Arrive(ctx, f.now(), f.pass.Credential, id, ByFormerID)
	}
	return u.resource(), err
}

func (f userFace) query(ctx context.Context, q scim.Query) (scim.Page, error) {
	page, err := f.users.FindUsers(ctx, f.now(), f.pass.Credential, f.rt, q)
	out := scim.Page{Total: page.Total, More: page.More, Resources: make([]scim.Resource, len(page.Users))}
	for i, u := range page.Users {
		out.Resources[i] = u.resource()
	}
	if err == nil && f.pass.waiting {
		err = f.found(ctx, q, out)
	}
	return out, err
}

// create stores somebody. A POST for somebody who was removed revives the same id where the external ids agree (or one of
// the two has none); otherwise it is somebody else of the same name.
func (f userFace) create(ctx context.Context, d scim.Draft, references int) (scim.Resource, error) {
	attrs := d.Attributes
	if err := f.checkLogin(ctx, attrs); err != nil {
		return scim.Resource{}, err
	}
	next, err := f.draft(withActive(attrs, true))
	if err != nil {
		return scim.Resource{}, err
	}
	now := f.now()
	next.ID, next.CustomerID, next.Version = f.newID(), f.pass.CustomerID, 1
	next.Connected, next.Created, next.Modified = true, now, now
	if f.pass.waiting {
		if former, ok, err := f.takeOver(ctx, next, attrs, references); ok || err != nil {
			return former.resource(), err
		}
	}
	by := AsNew
	w := UserWrite{
		Credential: f.pass.Credential, User: next, Members: 1, Actives: boolInt(next.Active), Fresh: true,
		Rank: RankCreate, Event: f.userEvent(EventUserCreated, next, now),
	}
	_, err = f.users.InsertUser(ctx, now, w)
	switch CodeOf(err) {
	case Taken:
		by = ByLogin
		next, err = f.reviveInactive(ctx, next, attrs, references)
	case Conflict:
		by = ByLogin
		next, err = f.reviveDeleted(ctx, w, attrs)
	}
	if err == nil {
		err = f.met(ctx, next, by)
	}
	return next.resource(), err
}

// reviveInactive answers a POST for a user who is there: reactivation if it is inactive and the same person by its
// external id, else a duplicate.
func (f userFace) reviveInactive(ctx context.Context, next User, attrs scim.Attributes, references int) (User, error) {
	cur, err := f.users.UserByName(ctx, f.now(), f.pass.Credential, next.NameKey)
	if err == nil && references > 0 {
		cur, err = f.users.User(ctx, f.now(), f.pass.Credential, cur.ID, references)
	}
	if err != nil && CodeOf(err) != NotFound {
		return User{}, err
	}
	samePerson := err == nil && cur.ExternalID != "" && cur.ExternalID == next.ExternalID
	if !samePerson || cur.Active || !next.Active {
		return User{}, newError(Taken, "a user with this userName exists already; look it up with a filter on userName and update it")
	}
	return f.replace(ctx, cur, withActive(attrs, true), EventUserReactivated)
}

func (f userFace) reviveDeleted(ctx context.Context, w UserWrite, attrs scim.Attributes) (User, error) {
	old, err := f.users.DeletedUser(ctx, f.now(), f.pass.Credential, w.User.NameKey, "")
	if err != nil {
		return User{}, err
	}
	for _, cur := range old {
		if cur.ExternalID == w.User.ExternalID || cur.ExternalID == "" || w.User.ExternalID == "" {
			return f.replace(ctx, cur, withActive(attrs, true), EventUserRevived)
		}
	}
	w.Fresh = false
	if _, err := f.users.InsertUser(ctx, f.now(), w); err != nil {
		return User{}, err
	}
	return w.User, nil
}

// update leaves active as it is where a PUT does not say: absence says nothing (RFC 7644 section 3.5.1 lets the server
// keep it).
func (f userFace) update(ctx context.Context, id string, change scim.Change, references int) (scim.Resource, error) {
	cur, err := f.users.User(ctx, f.now(), f.pass.Credential, id, references)
	if err != nil {
		return scim.Resource{}, err
	}
	d, err := change(cur.bare())
	if err != nil {
		return scim.Resource{}, err
	}
	next, err := f.replace(ctx, cur, withActive(d.Attributes, cur.Active), "")
	if err == nil {
		err = f.met(ctx, next, ByFormerID)
	}
	return next.resource(), err
}

// remove takes the resource away. The record stays, unlisted, for the link to the account and its history.
func (f userFace) remove(ctx context.Context, id string, check func(scim.Resource) error) error {
	cur, err := f.users.User(ctx, f.now(), f.pass.Credential, id, 0)
	if err != nil {
		return err
	}
	if err := agreed(check, cur.bare()); err != nil {
		return err
	}
	w := f.deletion(cur)
	if err := f.users.ReplaceUser(ctx, f.now(), w); err != nil {
		return err
	}
	return f.met(ctx, w.User, ByFormerID)
}

func (f userFace) deletion(cur User) UserWrite {
	now, next := f.now(), cur
	next.Version++
	next.Active, next.Deleted, next.Modified = false, now, now
	if next.Removed.IsZero() {
		next.Removed = now
	}
	return UserWrite{
		Credential: f.pass.Credential, User: next, Members: -1, Actives: -boolInt(cur.Active),
		Rank: RankRevoke, Raise: true, Event: f.userEvent(EventUserDeleted, next, now),
	}
}

// replace commits the next state of cur; kind names the event, empty: what the change of active says. A state that
// equals cur is not written.
func (f userFace) replace(ctx context.Context, cur User, attrs scim.Attributes, kind string) (User, error) {
	w, changed, err := f.replacement(ctx, cur, attrs, kind)
	if err != nil {
		return User{}, err
	}
	if !changed {
		return cur, nil
	}
	return w.User, f.users.ReplaceUser(ctx, f.now(), w)
}

// replacement is the write of replace, false where there is nothing to write.
func (f userFace) replacement(ctx context.Context, cur User, attrs scim.Attributes, kind string) (UserWrite, bool, error) {
	next, err := f.draft(attrs)
	if err != nil {
		return UserWrite{}, false, err
	}
	if cur.Deleted.IsZero() && bytes.Equal(next.Doc, cur.Doc) {
		return UserWrite{}, false, nil
	}
	if next.Active || !cur.Active {
		if err := f.checkMove(ctx, cur, attrs); err != nil {
			return UserWrite{}, false, err
		}
	}
	now := f.now()
	next.ID, next.CustomerID, next.Ordinal, next.Version = cur.ID, cur.CustomerID, cur.Ordinal, cur.Version+1
	next.Connected, next.Created, next.Modified = cur.Connected, cur.Created, now
	next.Groups, next.Omitted = cur.Groups, cur.Omitted
	w := UserWrite{Credential: f.pass.Credential, Rank: RankUpdate, Actives: boolInt(next.Active) - boolInt(cur.Active)}
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
	w.User, w.Event = next, f.userEvent(kind, next, now)
	return w, true, nil
}

// checkMove is checkLogin for what cur is to become, if that changes its login or e-mail address: whoever was stored before
// the rule was made can still be written. A removal is never refused for the name that comes with it.
func (f userFace) checkMove(ctx context.Context, cur User, attrs scim.Attributes) error {
	login, email := Identity(attrs)
	if CheckLogin(login, email, f.pass.Domains) == "" {
		return nil
	}
	old, err := cur.Attributes()
	if err != nil {
		return err
	}
	if l, e := Identity(old); l == login && e == email {
		return nil
	}
	return f.checkLogin(ctx, attrs)
}

// checkLogin refuses a login or e-mail address in another customer's domain and, where the customer's rule says so, in any
// domain but its own. What it takes for good at once are domains that were the customer's some seconds ago.
func (f userFace) checkLogin(ctx context.Context, attrs scim.Attributes) error {
	login, email := Identity(attrs)
	if CheckLogin(login, email, f.pass.Domains) == "" {
		return nil
	}
	if f.pass.Logins == RefuseLogins {
		return f.checkOwn(ctx, login, email)
	}
	for _, address := range []string{login, email} {
		_, domain, ok := NormalizeAddress(address)
		if !ok {
			continue
		}
		owned, err := f.domains.OwnedByOther(ctx, f.pass.CustomerID, domain)
		if err != nil {
			return err
		}
		if owned {
			return f.refused(ctx, "the domain "+domain+" belongs to another customer of this service; use an address in a domain of your own")
		}
	}
	return nil
}

func (f userFace) checkOwn(ctx context.Context, login, email string) error {
	list, err := f.domains.Domains(ctx, f.pass.CustomerID)
	if err != nil {
		return err
	}
	if CheckLogin(login, email, namesOf(list)) != "" {
		return f.refused(ctx, "the login or e-mail address is not in a domain verified for this customer; ask support to verify the domain")
	}
	return nil
}

// refused refuses what a login is, after the credential: who is not admitted learns nothing of domains.
func (f userFace) refused(ctx context.Context, why string) error {
	if err := f.tokens.CheckCredential(ctx, f.pass.Credential, f.now()); err != nil {
		return err
	}
	return newError(Invalid, why)
}

func (f userFace) userEvent(kind string, u User, now time.Time) Event {
	e := f.event(kind, now)
	e.UserID, e.Version = u.ID, u.Version
	return e
}

// draft makes the stored form of validated attributes, without identity, version and times.
func (f userFace) draft(attrs scim.Attributes) (User, error) {
	doc, err := encode(attrs)
	if err != nil {
		return User{}, err
	}
	folded, err := encode(f.rt.Folded(attrs))
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

func (u User) resource() scim.Resource {
	res := u.bare()
	res.References, res.Omitted = u.Groups, u.Omitted
	return res
}

// bare is the user without its groups.
func (u User) bare() scim.Resource {
	return scim.Resource{ID: u.ID, Doc: u.Doc, Version: u.Version, Created: u.Created, Modified: u.Modified}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
