package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

// groupDraft is the write that creates a group with members.
func (f *fixture) groupDraft(name string, members ...string) bridge.GroupWrite {
	doc := fmt.Appendf(nil, `{"displayName":%q,"externalId":%q}`, name, "x-"+name)
	g := bridge.Group{
		ID: newID(), CustomerID: f.customer.ID, NameKey: strings.ToLower(name), ExternalID: "x-" + name, Version: 1,
		Doc: doc, Folded: []byte(strings.ToLower(string(doc))), Created: f.now, Modified: f.now,
	}
	return bridge.GroupWrite{Credential: f.cred, Group: g, Members: adding(members...), Event: f.event(bridge.EventGroupCreated)}
}

func adding(ids ...string) bridge.MemberChange { return bridge.MemberChange{Add: ids, Live: ids} }

// addGroup creates a group.
func (f *fixture) addGroup(name string, members ...string) bridge.Group {
	f.Helper()
	g, err := f.InsertGroup(f.ctx(), f.now, f.groupDraft(name, members...))
	f.must(err)
	return g
}

// groupWrite is the write that follows on g with other members.
func (f *fixture) groupWrite(g bridge.Group, m bridge.MemberChange) bridge.GroupWrite {
	g.Version++
	g.Modified = f.now.Add(time.Second)
	return bridge.GroupWrite{Credential: f.cred, Group: g, Members: m, Event: f.event(bridge.EventGroupMembers)}
}

// group reads a group with all its members.
func (f *fixture) group(id string) bridge.Group {
	f.Helper()
	g, err := f.Group(f.ctx(), f.now, f.cred, id, 1_000_000)
	f.must(err)
	return g
}

func refIDs(list []bridge.Reference) []string {
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	return ids
}

func testGroup(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna, bert := f.add("anna"), f.add("bert")
	w := f.groupDraft("Crew", bert.ID, anna.ID)
	g, err := s.InsertGroup(f.ctx(), f.now, w)
	f.must(err)
	want := w.Group
	want.Ordinal, want.Members, want.Folded = g.Ordinal, 2, nil
	want.References = []bridge.Reference{{ID: anna.ID, Display: "anna"}, {ID: bert.ID, Display: "bert"}}
	if diff := cmp.Diff(want, f.group(g.ID)); diff != "" || g.Ordinal < 1 {
		t.Errorf("group (-want +got):\n%s", diff)
	}
	want.References, want.Omitted = nil, true
	for _, members := range []int{0, 1} {
		got, err := s.Group(f.ctx(), f.now, f.cred, g.ID, members)
		f.must(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("group with at most %d members (-want +got):\n%s", members, diff)
		}
	}
	rename := f.groupWrite(g, bridge.MemberChange{Remove: []string{anna.ID, "nobody", "nul\x00"}})
	rename.Event.Kind = bridge.EventGroupUpdated
	rename.Group.NameKey, rename.Group.ExternalID, rename.Group.Doc, rename.Group.Folded = "team", "", []byte(`{"displayName":"Team"}`), []byte(`{"displayName":"team"}`)
	_, err = s.ReplaceGroup(f.ctx(), f.now, rename)
	f.must(err)
	want = rename.Group
	want.Folded, want.Members, want.References = nil, 1, []bridge.Reference{{ID: bert.ID, Display: "bert"}}
	if diff := cmp.Diff(want, f.group(g.ID)); diff != "" {
		t.Errorf("renamed (-want +got):\n%s", diff)
	}
	_, err = s.ReplaceGroup(f.ctx(), f.now, rename)
	f.wantCode("an older version", err, bridge.Conflict)
	f.addGroup("Crew") // the rename freed the name
	f.wantCode("deleting an older version", s.DeleteGroup(f.ctx(), f.now, f.groupWrite(g, bridge.MemberChange{})), bridge.Conflict)
	f.must(s.DeleteGroup(f.ctx(), f.now, f.groupWrite(rename.Group, bridge.MemberChange{})))
	_, err = s.Group(f.ctx(), f.now, f.cred, g.ID, 0)
	f.wantCode("a deleted group", err, bridge.NotFound)
	_, err = s.ReplaceGroup(f.ctx(), f.now, f.groupWrite(rename.Group, bridge.MemberChange{}))
	f.wantCode("replacing a deleted group", err, bridge.Conflict)
	f.addGroup("Team") // and so did the delete
	u, err := s.User(f.ctx(), f.now, f.cred, bert.ID, 10)
	f.must(err)
	if len(u.Groups) > 0 {
		t.Errorf("groups %v of a user whose group was deleted", u.Groups)
	}
}

