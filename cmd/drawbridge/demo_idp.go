package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// person is somebody as the customer's IdP knows them.
type person struct {
	nick        string // by which the story calls them, whatever their name is at the moment
	id          string // SCIM id, as Drawbridge answered it
	externalID  string // id in the IdP
	first, last string
	userName    string
	title       string
	department  string
}

func (p person) display() string { return p.first + " " + p.last }

// demoIdP is the identity provider of one customer, pushing over HTTP what its make really sends.
type demoIdP struct {
	name, slug, domain string
	base, token        string
	make               idpMake
	client             *http.Client
	people             map[string]*person // by nick
	last               sentRequest        // the latest request that writes
}

// sentRequest is what the story tells of a request.
type sentRequest struct {
	line  string // method, path and the telling part of the body
	began time.Time
}

func newDemoIdP(name, slug, domain, base, token string, m idpMake) *demoIdP {
	return &demoIdP{
		name: name, slug: slug, domain: domain, base: base, token: token, make: m, people: map[string]*person{},
		client: &http.Client{Timeout: 30 * time.Second},
	}
}

// newPerson is somebody who was hired, with a login in the customer's domain.
func (p *demoIdP) newPerson(first, last string) person {
	return person{
		nick: first, first: first, last: last, title: "Engineer", externalID: p.make.newID(),
		userName: strings.ToLower(first+"."+last) + "@" + p.domain,
	}
}

func (p *demoIdP) nicks() []string { return slices.Sorted(maps.Keys(p.people)) }

// probe is the IdP's "test connection".
func (p *demoIdP) probe(ctx context.Context) error {
	_, err := p.send(ctx, request{method: http.MethodGet, path: p.make.probe(), want: []int{http.StatusOK}})
	return err
}

// create looks the person up, as identity providers do, and creates them.
func (p *demoIdP) create(ctx context.Context, who person) error {
	found, err := p.send(ctx, request{method: http.MethodGet, path: p.make.lookUp(who), want: []int{http.StatusOK}})
	if err != nil {
		return err
	}
	if n, _ := found["totalResults"].(float64); n != 0 {
		return fmt.Errorf("%s is there before being created", who.nick)
	}
	made, err := p.send(ctx, request{
		method: http.MethodPost, path: "/Users", body: p.make.newUser(who), show: []string{"userName", "name", "active"},
		want: []int{http.StatusCreated},
	})
	if err != nil {
		return err
	}
	if who.id, _ = made["id"].(string); who.id == "" {
		return fmt.Errorf("the answer to creating %s has no id", who.nick)
	}
	p.people[who.nick] = &who
	return nil
}

// refused pushes somebody who has to be refused.
func (p *demoIdP) refused(ctx context.Context, who person) error {
	_, err := p.send(ctx, request{
		method: http.MethodPost, path: "/Users", body: p.make.newUser(who), show: []string{"userName", "name", "active"},
		want: []int{http.StatusBadRequest},
	})
	return err
}

// change edits a person and pushes the difference.
func (p *demoIdP) change(ctx context.Context, nick string, edit func(*person)) error {
	before, err := p.find(nick)
	if err != nil {
		return err
	}
	after := *before
	edit(&after)
	if err := p.make.update(ctx, p, *before, after); err != nil {
		return err
	}
	*before = after
	return nil
}

// setActive removes a person (false) or takes them back, and reads the answer back.
func (p *demoIdP) setActive(ctx context.Context, nick string, active bool) error {
	who, err := p.find(nick)
	if err != nil {
		return err
	}
	if err := p.patch(ctx, who.id, p.make.activity(active)); err != nil {
		return err
	}
	got, err := p.send(ctx, request{method: http.MethodGet, path: "/Users/" + who.id, want: []int{http.StatusOK}})
	if err == nil && got["active"] != active {
		err = fmt.Errorf("%s reads back active: %v, not %t", nick, got["active"], active)
	}
	return err
}

// erase deletes a person for good. The second DELETE is what Entra sends when it is not sure of the first.
func (p *demoIdP) erase(ctx context.Context, nick string) error {
	who, err := p.find(nick)
	if err != nil {
		return err
	}
	for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
		sent := p.last
		if _, err := p.send(ctx, request{method: http.MethodDelete, path: "/Users/" + who.id, want: []int{want}}); err != nil {
			return err
		}
		if want == http.StatusNotFound {
			p.last = sent
		}
	}
	return nil
}

func (p *demoIdP) patch(ctx context.Context, id string, operations []object) error {
	_, err := p.send(ctx, request{
		method: http.MethodPatch, path: "/Users/" + id, show: []string{"Operations"},
		body: object{"schemas": []string{patchSchema}, "Operations": operations},
		want: []int{http.StatusOK, http.StatusNoContent},
	})
	return err
}

func (p *demoIdP) find(nick string) (*person, error) {
	who := p.people[nick]
	if who == nil {
		return nil, fmt.Errorf("%s's IdP has no %s", p.name, nick)
	}
	return who, nil
}

// request is one SCIM request of an IdP. Another status than those wanted is an error.
type request struct {
	method, path string
	body         object
	show         []string // the attributes of the body that the story shows
	want         []int
}

// send makes a request and returns the JSON object of the answer, nil if it has none.
func (p *demoIdP) send(ctx context.Context, r request) (object, error) {
	req, err := p.httpRequest(ctx, r)
	if err != nil {
		return nil, err
	}
	if r.method != http.MethodGet {
		p.last = sentRequest{line: r.line(req.URL.Path), began: time.Now()}
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s's IdP gets no answer: %w", p.name, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s's IdP gets half an answer: %w", p.name, err)
	}
	if !slices.Contains(r.want, resp.StatusCode) {
		return nil, fmt.Errorf("%s is answered with %d, not %v", r.line(req.URL.Path), resp.StatusCode, r.want)
	}
	if len(answer) == 0 {
		return nil, nil
	}
	var out object
	if json.Unmarshal(answer, &out) != nil {
		return nil, errors.New("the answer to " + r.method + " is not a JSON object")
	}
	return out, nil
}

func (p *demoIdP) httpRequest(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, p.base+r.path, body)
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, p.make.header())
	if body == nil {
		req.Header.Del("Content-Type")
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	return req, nil
}

// line tells a request in one line: of the body, what r.show names.
func (r request) line(path string) string {
	if i := strings.LastIndexByte(path, '/'); len(path)-i > 20 {
		path = path[:i+1] + "…" + path[len(path)-6:] // an id; its last digits tell people apart
	}
	if r.body == nil {
		return r.method + " " + path
	}
	return r.method + " " + path + "  " + excerpt(r.body, r.show)
}

// excerpt is a JSON object cut down to some of its attributes.
func excerpt(body object, names []string) string {
	var parts []string
	for _, name := range names {
		value, ok := body[name]
		if !ok {
			continue
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if e.Encode(value) == nil {
			parts = append(parts, fmt.Sprintf("%q:%s", name, bytes.TrimSpace(b.Bytes())))
		}
	}
	if len(parts) < len(body) {
		parts = append(parts, "…")
	}
	return shortened("{"+strings.Join(parts, ",")+"}", 200)
}

// shortened cuts a text to so many characters.
func shortened(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
