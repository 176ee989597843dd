package scim

import (
	"context"
	"time"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// Attributes is a resource as validated by its schema: canonical attribute names, booleans as bool,
// extensions under their URN, numbers as json.Number. It holds neither id nor meta. A backend may keep it; nobody
// changes it afterwards. Its strings may share the memory of the request's body.
type Attributes map[string]any

// Resource is a resource as a backend keeps it.
type Resource struct {
	ID       string
	Doc      []byte    // Attributes as one JSON object, so without id and meta; answers hold these bytes as they are
	Version  int64     // grows with every change; the ETag is W/"<Version>"
	Created  time.Time // UTC
	Modified time.Time // UTC, at or after Created
}

// Query selects resources, in an order that is stable between pages.
type Query struct {
	Filter     filter.Expr // checked against the resource type; nil selects all
	StartIndex int         // 1-based (RFC 7644 section 3.4.2.4), at least 1
	Count      int         // 0 to MaxPage; 0 asks for the total alone
}

// Page is the answer to a Query.
type Page struct {
	Total     int // all matches, whatever the page
	Resources []Resource
}

// Change computes the next attributes from the current resource. It is pure and may be called again
// when another write came in between. An error ends the update and is returned as it is.
type Change func(current Resource) (Attributes, error)

// Backend keeps the resources of one tenant. Every method fails with an *Error of status 401 or 403 once the
// credential it was opened with has ceased to be good, before it says anything else, and with *Error values
// (NotFound, Uniqueness ...) for what a client can cause. Any other error becomes a 500 with a fixed text.
type Backend interface {
	// Create stores a resource. Attributes the schema calls unique and finds taken: Uniqueness, without a write.
	Create(ctx context.Context, rt *schema.ResourceType, attrs Attributes) (Resource, error)
	// Get reads one resource by id.
	Get(ctx context.Context, rt *schema.ResourceType, id string) (Resource, error)
	// Update reads, changes and commits. A change that alters nothing writes nothing and returns the resource as it is.
	Update(ctx context.Context, rt *schema.ResourceType, id string, change Change) (Resource, error)
	// Delete removes a resource after check, if not nil, agreed to the state that is removed.
	Delete(ctx context.Context, rt *schema.ResourceType, id string, check func(current Resource) error) error
	// Query lists one page.
	Query(ctx context.Context, rt *schema.ResourceType, q Query) (Page, error)
}

// Tenant is what an Authenticator found behind a request's credential.
type Tenant struct {
	Backend Backend
	// Live reports whether the credential is good at this moment: nil, or an *Error of status 401 or 403. The
	// server asks before it answers a request that it refuses without calling Backend.
	Live func(ctx context.Context) error
}

// Authenticator finds the tenant of a request from its path's tenant segment and bearer token, without
// reading the body. It fails with an *Error of status 401 (or 403).
type Authenticator func(ctx context.Context, tenant, token string) (Tenant, error)
