package scim_test

import (
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

// memory is a Backend in memory for one tenant, with a credential that can be revoked. It keeps users and groups.
type memory struct {
	mu      sync.Mutex
	now     time.Time
	revoked bool
	writes  int // commits
	calls   int // of any method
	read    int // references that were read to be shown
	cut     int // if not 0, the most resources on a page
	// revokeAfter, if not 0, is the number of commits after which the credential is revoked.
	revokeAfter int
	resources   []scim.Resource
	groups      []scim.Resource
	members     map[string][]string  // by group: the ids of its users
	graves      map[string]grave     // what was deleted, for cursors
	taken       map[uniqueKey]string // by value: the id of the resource that has it
	broken      error                // if set, every call fails with it
}

// grave remembers a resource and where it was.
type grave struct {
	scim.Resource
	at int
}

func newMemory() *memory {
	return &memory{
		now: time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC), members: map[string][]string{}, graves: map[string]grave{}, taken: map[uniqueKey]string{},
	}
}

func (m *memory) live(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.check()
}

func (m *memory) check() error {
	if m.revoked {
		return scim.Unauthorized("the token was revoked")
	}
	return m.broken
}

// enter locks and checks the credential before anything else.
func (m *memory) enter() error {
	m.mu.Lock()
	m.calls++
	return m.check()
}

func (m *memory) table(rt *schema.ResourceType) *[]scim.Resource {
	if rt.ID == "Group" {
		return &m.groups
	}
	return &m.resources
}

