package scim1

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// errNotFound is returned by an answer for something that SCIM 2.0 has no answer about.
var errNotFound = errors.New("scim1: not found")

// errorBody is the answer to a request that failed (draft-scim-api-01 section 3.9).
type errorBody struct {
	Errors []errorItem `json:"Errors"`
}

type errorItem struct {
	Description string `json:"description"`
	Code        string `json:"code"`
}

// fail answers with an error.
func (x *exchange) fail(status int, detail string) {
	body, err := json.Marshal(errorBody{[]errorItem{{detail, strconv.Itoa(status)}}})
	if err != nil {
		body = nil // two strings always marshal
	}
	x.send(status, string(body))
}

// finish answers as the SCIM 2.0 server did.
func (x *exchange) finish(translate answer) {
	switch {
	case x.status >= http.StatusBadRequest:
		x.fail(x.status, x.detail())
		return
	case x.body.Len() == 0 || translate == nil:
		x.send(x.status, "")
		return
	}
	body, err := translate(x.body.String())
	if errors.Is(err, errNotFound) {
		x.fail(http.StatusNotFound, "no such schema; see /Schemas")
		return
	}
	if err != nil {
		x.log.Error("answer of SCIM 2.0 not understood", "error", err)
		x.fail(http.StatusInternalServerError, "internal error; the same request may succeed later")
		return
	}
	x.send(x.status, body)
}

// send writes the answer. Without a body it is that of HEAD, 204 or 304.
func (x *exchange) send(status int, body string) {
	h := x.Header()
	h.Del("Content-Length")
	h.Del("Content-Type")
	if body != "" {
		h.Set("Content-Type", "application/json; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if status == 0 {
		status = http.StatusOK
	}
	x.w.WriteHeader(status)
	_, _ = io.WriteString(x.w, body) // a client that has gone away cannot be told
}

// detail is what the SCIM 2.0 server said is wrong, in the words of SCIM 1.1. Its operations are of our making, so their
// numbers mean nothing to the client.
func (x *exchange) detail() string {
	var body struct{ Detail string }
	if err := json.Unmarshal([]byte(x.body.String()), &body); err != nil || body.Detail == "" {
		return http.StatusText(x.status)
	}
	detail := body.Detail
	if rest, ok := strings.CutPrefix(detail, "operation "); ok {
		if number, rest, ok := strings.Cut(rest, ": "); ok {
			if _, err := strconv.Atoi(number); err == nil {
				detail = rest
			}
		}
	}
	return oldURNs(detail)
}
