package oktatest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// auditCase is a log and the rule that it breaks. The logs that break one are the mutants of the checks: a check that
// let one pass would let the same fault of a program pass.
type auditCase struct {
	name   string
	log    *story
	opts   AuditOptions
	broken string // the invariants, sorted and joined by +; empty when the log keeps all of them
	says   string
}

func runAudit(t *testing.T, tests []auditCase) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := Violations(tt.log.entries, tt.opts)
			if tt.broken == "" {
				if len(found) > 0 {
					t.Errorf("the log keeps every rule, but: %s", strings.Join(found, "\n"))
				}
				return
			}
			rules := map[string]bool{}
			for _, v := range found {
				rule, _, _ := strings.Cut(v, ": ")
				rules[rule] = true
			}
			if got := strings.Join(slices.Sorted(maps.Keys(rules)), "+"); got != tt.broken {
				t.Errorf("broken rules %s, want %s: %q", got, tt.broken, found)
			}
			if !strings.Contains(strings.Join(found, "\n"), tt.says) {
				t.Errorf("nothing that says %q in %q", tt.says, found)
			}
		})
	}
}

// suspended is a life up to a suspension, as it should be.
func suspended() *story {
	return newStory().create(annID, "ann").read(annID).suspend(annID).read(annID)
}

func TestI4_NobodyErasedNobodyDeactivatedWithoutGrace(t *testing.T) {
	grace := AuditOptions{Grace: time.Hour}
	runAudit(t, []auditCase{
		{name: "after the grace period", log: suspended().wait(time.Hour).read(annID).deactivate(annID).read(annID), opts: grace},
		{name: "within it", log: suspended().wait(time.Minute).read(annID).deactivate(annID).read(annID), opts: grace, broken: "I4", says: "before the 1h0m0s of grace"},
		{name: "within it, approved", log: suspended().wait(time.Minute).read(annID).deactivate(annID).read(annID),
			opts: AuditOptions{Grace: time.Hour, Approved: func(id string) bool { return id == annID }}},
		{name: "from ACTIVE", log: newStory().create(annID, "ann").read(annID).deactivate(annID).read(annID), broken: "I4", says: "from ACTIVE"},
		{name: "from a status that Okta does not suspend", log: newStory().create(annID, "ann").lifecycle(annID, "reset_password", StatusRecovery).read(annID).deactivate(annID).read(annID), opts: grace},
		{name: "refused, so nothing happened", log: newStory().create(annID, "ann").read(annID).deactivate(annID, refused(404)), opts: grace},
		{name: "erased", log: newStory().create(annID, "ann").call(Entry{Method: "DELETE", Path: "/api/v1/users/" + annID, Op: "delete", UserID: annID}), broken: "I4", says: "deleted"},
		{name: "erased, though refused", log: newStory().create(annID, "ann").call(Entry{Method: "DELETE", Path: "/api/v1/users/" + annID, Op: "delete", UserID: annID}, refused(404)), broken: "I4", says: "deleted"},
		{name: "sessions ended", log: newStory().create(annID, "ann").call(Entry{Method: "DELETE", Path: "/api/v1/users/" + annID + "/sessions", Op: "end_sessions", UserID: annID})},
		{name: "membership ended", log: newStory().create(annID, "ann").call(Entry{Method: "DELETE", Path: "/api/v1/groups/" + teamID + "/users/" + annID, Op: "remove_member", UserID: annID})},
	})
}

