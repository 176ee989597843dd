package okta

import (
	"context"
	"errors"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"

	"drawbridge/oktasync"
)

var (
	errNotIdP   = errors.New("this is not the Okta id of an identity provider: nothing was sent")
	errNoIdP    = errors.New("the answer is not an identity provider")
	errOtherIdP = errors.New("the answer is about another identity provider")
)

// IdP implements oktasync.Org: GET /idps/{id}. Of what Okta answers, which may hold the client secret of the identity
// provider, only the fields of the result are kept.
func (c *Client) IdP(ctx context.Context, id string) (oktasync.IdentityProvider, error) {
	cl := &call{op: "idp", account: true}
	if !hasForm(id, "0oa") {
		return oktasync.IdentityProvider{}, cl.fail(oktasync.CauseRefused, 0, errNotIdP)
	}
	p, _, err := c.sdk.IdentityProvider.GetIdentityProvider(cl.under(ctx), id)
	switch {
	case err != nil:
		return oktasync.IdentityProvider{}, cl.result(err)
	case p == nil || p.Id == "" || p.Status != "ACTIVE" && p.Status != "INACTIVE":
		return oktasync.IdentityProvider{}, cl.garbage(200, errNoIdP)
	case p.Id != id:
		return oktasync.IdentityProvider{}, cl.fail(oktasync.CauseUnknown, 200, errOtherIdP)
	}
	out := oktasync.IdentityProvider{ID: p.Id, Name: p.Name, Status: p.Status}
	out.Unsuspends, out.Reactivates = givesBack(p.Policy)
	return out, nil
}

// givesBack reads the just-in-time rules. What is not there, or has a name that is not known, may give access back.
func givesBack(p *sdk.IdentityProviderPolicy) (unsuspends, reactivates bool) {
	const nothing = "NONE"
	if p == nil || p.Provisioning == nil || p.Provisioning.Conditions == nil {
		return true, true
	}
	suspended, deprovisioned := p.Provisioning.Conditions.Suspended, p.Provisioning.Conditions.Deprovisioned
	return suspended == nil || suspended.Action != nothing, deprovisioned == nil || deprovisioned.Action != nothing
}