func (m *memory) Create(_ context.Context, rt *schema.ResourceType, draft scim.Draft, references int) (scim.Resource, error) {
	defer m.mu.Unlock()
	if err := m.enter(); err != nil {
		return scim.Resource{}, err
	}
	if err := m.unique(rt, "", draft.Attributes); err != nil {
		return scim.Resource{}, err
	}
	ids, err := m.linked(nil, draft.Links)
	if err != nil {
		return scim.Resource{}, err
	}
	res := scim.Resource{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", m.writes+1), Created: m.now}
	return m.commit(rt, len(*m.table(rt)), res, draft.Attributes, ids, references)
}

// unique holds the attributes that the schema calls unique against those of all other resources.
func (m *memory) unique(rt *schema.ResourceType, id string, attrs scim.Attributes) error {
	for _, key := range uniqueKeys(rt, attrs) {
		if other, taken := m.taken[key]; taken && other != id {
			return scim.Uniqueness(key.name + ": taken by another resource")
		}
	}
	return nil
}

// uniqueKey is a value that one resource of a type may have.
type uniqueKey struct{ kind, name, value string }

func uniqueKeys(rt *schema.ResourceType, attrs map[string]any) []uniqueKey {
	var keys []uniqueKey
	for _, a := range rt.Schema.Attributes {
		if value, ok := attrs[a.Name].(string); ok && a.Uniqueness == schema.Server {
			keys = append(keys, uniqueKey{rt.ID, a.Name, schema.Fold(value)})
		}
	}
	return keys
}

// rename frees the unique values of old and takes those of attrs; either may be nil.
func (m *memory) rename(rt *schema.ResourceType, id string, old []byte, attrs map[string]any) {
	if old != nil {
		for _, key := range uniqueKeys(rt, decoded(old)) {
			delete(m.taken, key)
		}
	}
	for _, key := range uniqueKeys(rt, attrs) {
		m.taken[key] = id
	}
}

// linked is what the changes make of the members ids.
func (m *memory) linked(ids []string, changes []patch.LinkChange) ([]string, error) {
	next := slices.Clone(ids)
	for _, c := range changes {
		switch {
		case c.Op == patch.Relink:
			next = nil
		case c.Op == patch.Unlink:
			next = slices.DeleteFunc(next, func(id string) bool { return m.selected(c, id) })
			continue
		}
		for _, id := range c.IDs {
			if !slices.ContainsFunc(m.resources, func(res scim.Resource) bool { return res.ID == id }) {
				return nil, scim.InvalidValue("members: expected ids of users")
			}
			if !slices.Contains(next, id) {
				next = append(next, id)
			}
		}
	}
	return next, nil
}

func (m *memory) selected(c patch.LinkChange, id string) bool {
	if c.Where == nil {
		return c.IDs == nil || slices.Contains(c.IDs, id)
	}
	match, err := filter.ElementMatcher(c.Where, schema.Group().Linked())
	return err == nil && match(map[string]any{"value": id, "type": "User"})
}

func (m *memory) commit(rt *schema.ResourceType, i int, res scim.Resource, attrs scim.Attributes, ids []string, references int) (scim.Resource, error) {
	doc, err := json.Marshal(attrs)
	if err != nil {
		return scim.Resource{}, err
	}
	if string(doc) == string(res.Doc) && slices.Equal(ids, m.members[res.ID]) {
		return m.shown(rt, res, references), nil
	}
	m.writes++
	m.revoked = m.revoked || m.writes == m.revokeAfter
	m.now = m.now.Add(time.Second)
	m.rename(rt, res.ID, res.Doc, attrs)
	res.Doc, res.Modified, res.Version = doc, m.now, res.Version+1
	table := m.table(rt)
	if i == len(*table) {
		*table = append(*table, res)
	}
	(*table)[i] = res
	if rt.ID == "Group" {
		m.members[res.ID] = ids
	}
	return m.shown(rt, res, references), nil
}

// shown adds the references of a resource.
func (m *memory) shown(rt *schema.ResourceType, res scim.Resource, most int) scim.Resource {
	if most == 0 {
		return res
	}
	refs := m.references(rt, res.ID)
	if len(refs) > most {
		res.Omitted = true
		return res
	}
	m.read += len(refs)
	res.References = refs
	return res
}

func (m *memory) references(rt *schema.ResourceType, id string) []scim.Reference {
	var refs []scim.Reference
	for _, user := range m.resources {
		if rt.ID == "Group" && slices.Contains(m.members[id], user.ID) {
			refs = append(refs, scim.Reference{ID: user.ID, Display: decoded(user.Doc)["userName"].(string)})
		}
	}
	for _, group := range m.groups {
		if rt.ID == "User" && slices.Contains(m.members[group.ID], id) {
			refs = append(refs, scim.Reference{ID: group.ID, Display: decoded(group.Doc)["displayName"].(string)})
		}
	}
	return refs
}

func (m *memory) find(rt *schema.ResourceType, id string) (int, error) {
	for i, res := range *m.table(rt) {
		if res.ID == id {
			return i, nil
		}
	}
	return 0, scim.NotFound()
}

func (m *memory) Get(_ context.Context, rt *schema.ResourceType, id string, references int) (scim.Resource, error) {
	defer m.mu.Unlock()
	if err := m.enter(); err != nil {
		return scim.Resource{}, err
	}
	i, err := m.find(rt, id)
	if err != nil {
		return scim.Resource{}, err
	}
	return m.shown(rt, (*m.table(rt))[i], references), nil
}

func (m *memory) Update(_ context.Context, rt *schema.ResourceType, id string, change scim.Change, references int) (scim.Resource, error) {
	defer m.mu.Unlock()
	if err := m.enter(); err != nil {
		return scim.Resource{}, err
	}
	i, err := m.find(rt, id)
	if err != nil {
		return scim.Resource{}, err
	}
	current := (*m.table(rt))[i]
	draft, err := change(current)
	if err != nil {
		return scim.Resource{}, err
	}
	if err := m.unique(rt, id, draft.Attributes); err != nil {
		return scim.Resource{}, err
	}
	ids, err := m.linked(m.members[id], draft.Links)
	if err != nil {
		return scim.Resource{}, err
	}
	return m.commit(rt, i, current, draft.Attributes, ids, references)
}

func (m *memory) Delete(_ context.Context, rt *schema.ResourceType, id string, check func(scim.Resource) error) error {
	defer m.mu.Unlock()
	if err := m.enter(); err != nil {
		return err
	}
	i, err := m.find(rt, id)
	if err != nil {
		return err
	}
	table := m.table(rt)
	if check != nil {
		if err := check((*table)[i]); err != nil {
			return err
		}
	}
	m.writes++
	m.graves[id] = grave{(*table)[i], i}
	m.rename(rt, id, (*table)[i].Doc, nil)
	*table = append((*table)[:i:i], (*table)[i+1:]...)
	delete(m.members, id)
	for group, ids := range m.members {
		m.members[group] = slices.DeleteFunc(slices.Clone(ids), func(member string) bool { return member == id })
	}
	return nil
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
