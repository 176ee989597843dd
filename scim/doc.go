// Package scim serves the SCIM 2.0 protocol (RFC 7644) over HTTP for any Backend and any resource type.
//
// A request is handled in this order, and nothing later happens when something earlier refuses it:
//
//  1. A path that is not in its clean form, an unknown path and a method override are refused unseen.
//  2. The Authenticator turns path and bearer token into a Tenant. Nothing else was read before that.
//  3. Query, headers and body are read under limits, and checked by the schema.
//  4. The Backend reads or commits. It checks the credential in the same step.
//
// A refusal in step 3 is answered only after Tenant.Live agreed, so that a revoked token gets its 401 whatever
// else is wrong with the request.
//
// The values of a linked attribute, such as the members of a group, never pass through a document: a write brings them as
// changes (Draft.Links), an answer as references that are read only when they are shown. A query over all types is one query
// per type in the order of Options.Types, and a bulk request is many requests, each of which passes through all four steps.
package scim