func TestI5_WritesNameOnlyRecordedIDs(t *testing.T) {
	write := func(id, path string) Entry {
		return Entry{Method: "POST", Path: path, Op: "update", UserID: id, Body: []byte(`{"profile":{"title":"x"}}`)}
	}
	foreign := func(s *story, id string) *story {
		return s.hand(id, Snapshot{Status: StatusActive, Login: "ann@x.example", ScimKey: "k", ScimCustomer: "acme"})
	}
	runAudit(t, []auditCase{
		{name: "created by the token", log: newStory().create(annID, "ann").update(annID, `{"profile":{"title":"x"}}`)},
		{name: "read with our marker", log: foreign(newStory(), annID).read(annID).update(annID, `{"profile":{"title":"x"}}`)},
		{name: "login in the path", log: newStory().create(annID, "ann").call(write(annID, "/api/v1/users/ann@x.example")), broken: "I5", says: `"ann@x.example" is no user id`},
		{name: "me in the path", log: newStory().call(write("", "/api/v1/users/me")), broken: "I5", says: `"me" is no user id`},
		{name: "path tricks", log: newStory().create(annID, "ann").call(write(annID, "/api/v1/users/"+annID+"%2F..")), broken: "I5", says: "is no user id"},
		{name: "an id from nowhere", log: foreign(newStory(), annID).update(annID, `{"profile":{"title":"x"}}`), broken: "I5", says: "was not given"},
		{name: "the create was lost, so the id is a guess", log: newStory().create(annID, "ann", lost).update(annID, `{"profile":{"title":"x"}}`), broken: "I5", says: "was not given"},
		{name: "the create is not answered yet", log: newStory().create(annID, "ann", func(e *Entry) { e.End = e.Start.Add(5 * time.Second) }).update(annID, `{"profile":{"title":"x"}}`), broken: "I5", says: "was not given"},
		{name: "read without a marker", log: newStory().exists(annID, "ann@x.example").read(annID).
			call(Entry{Method: "PUT", Path: "/api/v1/groups/" + teamID + "/users/" + annID, Op: "add_member", UserID: annID}), broken: "I17+I5", says: "was not given"},
		{name: "read without a marker, to set it", log: newStory().exists(annID, "ann@x.example").read(annID).update(annID, `{"profile":{"scimKey":"k","scimCustomer":"acme"}}`)},
		{name: "the marker set, the answer lost", log: newStory().exists(annID, "ann@x.example").read(annID).update(annID, `{"profile":{"scimKey":"k","scimCustomer":"acme"}}`, lost).
			update(annID, `{"profile":{"title":"x"}}`), broken: "I5", says: "was not given"},
		{name: "a group by its name", log: newStory().create(annID, "ann").call(Entry{Method: "PUT", Path: "/api/v1/groups/Everyone/users/" + annID, Op: "add_member", UserID: annID}), broken: "I5", says: `"Everyone" is no group id`},
		{name: "a read may name a login", log: newStory().create(annID, "ann").call(Entry{Method: "GET", Path: "/api/v1/users/ann@x.example", Op: "read", UserID: annID})},
		{name: "writes of others do not count", log: newStory().exists(annID, "ann@x.example").call(write(annID, "/api/v1/users/me"), func(e *Entry) { e.Token = "other" })},
		{name: "a marker that is not ours", log: foreign(newStory(), annID).read(annID).update(annID, `{"profile":{"scimKey":"k2","scimCustomer":"acme"}}`).update(annID, `{"profile":{"title":"x"}}`),
			opts: AuditOptions{Ours: func(key, _ string) bool { return key == "other" }}, broken: "I5", says: "was not given"},
	})
}

