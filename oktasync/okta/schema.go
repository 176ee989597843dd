package okta

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"

	"drawbridge/oktasync"
)

// defaultSchema is the profile of the org's default user type, which new accounts get.
const defaultSchema = "default"

// maxPolls bounds how often Setup looks for its attributes: half a minute.
const maxPolls = 60

// attribute is a profile attribute of ours.
type attribute struct {
	name, kind, title, description string
	unique                         bool
}

func attributes() []attribute {
	return []attribute{
		{name: oktasync.ConnectedAttr, kind: "boolean", title: "SCIM connected",
			description: "Whether the identity provider of the person's company governs this account. Written by Drawbridge."},
		{name: oktasync.ActiveAttr, kind: "boolean", title: "SCIM active",
			description: "Whether that identity provider last said that the person is active. Written by Drawbridge."},
		{name: oktasync.CustomerAttr, kind: "string", title: "SCIM customer",
			description: "The customer that this account belongs to in Drawbridge. Do not edit."},
		{name: oktasync.KeyAttr, kind: "string", title: "SCIM key", unique: true,
			description: "The user that this account belongs to in Drawbridge. Do not edit."},
	}
}

// property returns the attribute as Okta's schema writes it. Mastered by Okta, it stays writable through the API where
// an app sources the rest of the profile; people read their own, and cannot change it.
func (a attribute) property() *sdk.UserSchemaAttribute {
	p := &sdk.UserSchemaAttribute{
		Title: a.title, Description: a.description, Type: a.kind, Scope: "NONE",
		Master:      &sdk.UserSchemaAttributeMaster{Type: "OKTA"},
		Permissions: []*sdk.UserSchemaAttributePermission{{Principal: "SELF", Action: "READ_ONLY"}},
	}
	if a.unique {
		p.Unique = "UNIQUE_VALIDATED"
	}
	return p
}

// flaws says what is wrong with the attribute as Okta has it, a clause each; none: nothing. Not mendable: Okta does not
// change the type of an attribute.
func (a attribute) flaws(p *sdk.UserSchemaAttribute) (flaws []string, mendable bool) {
	if p == nil {
		return []string{"is missing"}, true
	}
	if p.Type != a.kind {
		return []string{fmt.Sprintf("has the type %s, not %s", word(p.Type), a.kind)}, false
	}
	if a.unique && p.Unique != "UNIQUE_VALIDATED" {
		flaws = append(flaws, "is not unique")
	}
	if p.Master == nil || p.Master.Type != "OKTA" {
		flaws = append(flaws, "is not mastered by Okta")
	}
	editable := func(p *sdk.UserSchemaAttributePermission) bool {
		return p.Principal == "SELF" && p.Action == "READ_WRITE"
	}
	if slices.ContainsFunc(p.Permissions, editable) {
		flaws = append(flaws, "can be edited by the people themselves")
	}
	return flaws, true
}

// Setup brings the four attributes into the org's default user schema and returns the names of those that it wrote,
// none if all was right. It returns when they can be used.
func (c *Client) Setup(ctx context.Context) (changed []string, err error) {
	have, err := c.properties(ctx)
	if err != nil {
		return nil, err
	}
	write := map[string]*sdk.UserSchemaAttribute{}
	for _, a := range attributes() {
		flaws, mendable := a.flaws(have[a.name])
		if !mendable {
			return nil, fmt.Errorf("the profile attribute %s %s, which Okta does not change: delete it in Okta (Profile Editor, Okta user profile) and run setup again",
				a.name, flaws[0])
		}
		if len(flaws) > 0 {
			write[a.name] = a.property()
			changed = append(changed, a.name)
		}
	}
	if len(changed) == 0 {
		return nil, nil
	}
	cl := &call{op: "schema", write: true}
	_, _, err = c.sdk.UserSchema.UpdateUserProfile(cl.under(ctx), defaultSchema, sdk.UserSchema{
		Definitions: &sdk.UserSchemaDefinitions{Custom: &sdk.UserSchemaPublic{Id: "#custom", Type: "object", Properties: write}},
	})
	if err != nil {
		return nil, cl.result(err)
	}
	return changed, c.awaitSchema(ctx)
}

// awaitSchema waits until every attribute is as it should be, and then for as long as Okta may refuse to write it.
func (c *Client) awaitSchema(ctx context.Context) error {
	for range maxPolls {
		have, err := c.properties(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(attributes(), func(a attribute) bool { flaws, _ := a.flaws(have[a.name]); return len(flaws) > 0 }) {
			return sleep(ctx, c.settle)
		}
		if err := sleep(ctx, c.poll); err != nil {
			return err
		}
	}
	return errors.New("the org took the profile attributes but does not show them yet: run setup again in a minute")
}

// properties returns the custom attributes of the default user schema.
func (c *Client) properties(ctx context.Context) (map[string]*sdk.UserSchemaAttribute, error) {
	cl := &call{op: "schema"}
	schema, _, err := c.sdk.UserSchema.GetUserSchema(cl.under(ctx), defaultSchema)
	if err != nil {
		return nil, cl.result(err)
	}
	if schema == nil || schema.Definitions == nil {
		return nil, cl.garbage(200, errors.New("the answer is not a user schema"))
	}
	if schema.Definitions.Custom == nil {
		return nil, nil
	}
	return schema.Definitions.Custom.Properties, nil
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
