package oktasync_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
	"drawbridge/scim"
)

// A removed person whose account Okta does not suspend is deactivated by a named row; the auditor knows no other
// deactivation before the grace period is over. Mutant: oktatest's audit tests deactivate an ACTIVE account and are caught.
func TestI4_DeactivatesOnlyByRow(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(8)
		r.settle()
		r.org.SetStatus(acme.account(ids[0]).ID, string(policy.PasswordExpired))
		acme.setActive(ids[0], false)
		r.settle()
		r.want("expired password", acme.account(ids[0]), policy.Deprovisioned, true, false)
	})
}

// An account whose owner marker is not ours is neither revoked nor written to again, and waits for a person.
func TestI5_TestI6_ForeignMarkerStopsEverything(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(4)
		r.settle()
		a := acme.account(ids[0])
		r.org.SetProfile(a.ID, map[string]any{oktasync.KeyAttr: "somebody else's"})
		acme.setActive(ids[0], false)
		r.settle()
		if u, _ := r.org.User(a.ID); u.Status != string(policy.Active) {
			r.Errorf("the account of somebody else is %s", u.Status)
		}
		if s := acme.subject(ids[0]); s.Due == nil || s.Due.Parked != string(policy.ForeignAccount) {
			r.Errorf("due = %+v, want parked as %s", s.Due, policy.ForeignAccount)
		}
		r.org.SetProfile(a.ID, map[string]any{oktasync.KeyAttr: ids[0]}) // a person put it right
		r.later(2 * time.Hour)
		r.settle()
		r.want("put right", acme.account(ids[0]), policy.Suspended, true, false)
	})
}

// An account that became an administrator's is not revoked while it is one.
func TestI6_TestI10_AdministratorsAreLeftAlone(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(4)
		r.settle()
		a := acme.account(ids[0])
		r.org.AddAdminRole(a.ID, "SUPER_ADMIN")
		acme.setActive(ids[0], false)
		r.settle()
		if u, _ := r.org.User(a.ID); u.Status != string(policy.Active) {
			r.Errorf("the administrator's account is %s", u.Status)
		}
		if s := acme.subject(ids[0]); s.Due == nil || s.Due.Parked != string(policy.ProtectedAccount) {
			r.Errorf("due = %+v, want parked as %s", s.Due, policy.ProtectedAccount)
		}
	})
}

// Whatever Okta fails to show, nobody loses access: empty lists, empty bodies and pages of HTML are no removals.
func TestI7_AbsenceNeverRevokes(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(6)
		r.settle()
		for _, kind := range []oktatest.FaultKind{oktatest.EmptyList, oktatest.EmptyBody, oktatest.GarbageHTML} {
			clear := r.org.Inject(oktatest.Fault{Kind: kind, Times: 3})
			for i, id := range ids {
				acme.set(id, map[string]any{"title": fmt.Sprint(kind, i)})
			}
			r.settle()
			clear()
		}
		for _, id := range ids {
			r.want(id, acme.account(id), policy.Active, true, true)
		}
	})
}

// Every acknowledged removal is accounted for: applied, held or stuck; and those that are neither are applied.
func TestI11_EveryRemovalEndsOrIsVisible(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(40)
		r.settle()
		for _, id := range ids[:3] { // as many as an hour allows without an answer
			acme.setActive(id, false)
		}
		r.settle()
		for _, id := range ids[:3] {
			r.want(id, acme.account(id), policy.Suspended, true, false)
		}
		for _, id := range ids[3:10] {
			acme.setActive(id, false)
		}
		r.settle()
		holds, err := r.store.Holds(r.Context())
		if err != nil || len(holds) != 1 {
			r.Fatalf("holds = %v, %v; want one", holds, err)
		}
		for _, id := range ids[3:10] {
			r.want(id, acme.account(id), policy.Active, true, true)
			if v, err := r.svc.User(r.Context(), support, "acme", id); err != nil || v.Decision.Code != policy.WaitingForAnswer {
				r.Errorf("decision = %v, %v; want held", v.Decision, err)
			}
		}
		r.later(8 * 24 * time.Hour) // a hold never lapses into a revocation
		r.settle()
		r.want("a week later", acme.account(ids[3]), policy.Active, true, true)
		for _, id := range ids[3:10] { // withdrawn by the IdP: the hold is empty and closes
			acme.setActive(id, true)
		}
		r.syncing(oktasync.Options{}, func() {
			r.eventually("the empty hold is closed", func() bool {
				holds, err := r.store.Holds(r.Context())
				return err == nil && len(holds) == 0
			})
		})
	})
}

