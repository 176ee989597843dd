package bridge

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// How long the look-up of a token is remembered, and how many are. What is remembered says only whose token it is;
// whether it is good is checked by every statement.
const (
	passLife  = 5 * time.Second
	maxPasses = 10_000
	touchStep = time.Minute
)

// pass is a token that was looked up.
type pass struct {
	Credential
	Slug      string
	TokenName string
	Caller    Caller
	Logins    LoginRule
	Domains   []string // verified for the customer when the token was looked up
	expires   time.Time
	doubtful  bool // it was not good when it was looked up
	waiting   bool // the customer is in its waiting room; its tokens are younger than that, so that none was looked up before
	found     time.Time
	touched   time.Time
}

// gatekeeper turns a secret into a pass.
type gatekeeper struct {
	tokens interface {
		TokenReader
		DomainStore
	}
	now func() time.Time
	log *slog.Logger

	mu     sync.Mutex
	passes map[Digest]pass
}

func newGatekeeper(tokens FaceStore, now func() time.Time, log *slog.Logger) *gatekeeper {
	return &gatekeeper{tokens: tokens, now: now, log: log, passes: make(map[Digest]pass)}
}

// errBadToken is one answer for every token that does not open this customer's face.
func errBadToken() error {
	return newError(Unauthorized, "the bearer token is missing, wrong, expired or revoked, or it belongs to another base URL; use the token and the base URL that were issued together")
}

// admit returns the pass of a token that opens the customer's face, also with the error that it is not good any more.
func (g *gatekeeper) admit(ctx context.Context, slug, secret string) (pass, error) {
	class, digest, ok := ParseSecret(secret)
	if !ok || class != SCIMToken {
		return pass{}, errBadToken()
	}
	p, err := g.lookUp(ctx, digest)
	if err != nil {
		return pass{}, err
	}
	if p.Slug != slug {
		return pass{}, errBadToken()
	}
	if now := g.now(); p.doubtful || !p.expires.After(now) { // so that nothing of the request is read for it
		if err := g.tokens.CheckCredential(ctx, p.Credential, now); err != nil {
			return p, err
		}
	}
	g.touch(ctx, digest, p)
	return p, nil
}

func (g *gatekeeper) lookUp(ctx context.Context, d Digest) (pass, error) {
	now := g.now()
	g.mu.Lock()
	p, known := g.passes[d]
	g.mu.Unlock()
	if known && now.Sub(p.found) < passLife {
		return p, nil
	}
	t, c, err := g.tokens.TokenByDigest(ctx, d)
	if CodeOf(err) == NotFound {
		return pass{}, errBadToken()
	}
	if err != nil {
		return pass{}, err
	}
	domains, err := g.tokens.Domains(ctx, t.CustomerID)
	if err != nil {
		return pass{}, err
	}
	p = pass{
		Credential: Credential{TokenID: t.ID, CustomerID: t.CustomerID}, Slug: c.Slug, TokenName: t.Name,
		Caller: callerOf(t, c), Logins: c.Logins, Domains: namesOf(domains), expires: t.Expires, doubtful: !t.Revoked.IsZero() || !c.State.Serves() || c.Frozen(),
		waiting: !c.Waiting.IsZero(), found: now, touched: t.LastUsed,
	}
	g.remember(d, p)
	return p, nil
}

func (g *gatekeeper) remember(d Digest, p pass) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.passes) >= maxPasses {
		clear(g.passes)
	}
	g.passes[d] = p
}

// touch notes the use of a token, at most once a minute.
func (g *gatekeeper) touch(ctx context.Context, d Digest, p pass) {
	now := g.now()
	if now.Sub(p.touched) < touchStep {
		return
	}
	p.touched = now
	g.remember(d, p)
	if err := g.tokens.TouchToken(ctx, p.CustomerID, p.TokenID, now); err != nil {
		g.log.WarnContext(ctx, "the use of a token could not be noted", "token", p.TokenID, "error", err)
	}
}
