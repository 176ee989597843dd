// Package bridge is the domain of Drawbridge: customers and their connection, the people their identity providers push,
// the Okta accounts linked to them, and the use cases of support and of the SCIM face.
//
// A user carries two facts: Connected (isSCIMConnected: SCIM governs the account) and Active (isSCIMActive: what the
// identity provider last said). What follows from them for the account in Okta is never stored; package policy decides it
// each time from Facts. RemovedAt is set by an explicit removal alone (active=false or DELETE under the owner's token) and
// cleared by a later activation: without it nothing is ever taken away.
package bridge
