package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// planDisconnect is what support reads before it confirms: everybody keeps or gets access and the way to sign in, but for
// who had been let go before.
func (st *story) planDisconnect(ctx context.Context) (string, error) {
	if err := st.until(ctx, st.ssoKnown(st.acme)); err != nil {
		return "", err
	}
	customer, err := st.store.Customer(ctx, "acme")
	if err != nil {
		return "", err
	}
	if st.plan, err = st.svc.PlanDisconnect(ctx, operator(), "acme", bridge.Choices{}); err != nil {
		return "", err
	}
	st.row("support did", "drawbridge disconnect plan acme")
	if err := st.quote(func(w io.Writer) error { return printTotals(w, customer, st.plan) }); err != nil {
		return "", err
	}
	letsIn := 0
	err = st.svc.EachPlanRow(ctx, operator(), st.plan, func(r bridge.PlanRow) error {
		if r.Outcome.LetsIn() {
			letsIn++
		}
		return st.rightRow(r)
	})
	return fmt.Sprintf("%d will sign in by Acme's SSO as before; Lena stays out", letsIn), err
}

// rightRow reports a row that is not what the person should get.
func (st *story) rightRow(r bridge.PlanRow) error {
	outcome, way := r.Outcome, bridge.BySSO
	if r.UserID == st.acme.people[lena].id {
		outcome, way = policy.LeaveRemoved, bridge.NoAccess
	}
	if r.Outcome != outcome || r.SignIn != way || outcome != policy.LeaveRemoved && !r.Outcome.LetsIn() {
		return fmt.Errorf("the plan says of %s: %s, signs in: %s", r.UserName, r.Outcome, r.SignIn)
	}
	return nil
}

// disconnect is the promise of the product: whoever could sign in still can.
func (st *story) disconnect(ctx context.Context) (string, error) {
	before, log := st.canSignIn(st.acme), st.org.Log()
	st.row("support did", fmt.Sprintf("drawbridge disconnect confirm acme --plan %d --hash %s", st.plan.Number, st.plan.Hash[:12]))
	st.row("", "cut the connection in one commit: from it on the IdP is refused, and no removal starts")
	began := time.Now()
	by := bridge.Confirmation{Number: st.plan.Number, Hash: st.plan.Hash, Typed: "acme"}
	if _, err := st.svc.ConfirmDisconnect(ctx, operator(), "acme", by); err != nil {
		return "", err
	}
	cut := time.Since(began)
	if err := st.until(ctx, st.connection("acme", bridge.Disconnected), st.released(st.acme)); err != nil {
		return "", err
	}
	took := time.Since(began)
	if err := st.showReleased(ctx); err != nil {
		return "", err
	}
	after := st.canSignIn(st.acme)
	if err := stillIn(before, after); err != nil {
		return "", err
	}
	return fmt.Sprintf("cut after %.2f s, and Okta follows in %.1f s; nobody was revoked, all %d who could sign in still can, and %d got access back",
		cut.Seconds(), took.Seconds(), len(before), len(after)-len(before)), noneRevoked(st.org.Log()[len(log):])
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
	accounts, people := st.accounts(), map[string]int{}
	for _, who := range st.acme.people {
		u := accounts[who.id]
		people[fmt.Sprintf("%-9s  %s", u.Status, flagsOf(u))]++
	}
	lines := make([]string, 0, len(people))
	for line, n := range people {
		lines = append(lines, fmt.Sprintf("%s  %d of %d", line, n, len(st.acme.people)))
	}
	slices.Sort(lines)
	for _, line := range lines {
		st.row("Okta has", line)
	}
	return nil
}

// signIn asks Okta of everybody whether they get in: all but Lena do.
func (st *story) signIn(ctx context.Context) (string, error) {
	in := st.canSignIn(st.acme)
	for _, nick := range st.acme.nicks() {
		if slices.Contains(in, nick) != (nick != lena) {
			return "", fmt.Errorf("%s can sign in: %t", nick, nick == lena)
		}
	}
	u, err := st.user(st.acme, lena)
	if err != nil {
		return "", err
	}
	plain := st.plainSignIns()
	st.row("Okta has", fmt.Sprintf("%d of %d people of Acme let in by SSO; Lena refused: %s", len(in), len(st.acme.people), st.org.CanSignIn(u.ID).Why))
	st.row("plain bridge", fmt.Sprintf("%d of %d let in", plain, len(st.plain.people)))
	return fmt.Sprintf("%d work on; behind the plain bridge %d stand before a closed door", len(in), len(in)-plain), nil
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
