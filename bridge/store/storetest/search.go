package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// target finds what a query sorts by.
func (f *fixture) target(rt *schema.ResourceType, text string) filter.Target {
	f.Helper()
	p, err := filter.ParsePath(text, rt.URNs()...)
	f.must(err)
	t, err := filter.ResourceScope(rt).Resolve(p.Attr)
	f.must(err)
	return t
}

// person adds a user with a document.
func (f *fixture) person(name, doc, folded string) bridge.User {
	f.Helper()
	w := f.draft(name)
	w.User.Doc, w.User.Folded = []byte(doc), []byte(folded)
	_, err := f.InsertUser(f.ctx(), f.now, w)
	f.must(err)
	return w.User
}

// afters walks a query by cursors, in pages of count.
func (f *fixture) afters(q bridge.Query, count int) []string {
	f.Helper()
	var names []string
	q.Count = count
	for {
		page, err := f.FindUsers(f.ctx(), f.now, f.cred, schema.User(), q)
		f.must(err)
		names = append(names, mapNames(page.Users)...)
		if !page.More {
			return names
		}
		if len(page.Users) != count {
			f.Fatalf("%d users on a page of %d, and more to come", len(page.Users), count)
		}
		q.After = page.Users[count-1].ID
	}
}

func testSort(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	f.person("d", `{"userName":"D","title":"Zebra","active":true,"emails":[{"value":"b@x"},{"value":"a@x","primary":true}]}`, `{"userName":"d","title":"zebra","active":true,"emails":[{"value":"b@x"},{"value":"a@x","primary":true}]}`)
	f.person("a", `{"userName":"a","title":"apple","emails":[{"value":"B@x"},{"value":"a@x"}]}`, `{"userName":"a","title":"apple","emails":[{"value":"b@x"},{"value":"a@x"}]}`)
	f.person("c", `{"userName":"c","name":{"familyName":"É"}}`, `{"userName":"c","name":{"familyName":"é"}}`)
	f.person("b", `{"userName":"b","title":"Apple","emails":"odd","name":{"familyName":"z"}}`, `{"userName":"b","title":"apple","emails":"odd","name":{"familyName":"z"}}`)
	gone := f.person("aa", `{"userName":"aa","title":"apple"}`, `{"userName":"aa","title":"apple"}`)
	f.person("e", `{"userName":"e","title":5}`, `{"userName":"e","title":5}`)
	f.put(f.deleted(gone))
	tests := []struct {
		by       string
		up, down []string
	}{
		{"userName", []string{"a", "b", "c", "d", "e"}, []string{"e", "d", "c", "b", "a"}},
		{"title", []string{"a", "b", "d", "c", "e"}, []string{"c", "e", "d", "a", "b"}},
		{"name.familyName", []string{"b", "c", "d", "a", "e"}, []string{"d", "a", "e", "c", "b"}},
		{"emails", []string{"d", "a", "c", "b", "e"}, []string{"c", "b", "e", "a", "d"}},
		{"emails.value", []string{"d", "a", "c", "b", "e"}, []string{"c", "b", "e", "a", "d"}},
		{"emails.primary", []string{"d", "a", "c", "b", "e"}, []string{"a", "c", "b", "e", "d"}},
		{"active", []string{"d", "a", "c", "b", "e"}, []string{"d", "a", "c", "b", "e"}},
		{"meta.created", []string{"d", "a", "c", "b", "e"}, []string{"d", "a", "c", "b", "e"}},
		{"meta.location", []string{"d", "a", "c", "b", "e"}, []string{"d", "a", "c", "b", "e"}},
		{"name", []string{"d", "a", "c", "b", "e"}, []string{"d", "a", "c", "b", "e"}},
		{"groups", []string{"d", "a", "c", "b", "e"}, []string{"d", "a", "c", "b", "e"}},
	}
	for _, tt := range tests {
		for _, down := range []bool{false, true} {
			want := tt.up
			if down {
				want = tt.down
			}
			q := bridge.Query{StartIndex: 1, Count: 10, Sort: &bridge.Sort{By: f.target(schema.User(), tt.by), Descending: down}}
			page, err := s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), q)
			f.must(err)
			if diff := cmp.Diff(want, mapNames(page.Users)); diff != "" || page.Total != 5 || page.More {
				t.Errorf("by %s, descending %t: total %d, more %t (-want +got):\n%s", tt.by, down, page.Total, page.More, diff)
			}
			for _, count := range []int{1, 2} {
				if diff := cmp.Diff(want, f.afters(q, count)); diff != "" {
					t.Errorf("by %s, descending %t, in cursors of %d (-want +got):\n%s", tt.by, down, count, diff)
				}
			}
			q.StartIndex, q.Count = 3, 2
			page, err = s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), q)
			f.must(err)
			if !slices.Equal(want[2:4], mapNames(page.Users)) || !page.More {
				t.Errorf("by %s, descending %t, 2 from 3: %v, more %t, want %v", tt.by, down, mapNames(page.Users), page.More, want[2:4])
			}
		}
	}
}

