package oktasync_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"drawbridge/bridge"
	"drawbridge/oktasync/oktatest"
	"drawbridge/scim"
	"drawbridge/scim/filter"
)

// away disconnects the customer and brings it back into its waiting room, where another IdP has a token and every account was
// read.
func (t *tenant) away(p *process) {
	t.Helper()
	t.disconnect(bridge.Choices{})
	t.rest(p, func() {})
	t.back(p)
}

func (t *tenant) back(p *process) {
	t.Helper()
	_, err := t.svc.Reconnect(t.Context(), support, t.slug, t.slug)
	t.must(err)
	_, secret, err := t.svc.CreateToken(t.Context(), support, t.slug, "second idp", 0)
	t.must(err)
	signed, err := t.face.Authenticate(t.Context(), t.slug, secret)
	t.must(err)
	t.backend = signed.Backend
	t.work(p)
}

// post has the identity provider create somebody, and returns the id.
func (t *tenant) post(userName, externalID string, active bool) string {
	t.Helper()
	res, err := t.backend.Create(t.Context(), t.rt, scim.Draft{Attributes: scim.Attributes{
		"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": userName, "externalId": externalID, "active": active,
		"name":   map[string]any{"givenName": strings.ToTitle(userName[:4]), "familyName": "Tester"},
		"emails": []any{map[string]any{"value": userName, "type": "work", "primary": true}},
	}}, 0)
	t.must(err)
	return res.ID
}

// same has the identity provider create somebody of before under the name of before.
func (t *tenant) same(i int, active bool) {
	t.Helper()
	if id := t.post(fmt.Sprintf("u%03d@%s.example", i, t.slug), fmt.Sprintf("other-%d", i), active); id != t.users[i] {
		t.Fatalf("a POST for person %d made %s, want %s", i, id, t.users[i])
	}
}

func (t *tenant) room() bridge.WaitingRoom {
	t.Helper()
	r, err := t.svc.WaitingRoom(t.Context(), support, t.slug)
	t.must(err)
	return r
}

func (t *tenant) accept() bridge.WaitingRoom {
	t.Helper()
	r, err := t.svc.AcceptReconnect(t.Context(), support, t.slug, t.slug, t.room().Hash)
	t.must(err)
	return r
}

// wrote lists what was written to Okta since an entry of its log: the operation and whose account, each once.
func (t *tenant) wrote(since int) []string {
	names := map[string]string{}
	for i, id := range t.users {
		names[t.accounts[id]] = fmt.Sprintf("u%03d", i)
	}
	lines := map[string]bool{}
	for _, e := range t.org.Log() {
		if e.Seq > since && e.Write() && e.Token == oktatest.DefaultToken {
			lines[e.Op+" "+names[e.UserID]] = true
		}
	}
	return slices.Sorted(maps.Keys(lines))
}

func (t *tenant) logEnd() int {
	log := t.org.Log()
	return log[len(log)-1].Seq
}

func (t *tenant) login(id string) string {
	u, _ := t.org.User(t.accounts[id])
	login, _ := u.Profile["login"].(string)
	return login
}

// find has the identity provider ask for people; an empty filter selects all.
func (t *tenant) find(text string) scim.Page {
	t.Helper()
	q := scim.Query{StartIndex: 1, Count: 100}
	if text != "" {
		x, err := filter.Parse(text)
		t.must(err)
		q.Filter = x
	}
	page, err := t.backend.Query(t.Context(), t.rt, q)
	t.must(err)
	return page
}
