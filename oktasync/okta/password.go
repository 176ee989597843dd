package okta

import (
	"context"
	"errors"
	"net/url"

	"github.com/okta/okta-sdk-golang/v2/okta/query"

	"drawbridge/oktasync"
)

var errNoLink = errors.New("the answer holds no link to set a password with")

// ResetPassword implements oktasync.Org: POST /users/{id}/lifecycle/reset_password?sendEmail=.
func (c *Client) ResetPassword(ctx context.Context, id string, mail bool) (link string, err error) {
	cl := &call{op: "reset_password", write: true, account: true, want: none}
	if !validID(id) {
		return "", cl.fail(oktasync.CauseRefused, 0, errNotID)
	}
	t, _, err := c.sdk.User.ResetPassword(cl.under(ctx), id, query.NewQueryParams(query.WithSendEmail(mail)))
	switch {
	case err != nil:
		return "", cl.result(err)
	case mail:
		return "", nil
	case t == nil || !isLink(t.ResetPasswordUrl):
		return "", cl.garbage(200, errNoLink)
	}
	return t.ResetPasswordUrl, nil
}

// isLink reports whether a person can follow s. The org may have a domain of its own for people, so any host will do.
func isLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}

// Refederate implements oktasync.Org: POST /users/{id}/lifecycle/reset_password?provider=FEDERATION&sendEmail=false.
func (c *Client) Refederate(ctx context.Context, id string) error {
	cl := &call{op: "refederate", write: true, account: true, want: none}
	if !validID(id) {
		return cl.fail(oktasync.CauseRefused, 0, errNotID)
	}
	_, _, err := c.sdk.User.ResetPassword(cl.under(ctx), id,
		query.NewQueryParams(query.WithProvider("FEDERATION"), query.WithSendEmail(false)))
	return cl.result(err)
}
