package bridge

import "errors"

// Code is a failure, for programs.
type Code string

// The failures of the domain. Anything else is internal.
const (
	NotFound     Code = "not_found"
	Taken        Code = "taken"        // a unique value is in use
	Invalid      Code = "invalid"      // the caller must change something
	Unauthorized Code = "unauthorized" // the token is unknown, expired or revoked
	Refused      Code = "refused"      // the token is good but its customer's connection does not serve
	Conflict     Code = "conflict"     // another write came first, or the state does not allow it
	Expired      Code = "expired"      // the place to continue at is not known any more
	Lost         Code = "lost"         // the lease is not ours any more
	NeedsPerson  Code = "needs_person" // a person must decide first
	Unavailable  Code = "unavailable"  // the token is good, and its customer waits for a person's approval after a restore
)

// Error is a failure with a code for programs, a message for people, which says what to change and holds no personal
// data, and a cause for the log.
type Error struct {
	Code    Code
	Message string
	Err     error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of an error, empty for an internal one.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// newError makes an Error without a cause.
func newError(code Code, message string) *Error { return &Error{Code: code, Message: message} }
