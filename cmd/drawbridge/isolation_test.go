package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/scim/schema"
)

const groupSchema = schema.GroupURN

// neighbours are two customers of one service: whatever acme asks of what is globex's has to be answered as if it had never
// existed.
type neighbours struct {
	*testing.T
	handler     http.Handler
	credentials map[string]string
	own         map[string]string // ids of acme's resources by type
	foreign     map[string]string // ids of globex's
	globex      string            // token
}

func newNeighbours(t *testing.T, s *store.Store) *neighbours {
	t.Helper()
	svc := bridge.NewService(s, now, newID)
	n := &neighbours{
		T: t, handler: routes(s, "https://scim.vendor.example", slog.New(slog.DiscardHandler)),
		credentials: map[string]string{"none": "", "garbage": "drawbridge_scim_x"}, own: map[string]string{}, foreign: map[string]string{},
	}
	for _, slug := range []string{"acme", "globex"} {
		c, err := svc.AddCustomer(t.Context(), operator(), bridge.NewCustomer{Slug: slug, Domains: []string{slug + ".example"}, Trust: "a test"})
		if err != nil {
			t.Fatal(err)
		}
		ids := n.own
		if slug == "globex" {
			ids = n.foreign
		}
		token := n.token(s, c.ID, slug, bridge.SCIMToken, time.Hour)
		if slug == "globex" {
			n.globex = token
		}
		ids["Users"] = n.made(slug, token, "/Users", userBody("anna@"+slug+".example", "Anna", "Muster"))
		ids["Groups"] = n.made(slug, token, "/Groups", `{"schemas":["`+groupSchema+`"],"displayName":"Staff","members":[{"value":"`+ids["Users"]+`"}]}`)
		if slug == "globex" {
			n.credentials["another customer's"] = token
			continue
		}
		n.credentials["good"] = token
		n.credentials["expired"] = n.token(s, c.ID, "expired", bridge.SCIMToken, -time.Hour)
		n.credentials["another class"] = n.token(s, c.ID, "admin", bridge.AdminToken, time.Hour)
	}
	return n
}

func (n *neighbours) token(s *store.Store, customerID, name string, class bridge.TokenClass, life time.Duration) string {
	n.Helper()
	secret := bridge.NewSecret(class)
	token := bridge.Token{ID: newID(), CustomerID: customerID, Class: class, Name: name, Created: now(), Expires: now().Add(life)}
	if err := s.AddToken(context.Background(), token, sha256.Sum256([]byte(secret)), 9, bridge.Event{}); err != nil {
		n.Fatal(err)
	}
	return secret
}

func (n *neighbours) made(slug, token, path, body string) (id string) {
	n.Helper()
	a := n.ask(http.MethodPost, "/scim/v2/"+slug+path, token, body)
	if a.Status != http.StatusCreated {
		n.Fatalf("POST %s for %s: %d %s", path, slug, a.Status, a.Body)
	}
	_, after, _ := strings.Cut(a.Body, `"id":"`)
	id, _, _ = strings.Cut(after, `"`)
	return id
}

// said is all that an answer says to the client.
type said struct {
	Status int
	Header http.Header
	Body   string
}

