package oktatest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

const maxBody = 1 << 20

// call is one request on its way through the org.
type call struct {
	r       *http.Request
	op      string
	bucket  string
	token   Token
	start   time.Time
	now     time.Time // when it is applied
	query   url.Values
	body    []byte
	rate    rate
	userID  string // of the user that the path names, or that was created
	groupID string
	seen    []Seen
	link    []string // Link header lines
	etag    string
	entry   *Entry
}

// answer is what goes back to the client. A nil body with nil raw is an empty one.
type answer struct {
	status      int
	body        any
	raw         []byte
	contentType string
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func noContent() answer { return answer{status: http.StatusNoContent} }

// nothing is Okta's answer to a lifecycle call that has nothing to tell.
func nothing() answer { return ok(struct{}{}) }

// param returns a path parameter, unescaped. Okta's clients send logins as they are.
func (c *call) param(name string) string {
	raw := chi.URLParam(c.r, name)
	if s, err := url.PathUnescape(raw); err == nil {
		return s
	}
	return raw
}

func (c *call) is(parameter string) bool { return c.query.Get(parameter) == "true" }

// isNot reports whether a parameter that is true by default was set to false.
func (c *call) isNot(parameter string) bool { return c.query.Get(parameter) == "false" }

// decode reads the request's JSON object into v.
func (c *call) decode(v any) error {
	if err := json.Unmarshal(c.body, v); err != nil {
		return errBody()
	}
	return nil
}

// handle returns the handler of a route: it admits the request, lets a fault strike, applies it, and answers.
func (o *Org) handle(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		c := &call{r: r, op: rt.op, bucket: rt.bucket, query: r.URL.Query(), body: body}
		fault, up, refusal := o.admit(c, err)
		if !up {
			hangUp(w, true)
			return
		}
		if refusal != nil {
			o.reply(w, c, o.refuse(c, refusal))
			return
		}
		o.perform(w, c, rt, fault)
	}
}

// admit authenticates and counts a request, and finds the fault that strikes it. Whatever it returns, except when the
// org is down, the request is in flight until reply.
func (o *Org) admit(c *call, bodyErr error) (fault *Fault, up bool, refusal error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		return nil, false, nil
	}
	o.inFlight++
	c.start = o.now()
	c.entry = &Entry{
		Start: c.start, Method: c.r.Method, Path: c.r.URL.EscapedPath(), Query: c.r.URL.RawQuery,
		Op: c.op, Bucket: c.bucket, Body: c.body,
	}
	token, known := o.authenticate(c.r)
	if !known {
		return nil, true, errToken()
	}
	c.token, c.entry.Token = token, token.Name
	c.userID = o.resolve(c.param("user"), token)
	c.groupID = c.param("group")
	c.entry.UserID, c.entry.GroupID = c.userID, c.groupID
	if o.opts.MaxConcurrent > 0 && o.inFlight > o.opts.MaxConcurrent {
		c.rate = crowded(c.start)
		return nil, true, errRateLimit()
	}
	if c.rate = o.take(c.bucket, token, c.start); c.rate.refused {
		return nil, true, errRateLimit()
	}
	if bodyErr != nil {
		return nil, true, errBody()
	}
	return o.strike(c), true, nil
}

func (o *Org) authenticate(r *http.Request) (Token, bool) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "SSWS") {
		return Token{}, false
	}
	t, known := o.tokens[secret]
	return t, known
}

// refuse records a request that is not applied and makes its answer.
func (o *Org) refuse(c *call, err error) answer {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.now = o.now()
	a := o.errorAnswer(err)
	u := o.snapshot(o.user(c.userID))
	c.entry.Before, c.entry.After = u, u
	o.logAnswer(c, a)
	return a
}

func (o *Org) perform(w http.ResponseWriter, c *call, rt route, fault *Fault) {
	var left time.Time
	if fault != nil && fault.Kind == Slow && !fault.Apply {
		left = fault.wait(c.r.Context(), o.now)
	}
	a := o.apply(c, rt, fault)
	if fault != nil && fault.Kind == Slow && fault.Apply {
		left = fault.wait(c.r.Context(), o.now)
	}
	if !left.IsZero() {
		o.finish(c, func(e *Entry) { e.End, e.Status, e.Answered = left, 0, false })
		hangUp(w, true)
		return
	}
	if fault.breaks() {
		o.finish(c, nil)
		hangUp(w, fault.Clean)
		return
	}
	o.reply(w, c, a)
}

// apply runs the route's handler under the lock and records what it did.
func (o *Org) apply(c *call, rt route, fault *Fault) answer {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.now = o.now()
	before := o.user(c.userID)
	c.entry.Before = o.snapshot(before)
	var truth answer
	if fault.applies() {
		truth = o.run(c, rt)
		c.entry.Applied = truth.status < 300
	}
	after := o.user(c.userID)
	c.entry.After = o.snapshot(after)
	c.entry.Changed = changed(before, after)
	c.entry.UserID = c.userID
	a := truth
	c.entry.Answered = true
	if fault != nil && fault.Kind != Slow {
		c.entry.Answered = false
		a = o.mask(fault, c, truth)
	}
	if fault.breaks() {
		a.status = 0
	}
	if c.entry.Answered && c.entry.Applied {
		c.entry.Seen = c.seen
	}
	o.logAnswer(c, a)
	return a
}

// run calls the handler and encodes its answer while the state that it points into cannot change.
func (o *Org) run(c *call, rt route) answer {
	a, err := rt.do(o, c)
	if err != nil {
		a = o.errorAnswer(err)
	}
	return a.encoded()
}

func (a answer) encoded() answer {
	if a.body == nil || a.raw != nil {
		return a
	}
	raw, err := json.Marshal(a.body)
	if err != nil { // nothing that the org keeps is unencodable; a bug is answered as Okta would
		return answer{status: http.StatusInternalServerError}
	}
	a.raw, a.body = raw, nil
	return a
}

func (o *Org) logAnswer(c *call, a answer) {
	e := c.entry
	e.At, e.Status = c.now, a.status
	e.Limit, e.Remaining, e.Reset = c.rate.limit, c.rate.remaining, c.rate.reset
	o.record(e)
}

// finish takes the request out of flight. It runs before the answer goes out, so that a client that sends its next
// request on seeing the answer never overlaps with itself.
func (o *Org) finish(c *call, edit func(*Entry)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inFlight--
	c.entry.End = o.now()
	if edit != nil {
		edit(c.entry)
	}
}

func (o *Org) reply(w http.ResponseWriter, c *call, a answer) {
	a = a.encoded()
	h := w.Header()
	if c.token.Name != "" {
		c.rate.header(h)
	}
	o.finish(c, nil)
	h.Set("X-Okta-Request-Id", o.newID("req"))
	h.Set("Cache-Control", "no-cache, no-store")
	for _, line := range c.link {
		h.Add("Link", line)
	}
	if c.etag != "" && a.status < 300 {
		h.Set("ETag", c.etag)
	}
	if a.raw != nil {
		contentType := a.contentType
		if contentType == "" {
			contentType = "application/json"
		}
		h.Set("Content-Type", contentType)
	}
	w.WriteHeader(a.status)
	w.Write(a.raw) // the client may be gone: nothing to do about it
}

// hangUp breaks the connection: by a reset, or with clean in order, which a client reads as EOF.
func hangUp(w http.ResponseWriter, clean bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return
		}
		panic(http.ErrAbortHandler)
	}
	if tcp, isTCP := conn.(*net.TCPConn); isTCP && !clean {
		tcp.SetLinger(0)
	}
	conn.Close()
}
