package okta

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"github.com/okta/okta-sdk-golang/v2/okta/query"

	"drawbridge/bridge"
	"drawbridge/oktasync"
)

var _ oktasync.Records = (*Client)(nil)

var (
	errNotGroup    = errors.New("this is not the Okta id of a group: nothing was sent")
	errNotRecord   = errors.New("this is not the name of a record of ours: nothing was sent")
	errLongRecord  = fmt.Errorf("the text has more than the %d characters that Okta keeps: nothing was sent", bridge.MaxRecord)
	errNoGroup     = errors.New("the answer is not a group")
	errOtherGroup  = errors.New("the answer is about another group")
	errOtherRecord = errors.New("the group did not take the text")
)

// isRecord reports whether a group of this name is one of ours. The SDK puts the name into no path.
func isRecord(name string) bool {
	return name == bridge.RecordName || strings.HasPrefix(name, bridge.RecordName+"-")
}

// ReadRecord implements oktasync.Records: GET /groups/{id}.
func (c *Client) ReadRecord(ctx context.Context, id string) (oktasync.Record, error) {
	cl := &call{op: "read_record", account: true}
	if !hasForm(id, "00g") {
		return oktasync.Record{}, cl.fail(oktasync.CauseRefused, 0, errNotGroup)
	}
	g, _, err := c.sdk.Group.GetGroup(cl.under(ctx), id)
	return cl.recordOf(id, g, err)
}

// FindRecord implements oktasync.Records: GET /groups?search=type eq "OKTA_GROUP" and profile.name eq "name". Without the type, groups
// that apps bring along would be found too, which may be called the same.
func (c *Client) FindRecord(ctx context.Context, name string) (*oktasync.Record, error) {
	cl := &call{op: "find_record", want: list}
	if !isRecord(name) {
		return nil, cl.fail(oktasync.CauseRefused, 0, errNotRecord)
	}
	search := `type eq "OKTA_GROUP" and profile.name eq ` + quote(name)
	groups, _, err := c.sdk.Group.ListGroups(cl.under(ctx), query.NewQueryParams(query.WithSearch(search), query.WithLimit(pageSize)))
	if err != nil {
		return nil, cl.result(err)
	}
	for _, g := range groups {
		r, err := record(g)
		if err != nil {
			return nil, cl.garbage(200, err)
		}
		if r.Name == name {
			return &r, nil
		}
		// If the search was ignored, this may be any group. Okta compares without regard to case.
		if !strings.EqualFold(r.Name, name) {
			return nil, cl.fail(oktasync.CauseUnknown, 200, errOtherGroup)
		}
	}
	return nil, nil
}

// CreateRecord implements oktasync.Records: POST /groups.
func (c *Client) CreateRecord(ctx context.Context, name, text string) (oktasync.Record, error) {
	cl := &call{op: "create_record", write: true}
	if err := sendable(name, text); err != nil {
		return oktasync.Record{}, cl.fail(oktasync.CauseRefused, 0, err)
	}
	g, _, err := c.sdk.Group.CreateGroup(cl.under(ctx), sdk.Group{Profile: &sdk.GroupProfile{Name: name, Description: text}})
	if err != nil {
		return oktasync.Record{}, cl.result(err)
	}
	r, err := record(g)
	if err == nil && (r.Name != name || r.Text != text) {
		err = errOtherRecord
	}
	if err != nil {
		return oktasync.Record{}, cl.garbage(200, err)
	}
	return r, nil
}

// WriteRecord implements oktasync.Records: PUT /groups/{id}, which replaces name and description.
func (c *Client) WriteRecord(ctx context.Context, r oktasync.Record) error {
	cl := &call{op: "write_record", write: true, account: true}
	if !hasForm(r.ID, "00g") {
		return cl.fail(oktasync.CauseRefused, 0, errNotGroup)
	}
	if err := sendable(r.Name, r.Text); err != nil {
		return cl.fail(oktasync.CauseRefused, 0, err)
	}
	g, _, err := c.sdk.Group.UpdateGroup(cl.under(ctx), r.ID, sdk.Group{Profile: &sdk.GroupProfile{Name: r.Name, Description: r.Text}})
	got, err := cl.recordOf(r.ID, g, err)
	if err == nil && got != r {
		return cl.garbage(200, errOtherRecord)
	}
	return err
}

// sendable says why a record cannot be one of ours.
func sendable(name, text string) error {
	switch {
	case !isRecord(name):
		return errNotRecord
	case utf8.RuneCountInString(text) > bridge.MaxRecord:
		return errLongRecord
	}
	return nil
}

// recordOf returns the answer to a call on one group. An answer about another one is CauseUnknown, for reads too.
func (c *call) recordOf(id string, g *sdk.Group, err error) (oktasync.Record, error) {
	if err != nil {
		return oktasync.Record{}, c.result(err)
	}
	r, err := record(g)
	if err != nil {
		return oktasync.Record{}, c.garbage(200, err)
	}
	if r.ID != id {
		return oktasync.Record{}, c.fail(oktasync.CauseUnknown, 200, errOtherGroup)
	}
	return r, nil
}

func record(g *sdk.Group) (oktasync.Record, error) {
	if g == nil || !hasForm(g.Id, "00g") || g.Profile == nil || g.Profile.Name == "" {
		return oktasync.Record{}, errNoGroup
	}
	return oktasync.Record{ID: g.Id, Name: g.Profile.Name, Text: g.Profile.Description}, nil
}
