package oktatest

import (
	"fmt"
	"sync"
	"testing"
)

// TestOrg_concurrentClients: of many creates of one key exactly one succeeds, and the log is in one order.
func TestOrg_concurrentClients(t *testing.T) {
	c := serve(t, Options{MaxConcurrent: -1})
	c.setup()
	const clients, keys = 8, 10
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			for k := range keys {
				login := fmt.Sprintf("u%d-%d@x.example", n, k)
				c.post("/api/v1/users?provider=true", federatedUser(login, fmt.Sprintf(`,"scimKey":"k%d"`, k)))
				c.get("/api/v1/users?limit=5")
				c.org.Users()
				c.org.Log()
			}
		})
	}
	wg.Wait()
	if n := len(c.org.Users()); n != keys {
		t.Errorf("%d users, want one for each of %d keys", n, keys)
	}
	for i, e := range c.org.Log() {
		if e.Seq != i+1 || e.End.IsZero() {
			t.Fatalf("entry %d has number %d and end %v", i+1, e.Seq, e.End)
		}
	}
}

func TestHand_standsInTheLog(t *testing.T) {
	c := serve(t, Options{})
	id := c.org.AddUser(person("a@x.example"), StatusSuspended, UserOptions{Password: "Secret123"})
	c.org.AddAdminRole(id, "SUPER_ADMIN")
	c.must(200, c.post("/api/v1/users/"+id+"/lifecycle/unsuspend", ""))
	if u, _ := c.org.User(id); u.Status != StatusActive {
		t.Errorf("unsuspend made it %s, want ACTIVE", u.Status)
	}
	entries := c.org.Log()
	if entries[0].Before != nil || entries[0].After.Status != StatusSuspended || entries[0].Token != Hand {
		t.Errorf("AddUser stands in the log as %+v", entries[0])
	}
	if entries[1].Before.Admin || !entries[1].After.Admin {
		t.Errorf("AddAdminRole stands in the log as %+v, %+v", entries[1].Before, entries[1].After)
	}
}

func BenchmarkSearch10k(b *testing.B) {
	o := New(Options{})
	for i := range 10_000 {
		o.AddUser(person(fmt.Sprintf("u%d@x.example", i)), StatusActive)
	}
	match, err := parseExpr(`profile.login eq "u9999@x.example" and status eq "ACTIVE"`, searchOperators, o.searchable)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, r := range o.order {
			match(r.cur.field)
		}
	}
}
