package check

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	defaultRate     = 25               // requests a second, which Entra asks a server to take
	answerTimeout   = 30 * time.Second // for a request and its answer
	maxAnswer       = 32 << 20         // bytes
	maxRetries      = 4                // of a request that is answered 429
	maxRetryAfter   = 30 * time.Second
	scimJSON        = "application/scim+json"
	noToken         = "-" // as request.token: no Authorization header
	tokenSubstitute = "[token]"
)

type object = map[string]any

// request is what a check sends.
type request struct {
	method, path string
	query        []string          // names and values in turn
	body         any               // encoded as JSON; []byte is sent as it is; nil sends none
	header       map[string]string // beside, or instead of, the usual ones; an empty value leaves one out
	token        string            // instead of the run's; noToken sends none
}

// String is the request line, for people.
func (r request) String() string {
	line := r.method + " " + r.path
	for i := 0; i+1 < len(r.query); i += 2 {
		line += string("?&"[min(i, 1)]) + r.query[i] + "=" + shorten(r.query[i+1])
	}
	return line
}

// client sends requests, not faster than it may.
type client struct {
	http  *http.Client
	base  *url.URL
	token string
	pause time.Duration // between two requests
	next  time.Time     // not before
	now   func() time.Time
	made  made
}

func newClient(o Options, base *url.URL) *client {
	c := &client{base: base, token: o.Token, pause: time.Second / defaultRate, now: o.Now}
	if o.Rate > 0 {
		c.pause = time.Second / time.Duration(o.Rate)
	}
	c.http = &http.Client{Timeout: answerTimeout}
	if o.Client != nil {
		own := *o.Client
		c.http = &own
	}
	// A redirect is an answer to judge, not to follow.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// send makes a request in its turn, and again while the server asks to wait.
func (c *client) send(ctx context.Context, r request) (answer, error) {
	body, err := r.encode()
	if err != nil {
		return answer{}, err
	}
	for tries := 0; ; tries++ {
		if err := sleep(ctx, c.next.Sub(c.now())); err != nil {
			return answer{}, err
		}
		c.next = c.now().Add(c.pause)
		a, err := c.try(ctx, r, body)
		if err != nil {
			return answer{}, err
		}
		if a.status != http.StatusTooManyRequests || tries == maxRetries {
			c.made.note(r, a)
			return a, nil
		}
		c.next = c.now().Add(retryAfter(a.header, c.now()))
	}
}

func (c *client) try(ctx context.Context, r request, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.url(r), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept", scimJSON)
	req.Header.Set("User-Agent", "drawbridge scim-check")
	if r.body != nil {
		req.Header.Set("Content-Type", scimJSON)
	}
	switch r.token {
	case "":
		req.Header.Set("Authorization", "Bearer "+c.token)
	case noToken:
	default:
		req.Header.Set("Authorization", r.token)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
		if value == "" {
			req.Header.Del(name)
		}
	}
	began := c.now()
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("the answer ended early: %w", err)
	}
	a := answer{request: r, status: resp.StatusCode, header: resp.Header, raw: raw, took: c.now().Sub(began)}
	if json.Unmarshal(raw, &a.body) != nil {
		a.body = nil
	}
	return a, nil
}

func (r request) encode() ([]byte, error) {
	switch b := r.body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return b, nil
	}
	return json.Marshal(r.body)
}

// url is where a request goes: the base's query, if any, is sent with each.
func (c *client) url(r request) string {
	if strings.HasPrefix(r.path, "http") { // a location that the server gave
		return r.path
	}
	values := url.Values{}
	for i := 0; i+1 < len(r.query); i += 2 {
		values.Set(r.query[i], r.query[i+1])
	}
	query := c.base.RawQuery
	if q := values.Encode(); q != "" && query != "" {
		query += "&" + q
	} else if q != "" {
		query = q
	}
	u := c.base.Scheme + "://" + c.base.Host + c.base.EscapedPath() + r.path
	if query != "" {
		u += "?" + query
	}
	return u
}

// redact takes the token out of a text for people, where a server has repeated it.
func (c *client) redact(text string) string {
	return strings.ReplaceAll(text, c.token, tokenSubstitute)
}

// retryAfter is how long an answer asks to wait, in seconds or until a date; a second if it does not say.
func retryAfter(h http.Header, now time.Time) time.Duration {
	wait := time.Second
	if n, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		wait = time.Duration(min(max(n, 0), int(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
