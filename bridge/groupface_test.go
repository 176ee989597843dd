package bridge_test

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drawbridge/bridge"
	"drawbridge/scim"
	"drawbridge/scim/filter"
	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

func crew(name string) scim.Attributes {
	return scim.Attributes{"schemas": []any{schema.GroupURN}, "displayName": name}
}

// makeGroup creates a group and wants a status.
func (h *house) makeGroup(b scim.Backend, name string, want int, members ...string) scim.Resource {
	h.Helper()
	d := scim.Draft{Attributes: crew(name)}
	if len(members) > 0 {
		d.Links = []patch.LinkChange{{Op: patch.Relink, IDs: members}}
	}
	res, err := b.Create(h.Context(), schema.Group(), d, scim.All)
	if got := status(err); got != want {
		h.Fatalf("create %s: status %d (%v), want %d", name, got, err, want)
	}
	return res
}

// links changes the members of a group and wants a status.
func (h *house) links(b scim.Backend, id string, want int, changes ...patch.LinkChange) scim.Resource {
	h.Helper()
	res, err := b.Update(h.Context(), schema.Group(), id, func(cur scim.Resource) (scim.Draft, error) {
		attrs, err := bridge.User{Doc: cur.Doc}.Attributes()
		return scim.Draft{Attributes: attrs, Links: changes}, err
	}, scim.All)
	if got := status(err); got != want {
		h.Fatalf("%v: status %d (%v), want %d", changes, got, err, want)
	}
	return res
}

func (h *house) members(b scim.Backend, id string) []string {
	h.Helper()
	res, err := b.Get(h.Context(), schema.Group(), id, scim.All)
	if err != nil {
		h.Fatal(err)
	}
	return idsOf(res.References)
}

func idsOf(list []scim.Reference) []string {
	ids := []string{}
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestGroupFace(t *testing.T) {
	each(t, func(h *house) {
		acme := h.backend("acme", h.customer("acme"))
		anna, bert := h.create(acme, person("anna@acme.example", "1", true), 0), h.create(acme, person("bert@acme.example", "2", true), 0)
		g := h.makeGroup(acme, "Crew", 0, bert, anna)
		want := []scim.Reference{{ID: anna, Display: "anna@acme.example"}, {ID: bert, Display: "bert@acme.example"}}
		if diff := cmp.Diff(want, g.References); diff != "" || g.Version != 1 || string(g.Doc) != `{"displayName":"Crew","schemas":["`+schema.GroupURN+`"]}` {
			h.Errorf("created %s in version %d (-want +got):\n%s", g.Doc, g.Version, diff)
		}
		h.makeGroup(acme, "CREW", 409)
		u, err := acme.Get(h.Context(), h.rt, anna, scim.All)
		if err != nil || !cmp.Equal(u.References, []scim.Reference{{ID: g.ID, Display: "Crew"}}) {
			h.Errorf("groups of a member: %v, %v", u.References, err)
		}
		put, err := acme.Update(h.Context(), schema.Group(), g.ID, func(cur scim.Resource) (scim.Draft, error) {
			if len(cur.References) > 0 {
				h.Errorf("a change is given the references %v", cur.References)
			}
			return scim.Draft{Attributes: crew("Team")}, nil
		}, 1)
		if err != nil || put.Version != 2 || !put.Omitted || put.References != nil {
			h.Errorf("a PUT without members, one reference asked for: %+v, %v", put, err)
		}
		if got := h.members(acme, g.ID); !slices.Equal(got, []string{anna, bert}) {
			h.Errorf("after a PUT without members: %v", got)
		}
		if err := acme.Delete(h.Context(), h.rt, anna, nil); err != nil {
			h.Fatal(err)
		}
		if got := h.members(acme, g.ID); !slices.Equal(got, []string{bert}) {
			h.Errorf("after the DELETE of a member: %v", got)
		}
		h.create(acme, person("anna@acme.example", "1", true), 0) // revives the same id
		if got := h.members(acme, g.ID); !slices.Equal(got, []string{bert}) {
			h.Errorf("after the revival of a member: %v", got)
		}
		refused := errors.New("not this one")
		if err := acme.Delete(h.Context(), schema.Group(), g.ID, func(scim.Resource) error { return refused }); !errors.Is(err, refused) {
			h.Errorf("a refused DELETE: %v", err)
		}
		if err := acme.Delete(h.Context(), schema.Group(), g.ID, nil); err != nil {
			h.Fatal(err)
		}
		if err := acme.Delete(h.Context(), schema.Group(), g.ID, nil); status(err) != 404 {
			h.Errorf("the second DELETE: %v", err)
		}
		h.makeGroup(acme, "team", 0)
	})
}

// TestMemberChanges draws changes, and compares what they leave with a set to which they are made one by one.
func TestMemberChanges(t *testing.T) {
	each(t, func(h *house) {
		acme := h.backend("acme", h.customer("acme"))
		var ids []string
		names := map[string]string{}
		for i := range 6 {
			id := h.create(acme, person("user"+strconv.Itoa(i)+"@acme.example", "", true), 0)
			ids, names[id] = append(ids, id), "user"+strconv.Itoa(i)+"@acme.example"
		}
		group := h.makeGroup(acme, "Crew", 0).ID
		now := map[string]bool{}
		rapid.Check(h.T, func(t *rapid.T) {
			before := h.links(acme, group, 0).Version
			old := maps.Clone(now)
			var changes []patch.LinkChange
			for range rapid.IntRange(1, 4).Draw(t, "changes") {
				l := drawLink(t, ids, names)
				changes = append(changes, l)
				follow(now, l, names)
			}
			res := h.links(acme, group, 0, changes...)
			want := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !now[id] })
			if got := idsOf(res.References); !slices.Equal(got, append([]string{}, want...)) {
				t.Fatalf("%v: members %v, want %v", changes, got, want)
			}
			if changed := !maps.Equal(old, now); changed != (res.Version == before+1) || res.Version > before+1 {
				t.Fatalf("%v: changed %t, version %d after %d", changes, changed, res.Version, before)
			}
		})
	})
}

