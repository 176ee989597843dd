// Package notify tells people what waits for them: removals that are held, an Okta org that does not answer, a disconnect that
// does not come to its end, a database that was restored from a backup.
//
// A Notifier looks into the store every 5 seconds for these causes and keeps a bridge.Notice for each; nobody has to call it.
// Notices are told through channels (mail, Slack, Teams, PagerDuty, a plain webhook) in rounds, until somebody acknowledges them
// or their cause is gone. Every process of the service runs a Notifier; each round of a notice is taken on by one of them. A
// channel that fails is left alone for a while, longer each time, and what is owed to it is told when it works again; its state is
// kept in the store for `doctor`.
//
// Channels are URLs that hold secrets. Neither they nor the address of a person stand in any error or log: whatever a library or a
// server says of a failure is reduced to a Failure.
package notify
