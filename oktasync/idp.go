package oktasync

import (
	"context"
	"errors"
	"time"

	"drawbridge/bridge"
)

// IdentityProvider is an identity provider that people sign in to the org through, as Okta last answered it.
type IdentityProvider struct {
	ID     string
	Name   string
	Status string // ACTIVE or INACTIVE
	// Its just-in-time rules. Unsuspends: whoever signs in through it is unsuspended; Reactivates: likewise for DEPROVISIONED.
	// True unless Okta says NONE.
	Unsuspends  bool
	Reactivates bool
}

// IdentityProviders are the ways into the org by single sign-on.
type IdentityProviders interface {
	// IdP reads one by its Okta id. CauseGone: there is none with it; CauseRefused: this is no such id, nothing was sent.
	IdP(ctx context.Context, id string) (IdentityProvider, error)
	// LastSignIn returns when Okta's System Log last shows somebody sign in through one; zero: nobody since that time. It needs a
	// right of its own, okta.logs.read: without it CauseOrg with HTTP 403, which says nothing of the rest of the org.
	LastSignIn(ctx context.Context, id string, since time.Time) (time.Time, error)
}

// ReadIdP reads the identity provider that is set for a customer, for the record. One that does not exist is on record as
// missing; any other failure of Okta is an error and says nothing about it.
func ReadIdP(ctx context.Context, org IdentityProviders, c bridge.Customer, now time.Time) (bridge.OktaIdP, error) {
	out := bridge.OktaIdP{CustomerID: c.ID, ID: c.OktaIdP, Read: now}
	p, err := org.IdP(ctx, c.OktaIdP)
	var o *OrgError
	switch {
	case errors.As(err, &o) && (o.Cause == CauseGone || o.Cause == CauseRefused):
		out.Status = bridge.IdPMissing
		return out, nil
	case err != nil:
		return bridge.OktaIdP{}, err
	}
	out.Name, out.Status = p.Name, bridge.IdPStatus(p.Status)
	out.Unsuspends, out.Reactivates = p.Unsuspends, p.Reactivates
	return out, nil
}
