package oktatest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// outcome is what a lifecycle call answers and leaves.
type outcome struct {
	status int
	code   string
	after  string
}

func statuses() []string {
	return []string{
		StatusStaged, StatusProvisioned, StatusActive, StatusRecovery, StatusPasswordExpired, StatusLockedOut,
		StatusSuspended, StatusDeprovisioned,
	}
}

// TestLifecycle goes through every call from every status; what is not listed is refused as said and changes nothing.
func TestLifecycle(t *testing.T) {
	tests := []struct {
		call    string
		refused outcome
		allowed map[string]string // from -> to
	}{
		{"activate", outcome{403, "E0000016", ""}, map[string]string{StatusStaged: StatusActive, StatusDeprovisioned: StatusProvisioned}},
		{"reactivate", outcome{403, "E0000038", ""}, map[string]string{StatusProvisioned: StatusProvisioned, StatusRecovery: StatusRecovery}},
		{"suspend", outcome{400, "E0000001", ""}, map[string]string{StatusActive: StatusSuspended}},
		{"unsuspend", outcome{400, "E0000001", ""}, map[string]string{StatusSuspended: StatusActive}},
		{"deactivate", outcome{404, "E0000007", ""}, map[string]string{
			StatusStaged: StatusDeprovisioned, StatusProvisioned: StatusDeprovisioned, StatusActive: StatusDeprovisioned,
			StatusRecovery: StatusDeprovisioned, StatusPasswordExpired: StatusDeprovisioned, StatusLockedOut: StatusDeprovisioned,
			StatusSuspended: StatusDeprovisioned,
		}},
		{"unlock", outcome{403, "E0000032", ""}, map[string]string{StatusLockedOut: StatusActive}},
		{"reset_password", outcome{403, "E0000017", ""}, map[string]string{
			StatusProvisioned: StatusRecovery, StatusActive: StatusRecovery, StatusRecovery: StatusRecovery,
			StatusPasswordExpired: StatusRecovery, StatusLockedOut: StatusRecovery,
		}},
	}
	for _, tt := range tests {
		for _, from := range statuses() {
			t.Run(tt.call+" from "+from, func(t *testing.T) {
				c := serve(t, Options{})
				id := c.org.AddUser(person("a@x.example"), StatusStaged, UserOptions{Password: "Secret123"})
				if from == StatusSuspended {
					c.org.SetStatus(id, StatusActive)
				}
				c.org.SetStatus(id, from)
				want := tt.refused
				want.after = from
				if to, allowed := tt.allowed[from]; allowed {
					want = outcome{200, "", to}
				}
				r := c.post("/api/v1/users/"+id+"/lifecycle/"+tt.call+"?sendEmail=true", "")
				u, _ := c.org.User(id)
				if diff := cmp.Diff(want, outcome{r.status, r.code(t), u.Status}, cmp.AllowUnexported(outcome{})); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestSuspend_provisionedWhereTheOrgAllowsIt(t *testing.T) {
	c := serve(t, Options{SuspendProvisioned: true})
	id := c.org.AddUser(person("a@x.example"), StatusProvisioned)
	c.must(200, c.post("/api/v1/users/"+id+"/lifecycle/suspend", ""))
	c.must(200, c.post("/api/v1/users/"+id+"/lifecycle/unsuspend", ""))
	if u, _ := c.org.User(id); u.Status != StatusProvisioned {
		t.Errorf("unsuspend gave back %s, want PROVISIONED", u.Status)
	}
}

func TestRevocation_effects(t *testing.T) {
	c := serve(t, Options{})
	group := c.org.AddGroup("staff", GroupOkta)
	id := c.org.AddUser(person("a@x.example"), StatusActive, UserOptions{Federated: true, Groups: []string{group}})
	c.org.AddAdminRole(id, "HELP_DESK_ADMIN")
	c.org.StartSession(id)

	c.must(200, c.post("/api/v1/users/"+id+"/lifecycle/suspend", ""))
	u, _ := c.org.User(id)
	if u.Sessions != 0 || !u.Admin || len(u.Groups) != 1 {
		t.Errorf("after suspend: %+v", u)
	}
	c.must(200, c.post("/api/v1/users/"+id+"/lifecycle/unsuspend", ""))
	c.org.StartSession(id)
	c.must(200, c.post("/api/v1/users/"+id+"/lifecycle/deactivate", ""))
	u, _ = c.org.User(id)
	if u.Sessions != 0 || u.Admin || len(u.Groups) != 1 {
		t.Errorf("after deactivate: %+v", u)
	}
	c.must(200, c.post("/api/v1/users/"+id+"/lifecycle/activate?sendEmail=false", ""))
	if u, _ = c.org.User(id); u.Status != StatusActive || u.Mails != 0 {
		t.Errorf("a federated user came back as %s with %d mails", u.Status, u.Mails)
	}
}

func TestEndSessions(t *testing.T) {
	c := serve(t, Options{})
	id := c.create("a@x.example")
	c.org.StartSession(id)
	c.must(204, c.do("DELETE", "/api/v1/users/"+id+"/sessions", ""))
	if u, _ := c.org.User(id); u.Sessions != 0 || u.OAuthTokens != 1 {
		t.Errorf("sessions %d, tokens %d; want 0, 1", u.Sessions, u.OAuthTokens)
	}
	c.must(204, c.do("DELETE", "/api/v1/users/"+id+"/sessions?oauthTokens=true", ""))
	if u, _ := c.org.User(id); u.OAuthTokens != 0 {
		t.Errorf("%d OAuth tokens are left", u.OAuthTokens)
	}
}

// checkSignIn expects a way to sign in, none if how is empty.
func (c *client) checkSignIn(name, id, how string) {
	c.t.Helper()
	got := c.org.CanSignIn(id)
	if got.OK != (how != "") || got.How != how || got.Why == "" {
		c.t.Errorf("%s: got %+v, want how %q", name, got, how)
	}
}

func TestCanSignIn(t *testing.T) {
	k := newClock()
	c := serve(t, Options{Now: k.now})
	idp := c.org.AddIdP("acme", "ACTIVE")
	other := c.org.AddIdP("other", "ACTIVE", "other.example")
	sso := c.org.AddUser(person("sso@x.example"), StatusActive, UserOptions{Federated: true, IdPs: []string{idp}})
	unlinked := c.org.AddUser(person("u@OTHER.example"), StatusActive, UserOptions{Federated: true})
	password := c.org.AddUser(person("p@x.example"), StatusActive, UserOptions{Password: "Secret123"})
	bare := c.org.AddUser(person("b@x.example"), StatusActive)
	check := c.checkSignIn
	check("linked", sso, "sso")
	check("password", password, "password")
	check("neither", bare, "")
	check("nobody", "00u00000000000000000", "")

	c.org.SetIdPStatus(idp, "INACTIVE")
	check("linked with a provider that is off", sso, "")
	check("routed by domain", unlinked, "sso")
	c.org.SetIdPStatus(other, "INACTIVE")
	check("routed to a provider that is off", unlinked, "")
	c.org.SetIdPStatus(idp, "ACTIVE")

	c.org.SetStatus(sso, StatusSuspended)
	check("suspended", sso, "")
	c.org.SetIdPConditions(idp, "UNSUSPEND", "NONE")
	check("suspended, with a rule that unsuspends", sso, "sso")
	c.org.SetStatus(sso, StatusDeprovisioned)
	check("deprovisioned, with a rule that unsuspends", sso, "")
	c.org.SetIdPConditions(idp, "NONE", "REACTIVATE")
	check("deprovisioned, with a rule that reactivates", sso, "sso")
	c.org.SetIdPStatus(idp, "INACTIVE")
	check("deprovisioned, with a provider that is off", sso, "")
	c.org.SetIdPStatus(idp, "ACTIVE")
	c.org.SetIdPConditions(idp, "NONE", "NONE")
	c.org.SetStatus(sso, StatusActive)
}

func TestCanSignIn_resetLink(t *testing.T) {
	k := newClock()
	c := serve(t, Options{Now: k.now})
	idp := c.org.AddIdP("acme", "ACTIVE")
	sso := c.org.AddUser(person("sso@x.example"), StatusActive, UserOptions{Federated: true, IdPs: []string{idp}})
	check := c.checkSignIn
	reset := func() string {
		t.Helper()
		answer := c.must(200, c.post("/api/v1/users/"+sso+"/lifecycle/reset_password?sendEmail=false", "")).object(t)
		link, _ := answer["resetPasswordUrl"].(string)
		if link == "" {
			t.Errorf("no link in %v", answer)
		}
		return link
	}
	link := reset()
	if u, _ := c.org.User(sso); u.Credentials.Provider.Type != "OKTA" || u.Status != StatusProvisioned || u.Mails != 0 {
		t.Errorf("after a reset without mail: %+v", u)
	}
	check("reset link", sso, "reset link")
	k.move(time.Hour)
	check("reset link that expired", sso, "")
	if c.org.FollowLink(link, "Secret456") {
		t.Error("a link that expired could be followed")
	}
	link = reset()
	if !c.org.FollowLink(link, "Secret456") || c.org.FollowLink(link, "Secret789") {
		t.Error("a live link is to be followed once")
	}
	check("password chosen", sso, "password")

	c.must(200, c.post("/api/v1/users/"+sso+"/lifecycle/reset_password?provider=FEDERATION&sendEmail=false", ""))
	check("federated again", sso, "sso")
}

func TestFederate_refused(t *testing.T) {
	c := serve(t, Options{RefuseFederate: true})
	id := c.org.AddUser(person("p@x.example"), StatusActive, UserOptions{Password: "Secret123"})
	c.must(403, c.post("/api/v1/users/"+id+"/lifecycle/reset_password?provider=FEDERATION&sendEmail=false", ""))
	if got := c.org.CanSignIn(id); got.How != "password" {
		t.Errorf("got %+v", got)
	}
}
