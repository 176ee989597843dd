// Package scim1 answers SCIM 1.1 (draft-scim-core-schema-01, draft-scim-api-01) by having a SCIM 2.0 server do the work: it
// translates each request and each answer, and decides nothing.
//
// The two protocols hold the same resources under the same ids. What differs is translated here:
//
//   - URNs: a core schema without the name of the resource type, and the enterprise extension, whose manager has managerId
//   - a PATCH is a partial resource, with the attributes to remove in meta and elements marked for deletion
//   - lists, errors, /Schemas and /ServiceProviderConfigs have another form, and the media type is application/json
//
// A body is translated when the SCIM 2.0 server begins to read it, and a query once its Authenticator has accepted the token:
// nothing of a stranger's request is looked at but the path and the header lines. Translation works on the text of the JSON, by
// moving parts of it about, so every part is still parsed by the SCIM 2.0 server, under its limits.
//
// XML, the other data format of SCIM 1.1, is answered with 406 and 415, and Bulk with 501.
package scim1
