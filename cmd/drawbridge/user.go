package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"drawbridge/bridge"
)

type userCmd struct {
	List userListCmd `cmd:"" help:"List a customer's people, e.g. user list acme --prefix anna"`
	Show userShowCmd `cmd:"" help:"Show one person and why the account is as it is, e.g. user show acme anna@acme.example"`

	RemoveNow userRemoveNowCmd `cmd:"" help:"Remove one person's access ahead of whoever waits, e.g. user remove-now acme anna@acme.example --why dismissed"`
	Contain   userContainCmd   `cmd:"" help:"Lock one person out until it is lifted, whatever the IdP says, e.g. user contain acme anna@acme.example --why \"stolen laptop\""`
	Unmanage  userUnmanageCmd  `cmd:"" help:"Release one person from SCIM; the account stays as it is, e.g. user unmanage acme anna@acme.example --why \"works for us now\""`
	Manage    userManageCmd    `cmd:"" help:"Put a person who was released singly under SCIM again, e.g. user manage acme anna@acme.example"`
}

type userListCmd struct {
	databaseFlag
	Slug   string `arg:""`
	Prefix string `help:"Only those whose userName begins with this."`
	Limit  int    `help:"At most so many." default:"100"`
	JSON   bool   `help:"Print JSON."`
}

func (c *userListCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	users, err := svc.Users(ctx, operator(), c.Slug, c.Prefix, c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		out := make([]map[string]any, len(users))
		for i, u := range users {
			out[i] = userJSON(u)
		}
		return printJSON(std.out, out)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "USERNAME\tMANAGED BY IDP\tIDP SAYS\tID")
	for _, u := range users {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", printable(u.UserName()), yesNo(u.Connected), says(u), u.ID)
	}
	return w.Flush()
}

type userShowCmd struct {
	databaseFlag
	Slug string `arg:""`
	User string `arg:"" help:"userName or id."`
	JSON bool   `help:"Print JSON."`
}

func (c *userShowCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	v, err := svc.User(ctx, operator(), c.Slug, c.User)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, userViewJSON(v))
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "userName\t%s\nid\t%s\n", printable(v.User.UserName()), v.User.ID)
	fmt.Fprintf(w, "managed by %s's IdP\t%s\n", v.Customer.Name, yesNo(connected(v)))
	fmt.Fprintf(w, "the IdP says\t%s\n", says(v.User))
	if l := v.Link; l != nil && l.OktaID != "" {
		fmt.Fprintf(w, "account in Okta\t%s, %s (read %s)\n", l.OktaID, l.Status, when(l.Read))
	} else {
		fmt.Fprintln(w, "account in Okta\tnone")
	}
	fmt.Fprintf(w, "signs in to Okta\t%s\n", signsIn(v))
	if p := v.Pin; p != nil {
		fmt.Fprintf(w, "keeps the login\t%s; 'hold logins %s --apply' changes it to what the IdP says\n", printable(p.Login), v.Customer.Slug)
	}
	if !v.Contained.IsZero() {
		fmt.Fprintf(w, "locked out by a person\tsince %s; 'user contain --lift' ends it\n", when(v.Contained))
	}
	if v.Due != nil && v.Due.Parked != "" {
		fmt.Fprintf(w, "stuck\t%s; tried again %s\n", v.Due.Parked, when(v.Due.At))
	}
	fmt.Fprintf(w, "why\t%s (%s)\n", v.Decision.Sentence, v.Decision.Code)
	return w.Flush()
}

// connected is isSCIMConnected as it holds: from the commit of a disconnect on it is off for everybody, while the
// single rows follow.
func connected(v bridge.UserView) bool {
	return v.User.Connected && v.Customer.State != bridge.Disconnecting && v.Customer.State != bridge.Disconnected
}

func userJSON(u bridge.User) map[string]any {
	return map[string]any{
		"id": u.ID, "user_name": u.UserName(), "external_id": optional(u.ExternalID), "is_scim_connected": u.Connected,
		"is_scim_active": u.Active, "version": u.Version, "removed_at": moment(u.Removed), "deleted_at": moment(u.Deleted),
	}
}

func userViewJSON(v bridge.UserView) map[string]any {
	out := userJSON(v.User)
	out["is_scim_connected"] = connected(v)
	out["decision"] = map[string]any{"code": v.Decision.Code, "sentence": v.Decision.Sentence, "at": moment(v.Decision.At)}
	out["contained_since"] = moment(v.Contained)
	out["okta"] = nil
	if l := v.Link; l != nil && l.OktaID != "" {
		out["okta"] = map[string]any{
			"id": l.OktaID, "status": l.Status, "applied_version": l.AppliedVersion, "read_at": moment(l.Read),
		}
	}
	out["sign_in"] = v.SignIn(now())
	out["keeps_login"] = nil
	if v.Pin != nil {
		out["keeps_login"] = v.Pin.Login
	}
	out["parked"] = nil
	if v.Due != nil && v.Due.Parked != "" {
		out["parked"] = v.Due.Parked
	}
	return out
}

// signsIn says how the person signs in at this moment.
func signsIn(v bridge.UserView) string {
	switch v.SignIn(now()) {
	case bridge.BySSO:
		return "by SSO, through " + printable(v.IdP.Name)
	case bridge.ByPassword:
		return "with an Okta password"
	case bridge.NoWay:
		return "not at all"
	}
	return "not known: the account's credentials or the customer's identity provider have not been read lately, or none is set (customer set --okta-idp)"
}

func says(u bridge.User) string {
	switch {
	case !u.Deleted.IsZero():
		return "deleted " + when(u.Deleted)
	case u.Active:
		return "active"
	case !u.Removed.IsZero():
		return "removed " + when(u.Removed)
	}
	return "not active yet"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

// optional is a string in JSON, null where it is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// printable shows a customer's text on a terminal: control characters and bidi overrides escaped.
func printable(s string) string {
	q := fmt.Sprintf("%+q", s)
	if q == `"`+s+`"` {
		return s
	}
	q = fmt.Sprintf("%q", s)
	return q[1 : len(q)-1]
}
