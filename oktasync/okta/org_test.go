package okta

import (
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

// startOrg starts a simulated org and returns a client of it.
func startOrg(t *testing.T, opts oktatest.Options) (*oktatest.Org, *Client) {
	t.Helper()
	opts.Token = token
	org := oktatest.New(opts)
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	return org, connect(t, Config{OrgURL: server.URL, Token: token})
}

func setup(t *testing.T, c *Client) {
	t.Helper()
	if _, err := c.Setup(t.Context()); err != nil {
		t.Fatalf("Setup: %v", err)
	}
}

func profileOf(login, key string) map[string]any {
	return map[string]any{
		"login": login, "email": login, "firstName": "Anna", "lastName": "Example", "mobilePhone": "+1 555 0100",
		oktasync.ConnectedAttr: true, oktasync.ActiveAttr: true, oktasync.CustomerAttr: "acme", oktasync.KeyAttr: key,
	}
}

func TestOrgLifeOfAnAccount(t *testing.T) {
	org, client := startOrg(t, oktatest.Options{})
	setup(t, client)
	ctx := t.Context()

	a, err := client.Create(ctx, profileOf("anna@acme.example", "u1"))
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	if a.Status != policy.Active || a.Provider != "FEDERATION" || a.StatusChanged.IsZero() {
		t.Errorf("created %+v, want an ACTIVE federated account", a)
	}
	if customer, key := a.Marker(); customer != "acme" || key != "u1" {
		t.Errorf("the marker is %s, %s", customer, key)
	}
	read, err := client.Read(ctx, a.ID)
	if diff := cmp.Diff(a, read); err != nil || diff != "" {
		t.Errorf("Read: %v (-created +read):\n%s", err, diff)
	}
	updated, err := client.Update(ctx, a.ID, map[string]any{oktasync.ActiveAttr: false, "mobilePhone": nil})
	if err != nil || updated.Profile[oktasync.ActiveAttr] != false || updated.Profile["mobilePhone"] != nil || updated.Profile["login"] != "anna@acme.example" {
		t.Errorf("Update: %v, %v", updated.Profile, err)
	}

	steps := []struct {
		action oktasync.Action
		want   policy.Status
	}{
		{oktasync.Suspend, policy.Suspended},
		{oktasync.EndSessions, policy.Suspended},
		{oktasync.Unsuspend, policy.Active},
		{oktasync.Deactivate, policy.Deprovisioned},
		{oktasync.Activate, policy.Active},
	}
	org.StartSession(a.ID)
	for _, step := range steps {
		if err := client.Act(ctx, a.ID, step.action); err != nil {
			t.Errorf("%s: %v", step.action, err)
		}
		if got, err := client.Read(ctx, a.ID); err != nil || got.Status != step.want {
			t.Errorf("after %s: %s, %v, want %s", step.action, got.Status, err, step.want)
		}
	}
	for _, by := range []struct{ attr, value string }{{oktasync.KeyAttr, "u1"}, {"login", "ANNA@acme.example"}, {oktasync.CustomerAttr, "acme"}} {
		found, err := client.Find(ctx, by.attr, by.value)
		if err != nil || len(found) != 1 || found[0].ID != a.ID {
			t.Errorf("Find %s: %v, %v", by.attr, found, err)
		}
	}
	if found, err := client.Find(ctx, oktasync.KeyAttr, `u1" or status pr or profile.login eq "`); err != nil || len(found) != 0 {
		t.Errorf("Find with a quote in the value: %v, %v", found, err)
	}
	for _, e := range org.Log() {
		if e.Token == oktatest.DefaultToken && !e.Applied {
			t.Errorf("the org did not apply %s %s", e.Op, e.Path)
		}
	}
}

func TestOrgErrors(t *testing.T) {
	org, client := startOrg(t, oktatest.Options{})
	setup(t, client)
	ctx := t.Context()
	create := func(login, key string) (oktasync.Account, error) { return client.Create(ctx, profileOf(login, key)) }
	a, err := create("anna@acme.example", "u1")
	if err != nil {
		t.Fatal(err)
	}
	gone, err := create("gone@acme.example", "u3")
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Act(ctx, gone.ID, oktasync.Deactivate); err != nil {
		t.Fatal(err)
	}
	admin := org.AddUser(map[string]any{"login": "root@vendor.example", "email": "root@vendor.example", "firstName": "R", "lastName": "T"}, "ACTIVE")
	org.AddAdminRole(admin, "SUPER_ADMIN")

	type outcome struct {
		Cause oktasync.Cause
		Attr  string
	}
	tests := []struct {
		name string
		call func() error
		want outcome
	}{
		{"create with a login that is taken", func() error { _, err := create("anna@acme.example", "u2"); return err }, outcome{oktasync.CauseTaken, "login"}},
		{"create with a key that is taken", func() error { _, err := create("other@acme.example", "u1"); return err }, outcome{oktasync.CauseTaken, oktasync.KeyAttr}},
		{"create without an e-mail", func() error {
			_, err := client.Create(ctx, map[string]any{"login": "x@acme.example", "firstName": "X", "lastName": "Y"})
			return err
		}, outcome{oktasync.CauseRefused, "email"}},
		{"update of an unknown attribute", func() error { _, err := client.Update(ctx, a.ID, map[string]any{"shoeSize": "44"}); return err }, outcome{oktasync.CauseRefused, "shoeSize"}},
		{"update of a deprovisioned account", func() error {
			_, err := client.Update(ctx, gone.ID, map[string]any{oktasync.ActiveAttr: false})
			return err
		}, outcome{oktasync.CauseState, ""}},
		{"unsuspend of an active account", func() error { return client.Act(ctx, a.ID, oktasync.Unsuspend) }, outcome{oktasync.CauseState, ""}},
		{"activate of an active account", func() error { return client.Act(ctx, a.ID, oktasync.Activate) }, outcome{oktasync.CauseState, ""}},
		{"deactivate once more", func() error { return client.Act(ctx, gone.ID, oktasync.Deactivate) }, outcome{oktasync.CauseGone, ""}},
		{"read of nobody", func() error { _, err := client.Read(ctx, anna); return err }, outcome{oktasync.CauseGone, ""}},
		{"still being activated", func() error {
			defer org.Inject(oktatest.Fault{Kind: oktatest.StillActivating409})()
			_, err := client.Update(ctx, a.ID, map[string]any{oktasync.ActiveAttr: true})
			return err
		}, outcome{oktasync.CauseRetry, ""}},
		{"applied, then reset", func() error {
			defer org.Inject(oktatest.Fault{Kind: oktatest.ResetAfter})()
			return client.Act(ctx, a.ID, oktasync.Suspend)
		}, outcome{oktasync.CauseUnknown, ""}},
		{"end of file before applying", func() error {
			defer org.Inject(oktatest.Fault{Kind: oktatest.ResetBefore, Clean: true})()
			_, err := create("eof@acme.example", "u9")
			return err
		}, outcome{oktasync.CauseUnknown, ""}},
		{"too many calls at once", func() error {
			defer org.Inject(oktatest.Fault{Kind: oktatest.ConcurrencyLimit429})()
			return client.Act(ctx, a.ID, oktasync.EndSessions)
		}, outcome{oktasync.CauseRate, ""}},
		{"no right", func() error {
			defer org.Inject(oktatest.Fault{Kind: oktatest.Forbidden403})()
			_, err := client.Read(ctx, a.ID)
			return err
		}, outcome{oktasync.CauseOrg, ""}},
		{"no token", func() error {
			defer org.Inject(oktatest.Fault{Kind: oktatest.Unauthorized401})()
			_, err := client.Me(ctx)
			return err
		}, outcome{oktasync.CauseOrg, ""}},
		{"everybody, though one was asked for", func() error {
			defer org.Inject(oktatest.Fault{Kind: oktatest.GarbageHTML})()
			_, err := client.Find(ctx, oktasync.KeyAttr, "u1")
			return err
		}, outcome{oktasync.CauseOrg, ""}},
		{"the answer is empty", func() error {
			defer org.Inject(oktatest.Fault{Kind: oktatest.EmptyBody})()
			_, err := client.Read(ctx, a.ID)
			return err
		}, outcome{oktasync.CauseOrg, ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := orgError(t, test.call())
			if diff := cmp.Diff(test.want, outcome{e.Cause, e.Attr}); diff != "" {
				t.Errorf("%v (-want +got):\n%s", e, diff)
			}
		})
	}
	if got, err := client.Read(ctx, a.ID); err != nil || got.Status != policy.Suspended {
		t.Errorf("the suspension whose answer was lost: %s, %v, want it shown by a read", got.Status, err)
	}
	for id, want := range map[string]bool{admin: true, a.ID: false} {
		if got, err := client.IsAdmin(ctx, id); got != want || err != nil {
			t.Errorf("IsAdmin(%s) = %v, %v", id, got, err)
		}
	}
}

func TestOrgAdminByGroup(t *testing.T) {
	org, client := startOrg(t, oktatest.Options{})
	id := org.AddUser(map[string]any{"login": "a@vendor.example", "email": "a@vendor.example", "firstName": "A", "lastName": "B"}, "ACTIVE")
	group := org.AddGroup("helpdesk", "OKTA_GROUP")
	org.AddGroupAdminRole(group, "HELP_DESK_ADMIN")
	for _, in := range []bool{false, true} {
		org.SetMember(group, id, in)
		if got, err := client.IsAdmin(t.Context(), id); got != in || err != nil {
			t.Errorf("IsAdmin while the membership is %v: %v, %v", in, got, err)
		}
	}
}

func TestOrgFindPages(t *testing.T) {
	org, client := startOrg(t, oktatest.Options{RateLimit: -1})
	setup(t, client)
	want := map[string]bool{}
	for i := range 2*pageSize + 7 {
		login := "p" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + "@acme.example"
		want[org.AddUser(profileOf(login, login), "ACTIVE")] = true
	}
	found, err := client.Find(t.Context(), oktasync.CustomerAttr, "acme")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, a := range found {
		got[a.ID] = true
	}
	if diff := cmp.Diff(want, got); diff != "" || len(found) != len(want) {
		t.Errorf("%d accounts (-want +got):\n%s", len(found), diff)
	}
}

// TestI33_OverHTTP drives the client harder than the org allows, and counts what arrived. A governor that may use the
// whole limit is the mutant.
func TestI33_OverHTTP(t *testing.T) {
	if sent, limit, refused := flood(t, 0.5); sent == 0 || sent > limit/2 || refused != 0 {
		t.Errorf("%d calls arrived and %d were refused, want at most half of the limit of %d", sent, refused, limit)
	}
	if sent, limit, _ := flood(t, 1); sent <= limit/2 {
		t.Errorf("the mutant sent only %d calls of %d: the check would not catch it", sent, limit)
	}
}

// flood makes 60 calls at once under a governor with the share.
func flood(t *testing.T, share float64) (sent, limit, refused int) {
	org, client := startOrg(t, oktatest.Options{RateLimit: 100})
	client.transport.governor = oktasync.NewGovernor(share, client.now)
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			ctx, cancel := testContext(t)
			defer cancel()
			_, _ = client.Find(ctx, "login", "nobody@acme.example")
		})
	}
	wg.Wait()
	for _, e := range org.Log() {
		if e.Status == 429 {
			refused++
		}
		limit, sent = e.Limit, sent+1
	}
	return sent, limit, refused
}
