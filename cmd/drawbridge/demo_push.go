package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"drawbridge/bridge"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

func (st *story) prepare(ctx context.Context) (string, error) {
	written, err := st.okta.Setup(ctx)
	return "written: " + strings.Join(written, ", "), err
}

func (st *story) signUp(ctx context.Context) (seen string, err error) {
	if st.acme, err = st.join(ctx, "acme", "Acme", oktaMake{}); err != nil {
		return "", err
	}
	st.globex, err = st.join(ctx, "globex", "Globex", entraMake{})
	return "each has a verified domain, a token that its IdP has tried, and its own sign-in (SSO) in Okta", err
}

func (st *story) join(ctx context.Context, slug, name string, m idpMake) (*demoIdP, error) {
	domain := slug + ".example"
	if _, err := st.svc.AddCustomer(ctx, operator(), bridge.NewCustomer{
		Slug: slug, Name: name, Domains: []string{domain}, Trust: "the demo made it up",
	}); err != nil {
		return nil, err
	}
	sso := st.org.AddIdP(name, "ACTIVE", domain)
	rate := 1000 // requests a second: the demo is short
	if _, err := st.svc.SetCustomer(ctx, operator(), slug, bridge.CustomerRules{OktaIdP: &sso, Rate: &rate}); err != nil {
		return nil, err
	}
	_, secret, err := st.svc.CreateToken(ctx, operator(), slug, "idp", 0)
	if err != nil {
		return nil, err
	}
	idp := newDemoIdP(name, slug, domain, st.base+"/scim/v2/"+slug, secret, m)
	return idp, idp.probe(ctx)
}

func (st *story) createAcme(ctx context.Context) (string, error) {
	return st.createAll(ctx, st.acme, acmePeople())
}

func (st *story) createGlobex(ctx context.Context) (string, error) {
	return st.createAll(ctx, st.globex, globexPeople())
}