// Access taken by hand is never given back, whether a person took it first or changed it after us.
func TestI13_TakenByHandIsNeverGivenBack(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(12)
		r.settle()
		first, after := ids[0], ids[1]
		r.org.SetStatus(acme.account(first).ID, string(policy.Suspended))
		acme.setActive(first, false)
		acme.setActive(after, false)
		r.settle()
		r.later(time.Hour)
		r.org.SetStatus(acme.account(after).ID, string(policy.Active))
		r.later(time.Hour)
		r.org.SetStatus(acme.account(after).ID, string(policy.Suspended))
		acme.setActive(first, true)
		acme.setActive(after, true)
		r.settle()
		r.want("suspended by hand first", acme.account(first), policy.Suspended, true, true)
		r.want("suspended by hand after us", acme.account(after), policy.Suspended, true, true)
		for _, id := range []string{first, after} {
			if v, err := r.svc.User(r.Context(), support, "acme", id); err != nil || v.Decision.Code != policy.TakenByHand {
				r.Errorf("decision = %v, %v; want %s", v.Decision, err, policy.TakenByHand)
			}
		}
	})
}

// Two people with one login: the first keeps it, the second is stored, unlinked and stuck.
func TestI15_OneLoginOneUser(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		id := acme.push("anna")
		r.settle()
		attrs := acme.attrs("other", true)
		attrs["userName"] = "no-address"
		attrs["emails"] = []any{map[string]any{"value": "ANNA@acme.example", "primary": true}}
		res, err := acme.backend.Create(r.Context(), r.rt, scim.Draft{Attributes: attrs}, 0)
		if err != nil {
			r.Fatal(err)
		}
		r.settle()
		if n := len(r.org.Users()); n != 1 {
			r.Errorf("%d accounts, want 1", n)
		}
		if s := acme.subject(res.ID); s.Due == nil || s.Due.Parked != string(policy.LoginTaken) {
			r.Errorf("due = %+v, want parked as %s", s.Due, policy.LoginTaken)
		}
		r.want(id, acme.account(id), policy.Active, true, true)
		acme.set(id, map[string]any{"userName": "anna.b@acme.example"}) // the login is free
		r.settle()
		r.later(2 * time.Hour)
		r.settle()
		r.want("after the login was free", acme.account(res.ID), policy.Active, true, true)
	})
}

// A login outside the customer's verified domains reaches Okta neither by a create nor by a rename.
func TestI16_OnlyVerifiedDomains(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		foreign := acme.push("eve@elsewhere.example")
		own := acme.push("anna")
		r.settle()
		acme.set(own, map[string]any{"userName": "ceo@elsewhere.example"})
		acme.set(own, map[string]any{"emails": []any{map[string]any{"value": "ceo@elsewhere.example", "primary": true}}})
		r.settle()
		for _, u := range r.org.Users() {
			if login := fmt.Sprint(u.Profile["login"], u.Profile["email"]); strings.Contains(login, "elsewhere") {
				r.Errorf("Okta has %s", login)
			}
		}
		for _, id := range []string{foreign, own} {
			if s := acme.subject(id); s.Due == nil || s.Due.Parked != string(policy.LoginNotVerified) {
				r.Errorf("due of %s = %+v, want parked as %s", id, s.Due, policy.LoginNotVerified)
			}
		}
		acme.setActive(own, false) // who leaves is removed all the same, under the login that Okta has
		r.settle()
		r.want("renamed away, then removed", acme.account(own), policy.Suspended, true, false)
	})
}

// An existing account with the same login is never taken over: nothing of it is written.
func TestI17_ExistingAccountIsLeftAlone(t *testing.T) {
	each(t, func(r *rig) {
		id := r.org.AddUser(map[string]any{
			"login": "anna@acme.example", "email": "anna@acme.example", "firstName": "Old", "lastName": "Account",
		}, string(policy.Active), oktatest.UserOptions{Password: "her own password"})
		acme := r.customer("acme")
		pushed := acme.push("anna")
		r.settle()
		u, _ := r.org.User(id)
		if u.Profile["firstName"] != "Old" || u.Profile[oktasync.KeyAttr] != nil {
			r.Errorf("the account was changed: %v", u.Profile)
		}
		if s := acme.subject(pushed); s.Due == nil || s.Due.Parked != string(policy.LoginTaken) {
			r.Errorf("due = %+v, want parked as %s", s.Due, policy.LoginTaken)
		}
	})
}

