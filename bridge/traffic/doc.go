// Package traffic watches the requests of customers' identity providers: it holds them to their limits, keeps a log of
// them, and learns from them which provider it is.
//
// A Watch stands around a SCIM server and its authenticator. Handler puts a record of the exchange into the request's
// context; the authenticator, the only one who knows whose request it is, fills it in and decides whether it may pass. The
// finished record goes into a bounded queue; masking, counting and storing happen behind it. When the queue is full
// records are dropped and counted: no request ever waits for its log. Nor does a storm of requests become one of masking:
// beyond a budget they are logged without bodies.
//
// Limits are those of one process: a customer that is served by two replicas may have twice its rate.
package traffic
