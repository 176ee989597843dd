package store

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

func TestPlans(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, os.Getenv("SCRATCH_DSN"), Options{NewID: sid, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var cred bridge.Credential
	s.writer.Get(&cred.CustomerID, `SELECT customer_id FROM users LIMIT 1`)
	s.writer.Get(&cred.TokenID, `SELECT id FROM tokens WHERE customer_id = $1`, cred.CustomerID)
	var id string
	s.writer.Get(&id, `SELECT id FROM users WHERE customer_id = $1 LIMIT 1`, cred.CustomerID)
	if os.Getenv("SCRATCH_ANALYZE") != "" { s.writer.MustExec("ANALYZE") }
	s.FoldBlocks(ctx)
	x, _ := filter.Parse(`externalId eq "a"`)
	y, _ := filter.Parse(`emails.value eq "a"`)
	timed := map[string]time.Duration{}
	for i := range 12 {
		do := func(name string, f func() error) { st := time.Now(); if err := f(); err != nil { t.Fatal(name, err) }; timed[name] = time.Since(st) }
		do("user", func() error { _, err := s.User(ctx, now, cred, id); return err })
		do("byname", func() error { _, err := s.UserByName(ctx, now, cred, "zz"); if bridge.CodeOf(err) == bridge.NotFound { err = nil }; return err })
		do("deleted", func() error { _, err := s.DeletedUser(ctx, now, cred, "zz", "q"); return err })
		do("first", func() error { _, err := s.ListUsers(ctx, now, cred, 1, 100); return err })
		do("deep", func() error { _, err := s.ListUsers(ctx, now, cred, 20000, 100); return err })
		do("ext", func() error { _, err := s.FindUsers(ctx, now, cred, schema.User(), x, 1, 100); return err })
		if i < 6 { do("email", func() error { _, err := s.FindUsers(ctx, now, cred, schema.User(), y, 1, 100); return err }) }
		do("userof", func() error { _, err := s.UserOf(ctx, cred.CustomerID, id); return err })
		do("subject", func() error { _, err := s.Subject(ctx, cred.CustomerID, id); return err })
		do("search", func() error { _, err := s.SearchUsers(ctx, cred.CustomerID, "user00", 10); return err })
		do("due", func() error { _, err := s.DueUsers(ctx, now, 10, nil); return err })
		do("next", func() error { _, _, err := s.NextDue(ctx, now); return err })
		do("removals", func() error { _, err := s.Removals(ctx, cred.CustomerID, now); return err })
		do("number", func() error { _, err := s.NumberEvents(ctx, 500); return err })
		do("fold", func() error { return s.FoldBlocks(ctx) })
	}
	fmt.Println(timed)
	type row struct{ S string; G, C int }
	var rows []row
	s.writer.Select(&rows, `SELECT left(regexp_replace(statement, '\s+', ' ', 'g'), 150) AS s, generic_plans AS g, custom_plans AS c FROM pg_prepared_statements`)
	for _, r := range rows {
		fmt.Println(r.G, r.C, r.S)
	}
	var n int
	s.writer.Get(&n, `SELECT COUNT(*) FROM users`)
	fmt.Println(n, "users")
}
