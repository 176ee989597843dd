package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// group is one as the client knows it.
type group struct {
	ID          string
	DisplayName string
	version     string // of the last answer
}

// groupAnswer is what the checks look at of a group.
type groupAnswer struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Meta        struct {
		Version string `json:"version"`
	} `json:"meta"`
	Members []struct {
		Value string `json:"value"`
	} `json:"members"`
}

func (g *group) same(got groupAnswer) error {
	if got.ID == "" || (g.ID != "" && got.ID != g.ID) || got.DisplayName != g.DisplayName {
		return fmt.Errorf("the answer is group %q, %q, want %q, %q", got.ID, got.DisplayName, g.ID, g.DisplayName)
	}
	return nil
}

func (c *client) createGroup(ctx context.Context, displayName string) (*group, error) {
	g := &group{DisplayName: displayName}
	body := fmt.Appendf(nil, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":%q,"externalId":%q}`, displayName, "ext-"+displayName)
	var got groupAnswer
	if err := c.do(ctx, http.MethodPost, "/Groups", body, http.StatusCreated, &got); err != nil {
		return nil, err
	}
	if err := g.same(got); err != nil {
		return nil, fmt.Errorf("POST: %w", err)
	}
	g.ID, g.version = got.ID, got.Meta.Version
	return g, nil
}

// getGroup reads a group without its members.
func (c *client) getGroup(ctx context.Context, g *group) error {
	var got groupAnswer
	if err := c.do(ctx, http.MethodGet, "/Groups/"+g.ID+"?excludedAttributes=members", nil, http.StatusOK, &got); err != nil {
		return err
	}
	if len(got.Members) > 0 {
		return fmt.Errorf("GET of a group without members shows %d", len(got.Members))
	}
	return g.same(got)
}

// findGroup filters by displayName, as Okta and Entra ID do before they create a group.
func (c *client) findGroup(ctx context.Context, g *group) error {
	var got struct {
		Total     int           `json:"totalResults"`
		Resources []groupAnswer `json:"Resources"`
	}
	path := "/Groups?excludedAttributes=members&filter=" + url.QueryEscape(fmt.Sprintf("displayName eq %q", g.DisplayName))
	if err := c.do(ctx, http.MethodGet, path, nil, http.StatusOK, &got); err != nil {
		return err
	}
	if got.Total != 1 || len(got.Resources) != 1 {
		return fmt.Errorf("displayName eq: found %d of %d, want 1", len(got.Resources), got.Total)
	}
	return g.same(got.Resources[0])
}

// enter and leave change one membership, which must not have been so before: the group comes to another version.
func (c *client) enter(ctx context.Context, g *group, userID, answered string) error {
	return c.regroup(ctx, g, answered, fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, userID))
}

func (c *client) leave(ctx context.Context, g *group, userID, answered string) error {
	return c.regroup(ctx, g, answered, fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, userID))
}

func (c *client) regroup(ctx context.Context, g *group, answered, operation string) error {
	body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operation + `]}`
	var got groupAnswer
	if err := c.do(ctx, http.MethodPatch, "/Groups/"+g.ID+answered, []byte(body), http.StatusOK, &got); err != nil {
		return err
	}
	if err := g.same(got); err != nil {
		return fmt.Errorf("PATCH: %w", err)
	}
	if got.Meta.Version == "" || got.Meta.Version == g.version {
		return fmt.Errorf("PATCH: the group is still at version %s: no member was changed", g.version)
	}
	g.version = got.Meta.Version
	return nil
}

// isMember asks whether a user is in a group, without reading the members.
func (c *client) isMember(ctx context.Context, g *group, userID string) (bool, error) {
	var got struct {
		Total int `json:"totalResults"`
	}
	filter := fmt.Sprintf("id eq %q and members eq %q", g.ID, userID)
	err := c.do(ctx, http.MethodGet, "/Groups?excludedAttributes=members&filter="+url.QueryEscape(filter), nil, http.StatusOK, &got)
	return got.Total == 1, err
}
