package store_test

import (
	"fmt"
	"testing"

	"drawbridge/bridge"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// multiply makes n users at once; the syncer is not told of them.
func (x *bench) multiply(n int) {
	x.Helper()
	w := x.draft()
	_, err := x.Exec(x.Context(), fmt.Sprintf(`WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < %d)
INSERT INTO users (id, customer_id, user_name_key, external_id, doc, folded, version, connected, active, removed_at, deleted_at, created_at, modified_at)
SELECT '01933333-0000-7000-8000-' || substr(CAST(1000000000000 + i AS TEXT), 2), '%s', 'copy' || i || '@acme.example', 'x' || i, replace('%s', '%[4]s', 'copy' || i || '@acme.example'),
  replace('%[3]s', '%[4]s', 'copy' || i || '@acme.example'), 1, TRUE, TRUE, 0, 0, 1700000000000000 + i, 1700000000000000 + i FROM numbers`, n, x.cred.CustomerID, w.User.Folded, w.User.NameKey))
	if err != nil {
		x.Fatal(err)
	}
	statements := []string{`INSERT INTO user_block (customer_id, block, users, active) SELECT customer_id, ordinal / 1024, COUNT(*), COUNT(*) FROM users GROUP BY customer_id, ordinal / 1024`}
	if !x.Embedded() {
		statements = append(statements, `VACUUM ANALYZE users`)
	}
	for _, q := range statements {
		if _, err := x.Exec(x.Context(), q); err != nil {
			x.Fatal(err)
		}
	}
}

func copyID(i int) string { return fmt.Sprintf("01933333-0000-7000-8000-%012d", i) }

// BenchmarkBySize runs the same requests of one client on customers of 1,000, 100,000 and 1,000,000 users.
func BenchmarkBySize(b *testing.B) {
	asks := []struct{ name, filter string }{
		{"first page", ""}, {"userName eq", `userName eq "copy777@acme.example"`}, {"externalId eq", `externalId eq "x777"`}, {"id eq", `id eq "` + copyID(777) + `"`},
		{"work mail eq", `emails[type eq "work"].value eq "copy777@acme.example"`}, {"mail eq", `emails.value eq "copy777@acme.example"`},
		{"lastModified gt", `meta.lastModified gt "2033-01-01T00:00:00Z"`},
	}
	for _, n := range []int{1000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			eachStore(b, func(x *bench) {
				x.multiply(n)
				top := x.B
				for _, ask := range asks {
					top.Run(ask.name, func(b *testing.B) {
						q := bridge.Query{StartIndex: 1, Count: 100}
						if ask.filter != "" {
							var err error
							if q.Filter, err = filter.Parse(ask.filter); err != nil {
								b.Fatal(err)
							}
						}
						for b.Loop() {
							if _, err := x.FindUsers(b.Context(), x.now, x.cred, schema.User(), q); err != nil {
								b.Fatal(err)
							}
						}
					})
				}
			})
		})
	}
}

// BenchmarkAddMember puts one user into a group and takes it out again; a group of 100,000 costs what one of 10 does.
func BenchmarkAddMember(b *testing.B) {
	for _, n := range []int{10, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			eachStore(b, func(x *bench) {
				x.multiply(n + 1)
				var ids []string
				for i := range n {
					ids = append(ids, copyID(i+1))
				}
				g, err := x.InsertGroup(x.Context(), x.now, bridge.GroupWrite{
					Credential: x.cred, Members: bridge.MemberChange{Add: ids, Live: ids}, Event: bridge.Event{ID: newID(), At: x.now, Kind: bridge.EventGroupCreated, Actor: "idp:bench"},
					Group: bridge.Group{ID: newID(), CustomerID: x.cred.CustomerID, NameKey: "all", Doc: []byte("{}"), Folded: []byte("{}"), Version: 1},
				})
				if err != nil {
					x.Fatal(err)
				}
				one := []string{copyID(n + 1)}
				add, remove := bridge.MemberChange{Add: one, Live: one}, bridge.MemberChange{Remove: one}
				x.ResetTimer()
				for range x.N {
					for _, change := range []bridge.MemberChange{add, remove} {
						g.Version++
						w := bridge.GroupWrite{Credential: x.cred, Group: g, Members: change, Event: bridge.Event{ID: newID(), At: x.now, Kind: bridge.EventGroupMembers, Actor: "idp:bench"}}
						if g, err = x.ReplaceGroup(x.Context(), x.now, w); err != nil {
							x.Fatal(err)
						}
					}
				}
			})
		})
	}
}

// BenchmarkSmallGroup reads a group of 10 with its members, alone and beside one of 100,000.
func BenchmarkSmallGroup(b *testing.B) {
	for _, n := range []int{0, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			eachStore(b, func(x *bench) {
				x.multiply(n + 10)
				group := func(name string, size int) bridge.Group {
					var ids []string
					for i := range size {
						ids = append(ids, copyID(i+1))
					}
					g, err := x.InsertGroup(x.Context(), x.now, bridge.GroupWrite{
						Credential: x.cred, Members: bridge.MemberChange{Add: ids, Live: ids}, Event: bridge.Event{ID: newID(), At: x.now, Kind: bridge.EventGroupCreated, Actor: "idp:bench"},
						Group: bridge.Group{ID: newID(), CustomerID: x.cred.CustomerID, NameKey: name, Doc: []byte("{}"), Folded: []byte("{}"), Version: 1},
					})
					if err != nil {
						x.Fatal(err)
					}
					return g
				}
				group("large", n)
				small := group("small", 10)
				if !x.Embedded() {
					if _, err := x.Exec(x.Context(), `ANALYZE`); err != nil {
						x.Fatal(err)
					}
				}
				x.ResetTimer()
				for range x.N {
					g, err := x.Group(x.Context(), x.now, x.cred, small.ID, bridge.All)
					if err != nil || len(g.References) != 10 {
						x.Fatal(len(g.References), err)
					}
				}
			})
		})
	}
}
