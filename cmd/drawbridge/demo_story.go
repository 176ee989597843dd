package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/oktasync/okta"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

// story is what the demo shows: two customers, of whom one leaves.
type story struct {
	out      io.Writer
	org      *oktatest.Org
	okta     *okta.Client
	store    *store.Store
	svc      *bridge.Service
	base     string        // URL of the service
	patience time.Duration // how long an effect may take

	acme, globex *demoIdP
}

func newStory(out io.Writer, org *oktatest.Org, client *okta.Client, s *store.Store, base string, patience time.Duration) *story {
	return &story{out: out, org: org, okta: client, store: s, svc: bridge.NewService(s, now, newID), base: base, patience: patience}
}

// step is one thing that happens; play makes it happen, checks what follows, and returns what was seen.
type step struct {
	title string
	play  func(ctx context.Context) (seen string, err error)
}

func (st *story) steps() []step {
	return []step{
		{"Okta is prepared: the four profile attributes", st.prepare},
		{"Two customers sign up: Acme and Globex", st.signUp},
		{"Both identity providers push their people", st.push},
		{"Acme's IdP changes Anna's title", st.change},
		{"Acme's IdP removes Ben", st.remove},
		{"Acme's IdP takes Ben back", st.takeBack},
		{"Globex's IdP claims a login in Acme's domain", st.intrude},
		{"Acme's IdP removes everybody at once", st.removeAll},
		{"Support disconnects Acme", st.disconnect},
		{"Acme's IdP keeps calling", st.keepCalling},
		{"Globex goes on as before", st.goOn},
		{"An auditor reads the org's request log", st.audit},
	}
}

// tell plays the steps in order. Each builds on those before it, so the first that goes wrong is the last that is played.
func (st *story) tell(ctx context.Context) error {
	steps := st.steps()
	for i, s := range steps {
		seen, err := s.play(ctx)
		if err == nil {
			fmt.Fprintf(st.out, "%2d  ok      %s\n            %s\n", i+1, s.title, seen)
			continue
		}
		if errors.Is(err, context.Canceled) {
			return err
		}
		fmt.Fprintf(st.out, "%2d  FAILED  %s\n            %v\n", i+1, s.title, err)
		for j, rest := range steps[i+1:] {
			fmt.Fprintf(st.out, "%2d  not run %s\n", i+j+2, rest.title)
		}
		return fmt.Errorf("step %d of %d of the story went wrong (%s): %w", i+1, len(steps), s.title, err)
	}
	return nil
}

func (st *story) prepare(ctx context.Context) (string, error) {
	written, err := st.okta.Setup(ctx)
	return fmt.Sprintf("%d attributes written", len(written)), err
}

func (st *story) signUp(ctx context.Context) (seen string, err error) {
	if st.acme, err = st.join(ctx, "acme", "Acme", entraDialect); err != nil {
		return "", err
	}
	st.globex, err = st.join(ctx, "globex", "Globex", oktaDialect)
	return "each has a verified domain, a token, and an SSO identity provider in Okta", err
}

func (st *story) join(ctx context.Context, slug, name string, d dialect) (*demoIdP, error) {
	domain := slug + ".example"
	if _, err := st.svc.AddCustomer(ctx, operator(), bridge.NewCustomer{
		Slug: slug, Name: name, Domains: []string{domain}, Trust: "the demo made it up",
	}); err != nil {
		return nil, err
	}
	sso := st.org.AddIdP(name, "ACTIVE", domain)
	if _, err := st.svc.SetCustomer(ctx, operator(), slug, bridge.CustomerRules{OktaIdP: &sso}); err != nil {
		return nil, err
	}
	_, secret, err := st.svc.CreateToken(ctx, operator(), slug, "idp", 0)
	return newDemoIdP(name, domain, st.base+"/scim/v2/"+slug, secret, d), err
}

func acmePeople() []string {
	return []string{"Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo"}
}

func globexPeople() []string { return []string{"Ines", "Jonas", "Klara", "Linus"} }

func (st *story) push(ctx context.Context) (string, error) {
	for idp, people := range map[*demoIdP][]string{st.acme: acmePeople(), st.globex: globexPeople()} {
		for _, first := range people {
			if err := idp.hire(ctx, first); err != nil {
				return "", err
			}
		}
		for _, first := range people {
			if err := st.until(ctx, st.account(idp, first, policy.Active, true, true), st.signsIn(idp, first, true)); err != nil {
				return "", err
			}
		}
	}
	return fmt.Sprintf("%d accounts in Okta, and everybody can sign in by SSO", len(acmePeople())+len(globexPeople())), nil
}

func (st *story) change(ctx context.Context) (string, error) {
	const title = "Head of Bridges"
	if err := st.acme.patch(ctx, "Anna", []map[string]any{{"op": "Replace", "path": "title", "value": title}}); err != nil {
		return "", err
	}
	return "her account in Okta shows it", st.until(ctx, st.profile(st.acme, "Anna", "title", title))
}

