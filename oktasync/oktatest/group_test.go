package oktatest

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func names(t *testing.T, r reply) []string {
	t.Helper()
	out := []string{}
	for _, g := range r.list(t) {
		out = append(out, g["profile"].(map[string]any)["name"].(string))
	}
	return out
}

func TestGroups(t *testing.T) {
	c := serve(t, Options{})
	id := c.must(200, c.post("/api/v1/groups", `{"profile":{"name":"acme: Staff"}}`)).object(t)["id"].(string)
	c.must(200, c.post("/api/v1/groups", `{"profile":{"name":"acme: Admins","description":"d"}}`))
	app := c.org.AddGroup("from AD", GroupApp)

	if r := c.must(400, c.post("/api/v1/groups", `{"profile":{"name":"acme: Staff"}}`)); r.code(t) != "E0000001" {
		t.Errorf("duplicate name: error code %s", r.code(t))
	}
	c.must(400, c.post("/api/v1/groups", `{"profile":{}}`))
	c.must(400, c.post("/api/v1/groups", `{"profile":{"name":"x","color":"red"}}`))
	for query, want := range map[string][]string{
		"":             {"Everyone", "acme: Staff", "acme: Admins", "from AD"},
		"?q=ACME":      {"acme: Staff", "acme: Admins"},
		"?limit=1&q=a": {"acme: Staff"},
		"?search=" + url.QueryEscape(`profile.name eq "acme: Admins"`): {"acme: Admins"},
		"?filter=" + url.QueryEscape(`type eq "APP_GROUP"`):            {"from AD"},
	} {
		if diff := cmp.Diff(want, names(t, c.must(200, c.get("/api/v1/groups"+query)))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	c.must(400, c.get("/api/v1/groups?search="+url.QueryEscape(`profile.name ne "x"`)))
	c.must(200, c.do("PUT", "/api/v1/groups/"+id, `{"profile":{"name":"acme: All"}}`))
	if got := c.must(200, c.get("/api/v1/groups/"+id)).object(t)["profile"].(map[string]any)["name"]; got != "acme: All" {
		t.Errorf("name is %v", got)
	}
	c.must(403, c.do("PUT", "/api/v1/groups/"+app, `{"profile":{"name":"x"}}`))
	c.must(204, c.do("DELETE", "/api/v1/groups/"+id, ""))
	c.must(404, c.get("/api/v1/groups/"+id))
}

func TestMembers(t *testing.T) {
	c := serve(t, Options{})
	group, app := c.org.AddGroup("g", GroupOkta), c.org.AddGroup("from AD", GroupApp)
	id, gone := c.create("a@x.example"), c.create("b@x.example")
	c.org.SetStatus(gone, StatusDeprovisioned)
	member := "/api/v1/groups/" + group + "/users/"
	for range 2 { // safe to repeat
		c.must(204, c.do("PUT", member+id, ""))
	}
	if r := c.must(403, c.do("PUT", member+gone, "")); r.code(t) != "E0000038" {
		t.Errorf("deprovisioned: error code %s", r.code(t))
	}
	c.must(404, c.do("PUT", member+"00u00000000000000000", ""))
	c.must(404, c.do("PUT", "/api/v1/groups/00g00000000000000000/users/"+id, ""))
	c.must(403, c.do("PUT", "/api/v1/groups/"+app+"/users/"+id, ""))
	if diff := cmp.Diff([]string{"a@x.example"}, logins(t, c.must(200, c.get("/api/v1/groups/"+group+"/users")))); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Everyone", "g"}, names(t, c.must(200, c.get("/api/v1/users/"+id+"/groups")))); diff != "" {
		t.Errorf("groups of the user (-want +got):\n%s", diff)
	}
	for range 2 {
		c.must(204, c.do("DELETE", member+id, ""))
	}
	if u, _ := c.org.User(id); len(u.Groups) != 0 {
		t.Errorf("groups %v are left", u.Groups)
	}
}

func TestRoles(t *testing.T) {
	c := serve(t, Options{})
	group := c.org.AddGroup("admins", GroupOkta)
	id := c.create("a@x.example")
	c.org.AddGroupAdminRole(group, "ORG_ADMIN")
	kinds := func(path string) []string {
		out := []string{}
		for _, r := range c.must(200, c.get(path)).list(t) {
			out = append(out, r["type"].(string)+" "+r["assignmentType"].(string))
		}
		return out
	}
	if u, _ := c.org.User(id); u.Admin {
		t.Error("an ordinary user counts as an administrator")
	}
	c.org.SetMember(group, id, true)
	if u, _ := c.org.User(id); !u.Admin {
		t.Error("a member of a group with a role is no administrator")
	}
	c.org.AddAdminRole(id, "HELP_DESK_ADMIN")
	if diff := cmp.Diff([]string{"HELP_DESK_ADMIN USER", "ORG_ADMIN GROUP"}, kinds("/api/v1/users/"+id+"/roles")); diff != "" {
		t.Errorf("roles of the user (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ORG_ADMIN GROUP"}, kinds("/api/v1/groups/"+group+"/roles")); diff != "" {
		t.Errorf("roles of the group (-want +got):\n%s", diff)
	}
	c.must(409, c.post("/api/v1/users/"+id+"/roles", `{"type":"HELP_DESK_ADMIN"}`))
	c.must(400, c.post("/api/v1/users/"+id+"/roles", `{"type":"KING"}`))
}

func TestIdPs(t *testing.T) {
	c := serve(t, Options{})
	id := c.create("a@x.example")
	idp := c.org.AddIdP("acme", "ACTIVE")
	c.org.LinkIdP(id, idp)
	c.org.SetIdPConditions(idp, "UNSUSPEND", "NONE")
	p := c.must(200, c.get("/api/v1/idps/"+idp)).object(t)
	suspended := p["policy"].(map[string]any)["provisioning"].(map[string]any)["conditions"].(map[string]any)["suspended"]
	if diff := cmp.Diff(map[string]any{"action": "UNSUSPEND"}, suspended); diff != "" || p["status"] != "ACTIVE" {
		t.Errorf("status %v, condition (-want +got):\n%s", p["status"], diff)
	}
	c.org.SetIdPStatus(idp, "INACTIVE")
	linked := c.must(200, c.get("/api/v1/users/"+id+"/idps")).list(t)
	if len(linked) != 1 || linked[0]["id"] != idp || linked[0]["status"] != "INACTIVE" {
		t.Errorf("linked: %v", linked)
	}
	if n := len(c.must(200, c.get("/api/v1/idps")).list(t)); n != 1 {
		t.Errorf("%d identity providers, want 1", n)
	}
	c.must(404, c.get("/api/v1/idps/0oa00000000000000000"))
}
