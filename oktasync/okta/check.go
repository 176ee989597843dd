package okta

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"github.com/okta/okta-sdk-golang/v2/okta/query"

	"drawbridge/oktasync"
)

const (
	scopeUsers  = "okta.users.manage"
	scopeGroups = "okta.groups.manage"
)

// Me is the cheapest call that shows whether Okta answers us at all. It returns the id of the token's own user, or ""
// for an API service app, which has none.
func (c *Client) Me(ctx context.Context) (id string, err error) {
	if _, app := c.transport.auth.(*tokenSource); app {
		cl := &call{op: "probe", want: list}
		_, _, err := c.sdk.User.ListUsers(cl.under(ctx), query.NewQueryParams(query.WithLimit(1)))
		return "", cl.result(err)
	}
	cl := &call{op: "probe"}
	u, _, err := c.sdk.User.GetUser(cl.under(ctx), "me")
	if err != nil {
		return "", cl.result(err)
	}
	if u == nil || !validID(u.Id) {
		return "", cl.garbage(200, errors.New("the answer is not a user"))
	}
	return u.Id, nil
}

// IsAdmin reports whether the account has an admin role, its own or that of a group it is in: Okta lists both, apart by
// assignmentType.
func (c *Client) IsAdmin(ctx context.Context, id string) (bool, error) {
	roles, err := c.roles(ctx, id)
	return len(roles) > 0, err
}

func (c *Client) roles(ctx context.Context, id string) ([]*sdk.Role, error) {
	cl := &call{op: "roles", want: list, account: true}
	if !validID(id) {
		return nil, cl.fail(oktasync.CauseRefused, 0, errNotID)
	}
	roles, _, err := c.sdk.User.ListAssignedRolesForUser(cl.under(ctx), id, nil)
	return roles, cl.result(err)
}

// Finding is one thing that Check looked at.
type Finding struct {
	Subject  string `json:"subject"` // token, rights, or the name of a profile attribute
	OK       bool   `json:"ok"`
	Sentence string `json:"sentence"` // what was found and, if it is not OK, what to change
}

// Check looks, without writing, whether Drawbridge can work with the org.
func (c *Client) Check(ctx context.Context) []Finding {
	me, err := c.Me(ctx)
	if err != nil {
		return []Finding{{Subject: "token", Sentence: "Okta does not take these credentials: " + advice(err)}}
	}
	token := Finding{Subject: "token", OK: true, Sentence: "The credentials work; they are those of an API service app."}
	if me != "" {
		token.Sentence = "The API token works; it belongs to the user " + me + ", whom Drawbridge never touches."
	}
	return append([]Finding{token, c.checkRights(ctx, me)}, c.checkSchema(ctx)...)
}

// advice says what an error of Okta asks for.
func advice(err error) string {
	var e *oktasync.OrgError
	if !errors.As(err, &e) {
		return err.Error()
	}
	switch {
	case e.Status == 0:
		return fmt.Sprintf("there is no answer (%v).", e.Err)
	case errors.Is(err, errToken):
		return fmt.Sprintf("%v.", e.Err)
	case e.Status == 401:
		return "the token is wrong, expired or revoked (HTTP 401): create another one in Okta (Security, API, Tokens)."
	case e.Status == 403:
		return "the token's user or app may not do this (HTTP 403): give it the administrator role or scope for it."
	case e.Status == 404:
		return "there is no Okta API at this address (HTTP 404): check the org URL."
	case e.Cause == oktasync.CauseRate:
		return "the org's rate limit is used up (HTTP 429): try again in a minute."
	}
	return e.Error() + "."
}

func (c *Client) checkRights(ctx context.Context, me string) Finding {
	f := Finding{Subject: "rights"}
	if source, app := c.transport.auth.(*tokenSource); app {
		g, err := source.grant(ctx)
		switch {
		case err != nil:
			f.Sentence = advice(err)
		case !slices.Contains(g.scopes, scopeUsers):
			f.Sentence = "The app is not granted " + scopeUsers + ": grant it in Okta (API service app, Okta API Scopes)."
		case !slices.Contains(g.scopes, scopeGroups):
			f.Sentence = "The app is not granted " + scopeGroups + ", and without it nothing is synced: grant it in Okta (API service app, Okta API Scopes)."
		default:
			f.OK = true
			f.Sentence = "The app is granted " + scopeUsers + " and " + scopeGroups + ". It also needs an administrator role that may manage all users; only a write shows that."
		}
		return f
	}
	roles, err := c.roles(ctx, me)
	if err != nil {
		f.Sentence = "Whether the token may write cannot be told: reading its user's administrator roles failed: " + advice(err)
		return f
	}
	f.OK, f.Sentence = judgeRoles(roles)
	return f
}

// judgeRoles says whether one of the roles may manage users. Custom roles do not show what they allow here.
func judgeRoles(roles []*sdk.Role) (ok bool, sentence string) {
	var names []string
	for _, r := range roles {
		switch r.Type {
		case "SUPER_ADMIN", "ORG_ADMIN":
			return true, "The token may write: its user has the role " + r.Type + "."
		case "USER_ADMIN":
			return true, "The token may write: its user has the role USER_ADMIN. If that role is limited to groups, it is limited to their members."
		case "CUSTOM":
			return true, "The token's user has a custom role; only a write shows whether it may manage users."
		}
		names = append(names, word(r.Type))
	}
	if len(names) == 0 {
		return false, "The token's user has no administrator role: give it Organizational Administrator, or a custom role that may manage users."
	}
	return false, "The token may not write: its user has only " + strings.Join(names, ", ") + ". Give it Organizational Administrator, or a custom role that may manage users."
}

func (c *Client) checkSchema(ctx context.Context) []Finding {
	have, err := c.properties(ctx)
	if err != nil {
		return []Finding{{Subject: "schema", Sentence: "The user schema cannot be read: " + advice(err)}}
	}
	var findings []Finding
	for _, a := range attributes() {
		flaws, mendable := a.flaws(have[a.name])
		f := Finding{Subject: a.name, OK: len(flaws) == 0, Sentence: "The profile attribute " + a.name + " is as it should be."}
		switch {
		case !mendable:
			f.Sentence = "The profile attribute " + a.name + " " + flaws[0] + ": delete it in Okta (Profile Editor) and run `drawbridge okta setup`."
		case !f.OK:
			f.Sentence = "The profile attribute " + a.name + " " + strings.Join(flaws, " and ") + ": run `drawbridge okta setup`."
		}
		findings = append(findings, f)
	}
	return findings
}
