package bridge

import (
	"context"
	"strings"
	"time"

	"drawbridge/scim"
	"drawbridge/scim/filter"
)

// ArrivalStore notes whom the IdP of a customer that came back has shown to know.
type ArrivalStore interface {
	// FormerUser finds, while the customer waits, who of before the IdP may mean by a name key, an address (normalized, or empty)
	// or an external id, and has not shown to know yet; and by which of them. NotFound where there is nobody.
	FormerUser(ctx context.Context, now time.Time, c Credential, nameKey, address, externalID string) (User, Match, error)
	// Arrive notes that the IdP knows a user, and reports whether it was not known before. Nothing is noted of a customer that
	// does not wait.
	Arrive(ctx context.Context, now time.Time, c Credential, userID string, by Match) (bool, error)
	// ComeBack puts a user under SCIM again who was missing when the customer was accepted, with the event; nobody else.
	ComeBack(ctx context.Context, now time.Time, c Credential, userID string, e Event) error
}

// met is told of whom a write of the IdP was about. In the waiting room the IdP has shown thereby that it knows them; after it,
// who was missing until then comes back.
func (f userFace) met(ctx context.Context, u User, by Match) error {
	now := f.now()
	if f.pass.waiting {
		if first, err := f.arrivals.Arrive(ctx, now, f.pass.Credential, u.ID, by); first || err != nil {
			return err
		}
	}
	if u.Connected {
		return nil
	}
	e := f.event(EventUserRejoined, now)
	e.UserID, e.Version = u.ID, u.Version+1
	return f.arrivals.ComeBack(ctx, now, f.pass.Credential, u.ID, e)
}

// found is told of what a query of a waiting customer has found. A list of people says nothing of any of them (I7); that one
// was looked for, and found, does.
func (f userFace) found(ctx context.Context, q scim.Query, page scim.Page) error {
	if page.Total != 1 || len(page.Resources) != 1 {
		return nil
	}
	by, ok := soughtBy(q.Filter)
	if !ok {
		return nil
	}
	_, err := f.arrivals.Arrive(ctx, f.now(), f.pass.Credential, page.Resources[0].ID, by)
	return err
}

// soughtBy says by what a filter looks for one person; false where it does not.
func soughtBy(x filter.Expr) (Match, bool) {
	switch x := x.(type) {
	case *filter.Compare:
		if x.Op != filter.Eq {
			return "", false
		}
		switch strings.ToLower(x.Path.Name) {
		case "username", "emails":
			return ByLogin, true
		case "externalid":
			return ByExternalID, true
		case "id":
			return ByFormerID, true
		}
	case *filter.ValuePath:
		for _, part := range []filter.Expr{x.Inner, x.Tail} {
			if c, ok := part.(*filter.Compare); ok && c.Op == filter.Eq && strings.EqualFold(x.Path.Name, "emails") && strings.EqualFold(c.Path.Name, "value") {
				return ByLogin, true
			}
		}
	case *filter.Logical:
		if x.Or {
			return "", false
		}
		if by, ok := soughtBy(x.Left); ok {
			return by, true
		}
		return soughtBy(x.Right)
	}
	return "", false
}

// takeOver answers a POST in the waiting room that is about somebody of before: the same resource, as the IdP has it now. False
// where it is about nobody of them.
func (f userFace) takeOver(ctx context.Context, posted User, attrs scim.Attributes, references int) (User, bool, error) {
	login, _ := Identity(attrs)
	address, _, _ := NormalizeAddress(login)
	for range maxRaces {
		cur, by, err := f.arrivals.FormerUser(ctx, f.now(), f.pass.Credential, posted.NameKey, address, posted.ExternalID)
		if CodeOf(err) == NotFound {
			return User{}, false, nil
		}
		if err == nil && references > 0 {
			cur, err = f.users.User(ctx, f.now(), f.pass.Credential, cur.ID, references)
		}
		if err != nil {
			return User{}, false, err
		}
		next, mine, err := f.claim(ctx, cur, attrs, by)
		if err == nil && mine {
			return next, true, nil
		}
		if err != nil && CodeOf(err) != Conflict {
			return User{}, false, err
		}
	}
	return User{}, false, errRaces()
}

// claim writes the next state of somebody of before, if nobody else has claimed them: the two are one commit, or two POSTs could
// both take one person for theirs.
func (f userFace) claim(ctx context.Context, cur User, attrs scim.Attributes, by Match) (User, bool, error) {
	w, changed, err := f.replacement(ctx, cur, withActive(attrs, true), EventUserMatched)
	if err != nil {
		return User{}, false, err
	}
	if !changed {
		mine, err := f.arrivals.Arrive(ctx, f.now(), f.pass.Credential, cur.ID, by)
		return cur, mine, err
	}
	w.Claim = by
	return w.User, true, f.users.ReplaceUser(ctx, f.now(), w)
}
