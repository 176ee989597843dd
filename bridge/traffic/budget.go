package traffic

import (
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"drawbridge/bridge"
)

// How much is logged in a second, over all customers, with bursts of twice as much: what one customer may ask by default. To mask
// and store a body costs up to half as much as the request did, and what is above tells support nothing.
const (
	loggedReads  = bridge.DefaultRate // successful reads, each with its bodies
	keptBodies   = bridge.DefaultRate // writes, and looks for what is not there, with their bodies
	keptFailures = bridge.DefaultRate // other failures with their bodies
)

// budget says what of an exchange is logged. Writes and refusals are at any rate, but not always with their bodies.
type budget struct{ reads, bodies, failures *rate.Limiter }

func newBudget() budget {
	perSecond := func(n int) *rate.Limiter { return rate.NewLimiter(rate.Limit(n), 2*n) }
	return budget{reads: perSecond(loggedReads), bodies: perSecond(keptBodies), failures: perSecond(keptFailures)}
}

// logs reports whether the exchange is logged, and marks it bare where its bodies are not.
func (b budget) logs(x *exchange, now time.Time) bool {
	read, failed := x.method == http.MethodGet || x.method == http.MethodHead, x.status >= http.StatusBadRequest
	if read && !failed {
		return b.reads.AllowN(now, 1)
	}
	of := b.bodies
	if failed && (!read || x.status != http.StatusNotFound) {
		of = b.failures
	}
	x.bare = len(x.body.kept)+len(x.answer.kept) > 0 && !of.AllowN(now, 1)
	return true
}
