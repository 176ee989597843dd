package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
)

// front is the service's handler on a store with two customers, acme and globex, each with a person and a group of that person.
// The tests of the SCIM face knock at it as acme's IdP, or as somebody who would like to be, and read what that left.
type front struct {
	*neighbours
	store *store.Store
	svc   *bridge.Service
	good  string // acme's token
	user  string // id of acme's person
	group string // id of acme's group
}

const (
	v1 = "/scim/v1/acme"
	v2 = "/scim/v2/acme"
)

// atFront runs a test on either store.
func atFront(t *testing.T, test func(f *front)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n := newNeighbours(t, s)
		test(&front{
			neighbours: n, store: s, svc: bridge.NewService(s, now, newID),
			good: n.credentials["good"], user: n.own["Users"], group: n.own["Groups"],
		})
	})
}

// put fills in the ids: {U} and {G} are acme's, {FU} and {FG} are globex's.
func (f *front) put(text string) string {
	return strings.NewReplacer("{U}", f.user, "{G}", f.group, "{FU}", f.foreign["Users"], "{FG}", f.foreign["Groups"]).Replace(text)
}

// request is one with acme's token. The target is kept as it is written, as a server gets it from the wire.
func (f *front) request(method, target, body string) (*http.Request, *watchedBody) {
	f.Helper()
	content := &watchedBody{Reader: strings.NewReader(f.put(body))}
	r := httptest.NewRequest(method, "http://scim.vendor.example/", content)
	r.RequestURI = f.put(target)
	path, query, _ := strings.Cut(r.RequestURI, "?")
	plain, err := url.PathUnescape(path)
	if err != nil {
		f.Fatal(err)
	}
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = plain, path, query
	r.Header.Set("Content-Type", "application/scim+json")
	r.Header.Set("Authorization", "Bearer "+f.good)
	return r, content
}

func (f *front) serve(r *http.Request) said {
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return said{w.Code, w.Header(), w.Body.String()}
}

// do makes a request as acme's IdP.
func (f *front) do(method, target, body string) said {
	f.Helper()
	r, _ := f.request(method, target, body)
	return f.serve(r)
}

// must makes a request that has to be answered with the status.
func (f *front) must(want int, method, target, body string) object {
	f.Helper()
	a := f.do(method, target, body)
	if a.Status != want {
		f.Fatalf("%s %s: %d %s, want %d", method, target, a.Status, a.Body, want)
	}
	return a.object()
}

// add creates a person of acme's and returns the id.
func (f *front) add(userName string) (id string) {
	f.Helper()
	id, _ = f.must(http.StatusCreated, "POST", v2+"/Users", userBody(userName, "Given", "Family"))["id"].(string)
	return id
}

// object is the answer's body; nil if it is none.
func (a said) object() object {
	var o object
	if json.Unmarshal([]byte(a.Body), &o) != nil {
		return nil
	}
	return o
}

// refusal is the status of an error and its scimType, in the words of either version of the protocol.
func (a said) refusal() string {
	o := a.object()
	kind, _ := o["scimType"].(string)
	if o["Errors"] == nil && o["status"] != fmt.Sprint(a.Status) {
		return fmt.Sprintf("%d and no error of SCIM", a.Status)
	}
	return strings.TrimSpace(fmt.Sprint(a.Status, " ", kind))
}

// reopen makes the handler anew: what it remembers of tokens is gone, as on another replica.
func (f *front) reopen() {
	f.handler = routes(f.store, "https://scim.vendor.example", slog.New(slog.DiscardHandler))
}

// record is all that is kept of a user.
func (f *front) record(slug, id string) bridge.User {
	f.Helper()
	c, err := f.store.Customer(f.Context(), slug)
	if err != nil {
		f.Fatal(err)
	}
	u, err := f.store.UserOf(f.Context(), c.ID, id)
	if err != nil {
		f.Fatal(err)
	}
	return u
}

// decision is what follows for somebody's account in Okta.
func (f *front) decision(id string) bridge.UserView {
	f.Helper()
	v, err := f.svc.User(f.Context(), operator(), "acme", id)
	if err != nil {
		f.Fatal(err)
	}
	return v
}

// estate is everything that a request could change.
type estate struct {
	Users  map[string]string // by id, deleted ones included
	Groups map[string]string // by id, with their members
	Events int               // that IdPs caused
	Due    map[bridge.Rank]int
}

func (f *front) estate() estate {
	f.Helper()
	w := estate{Users: map[string]string{}, Groups: map[string]string{}}
	customers, err := f.store.Customers(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range customers {
		for _, e := range f.events(c.ID) {
			if strings.HasPrefix(e.Actor, "idp:") {
				w.Events++
			}
			if e.UserID == "" {
				continue
			}
			u := f.record(c.Slug, e.UserID)
			w.Users[u.ID] = fmt.Sprintf("%d %t %t %v %v %s", u.Version, u.Active, u.Connected, u.Removed, u.Deleted, u.Doc)
		}
	}
	for slug, token := range map[string]string{"acme": f.good, "globex": f.globex} {
		a := f.ask("GET", "/scim/v2/"+slug+"/Groups?count=200", token, "")
		if a.Status != http.StatusOK {
			f.Fatalf("groups of %s: %d %s", slug, a.Status, a.Body)
		}
		resources, _ := a.object()["Resources"].([]any)
		for _, r := range resources {
			text, _ := json.Marshal(r)
			w.Groups[r.(map[string]any)["id"].(string)] = string(text)
		}
	}
	if w.Due, _, err = f.store.DueTotals(f.Context()); err != nil {
		f.Fatal(err)
	}
	return w
}

// events numbers all events and returns a customer's.
func (f *front) events(customerID string) []bridge.Event {
	f.Helper()
	for {
		n, err := f.store.NumberEvents(f.Context(), 1000)
		if err != nil {
			f.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	events, err := f.store.Events(f.Context(), customerID, 0, 100_000)
	if err != nil {
		f.Fatal(err)
	}
	return events
}

// unchanged checks that nothing was written since before.
func (f *front) unchanged(before estate, after string) {
	f.Helper()
	if diff := cmp.Diff(before, f.estate()); diff != "" {
		f.Errorf("%s: something was written (-before +after):\n%s", after, diff)
	}
}

// patchOf is a PATCH request of operations.
func patchOf(operations string) string {
	return `{"schemas":["` + patchSchema + `"],"Operations":[` + operations + `]}`
}

// bulkOf is a bulk request of one operation.
func bulkOf(method, path, data string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":%q,"path":%q,"bulkId":"b1","data":%s}]}`, method, path, data)
}

// bulkStatus is the status of the only operation of a bulk request that was answered.
func (a said) bulkStatus() string {
	list, _ := a.object()["Operations"].([]any)
	if a.Status != http.StatusOK || len(list) != 1 {
		return fmt.Sprintf("bulk: %d", a.Status)
	}
	status, _ := list[0].(map[string]any)["status"].(string)
	return status
}