// A create whose answer is lost makes one account, whatever Okta did with it; it is looked up before it is repeated.
func TestI19_TestI22_LostCreateMakesOneAccount(t *testing.T) {
	t.Parallel()
	for _, kind := range []oktatest.FaultKind{oktatest.ResetBefore, oktatest.ResetAfter, oktatest.GarbageHTML, oktatest.StatusCode} {
		for _, apply := range []bool{false, true} {
			t.Run(fmt.Sprintf("fault %d, applied %t", kind, apply), func(t *testing.T) {
				each(t, func(r *rig) {
					acme := r.customer("acme")
					r.org.Inject(oktatest.Fault{Op: "create", Kind: kind, Apply: apply, Times: 1})
					id := acme.push("anna")
					r.syncing(oktasync.Options{}, func() {
						r.eventually("the call is resolved or waits", func() bool { return acme.subject(id).Open != nil || len(r.org.Users()) > 0 })
						r.later(time.Minute) // longer than Okta's search may lag
						r.eventually("the account is linked", func() bool { l := acme.subject(id).Link; return l != nil && l.OktaID != "" })
						r.quiet()
					})
					if n := len(r.org.Users()); n != 1 {
						r.Errorf("%d accounts, want 1", n)
					}
					r.want(id, acme.account(id), policy.Active, true, true)
				})
			})
		}
	}
}

// The same write twice makes no second call.
func TestI21_SameWriteTwice(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(5)
		acme.setActive(ids[0], false)
		r.settle()
		since := r.mark()
		versions := []int64{acme.subject(ids[0]).User.Version, acme.subject(ids[1]).User.Version}
		if _, err := acme.backend.Create(r.Context(), r.rt, scim.Draft{Attributes: acme.attrs("u001", true)}, 0); err == nil {
			r.Error("a second POST of the same user was accepted")
		}
		acme.setActive(ids[0], false)
		acme.setActive(ids[1], true)
		for i, version := range versions {
			if got := acme.subject(ids[i]).User.Version; got != version {
				r.Errorf("the repeated write led to version %d, want %d as before", got, version)
			}
		}
		r.settle()
		if w := r.writes(since); len(w) != 0 {
			r.Errorf("writes to Okta: %v", w)
		}
	})
}

// Writes to one user never overlap, however fast the IdP changes its mind; the auditor reads the log.
func TestI23_OneWriteAtATime(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(10)
		r.syncing(oktasync.Options{}, func() {
			for i := range 30 {
				acme.set(ids[i%3], map[string]any{"title": fmt.Sprint(i)})
			}
			r.quiet()
		})
		for i, id := range ids[:3] {
			if got, want := acme.account(id).Profile["title"], fmt.Sprint(27+i); got != want {
				r.Errorf("title = %v, want %s", got, want)
			}
		}
	})
}

// A record that Okta refuses delays nobody else, and is tried again when something changes.
func TestI31_PoisonDelaysOnlyItself(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(20) // more than can be worked on at once
		r.settle()
		r.org.SetSource(acme.account(ids[0]).ID, "an app")
		for _, id := range ids {
			acme.set(id, map[string]any{"title": "Captain"})
		}
		r.settle()
		for _, id := range ids[1:] {
			if got := acme.account(id).Profile["title"]; got != "Captain" {
				r.Errorf("title = %v", got)
			}
		}
		if s := acme.subject(ids[0]); s.Due == nil || s.Due.Parked == "" {
			r.Errorf("due = %+v, want parked", s.Due)
		}
		r.org.SetSource(acme.account(ids[0]).ID, "")
		acme.set(ids[0], map[string]any{"title": "Admiral"})
		r.settle()
		if got := acme.account(ids[0]).Profile["title"]; got != "Admiral" {
			r.Errorf("title = %v after the cause was gone", got)
		}
	})
}

// After a 429 nothing of its bucket goes out before the reset, and then everything does; the auditor reads the log.
func TestI33_QuietAfter429(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		r.org.Inject(oktatest.Fault{Op: "create", Kind: oktatest.RateLimited429, Delay: 2 * time.Second, Times: 1})
		ids := acme.pushMany(5)
		r.settle()
		for _, id := range ids {
			r.want(id, acme.account(id), policy.Active, true, true)
		}
	})
}

