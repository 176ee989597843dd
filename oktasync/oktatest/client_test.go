package oktatest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// client calls an org over a real connection, as a client of Okta does.
type client struct {
	t    *testing.T
	org  *Org
	base string
	http *http.Client
}

type reply struct {
	status int
	header http.Header
	text   string
	err    error
}

func serve(t *testing.T, opts Options) *client {
	t.Helper()
	if opts.RateLimit == 0 {
		opts.RateLimit = -1
	}
	org := New(opts)
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	return &client{t: t, org: org, base: server.URL, http: server.Client()}
}

func (c *client) do(method, path, body string, header ...string) reply {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "SSWS test-token")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return reply{status: res.StatusCode, header: res.Header, text: string(text), err: err}
}

func (c *client) get(path string) reply        { c.t.Helper(); return c.do("GET", path, "") }
func (c *client) post(path, body string) reply { c.t.Helper(); return c.do("POST", path, body) }

// must fails the test unless the call was answered with the status.
func (c *client) must(status int, r reply) reply {
	c.t.Helper()
	if r.err != nil || r.status != status {
		c.t.Fatalf("got status %d, error %v, body %s; want status %d", r.status, r.err, r.text, status)
	}
	return r
}

func (r reply) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.text), v); err != nil {
		t.Fatalf("%v in %s", err, r.text)
	}
}

func (r reply) object(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	r.into(t, &m)
	return m
}

func (r reply) list(t *testing.T) []map[string]any {
	t.Helper()
	var l []map[string]any
	r.into(t, &l)
	return l
}

func (r reply) code(t *testing.T) string {
	t.Helper()
	if r.text == "" {
		return ""
	}
	s, _ := r.object(t)["errorCode"].(string)
	return s
}

// create adds a federated, ACTIVE user through the API and returns its id.
func (c *client) create(login string) string {
	c.t.Helper()
	r := c.must(200, c.post("/api/v1/users?activate=true&provider=true", federatedUser(login, "")))
	return r.object(c.t)["id"].(string)
}

func federatedUser(login, more string) string {
	return `{"profile":{"login":"` + login + `","email":"` + login + `","firstName":"Ann","lastName":"Lee"` + more +
		`},"credentials":{"provider":{"type":"FEDERATION","name":"FEDERATION"}}}`
}

func person(login string) map[string]any {
	return map[string]any{"login": login, "email": login, "firstName": "Ann", "lastName": "Lee"}
}

// setup defines the four attributes of Drawbridge in the org's schema.
func (c *client) setup() {
	c.t.Helper()
	c.must(200, c.post("/api/v1/meta/schemas/user/default", markerSchema))
}

const markerSchema = `{"definitions":{"custom":{"id":"#custom","type":"object","properties":{
	"isSCIMConnected":{"title":"SCIM connected","type":"boolean","master":{"type":"OKTA"}},
	"isSCIMActive":{"title":"SCIM active","type":"boolean","master":{"type":"OKTA"}},
	"scimCustomer":{"title":"SCIM customer","type":"string","master":{"type":"OKTA"}},
	"scimKey":{"title":"SCIM key","type":"string","unique":"UNIQUE_VALIDATED","master":{"type":"OKTA"}}}}}}`

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2030, 5, 1, 12, 0, 0, 250e6, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}
