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

// user finds the account that Drawbridge made for a person, by its key: a login alone proves nothing.
func (st *story) user(idp *demoIdP, nick string) (oktatest.User, error) {
	who, err := idp.find(nick)
	if err != nil {
		return oktatest.User{}, err
	}
	for _, u := range st.org.Users() {
		if u.Profile[oktasync.KeyAttr] == who.id {
			return u, nil
		}
	}
	return oktatest.User{}, fmt.Errorf("%s has no account in Okta", nick)
}

func (st *story) account(idp *demoIdP, nick string, want wantedAccount) check {
	return func(context.Context) error {
		u, err := st.user(idp, nick)
		if err != nil {
			return err
		}
		got := u.Status + " " + flagsOf(u)
		if want := fmt.Sprintf("%s isSCIMConnected=%t isSCIMActive=%t", want.status, want.connected, want.active); got != want {
			return fmt.Errorf("the account of %s is %s, not %s", nick, got, want)
		}
		for name, value := range want.profile {
			if u.Profile[name] != value {
				return fmt.Errorf("%s of %s in Okta is %v, not %v", name, nick, u.Profile[name], value)
			}
		}
		return nil
	}
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

// released checks that Okta shows everybody as no longer managed by SCIM.
func (st *story) released(idp *demoIdP) []check {
	var all []check
	for _, nick := range idp.nicks() {
		all = append(all, func(context.Context) error {
			u, err := st.user(idp, nick)
			if err == nil && u.Profile[oktasync.ConnectedAttr] != false {
				err = fmt.Errorf("%s is still managed: %s", nick, flagsOf(u))
			}
			return err
		})
	}
	return all
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
	for _, nick := range idp.nicks() {
		if st.signsIn(idp, nick, true)(context.Background()) == nil {
			in = append(in, nick)
		}
	}
	return in
}

// statuses are the statuses of a customer's accounts by nick.
func (st *story) statuses(idp *demoIdP) (map[string]string, error) {
	all := map[string]string{}
	for _, nick := range idp.nicks() {
		u, err := st.user(idp, nick)
		if err != nil {
			return nil, err
		}
		all[nick] = u.Status
	}
	return all, nil
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

// sameStatuses reports whose account is in another status than before.
func sameStatuses(before, after map[string]string) error {
	for _, nick := range slices.Sorted(maps.Keys(before)) {
		if before[nick] != after[nick] {
			return fmt.Errorf("the account of %s was %s and is %s", nick, before[nick], after[nick])
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