func TestI6_RevocationsAreReadBeforeAndAfter(t *testing.T) {
	unread := func() *story { return newStory().create(annID, "ann") }
	runAudit(t, []auditCase{
		{name: "as it should be", log: suspended()},
		{name: "no read before", log: unread().suspend(annID).read(annID), broken: "I6", says: "no read by id came before"},
		{name: "a search is no read by id", log: unread().search(`profile.scimKey eq "ann"`, func(e *Entry) { e.Seen = []Seen{{ID: annID, ScimKey: "ann", ScimCustomer: "acme"}} }).suspend(annID).read(annID), broken: "I6", says: "no read by id came before"},
		{name: "read of somebody else", log: unread().create(bobID, "bob").read(bobID).suspend(annID).read(annID), broken: "I6", says: "no read by id came before"},
		{name: "read by another token", log: unread().read(annID, func(e *Entry) { e.Token = "other" }).suspend(annID).read(annID), broken: "I6", says: "no read by id came before"},
		{name: "the read got garbage", log: unread().read(annID, func(e *Entry) { e.Answered, e.Seen = false, nil }).suspend(annID).read(annID), broken: "I6", says: "no read by id came before"},
		{name: "60 s before", log: unread().read(annID).wait(59 * time.Second).suspend(annID).read(annID)},
		{name: "61 s before", log: unread().read(annID).wait(61 * time.Second).suspend(annID).read(annID), broken: "I6", says: "was 1m1.9s before"},
		{name: "still in flight when the write began", log: unread().read(annID, func(e *Entry) { e.End = e.Start.Add(90 * time.Second) }).suspend(annID).read(annID), broken: "I6", says: "no read by id came before"},
		{name: "the marker was gone", log: unread().hand(annID, Snapshot{Status: StatusActive}).read(annID).suspend(annID).read(annID), broken: "I6", says: "did not show our marker"},
		{name: "the marker of another customer", log: suspended(), opts: AuditOptions{Ours: func(key, customer string) bool { return key == "" || customer == "other" }}, broken: "I6", says: "did not show our marker"},
		{name: "never read back", log: unread().read(annID).suspend(annID), broken: "I6", says: "never read"},
		{name: "never read back because of a crash", log: unread().read(annID).suspend(annID), opts: AuditOptions{TailOpen: true}},
		{name: "the read back failed", log: unread().read(annID).suspend(annID).read(annID, refused(500)), broken: "I6", says: "never read"},
		{name: "the read shows no effect", log: unread().read(annID).suspend(annID).read(annID, func(e *Entry) { e.Seen = []Seen{{ID: annID, Status: StatusActive}} }), broken: "I6", says: "shows ACTIVE"},
		{name: "suspended where deactivated was meant", log: suspended().read(annID).deactivate(annID).read(annID, func(e *Entry) { e.Seen = []Seen{{ID: annID, Status: StatusSuspended}} }), broken: "I6", says: "shows SUSPENDED"},
		{name: "given back before it was read", log: unread().read(annID).suspend(annID).lifecycle(annID, "unsuspend", StatusActive).read(annID), broken: "I6", says: "changed the status again"},
		{name: "given back by hand", log: unread().read(annID).suspend(annID).hand(annID, Snapshot{Status: StatusActive, ScimKey: "ann", ScimCustomer: "acme"}).read(annID)},
		{name: "lost, then read", log: unread().read(annID).suspend(annID, lost).read(annID)},
		{name: "refused, so there is no effect to read", log: unread().read(annID).suspend(annID, refused(400))},
		{name: "changed by hand in between", log: unread().read(annID).hand(annID, Snapshot{Status: StatusActive, ScimKey: "ann", ScimCustomer: "acme"}).suspend(annID).read(annID)},
		{name: "changed by hand in between, where nobody should", log: unread().read(annID).hand(annID, Snapshot{Status: StatusActive, ScimKey: "ann", ScimCustomer: "acme"}).suspend(annID).read(annID),
			opts: AuditOptions{Undisturbed: true}, broken: "I6", says: `by "hand" changed the user`},
	})
}

func TestI10_ProtectedAccountsAreNeverWritten(t *testing.T) {
	admin := func(since time.Time) *story {
		return newStory().create(annID, "ann").hand(annID, Snapshot{Status: StatusActive, ScimKey: "ann", ScimCustomer: "acme", Admin: true, AdminSince: since})
	}
	write := `{"profile":{"title":"x"}}`
	runAudit(t, []auditCase{
		{name: "an ordinary user", log: newStory().create(annID, "ann").update(annID, write)},
		{name: "protected by id", log: newStory().create(annID, "ann").update(annID, write), opts: AuditOptions{Protected: []string{annID}}, broken: "I10", says: "protected"},
		{name: "protected by login", log: newStory().create(annID, "ann").update(annID, write), opts: AuditOptions{Protected: []string{"ann@x.example"}}, broken: "I10", says: "protected"},
		{name: "an administrator", log: admin(storyStart()).update(annID, write), broken: "I10", says: "administrator"},
		{name: "an attempt counts", log: admin(storyStart()).update(annID, write, refused(403)), broken: "I10", says: "administrator"},
		{name: "an administrator for a minute", log: admin(storyStart()).update(annID, write), opts: AuditOptions{AdminLag: time.Minute}},
		{name: "an administrator for longer", log: admin(storyStart()).wait(time.Hour).update(annID, write), opts: AuditOptions{AdminLag: time.Minute}, broken: "I10", says: "administrator"},
		{name: "a read is no write", log: admin(storyStart()).read(annID)},
	})
}

