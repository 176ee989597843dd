package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"drawbridge/scim"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// memory is a Backend in memory for one tenant, with a credential that can be revoked.
type memory struct {
	mu        sync.Mutex
	now       time.Time
	revoked   bool
	writes    int // commits
	calls     int // of any method
	resources []scim.Resource
	broken    error // if set, every call fails with it
}

func newMemory() *memory {
	return &memory{now: time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC)}
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

func (m *memory) Create(_ context.Context, rt *schema.ResourceType, draft scim.Draft, _ int) (scim.Resource, error) {
	defer m.mu.Unlock()
	if err := m.enter(); err != nil {
		return scim.Resource{}, err
	}
	attrs := draft.Attributes
	if err := m.unique(rt, "", attrs); err != nil {
		return scim.Resource{}, err
	}
	res := scim.Resource{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", m.writes+1), Created: m.now}
	return m.commit(len(m.resources), res, attrs)
}

// unique holds the attributes that the schema calls unique against those of all other resources.
func (m *memory) unique(rt *schema.ResourceType, id string, attrs scim.Attributes) error {
	for _, a := range rt.Schema.Attributes {
		value, ok := attrs[a.Name].(string)
		if a.Uniqueness != schema.Server || !ok {
			continue
		}
		for _, res := range m.resources {
			if other, _ := decoded(res.Doc)[a.Name].(string); res.ID != id && schema.Fold(other) == schema.Fold(value) {
				return scim.Uniqueness(a.Name + ": taken by another user")
			}
		}
	}
	return nil
}

func (m *memory) commit(i int, res scim.Resource, attrs scim.Attributes) (scim.Resource, error) {
	doc, err := json.Marshal(attrs)
	if err != nil {
		return scim.Resource{}, err
	}
	if string(doc) == string(res.Doc) {
		return res, nil
	}
	m.writes++
	m.now = m.now.Add(time.Second)
	res.Doc, res.Modified, res.Version = doc, m.now, res.Version+1
	if i == len(m.resources) {
		m.resources = append(m.resources, res)
	}
	m.resources[i] = res
	return res, nil
}

func (m *memory) find(id string) (int, error) {
	for i, res := range m.resources {
		if res.ID == id {
			return i, nil
		}
	}
	return 0, scim.NotFound()
}

func (m *memory) Get(_ context.Context, _ *schema.ResourceType, id string, _ int) (scim.Resource, error) {
	defer m.mu.Unlock()
	if err := m.enter(); err != nil {
		return scim.Resource{}, err
	}
	i, err := m.find(id)
	if err != nil {
		return scim.Resource{}, err
	}
	return m.resources[i], nil
}

func (m *memory) Update(_ context.Context, rt *schema.ResourceType, id string, change scim.Change, _ int) (scim.Resource, error) {
	defer m.mu.Unlock()
	if err := m.enter(); err != nil {
		return scim.Resource{}, err
	}
	i, err := m.find(id)
	if err != nil {
		return scim.Resource{}, err
	}
	draft, err := change(m.resources[i])
	if err != nil {
		return scim.Resource{}, err
	}
	attrs := draft.Attributes
	if err := m.unique(rt, id, attrs); err != nil {
		return scim.Resource{}, err
	}
	return m.commit(i, m.resources[i], attrs)
}

func (m *memory) Delete(_ context.Context, _ *schema.ResourceType, id string, check func(scim.Resource) error) error {
	defer m.mu.Unlock()
	if err := m.enter(); err != nil {
		return err
	}
	i, err := m.find(id)
	if err != nil {
		return err
	}
	if check != nil {
		if err := check(m.resources[i]); err != nil {
			return err
		}
	}
	m.writes++
	m.resources = append(m.resources[:i:i], m.resources[i+1:]...)
	return nil
}

func (m *memory) Query(_ context.Context, rt *schema.ResourceType, q scim.Query) (scim.Page, error) {
	defer m.mu.Unlock()
	if err := m.enter(); err != nil {
		return scim.Page{}, err
	}
	var found []scim.Resource
	for _, res := range m.resources {
		attrs := decoded(res.Doc)
		attrs["id"] = res.ID
		if q.Filter == nil || filter.Match(q.Filter, rt, attrs) {
			found = append(found, res)
		}
	}
	page := scim.Page{Total: len(found)}
	from := min(q.StartIndex-1, len(found))
	page.Resources = found[from:min(from+q.Count, len(found))]
	return page, nil
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
