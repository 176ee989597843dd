package traffic

import (
	"container/list"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"drawbridge/bridge"
)

// How often a wrong token is looked at, and how many are remembered. An IdP whose token was revoked is told so, route by
// route, before it is slowed. The bound keeps the memory below 8 MiB; who sends more different tokens than that makes the
// oldest be forgotten, and gains nothing: each of them is refused without a query unless its checksum fits.
const (
	wrongAtOnce   = 100
	wrongInterval = 6 * time.Second // from then on: ten a minute
	maxWrong      = 16_384
)

// tokenKey stands for a client address, a customer's slug and a token. A good token has a key of its own, whatever else
// comes from its address, so it is never slowed for the sake of others; nor is one that was tried at the wrong base URL.
type tokenKey [sha256.Size]byte

func keyOf(from netip.Addr, slug, secret string) tokenKey {
	var room [256]byte
	b := from.AppendTo(room[:0])
	b = append(append(b, '\n'), slug...)
	b = append(append(b, '\n'), secret...)
	return sha256.Sum256(b)
}

// wrongTokens slows tokens that are refused again and again.
type wrongTokens struct {
	mu     sync.Mutex
	known  map[tokenKey]*list.Element // of *wrongToken
	recent *list.List                 // the one that failed last in front
}

type wrongToken struct {
	key     tokenKey
	caller  bridge.Caller // zero where nobody knows whose it is
	looks   *rate.Limiter // a token of it for each time that the wrong token is looked at
	refused sampler
}

func newWrongTokens() *wrongTokens {
	return &wrongTokens{known: make(map[tokenKey]*list.Element), recent: list.New()}
}

// check says whether a token is slowed, and for how long.
func (w *wrongTokens) check(key tokenKey, now time.Time) verdict {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.known[key]
	if e == nil {
		return verdict{}
	}
	t := e.Value.(*wrongToken)
	missing := 1 - t.looks.TokensAt(now)
	if missing <= 0 {
		return verdict{}
	}
	wait := time.Duration(missing * float64(wrongInterval))
	return verdict{wait: max(wait, time.Second), caller: t.caller, hits: t.refused.hit(now)}
}

// failed counts a refusal.
func (w *wrongTokens) failed(key tokenKey, c bridge.Caller, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.known[key]
	if e == nil {
		w.forget(now)
		e = w.recent.PushFront(&wrongToken{key: key, looks: rate.NewLimiter(rate.Every(wrongInterval), wrongAtOnce)})
		w.known[key] = e
	}
	w.recent.MoveToFront(e)
	t := e.Value.(*wrongToken)
	t.caller = c
	t.looks.AllowN(now, 1)
}

// forget makes room: of those who have not failed for so long that they would start anew, or else of the one that failed
// longest ago.
func (w *wrongTokens) forget(now time.Time) {
	for e := w.recent.Back(); e != nil; e = w.recent.Back() {
		t := e.Value.(*wrongToken)
		if t.looks.TokensAt(now) < wrongAtOnce && len(w.known) < maxWrong {
			return
		}
		w.recent.Remove(e)
		delete(w.known, t.key)
	}
}