func testGroupName(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	g := f.addGroup("Crew")
	other.addGroup("Crew")
	_, err := s.InsertGroup(f.ctx(), f.now, f.groupDraft("CREW"))
	f.wantCode("the same name", err, bridge.Taken)
	second := f.addGroup("Team")
	w := f.groupWrite(second, bridge.MemberChange{})
	w.Event.Kind, w.Group.NameKey = bridge.EventGroupUpdated, g.NameKey
	_, err = s.ReplaceGroup(f.ctx(), f.now, w)
	f.wantCode("a rename to a name in use", err, bridge.Taken)
	broken := f.groupDraft("nul\x00")
	_, err = s.InsertGroup(f.ctx(), f.now, broken)
	f.wantCode("a name that cannot be stored", err, bridge.Invalid)
}

// testI14ForeignMembers puts into a group who is no user of the customer: nothing of the write is applied.
func testI14ForeignMembers(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	anna, gone, theirs := f.add("anna"), f.add("gone"), other.add("anna")
	f.put(f.deleted(gone))
	g := f.addGroup("Crew", anna.ID)
	before := f.group(g.ID)
	for what, id := range map[string]string{
		"another customer's user": theirs.ID, "nobody": newID(), "a deleted user": gone.ID, "the group itself": g.ID, "what cannot be stored": "a\x00b", "the empty id": "",
	} {
		_, err := s.InsertGroup(f.ctx(), f.now, f.groupDraft("New", anna.ID, id))
		f.wantCode("a group with "+what, err, bridge.Invalid)
		for how, m := range map[string]bridge.MemberChange{
			"added": adding(id), "in place of all": {Reset: true, Add: []string{id}, Live: []string{id}}, "added and removed": {Remove: []string{anna.ID}, Live: []string{id}},
		} {
			w := f.groupWrite(g, m)
			w.Event.Kind, w.Group.NameKey = bridge.EventGroupUpdated, "other"
			_, err := s.ReplaceGroup(f.ctx(), f.now, w)
			f.wantCode(what+" "+how, err, bridge.Invalid)
		}
	}
	if diff := cmp.Diff(before, f.group(g.ID)); diff != "" {
		t.Errorf("refused writes changed the group (-before +after):\n%s", diff)
	}
	f.addGroup("New") // none of them is there

	foreign := f.groupWrite(g, bridge.MemberChange{Reset: true})
	foreign.Credential = other.cred
	_, err := s.Group(f.ctx(), f.now, other.cred, g.ID, 10)
	f.wantCode("Group of another customer", err, bridge.NotFound)
	_, err = s.ReplaceGroup(f.ctx(), f.now, foreign)
	f.wantCode("ReplaceGroup of another customer", err, bridge.Conflict)
	f.wantCode("DeleteGroup of another customer", s.DeleteGroup(f.ctx(), f.now, foreign), bridge.Conflict)
	if diff := cmp.Diff(before, f.group(g.ID)); diff != "" {
		t.Errorf("another customer changed the group (-before +after):\n%s", diff)
	}
}

// testI21SameMembersTwice repeats changes of members: the second time writes nothing.
func testI21SameMembersTwice(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna, bert, carl := f.add("anna").ID, f.add("bert").ID, f.add("carl").ID
	g := f.addGroup("Crew", anna)
	steps := []struct {
		name   string
		change bridge.MemberChange
		want   []string
	}{
		{"add", adding(bert, carl), []string{anna, bert, carl}},
		{"remove", bridge.MemberChange{Remove: []string{bert}}, []string{anna, carl}},
		{"add and remove", bridge.MemberChange{Add: []string{bert}, Live: []string{bert}, Remove: []string{carl}}, []string{anna, bert}},
		{"exactly", bridge.MemberChange{Reset: true, Add: []string{bert, carl}, Live: []string{bert, carl}}, []string{bert, carl}},
		{"nobody", bridge.MemberChange{Reset: true}, []string{}},
	}
	told := len(f.number())
	for _, step := range steps {
		for _, again := range []int{0, 1} {
			got, err := s.ReplaceGroup(f.ctx(), f.now, f.groupWrite(g, step.change))
			f.must(err)
			if want := g.Version + 1 - int64(again); got.Version != want {
				t.Errorf("%s, %d times before: version %d, want %d", step.name, again, got.Version, want)
			}
			if again == 0 {
				g = got
				told++
			}
			stored := f.group(g.ID)
			if ids := refIDs(stored.References); !slices.Equal(ids, step.want) || stored.Members != len(ids) || stored.Version != g.Version || !stored.Modified.Equal(g.Modified) {
				t.Errorf("%s, %d times before: members %v of %d in version %d, want %v in version %d", step.name, again, ids, stored.Members, stored.Version, step.want, g.Version)
			}
			if n := len(f.number()); n != told {
				t.Errorf("%s, %d times before: %d events, want %d", step.name, again, n, told)
			}
		}
	}
}

