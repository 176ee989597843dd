package storetest

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// testText keeps what is odd and refuses what one of the databases could not keep, on both alike.
func testText(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	odd := []string{
		"o'brien", `back\slash`, `\u0000`, "percent%_", "double\"quote", "\u0001\u001f\u007f", "müller", "MU\u0308LLER", "ß", "İ",
		"\U0001F600", "\u202Eright-to-left", "\uFEFFbom", "\uFFFD", "\U0010FFFF", "日本語", "$1 ? ?1 :name",
	}
	for _, name := range odd {
		w := f.draft("placeholder")
		doc, err := json.Marshal(map[string]any{"userName": name, "displayName": name})
		f.must(err)
		w.User.NameKey, w.User.ExternalID, w.User.Doc, w.User.Folded = name, name, doc, doc
		ordinal, err := s.InsertUser(f.ctx(), f.now, w)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		w.User.Ordinal = ordinal
		got, err := s.UserByName(f.ctx(), f.now, f.cred, name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if diff := cmp.Diff(asRead(w.User), got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
		page, err := s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), bridge.Query{Filter: &filter.Compare{Path: filter.AttrPath{Name: "externalId"}, Op: filter.Eq, Value: name}, StartIndex: 1, Count: 10})
		f.must(err)
		if page.Total != 1 || page.Users[0].ID != w.User.ID {
			t.Errorf("%q: found %d by external id", name, page.Total)
		}
	}

	bad := map[string]func(u *bridge.User){
		"name with U+0000":               func(u *bridge.User) { u.NameKey = "a\x00b" },
		"name that is not UTF-8":         func(u *bridge.User) { u.NameKey = "a\xffb" },
		"external id with U+0000":        func(u *bridge.User) { u.ExternalID = "a\x00b" },
		"document with U+0000":           func(u *bridge.User) { u.Doc = []byte("{\"x\":\"\x00\"}") },
		"document with an escape for it": func(u *bridge.User) { u.Doc = []byte(`{"x":"\\\u0000"}`) },
		"folded form with one":           func(u *bridge.User) { u.Folded = []byte(`{"x":"\u0000"}`) },
	}
	for what, spoil := range bad {
		w := f.draft("victim")
		spoil(&w.User)
		_, err := s.InsertUser(f.ctx(), f.now, w)
		f.wantCode("insert of a "+what, err, bridge.Invalid)
		w.User.Version = 2
		f.wantCode("replace by a "+what, s.ReplaceUser(f.ctx(), f.now, w), bridge.Invalid)
	}
	for _, key := range []string{"a\x00b", "a\xffb", "\xed\xa0\x80", ""} {
		_, err := s.User(f.ctx(), f.now, f.cred, key, 0)
		f.wantCode("User of what cannot be stored", err, bridge.NotFound)
		_, err = s.UserByName(f.ctx(), f.now, f.cred, key)
		f.wantCode("UserByName of what cannot be stored", err, bridge.NotFound)
		_, err = s.UserOf(f.ctx(), f.customer.ID, key)
		f.wantCode("UserOf what cannot be stored", err, bridge.NotFound)
		_, err = s.Customer(f.ctx(), key)
		f.wantCode("Customer of what cannot be stored", err, bridge.NotFound)
	}
	_, err := s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), bridge.Query{Filter: &filter.Compare{Path: filter.AttrPath{Name: "externalId"}, Op: filter.Ne, Value: "a\x00b"}, StartIndex: 1, Count: 10})
	f.wantCode("a filter with U+0000", err, bridge.Invalid)
}
