package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

// A check looks once, and says what is not as it should be (yet); nil when all is.
type check func(ctx context.Context) error

// until waits until every check holds, one after the other. The error is what the last look found.
func (st *story) until(ctx context.Context, checks ...check) error {
	limit := time.NewTimer(st.patience)
	defer limit.Stop()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for _, holds := range checks {
		for over := false; ; {
			err := holds(ctx)
			if err == nil {
				break
			}
			if over {
				return fmt.Errorf("it does not come to pass: %w", err)
			}
			select {
			case <-poll.C:
			case <-limit.C:
				return fmt.Errorf("after %s, %w", st.patience, err)
			case <-st.hopeless:
				over = true // one more look: the effect may have been there before
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// wantedAccount is what Okta should have of a person.
type wantedAccount struct {
	status            string
	connected, active bool
	profile           map[string]any // further attributes
}

func (w wantedAccount) with(attribute string, value any) wantedAccount {
	more := maps.Clone(w.profile)
	if more == nil {
		more = map[string]any{}
	}
	more[attribute] = value
	w.profile = more
	return w
}

// age is how long ago the request was sent, in seconds.
func (r sentRequest) age() float64 { return time.Since(r.began).Seconds() }

// follow shows the way of a person's latest change: what the IdP sent, what Drawbridge stored, and what Okta has once it
// is as it should be and the further checks hold. It returns how long that took, counted from before the request.
func (st *story) follow(ctx context.Context, idp *demoIdP, nick string, want wantedAccount, further ...check) (took string, err error) {
	sent := idp.last
	if err := st.until(ctx, append([]check{st.account(idp, nick, want)}, further...)...); err != nil {
		st.row("IdP sent", sent.line)
		return "", err
	}
	took = fmt.Sprintf("%.2f s from the request to Okta", sent.age())
	st.row("IdP sent", sent.line)
	if err := st.stored(ctx, idp, nick); err != nil {
		return "", err
	}
	u, err := st.user(idp, nick)
	if err != nil {
		return "", err
	}
	line := fmt.Sprintf("%s  %s", u.Status, flagsOf(u))
	if len(want.profile) == 0 {
		line += fmt.Sprintf("  login=%v", u.Profile["login"])
	}
	for _, name := range slices.Sorted(maps.Keys(want.profile)) {
		line += fmt.Sprintf("  %s=%v", name, u.Profile[name])
	}
	st.row("Okta has", line)
	return took, nil
}

// stored shows what Drawbridge keeps of a person.
func (st *story) stored(ctx context.Context, idp *demoIdP, nick string) error {
	who, err := idp.find(nick)
	if err != nil {
		return err
	}
	v, err := st.svc.User(ctx, operator(), idp.slug, who.id)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("isSCIMConnected=%t isSCIMActive=%t  userName=%s", connected(v), v.User.Active, printable(v.User.UserName()))
	if !v.User.Deleted.IsZero() {
		line += "  (deleted; kept for its history)"
	}
	st.row("Drawbridge stored", line)
	return nil
}

func flagsOf(u oktatest.User) string {
	return fmt.Sprintf("isSCIMConnected=%v isSCIMActive=%v", u.Profile[oktasync.ConnectedAttr], u.Profile[oktasync.ActiveAttr])
}

// accounts are the accounts that Drawbridge made, by SCIM id, which is their key: a login alone proves nothing.
func (st *story) accounts() map[string]oktatest.User {
	all := map[string]oktatest.User{}
	for _, u := range st.org.Users() {
		if key, ok := u.Profile[oktasync.KeyAttr].(string); ok {
			all[key] = u
		}
	}
	return all
}

// user finds the account of a person.
func (st *story) user(idp *demoIdP, nick string) (oktatest.User, error) {
	who, err := idp.find(nick)
	if err != nil {
		return oktatest.User{}, err
	}
	u, there := st.accounts()[who.id]
	if !there {
		return u, fmt.Errorf("%s has no account in Okta", nick)
	}
	return u, nil
}

func (st *story) account(idp *demoIdP, nick string, want wantedAccount) check {
	return func(context.Context) error {
		u, err := st.user(idp, nick)
		if err != nil {
			return err
		}
		return want.compare(nick, u)
	}
}

// everybody checks the accounts of all people of a customer.
func (st *story) everybody(idp *demoIdP, want wantedAccount) check {
	return func(context.Context) error {
		accounts := st.accounts()
		for nick, who := range idp.people {
			if err := want.compare(nick, accounts[who.id]); err != nil {
				return err
			}
		}
		return nil
	}
}

// compare reports how a person's account is not as it should be. One that is not there has no status.
func (w wantedAccount) compare(nick string, u oktatest.User) error {
	got := u.Status + " " + flagsOf(u)
	if want := fmt.Sprintf("%s isSCIMConnected=%t isSCIMActive=%t", w.status, w.connected, w.active); got != want {
		return fmt.Errorf("the account of %s is %s, not %s", nick, got, want)
	}
	for name, value := range w.profile {
		if u.Profile[name] != value {
			return fmt.Errorf("%s of %s in Okta is %v, not %v", name, nick, u.Profile[name], value)
		}
	}
	return nil
}

func (st *story) signsIn(idp *demoIdP, nick string, want bool) check {
	return func(context.Context) error {
		u, err := st.user(idp, nick)
		if err != nil {
			return err
		}
		if in := st.org.CanSignIn(u.ID); in.OK != want {
			return fmt.Errorf("%s can sign in: %t, not %t (%s)", nick, in.OK, want, in.Why)
		}
		return nil
	}
}

func (st *story) noSession(idp *demoIdP, nick string) check {
	return func(context.Context) error {
		u, err := st.user(idp, nick)
		if err == nil && u.Sessions+u.OAuthTokens > 0 {
			err = fmt.Errorf("%s still has a session", nick)
		}
		return err
	}
}

func (st *story) parked(slug, userName string) check {
	return func(ctx context.Context) error {
		v, err := st.svc.User(ctx, operator(), slug, userName)
		if err == nil && (v.Due == nil || v.Due.Parked != string(policy.LoginNotVerified)) {
			err = fmt.Errorf("the login is not stuck as %s", policy.LoginNotVerified)
		}
		return err
	}
}

func (st *story) held(slug string) check {
	return func(ctx context.Context) error {
		c, err := st.store.Customer(ctx, slug)
		if err != nil {
			return err
		}
		holds, err := st.store.Holds(ctx)
		if err == nil && !slices.ContainsFunc(holds, func(h bridge.Hold) bool { return h.CustomerID == c.ID }) {
			err = fmt.Errorf("the removals of %s are not held", c.Name)
		}
		return err
	}
}

func (st *story) connection(slug string, want bridge.State) check {
	return func(ctx context.Context) error {
		c, err := st.store.Customer(ctx, slug)
		if err == nil && c.State != want {
			err = fmt.Errorf("%s is %s, not %s", c.Name, c.State, want)
		}
		return err
	}
}

// allWaitOrAreOut checks that everybody of a customer whose people were all removed waits for an answer or has lost access.
func (st *story) allWaitOrAreOut(idp *demoIdP) check {
	return func(ctx context.Context) error {
		v, err := st.svc.Hold(ctx, operator(), idp.slug)
		if err != nil {
			return err
		}
		if wait, in := len(v.People), len(st.canSignIn(idp)); wait != in {
			return fmt.Errorf("%d people wait and %d can sign in", wait, in)
		}
		return nil
	}
}

// ssoKnown checks that the customer's identity provider in Okta was read within the last minute.
func (st *story) ssoKnown(idp *demoIdP) check {
	return func(ctx context.Context) error {
		all, err := st.store.CustomerIdPs(ctx)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.Slug == idp.slug && c.IdP != nil && now().Sub(c.IdP.Read) < time.Minute {
				return nil
			}
		}
		return fmt.Errorf("the identity provider of %s in Okta was not read", idp.name)
	}
}

// released checks that Okta shows everybody as no longer managed by SCIM.
func (st *story) released(idp *demoIdP) check {
	return func(context.Context) error {
		accounts := st.accounts()
		for nick, who := range idp.people {
			if u := accounts[who.id]; u.Profile[oktasync.ConnectedAttr] != false {
				return fmt.Errorf("%s is still managed: %s", nick, flagsOf(u))
			}
		}
		return nil
	}
}

// noViolation reads the whole request log of the org against the safety rules.
func (st *story) noViolation() check {
	return func(context.Context) error {
		found := oktatest.Violations(st.org.Log(), oktatest.AuditOptions{Grace: bridge.DefaultGrace})
		if len(found) > 0 {
			return fmt.Errorf("%d safety rules are broken, the first: %s", len(found), found[0])
		}
		return nil
	}
}

// canSignIn names the people of a customer who can sign in at this moment.
func (st *story) canSignIn(idp *demoIdP) []string {
	var in []string
	accounts := st.accounts()
	for _, nick := range idp.nicks() {
		if st.org.CanSignIn(accounts[idp.people[nick].id].ID).OK {
			in = append(in, nick)
		}
	}
	return in
}

// plainSignIns counts the people of Acme who can sign in behind the plain bridge. It gives them the ids of their accounts.
func (st *story) plainSignIns() (n int) {
	for _, who := range st.plain.people {
		if st.plainOrg.CanSignIn(who.id).OK {
			n++
		}
	}
	return n
}

// stillIn reports who could sign in before and cannot any more.
func stillIn(before, after []string) error {
	if len(before) == 0 {
		return errors.New("nobody could sign in to begin with")
	}
	for _, nick := range before {
		if !slices.Contains(after, nick) {
			return fmt.Errorf("%s could sign in before and cannot any more", nick)
		}
	}
	return nil
}

// noneRevoked reports a request that took access.
func noneRevoked(log []oktatest.Entry) error {
	for _, e := range log {
		if e.Op == "suspend" || e.Op == "deactivate" || e.Op == "delete" {
			return fmt.Errorf("%s %s was sent", e.Method, e.Path)
		}
	}
	return nil
}
