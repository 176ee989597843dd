package oktasync_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

// TestI7_AMissingPersonKeepsAccess is the whole way of a customer that changes its IdP: nothing is written before support accepts,
// then exactly what was on the list, and whoever the new IdP does not know stays as they are.
func TestI7_AMissingPersonKeepsAccess(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(7)
		p := x.process()
		x.disconnect(bridge.Choices{})
		x.rest(p, func() {})
		x.org.SetProfile(x.accounts[x.users[0]], map[string]any{"lastName": "Chief"})
		x.org.SetStatus(x.accounts[x.users[1]], string(policy.Suspended))
		began := x.logEnd()
		x.later(time.Hour)
		x.back(p)
		_, err := x.svc.TrustDomain(x.Context(), support, x.slug, "new.example", "a merger")
		x.must(err)
		_, err = x.svc.SetRenames(x.Context(), support, x.slug, []bridge.Rename{{Old: x.slug + ".example", New: "new.example", Domain: true}})
		x.must(err)
		for i := range 3 {
			x.same(i, true)
		}
		if id := x.post("other@new.example", "ext-u003", true); id != x.users[3] {
			w.Errorf("the same external id is somebody else")
		}
		if id := x.post("u004@new.example", "other-4", true); id != x.users[4] {
			w.Errorf("a login that a rename leads to is somebody else")
		}
		x.same(6, false)
		x.users = append(x.users, x.post("nina@"+x.slug+".example", "other-7", true))
		x.later(24 * time.Hour)
		x.work(p)
		if got := x.wrote(began); len(got) > 0 {
			w.Errorf("before support has accepted there was written: %v", got)
		}
		x.seesRoom()
		x.accept()
		x.settled(p)
		x.learn()
		want := []string{"create u007", "end_sessions u006", "suspend u006", "update u000", "update u001", "update u002", "update u003", "update u004", "update u006"}
		if diff := cmp.Diff(want, x.wrote(began)); diff != "" {
			w.Errorf("written (-want +got):\n%s", diff)
		}
		for i, id := range x.users {
			if got := x.in(id); got != (i != 1 && i != 6) {
				w.Errorf("person %d can sign in: %t", i, got)
			}
		}
		missing := x.subject(x.users[5])
		if u, _ := x.org.User(x.accounts[x.users[5]]); missing.User.Connected || u.Profile[oktasync.ConnectedAttr] != false {
			w.Errorf("who is missing is under SCIM again: %+v", missing.User)
		}
		lastName := func(id string) any { u, _ := x.org.User(x.accounts[id]); return u.Profile["lastName"] }
		if lastName(x.users[0]) != "Chief" || lastName(x.users[2]) != "Tester" {
			w.Errorf("what was changed by hand is %v, and what was not is %v", lastName(x.users[0]), lastName(x.users[2]))
		}
		x.must(x.change(x.users[0], map[string]any{"name": map[string]any{"givenName": "U000", "familyName": "Later"}}))
		x.settled(p)
		if lastName(x.users[0]) != "Later" {
			w.Errorf("what the IdP changed afterwards is not written: %v", lastName(x.users[0]))
		}
		x.changesLogins(p)
		oktatest.Audit(w, x.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace})
	})
}

