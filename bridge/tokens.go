package bridge

import (
	"context"
	"time"
)

// CreateToken issues a token for a customer's IdP and returns its secret, which nobody can read again. A zero life means
// DefaultTokenLife.
func (s *Service) CreateToken(ctx context.Context, a Actor, slug, name string, life time.Duration) (Token, string, error) {
	if err := a.may(Operator); err != nil {
		return Token{}, "", err
	}
	if name == "" || len(name) > 100 {
		return Token{}, "", newError(Invalid, "give the token a name of 1 to 100 characters (--name)")
	}
	if life == 0 {
		life = DefaultTokenLife
	}
	if life < time.Hour || life > MaxTokenLife {
		return Token{}, "", newError(Invalid, "a token lives between 1 hour and 2 years")
	}
	c, err := s.customers.Customer(ctx, slug)
	if err != nil {
		return Token{}, "", err
	}
	now := s.now()
	t := Token{ID: s.newID(), CustomerID: c.ID, Class: SCIMToken, Name: name, Created: now, Expires: now.Add(life)}
	secret := NewSecret(SCIMToken)
	_, digest, _ := ParseSecret(secret)
	e := s.event(a, c.ID, EventTokenCreated, now, map[string]string{"token": t.ID, "name": name})
	return t, secret, s.tokens.AddToken(ctx, t, digest, MaxLiveTokens, e)
}

// Tokens lists a customer's tokens.
func (s *Service) Tokens(ctx context.Context, a Actor, slug string) ([]Token, error) {
	v, err := s.Customer(ctx, a, slug)
	return v.Tokens, err
}

// RotateToken issues a token beside the live one, which stays good until it is revoked.
func (s *Service) RotateToken(ctx context.Context, a Actor, slug, name string, life time.Duration) (Token, string, error) {
	live, err := s.liveTokens(ctx, a, slug)
	if err != nil {
		return Token{}, "", err
	}
	if len(live) != 1 {
		return Token{}, "", newError(Conflict, "rotation starts from exactly one live token; create the first one, or revoke the one that is not in use")
	}
	if name == "" {
		name = live[0].Name
	}
	return s.CreateToken(ctx, a, slug, name, life)
}

func (s *Service) liveTokens(ctx context.Context, a Actor, slug string) ([]Token, error) {
	all, err := s.Tokens(ctx, a, slug)
	if err != nil {
		return nil, err
	}
	var live []Token
	for _, t := range all {
		if t.Live(s.now()) {
			live = append(live, t)
		}
	}
	return live, nil
}

// RevokeToken ends a token, named by its id, or by its name where that is unique among the live ones. From the commit on
// every replica refuses it.
func (s *Service) RevokeToken(ctx context.Context, a Actor, slug, idOrName string) error {
	if err := a.may(Operator); err != nil {
		return err
	}
	live, err := s.liveTokens(ctx, a, slug)
	if err != nil {
		return err
	}
	var found []Token
	for _, t := range live {
		if t.ID == idOrName || t.Name == idOrName {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return newError(NotFound, "no live token of this customer has that id or name; see `drawbridge token list "+slug+"`")
	case 1:
		t, now := found[0], s.now()
		return s.tokens.RevokeToken(ctx, t.CustomerID, t.ID, now, s.event(a, t.CustomerID, EventTokenRevoked, now, map[string]string{"token": t.ID}))
	}
	return newError(Conflict, "two live tokens have that name; give the id, see `drawbridge token list "+slug+"`")
}
