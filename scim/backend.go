package scim

import (
	"context"
	"math"
	"time"

	"drawbridge/scim/filter"
	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// Attributes is a resource as validated by its schema: canonical attribute names, booleans as bool,
// extensions under their URN, numbers as json.Number. It holds neither id nor meta, nor the linked attribute
// (schema.ResourceType.Linked), whose values are References. A backend may keep it; nobody
// changes it afterwards. Its strings may share the memory of the request's body.
type Attributes map[string]any

// Resource is a resource as a backend keeps it.
type Resource struct {
	ID       string
	Doc      []byte    // Attributes as one JSON object, so without id and meta; answers hold these bytes as they are
	Version  int64     // grows with every change; the ETag is W/"<Version>"
	Created  time.Time // UTC
	Modified time.Time // UTC, at or after Created

	// References are the values of the linked attribute, in an order that is stable. Empty too when they were not asked
	// for, or were more than asked for: then Omitted is true.
	References []Reference
	Omitted    bool
}

// Reference points to another resource of the same tenant.
type Reference struct {
	ID      string
	Display string // its name for people; may be empty
}

// All asks for every reference of a resource.
const All = math.MaxInt

// Draft is what a client wants a resource to be.
type Draft struct {
	Attributes Attributes
	// Links are changes to the linked attribute, to be made in this order; the ids are the client's own text. One to link that
	// names no resource of the tenant makes the write fail with InvalidValue, nothing applied; one to unlink may be gone
	// already. Nil changes nothing.
	Links []patch.LinkChange
}

// Query selects resources, in an order that is stable between pages.
type Query struct {
	Filter     filter.Expr // checked against the resource type; nil selects all
	Sort       *Sort       // nil: the order of creation
	StartIndex int         // 1-based (RFC 7644 section 3.4.2.4), at least 1
	Count      int         // 0 to MaxPage; 0 asks for the total alone

	// After, if not empty, replaces StartIndex: the page begins behind the resource of this id, which was the last one of
	// the page before and may have been changed or deleted since (RFC 9865). A backend that cannot tell where that was
	// fails with ExpiredCursor.
	After string
	// References is how many references a resource may come with; a resource with more comes with none.
	References int
}

// Sort is an order of resources (RFC 7644 section 3.4.2.3); those without a value come last, or first if Descending.
// Equal ones keep the order of creation.
type Sort struct {
	By         filter.Target // a single value or, of a multi-valued attribute, its primary or else its first element
	Descending bool
}

// Page is the answer to a Query.
type Page struct {
	Total     int // all matches, whatever the page
	Resources []Resource
	More      bool // whether resources follow those of this page
}

// Change computes the next attributes from the current resource. It is pure and may be called again
// when another write came in between. An error ends the update and is returned as it is.
type Change func(current Resource) (Draft, error)

// Backend keeps the resources of one tenant. Every method fails with an *Error of status 401 or 403 once the
// credential it was opened with has ceased to be good, before it says anything else, and with *Error values
// (NotFound, Uniqueness ...) for what a client can cause. Any other error becomes a 500 with a fixed text.
type Backend interface {
	// Create stores a resource. Attributes the schema calls unique and finds taken: Uniqueness, without a write. What is
	// returned has at most references of its references, here and below.
	Create(ctx context.Context, rt *schema.ResourceType, draft Draft, references int) (Resource, error)
	// Get reads one resource by id.
	Get(ctx context.Context, rt *schema.ResourceType, id string, references int) (Resource, error)
	// Update reads, changes and commits. A change that alters nothing writes nothing and returns the resource as it is.
	// The resource that change gets has no references.
	Update(ctx context.Context, rt *schema.ResourceType, id string, change Change, references int) (Resource, error)
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
// reading the body. It fails with an *Error of status 401 (or 403); the tenant that it returns with it, if any, says whose
// credential was refused and is not used.
type Authenticator func(ctx context.Context, tenant, token string) (Tenant, error)