func testCursor(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	var want []string
	var users []bridge.User
	for i := range 25 {
		u := f.add(fmt.Sprintf("user%02d", i))
		other.add(fmt.Sprintf("theirs%02d", i))
		users = append(users, u)
		want = append(want, u.NameKey)
	}
	x, err := filter.Parse(`userName sw "user"`)
	f.must(err)
	for what, q := range map[string]bridge.Query{"all": {StartIndex: 1}, "filtered": {StartIndex: 1, Filter: x}} {
		for _, count := range []int{1, 5, 7, 100} {
			if diff := cmp.Diff(want, f.afters(q, count)); diff != "" {
				t.Errorf("%s in cursors of %d (-want +got):\n%s", what, count, diff)
			}
		}
	}
	f.put(f.deleted(users[4])) // the place of a deleted user is still known
	for what, q := range map[string]bridge.Query{"all": {}, "filtered": {Filter: x}} {
		q.After, q.Count = users[4].ID, 2
		page, err := s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), q)
		f.must(err)
		if got := mapNames(page.Users); page.Total != 24 || !slices.Equal(got, want[5:7]) || !page.More {
			t.Errorf("%s behind a deleted user: %v of %d, more %t", what, got, page.Total, page.More)
		}
		q.Count = 0
		page, err = s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), q)
		f.must(err)
		if len(page.Users) != 0 || page.Total != 24 || !page.More {
			t.Errorf("%s, no user of %d, more %t", what, page.Total, page.More)
		}
		for _, id := range []string{newID(), "a\x00b", f.addGroup("Group " + what).ID} {
			q.After = id
			_, err = s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), q)
			f.wantCode(what+" behind nobody", err, bridge.Expired)
		}
		theirs, err := s.UserByName(f.ctx(), f.now, other.cred, "theirs03")
		f.must(err)
		q.After = theirs.ID
		_, err = s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), q)
		f.wantCode(what+" behind another customer's user", err, bridge.Expired)
	}
}

// testFindGroups covers pages, filters and cursors of groups.
func testFindGroups(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	anna, bert := f.add("anna"), f.add("bert")
	f.person("carl", `{"userName":"carl","displayName":"Carl C."}`, `{"userName":"carl","displayName":"carl c."}`)
	carl, err := s.UserByName(f.ctx(), f.now, f.cred, "carl")
	f.must(err)
	one, two, three := f.addGroup("One", anna.ID, carl.ID), f.addGroup("Two", anna.ID), f.addGroup("three")
	other.addGroup("One", other.add("anna").ID)
	names := func(q bridge.Query) ([]string, bridge.GroupPage) {
		t.Helper()
		page, err := s.FindGroups(f.ctx(), f.now, f.cred, schema.Group(), q)
		f.must(err)
		out := []string{}
		for _, g := range page.Groups {
			out = append(out, g.NameKey)
		}
		return out, page
	}
	for text, want := range map[string][]string{
		`displayName eq "ONE"`: {"one"}, `externalId eq "x-Two"`: {"two"}, `id eq "` + three.ID + `"`: {"three"}, `displayName sw "t"`: {"two", "three"},
		`members eq "` + anna.ID + `"`: {"one", "two"}, `members.value eq "` + carl.ID + `"`: {"one"}, `members[value eq "` + bert.ID + `"]`: {},
		`members.value ne "` + anna.ID + `"`: {"one", "three"}, `not (members.value eq "` + anna.ID + `")`: {"three"}, `members pr`: {"one", "two"}, `members eq null`: {"three"},
		`members.display eq "carl C."`: {"one"}, `members.display eq "carl"`: {}, `members[display eq "anna" and type eq "user"]`: {"one", "two"},
		`displayName eq "three" or members[value eq "` + carl.ID + `" and display sw "c"]`: {"one", "three"}, `meta.resourceType eq "Group"`: {"one", "two", "three"},
		`displayName co "%"`: {}, `externalId pr and meta.lastModified ge "2020-01-01T00:00:00Z"`: {"one", "two", "three"},
	} {
		x, err := filter.Parse(text)
		f.must(err)
		got, page := names(bridge.Query{Filter: x, StartIndex: 1, Count: 10})
		if !slices.Equal(got, want) || page.Total != len(want) || page.More {
			t.Errorf("%s: %v of %d, more %t; want %v", text, got, page.Total, page.More, want)
		}
	}
	for text, want := range map[string][]string{
		`groups.value eq "` + one.ID + `"`: {"anna", "carl"}, `groups pr`: {"anna", "carl"}, `not (groups pr)`: {"bert"}, `groups[display eq "TWO"]`: {"anna"},
		`groups.display eq "one" and userName eq "carl"`: {"carl"}, `groups.type eq "direct" and groups.value ne "` + one.ID + `"`: {"anna"}, `groups eq "` + newID() + `"`: {},
	} {
		x, err := filter.Parse(text)
		f.must(err)
		page, err := s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), bridge.Query{Filter: x, StartIndex: 1, Count: 10})
		f.must(err)
		if got := mapNames(page.Users); !slices.Equal(got, want) {
			t.Errorf("%s: %v; want %v", text, got, want)
		}
	}
	got, page := names(bridge.Query{StartIndex: 2, Count: 1, References: 10})
	if !slices.Equal(got, []string{"two"}) || page.Total != 3 || !page.More || !slices.Equal(refIDs(page.Groups[0].References), []string{anna.ID}) {
		t.Errorf("the second group: %+v", page)
	}
	_, page = names(bridge.Query{StartIndex: 1, Count: 9, References: 1})
	if g := page.Groups[0]; !g.Omitted || g.References != nil || len(page.Groups[1].References) != 1 || page.Groups[2].Omitted {
		t.Errorf("with at most one member each: %+v", page)
	}
	byName := &bridge.Sort{By: f.target(schema.Group(), "displayName"), Descending: true}
	if got, _ = names(bridge.Query{StartIndex: 1, Count: 9, Sort: byName}); !slices.Equal(got, []string{"two", "three", "one"}) {
		t.Errorf("by name downward: %v", got)
	}
	if got, _ = names(bridge.Query{After: two.ID, Count: 9, Sort: byName}); !slices.Equal(got, []string{"three", "one"}) {
		t.Errorf("by name downward behind two: %v", got)
	}
	if got, page = names(bridge.Query{After: one.ID, Count: 1}); !slices.Equal(got, []string{"two"}) || !page.More {
		t.Errorf("behind one: %v", got)
	}
	f.must(s.DeleteGroup(f.ctx(), f.now, f.groupWrite(two, bridge.MemberChange{})))
	_, err = s.FindGroups(f.ctx(), f.now, f.cred, schema.Group(), bridge.Query{After: two.ID, Count: 1})
	f.wantCode("behind a deleted group", err, bridge.Expired)
}

