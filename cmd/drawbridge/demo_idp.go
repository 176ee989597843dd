package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A dialect is how one make of identity provider changes whether a person is active.
type dialect func(active bool) []map[string]any

// entraDialect sends the word, with a path (Entra ID without the SCIM compliance flag).
func entraDialect(active bool) []map[string]any {
	return []map[string]any{{"op": "Replace", "path": "active", "value": map[bool]string{true: "True", false: "False"}[active]}}
}

// oktaDialect sends an object without a path (apps of Okta's integration network).
func oktaDialect(active bool) []map[string]any {
	return []map[string]any{{"op": "replace", "value": map[string]any{"active": active}}}
}

// demoIdP is the identity provider of one customer, pushing over HTTP.
type demoIdP struct {
	name, domain string
	base, token  string
	dialect      dialect
	client       *http.Client
	ids          map[string]string // SCIM ids by first name, as Drawbridge answered them
}

func newDemoIdP(name, domain, base, token string, d dialect) *demoIdP {
	return &demoIdP{
		name: name, domain: domain, base: base, token: token, dialect: d, ids: map[string]string{},
		client: &http.Client{Timeout: 10 * time.Second},
	}
}

func (p *demoIdP) address(first string) string { return strings.ToLower(first) + "@" + p.domain }

// hire looks the person up, as identity providers do, and creates them.
func (p *demoIdP) hire(ctx context.Context, first string) error {
	return p.hireAs(ctx, first, p.address(first))
}

func (p *demoIdP) hireAs(ctx context.Context, first, userName string) error {
	found, err := p.send(ctx, http.MethodGet, "/Users?filter="+url.QueryEscape(`userName eq "`+userName+`"`), nil, http.StatusOK)
	if err != nil {
		return err
	}
	if n, _ := found["totalResults"].(float64); n != 0 {
		return fmt.Errorf("%s is there before it was created", first)
	}
	made, err := p.send(ctx, http.MethodPost, "/Users", map[string]any{
		"schemas":  []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"userName": userName, "externalId": p.domain + "/" + first, "active": true,
		"name":   map[string]any{"givenName": first, "familyName": "Demo"},
		"emails": []map[string]any{{"value": userName, "type": "work", "primary": true}},
	}, http.StatusCreated)
	if err != nil {
		return err
	}
	id, _ := made["id"].(string)
	if id == "" {
		return fmt.Errorf("the answer to creating %s has no id", first)
	}
	p.ids[first] = id
	return nil
}

// setActive removes a person (false) or takes them back, and reads the answer back.
func (p *demoIdP) setActive(ctx context.Context, first string, active bool) error {
	if err := p.patch(ctx, first, p.dialect(active)); err != nil {
		return err
	}
	got, err := p.send(ctx, http.MethodGet, "/Users/"+p.ids[first], nil, http.StatusOK)
	if err == nil && got["active"] != active {
		err = fmt.Errorf("%s reads back active: %v, not %t", first, got["active"], active)
	}
	return err
}

func (p *demoIdP) patch(ctx context.Context, first string, operations []map[string]any) error {
	_, err := p.send(ctx, http.MethodPatch, "/Users/"+p.ids[first], map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": operations,
	}, http.StatusOK, http.StatusNoContent)
	return err
}

// send makes a request and returns the JSON object of the answer, nil if it has none. Another status than those wanted is an error.
func (p *demoIdP) send(ctx context.Context, method, path string, body any, want ...int) (map[string]any, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if body == nil {
		encoded = nil
	}
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(encoded))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/scim+json")
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s's IdP gets no answer: %w", p.name, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s's IdP gets half an answer: %w", p.name, err)
	}
	if !slices.Contains(want, resp.StatusCode) {
		return nil, fmt.Errorf("%s %s is answered with %d, not %v", method, strings.SplitN(path, "?", 2)[0], resp.StatusCode, want)
	}
	if len(answer) == 0 {
		return nil, nil
	}
	var out map[string]any
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, fmt.Errorf("the answer to %s is not a JSON object: %w", method, err)
	}
	return out, nil
}
