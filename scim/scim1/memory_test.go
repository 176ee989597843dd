package scim1_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"drawbridge/scim"
	"drawbridge/scim/filter"
	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// memory is a Backend in memory for one tenant.
type memory struct {
	mu     sync.Mutex
	calls  int // of any method
	writes int
	rows   []*row

	creating func() // if not nil, is called before anything is created
}

// row is a resource with the ids that its linked attribute holds.
type row struct {
	scim.Resource
	rt    *schema.ResourceType
	links []string
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC)

func (m *memory) enter() func() {
	m.mu.Lock()
	m.calls++
	return m.mu.Unlock
}

func (m *memory) find(rt *schema.ResourceType, id string) (*row, error) {
	for _, r := range m.rows {
		if r.rt == rt && r.ID == id {
			return r, nil
		}
	}
	return nil, scim.NotFound()
}

// shown is the row with its references: the members of a group, the groups of a user.
func (m *memory) shown(r *row, most int) scim.Resource {
	res := r.Resource
	for _, other := range m.rows {
		switch {
		case r.rt == schema.Group() && slices.Contains(r.links, other.ID):
			res.References = append(res.References, scim.Reference{ID: other.ID, Display: text(other, "displayName")})
		case r.rt == schema.User() && other.rt == schema.Group() && slices.Contains(other.links, r.ID):
			res.References = append(res.References, scim.Reference{ID: other.ID, Display: text(other, "displayName")})
		}
	}
	if res.Omitted = len(res.References) > most; res.Omitted {
		res.References = nil
	}
	return res
}

func text(r *row, name string) string {
	s, _ := decoded(r.Doc)[name].(string)
	return s
}

func decoded(doc []byte) map[string]any {
	d := json.NewDecoder(strings.NewReader(string(doc)))
	d.UseNumber()
	var attrs map[string]any
	if err := d.Decode(&attrs); err != nil {
		panic(err) // this backend wrote it
	}
	return attrs
}

// save checks a draft and makes it the state of the row.
func (m *memory) save(r *row, draft scim.Draft) error {
	for _, a := range r.rt.Schema.Attributes {
		value, _ := draft.Attributes[a.Name].(string)
		for _, other := range m.rows {
			if a.Uniqueness == schema.Server && other.rt == r.rt && other.ID != r.ID && schema.Fold(text(other, a.Name)) == schema.Fold(value) {
				return scim.Uniqueness(a.Name + ": taken by another")
			}
		}
	}
	links := slices.Clone(r.links)
	for _, change := range draft.Links {
		for _, id := range change.IDs {
			if _, err := m.find(schema.User(), id); err != nil && change.Op != patch.Unlink {
				return scim.InvalidValue("members: no such user")
			}
		}
		switch {
		case change.Op == patch.Relink:
			links = change.IDs
		case change.Op == patch.Link:
			links = slices.Compact(slices.Sorted(slices.Values(append(links, change.IDs...))))
		case change.IDs == nil && change.Where == nil:
			links = nil
		default:
			links = slices.DeleteFunc(links, func(id string) bool { return slices.Contains(change.IDs, id) })
		}
	}
	doc, err := json.Marshal(draft.Attributes)
	if err != nil {
		return err
	}
	if string(doc) != string(r.Doc) || !slices.Equal(links, r.links) {
		m.writes++
		r.Version++
		r.Doc, r.links, r.Modified = doc, links, epoch.Add(time.Duration(m.writes)*time.Second)
	}
	return nil
}

func (m *memory) Create(_ context.Context, rt *schema.ResourceType, draft scim.Draft, references int) (scim.Resource, error) {
	if m.creating != nil {
		m.creating()
	}
	defer m.enter()()
	r := &row{rt: rt, Resource: scim.Resource{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", m.writes+1), Created: epoch}}
	if err := m.save(r, draft); err != nil {
		return scim.Resource{}, err
	}
	m.rows = append(m.rows, r)
	return m.shown(r, references), nil
}

func (m *memory) Get(_ context.Context, rt *schema.ResourceType, id string, references int) (scim.Resource, error) {
	defer m.enter()()
	r, err := m.find(rt, id)
	if err != nil {
		return scim.Resource{}, err
	}
	return m.shown(r, references), nil
}

func (m *memory) Update(_ context.Context, rt *schema.ResourceType, id string, change scim.Change, references int) (scim.Resource, error) {
	defer m.enter()()
	r, err := m.find(rt, id)
	if err != nil {
		return scim.Resource{}, err
	}
	draft, err := change(r.Resource)
	if err == nil {
		err = m.save(r, draft)
	}
	if err != nil {
		return scim.Resource{}, err
	}
	return m.shown(r, references), nil
}

func (m *memory) Delete(_ context.Context, rt *schema.ResourceType, id string, check func(scim.Resource) error) error {
	defer m.enter()()
	r, err := m.find(rt, id)
	if err == nil && check != nil {
		err = check(r.Resource)
	}
	if err != nil {
		return err
	}
	m.writes++
	m.rows = slices.DeleteFunc(m.rows, func(other *row) bool { return other == r })
	for _, other := range m.rows {
		other.links = slices.DeleteFunc(other.links, func(linked string) bool { return linked == id })
	}
	return nil
}

func (m *memory) Query(_ context.Context, rt *schema.ResourceType, q scim.Query) (scim.Page, error) {
	defer m.enter()()
	var found []*row
	for _, r := range m.rows {
		if r.rt == rt && (q.Filter == nil || filter.Match(q.Filter, rt, m.attributes(r))) {
			found = append(found, r)
		}
	}
	if q.Sort != nil {
		slices.SortStableFunc(found, func(a, b *row) int {
			order := cmp.Compare(text(a, q.Sort.By.Attr.Name), text(b, q.Sort.By.Attr.Name))
			if q.Sort.Descending {
				return -order
			}
			return order
		})
	}
	page := scim.Page{Total: len(found)}
	from := min(q.StartIndex-1, len(found))
	for _, r := range found[from:min(from+q.Count, len(found))] {
		page.Resources = append(page.Resources, m.shown(r, q.References))
	}
	return page, nil
}

// attributes are what a filter looks at.
func (m *memory) attributes(r *row) map[string]any {
	attrs := decoded(r.Doc)
	attrs["id"] = r.ID
	var members []any
	for _, id := range r.links {
		members = append(members, map[string]any{"value": id})
	}
	attrs["members"] = members
	return attrs
}
