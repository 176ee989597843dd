package okta

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"github.com/okta/okta-sdk-golang/v2/okta/query"

	"drawbridge/oktasync"
	"drawbridge/policy"
)

const (
	pageSize = 200   // Okta's largest
	maxPages = 1_000 // of one Find
)

var (
	errNotID     = errors.New("this is not an Okta user id: nothing was sent")
	errNobody    = errors.New("there is nothing to write: nothing was sent")
	errAttribute = errors.New("this is not the name of a profile attribute: nothing was sent")
	errOther     = errors.New("the answer is about another account")
	errPages     = errors.New("the pages do not come to an end")
)

// validID reports whether id has the form of an Okta user id. Okta takes a login, a short login or "me" in its place,
// and the SDK does not escape it.
func validID(id string) bool { return hasForm(id, "00u") }

// hasForm reports whether id has the form of an Okta id that begins with prefix.
func hasForm(id, prefix string) bool {
	if len(id) != 20 || !strings.HasPrefix(id, prefix) {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
}

// Create implements oktasync.Org: POST /users?activate=true&provider=true. An account that Okta leaves in a status
// other than ACTIVE is returned as it is.
func (c *Client) Create(ctx context.Context, profile map[string]any) (oktasync.Account, error) {
	cl := &call{op: "create", write: true}
	if len(profile) == 0 {
		return oktasync.Account{}, cl.fail(oktasync.CauseRefused, 0, errNobody)
	}
	p := sdk.UserProfile(profile)
	federation := &sdk.UserCredentials{Provider: &sdk.AuthenticationProvider{Type: "FEDERATION", Name: "FEDERATION"}}
	u, _, err := c.sdk.User.CreateUser(cl.under(ctx), sdk.CreateUserRequest{Credentials: federation, Profile: &p},
		query.NewQueryParams(query.WithActivate(true), query.WithProvider(true)))
	if err != nil {
		return oktasync.Account{}, cl.result(err)
	}
	a, err := account(u)
	if err == nil && profile[oktasync.KeyAttr] != nil && a.Profile[oktasync.KeyAttr] != profile[oktasync.KeyAttr] {
		err = errOther
	}
	if err != nil {
		return oktasync.Account{}, cl.garbage(200, err)
	}
	return a, nil
}

// Read implements oktasync.Org: GET /users/{id}.
func (c *Client) Read(ctx context.Context, id string) (oktasync.Account, error) {
	cl := &call{op: "read", account: true}
	if !validID(id) {
		return oktasync.Account{}, cl.fail(oktasync.CauseRefused, 0, errNotID)
	}
	u, _, err := c.sdk.User.GetUser(cl.under(ctx), id)
	return cl.accountOf(id, u, err)
}

// Update implements oktasync.Org: POST /users/{id}, which changes what it is given; a nil value clears an attribute.
func (c *Client) Update(ctx context.Context, id string, profile map[string]any) (oktasync.Account, error) {
	cl := &call{op: "update", write: true, account: true}
	if !validID(id) {
		return oktasync.Account{}, cl.fail(oktasync.CauseRefused, 0, errNotID)
	}
	if len(profile) == 0 {
		return oktasync.Account{}, cl.fail(oktasync.CauseRefused, 0, errNobody)
	}
	p := sdk.UserProfile(profile)
	u, _, err := c.sdk.User.PartialUpdateUser(cl.under(ctx), id, sdk.User{Profile: &p}, nil)
	return cl.accountOf(id, u, err)
}

// accountOf returns the answer to a call on one account. An answer about another account is CauseUnknown, for reads
// too: whoever mixes up answers has told nothing about this one.
func (c *call) accountOf(id string, u *sdk.User, err error) (oktasync.Account, error) {
	if err != nil {
		return oktasync.Account{}, c.result(err)
	}
	a, err := account(u)
	if err != nil {
		return oktasync.Account{}, c.garbage(200, err)
	}
	if a.ID != id {
		return oktasync.Account{}, c.fail(oktasync.CauseUnknown, 200, errOther)
	}
	return a, nil
}

// Act implements oktasync.Org. Deactivating an account that is DEPROVISIONED already is CauseGone, as for one that
// does not exist: Okta answers both alike.
func (c *Client) Act(ctx context.Context, id string, action oktasync.Action) error {
	cl := &call{op: string(action), write: true, account: true, want: none}
	if !validID(id) {
		return cl.fail(oktasync.CauseRefused, 0, errNotID)
	}
	quiet := query.NewQueryParams(query.WithSendEmail(false))
	users, call := c.sdk.User, cl.under(ctx)
	var err error
	switch action {
	case oktasync.Activate:
		_, _, err = users.ActivateUser(call, id, quiet)
	case oktasync.Suspend:
		cl.urgent = true
		_, err = users.SuspendUser(call, id)
	case oktasync.Unsuspend:
		_, err = users.UnsuspendUser(call, id)
	case oktasync.Deactivate:
		cl.urgent = true
		_, err = users.DeactivateUser(call, id, quiet)
	case oktasync.EndSessions:
		cl.urgent = true
		_, err = users.ClearUserSessions(call, id, query.NewQueryParams(query.WithOauthTokens(true)))
	default:
		return cl.fail(oktasync.CauseRefused, 0, fmt.Errorf("there is no action %q", string(action)))
	}
	return cl.result(err)
}

// Find implements oktasync.Org: GET /users?search=profile.attr eq "value", all pages.
func (c *Client) Find(ctx context.Context, attr, value string) ([]oktasync.Account, error) {
	if attr == "" || word(attr) != attr || strings.Contains(attr, "-") {
		return nil, (&call{op: "find"}).fail(oktasync.CauseRefused, 0, errAttribute)
	}
	search := "profile." + attr + " eq " + quote(value)
	var found []oktasync.Account
	seen := map[string]bool{}
	for cursor := ""; ; {
		cl := &call{op: "find", want: list}
		users, _, err := c.sdk.User.ListUsers(cl.under(ctx),
			query.NewQueryParams(query.WithSearch(search), query.WithLimit(pageSize), query.WithAfter(cursor)))
		if err != nil {
			return nil, cl.result(err)
		}
		for _, u := range users {
			a, err := account(u)
			if err != nil {
				return nil, cl.garbage(200, err)
			}
			// If the search was ignored, this may be everybody. Okta compares without regard to case.
			if got, _ := a.Profile[attr].(string); !strings.EqualFold(got, value) {
				return nil, cl.fail(oktasync.CauseUnknown, 200, errOther)
			}
			found = append(found, a)
		}
		if cursor = cl.next; cursor == "" {
			return found, nil
		}
		if seen[cursor] || len(seen) == maxPages {
			return nil, cl.garbage(200, errPages)
		}
		seen[cursor] = true
	}
}

// quote returns a string literal of Okta's search language.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// account turns the SDK's user into ours. A user without an id, status or profile is not one.
func account(u *sdk.User) (oktasync.Account, error) {
	if u == nil || !validID(u.Id) || u.Status == "" || u.Profile == nil {
		return oktasync.Account{}, errors.New("the answer is not a user")
	}
	a := oktasync.Account{ID: u.Id, Status: policy.Status(u.Status), Profile: *u.Profile}
	if u.StatusChanged != nil {
		a.StatusChanged = u.StatusChanged.UTC()
	}
	if u.Credentials != nil && u.Credentials.Provider != nil {
		a.Provider, a.Password = u.Credentials.Provider.Type, u.Credentials.Password != nil
	}
	return a, nil
}
