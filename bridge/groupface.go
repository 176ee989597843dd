package bridge

import (
	"bytes"
	"context"

	"drawbridge/scim"
	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// groupFace serves the groups of a tenant.
type groupFace struct {
	*tenant
	rt *schema.ResourceType
}

func (f groupFace) get(ctx context.Context, id string, references int) (scim.Resource, error) {
	g, err := f.groups.Group(ctx, f.now(), f.pass.Credential, id, references)
	return g.resource(), err
}

func (f groupFace) query(ctx context.Context, q scim.Query) (scim.Page, error) {
	page, err := f.groups.FindGroups(ctx, f.now(), f.pass.Credential, f.rt, q)
	out := scim.Page{Total: page.Total, More: page.More, Resources: make([]scim.Resource, len(page.Groups))}
	for i, g := range page.Groups {
		out.Resources[i] = g.resource()
	}
	return out, err
}

func (f groupFace) create(ctx context.Context, d scim.Draft, references int) (scim.Resource, error) {
	next, err := f.draft(d.Attributes)
	if err != nil {
		return scim.Resource{}, err
	}
	now := f.now()
	next.ID, next.CustomerID, next.Version, next.Created, next.Modified = f.newID(), f.pass.CustomerID, 1, now, now
	w, err := f.write(ctx, next, EventGroupCreated, d.Links)
	if err != nil {
		return scim.Resource{}, err
	}
	g, err := f.groups.InsertGroup(ctx, now, w)
	if err != nil {
		return scim.Resource{}, err
	}
	return f.shown(ctx, g, references)
}

// update leaves the members alone unless the draft says something of them: a PUT without members keeps them.
func (f groupFace) update(ctx context.Context, id string, change scim.Change, references int) (scim.Resource, error) {
	cur, err := f.groups.Group(ctx, f.now(), f.pass.Credential, id, 0)
	if err != nil {
		return scim.Resource{}, err
	}
	d, err := change(cur.bare())
	if err != nil {
		return scim.Resource{}, err
	}
	next, err := f.draft(d.Attributes)
	if err != nil {
		return scim.Resource{}, err
	}
	kind := EventGroupUpdated
	if bytes.Equal(next.Doc, cur.Doc) {
		kind = EventGroupMembers
	}
	if kind == EventGroupMembers && len(d.Links) == 0 {
		return f.shown(ctx, cur, references)
	}
	now := f.now()
	next.ID, next.CustomerID, next.Ordinal, next.Version = cur.ID, cur.CustomerID, cur.Ordinal, cur.Version+1
	next.Created, next.Modified = cur.Created, now
	w, err := f.write(ctx, next, kind, d.Links)
	if err != nil {
		return scim.Resource{}, err
	}
	g, err := f.groups.ReplaceGroup(ctx, now, w)
	if err != nil {
		return scim.Resource{}, err
	}
	if g.Version == cur.Version {
		g = cur
	}
	return f.shown(ctx, g, references)
}

// remove takes the group away for good: its displayName is free, and its id is gone.
func (f groupFace) remove(ctx context.Context, id string, check func(scim.Resource) error) error {
	cur, err := f.groups.Group(ctx, f.now(), f.pass.Credential, id, 0)
	if err != nil {
		return err
	}
	if err := agreed(check, cur.bare()); err != nil {
		return err
	}
	now, next := f.now(), cur
	next.Version++
	w := GroupWrite{Credential: f.pass.Credential, Group: next, Event: f.event(EventGroupDeleted, now)}
	return f.groups.DeleteGroup(ctx, now, w)
}

func (f groupFace) write(ctx context.Context, next Group, kind string, links []patch.LinkChange) (GroupWrite, error) {
	members, err := memberChange(f.rt.Linked(), links, func() ([]Reference, error) {
		if next.Version == 1 {
			return nil, nil
		}
		g, err := f.groups.Group(ctx, f.now(), f.pass.Credential, next.ID, scim.All)
		if err == nil && g.Version != next.Version-1 {
			err = newError(Conflict, "this group was changed by another request; read it again")
		}
		return g.References, err
	})
	return GroupWrite{Credential: f.pass.Credential, Group: next, Members: members, Event: f.event(kind, next.Modified)}, err
}

// shown is the answer to a write: the group with its members, as far as they are asked for.
func (f groupFace) shown(ctx context.Context, g Group, references int) (scim.Resource, error) {
	if references > 0 && g.Members > 0 && g.Members <= references {
		with, err := f.groups.Group(ctx, f.now(), f.pass.Credential, g.ID, references)
		if err != nil && CodeOf(err) != NotFound { // deleted since
			return scim.Resource{}, err
		}
		g.References, g.Omitted = with.References, with.Omitted
		return g.resource(), nil
	}
	g.Omitted = g.Members > references
	return g.resource(), nil
}

// draft makes the stored form of validated attributes, without identity, version and times.
func (f groupFace) draft(attrs scim.Attributes) (Group, error) {
	doc, err := encode(attrs)
	if err != nil {
		return Group{}, err
	}
	folded, err := encode(f.rt.Folded(attrs))
	if err != nil {
		return Group{}, err
	}
	name, _ := attrs["displayName"].(string)
	external, _ := attrs["externalId"].(string)
	return Group{NameKey: schema.Fold(name), ExternalID: external, Doc: doc, Folded: folded}, nil
}

func (g Group) resource() scim.Resource {
	res := g.bare()
	res.References, res.Omitted = g.References, g.Omitted
	return res
}

// bare is the group without its members.
func (g Group) bare() scim.Resource {
	return scim.Resource{ID: g.ID, Doc: g.Doc, Version: g.Version, Created: g.Created, Modified: g.Modified}
}
