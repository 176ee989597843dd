package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/scim/schema"
)

// TestPlansUseIndexes checks on 5,000 users how each statement of a request finds its rows, on PostgreSQL both without
// statistics, as in the first minutes of a customer's first push, and with them.
func TestPlansUseIndexes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		cred, u := fiveThousand(t, s)
		check := func(when string, statements []store.Planned) {
			for _, p := range statements {
				plan, err := s.Explain(t.Context(), p)
				if err != nil {
					t.Fatal(err)
				}
				for _, why := range badPlan(plan, p.Index) {
					t.Errorf("%s, %s: %s:\n%s", p.Name, when, why, plan)
				}
			}
		}
		whole, err := s.Explain(t.Context(), store.Planned{SQL: "SELECT doc FROM users u WHERE customer_id = $1 AND version = $2", Args: []any{cred.CustomerID, 1}})
		if err != nil {
			t.Fatal(err)
		}
		if len(badPlan(whole, "users_user_name")) == 0 {
			t.Errorf("the check takes this for a good plan:\n%s", whole)
		}
		check("without statistics", s.HotStatements(cred, u))   // which SQLite never has
		check("without statistics", s.GroupStatements(cred, u)) // by which PostgreSQL would read the few groups as a whole
		if s.Embedded() {
			return
		}
		if _, err := s.Exec(t.Context(), "ANALYZE"); err != nil {
			t.Fatal(err)
		}
		check("with statistics", s.HotStatements(cred, u))
	})
}

// badPlan says why a plan reads more of users than it should.
func badPlan(plan, index string) []string {
	var wrong []string
	for _, line := range strings.Split(plan, "\n") {
		if strings.Contains(line, "Seq Scan on users") || strings.TrimSpace(line) == "SCAN u" || strings.HasPrefix(line, "SCAN users") {
			wrong = append(wrong, "it reads the whole table")
		}
		if strings.HasSuffix(line, "(customer_id=?)") && strings.Contains(line, " u ") {
			wrong = append(wrong, "it reads all users of the customer")
		}
	}
	if !strings.Contains(plan, index) {
		wrong = append(wrong, "it does not use "+index)
	}
	return wrong
}

// fiveThousand adds a customer with 5,000 users, beside another one with some.
func fiveThousand(t *testing.T, s *store.Store) (bridge.Credential, bridge.User) {
	t.Helper()
	now := time.Now()
	var cred bridge.Credential
	var last bridge.User
	for n, slug := range []string{"beta", "acme"} {
		c := bridge.Customer{ID: newID(), Slug: slug, State: bridge.Live, Logins: bridge.ParkLogins, Created: now, Modified: now}
		token := bridge.Token{ID: newID(), CustomerID: c.ID, Class: bridge.SCIMToken, Created: now, Expires: now.Add(time.Hour)}
		if err := s.AddCustomer(t.Context(), c, nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.AddToken(t.Context(), token, bridge.Digest{byte(n)}, 1, bridge.Event{}); err != nil {
			t.Fatal(err)
		}
		cred = bridge.Credential{TokenID: token.ID, CustomerID: c.ID}
		var wg sync.WaitGroup
		const writers = 8
		for w := range writers {
			wg.Go(func() {
				for i := w; i < 100+4900*n; i += writers {
					name := fmt.Sprintf("user%05d", i)
					u := bridge.User{
						ID: newID(), CustomerID: c.ID, NameKey: name, ExternalID: name, Doc: []byte("{}"), Folded: []byte("{}"), Version: 1, Created: now, Modified: now,
					}
					write := bridge.UserWrite{
						Credential: cred, User: u, Members: 1, Actives: 1, Event: bridge.Event{ID: newID(), At: now, Kind: bridge.EventUserCreated, Actor: "idp:test"},
					}
					if _, err := s.InsertUser(t.Context(), now, write); err != nil {
						t.Error(err)
						return
					}
					if i == 99 {
						last = u
					}
				}
			})
		}
		wg.Wait()
	}
	groupsOfAll(t, s, cred)
	return cred, last
}

// groupsOfAll puts the customer's users into groups of a hundred.
func groupsOfAll(t *testing.T, s *store.Store, cred bridge.Credential) {
	page, err := s.FindUsers(t.Context(), time.Now(), cred, schema.User(), bridge.Query{StartIndex: 1, Count: 5000})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(page.Users); i += 100 {
		var ids []string
		for _, u := range page.Users[i:min(i+100, len(page.Users))] {
			ids = append(ids, u.ID)
		}
		name := fmt.Sprintf("group%02d", i/100)
		_, err := s.InsertGroup(t.Context(), time.Now(), bridge.GroupWrite{
			Credential: cred, Members: bridge.MemberChange{Add: ids, Live: ids}, Event: bridge.Event{ID: newID(), At: time.Now(), Kind: bridge.EventGroupCreated, Actor: "idp:test"},
			Group: bridge.Group{ID: newID(), CustomerID: cred.CustomerID, NameKey: name, Doc: []byte("{}"), Folded: []byte("{}"), Version: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestPagesAreFlat checks on 5,000 users that the last page reads about as many rows as the first one.
func TestPagesAreFlat(t *testing.T) {
	s := storetest.Postgres(t)
	cred, _ := fiveThousand(t, s)
	for _, start := range []int{1, 1000, 2500, 4901} {
		rows, err := s.RowsRead(t.Context(), cred, start, 100)
		if err != nil {
			t.Fatal(err)
		}
		if rows < 100 || rows > 100+1023 {
			t.Errorf("the page from %d reads %d rows of users, want its 100 and less than 1,024 skipped", start, rows)
		}
	}
}
