package traffic

import (
	"strings"

	"drawbridge/bridge"
)

// Bounds of what is kept of a client's own text.
const (
	maxMethod = 16 // bytes of a method
	maxNames  = 20 // attributes of a request that are counted
	maxName   = 40 // bytes of an attribute's name
)

// reading is an exchange on its way into the log: its bodies parsed unless they are left out.
type reading struct {
	*exchange
	sent, heard     node
	sentOK, heardOK bool
}

// reading turns an exchange into what is logged of it, without an id, and what it tells of its IdP. Nothing of what it
// returns shares the exchange's memory.
func (x *exchange) reading() (bridge.Request, bridge.Traffic) {
	r := reading{exchange: x}
	if !x.bare {
		r.sent, r.sentOK = parse(x.body.kept)
		r.heard, r.heardOK = parse(x.answer.kept)
	}
	seen := r.traffic()
	return r.request(), seen // the traffic first: the request masks what it is told by
}

func (r *reading) request() bridge.Request {
	m := masker{full: r.caller.Log == bridge.FullRequests}
	out := bridge.Request{
		CustomerID: r.caller.CustomerID, At: r.at, Took: r.took, Method: scrub(r.method[:min(len(r.method), maxMethod)]),
		Path: m.requestPath(r.path), Query: m.query(r.query), Status: r.status, Token: r.caller.TokenName, ResourceID: r.resourceID(),
	}
	if r.bare {
		out.Body, out.Answer = leftOut(r.body.kept), leftOut(r.answer.kept)
		return out
	}
	r.sent.cut = r.sent.cut || r.body.cut
	r.heard.cut = r.heard.cut || r.answer.cut
	out.Body = m.body(&r.sent, r.sentOK, len(r.body.kept))
	m.answer = true
	out.Answer = m.body(&r.heard, r.heardOK, len(r.answer.kept))
	return out
}

// leftOut stands for a body that is not kept; nothing for none.
func leftOut(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	return "(not kept: too busy)"
}

// resourceID is the id in the path, that of what was created, or that of the one resource that was found.
func (r *reading) resourceID() string {
	endpoint, id := endpointOf(r.path)
	if endpoint != "Users" && endpoint != "Groups" {
		return ""
	}
	if id == "" && r.location != "" {
		id = r.location[strings.LastIndexByte(r.location, '/')+1:]
	}
	if found := r.heard.member("Resources"); id == "" && found != nil && len(found.kids) == 1 && !found.cut {
		if only := found.kids[0].member("id"); only != nil {
			id = only.text
		}
	}
	if !isUUID(id) {
		return ""
	}
	return strings.ToLower(id)
}

// traffic is what the exchange tells. Without its bodies it tells of no quirk, and of an IdP only what that calls itself.
func (r *reading) traffic() bridge.Traffic {
	t := bridge.Traffic{LastRequest: r.at, Limited: r.limited}
	t.IdP, t.Certain = r.idp()
	if r.bare && !t.Certain {
		t.IdP = ""
	}
	if t.IdP != "" {
		t.IdPAt = r.at
	}
	if n := max(1, r.limited); r.afterDisconnect() {
		t.RefusedAfterDisconnect = n
	}
	if !r.bare {
		t.Quirks = make(map[string]int64)
		for _, quirk := range r.quirks() {
			t.Quirks[quirk] = 1
		}
	}
	if len(r.dropped) > 0 {
		t.Dropped = make(map[string]int64)
		for _, name := range r.dropped {
			t.Dropped[droppedName(name)]++
		}
	}
	return t
}

// afterDisconnect reports whether the request was refused because the connection was cut. The state may be some seconds
// old: a 403 for a customer that seemed to be served means that it was cut meanwhile.
func (r *reading) afterDisconnect() bool {
	cut := r.caller.State == bridge.Disconnecting || r.caller.State == bridge.Disconnected
	return cut && r.status >= 400 || r.status == 403 && r.caller.State != bridge.Off
}

// droppedName is an attribute's name as it is counted: what has not the form of one may be anything.
func droppedName(name string) string {
	if !isName(name) {
		return "(no name)"
	}
	return scrub(name[:min(len(name), maxName)])
}