func (n *neighbours) ask(method, target, token, body string) said {
	r := httptest.NewRequest(method, "http://scim.vendor.example/", strings.NewReader(body))
	path, query, _ := strings.Cut(target, "?")
	r.RequestURI, r.URL.RawQuery = target, query
	plain, err := url.PathUnescape(path)
	if err != nil {
		return said{}
	}
	r.URL.Path, r.URL.RawPath = plain, path
	r.Header.Set("Content-Type", "application/scim+json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	n.handler.ServeHTTP(w, r)
	w.Header().Del("Date")
	return said{w.Code, w.Header(), w.Body.String()}
}

// spellings are ways to write an id in a path.
func spellings(id string) map[string]string {
	return map[string]string{
		"plain": id, "upper case": strings.ToUpper(id), "first byte escaped": fmt.Sprintf("%%%02x", id[0]) + id[1:],
		"escaped twice": fmt.Sprintf("%%25%02x", id[0]) + id[1:], "slash behind": id + "/", "space behind": id + "%20", "parameter": id + ";a=b",
		"dots": "x/../" + id, "escaped dots": "x%2f..%2f" + id, "U+0000 behind": id + "%00", "suffix": id + ".json", "quoted": "%22" + id + "%22",
	}
}

// requests are all ways to name a resource of a type by its id below a customer's base, by name.
func (n *neighbours) requests(kind, id string) map[string][3]string {
	all := map[string][3]string{}
	patch := `{"schemas":["` + patchSchema + `"],"Operations":[{"op":"replace","path":"displayName","value":"x"}]}`
	bodies := map[string]string{
		http.MethodGet: "", http.MethodHead: "", http.MethodDelete: "", http.MethodOptions: "", http.MethodPatch: patch, http.MethodPost: patch,
		http.MethodPut: `{"schemas":["` + userSchema + `"],"userName":"taken-over@acme.example","displayName":"Taken over"}`,
	}
	for spelling, written := range spellings(id) {
		for method, body := range bodies {
			all[method+" "+kind+"/{id}, "+spelling] = [3]string{method, "/" + kind + "/" + written, body}
		}
	}
	for _, x := range []string{`id eq "%s"`, `members eq "%s"`, `members.value eq "%s"`, `members[value eq "%s"]`, `groups.value eq "%s"`, `externalId eq "%s"`} {
		filter := fmt.Sprintf(x, id)
		all["filter "+x] = [3]string{http.MethodGet, "/" + kind + "?filter=" + url.QueryEscape(filter), ""}
		search := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":` + quoted(filter) + `}`
		all["search "+x] = [3]string{http.MethodPost, "/" + kind + "/.search", search}
		all["search all "+x] = [3]string{http.MethodPost, "/.search", search}
	}
	for op, operation := range map[string]string{
		"add":    `{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`,
		"remove": `{"op":"remove","path":"members[value eq \"` + id + `\"]"}`,
		"set":    `{"op":"replace","value":{"members":[{"value":"` + id + `"}]}}`,
	} {
		all["member, "+op] = [3]string{http.MethodPatch, "/Groups/" + n.own["Groups"], `{"schemas":["` + patchSchema + `"],"Operations":[` + operation + `]}`}
	}
	group := `{"schemas":["` + groupSchema + `"],"displayName":"Others","members":[{"value":"` + id + `"}]}`
	all["member, POST"] = [3]string{http.MethodPost, "/Groups", group}
	all["member, PUT"] = [3]string{http.MethodPut, "/Groups/" + n.own["Groups"], group}
	for _, method := range []string{"PATCH", "PUT", "DELETE"} {
		operation := `{"method":"` + method + `","path":"/` + kind + `/` + id + `","data":` + patch + `}`
		all["bulk, "+method] = [3]string{http.MethodPost, "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` + operation + `]}`}
	}
	return all
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// compare makes every request of the matrix twice, for globex's id and for one that nobody has, and returns the cells whose
// answers differ in anything but the id itself.
func (n *neighbours) compare() (cells int, differ []string) {
	const nobody = "019b0000-0000-7000-8000-00000000dead"
	for kind, id := range n.foreign {
		foreign, unknown := n.requests(kind, id), n.requests(kind, nobody)
		for name, r := range foreign {
			u := unknown[name]
			for who, token := range n.credentials {
				for _, base := range []string{"/scim/v2/acme", "/scim/v1/acme"} {
					cells++
					got, want := n.ask(r[0], base+r[1], token, r[2]), n.ask(u[0], base+u[1], token, u[2])
					got.Body = strings.ReplaceAll(got.Body, id, nobody) // Bulk repeats the path
					if diff := cmp.Diff(want, got); diff != "" {
						differ = append(differ, fmt.Sprintf("%s%s as %s (-nobody's +globex's):\n%s", base, name, who, diff))
					}
				}
			}
		}
	}
	return cells, differ
}

// TestI14_AnotherCustomersIsAsIfItNeverExisted compares, cell by cell, every route, method, spelling of an id and credential.
func TestI14_AnotherCustomersIsAsIfItNeverExisted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n := newNeighbours(t, s)
		var before []said
		for kind, id := range n.foreign {
			before = append(before, n.ask(http.MethodGet, "/scim/v2/globex/"+kind+"/"+id, n.globex, ""))
			if a := n.ask(http.MethodGet, "/scim/v2/acme/"+kind+"/"+n.own[kind], n.credentials["good"], ""); a.Status != http.StatusOK {
				t.Fatalf("acme's own of %s: %d: then the matrix proves nothing", kind, a.Status)
			}
		}
		cells, differ := n.compare()
		for _, d := range differ {
			t.Error(d)
		}
		t.Logf("%d cells", cells)
		var after []said
		for kind, id := range n.foreign {
			after = append(after, n.ask(http.MethodGet, "/scim/v2/globex/"+kind+"/"+id, n.globex, ""))
		}
		byBody := func(a []said) map[string]int {
			m := map[string]int{}
			for _, x := range a {
				m[x.Body] = x.Status
			}
			return m
		}
		if diff := cmp.Diff(byBody(before), byBody(after)); diff != "" {
			t.Errorf("globex's resources were touched (-before +after):\n%s", diff)
		}
	})
}

// TestI14_MutantIsCaught admits that another customer's resource is there: the matrix has to see it.
func TestI14_MutantIsCaught(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t, storetest.SQLite(t))
	inner := n.handler
	n.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, n.foreign["Groups"]) && r.Header.Get("Authorization") == "Bearer "+n.credentials["good"] {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	})
	if _, differ := n.compare(); len(differ) == 0 {
		t.Error("an answer that tells a foreign id from an unknown one is not seen")
	}
}