func TestI17_FirstContactWritesOnlyTheMarker(t *testing.T) {
	known := func() *story { return newStory().exists(annID, "ann@x.example").read(annID) }
	claim := `{"profile":{"scimKey":"k1","scimCustomer":"acme","isSCIMConnected":true}}`
	runAudit(t, []auditCase{
		{name: "claimed, then written", log: known().update(annID, claim).update(annID, `{"profile":{"login":"new@x.example"}}`)},
		{name: "login with the claim", log: known().update(annID, `{"profile":{"scimKey":"k1","scimCustomer":"acme","login":"new@x.example"}}`), broken: "I17+I5", says: "more than the marker"},
		{name: "credentials with the claim", log: known().update(annID, `{"profile":{"scimKey":"k1"},"credentials":{"password":{"value":"x"}}}`), broken: "I17+I5", says: "more than the marker"},
		{name: "a claim that failed leaves it a stranger", log: known().update(annID, claim, refused(500)).update(annID, `{"profile":{"title":"x"}}`), broken: "I17+I5", says: "more than the marker"},
		{name: "a full update", log: known().update(annID, claim, func(e *Entry) { e.Method, e.Op = "PUT", "replace" }), broken: "I17+I5", says: "more than the marker"},
		{name: "its status", log: known().lifecycle(annID, "unsuspend", StatusActive), broken: "I17+I5", says: "more than the marker"},
		{name: "marked before the log begins", log: newStory().hand(annID, Snapshot{Status: StatusActive, ScimKey: "k", ScimCustomer: "acme"}).read(annID).update(annID, `{"profile":{"title":"x"}}`)},
	})
}

func TestI19_OneUserPerKey(t *testing.T) {
	runAudit(t, []auditCase{
		{name: "two users, two keys", log: newStory().create(annID, "ann").create(bobID, "bob")},
		{name: "two users, one key", log: newStory().create(annID, "ann").search(`profile.scimKey eq "ann"`).create(bobID, "ann"), broken: "I19", says: "have the same scimKey"},
		{name: "given to another by hand", log: newStory().create(annID, "ann").hand(bobID, Snapshot{ScimKey: "ann"}), broken: "I19", says: "have the same scimKey"},
		{name: "free again", log: newStory().create(annID, "ann").hand(annID, Snapshot{ScimKey: "other"}).create(bobID, "ann")},
	})
}