func (t *tenant) seesRoom() {
	t.Helper()
	r := t.room()
	if diff := cmp.Diff(map[bridge.ReturnKind]int{bridge.SamePerson: 6, bridge.NewPerson: 1, bridge.Missing: 1}, r.Kinds); diff != "" {
		t.world.Errorf("kinds (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[policy.Act]int{policy.Create: 1, policy.Suspend: 1}, r.Acts); diff != "" {
		t.world.Errorf("acts (-want +got):\n%s", diff)
	}
	type seen struct {
		By       bridge.Match
		Changed  string
		From, To string
	}
	got := map[int]seen{}
	for _, row := range r.Rows {
		got[slices.Index(t.users, row.UserID)] = seen{row.By, strings.Join(row.Changed, " "), row.LoginFrom, row.LoginTo}
	}
	old := func(i int) string { return fmt.Sprintf("u%03d@%s.example", i, t.slug) }
	want := map[int]seen{
		0: {By: bridge.ByLogin, Changed: "lastName"}, 1: {By: bridge.ByLogin, Changed: "status"}, 2: {By: bridge.ByLogin},
		3: {By: bridge.ByExternalID, From: old(3), To: "other@new.example"}, 4: {By: bridge.ByRename, From: old(4), To: "u004@new.example"},
		5: {}, 6: {By: bridge.ByLogin}, 7: {By: bridge.AsNew},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.world.Errorf("people (-want +got):\n%s", diff)
	}
}

// changesLogins writes the new logins and then those of before again.
func (t *tenant) changesLogins(p *process) {
	t.Helper()
	was := map[string]string{}
	for _, id := range t.users {
		was[id] = t.login(id)
	}
	for _, i := range []int{3, 4} {
		was[t.users[i]] = fmt.Sprintf("u%03d@%s.example", i, t.slug)
	}
	now := maps.Clone(was)
	now[t.users[3]], now[t.users[4]] = "other@new.example", "u004@new.example"
	for _, step := range []struct {
		what string
		do   func() (int, error)
		want map[string]string
	}{
		{"before", func() (int, error) { return 2, nil }, was},
		{"applied", func() (int, error) { return t.svc.ApplyLogins(t.Context(), support, t.slug, t.slug) }, now},
		{"reverted", func() (int, error) { return t.svc.RevertLogins(t.Context(), support, t.slug, t.slug) }, was},
		{"applied again", func() (int, error) { return t.svc.ApplyLogins(t.Context(), support, t.slug, t.slug) }, now},
	} {
		if n, err := step.do(); err != nil || n != 2 {
			t.world.Errorf("%s: %d logins, %v", step.what, n, err)
		}
		t.settled(p)
		for i, id := range t.users {
			if got := t.login(id); got != step.want[id] {
				t.world.Errorf("%s: the login of person %d is %s, want %s", step.what, i, got, step.want[id])
			}
		}
		t.later(24 * time.Hour)
	}
	t.later(bridge.LoginsLife)
	_, err := t.svc.RevertLogins(t.Context(), support, t.slug, t.slug)
	if bridge.CodeOf(err) != bridge.Conflict {
		t.world.Errorf("taking logins back after 30 days: %v", err)
	}
}

// TestI3_AcceptedRemovalsWait: more people than go out without a question were sent as inactive in the waiting room. They are in a
// hold before anybody of them is back under SCIM, and keep access until it is answered.
func TestI3_AcceptedRemovalsWait(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(12)
		p := x.process()
		x.away(p)
		for i := range x.users {
			x.same(i, i >= 8)
		}
		x.later(8 * 24 * time.Hour) // no window of the limits reaches back so far
		stale := x.room()
		if !stale.Held || stale.Removals() != 8 {
			w.Errorf("the waiting room has %d removals, held: %t", stale.Removals(), stale.Held)
		}
		x.must(x.change(x.users[11], map[string]any{"active": false}))
		_, err := x.svc.AcceptReconnect(x.Context(), support, x.slug, x.slug, stale.Hash)
		if bridge.CodeOf(err) != bridge.NeedsPerson || x.state().Waiting.IsZero() {
			w.Errorf("accepting what is not so any more: %v", err)
		}
		x.must(x.setActive(x.users[11], true))
		began := len(x.begun)
		x.accept()
		x.must(p.CloseEmptyHolds(x.Context())) // nobody is back yet: the hold only looks empty
		for _, pass := range []time.Duration{0, time.Hour, 30 * 24 * time.Hour} {
			x.later(pass)
			x.work(p)
			x.must(p.CloseEmptyHolds(x.Context()))
			x.mustWait(x.users[:8])
		}
		if len(x.begun) != began {
			w.Errorf("%d revocations began without an answer", len(x.begun)-began)
		}
		oktatest.Audit(w, x.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace})
	})
}

