package oktatest

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"
)

// Token is an API token of the org. Name stands in the request log; Secret is what the client sends.
type Token struct {
	Name   string
	Secret string
	// Percent is the token's part of each rate limit; 0 means Okta's default, 50.
	Percent int
}

// Options describe an org. The zero value is an org with one token, Okta's default limits and no lag.
type Options struct {
	// Token is the secret of the token named DefaultToken; empty means "test-token".
	Token string
	// Tokens are additional tokens, each with a name of its own.
	Tokens []Token
	// Now is the org's clock; nil means time.Now.
	Now func() time.Time
	// NewID makes an id that starts with prefix; nil means random ids of Okta's form, 20 characters.
	NewID func(prefix string) string
	// RateLimit is the org's calls per minute in the bucket that has 600 by default; the other buckets scale with it.
	// 0 means Okta's defaults, a negative number no limit. A token gets its Percent of it.
	RateLimit int
	// MaxConcurrent is how many requests the org serves at once; 0 means 75, a negative number no limit.
	MaxConcurrent int
	// SearchLag is how far behind the truth `search=` is.
	SearchLag time.Duration
	// SchemaLag is how long a new profile attribute takes until it can be written (about 1.2 s in a real org).
	SchemaLag time.Duration
	// SuspendProvisioned lets a PROVISIONED user be suspended. Okta's links offer it and its text says ACTIVE only.
	SuspendProvisioned bool
	// RefuseFederate refuses reset_password?provider=FEDERATION, which Okta documents and some orgs refuse.
	RefuseFederate bool
}

// DefaultToken is the name, in the log, of the token given by Options.Token.
const DefaultToken = "drawbridge"

// Hand is the token name under which changes made by hand, as in the admin console, stand in the log.
const Hand = "hand"

// Org is an Okta org in memory. It is an http.Handler that serves the API under /api/v1, and its methods are what
// a test sees of it and does to it. It is safe for concurrent use.
type Org struct {
	opts  Options
	now   func() time.Time
	newID func(prefix string) string
	mux   http.Handler

	mu          sync.Mutex
	down        bool
	inFlight    int
	tokens      map[string]Token // by secret
	owners      map[string]string
	users       map[string]*record
	order       []*record // by seq
	lastSeq     int
	logins      map[string]string
	unique      map[string]map[string]string // attribute -> value -> user id
	groups      map[string]*group
	roles       map[string][]*role // by user id or group id
	rules       map[string]*rule
	idps        map[string]*idp
	types       map[string]*userType
	userSchema  *schema
	groupSchema *schema
	windows     map[string]*window
	faults      []*armed
	log         []*Entry
}

// New returns an org that holds nobody. Every token belongs to an administrator of its own, who answers to `me` and
// to its id but, like Okta's own service accounts, stands in no list.
func New(opts Options) *Org {
	if opts.Token == "" {
		opts.Token = "test-token"
	}
	if opts.MaxConcurrent == 0 {
		opts.MaxConcurrent = 75
	}
	o := &Org{
		opts: opts, now: opts.Now, newID: opts.NewID,
		tokens: map[string]Token{}, owners: map[string]string{},
		users: map[string]*record{}, logins: map[string]string{}, unique: map[string]map[string]string{},
		groups: map[string]*group{}, roles: map[string][]*role{}, rules: map[string]*rule{},
		idps: map[string]*idp{}, types: map[string]*userType{},
		userSchema: newUserSchema(), groupSchema: newGroupSchema(),
		windows: map[string]*window{},
	}
	if o.now == nil {
		o.now = time.Now
	}
	if o.newID == nil {
		o.newID = randomID
	}
	now := o.now()
	o.addDefaultType(now)
	o.addEveryone(now)
	for _, t := range append([]Token{{Name: DefaultToken, Secret: opts.Token}}, opts.Tokens...) {
		o.tokens[t.Secret] = t
		o.owners[t.Name] = o.addOwner(t.Name, now)
	}
	o.mux = o.routes()
	return o
}

// ServeHTTP serves the org's API.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) { o.mux.ServeHTTP(w, r) }

// OwnerOf returns the id of the administrator to whom the named token belongs, or "".
func (o *Org) OwnerOf(token string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.owners[token]
}

func (o *Org) addOwner(token string, now time.Time) string {
	u := &user{
		id: o.newID("00u"), status: StatusActive, created: now, activated: now, statusChanged: now, lastUpdated: now,
		passwordChanged: now, password: "unknown to everybody", provider: oktaProvider(), hidden: true,
		profile: map[string]any{
			"login": "token." + token + "@service.invalid", "email": "token." + token + "@service.invalid",
			"firstName": "API token", "lastName": token,
		},
	}
	o.put(u, now)
	o.roles[u.id] = append(o.roles[u.id], o.newRole("SUPER_ADMIN", "USER", now))
	return u.id
}

const idAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func randomID(prefix string) string {
	b := make([]byte, 20-len(prefix))
	rand.Read(b) // crypto/rand never returns an error
	for i := range b {
		b[i] = idAlphabet[int(b[i])%len(idAlphabet)]
	}
	return prefix + string(b)
}
