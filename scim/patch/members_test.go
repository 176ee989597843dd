package patch_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/scim/filter"
	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// members is a plain model of a group: the ids of its members, and what a filter sees of each.
type members map[string]bool

func (m members) ids() []string { return slices.Sorted(maps.Keys(m)) }

func (m members) element(id string) map[string]any {
	return map[string]any{"value": id, "type": "User", "display": strings.ToUpper(id) + " Muster"}
}

// removeWhere is the model's reading of members[text]: the whole-resource filter, asked of a group with one member.
func (m members) removeWhere(text string) {
	x, err := filter.Parse("members[" + text + "]")
	if err != nil {
		panic(err)
	}
	for id := range m {
		if filter.Match(x, schema.Group(), map[string]any{"members": []any{m.element(id)}}) {
			delete(m, id)
		}
	}
}

// link does what a backend does with a change.
func (m members) link(t *testing.T, c patch.LinkChange) {
	switch {
	case c.Op == patch.Link:
	case c.Op == patch.Relink, c.Op == patch.Unlink && c.Where == nil && len(c.IDs) == 0:
		clear(m)
	case c.Where == nil:
		for _, id := range c.IDs {
			delete(m, id)
		}
		return
	default:
		matches, err := filter.ElementMatcher(c.Where, schema.Group().Linked())
		if err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(m, func(id string, _ bool) bool { return matches(m.element(id)) })
		return
	}
	for _, id := range c.IDs {
		m[id] = true
	}
}

// dialects draws random operations and does to the model what the sender means by them.
type dialects struct{ *rand.Rand }

func (d dialects) of(from ...string) string { return from[d.IntN(len(from))] }

func (d dialects) someIDs() []string {
	ids := make([]string, d.IntN(4))
	for i := range ids {
		ids[i] = d.of("a", "b", "c", "d", "A")
	}
	return ids
}

// list writes ids down in one of the forms of elements.
func (d dialects) list(ids []string) any {
	list := []any{}
	for _, id := range ids {
		switch d.IntN(5) {
		case 0:
			list = append(list, id)
		case 1:
			list = append(list, map[string]any{"$ref": nil, "value": id})
		case 2:
			list = append(list, map[string]any{"$ref": "https://x.example/scim/v2/acme/Users/" + id})
		case 3:
			list = append(list, map[string]any{d.of("value", "VALUE"): id, "type": "User", "display": "x"})
		default:
			list = append(list, map[string]any{"value": id})
		}
	}
	if len(list) == 1 && d.IntN(4) == 0 {
		return list[0]
	}
	return list
}

func (d dialects) name() string {
	return d.of("members", "members", "Members", schema.GroupURN+":members")
}

// path and pathless are the two ways to say what the value is for.
func (d dialects) op(verb string, value any) patch.Operation {
	op := patch.Operation{Op: d.of(verb, strings.ToUpper(verb)), HasValue: true, Value: value, Path: d.name()}
	switch d.IntN(4) {
	case 0:
		op.Path, op.Value = "", map[string]any{op.Path: value, "externalId": "e"}
	case 1:
		op.Path, op.Value = "", map[string]any{schema.GroupURN: map[string]any{"members": value}, "displayName": "x"}
	}
	return op
}

func (d dialects) filter() string {
	id := func() string { return fmt.Sprintf("value eq %q", d.of("a", "b", "c", "A")) }
	switch d.IntN(7) {
	case 0, 1:
		return id()
	case 2:
		return id() + " or " + id()
	case 3:
		return "not (" + id() + ")"
	case 4:
		return id() + ` and display ew "muster"`
	case 5:
		return `display sw "b"`
	}
	return `type ne "User" or ` + id()
}

