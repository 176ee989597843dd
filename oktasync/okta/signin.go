package okta

import (
	"context"
	"errors"
	"time"

	"github.com/okta/okta-sdk-golang/v2/okta/query"

	"drawbridge/oktasync"
)

var errOtherEvent = errors.New("the answer is not the sign-in that was asked for")

// LastSignIn implements oktasync.Org: GET /logs, the newest entry of a sign-in that Okta took from the identity provider, which
// stands among the entry's targets. Okta names these entries by kind of provider: auth_via_IDP, auth_via_inbound_SAML,
// auth_via_social.
func (c *Client) LastSignIn(ctx context.Context, id string, since time.Time) (time.Time, error) {
	cl := &call{op: "sign_ins", want: list}
	if !hasForm(id, "0oa") {
		return time.Time{}, cl.fail(oktasync.CauseRefused, 0, errNotIdP)
	}
	filter := `eventType sw "user.authentication.auth_via_" and outcome.result eq "SUCCESS" and target.id eq ` + quote(id)
	events, _, err := c.sdk.LogEvent.GetLogs(cl.under(ctx), query.NewQueryParams(query.WithFilter(filter),
		query.WithSince(since.UTC().Format(time.RFC3339)), query.WithSortOrder("DESCENDING"), query.WithLimit(1)))
	switch {
	case err != nil:
		return time.Time{}, cl.result(err)
	case len(events) == 0:
		return time.Time{}, nil
	}
	e := events[0]
	if e == nil || e.Published == nil || e.Outcome == nil || e.Outcome.Result != "SUCCESS" {
		return time.Time{}, cl.garbage(200, errOtherEvent)
	}
	for _, target := range e.Target {
		if target != nil && target.Id == id {
			return e.Published.UTC(), nil
		}
	}
	return time.Time{}, cl.garbage(200, errOtherEvent) // the filter was ignored
}