// testGroupsOfUsers reads the groups of users, one by one, by name and on a page: before there are groups, and as soon as there are.
func testGroupsOfUsers(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna, bert := f.add("anna"), f.add("bert")
	byName := func(name string, limit int) bridge.User {
		t.Helper()
		x, err := filter.Parse(`userName eq "` + name + `"`)
		f.must(err)
		page, err := s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), bridge.Query{Filter: x, StartIndex: 1, Count: 10, References: limit})
		f.must(err)
		if len(page.Users) != 1 {
			t.Fatalf("%s: %+v, want one user", name, page)
		}
		return page.Users[0]
	}
	for _, u := range []bridge.User{byName("anna", bridge.All), byName("bert", bridge.All)} {
		alone, err := s.User(f.ctx(), f.now, f.cred, u.ID, bridge.All)
		f.must(err)
		if len(u.Groups)+len(alone.Groups) > 0 || u.Omitted || alone.Omitted {
			t.Errorf("before there are groups: %+v and alone %+v", u, alone)
		}
	}
	one, two := f.addGroup("One", anna.ID), f.addGroup(`T"wo`, anna.ID)
	both := []bridge.Reference{{ID: one.ID, Display: "One"}, {ID: two.ID, Display: `T"wo`}}
	for _, tt := range []struct {
		limit   int
		want    []bridge.Reference
		omitted bool
	}{{bridge.All, both, false}, {2, both, false}, {1, nil, true}, {0, nil, false}} {
		u, err := s.User(f.ctx(), f.now, f.cred, anna.ID, tt.limit)
		f.must(err)
		page, err := s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), bridge.Query{StartIndex: 1, Count: 10, References: tt.limit})
		f.must(err)
		for how, got := range map[string]bridge.User{"alone": u, "by name": byName("anna", tt.limit), "on a page": page.Users[0]} {
			if diff := cmp.Diff(tt.want, got.Groups); diff != "" || got.Omitted != tt.omitted {
				t.Errorf("%s, at most %d: omitted %t (-want +got):\n%s", how, tt.limit, got.Omitted, diff)
			}
		}
		alone, err := s.User(f.ctx(), f.now, f.cred, bert.ID, tt.limit)
		f.must(err)
		for how, u := range map[string]bridge.User{"alone": alone, "by name": byName("bert", tt.limit), "on a page": page.Users[1]} {
			if u.ID != bert.ID || len(u.Groups) > 0 || u.Omitted {
				t.Errorf("who is in no group, %s: %+v", how, u)
			}
		}
	}
}
