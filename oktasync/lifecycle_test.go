package oktasync_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
	"drawbridge/scim"
)

// TestLifecycle walks a person through everything an IdP does, and counts Okta's writes: no step needs more than it must.
func TestLifecycle(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		steps := []struct {
			name   string
			do     func(id string)
			status policy.Status
			active bool
			writes map[string]int
		}{
			{"created", func(string) {}, policy.Active, true, map[string]int{"create": 1}},
			{"nothing", func(string) {}, policy.Active, true, map[string]int{}},
			{"an attribute that Okta does not get", func(id string) {
				acme.set(id, map[string]any{"nickName": nil, "ims": []any{map[string]any{"value": "x"}}})
			},
				policy.Active, true, map[string]int{}},
			{"title", func(id string) { acme.set(id, map[string]any{"title": "Captain"}) }, policy.Active, true, map[string]int{"update": 1}},
			{"deactivated", func(id string) { acme.setActive(id, false) }, policy.Suspended, false, map[string]int{"suspend": 1, "end_sessions": 1, "update": 1}},
			{"deactivated again", func(id string) { acme.setActive(id, false) }, policy.Suspended, false, map[string]int{}},
			{"reactivated", func(id string) { acme.setActive(id, true) }, policy.Active, true, map[string]int{"unsuspend": 1, "update": 1}},
			{"renamed", func(id string) { acme.set(id, map[string]any{"userName": "anna.b@acme.example"}) }, policy.Active, true, map[string]int{"update": 1}},
			{"deleted", func(id string) { acme.remove(id) }, policy.Suspended, false, map[string]int{"suspend": 1, "end_sessions": 1, "update": 1}},
			{"grace over", func(string) { r.later(bridge.DefaultGrace + time.Minute) }, policy.Deprovisioned, false, map[string]int{"deactivate": 1}},
		}
		id := acme.push("anna")
		acme.pushMany(8) // so that one removal is not most of the customer
		r.settle()
		oktaID := acme.account(id).ID
		since := 0
		for i, step := range steps {
			step.do(id)
			r.settle()
			a := acme.account(id)
			if a.ID != oktaID {
				r.Fatalf("%s: the account is %s, was %s", step.name, a.ID, oktaID)
			}
			r.want(step.name, a, step.status, true, step.active)
			got := r.writes(since)
			if i == 0 {
				got["create"] -= 8
				delete(got, "schema")
				delete(got, "update-schema")
			}
			if diff := cmp.Diff(step.writes, got); i > 0 && diff != "" {
				r.Errorf("%s: writes to Okta (-want +got):\n%s", step.name, diff)
			}
			since = r.mark()
		}
		if s := acme.subject(id); s.Link.AppliedVersion != s.User.Version {
			r.Errorf("applied version %d, user version %d", s.Link.AppliedVersion, s.User.Version)
		}
	})
}

// TestCreatedInactive makes no account until the IdP says active.
func TestCreatedInactive(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		res, err := acme.backend.Create(r.Context(), r.rt, scim.Draft{Attributes: acme.attrs("anna", false)}, 0)
		if err != nil {
			r.Fatal(err)
		}
		r.settle()
		if n := len(r.org.Users()); n != 0 {
			r.Fatalf("%d accounts were made for somebody who was never active", n)
		}
		acme.setActive(res.ID, true)
		r.settle()
		r.want("activated", acme.account(res.ID), policy.Active, true, true)
	})
}

// TestDisconnect takes the flags off and leaves everybody in; the IdP is refused.
func TestDisconnect(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(12)
		r.settle()
		acme.setActive(ids[0], false)
		r.settle()
		since := r.mark()
		r.disconnect("acme")
		if _, err := acme.backend.Get(r.Context(), r.rt, ids[1], 0); err == nil {
			r.Error("the IdP was answered after the disconnect")
		}
		r.syncing(oktasync.Options{}, func() {
			r.eventually("acme is disconnected", func() bool {
				c, err := r.store.Customer(r.Context(), "acme")
				return err == nil && c.State == bridge.Disconnected
			})
		})
		r.want("removed before", acme.account(ids[0]), policy.Suspended, false, false)
		for _, id := range ids[1:] {
			r.want(id, acme.account(id), policy.Active, false, true)
		}
		if diff := cmp.Diff(map[string]int{"update": 12}, r.writes(since)); diff != "" {
			r.Errorf("writes to Okta (-want +got):\n%s", diff)
		}
	})
}

// TestI6_WhatIsOutdatedIsReadAnew: Okta refuses a suspension for the account's status, and the read after it as well. Whatever the read
// before it showed, the next attempt begins with a read.
func TestI6_WhatIsOutdatedIsReadAnew(t *testing.T) {
	eachWorld(t, func(w *world) {
		x := w.tenant(5)
		p, refused := x.process(), false
		x.org.Inject(oktatest.Fault{Kind: oktatest.StillActivating409, Op: "suspend", Times: 1, Apply: true, Match: func(*http.Request) bool {
			refused = true
			return true
		}})
		x.org.Inject(oktatest.Fault{Kind: oktatest.StillActivating409, Op: "read", Times: 1, Match: func(*http.Request) bool { return refused }})
		w.must(x.setActive(x.users[0], false))
		x.work(p)
		if read := x.subject(x.users[0]).Link.Read; !refused || !read.IsZero() {
			w.Errorf("refused %t, and the account counts as read at %v", refused, read)
		}
		x.later(time.Minute)
		x.work(p)
		if s := x.status(x.users[0]); s != policy.Suspended {
			w.Errorf("the account is %s", s)
		}
		oktatest.Audit(x, x.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace})
		for _, wrong := range x.found {
			w.Error(wrong)
		}
	})
}