func TestI22_NothingIsBlindlyRepeated(t *testing.T) {
	unapplied := func(e *Entry) { e.UserID, e.Before, e.After = "", nil, nil }
	refusedCreate := func(status int) func(*Entry) {
		return func(e *Entry) { refused(status)(e); unapplied(e) }
	}
	again := func(first func(*Entry)) *story { return newStory().create(annID, "ann", first).create(annID, "ann") }
	crash := func(e *Entry) { refusedCreate(0)(e); e.Answered = false }
	runAudit(t, []auditCase{
		{name: "after a reset", log: again(crash), broken: "I22", says: "without a look"},
		{name: "after a 503", log: again(refusedCreate(503)), broken: "I22", says: "without a look"},
		{name: "after garbage with 200", log: again(func(e *Entry) { crash(e); e.Status = 200 }), broken: "I22", says: "without a look"},
		{name: "after a crash, the answer still to come", log: again(func(e *Entry) { e.End = time.Time{} }), broken: "I22+I23", says: "without a look"},
		{name: "after a 429", log: newStory().create(annID, "ann", refusedCreate(429)).wait(time.Minute).create(annID, "ann")},
		{name: "after a 400", log: again(refusedCreate(400))},
		{name: "looked up by key", log: newStory().create(annID, "ann", crash).search(`profile.scimKey eq "ann"`).create(annID, "ann")},
		{name: "looked up by login", log: newStory().create(annID, "ann", crash).call(Entry{Method: "GET", Path: "/api/v1/users/ann%40x.example", Op: "read"}, func(e *Entry) { e.Status = 404 }).
			search(`profile.login eq "ann@x.example"`).create(annID, "ann")},
		{name: "the look-up failed", log: newStory().create(annID, "ann", crash).search(`profile.scimKey eq "ann"`, refused(500)).create(annID, "ann"), broken: "I22", says: "without a look"},
		{name: "looked up somebody else", log: newStory().create(annID, "ann", crash).search(`profile.scimKey eq "bob"`).create(annID, "ann"), broken: "I22", says: "without a look"},
		{name: "another user is created", log: newStory().create(annID, "ann", crash).create(bobID, "bob")},
		{name: "reset twice", log: newStory().create(annID, "ann").lifecycle(annID, "reset_password", StatusRecovery, lost).lifecycle(annID, "reset_password", StatusRecovery), broken: "I22", says: "without a look"},
		{name: "reset, read, reset", log: newStory().create(annID, "ann").lifecycle(annID, "reset_password", StatusRecovery, lost).read(annID).lifecycle(annID, "reset_password", StatusRecovery)},
	})
}

func TestI23_OneWriteAtOncePerUser(t *testing.T) {
	long := func(e *Entry) { e.End = e.Start.Add(5 * time.Second) }
	open := func(e *Entry) { e.End = time.Time{} }
	title := `{"profile":{"title":"x"}}`
	runAudit(t, []auditCase{
		{name: "one after the other", log: newStory().create(annID, "ann").update(annID, title).update(annID, title)},
		{name: "overlapping", log: newStory().create(annID, "ann").update(annID, title, long).update(annID, title), broken: "I23", says: "in flight for the same user"},
		{name: "still open", log: newStory().create(annID, "ann").update(annID, title, open).update(annID, title), broken: "I23", says: "in flight for the same user"},
		{name: "of two users", log: newStory().create(annID, "ann").create(bobID, "bob").update(annID, title, long).update(bobID, title)},
		{name: "a membership is a write to the user", log: newStory().create(annID, "ann").update(annID, title, long).call(Entry{Method: "PUT", Path: "/api/v1/groups/" + teamID + "/users/" + annID, Op: "add_member", UserID: annID}), broken: "I23", says: "in flight for the same user"},
		{name: "a read may overlap", log: newStory().create(annID, "ann").update(annID, title, long).read(annID)},
		{name: "two creates of one key", log: newStory().create(annID, "ann", long).create(annID, "ann", refused(400)), broken: "I23", says: "in flight for the same user"},
	})
}