// createAll shows the first person's way, and checks everybody's.
func (st *story) createAll(ctx context.Context, idp *demoIdP, people names) (string, error) {
	var took string
	for i, n := range people {
		if err := idp.create(ctx, idp.newPerson(n[0], n[1])); err != nil {
			return "", err
		}
		if i > 0 {
			continue
		}
		var err error
		if took, err = st.follow(ctx, idp, n[0], isActive()); err != nil {
			return "", err
		}
	}
	for _, n := range people {
		if err := st.until(ctx, st.account(idp, n[0], isActive()), st.signsIn(idp, n[0], true)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s; the other %d follow, and everybody can sign in", took, len(people)-1), nil
}

func (st *story) renameAnna(ctx context.Context) (string, error) {
	return st.rename(ctx, st.acme, "Anna", "Berg")
}

func (st *story) renameKlara(ctx context.Context) (string, error) {
	return st.rename(ctx, st.globex, "Klara", "Krause")
}

// rename changes userName, e-mail and name; the account stays the same one.
func (st *story) rename(ctx context.Context, idp *demoIdP, nick, last string) (string, error) {
	before, err := st.user(idp, nick)
	if err != nil {
		return "", err
	}
	login := strings.ToLower(nick+"."+last) + "@" + idp.domain
	err = idp.change(ctx, nick, func(p *person) { p.last, p.userName = last, login })
	if err != nil {
		return "", err
	}
	want := isActive().with("login", login).with("email", login).with("lastName", last)
	took, err := st.follow(ctx, idp, nick, want)
	if err != nil {
		return "", err
	}
	after, err := st.user(idp, nick)
	if err == nil && after.ID != before.ID {
		err = errors.New("it is another account than before")
	}
	return took + "; the same account under its next login", err
}

func (st *story) promoteClara(ctx context.Context) (string, error) {
	const title = "Head of Bridges"
	if err := st.acme.change(ctx, "Clara", func(p *person) { p.title = title }); err != nil {
		return "", err
	}
	return st.follow(ctx, st.acme, "Clara", isActive().with("title", title))
}

func (st *story) moveInes(ctx context.Context) (string, error) {
	const department = "Moats"
	if err := st.globex.change(ctx, "Ines", func(p *person) { p.department = department }); err != nil {
		return "", err
	}
	return st.follow(ctx, st.globex, "Ines", isActive().with("department", department))
}

func (st *story) removeBen(ctx context.Context) (string, error) {
	return st.remove(ctx, st.acme, "Ben")
}

func (st *story) removeJonas(ctx context.Context) (string, error) {
	return st.remove(ctx, st.globex, "Jonas")
}

// remove takes somebody's access who has a session open.
func (st *story) remove(ctx context.Context, idp *demoIdP, nick string) (string, error) {
	u, err := st.user(idp, nick)
	if err != nil {
		return "", err
	}
	st.org.StartSession(u.ID)
	if err := idp.setActive(ctx, nick, false); err != nil {
		return "", err
	}
	took, err := st.follow(ctx, idp, nick, isSuspended(), st.signsIn(idp, nick, false), st.noSession(idp, nick))
	return took + "; suspended, not deactivated: no sign-in, and the open session has ended", err
}

func (st *story) takeBenBack(ctx context.Context) (string, error) {
	return st.takeBack(ctx, st.acme, "Ben")
}

func (st *story) takeJonasBack(ctx context.Context) (string, error) {
	return st.takeBack(ctx, st.globex, "Jonas")
}

func (st *story) takeBack(ctx context.Context, idp *demoIdP, nick string) (string, error) {
	before, err := st.user(idp, nick)
	if err != nil {
		return "", err
	}
	if err := idp.setActive(ctx, nick, true); err != nil {
		return "", err
	}
	took, err := st.follow(ctx, idp, nick, isActive(), st.signsIn(idp, nick, true))
	if err != nil {
		return "", err
	}
	after, err := st.user(idp, nick)
	if err == nil && after.ID != before.ID {
		err = errors.New("it is another account than before")
	}
	return took + "; the same account, able to sign in again", err
}

// deleteLinus is Entra's way: it deactivates, and deletes 30 days later or when an administrator does.
func (st *story) deleteLinus(ctx context.Context) (string, error) {
	if err := st.globex.setActive(ctx, "Linus", false); err != nil {
		return "", err
	}
	if _, err := st.follow(ctx, st.globex, "Linus", isSuspended()); err != nil {
		return "", err
	}
	if err := st.globex.erase(ctx, "Linus"); err != nil {
		return "", err
	}
	_, err := st.follow(ctx, st.globex, "Linus", isSuspended(), st.signsIn(st.globex, "Linus", false))
	return "he is gone for the IdP (404 from here on); his account is kept suspended, and deactivated after 30 days", err
}

func (st *story) intrude(ctx context.Context) (string, error) {
	before, err := st.user(st.acme, "Anna")
	if err != nil {
		return "", err
	}
	mallory := st.globex.newPerson("Mallory", "Moss")
	mallory.userName = "mallory@" + st.acme.domain
	if err := st.globex.refused(ctx, mallory); err != nil {
		return "", err
	}
	st.row("IdP sent", st.globex.last.line)
	st.row("answer", "400: the domain "+st.acme.domain+" belongs to another customer")
	mallory.userName = "mallory@freemail.example"
	if err := st.globex.create(ctx, mallory); err != nil {
		return "", err
	}
	st.row("IdP sent", st.globex.last.line)
	if err := st.until(ctx, st.parked("globex", mallory.userName)); err != nil {
		return "", err
	}
	if err := st.stored(ctx, st.globex, "Mallory"); err != nil {
		return "", err
	}
	if _, there := st.org.UserByLogin(mallory.userName); there {
		return "", errors.New("the login was written to Okta")
	}
	st.row("Okta has", "no such account")
	after, err := st.user(st.acme, "Anna")
	if err == nil && !after.LastUpdated.Equal(before.LastUpdated) {
		err = errors.New("an account of Acme was written")
	}
	return "a login in Acme's domain is refused; one in a domain that is nobody's is stored, kept out of Okta, and shown as stuck: " + string(policy.LoginNotVerified), err
}

// isActive and isSuspended are what Okta should have of a person whose IdP says active, and of one it removed.
func isActive() wantedAccount {
	return wantedAccount{status: oktatest.StatusActive, connected: true, active: true}
}

func isSuspended() wantedAccount {
	return wantedAccount{status: oktatest.StatusSuspended, connected: true}
}
