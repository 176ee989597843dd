package oktatest

import (
	"errors"
	"net/http"
	"strings"
)

// apiError is a refusal in Okta's terms: an HTTP status, a code of the E0000nnn family, a summary and its causes.
type apiError struct {
	status  int
	code    string
	summary string
	causes  []string
}

func (e *apiError) Error() string { return e.code + ": " + e.summary }

type errorCause struct {
	Summary string `json:"errorSummary"`
}

type errorBody struct {
	Code    string       `json:"errorCode"`
	Summary string       `json:"errorSummary"`
	Link    string       `json:"errorLink"`
	ID      string       `json:"errorId"`
	Causes  []errorCause `json:"errorCauses"`
}

func (o *Org) errorAnswer(err error) answer {
	e := &apiError{status: http.StatusInternalServerError, code: "E0000009", summary: "Internal Server Error"}
	errors.As(err, &e)
	body := errorBody{Code: e.code, Summary: e.summary, Link: e.code, ID: "oae" + o.newID("oae")[3:], Causes: []errorCause{}}
	for _, c := range e.causes {
		body.Causes = append(body.Causes, errorCause{Summary: c})
	}
	return answer{status: e.status, body: body}
}

func errInvalid(what string, causes ...string) error {
	return &apiError{http.StatusBadRequest, "E0000001", "Api validation failed: " + what, causes}
}

func errBody() error {
	return &apiError{http.StatusBadRequest, "E0000003", "The request body was not well-formed.", nil}
}

func errNotFound(id, kind string) error {
	return &apiError{http.StatusNotFound, "E0000007", "Not found: Resource not found: " + id + " (" + kind + ")", nil}
}

func errToken() error {
	return &apiError{http.StatusUnauthorized, "E0000011", "Invalid token provided", nil}
}

func errForbidden() error {
	return &apiError{http.StatusForbidden, "E0000006", "You do not have permission to perform the requested action", nil}
}

func errAlreadyActive() error {
	return &apiError{http.StatusForbidden, "E0000016", "Activation failed because the user is already active", nil}
}

func errReset() error {
	return &apiError{http.StatusForbidden, "E0000017", "Password reset failed", nil}
}

func errCredential(cause string) error {
	return &apiError{http.StatusForbidden, "E0000014", "Update of credentials failed", []string{cause}}
}

func errEndpoint() error {
	return &apiError{http.StatusNotFound, "E0000022", "The endpoint does not support the provided HTTP method", nil}
}

func errMethod() error {
	return &apiError{http.StatusMethodNotAllowed, "E0000022", "The endpoint does not support the provided HTTP method", nil}
}

func errSourced() error {
	return &apiError{http.StatusForbidden, "E0000023", "Operation failed because user profile is mastered under another system", nil}
}

func errSearch() error {
	return &apiError{http.StatusBadRequest, "E0000031", "Invalid search criteria.", nil}
}

func errUnlock() error {
	return &apiError{http.StatusForbidden, "E0000032", "Unlock is not allowed for this user.", nil}
}

func errStatus() error {
	return &apiError{http.StatusForbidden, "E0000038", "This operation is not allowed in the user's current status.", nil}
}

func errRateLimit() error {
	return &apiError{http.StatusTooManyRequests, "E0000047", "API call exceeded rate limit due to too many requests.", nil}
}

func errRoleAssigned() error {
	return &apiError{http.StatusConflict, "E0000090", "Duplicate role assignment", []string{"The role specified is already assigned to the user."}}
}

// errPrecondition answers a stale If-Match. The status is documented; no recording shows Okta's code for it.
func errPrecondition() error {
	return &apiError{http.StatusPreconditionFailed, "E0000119", "The resource has changed since it was read.", nil}
}

func errActivating() error {
	return &apiError{http.StatusConflict, "E0000112", "Cannot update this user because they are still being activated. Please try again in a few minutes.", nil}
}

func taken(attribute string) string {
	return attribute + ": An object with this field already exists in the current organization"
}

// subject names what a list of causes is about, as Okta does: the attribute of the first one.
func subject(causes []string) string {
	name, _, _ := strings.Cut(causes[0], ":")
	return name
}
