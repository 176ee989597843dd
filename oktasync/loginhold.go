package oktasync

import (
	"context"
	"strconv"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// kindRename is an update that changes the login and of which nobody was asked.
const kindRename = "rename"

// LoginHolds keep logins as they are in Okta.
type LoginHolds interface {
	LoginChanges(ctx context.Context, customerID, userID string, now time.Time) (bridge.LoginCount, error)
	// PinLogin keeps a login until a person has it changed, or renews what is known of one that stays.
	PinLogin(ctx context.Context, customerID string, p bridge.LoginPin, ev *bridge.Event) error
	UnpinLogin(ctx context.Context, customerID, userID string, ev bridge.Event) error
}

// renames reports whether the account's login in Okta is another one than the key, and nobody was asked whether it may become that.
func (j *job) renames(key string) bool {
	was, _ := j.Link.Applied["login"].(string)
	before, _, _ := bridge.NormalizeAddress(was)
	answered := j.Pin != nil || j.Renamed != nil && (j.Renamed.Wanted == "" || j.Renamed.Wanted == key)
	return before != "" && before != key && !answered
}

// beginUpdate begins a call that writes the profile. A change of the login is counted first: one that the limit does not allow is
// held, and nothing begins. Counting and beginning are one step: no two changes take the same place.
func (j *job) beginUpdate(ctx context.Context, want wanted, renamed bool) (in bridge.Intent, held bool, err error) {
	kind := kindUpdate
	if renamed && j.renames(want.loginKey) {
		kind = kindRename
		j.renaming.Lock()
		defer j.renaming.Unlock()
		if held, err := j.holdLogin(ctx, want.loginKey); held || err != nil {
			return bridge.Intent{}, held, err
		}
	}
	if renamed {
		link := j.link()
		link.LoginKey = want.loginKey
		if err := j.Store.ReserveLink(ctx, link); err != nil {
			return bridge.Intent{}, false, err
		}
	}
	in, err = j.begin(ctx, kind)
	return in, false, err
}

// holdLogin keeps the login as it is in Okta if too many of the customer's have changed, and reports whether it did.
func (j *job) holdLogin(ctx context.Context, key string) (bool, error) {
	now := j.Now()
	n, err := j.Store.LoginChanges(ctx, j.User.CustomerID, j.User.ID, now)
	if err != nil {
		return false, err
	}
	removals, err := j.Store.Removals(ctx, j.User.CustomerID, now)
	if err != nil {
		return false, err
	}
	v := policy.GateLogins(policy.Logins{Changed: n.Changed, Again: n.Again, Held: n.Held, Peak: removals.Peak[0]})
	if !v.Hold {
		return false, nil
	}
	if n.Held == 0 {
		j.Log.ErrorContext(ctx, "changes of logins are held: "+v.Sentence, "customer", j.Customer.Slug, "count", v.Count, "limit", v.Limit)
	}
	pin := j.Subject.LoginPin(key)
	pin.Held = now
	return true, j.Store.PinLogin(ctx, j.User.CustomerID, pin, j.event(bridge.EventLoginHeld, map[string]string{
		"code": string(v.Code), "count": strconv.Itoa(v.Count), "limit": strconv.Itoa(v.Limit),
	}))
}

// owesPin reports whether the IdP says another login by now than when it was kept from Okta: an answer covers what it says.
func (j *job) owesPin() bool {
	if j.Pin == nil || !j.User.Connected || !j.Customer.State.Governs() {
		return false
	}
	_, said := j.Said()
	return said != "" && said != j.Pin.Wanted
}

// keepPin renews what the IdP says of a login that stays. What it takes back does not wait any more.
func (j *job) keepPin(ctx context.Context) error {
	pin := *j.Pin
	_, pin.Wanted = j.Said()
	if stays, _, _ := bridge.NormalizeAddress(pin.Login); !pin.Held.IsZero() && stays == pin.Wanted {
		return j.Store.UnpinLogin(ctx, j.User.CustomerID, j.User.ID, *j.event(bridge.EventLoginWithdrawn, nil))
	}
	return j.Store.PinLogin(ctx, j.User.CustomerID, pin, nil)
}
