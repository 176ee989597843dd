package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// pageSize is how many users a list asks for.
const pageSize = 100

// client speaks SCIM to one side. It takes no answer on trust: each is compared with what was asked for.
type client struct {
	http  *http.Client
	base  string // URL of the SCIM face
	token string
}

func newClient(base, token string, connections int) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections, DisableCompression: true}
	return &client{http: &http.Client{Transport: transport, Timeout: 30 * time.Second}, base: base, token: token}
}

// answer is what the checks look at of a user.
type answer struct {
	ID          string `json:"id"`
	UserName    string `json:"userName"`
	DisplayName string `json:"displayName"`
	Active      bool   `json:"active"`
}

type page struct {
	Total     int      `json:"totalResults"`
	Resources []answer `json:"Resources"`
}

// do sends one request and decodes the answer, which must have the status want. Without into it must have no body.
func (c *client) do(ctx context.Context, method, path string, body []byte, want int, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/scim+json")
	if body != nil {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != want {
		return fmt.Errorf("%s %s: status %d, want %d: %.300s", method, path, res.StatusCode, want, b)
	}
	if into == nil {
		if len(b) > 0 {
			return fmt.Errorf("%s %s: the answer has a body: %.300s", method, path, b)
		}
		return nil
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s %s: %w: %.300s", method, path, err, b)
	}
	return nil
}

// person is a user as the client last wrote it.
type person struct {
	answer
	turn int // how many times it was changed
}

func newPerson(name string) *person {
	return &person{answer: answer{UserName: name, DisplayName: "Person of the Bench", Active: true}}
}

// body is the whole resource, of the size that identity providers push.
func (p *person) body() []byte {
	return fmt.Appendf(nil, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"externalId":"ext-%s","displayName":%q,`+
		`"name":{"givenName":"Person","familyName":"Bench"},"emails":[{"value":%q,"type":"work","primary":true}],"active":%t}`,
		p.UserName, p.UserName, p.DisplayName, p.UserName, p.Active)
}

// same compares an answer with what the person is; the id counts once it is known.
func (p *person) same(got answer) error {
	if got.ID == "" || (p.ID != "" && got.ID != p.ID) || got.UserName != p.UserName || got.DisplayName != p.DisplayName || got.Active != p.Active {
		return fmt.Errorf("the answer is %+v, want %+v", got, p.answer)
	}
	return nil
}

func (c *client) create(ctx context.Context, p *person) error {
	var got answer
	if err := c.do(ctx, http.MethodPost, "/Users", p.body(), http.StatusCreated, &got); err != nil {
		return err
	}
	if err := p.same(got); err != nil {
		return fmt.Errorf("POST: %w", err)
	}
	p.ID = got.ID
	return nil
}

// rehire deletes somebody and creates the same person again, who comes back with the same id.
func (c *client) rehire(ctx context.Context, p *person) error {
	if err := c.do(ctx, http.MethodDelete, "/Users/"+p.ID, nil, http.StatusNoContent, nil); err != nil {
		return err
	}
	return c.create(ctx, p)
}

func (c *client) get(ctx context.Context, p *person) error {
	return c.whole(ctx, http.MethodGet, p, nil)
}

// replace is PUT with another displayName.
func (c *client) replace(ctx context.Context, p *person) error {
	p.turn++
	p.DisplayName = "Put " + strconv.Itoa(p.turn)
	return c.whole(ctx, http.MethodPut, p, p.body())
}

// patch changes displayName and active by turns: one as Entra ID writes it, the other as Okta does.
func (c *client) patch(ctx context.Context, p *person) error {
	p.turn++
	if p.turn%2 == 0 {
		p.Active = !p.Active
		return c.operate(ctx, p, fmt.Sprintf(`{"op":"replace","value":{"active":%t}}`, p.Active))
	}
	return c.rename(ctx, p, "Patch "+strconv.Itoa(p.turn))
}

func (c *client) rename(ctx context.Context, p *person, displayName string) error {
	p.DisplayName = displayName
	return c.operate(ctx, p, fmt.Sprintf(`{"op":"Replace","path":"displayName","value":%q}`, displayName))
}

func (c *client) operate(ctx context.Context, p *person, operation string) error {
	body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operation + `]}`
	return c.whole(ctx, http.MethodPatch, p, []byte(body))
}

// whole sends a request about one person, who must come back as it is then.
func (c *client) whole(ctx context.Context, method string, p *person, body []byte) error {
	var got answer
	if err := c.do(ctx, method, "/Users/"+p.ID, body, http.StatusOK, &got); err != nil {
		return err
	}
	if err := p.same(got); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// find filters by userName; nobody may bear the name of a person without an id.
func (c *client) find(ctx context.Context, p *person) error {
	return c.findBy(ctx, "userName", p.UserName, p)
}

// findBy filters by a path whose value is the person's alone.
func (c *client) findBy(ctx context.Context, path, value string, p *person) error {
	return c.findOne(ctx, fmt.Sprintf("%s eq %q", path, value), p)
}

// findChanged finds the only one who was changed at a moment or up to 100 seconds later.
func (c *client) findChanged(ctx context.Context, at time.Time, p *person) error {
	until := at.Add(100 * time.Second)
	return c.findOne(ctx, fmt.Sprintf("meta.lastModified ge %q and meta.lastModified lt %q", at.Format(time.RFC3339), until.Format(time.RFC3339)), p)
}

func (c *client) findOne(ctx context.Context, filter string, p *person) error {
	var got page
	if err := c.do(ctx, http.MethodGet, "/Users?filter="+url.QueryEscape(filter)+"&startIndex=1&count=100", nil, http.StatusOK, &got); err != nil {
		return err
	}
	if p.ID == "" {
		if got.Total != 0 || len(got.Resources) != 0 {
			return fmt.Errorf("%s: found %d, want nobody", filter, got.Total)
		}
		return nil
	}
	if got.Total != 1 || len(got.Resources) != 1 {
		return fmt.Errorf("%s: found %d of %d, want 1", filter, len(got.Resources), got.Total)
	}
	return p.same(got.Resources[0])
}

// list reads a full page and returns it.
func (c *client) list(ctx context.Context, start int) (page, error) {
	var got page
	path := fmt.Sprintf("/Users?startIndex=%d&count=%d", start, pageSize)
	if err := c.do(ctx, http.MethodGet, path, nil, http.StatusOK, &got); err != nil {
		return got, err
	}
	seen := make(map[string]bool, pageSize)
	for _, u := range got.Resources {
		seen[u.ID] = u.ID != "" && u.UserName != ""
	}
	delete(seen, "")
	if len(seen) != pageSize || len(got.Resources) != pageSize {
		return got, fmt.Errorf("GET %s: %d resources, %d of them distinct, want %d", path, len(got.Resources), len(seen), pageSize)
	}
	return got, nil
}
