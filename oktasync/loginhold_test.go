package oktasync_test

import (
	"fmt"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync/oktatest"
)

// mapped has the identity provider send some people with another login, as a changed mapping does, and a title.
func (t *tenant) mapped(from, to int, form, title string) {
	t.Helper()
	for i, id := range t.users[from:to] {
		login := fmt.Sprintf(form, from+i) + "@" + t.slug + ".example"
		t.must(t.change(id, map[string]any{
			"userName": login, "emails": []any{map[string]any{"value": login, "type": "work", "primary": true}}, "title": title,
		}))
	}
}

// mustSignInAs checks the logins of the first people and of all others, and how many wait for an answer.
func (t *tenant) mustSignInAs(when string, first int, formFirst, formOthers string, waiting int) {
	t.Helper()
	for i, id := range t.users {
		form := formOthers
		if i < first {
			form = formFirst
		}
		if got, want := t.login(id), fmt.Sprintf(form, i)+"@"+t.slug+".example"; got != want {
			t.world.Errorf("%s: the login of person %d is %s, want %s", when, i, got, want)
		}
		if !t.in(id) {
			t.world.Errorf("%s: person %d cannot sign in", when, i)
		}
	}
	pins, err := t.svc.Logins(t.Context(), support, t.slug)
	t.must(err)
	holds, err := t.store.LoginHolds(t.Context())
	t.must(err)
	if len(pins.Held) != waiting || len(holds) != min(waiting, 1) {
		t.world.Errorf("%s: %d logins wait, of %d customers; want %d", when, len(pins.Held), len(holds), waiting)
	}
}

// TestI3_ChangedLoginsWait: a mapping is changed for 60 people. As many logins change as may within an hour; all others stay, however
// much time passes, while everything else goes on. What the identity provider takes back waits no more, and is corrected where it was
// written.
func TestI3_ChangedLoginsWait(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(60)
		p := x.process()
		x.mapped(0, 59, "wrong%03d", "Captain")
		x.settled(p)
		x.mustSignInAs("after the mistake", 6, "wrong%03d", "u%03d", 53)
		for i, id := range x.users[:59] {
			if u, _ := x.org.User(x.accounts[id]); u.Profile["title"] != "Captain" {
				w.Errorf("the title of person %d did not follow: %v", i, u.Profile["title"])
			}
		}
		for _, pass := range []time.Duration{2 * time.Hour, 30 * 24 * time.Hour} {
			x.later(pass)
			x.mapped(7, 60, "wrong%03d", fmt.Sprint(pass))
			x.settled(p)
			x.mustSignInAs(fmt.Sprintf("%v later", pass), 6, "wrong%03d", "u%03d", 54)
		}

		x.mapped(6, 60, "u%03d", "Captain")
		x.settled(p)
		x.mapped(0, 60, "u%03d", "Captain")
		x.settled(p)
		x.mustSignInAs("after the correction", 0, "", "u%03d", 0)
		oktatest.Audit(w, x.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace})
	})
}

// A mistake is corrected at once: those whose login was written already get the one of before, although others still wait.
func TestI3_ACorrectedLoginIsWritten(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(20)
		p := x.process()
		x.mapped(0, 20, "wrong%03d", "")
		x.settled(p)
		x.mustSignInAs("after the mistake", 5, "wrong%03d", "u%03d", 15)
		x.mapped(0, 20, "u%03d", "")
		x.settled(p)
		x.mustSignInAs("after the correction", 0, "", "u%03d", 0)
	})
}

// An answer lets exactly those logins through that the identity provider has said by then.
func TestI3_AnAnswerCoversTheLoginsThatWere(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(20)
		p := x.process()
		x.mapped(0, 20, "right%03d", "")
		x.settled(p)
		n, err := x.svc.ApplyLogins(x.Context(), support, x.slug, x.slug)
		if err != nil || n != 15 {
			w.Errorf("the answer let %d logins through: %v", n, err)
		}
		x.mapped(18, 20, "other%03d", "")
		x.settled(p)
		x.mustSignInAs("after the answer", 18, "right%03d", "u%03d", 2)

		x.later(24 * time.Hour)
		n, err = x.svc.RevertLogins(x.Context(), support, x.slug, x.slug)
		if err != nil || n != 13 {
			w.Errorf("%d logins were taken back: %v", n, err)
		}
		x.settled(p)
		x.mustSignInAs("after it was taken back", 5, "right%03d", "u%03d", 2)
		oktatest.Audit(w, x.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace})
	})
}
