// Package okta speaks to the vendor's Okta org through Okta's SDK, and is the only package that imports it.
//
// The SDK's typed methods build the requests and decode the answers; everything between the two is ours, in one
// http.RoundTripper (transport), because of what the SDK would do by itself:
//
//   - it caches reads for 300 s: switched off;
//   - it repeats any request, creates included, for ever when the connection ends with EOF, and twice after a 429: it
//     only ever sees good answers, and errors that it takes for permanent;
//   - it has no time-outs: each call is bounded, from the moment that the rate governor lets it out;
//   - it panics on a malformed Link header and pages for ever on a joined one: it never sees Link headers;
//   - it takes HTML, empty bodies and redirects for answers: checked before it decodes;
//   - it puts path parameters into the path as they are: only ids of Okta's own form get that far;
//   - it reads ~/.okta/okta.yaml and OKTA_CLIENT_*: every option is set over them, and the transport lets nothing out to
//     another host;
//   - it fetches OAuth tokens once per waiting call, ignoring the context: fetched by us, once for all who wait;
//   - its errors have no status and carry profile values: classified by us into oktasync.OrgError, without values.
package okta
