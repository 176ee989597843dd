package okta

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"drawbridge/oktasync"
)

// maxAnswer bounds an answer: a page of 200 users takes some hundred KiB.
const maxAnswer = 16 << 20

// shape is what the body of a good answer holds.
type shape int

const (
	object shape = iota // a JSON object
	list                // a JSON array, and the next page's cursor in the Link header
	none                // nothing, or a JSON object
)

// call describes one call to the transport, which finds it in the request's context.
type call struct {
	op      string
	write   bool // a failure after sending leaves its effect unknown
	account bool // it goes to one account, identity provider or group, so that Okta's 404 means that this one does not exist
	want    shape
	urgent  bool

	sent atomic.Bool // set once a part of the request may be out
	next string      // cursor of the next page; set by the transport
}

type callKey struct{}

// under returns a context that carries the call.
func (c *call) under(ctx context.Context) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// authorizer puts credentials on requests.
type authorizer interface {
	// header returns the Authorization header. It fails with an *oktasync.OrgError.
	header(ctx context.Context) (string, error)
	// refused tells that Okta answered 401 to this header.
	refused(header string)
}

// apiToken is an Okta API token.
type apiToken string

func (t apiToken) header(context.Context) (string, error) { return "SSWS " + string(t), nil }
func (t apiToken) refused(string)                         {}

// transport sends the SDK's requests: once, in time, within the rate, to our org alone. It hands back whole, good
// answers only; everything else is an *oktasync.OrgError, which the SDK passes through.
type transport struct {
	org      *url.URL
	base     http.RoundTripper
	auth     authorizer
	governor *oktasync.Governor
	timeout  time.Duration
	now      func() time.Time
	log      *slog.Logger
}

var errNotOurs = errors.New("the request was not made by this package, or goes to another host")

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	ctx := req.Context()
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return nil, errNotOurs
	}
	if req.URL.Scheme != t.org.Scheme || req.URL.Host != t.org.Host {
		return nil, c.fail(oktasync.CauseOrg, 0, errNotOurs)
	}
	authorization, err := t.auth.header(ctx)
	if err != nil {
		return nil, opened(err, c.op)
	}
	req = req.Clone(ctx)
	req.Header.Set("Authorization", authorization)
	resp, body, err := t.send(req, c)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		t.auth.refused(authorization)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, classify(c, resp, body, t.now())
	}
	if err := c.check(resp, body); err != nil {
		return nil, c.garbage(resp.StatusCode, err)
	}
	return answer(resp, body), nil
}

// answer returns the response as the SDK is to see it: whole, JSON, and without Link headers.
func answer(resp *http.Response, body []byte) *http.Response {
	seen := *resp
	seen.Header = resp.Header.Clone()
	seen.Header.Del("Link")
	seen.Header.Set("Content-Type", "application/json")
	seen.Body = io.NopCloser(bytes.NewReader(body))
	seen.ContentLength = int64(len(body))
	return &seen
}

// send sends the request when the governor lets it, and reads the answer whole.
func (t *transport) send(req *http.Request, c *call) (*http.Response, []byte, error) {
	ctx := req.Context()
	bucket := bucketOf(req.Method, req.URL.Path)
	release, err := t.governor.Acquire(ctx, bucket, c.urgent || oktasync.Urgent(ctx))
	if err != nil {
		return nil, nil, c.waited(err)
	}
	// Bounded from here: waiting for the rate is the caller's time, an answer that does not come is Okta's.
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	began := t.now()
	resp, body, err := t.exchange(req.WithContext(c.traced(ctx)))
	if resp == nil {
		release(nil, 0)
	} else {
		release(resp.Header, resp.StatusCode)
	}
	t.note(ctx, c, bucket, resp, began)
	if err == nil || resp != nil && resp.StatusCode == http.StatusTooManyRequests {
		return resp, body, nil
	}
	return nil, nil, c.broken(resp, err)
}

// exchange returns the response even when its body fails.
func (t *transport) exchange(req *http.Request) (*http.Response, []byte, error) {
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = errors.New("the answer is too long")
	}
	return resp, body, err
}

// traced notes when the request starts to be written. The first header is the earliest sign of it; later signs may
// come after Okta has got all of it.
func (c *call) traced(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaderField: func(string, []string) { c.sent.Store(true) },
	})
}

func (t *transport) note(ctx context.Context, c *call, bucket string, resp *http.Response, began time.Time) {
	status, id := 0, ""
	if resp != nil {
		status, id = resp.StatusCode, resp.Header.Get("X-Okta-Request-Id")
	}
	t.log.DebugContext(ctx, "okta call", "op", c.op, "bucket", bucket, "status", status,
		"ms", t.now().Sub(began).Milliseconds(), "okta_request_id", id)
}

// check refuses a 2xx answer that is not what Okta answers, and reads the next page's cursor.
func (c *call) check(resp *http.Response, body []byte) (err error) {
	body = bytes.TrimSpace(body)
	if c.want == none && len(body) == 0 && resp.StatusCode == http.StatusNoContent {
		return nil
	}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	first := byte('{')
	if c.want == list {
		first = '['
	}
	switch {
	case len(body) == 0:
		return errors.New("the answer is empty")
	case media != "application/json":
		return errors.New("the answer is not JSON: does something between us and Okta answer in its place?")
	case body[0] != first || !json.Valid(body):
		return errors.New("the answer is not the JSON that Okta documents")
	case c.want == list:
		c.next, err = nextCursor(resp.Header.Values("Link"))
	}
	return err
}
