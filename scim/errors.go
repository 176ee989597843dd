package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// Error is a refusal as a SCIM client sees it (RFC 7644 section 3.12).
type Error struct {
	Status     int           // HTTP status
	Type       string        // scimType keyword (RFC 7644 table 9); empty when none fits
	Detail     string        // for people: what to change, never a value that was sent
	RetryAfter time.Duration // sent in whole seconds, rounded up; zero sends none
	Cause      error         // for the log alone; nil when the client is the cause
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("scim %d %s: %s: %v", e.Status, e.Type, e.Detail, e.Cause)
	}
	return fmt.Sprintf("scim %d %s: %s", e.Status, e.Type, e.Detail)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

func refusal(status int, kind, format string, args ...any) *Error {
	return &Error{Status: status, Type: kind, Detail: fmt.Sprintf(format, args...)}
}

// Unauthorized is 401: no credential, or one that is not or no longer good.
func Unauthorized(detail string) *Error { return refusal(http.StatusUnauthorized, "", "%s", detail) }

// Forbidden is 403: a good credential that does not allow this.
func Forbidden(detail string) *Error { return refusal(http.StatusForbidden, "", "%s", detail) }

// NotFound is 404: no such resource.
func NotFound() *Error {
	return refusal(http.StatusNotFound, "", "no such resource; it may have been deleted")
}

// Uniqueness is 409: another resource has the value already. The detail names the attribute.
func Uniqueness(detail string) *Error {
	return refusal(http.StatusConflict, schema.Uniqueness, "%s", detail)
}

// InvalidSyntax is 400: the request does not have the form that it must have.
func InvalidSyntax(detail string) *Error {
	return refusal(http.StatusBadRequest, schema.InvalidSyntax, "%s", detail)
}

// InvalidValue is 400: a value is missing or does not fit its attribute.
func InvalidValue(detail string) *Error {
	return refusal(http.StatusBadRequest, schema.InvalidValue, "%s", detail)
}

// InvalidFilter is 400: the filter cannot be read, or asks what cannot be asked.
func InvalidFilter(detail string) *Error {
	return refusal(http.StatusBadRequest, schema.InvalidFilter, "%s", detail)
}

// ExpiredCursor is 400: the cursor can no longer be followed (RFC 9865 section 2.1).
func ExpiredCursor() *Error {
	return refusal(http.StatusBadRequest, schema.ExpiredCursor, "the cursor has expired; begin again without one")
}

// TooMany is 400: more operations or results than a request may have.
func TooMany(detail string) *Error {
	return refusal(http.StatusBadRequest, schema.TooMany, "%s", detail)
}

// PreconditionFailed is 412: the resource is not in the version that If-Match names.
func PreconditionFailed() *Error {
	return refusal(http.StatusPreconditionFailed, "", "the resource has changed; read it again and repeat the change")
}

// PayloadTooLarge is 413: the body is longer than limit bytes.
func PayloadTooLarge(limit int64) *Error {
	return refusal(http.StatusRequestEntityTooLarge, "", "the body is longer than %d bytes; send less at once", limit)
}

// UnsupportedMediaType is 415.
func UnsupportedMediaType() *Error {
	return refusal(http.StatusUnsupportedMediaType, "", "send application/scim+json or application/json in UTF-8, not compressed")
}

// NotImplemented is 501.
func NotImplemented(detail string) *Error {
	return refusal(http.StatusNotImplemented, "", "%s", detail)
}

// Unavailable is 503: the same request may succeed after a while.
func Unavailable(retryAfter time.Duration) *Error {
	e := refusal(http.StatusServiceUnavailable, "", "temporarily unavailable; try again later")
	e.RetryAfter = retryAfter
	return e
}

// asError turns any error into one to answer with. What it does not know is a 500 with a fixed text, and
// a deadline a 503.
func asError(err error) *Error {
	var known *Error
	var data *schema.Error
	var bad *filter.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &data):
		return refusal(http.StatusBadRequest, data.Type, "%s", data.Detail)
	case errors.As(err, &bad):
		return InvalidFilter("filter: " + bad.Error())
	}
	e := refusal(http.StatusInternalServerError, "", "internal error; the same request may succeed later")
	if errors.Is(err, context.DeadlineExceeded) {
		e = Unavailable(time.Second)
	}
	e.Cause = err
	return e
}

// settled marks an error that the backend answered with: it has looked at the credential itself.
type settled struct{ error }

func (s settled) Unwrap() error { return s.error }

// fail answers a request that went wrong. live is nil where no credential is needed or it was already refused.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, live func(context.Context) error, err error) {
	if live != nil && !errors.As(err, new(settled)) {
		if gone := live(r.Context()); gone != nil {
			err = gone
		}
	}
	e := asError(err)
	if e.Status >= http.StatusInternalServerError && e.Status != http.StatusNotImplemented && r.Context().Err() == nil {
		// The URL stays out of the log: its filter holds names and addresses.
		s.log.ErrorContext(r.Context(), "scim request failed", "method", r.Method, "route", routeOf(r), "status", e.Status, "error", err)
	}
	writeError(w, e)
}

type errorBody struct {
	Schemas  []string `json:"schemas"`
	ScimType string   `json:"scimType,omitempty"`
	Detail   string   `json:"detail"`
	Status   string   `json:"status"`
}

// errorJSON is the error as a SCIM message (RFC 7644 section 3.12).
func errorJSON(e *Error) []byte {
	body, err := json.Marshal(errorBody{
		Schemas:  []string{"urn:ietf:params:scim:api:messages:2.0:Error"},
		ScimType: e.Type, Detail: e.Detail, Status: strconv.Itoa(e.Status),
	})
	if err != nil {
		return nil // four strings always marshal
	}
	return body
}

func writeError(w http.ResponseWriter, e *Error) {
	if e.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((e.RetryAfter+time.Second-1)/time.Second), 10))
	}
	write(w, e.Status, errorJSON(e))
}