// TestI13_WhoWasRemovedBeforeStaysOut: neither a removal of before nor a person's lock ends by the coming back, a single person
// whom support released stays so, and who was removed before comes back by a write of the IdP alone.
func TestI13_WhoWasRemovedBeforeStaysOut(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(6)
		p := x.process()
		gone, back, locked, single := x.users[0], x.users[1], x.users[2], x.users[3]
		for _, id := range []string{gone, back} {
			x.must(x.setActive(id, false))
			x.settled(p)
			x.later(24 * time.Hour)
		}
		_, err := x.svc.Contain(x.Context(), support, x.slug, locked, "stolen laptop")
		x.must(err)
		_, err = x.svc.Unmanage(x.Context(), support, x.slug, single, "works for us")
		x.must(err)
		x.settled(p)
		x.away(p)
		for i := 1; i < len(x.users); i++ {
			x.same(i, true)
		}
		x.accept()
		x.settled(p)
		for i, want := range []bool{false, true, false, true, true, true} {
			if got := x.in(x.users[i]); got != want {
				w.Errorf("person %d can sign in: %t (%s)", i, got, x.status(x.users[i]))
			}
		}
		if x.subject(single).User.Connected || !x.subject(locked).User.Connected {
			w.Error("whoever was released singly is back, or whoever is locked out is not")
		}
		x.must(x.setActive(gone, true))
		x.settled(p)
		if !x.in(gone) {
			w.Errorf("whom the IdP gives access again is %s", x.status(gone))
		}
	})
}

// TestReconnect_MissingComesBackByAWrite: who was missing when support accepted stays as they are until the IdP writes of them.
func TestReconnect_MissingComesBackByAWrite(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(5)
		p := x.process()
		x.away(p)
		for i := range 3 {
			x.same(i, true)
		}
		x.accept()
		x.settled(p)
		x.later(time.Minute)
		late, never := x.users[3], x.users[4]
		if page := x.find(""); page.Total != 5 {
			w.Errorf("%d people are listed", page.Total)
		}
		x.must(x.setActive(late, false))
		x.settled(p)
		if s := x.subject(late); !s.User.Connected || x.in(late) {
			w.Errorf("a removal by the IdP of somebody who was missing has no effect: %+v", s.User)
		}
		if s := x.subject(never); s.User.Connected || !x.in(never) {
			w.Errorf("a list took somebody's access or put them under SCIM: %+v", s.User)
		}
		// What the customer leaves behind the second time, it finds when it comes back once more.
		x.disconnect(bridge.Choices{})
		x.rest(p, func() {})
		x.later(time.Hour)
		x.back(p)
		x.same(4, true)
		if r := x.room(); r.Kinds[bridge.SamePerson] != 1 || r.Kinds[bridge.Missing] != 4 {
			w.Errorf("the second time there are %v", r.Kinds)
		}
		x.accept()
		x.settled(p)
		if !x.subject(never).User.Connected {
			w.Error("who came back the second time is not under SCIM")
		}
		oktatest.Audit(w, x.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace})
	})
}

// TestReconnect_WhatShowsThatTheIdPKnows: a write and a look-up of one person do; a list, or a filter that finds several, does not.
func TestReconnect_WhatShowsThatTheIdPKnows(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(9)
		p := x.process()
		x.away(p)
		name := func(i int) string { return fmt.Sprintf("u%03d@%s.example", i, x.slug) }
		x.find("")
		x.find(`userName sw "u"`)
		x.find(`active eq true`)
		x.find(`userName eq "` + name(0) + `" or userName eq "` + name(1) + `"`)
		x.find(`userName eq "nobody@` + x.slug + `.example"`)
		if r := x.room(); r.Kinds[bridge.Missing] != 9 {
			w.Errorf("after lists there are %v", r.Kinds)
		}
		x.find(`userName eq "` + name(0) + `"`)
		x.find(`externalId eq "ext-u001"`)
		x.find(`emails[type eq "work"].value eq "` + name(2) + `"`)
		x.find(`userName eq "` + name(3) + `" and active eq true`)
		_, err := x.backend.Get(x.Context(), x.rt, x.users[4], 0)
		x.must(err)
		x.must(x.change(x.users[5], nil)) // changes nothing
		x.must(x.change(x.users[6], map[string]any{"title": "Captain"}))
		x.must(x.backend.Delete(x.Context(), x.rt, x.users[7], nil))
		want := []bridge.Match{bridge.ByLogin, bridge.ByExternalID, bridge.ByLogin, bridge.ByLogin, bridge.ByFormerID, bridge.ByFormerID, bridge.ByFormerID, bridge.ByFormerID, ""}
		var got []bridge.Match
		for _, row := range x.room().Rows {
			got = append(got, row.By)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			w.Errorf("known by (-want +got):\n%s", diff)
		}
	})
}