func (d dialects) next(m members) patch.Operation {
	ids := d.someIDs()
	switch d.IntN(8) {
	case 0, 1:
		for _, id := range ids {
			m[id] = true
		}
		return d.op("add", d.list(ids))
	case 2:
		clear(m)
		for _, id := range ids {
			m[id] = true
		}
		return d.op("replace", d.list(ids))
	case 3, 4:
		for _, id := range ids {
			delete(m, id)
		}
		return d.op("remove", d.list(ids))
	case 5:
		if d.IntN(4) > 0 {
			return d.op("add", nil)
		}
		clear(m)
		return d.op(d.of("replace", "remove"), nil)
	case 6:
		id := d.of("a", "b", "d")
		m[id] = true
		return patch.Operation{Op: d.of("add", "Replace"), HasValue: true, Path: fmt.Sprintf("%s[value eq %q]", d.name(), id),
			Value: map[string]any{"display": "x", "type": "User"}}
	}
	text := d.filter()
	m.removeWhere(text)
	return patch.Operation{Op: d.of("remove", "Remove"), Path: d.name() + "[" + text + "]"}
}

// split runs one random group through Split and the model. With bug, the changes are spoiled before they are carried out.
func split(t *testing.T, seed uint64, bug func([]patch.LinkChange) []patch.LinkChange) (diff string, kinds map[patch.LinkOp]int) {
	d := dialects{rand.New(rand.NewPCG(seed, 11))}
	want := members{}
	for _, id := range d.someIDs() {
		want[id] = true
	}
	got := maps.Clone(want)
	var ops []patch.Operation
	for range 1 + d.IntN(6) {
		ops = append(ops, d.next(want))
	}
	rest, links, err := patch.Split(schema.Group(), ops)
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, encode(t, ops))
	}
	kinds = map[patch.LinkOp]int{}
	for _, c := range bug(links) {
		got.link(t, c)
		kinds[c.Op]++
	}
	next, dropped, err := patch.Apply(schema.Group(), map[string]any{"displayName": "y"}, rest)
	if err != nil && !strings.Contains(err.Error(), "displayName") || next["members"] != nil || len(dropped) > 0 {
		t.Fatalf("seed %d: what is left gives %v, %q, %v\n%s", seed, next, dropped, err, encode(t, ops))
	}
	if diff = cmp.Diff(want.ids(), got.ids()); diff != "" {
		text, _ := json.Marshal(ops)
		diff = fmt.Sprintf("seed %d: %s\n%q\n%s", seed, text, linkText(links), diff)
	}
	return diff, kinds
}

// TestSplitAgreesWithModel: whatever the dialect, the changes do to a group what a plain set of ids undergoes. The mutants
// spoil the changes, and are told from the right ones.
func TestSplitAgreesWithModel(t *testing.T) {
	kinds := map[patch.LinkOp]int{}
	for seed := uint64(1); seed <= uint64(pairs()); seed++ {
		diff, of := split(t, seed, func(links []patch.LinkChange) []patch.LinkChange { return links })
		if diff != "" {
			t.Fatal(diff)
		}
		for op, n := range of {
			kinds[op] += n
		}
	}
	t.Logf("changes %v", kinds)
	for _, op := range []patch.LinkOp{patch.Link, patch.Unlink, patch.Relink} {
		if kinds[op] < pairs()/10 {
			t.Errorf("%d changes of kind %d: too few", kinds[op], op)
		}
	}
	for name, bug := range map[string]func([]patch.LinkChange) []patch.LinkChange{
		"in another order": func(links []patch.LinkChange) []patch.LinkChange { slices.Reverse(links); return links },
		"adds where it should replace": func(links []patch.LinkChange) []patch.LinkChange {
			for i := range links {
				if links[i].Op == patch.Relink {
					links[i].Op = patch.Link
				}
			}
			return links
		},
		"removes all where it should ask": func(links []patch.LinkChange) []patch.LinkChange {
			for i := range links {
				links[i].Where = nil
			}
			return links
		},
	} {
		found := 0
		for seed := uint64(1); seed <= 500; seed++ {
			if diff, _ := split(t, seed, bug); diff != "" {
				found++
			}
		}
		if found == 0 {
			t.Errorf("%s: not noticed", name)
		}
	}
}