func drawLink(t *rapid.T, ids []string, names map[string]string) patch.LinkChange {
	l := patch.LinkChange{Op: rapid.SampledFrom([]patch.LinkOp{patch.Link, patch.Link, patch.Unlink, patch.Unlink, patch.Relink}).Draw(t, "op")}
	who := rapid.SliceOfN(rapid.SampledFrom(ids), 0, 3).Draw(t, "who")
	if l.Op != patch.Unlink || len(who) == 0 || rapid.Bool().Draw(t, "by id") {
		l.IDs = who
		return l
	}
	l.Where = &filter.Compare{Path: filter.AttrPath{Name: "value"}, Op: filter.Eq, Value: who[0]}
	for _, id := range who[1:] {
		l.Where = &filter.Logical{Or: true, Left: l.Where, Right: &filter.Compare{Path: filter.AttrPath{Name: "value"}, Op: filter.Eq, Value: id}}
	}
	return l
}

// follow makes one change to a set.
func follow(set map[string]bool, l patch.LinkChange, names map[string]string) {
	match := func(id string) bool { return len(l.IDs) == 0 }
	if l.Where != nil {
		match = func(id string) bool { return strings.Contains(l.Where.String(), id) }
	}
	for id := range names {
		switch {
		case l.Op == patch.Relink, l.Op == patch.Unlink && (match(id) || slices.Contains(l.IDs, id)):
			delete(set, id)
		}
	}
	for _, id := range l.IDs {
		if l.Op != patch.Unlink {
			set[id] = true
		}
	}
}

// A filter selects among the members by what clients see of them.
func TestUnlinkWhere(t *testing.T) {
	each(t, func(h *house) {
		acme := h.backend("acme", h.customer("acme"))
		anna, bert := h.create(acme, person("anna@acme.example", "1", true), 0), h.create(acme, person("bert@acme.example", "2", true), 0)
		g := h.makeGroup(acme, "Crew", 0, bert, anna).ID
		where := func(text string) patch.LinkChange {
			x, err := filter.Parse(text)
			if err != nil {
				h.Fatal(err)
			}
			return patch.LinkChange{Op: patch.Unlink, Where: x}
		}
		for _, step := range []struct {
			text string
			want []string
		}{
			{`display eq "nobody"`, []string{anna, bert}}, {`type eq "Group"`, []string{anna, bert}}, {`display sw "ANNA"`, []string{bert}}, {`type eq "user" and value pr`, []string{}},
		} {
			if got := idsOf(h.links(acme, g, 0, where(step.text)).References); !slices.Equal(got, step.want) {
				h.Errorf("without %s: %v, want %v", step.text, got, step.want)
			}
		}
		h.links(acme, g, 400, where(`shoeSize eq "x"`))
		if got := idsOf(h.links(acme, g, 0, patch.LinkChange{Op: patch.Link, IDs: []string{anna}}, where(`value eq "`+anna+`"`)).References); len(got) != 0 {
			h.Errorf("put in and taken out at once: %v", got)
		}
	})
}

