package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// testMail changes the addresses of a user in every way: a filter by address goes through an index that has to follow.
func testMail(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	f.person("other", `{"userName":"other","emails":[{"value":"one@acme.example"}]}`, `{"userName":"other","emails":[{"value":"one@acme.example"}]}`)
	long := strings.Repeat("é", 400)
	steps := []struct {
		name   string
		emails []string
	}{
		{"one", []string{"one@acme.example"}}, {"another", []string{"two@acme.example"}}, {"several", []string{"one@acme.example", "two@acme.example", "three@acme.example"}},
		{"none", nil}, {"longer than the index holds", []string{long + "x"}}, {"alike as far as the index holds", []string{long + "y"}},
		{"a list without addresses", []string{}}, {"one again", []string{"one@acme.example"}},
	}
	asked := []string{"one@acme.example", "two@acme.example", "three@acme.example", long + "x", long + "y", long, ""}
	var u bridge.User
	for i, step := range steps {
		doc := mailDoc(step.emails)
		if i == 0 {
			u = f.person("anna", doc, doc)
		} else {
			u.Version++
			u.Doc, u.Folded = []byte(doc), []byte(doc)
			f.put(f.write(u, bridge.EventUserUpdated, bridge.RankUpdate, 0, 0))
		}
		for _, address := range asked {
			want := []string{}
			if address == "one@acme.example" {
				want = append(want, "other")
			}
			for _, mine := range step.emails {
				if mine == address {
					want = append(want, "anna")
				}
			}
			for _, text := range []string{`emails eq %q`, `emails.value eq %q`, `emails[value eq %q]`, `emails[value pr].value eq %q`, `active pr and emails.value eq %q`} {
				x, err := filter.Parse(fmt.Sprintf(text, address))
				f.must(err)
				page, err := f.FindUsers(f.ctx(), f.now, f.cred, schema.User(), bridge.Query{Filter: x, StartIndex: 1, Count: 10})
				f.must(err)
				if diff := cmp.Diff(want, mapNames(page.Users)); diff != "" {
					f.Errorf("%s, %s (-want +got):\n%s", step.name, text, diff)
				}
			}
		}
	}
}

func mailDoc(emails []string) string {
	if emails == nil {
		return `{"userName":"anna"}`
	}
	values := make([]string, len(emails))
	for i, e := range emails {
		values[i] = `{"value":"` + e + `"}`
	}
	return `{"userName":"anna","emails":[` + strings.Join(values, ",") + `]}`
}