func TestI33_CallsStayWithinLimits(t *testing.T) {
	tooMany := func(e *Entry) { refused(429)(e); e.Reset = e.Start.Add(10 * time.Second) }
	crowded := func(e *Entry) { tooMany(e); e.Limit = 0 }
	reads := func(s *story, n int, bend func(*Entry)) *story {
		for range n {
			s.search("id pr", bend)
			s.wait(-time.Second)
		}
		return s.wait(time.Second)
	}
	brief := func(e *Entry) { e.End = e.Start }
	long := func(e *Entry) { e.End = e.Start.Add(time.Second) }
	limit10 := func(e *Entry) { e.End, e.Limit = e.Start, 10 }
	runAudit(t, []auditCase{
		{name: "silent until the reset", log: newStory().search("id pr", tooMany).wait(9 * time.Second).search("id pr")},
		{name: "called before the reset", log: newStory().search("id pr", tooMany).wait(8 * time.Second).search("id pr"), broken: "I33", says: "was refused with 429"},
		{name: "another bucket", log: newStory().search("id pr", tooMany).search("id pr", func(e *Entry) { e.Bucket = bucketGroups })},
		{name: "in flight when it was refused", log: newStory().search("id pr", func(e *Entry) { tooMany(e); e.End = e.Start.Add(3 * time.Second) }).search("id pr")},
		{name: "concurrency limit", log: newStory().search("id pr", crowded).search("id pr")},
		{name: "ten at once", log: reads(newStory(), 10, long)},
		{name: "eleven at once", log: reads(newStory(), 11, long), broken: "I33", says: "11 requests were in flight"},
		{name: "eleven where twenty may be", log: reads(newStory(), 11, long), opts: AuditOptions{MaxInFlight: 20}},
		{name: "half of the limit", log: reads(newStory(), 5, limit10), opts: AuditOptions{Share: 0.5}},
		{name: "more than half", log: reads(newStory(), 6, limit10), opts: AuditOptions{Share: 0.5}, broken: "I33", says: "more than 5 of 10 calls"},
		{name: "in two windows", log: reads(reads(newStory(), 5, limit10), 5, func(e *Entry) { limit10(e); e.Reset = e.Reset.Add(time.Minute) }), opts: AuditOptions{Share: 0.5}},
		{name: "share not asked for", log: reads(newStory(), 50, brief)},
	})
}

type reporter struct{ lines []string }

func (r *reporter) Helper() {}

func (r *reporter) Errorf(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

// TestAudit_org: a careful client leaves a log that passes, and each careless one a log that does not.
func TestAudit_org(t *testing.T) {
	const more = `,"scimKey":"k1","scimCustomer":"acme"`
	lifecycle := func(c *client, id, op string) { c.post("/api/v1/users/"+id+"/lifecycle/"+op, "") }
	read := func(c *client, id string) { c.get("/api/v1/users/" + id) }
	for name, tt := range map[string]struct {
		act  func(c *client, id string)
		want string
	}{
		"careful": {func(c *client, id string) {
			read(c, id)
			lifecycle(c, id, "suspend")
			read(c, id)
			c.post("/api/v1/users/"+id, `{"profile":{"isSCIMActive":false}}`)
		}, ""},
		"does not read":       {func(c *client, id string) { lifecycle(c, id, "suspend") }, "I6"},
		"deactivates at once": {func(c *client, id string) { read(c, id); lifecycle(c, id, "deactivate"); read(c, id) }, "I4"},
		"erases":              {func(c *client, id string) { c.do("DELETE", "/api/v1/users/"+id, "") }, "I4"},
		"uses the login":      {func(c *client, _ string) { c.post("/api/v1/users/a@x.example", `{"profile":{"title":"x"}}`) }, "I5"},
		"writes to itself":    {func(c *client, _ string) { c.post("/api/v1/users/me", `{"profile":{"title":"x"}}`) }, "I10"},
		"repeats a create": {func(c *client, _ string) {
			c.org.Inject(Fault{Op: "create", Kind: ResetAfter, Times: 1})
			body := federatedUser("b@x.example", `,"scimKey":"k2","scimCustomer":"acme"`)
			c.post("/api/v1/users?provider=true", body)
			c.post("/api/v1/users?provider=true", body)
		}, "I22"},
		"ignores a 429": {func(c *client, id string) {
			c.org.Inject(Fault{Op: "read", Kind: RateLimited429, Times: 1})
			read(c, id)
			read(c, id)
		}, "I33"},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, Options{})
			c.setup()
			id := c.must(200, c.post("/api/v1/users?provider=true", federatedUser("a@x.example", more))).object(t)["id"].(string)
			tt.act(c, id)
			var r reporter
			Audit(&r, c.org, AuditOptions{Grace: time.Hour})
			if tt.want == "" && len(r.lines) > 0 {
				t.Errorf("reported: %s", strings.Join(r.lines, "\n"))
			}
			if tt.want != "" && (len(r.lines) == 0 || !strings.Contains(strings.Join(r.lines, "\n"), tt.want+": ")) {
				t.Errorf("reported %q, want %s", r.lines, tt.want)
			}
		})
	}
}
