package traffic

import (
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"drawbridge/bridge"
)

// maxKept is how many bytes of a body are kept, of the request and of the answer each.
const maxKept = 8 << 10

// exchangeKey is the key of the exchange in a request's context.
type exchangeKey struct{}

// exchange is the record of one request and its answer. It lives in the request's context, then in the recorder's queue,
// then serves another request.
type exchange struct {
	at      time.Time
	took    time.Duration
	method  string
	path    string // with the slug
	query   string // as sent
	agent   string // User-Agent
	hushed  bool   // the User-Agent was sent and is empty
	adscim  bool   // Entra ID's own header was there
	plain   bool   // the body was declared application/json
	address netip.Addr

	caller   bridge.Caller // zero until the credential was looked at
	tried    bool          // a credential was looked at
	key      tokenKey
	limited  int64 // requests that a limit refused, for which this one stands
	unlogged bool  // another one stands for it
	bare     bool  // it is logged without its bodies

	status   int
	location string // of what was created
	dropped  []string

	body   body
	answer answer
}

func (x *exchange) begin(rw http.ResponseWriter, r *http.Request, now time.Time) {
	x.at, x.method, x.path, x.query = now, r.Method, r.URL.Path, r.URL.RawQuery
	agent := r.Header["User-Agent"]
	x.agent, x.hushed = strings.Join(agent, " "), len(agent) == 1 && agent[0] == ""
	x.adscim = r.Header["Adscimversion"] != nil
	x.plain = strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")
	x.body.x, x.answer.x, x.answer.ResponseWriter = x, x, rw
}

// release lets go of what belongs to the server.
func (x *exchange) release() { x.body.ReadCloser, x.answer.ResponseWriter = nil, nil }

// reset makes the record ready for another request; it keeps the memory of its bodies.
func (x *exchange) reset() {
	*x = exchange{
		dropped: slices.Delete(x.dropped, 0, len(x.dropped)),
		body:    body{kept: x.body.kept[:0]}, answer: answer{kept: x.answer.kept[:0]},
	}
}

func (x *exchange) limit(v verdict) { x.limited, x.unlogged = v.hits, v.hits == 0 }

// keeps reports whether bodies are kept: not those of strangers, nor those of a customer without a log.
func (x *exchange) keeps() bool {
	return x.caller.CustomerID != "" && x.caller.Log.OrDefault() != bridge.NoRequests
}

// keep appends to what is kept and reports whether something was left out.
func keep(kept, more []byte) ([]byte, bool) {
	room := maxKept - len(kept)
	if len(more) > room {
		return append(kept, more[:room]...), true
	}
	return append(kept, more...), false
}

// body is a request's body that is kept while it is read.
type body struct {
	io.ReadCloser
	x    *exchange
	kept []byte
	cut  bool
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 && !b.cut && b.x.keeps() {
		b.kept, b.cut = keep(b.kept, p[:n])
	}
	return n, err
}

// answer is a response that is kept while it is written.
type answer struct {
	http.ResponseWriter
	x    *exchange
	kept []byte
	cut  bool
	mute bool // the status is 204 instead: no body
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	h := a.Header()
	if a.mute = status == http.StatusOK && a.x.wantsNone(); a.mute {
		status = http.StatusNoContent
		h.Del("Content-Type")
		h.Del("Content-Length")
	}
	if status == http.StatusRequestEntityTooLarge {
		h.Set("Connection", "close") // as http.MaxBytesReader does where it sees the server's own writer
	}
	if a.x.status == 0 {
		a.x.status, a.x.location = status, h.Get("Location")
	}
	a.ResponseWriter.WriteHeader(status)
}

// wantsNone reports whether the request is a PATCH of a group whose customer wants no group in the answer. RFC 7644 section
// 3.5.2 forbids 204 where the client asked for attributes.
func (x *exchange) wantsNone() bool {
	if x.caller.GroupPatch != bridge.PatchAnswersNone || x.method != http.MethodPatch {
		return false
	}
	endpoint, id := endpointOf(x.path)
	return endpoint == "Groups" && id != "" && !asksForAttributes(x.query)
}

func asksForAttributes(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); strings.EqualFold(name, "attributes") {
			return true
		}
	}
	return false
}

// Write implements io.Writer.
func (a *answer) Write(p []byte) (int, error) {
	if a.x.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if a.mute {
		return len(p), nil
	}
	if !a.cut && a.x.keeps() {
		a.kept, a.cut = keep(a.kept, p)
	}
	return a.ResponseWriter.Write(p)
}

// endpointOf splits a path below the mount: /acme/Users/7 is about the Users, and of them 7.
func endpointOf(path string) (endpoint, id string) {
	_, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	endpoint, id, _ = strings.Cut(rest, "/")
	return endpoint, id
}