// Whatever an IdP does in whatever order, and whenever a sync comes in between, Okta ends at the last write (I12), with
// one account for each person who was ever active (I19), and nobody is revoked who was not removed.
func TestI12_OktaEndsAtTheLastWrite(t *testing.T) {
	var runs atomic.Int64
	each(t, func(r *rig) {
		r.start(oktasync.Options{})
		rapid.Check(r.T, func(rt *rapid.T) {
			acme := r.customer(fmt.Sprintf("acme%d", runs.Add(1)))
			ids := acme.pushMany(6)
			id, active, title := ids[0], true, "none"
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				switch rapid.IntRange(0, 3).Draw(rt, "do") {
				case 0:
					active = !active
					acme.setActive(id, active)
				case 1:
					title = fmt.Sprint("T", rapid.IntRange(0, 3).Draw(rt, "title"))
					acme.set(id, map[string]any{"title": title})
				case 2:
					acme.set(id, map[string]any{"active": active, "title": title})
				default:
					r.quiet()
				}
			}
			r.quiet()
			checkLast(rt, acme, id, active, title)
			for _, other := range ids[1:] {
				r.want(other, acme.account(other), policy.Active, true, true)
			}
		})
	})
}

// checkLast checks that Okta shows the last write. Somebody who was never active at a moment when Okta was looked at has
// no account.
func checkLast(rt *rapid.T, p *idp, id string, active bool, title string) {
	l := p.subject(id).Link
	if l == nil || l.OktaID == "" {
		if active {
			rt.Fatalf("no account for somebody active")
		}
		return
	}
	status := policy.Active
	if !active {
		status = policy.Suspended
	}
	a := p.account(id)
	p.r.want(id, a, status, true, active)
	if title != "none" && a.Profile["title"] != title {
		rt.Fatalf("title = %v, want %s", a.Profile["title"], title)
	}
	if version := p.subject(id).User.Version; l.AppliedVersion > version {
		rt.Fatalf("applied version %d is ahead of %d", l.AppliedVersion, version)
	}
}

// A storm of removals is stopped by the limits: of 90 people at most 5 lose access, of 6 at most 2.
func TestI3_StormIsStoppedByTheLimits(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ people, most int }{{90, 5}, {6, 2}} {
		t.Run(fmt.Sprint(size.people), func(t *testing.T) {
			each(t, func(r *rig) {
				acme := r.customer("acme")
				ids := acme.pushMany(size.people)
				r.settle()
				r.syncing(oktasync.Options{}, func() {
					for _, id := range ids {
						acme.remove(id)
					}
					r.eventually("a hold is open", func() bool {
						holds, err := r.store.Holds(r.Context())
						return err == nil && len(holds) == 1
					})
				})
				r.settle()
				gone := 0
				for _, u := range r.org.Users() {
					if u.Status != string(policy.Active) {
						gone++
					}
				}
				if gone > size.most {
					r.Errorf("%d of %d lost access, want at most %d", gone, size.people, size.most)
				}
			})
		})
	}
}

// While Okta answers nobody, nobody is stuck singly, the alarm names the removed who still have access, and work resumes.
func TestCircuit(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(8)
		r.settle()
		r.syncing(oktasync.Options{}, func() {
			up := r.org.Down()
			acme.setActive(ids[0], false)
			acme.set(ids[1], map[string]any{"title": "Captain"})
			r.eventually("the alarm names the removed", func() bool {
				log := r.log.String()
				return strings.Contains(log, "ALARM") && strings.Contains(log, ids[0])
			})
			for _, id := range ids[:2] {
				if d := acme.subject(id).Due; d == nil || d.Parked != "" {
					r.Errorf("due of %s during the outage = %+v, want due and not parked", id, d)
				}
			}
			up()
			r.quiet()
		})
		r.want("removed during the outage", acme.account(ids[0]), policy.Suspended, true, false)
		if got := acme.account(ids[1]).Profile["title"]; got != "Captain" {
			r.Errorf("title = %v", got)
		}
		if strings.Contains(r.log.String(), "@acme.example") {
			r.Error("the log holds a person's address")
		}
	})
}

// A process that loses the lease during an outage takes the work up when it has it again.
func TestCircuitOutlivesTheLease(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(8)
		r.settle()
		s := r.syncer(oktasync.Options{})
		up := r.org.Down()
		stop := r.run(s)
		acme.setActive(ids[0], false)
		r.eventually("the alarm is raised", func() bool { return strings.Contains(r.log.String(), "ALARM") })
		stop()
		up()
		r.run(s)
		r.quiet()
		r.want("removed during the outage", acme.account(ids[0]), policy.Suspended, true, false)
	})
}

