package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"drawbridge/bridge"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

// removeAll is what many IdPs do when their customer leaves: they deprovision everybody who was assigned. What is within
// the limit goes out, a person at a time; the next removal is held, and so are all after it.
func (st *story) removeAll(ctx context.Context) (string, error) {
	people := st.acme.nicks()
	limit := policy.Limit(policy.Hour, len(people))
	for i, nick := range people {
		if err := st.acme.setActive(ctx, nick, false); err != nil {
			return "", err
		}
		if i == 0 {
			st.row("IdP sent", st.acme.last.line)
			st.row("", fmt.Sprintf("... and the same for the other %d", len(people)-1))
		}
		if i >= limit {
			continue
		}
		if err := st.until(ctx, st.account(st.acme, nick, isSuspended())); err != nil {
			return "", err
		}
		st.row("Okta has", fmt.Sprintf("%s %s, %.2f s after the request", nick, oktatest.StatusSuspended, st.acme.last.age()))
	}
	if err := st.until(ctx, st.held("acme")); err != nil {
		return "", err
	}
	st.row("Drawbridge stored", fmt.Sprintf("isSCIMActive=false for all %d, as their IdP reads back; the removals of %d are held", len(people), len(people)-limit))
	keep := st.canSignIn(st.acme)
	st.row("Okta has", fmt.Sprintf("%d ACTIVE, able to sign in: %s", len(keep), strings.Join(keep, ", ")))
	if len(keep) != len(people)-limit {
		return "", fmt.Errorf("%d of %d people lost access, and the limit is %d", len(people)-len(keep), len(people), limit)
	}
	return fmt.Sprintf("%d lose access, %.0f s apart (the limit for %d people is %d an hour); the other %d keep it until a person answers",
		limit, policy.Pace.Seconds(), len(people), limit, len(keep)), nil
}

// disconnect is the promise of the product: whoever could sign in still can, and no account changes but for the flag.
func (st *story) disconnect(ctx context.Context) (string, error) {
	before, log := st.canSignIn(st.acme), st.org.Log()
	statuses, err := st.statuses(st.acme)
	if err != nil {
		return "", err
	}
	st.row("support did", "cut the connection in one commit: from it on the IdP is refused, and no removal starts")
	began := now()
	if _, err := st.svc.Disconnect(ctx, operator(), "acme"); err != nil {
		return "", err
	}
	if err := st.until(ctx, st.connection("acme", bridge.Disconnected)); err != nil {
		return "", err
	}
	if err := st.until(ctx, st.released(st.acme)...); err != nil {
		return "", err
	}
	took := now().Sub(began)
	if err := st.showReleased(ctx); err != nil {
		return "", err
	}
	if err := stillIn(before, st.canSignIn(st.acme)); err != nil {
		return "", err
	}
	if err := noneRevoked(st.org.Log()[len(log):]); err != nil {
		return "", err
	}
	after, err := st.statuses(st.acme)
	if err == nil {
		err = sameStatuses(statuses, after)
	}
	return fmt.Sprintf("%.2f s for all %d accounts; nobody was revoked, and all %d who could sign in still can", took.Seconds(), len(after), len(before)), err
}

// showReleased prints what store and Okta hold of the customer that left, a line for each status.
func (st *story) showReleased(ctx context.Context) error {
	users, err := st.svc.Users(ctx, operator(), "acme", "", 1000)
	if err != nil {
		return err
	}
	managed := 0
	for _, u := range users {
		if u.Connected {
			managed++
		}
	}
	st.row("Drawbridge stored", fmt.Sprintf("connection=%s; %d of %d people are still managed by the IdP", bridge.Disconnected, managed, len(users)))
	byLine := map[string][]string{}
	for _, nick := range st.acme.nicks() {
		u, err := st.user(st.acme, nick)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%-9s  %s", u.Status, flagsOf(u))
		byLine[line] = append(byLine[line], nick)
	}
	lines := make([]string, 0, len(byLine))
	for line, nicks := range byLine {
		lines = append(lines, line+"  "+strings.Join(nicks, ", "))
	}
	slices.Sort(lines)
	for _, line := range lines {
		st.row("Okta has", line)
	}
	return nil
}

func (st *story) keepCalling(ctx context.Context) (string, error) {
	anna := "/Users/" + st.acme.people["Anna"].id
	refused := []int{http.StatusUnauthorized, http.StatusForbidden}
	for _, r := range []request{
		{method: http.MethodGet, path: "/Users?count=10", want: refused},
		{method: http.MethodGet, path: anna, want: refused},
		{method: http.MethodPatch, path: anna, want: refused, show: []string{"Operations"}, body: object{
			"schemas": []string{patchSchema}, "Operations": st.acme.make.activity(false)}},
		{method: http.MethodDelete, path: anna, want: refused},
	} {
		if _, err := st.acme.send(ctx, r); err != nil {
			return "", err
		}
		st.row("IdP sent", r.line("/scim/v2/acme"+strings.SplitN(r.path, "?", 2)[0])+"  -> refused")
	}
	return "reads and writes are refused; the IdP never sees an empty list that it could act on", nil
}

func (st *story) goOn(ctx context.Context) (string, error) {
	if err := st.globex.setActive(ctx, "Jonas", false); err != nil {
		return "", err
	}
	if _, err := st.follow(ctx, st.globex, "Jonas", isSuspended(), st.signsIn(st.globex, "Jonas", false)); err != nil {
		return "", err
	}
	if err := st.globex.setActive(ctx, "Jonas", true); err != nil {
		return "", err
	}
	if _, err := st.follow(ctx, st.globex, "Jonas", isActive()); err != nil {
		return "", err
	}
	for _, nick := range []string{"Ines", "Jonas", "Klara"} {
		if err := st.until(ctx, st.signsIn(st.globex, nick, true)); err != nil {
			return "", err
		}
	}
	return "its IdP removes Jonas and takes him back; nobody else is touched", nil
}

func (st *story) audit(ctx context.Context) (string, error) {
	err := st.until(ctx, st.noViolation()) // the read that follows a revocation may still be on its way
	return fmt.Sprintf("no safety rule is broken in %d requests", len(st.org.Log())), err
}