func (st *story) remove(ctx context.Context) (string, error) {
	u, err := st.user(st.acme, "Ben")
	if err != nil {
		return "", err
	}
	st.org.StartSession(u.ID)
	if err := st.acme.setActive(ctx, "Ben", false); err != nil {
		return "", err
	}
	return "suspended, not deactivated; his session has ended and he cannot sign in", st.until(ctx,
		st.account(st.acme, "Ben", policy.Suspended, true, false), st.signsIn(st.acme, "Ben", false), st.noSession(st.acme, "Ben"))
}

func (st *story) takeBack(ctx context.Context) (string, error) {
	if err := st.acme.setActive(ctx, "Ben", true); err != nil {
		return "", err
	}
	return "the same account, and he can sign in", st.until(ctx,
		st.account(st.acme, "Ben", policy.Active, true, true), st.signsIn(st.acme, "Ben", true))
}

func (st *story) intrude(ctx context.Context) (string, error) {
	before, err := st.user(st.acme, "Anna")
	if err != nil {
		return "", err
	}
	if err := st.globex.hireAs(ctx, "Mallory", "mallory@"+st.acme.domain); err != nil {
		return "", err
	}
	if err := st.until(ctx, st.parked("globex", "mallory@"+st.acme.domain)); err != nil {
		return "", err
	}
	if _, ok := st.org.UserByLogin("mallory@" + st.acme.domain); ok {
		return "", errors.New("the login was written to Okta")
	}
	after, err := st.user(st.acme, "Anna")
	if err == nil && !after.LastUpdated.Equal(before.LastUpdated) {
		err = errors.New("an account of Acme was written")
	}
	return "answered and stored, but kept out of Okta and shown as stuck", err
}

// removeAll is what many IdPs do when their customer leaves: they deprovision everybody who was assigned.
func (st *story) removeAll(ctx context.Context) (string, error) {
	for _, first := range acmePeople() {
		if err := st.acme.setActive(ctx, first, false); err != nil {
			return "", err
		}
	}
	if err := st.until(ctx, st.held("acme")); err != nil {
		return "", err
	}
	people := len(acmePeople())
	keep, limit := len(st.canSignIn(st.acme)), policy.Limit(policy.Hour, people)
	if keep < people-limit {
		return "", fmt.Errorf("%d of %d people lost access, and the limit is %d", people-keep, people, limit)
	}
	return fmt.Sprintf("the IdP reads back what it wrote; %d of %d lost access before it was held, the others keep it until a person answers", people-keep, people), nil
}

// disconnect is the promise of the product: whoever could sign in still can.
func (st *story) disconnect(ctx context.Context) (string, error) {
	before := st.canSignIn(st.acme)
	if _, err := st.svc.Disconnect(ctx, operator(), "acme"); err != nil {
		return "", err
	}
	if err := st.until(ctx, st.connection("acme", bridge.Disconnected)); err != nil {
		return "", err
	}
	if err := st.until(ctx, st.released(st.acme, acmePeople())...); err != nil {
		return "", err
	}
	after := st.canSignIn(st.acme)
	if err := stillIn(before, after); err != nil {
		return "", err
	}
	for _, first := range acmePeople() {
		u, err := st.user(st.acme, first)
		if err != nil {
			return "", err
		}
		if u.Status == oktatest.StatusDeprovisioned {
			return "", fmt.Errorf("the account of %s is deactivated", first)
		}
	}
	return fmt.Sprintf("all %d who could sign in still can; no account is deactivated", len(before)), nil
}

func (st *story) keepCalling(ctx context.Context) (string, error) {
	for _, request := range []struct {
		method, path string
		body         any
	}{
		{http.MethodGet, "/Users?count=10", nil},
		{http.MethodGet, "/Users/" + st.acme.ids["Anna"], nil},
		{http.MethodDelete, "/Users/" + st.acme.ids["Anna"], nil},
		{http.MethodPatch, "/Users/" + st.acme.ids["Anna"], map[string]any{"Operations": st.acme.dialect(false)}},
	} {
		if _, err := st.acme.send(ctx, request.method, request.path, request.body, http.StatusUnauthorized, http.StatusForbidden); err != nil {
			return "", err
		}
	}
	return "reads and writes are refused; it never sees an empty list that it could act on", nil
}

func (st *story) goOn(ctx context.Context) (string, error) {
	if err := st.globex.setActive(ctx, "Jonas", false); err != nil {
		return "", err
	}
	if err := st.until(ctx, st.account(st.globex, "Jonas", policy.Suspended, true, false), st.signsIn(st.globex, "Jonas", false)); err != nil {
		return "", err
	}
	for _, first := range []string{"Ines", "Klara", "Linus"} {
		if err := st.until(ctx, st.signsIn(st.globex, first, true)); err != nil {
			return "", err
		}
	}
	return "its IdP removes Jonas, who loses access; nobody else does", nil
}

func (st *story) audit(ctx context.Context) (string, error) {
	err := st.until(ctx, st.noViolation()) // the read that follows a revocation may still be on its way
	return fmt.Sprintf("no safety rule is broken in %d requests", len(st.org.Log())), err
}