// Flags that Okta refuses keep nobody in, and what was done is read back.
func TestI11_RefusedFlagsKeepNobodyIn(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		ids := acme.pushMany(12)
		r.settle()
		for _, id := range ids[:2] {
			r.org.Inject(oktatest.Fault{Op: "update", UserID: acme.account(id).ID, Kind: oktatest.StatusCode, Status: 400})
		}
		r.org.SetStatus(acme.account(ids[1]).ID, string(policy.PasswordExpired))
		acme.setActive(ids[0], false)
		acme.setActive(ids[1], false)
		r.settle()
		r.want("suspended", acme.account(ids[0]), policy.Suspended, true, true)
		r.want("deactivated", acme.account(ids[1]), policy.Deprovisioned, true, true)
		if s := acme.subject(ids[0]); s.Due == nil || s.Due.Parked != string(oktasync.RefusedByOkta) || s.Link.TakenAt.IsZero() {
			r.Errorf("due = %+v, taken at %v; want stuck, and read back", s.Due, s.Link.TakenAt)
		}
	})
}

// Of two syncers one works; when it hands over or vanishes, the other does.
func TestLeaseIsHeldByOneAndHandedOver(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		stopFirst := r.start(oktasync.Options{Holder: "first", LeaseTTL: time.Minute}) // a slow machine must not make it lapse
		r.eventually("the first holds the lease", func() bool { return r.holder() == "first" })
		r.start(oktasync.Options{Holder: "second", LeaseTTL: time.Minute})
		ids := acme.pushMany(20)
		r.quiet()
		if h := r.holder(); h != "first" {
			r.Errorf("the lease is held by %q", h)
		}
		stopFirst()
		r.eventually("the second took over", func() bool { return r.holder() == "second" })
		acme.set(ids[0], map[string]any{"title": "Captain"})
		r.quiet()
		if got := acme.account(ids[0]).Profile["title"]; got != "Captain" {
			r.Errorf("title = %v", got)
		}
		if n := len(r.org.Users()); n != 20 {
			r.Errorf("%d accounts, want 20", n)
		}
	})
}

func (r *rig) holder() string {
	l, ok, err := r.store.CurrentLease(r.Context(), oktasync.LeaseName)
	if err != nil || !ok {
		return ""
	}
	return l.Holder
}

// Every change has exactly one event; a customer's events are numbered without a gap, and a person's in the order of the
// versions, however many customers write at once. Mutant: the sequencer numbers backwards.
func TestI24_EveryChangeHasOneEvent(t *testing.T) {
	each(t, func(r *rig) {
		acme, globex := r.customer("acme"), r.customer("globex")
		r.syncing(oktasync.Options{}, func() {
			for _, p := range []*idp{acme, globex} {
				for i, id := range p.pushMany(8) {
					p.set(id, map[string]any{"title": fmt.Sprint(i)})
					if i == 0 {
						p.setActive(id, false)
						p.setActive(id, true)
						p.remove(id)
					}
				}
			}
			r.quiet()
			r.eventually("everything is numbered", func() bool {
				n, err := r.store.NumberEvents(r.Context(), 1000)
				return err == nil && n == 0
			})
		})
		for _, p := range []*idp{acme, globex} {
			p.checkEvents()
		}
	})
}

func (p *idp) checkEvents() {
	p.r.Helper()
	events, err := p.r.store.Events(p.r.Context(), p.customer.ID, 0, 1000)
	if err != nil {
		p.r.Fatal(err)
	}
	versions := map[string]int64{}
	for i, e := range events {
		if e.Seq != int64(i+1) {
			p.r.Fatalf("event %d of %s has the number %d", i+1, p.slug, e.Seq)
		}
		if !strings.HasPrefix(e.Kind, "user.") {
			continue
		}
		if e.Version != versions[e.UserID]+1 {
			p.r.Errorf("an event of version %d follows version %d of the same person", e.Version, versions[e.UserID])
		}
		versions[e.UserID] = e.Version
	}
	for id, version := range versions {
		if got := p.subject(id).User.Version; got != version {
			p.r.Errorf("the last event is of version %d, the person is at %d", version, got)
		}
	}
}
