package main

import (
	"context"
	"errors"
	"fmt"
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
	limit, cancel := context.WithTimeout(ctx, st.patience)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for _, holds := range checks {
		for {
			err := holds(ctx)
			if err == nil {
				break
			}
			select {
			case <-poll.C:
			case <-limit.Done():
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return fmt.Errorf("after %s, %w", st.patience, err)
			}
		}
	}
	return nil
}

// user finds the account that Drawbridge made for a person, by its key: a login alone proves nothing.
func (st *story) user(idp *demoIdP, first string) (oktatest.User, error) {
	for _, u := range st.org.Users() {
		if id := idp.ids[first]; id != "" && u.Profile[oktasync.KeyAttr] == id {
			return u, nil
		}
	}
	return oktatest.User{}, fmt.Errorf("%s has no account in Okta", first)
}

func (st *story) account(idp *demoIdP, first string, status policy.Status, connected, active bool) check {
	return func(context.Context) error {
		u, err := st.user(idp, first)
		if err != nil {
			return err
		}
		got := fmt.Sprint(u.Status, " ", u.Profile[oktasync.ConnectedAttr], " ", u.Profile[oktasync.ActiveAttr])
		if want := fmt.Sprint(status, " ", connected, " ", active); got != want {
			return fmt.Errorf("status, isSCIMConnected and isSCIMActive of %s are %s, not %s", first, got, want)
		}
		return nil
	}
}

func (st *story) profile(idp *demoIdP, first, attribute string, want any) check {
	return func(context.Context) error {
		u, err := st.user(idp, first)
		if err == nil && u.Profile[attribute] != want {
			err = fmt.Errorf("the %s of %s in Okta is %v, not %v", attribute, first, u.Profile[attribute], want)
		}
		return err
	}
}

func (st *story) signsIn(idp *demoIdP, first string, want bool) check {
	return func(context.Context) error {
		u, err := st.user(idp, first)
		if err != nil {
			return err
		}
		if in := st.org.CanSignIn(u.ID); in.OK != want {
			return fmt.Errorf("%s can sign in: %t, not %t (%s)", first, in.OK, want, in.Why)
		}
		return nil
	}
}

func (st *story) noSession(idp *demoIdP, first string) check {
	return func(context.Context) error {
		u, err := st.user(idp, first)
		if err == nil && u.Sessions+u.OAuthTokens > 0 {
			err = fmt.Errorf("%s still has a session", first)
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
func (st *story) released(idp *demoIdP, people []string) []check {
	var all []check
	for _, first := range people {
		all = append(all, st.profile(idp, first, oktasync.ConnectedAttr, false))
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
	for first := range idp.ids {
		if st.signsIn(idp, first, true)(context.Background()) == nil {
			in = append(in, first)
		}
	}
	slices.Sort(in)
	return in
}

// stillIn reports who could sign in before and cannot any more.
func stillIn(before, after []string) error {
	if len(before) == 0 {
		return errors.New("nobody could sign in to begin with")
	}
	for _, first := range before {
		if !slices.Contains(after, first) {
			return fmt.Errorf("%s could sign in before and cannot any more", first)
		}
	}
	return nil
}
