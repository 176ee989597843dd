package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

// growAcme makes Acme big enough for its leaving to be an event.
func (st *story) growAcme(ctx context.Context) (string, error) {
	began := time.Now()
	for _, n := range st.crowd {
		who := st.acme.newPerson(n[0], n[1])
		who.nick = who.display()
		if err := st.acme.create(ctx, who); err != nil {
			return "", err
		}
	}
	if err := st.until(ctx, st.everybody(st.acme, isActive())); err != nil {
		return "", err
	}
	took := time.Since(began)
	st.row("IdP sent", st.acme.last.line)
	st.row("", fmt.Sprintf("... as the last of %d", len(st.crowd)))
	st.plainOrg.AddIdP("Acme", "ACTIVE", st.acme.domain)
	for _, nick := range st.acme.nicks() {
		if err := st.plain.create(ctx, *st.acme.people[nick]); err != nil {
			return "", err
		}
	}
	in, plain := len(st.canSignIn(st.acme)), st.plainSignIns()
	st.row("Okta has", fmt.Sprintf("%d people of Acme who can sign in; behind the plain bridge there are %d", in, plain))
	if everybody := len(st.acme.people); in != everybody || plain != everybody {
		return "", fmt.Errorf("of %d people %d can sign in, and %d behind the plain bridge", everybody, in, plain)
	}
	return fmt.Sprintf("%.1f s for all %d from the first request to Okta", took.Seconds(), len(st.crowd)), nil
}

// letLenaGo is an everyday removal, which a later disconnect must not mistake for a part of it.
func (st *story) letLenaGo(ctx context.Context) (string, error) {
	if err := st.plain.setActive(ctx, lena, false); err != nil {
		return "", err
	}
	seen, err := st.remove(ctx, st.acme, lena)
	if err != nil {
		return "", err
	}
	return seen, st.until(ctx, st.noViolation()) // the read that follows it belongs to the same day
}

// lena is the nick of who is let go before.
const lena = "Lena Lindt"

// removeAll is what many IdPs do when their customer leaves: they deprovision everybody whom they ever pushed. What comes
// before the limit is noticed goes out; all the rest is held.
func (st *story) removeAll(ctx context.Context) (string, error) {
	then := st.clock.now()
	st.clock.catchUp()
	people, before := st.acme.nicks(), st.canSignIn(st.acme)
	st.row("clock", fmt.Sprintf("moved on by %.0f hours", st.clock.now().Sub(then).Hours()))
	began := time.Now()
	for i, nick := range people {
		if err := st.acme.setActive(ctx, nick, false); err != nil {
			return "", err
		}
		if i > 0 {
			continue
		}
		if err := st.until(ctx, st.account(st.acme, nick, isSuspended())); err != nil {
			return "", err
		}
		st.row("IdP sent", st.acme.last.line)
		st.row("Okta has", fmt.Sprintf("%s %s, %.2f s after the request", nick, oktatest.StatusSuspended, st.acme.last.age()))
	}
	st.row("IdP sent", fmt.Sprintf("... and the same for the other %d, in %.1f s", len(people)-1, time.Since(began).Seconds()))
	if err := st.until(ctx, st.held("acme"), st.allWaitOrAreOut(st.acme)); err != nil {
		return "", err
	}
	for _, nick := range people {
		if err := st.plain.setActive(ctx, nick, false); err != nil {
			return "", err
		}
	}
	keep, plain := st.canSignIn(st.acme), st.plainSignIns()
	st.row("plain bridge", fmt.Sprintf("the same requests: %d suspended, %d able to sign in", len(people)-plain, plain))
	lost, limit := len(before)-len(keep), policy.Limit(policy.Hour, len(before))
	st.row("Drawbridge", fmt.Sprintf("isSCIMActive=false for all %d, as their IdP reads back; in Okta %d suspended, %d able to sign in",
		len(people), len(people)-len(keep), len(keep)))
	if lost > limit || plain > 0 {
		return "", fmt.Errorf("%d people lost access, and the limit is %d; behind the plain bridge %d kept it", lost, limit, plain)
	}
	return fmt.Sprintf("access lost by %d (at most %d of so many may lose it within an hour); the other %d keep it until a person answers", lost, limit, len(keep)), nil
}

// answerHold is the first thing that support does: it reads who waits, and says what it means. That alone changes nothing.
func (st *story) answerHold(ctx context.Context) (string, error) {
	before := st.canSignIn(st.acme)
	v, err := st.svc.Hold(ctx, operator(), "acme")
	if err != nil {
		return "", err
	}
	st.row("support did", "drawbridge hold show acme")
	if err := st.quote(func(w io.Writer) error { return printCard(w, v) }); err != nil {
		return "", err
	}
	if v.Label != bridge.Everyone {
		return "", fmt.Errorf("the hold looks like %q, not like a customer that leaves", v.Label)
	}
	st.row("support did", "drawbridge hold answer acme leaving")
	out, err := st.svc.AnswerHold(ctx, operator(), "acme", bridge.Leaving, v.Set)
	if err != nil {
		return "", err
	}
	if err := stillIn(before, st.canSignIn(st.acme)); err != nil {
		return "", err
	}
	return fmt.Sprintf("nothing changes yet: the %d people go on waiting, with access", out.People), nil
}
