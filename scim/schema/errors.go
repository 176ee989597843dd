package schema

// Error is a refusal of a client's data: Type is the scimType keyword of RFC 7644 table 9, and Detail names the
// attribute and what is expected of it. It never holds the value that was sent.
type Error struct {
	Type   string
	Detail string
}

// The scimType keywords (RFC 7644 table 9).
const (
	InvalidFilter = "invalidFilter"
	InvalidPath   = "invalidPath"
	InvalidSyntax = "invalidSyntax"
	InvalidValue  = "invalidValue"
	Mutability    = "mutability"
	NoTarget      = "noTarget"
	TooMany       = "tooMany"
	Uniqueness    = "uniqueness"
)

// The scimType keywords of cursors (RFC 9865 section 2.1).
const (
	InvalidCursor = "invalidCursor"
	ExpiredCursor = "expiredCursor"
	InvalidCount  = "invalidCount"
)

func (e *Error) Error() string { return e.Type + ": " + e.Detail }

// fault is an Error on its way up from the attribute in which it was found.
type fault struct {
	kind, path, message string
}

func wrong(a *Attribute, message string) *fault {
	return &fault{kind: InvalidValue, path: a.Name, message: message}
}

// within puts the fault's path behind that of the attribute which holds it.
func (f *fault) within(prefix, separator string) *fault {
	f.path = prefix + separator + f.path
	return f
}

func (f *fault) err() error {
	return &Error{Type: f.kind, Detail: f.path + ": " + f.message}
}
