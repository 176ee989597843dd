package okta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"drawbridge/oktasync"
)

// Okta's error codes that decide what may follow (developer.okta.com, "Okta API error codes").
const (
	codeValidation  = "E0000001" // validation failed, or the status does not allow the call
	codeNotFound    = "E0000007"
	codeActivated   = "E0000016" // activation of a user that is active already
	codeReset       = "E0000017" // no password reset in the user's status
	codeSourced     = "E0000023" // the profile is sourced from an app
	codeState       = "E0000038" // not allowed in the user's status
	codeTransition  = "E0000112" // still being activated
	takenInSummary  = "already exists in the current organization"
	concurrencyZero = "0" // X-Rate-Limit-Limit of a 429 for too many calls at once
)

// problem is Okta's error body. Its summaries may hold profile values, so only codes and attribute names leave it.
type problem struct {
	Code   string `json:"errorCode"`
	ID     string `json:"errorId"`
	Causes []struct {
		Summary string `json:"errorSummary"`
	} `json:"errorCauses"`
}

// classify turns an answer other than 2xx into an error.
func classify(c *call, resp *http.Response, body []byte, now time.Time) *oktasync.OrgError {
	var p problem
	_ = json.Unmarshal(body, &p) // not Okta's: no code, and judged by the status alone
	e := &oktasync.OrgError{Op: c.op, Status: resp.StatusCode, Code: word(p.Code)}
	if id := word(p.ID); id != "" {
		e.Err = fmt.Errorf("the id of the error at Okta is %s", id)
	}
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests:
		e.Cause, e.Until = oktasync.CauseRate, until(resp.Header, now)
	case c.write && (status >= 500 || status < 400 || status == http.StatusRequestTimeout):
		// Okta, or whoever answered in its place, may have applied it before it failed.
		e.Cause = oktasync.CauseUnknown
	case e.Code == "":
		e.Cause = oktasync.CauseOrg
	default:
		e.Cause, e.Attr = refusal(c, status, e.Code, p)
	}
	return e
}

// refusal says what a 4xx with one of Okta's codes means for the call.
func refusal(c *call, status int, code string, p problem) (cause oktasync.Cause, attr string) {
	switch {
	case code == codeTransition, status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return oktasync.CauseRetry, ""
	case status == http.StatusNotFound && code == codeNotFound && c.account:
		return oktasync.CauseGone, ""
	case status == http.StatusForbidden && (code == codeState || code == codeActivated || code == codeReset):
		return oktasync.CauseState, ""
	case status == http.StatusForbidden && code == codeSourced:
		return oktasync.CauseRefused, ""
	case status != http.StatusBadRequest || !c.write:
		return oktasync.CauseOrg, ""
	case code != codeValidation:
		return oktasync.CauseRefused, ""
	case c.want != object: // a lifecycle call carries no profile that could be wrong
		return oktasync.CauseState, ""
	}
	attr, taken := offender(p)
	if taken {
		return oktasync.CauseTaken, attr
	}
	return oktasync.CauseRefused, attr
}

// offender returns the profile attribute that the causes name ("login: An object with this field ..."), and whether
// its value belongs to another object.
func offender(p problem) (attr string, taken bool) {
	for _, cause := range p.Causes {
		name, _, ok := strings.Cut(cause.Summary, ":")
		if !ok {
			name = ""
		}
		if strings.Contains(cause.Summary, takenInSummary) {
			return word(name), true
		}
		if attr == "" {
			attr = word(name)
		}
	}
	return attr, false
}

// word returns s if it can be a code, an id or an attribute name, and nothing else: other text may be personal.
func word(s string) string {
	if len(s) > 64 {
		return ""
	}
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-') {
			return ""
		}
	}
	return s
}

// until returns when a 429's bucket opens; zero where its reset means nothing.
func until(h http.Header, now time.Time) time.Time {
	epoch, err := strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64)
	if err != nil || h.Get("X-Rate-Limit-Limit") == concurrencyZero {
		return time.Time{}
	}
	reset := time.Unix(epoch, 0)
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		reset = now.Add(reset.Sub(date))
	}
	if wait := reset.Sub(now); wait < 0 || wait > 2*time.Minute {
		return time.Time{}
	}
	return reset
}

// fail returns an error of the call without an answer to classify.
func (c *call) fail(cause oktasync.Cause, status int, err error) *oktasync.OrgError {
	return &oktasync.OrgError{Cause: cause, Op: c.op, Status: status, Err: err}
}

// waited is the error of a call that never got its turn: not sent.
func (c *call) waited(err error) *oktasync.OrgError {
	e := c.fail(oktasync.CauseRate, 0, err)
	var w *oktasync.WaitError
	if errors.As(err, &w) {
		e.Until = w.Until
	}
	return e
}

// broken is the error of a call whose answer did not arrive whole.
func (c *call) broken(resp *http.Response, err error) *oktasync.OrgError {
	if resp != nil {
		return c.garbage(resp.StatusCode, opaque(err))
	}
	if c.write && c.sent.Load() {
		return c.fail(oktasync.CauseUnknown, 0, opaque(err))
	}
	return c.fail(oktasync.CauseOrg, 0, opaque(err))
}

// garbage is the error of a call that was answered by something other than what Okta answers.
func (c *call) garbage(status int, err error) *oktasync.OrgError {
	if c.write {
		return c.fail(oktasync.CauseUnknown, status, err)
	}
	return c.fail(oktasync.CauseOrg, status, err)
}

// opaque hides an end of file from errors.Is: the SDK repeats, for ever, whatever it takes for one.
func opaque(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the connection ended before the answer (" + err.Error() + ")")
	}
	return err
}

// opened returns err, which came up before the call proper, as an error of op.
func opened(err error, op string) error {
	var e *oktasync.OrgError
	if !errors.As(err, &e) {
		return &oktasync.OrgError{Cause: oktasync.CauseOrg, Op: op, Err: opaque(err)}
	}
	relabelled := *e
	relabelled.Op = op
	return &relabelled
}

// result returns the SDK's error as an *oktasync.OrgError. What the transport did not object to, the SDK could not
// build (then it was not sent) or not decode.
func (c *call) result(err error) error {
	if err == nil {
		return nil
	}
	var e *oktasync.OrgError
	if errors.As(err, &e) {
		return e
	}
	if !c.sent.Load() {
		return c.fail(oktasync.CauseRefused, 0, unbuilt(err))
	}
	return c.garbage(http.StatusOK, errors.New("the answer is JSON, but not what Okta documents"))
}

// unbuilt keeps the type of an error alone: the text of an encoding error may hold profile values.
func unbuilt(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, errNotOurs) {
		return err
	}
	return fmt.Errorf("the request could not be built (%T)", err)
}