// TestReconnect_CancelledAndRefused: what a waiting room does not allow, and that leaving it leaves nothing in Okta.
func TestReconnect_CancelledAndRefused(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(3)
		p := x.process()
		ctx := x.Context()
		refused := func(what string, err error) {
			w.Helper()
			if bridge.CodeOf(err) != bridge.Conflict {
				w.Errorf("%s: %v", what, err)
			}
		}
		_, err := x.svc.Reconnect(ctx, support, x.slug, x.slug)
		refused("a reconnect of a live customer", err)
		x.away(p)
		began, epoch := x.logEnd(), x.state().Epoch
		old := x.backend
		x.same(0, true)
		x.users = append(x.users, x.post("nina@"+x.slug+".example", "n", true))
		_, err = x.svc.Reconnect(ctx, support, x.slug, x.slug)
		refused("another reconnect", err)
		_, err = x.svc.Pause(ctx, support, x.slug, x.now().Add(time.Hour), bridge.KeepWrites)
		refused("a pause", err)
		_, err = x.svc.Resume(ctx, support, x.slug, x.slug)
		refused("a resume", err)
		_, err = x.svc.UndoDisconnect(ctx, support, x.slug, x.slug)
		refused("an undo", err)
		_, err = x.svc.PlanDisconnect(ctx, support, x.slug, bridge.Choices{})
		refused("a plan", err)
		_, err = x.svc.ApplyLogins(ctx, support, x.slug, x.slug)
		refused("a change of logins", err)
		if over, err := x.store.PausesOver(ctx, x.now().Add(10000*time.Hour)); err != nil || len(over) > 0 {
			w.Errorf("the waiting room ends by itself: %v, %v", over, err)
		}
		_, err = x.svc.CancelReconnect(ctx, support, x.slug, x.slug)
		x.must(err)
		x.rest(p, func() {})
		if c := x.state(); c.State != bridge.Disconnected || c.Epoch <= epoch || !c.Waiting.IsZero() {
			w.Errorf("after the end: %+v", c)
		}
		if _, err := old.Get(ctx, x.rt, x.users[0], 0); err == nil {
			w.Error("the token of the waiting room is good after its end")
		}
		_, err = x.svc.WaitingRoom(ctx, support, x.slug)
		refused("the list after the end", err)
		_, err = x.svc.UndoDisconnect(ctx, support, x.slug, x.slug)
		refused("an undo, which would bring along whom the IdP has sent", err)
		if d, err := x.svc.DeleteCustomer(ctx, support, x.slug, bridge.DeleteOrder{}); err != nil || !d.Until.IsZero() {
			w.Errorf("a deletion names an undo until %v, %v", d.Until, err)
		}
		if v, err := x.svc.Conversions(ctx, support, x.slug); err != nil || v.Plan.State != bridge.PlanDone {
			w.Errorf("the passwords of the disconnect that is in force again: %+v, %v", v.Plan, err)
		}
		if got := x.wrote(began); len(got) > 0 || x.subject(x.users[3]).User.Connected {
			w.Errorf("written: %v", got)
		}
		x.later(time.Hour)
		x.back(p)
		if r := x.room(); r.Kinds[bridge.Missing] != 3 || len(r.Rows) != 3 {
			w.Errorf("another waiting room begins with %v", r.Kinds)
		}
	})
}

// TestI19_TwoPostsNeverTakeOnePerson: of two people whom the IdP creates under one external id of before, one is the person of before.
func TestI19_TwoPostsNeverTakeOnePerson(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(2)
		p := x.process()
		x.away(p)
		first := x.post("anna@"+x.slug+".example", "ext-u000", true)
		second := x.post("bert@"+x.slug+".example", "ext-u000", true)
		if first != x.users[0] || second == first {
			w.Errorf("the person of before is %s, and the two are %s and %s", x.users[0], first, second)
		}
	})
}