// testI24OneEventPerGroupChange reads what the events say.
func testI24OneEventPerGroupChange(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	anna, bert := f.add("anna"), f.add("bert")
	skip := len(f.number())
	g := f.addGroup("Crew", anna.ID)
	g2, err := s.ReplaceGroup(f.ctx(), f.now, f.groupWrite(g, bridge.MemberChange{Reset: true, Add: []string{bert.ID}, Live: []string{bert.ID}}))
	f.must(err)
	f.put(f.deleted(bert))
	last := f.group(g.ID)
	if last.Version != g2.Version+1 || last.Members != 0 || len(last.References) != 0 || last.Modified.Before(g2.Created) {
		t.Errorf("after its only member was deleted: %+v", last)
	}
	w := f.groupWrite(last, bridge.MemberChange{})
	w.Event.Kind = bridge.EventGroupDeleted
	f.must(s.DeleteGroup(f.ctx(), f.now, w))
	type told struct{ Kind, Data string }
	var got []told
	for _, e := range f.number()[skip:] {
		if e.Epoch != 1 || e.Actor == "" {
			t.Errorf("event %+v", e)
		}
		if strings.HasPrefix(e.Kind, "group.") {
			got = append(got, told{e.Kind, e.Data})
		}
	}
	want := []told{
		{bridge.EventGroupCreated, fmt.Sprintf(`{"group":%q,"version":1,"added":1,"users_added":[%q]}`, g.ID, anna.ID)},
		{bridge.EventGroupMembers, fmt.Sprintf(`{"group":%q,"version":2,"added":1,"removed":1,"users_added":[%q],"users_removed":[%q]}`, g.ID, bert.ID, anna.ID)},
		{bridge.EventGroupMembers, fmt.Sprintf(`{"group":%q,"version":3,"removed":1,"users_removed":[%q]}`, g.ID, bert.ID)},
		{bridge.EventGroupDeleted, fmt.Sprintf(`{"group":%q,"version":4}`, g.ID)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// testDeletedUserLeaves deletes users while others put them into groups: nobody deleted is in a group, and the numbers agree.
func testDeletedUserLeaves(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	const users, groups = 24, 3
	var wg sync.WaitGroup
	var all []bridge.User
	for i := range users {
		all = append(all, f.add(fmt.Sprintf("user%02d", i)))
	}
	var made []bridge.Group
	for i := range groups {
		made = append(made, f.addGroup(fmt.Sprintf("Group %d", i), all[0].ID, all[1].ID))
	}
	for _, g := range made {
		wg.Go(func() {
			for _, u := range all {
				for {
					cur, err := s.Group(f.ctx(), f.now, f.cred, g.ID, 0)
					if err == nil {
						_, err = s.ReplaceGroup(f.ctx(), f.now, f.groupWrite(cur, adding(u.ID)))
					}
					if code := bridge.CodeOf(err); code != bridge.Conflict {
						if err != nil && code != bridge.Invalid { // deleted before
							t.Error(err)
						}
						break
					}
				}
			}
		})
	}
	wg.Go(func() {
		for i := range users / 2 {
			if err := s.ReplaceUser(f.ctx(), f.now, f.deleted(all[2*i])); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	var want []string
	for i := 1; i < users; i += 2 {
		want = append(want, all[i].ID)
	}
	for _, g := range made {
		got := f.group(g.ID)
		if diff := cmp.Diff(want, refIDs(got.References)); diff != "" || got.Members != len(want) {
			t.Errorf("%d members (-want +got):\n%s", got.Members, diff)
		}
	}
	back := f.activated(f.deleted(all[0]).User)
	back.User.Deleted, back.Members = time.Time{}, 1
	f.put(back)
	u, err := s.User(f.ctx(), f.now, f.cred, all[0].ID, 10)
	f.must(err)
	if len(u.Groups) != 0 {
		t.Errorf("a revived user is in %v", u.Groups)
	}
}