// A group takes no user of another customer, and is not there for one (I14): nothing is applied, and the answers are those for
// what never existed. Mutant: drop `u.customer_id = $1 AND` from usersAmong in bridge/store/member.go.
func TestI14_GroupsOfCustomersAreApart(t *testing.T) {
	each(t, func(h *house) {
		acme, globex := h.backend("acme", h.customer("acme")), h.backend("globex", h.customer("globex"))
		anna, theirs := h.create(acme, person("anna@acme.example", "1", true), 0), h.create(globex, person("anna@globex.example", "1", true), 0)
		g := h.makeGroup(acme, "Crew", 0, anna)
		var answers []string
		for _, id := range []string{theirs, newID()} {
			_, err := acme.Create(h.Context(), schema.Group(), scim.Draft{Attributes: crew("New"), Links: []patch.LinkChange{{Op: patch.Link, IDs: []string{anna, id}}}}, 0)
			answers = append(answers, err.Error())
			h.links(acme, g.ID, 400, patch.LinkChange{Op: patch.Unlink}, patch.LinkChange{Op: patch.Link, IDs: []string{id}})
		}
		for _, id := range []string{g.ID, newID()} {
			_, err := globex.Get(h.Context(), schema.Group(), id, scim.All)
			answers = append(answers, err.Error(), globex.Delete(h.Context(), schema.Group(), id, nil).Error())
			h.links(globex, id, 404, patch.LinkChange{Op: patch.Unlink})
		}
		if answers[0] != answers[1] || answers[2] != answers[4] || answers[3] != answers[5] {
			h.Errorf("what is another customer's is told from what is nobody's: %q", answers)
		}
		if got := h.members(acme, g.ID); !slices.Equal(got, []string{anna}) {
			h.Errorf("after refused writes: %v", got)
		}
		h.makeGroup(acme, "New", 0)
		page, err := globex.Query(h.Context(), schema.Group(), scim.Query{StartIndex: 1, Count: 10, References: scim.All})
		if err != nil || page.Total != 0 {
			h.Errorf("groups of another customer: %+v, %v", page, err)
		}
	})
}

// The same change of members twice leaves the version as it was (I21), and each change that alters something has one event
// (I24), also where many change one group at once.
func TestI21_TestI24_ManyChangeOneGroup(t *testing.T) {
	each(t, func(h *house) {
		acme := h.backend("acme", h.customer("acme"))
		var ids []string
		for i := range 8 {
			ids = append(ids, h.create(acme, person("user"+strconv.Itoa(i)+"@acme.example", "", true), 0))
		}
		g := h.makeGroup(acme, "Crew", 0)
		var wg sync.WaitGroup
		for _, id := range ids {
			wg.Go(func() {
				for range 2 {
					_, err := acme.Update(h.Context(), schema.Group(), g.ID, func(cur scim.Resource) (scim.Draft, error) {
						return scim.Draft{Attributes: crew("Crew"), Links: []patch.LinkChange{{Op: patch.Link, IDs: []string{id}}}}, nil
					}, 0)
					if err != nil {
						h.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if got := h.members(acme, g.ID); !slices.Equal(got, ids) {
			h.Errorf("members %v, want %v", got, ids)
		}
		if res := h.links(acme, g.ID, 0); res.Version != 9 {
			h.Errorf("version %d after 8 changes, each made twice; want 9", res.Version)
		}
		told := 0
		for n := 1; n > 0; {
			var err error
			if n, err = h.store.NumberEvents(h.Context(), 1000); err != nil {
				h.Fatal(err)
			}
		}
		c, err := h.store.Customer(h.Context(), "acme")
		if err != nil {
			h.Fatal(err)
		}
		events, err := h.store.Events(h.Context(), c.ID, 0, 1000)
		if err != nil {
			h.Fatal(err)
		}
		for i, e := range events {
			if e.Kind == bridge.EventGroupMembers {
				told++
			}
			if e.Seq != int64(i+1) {
				h.Errorf("event %d has the number %d", i+1, e.Seq)
			}
		}
		if told != 8 {
			h.Errorf("%d events of 8 changes", told)
		}
	})
}
