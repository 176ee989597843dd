package mapping

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// owned is every attribute that Profile answers for.
func owned() []string {
	return strings.Fields("login email firstName lastName middleName honorificPrefix honorificSuffix displayName nickName title " +
		"userType profileUrl primaryPhone mobilePhone streetAddress city state zipCode countryCode postalAddress " +
		"preferredLanguage locale timezone employeeNumber costCenter organization division department managerId manager")
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// set is what is set in a profile.
func set(profile map[string]any) map[string]any {
	out := maps.Clone(profile)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

// TestProfileOfIdPs maps users in the shapes in which IdPs push them.
func TestProfileOfIdPs(t *testing.T) {
	type m = map[string]any
	tests := []struct {
		name         string
		doc          string
		login, email string
		want         m
		refused      []string
	}{
		{
			name: "Entra ID, default mapping",
			doc: `{"userName":"anna.berg@acme.example","active":true,"externalId":"7d1","emails":[{"primary":true,"type":"work","value":"anna.berg@acme.example"}],
				"name":{"formatted":"Anna Berg","familyName":"Berg","givenName":"Anna"},"roles":[]}`,
			login: "anna.berg@acme.example", email: "anna.berg@acme.example",
			want: m{"login": "anna.berg@acme.example", "email": "anna.berg@acme.example", "firstName": "Anna", "lastName": "Berg"},
		},
		{
			name: "Entra ID, every attribute, several of them no such thing in Okta",
			doc: `{"userName":"ada@acme.example","displayName":"QTZO","nickName":"Adi","title":"Owner","userType":"Contractor","profileUrl":"ROQH",
				"preferredLanguage":"lu","locale":"HNUL","timezone":"America/Goose_Bay",
				"name":{"givenName":"Ada","familyName":"Lind","formatted":"Dr Ada Lind","middleName":"Kim","honorificPrefix":"Dr","honorificSuffix":"jr"},
				"addresses":[{"type":"work","formatted":"1 Way, Gibraltar","streetAddress":"1 Way","locality":"Town","region":"Rock","postalCode":"gx1 1aa","primary":true,"country":"Gibraltar"}],
				"phoneNumbers":[{"type":"work","value":"0-351-1","primary":true},{"type":"mobile","value":"0-351-2"},{"type":"fax","value":"0-351-3"}],
				"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"E1","department":"D1","costCenter":"C1","organization":"O1","division":"V1","manager":{"value":"M1","displayName":"Max Mann"}}}`,
			login: "ada@acme.example", email: "ada@acme.example",
			want: m{
				"login": "ada@acme.example", "email": "ada@acme.example", "firstName": "Ada", "lastName": "Lind", "middleName": "Kim",
				"honorificPrefix": "Dr", "honorificSuffix": "jr", "displayName": "QTZO", "nickName": "Adi", "title": "Owner", "userType": "Contractor",
				"preferredLanguage": "lu", "timezone": "America/Goose_Bay", "primaryPhone": "0-351-1", "mobilePhone": "0-351-2",
				"postalAddress": "1 Way, Gibraltar", "streetAddress": "1 Way", "city": "Town", "state": "Rock", "zipCode": "gx1 1aa",
				"employeeNumber": "E1", "department": "D1", "costCenter": "C1", "organization": "O1", "division": "V1", "managerId": "M1", "manager": "Max Mann",
			},
			refused: []string{"profileUrl", "countryCode", "locale"},
		},
		{
			name: "Okta",
			doc: `{"userName":"test.user@acme.example","name":{"givenName":"Test","familyName":"User"},"emails":[{"primary":true,"value":"test.user@acme.example","type":"work"}],
				"displayName":"Test User","locale":"en-US","externalId":"00ujl29u0le5T6Aj10h7","groups":[],"active":true}`,
			login: "test.user@acme.example", email: "test.user@acme.example",
			want: m{"login": "test.user@acme.example", "email": "test.user@acme.example", "firstName": "Test", "lastName": "User", "displayName": "Test User", "locale": "en_US"},
		},
		{
			name: "OneLogin, another e-mail address than the user name",
			doc: `{"userName":"peter.meier@acme.example","name":{"givenName":"Peter","familyName":"Meier"},
				"emails":[{"primary":true,"type":"work","value":"pm@acme.example"}],"active":true}`,
			login: "peter.meier@acme.example", email: "pm@acme.example",
			want: m{"login": "peter.meier@acme.example", "email": "pm@acme.example", "firstName": "Peter", "lastName": "Meier"},
		},
		{
			name: "JumpCloud, telephone as a URI",
			doc: `{"userName":"user@acme.example","displayName":"name","locale":"en-US","preferredLanguage":"en-US","name":{"familyName":"last","givenName":"first"},
				"addresses":[{"country":"US","locality":"Boulder","postalCode":"80027","primary":true,"region":"CO","streetAddress":"1 Road","type":"work"}],
				"phoneNumbers":[{"primary":true,"type":"work","value":"tel:+1-555-555-5555"}]}`,
			login: "user@acme.example", email: "user@acme.example",
			want: m{
				"login": "user@acme.example", "email": "user@acme.example", "firstName": "first", "lastName": "last", "displayName": "name",
				"locale": "en_US", "preferredLanguage": "en-US", "countryCode": "US", "city": "Boulder", "zipCode": "80027", "state": "CO",
				"streetAddress": "1 Road", "primaryPhone": "+1-555-555-5555",
			},
		},
		{
			name:  "JumpCloud, minimal, with nulls and empty lists",
			doc:   `{"userName":"user@acme.example","emails":null,"addresses":[],"phoneNumbers":[],"title":null,"name":{"familyName":"last","givenName":"first"}}`,
			login: "user@acme.example", email: "user@acme.example",
			want: m{"login": "user@acme.example", "email": "user@acme.example", "firstName": "first", "lastName": "last"},
		},
		{
			name:  "authentik, no family name, no locale",
			doc:   `{"userName":"kim","name":{"formatted":"Kim Ro","givenName":"Kim","familyName":""},"locale":null,"emails":[{"value":"kim@acme.example","type":"other","primary":true}]}`,
			login: "kim@acme.example", email: "kim@acme.example",
			want: m{"login": "kim@acme.example", "email": "kim@acme.example", "firstName": "Kim", "lastName": "Ro"},
		},
		{
			name:  "Pocket ID, no type on the e-mail address",
			doc:   `{"userName":"lee","name":{"givenName":"Lee","familyName":"Poe"},"displayName":"Lee Poe","emails":[{"value":"lee@acme.example","primary":true}]}`,
			login: "lee@acme.example", email: "lee@acme.example",
			want: m{"login": "lee@acme.example", "email": "lee@acme.example", "firstName": "Lee", "lastName": "Poe", "displayName": "Lee Poe"},
		},
		{
			name: "a user name alone", doc: `{"userName":"anna.berg@acme.example"}`,
			login: "anna.berg@acme.example", email: "anna.berg@acme.example",
			want: m{"login": "anna.berg@acme.example", "email": "anna.berg@acme.example", "firstName": "anna", "lastName": "berg"},
		},
		{
			name: "nothing", doc: `{}`,
			want: m{"firstName": "-", "lastName": "-"},
		},
		{
			name: "nothing of the right type", doc: `{"name":"Anna","addresses":{"country":"CH"},"phoneNumbers":["1"],"title":7,"displayName":["x"]}`,
			login: "me", email: "00u1",
			want:    m{"firstName": "me", "lastName": "-"},
			refused: []string{"login", "email", "displayName", "title"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			profile, refused := Profile(decode(t, tt.doc), tt.login, tt.email)
			if diff := cmp.Diff(tt.want, set(profile)); diff != "" {
				t.Errorf("profile (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.refused, refused); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
			for _, name := range owned() {
				if _, ok := profile[name]; !ok {
					t.Errorf("%s is missing", name)
				}
			}
			if len(profile) != len(owned()) {
				t.Errorf("%d attributes, want %d", len(profile), len(owned()))
			}
		})
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		name, doc, login string
		first, last      string
	}{
		{"both", `{"name":{"givenName":"Anna","familyName":"Berg"},"displayName":"The Boss"}`, "x@a.example", "Anna", "Berg"},
		{"spaces", `{"name":{"givenName":"  Anna   Maria ","familyName":"\tBerg\n"}}`, "x@a.example", "Anna Maria", "Berg"},
		{"from two words", `{"displayName":"Anna Berg"}`, "x@a.example", "Anna", "Berg"},
		{"from three words", `{"displayName":"Anna Maria Berg"}`, "x@a.example", "Anna Maria", "Berg"},
		{"one word, then the local part", `{"displayName":"Anna"}`, "x.berg@a.example", "Anna", "berg"},
		{"one word and no more", `{"displayName":"Madonna"}`, "m@a.example", "Madonna", "-"},
		{"formatted before the local part", `{"name":{"formatted":"Anna Berg"}}`, "x.y@a.example", "Anna", "Berg"},
		{"display name before formatted", `{"displayName":"Anna Berg","name":{"formatted":"Berg, A."}}`, "x@a.example", "Anna", "Berg"},
		{"given name and a display name with it", `{"displayName":"Anna van den Berg","name":{"givenName":"Anna"}}`, "x@a.example", "Anna", "van den Berg"},
		{"given name and another display name", `{"displayName":"Bobby Berg","name":{"givenName":"Robert"}}`, "x@a.example", "Robert", "Berg"},
		{"given name that is the display name", `{"displayName":"Anna","name":{"givenName":"Anna"}}`, "anna@a.example", "Anna", "-"},
		{"family name and a display name with it", `{"displayName":"Anna Maria Berg","name":{"familyName":"Berg"}}`, "x@a.example", "Anna Maria", "Berg"},
		{"family name and another display name", `{"displayName":"Anna Tal","name":{"familyName":"Berg"}}`, "x@a.example", "Anna", "Berg"},
		{"family name that is the display name", `{"displayName":"Berg","name":{"familyName":"Berg"}}`, "anna.berg@a.example", "anna", "Berg"},
		{"local part with dots, dashes and a tag", `{}`, "anna-maria_von.berg+saas@a.example", "anna maria von", "berg"},
		{"local part of one word", `{}`, "jane@a.example", "jane", "-"},
		{"no address", `{}`, "", "-", "-"},
		{"an address of separators", `{}`, "._-@a.example", "-", "-"},
		{"composed and decomposed are one", `{"name":{"givenName":"Jose\u0301","familyName":"\u00c9v"}}`, "x@a.example", "Jos\u00e9", "\u00c9v"},
		{"cut at 50", `{"name":{"givenName":"` + strings.Repeat("é", 51) + `","familyName":"` + strings.Repeat("a", 49) + ` bc"}}`, "x@a.example", strings.Repeat("é", 50), strings.Repeat("a", 49)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			profile, _ := Profile(decode(t, tt.doc), tt.login, "")
			want := map[string]any{"firstName": tt.first, "lastName": tt.last}
			got := map[string]any{"firstName": profile["firstName"], "lastName": profile["lastName"]}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPhonesAndAddresses(t *testing.T) {
	type m = map[string]any
	tests := []struct {
		name, doc string
		want      m
	}{
		{"work before primary", `{"phoneNumbers":[{"type":"home","primary":true,"value":"1"},{"type":"work","value":"2"}]}`, m{"primaryPhone": "2"}},
		{"the primary one at work", `{"phoneNumbers":[{"type":"work","value":"1"},{"type":"Work","primary":true,"value":"2"}]}`, m{"primaryPhone": "2"}},
		{"primary where none is at work", `{"phoneNumbers":[{"type":"home","value":"1"},{"type":"other","primary":true,"value":"2"}]}`, m{"primaryPhone": "2"}},
		{"neither", `{"phoneNumbers":[{"type":"fax","value":"1"}]}`, m{}},
		{"mobile alone", `{"phoneNumbers":[{"type":"mobile","value":"1"}]}`, m{"mobilePhone": "1"}},
		{"primary address", `{"addresses":[{"type":"work","locality":"A"},{"type":"home","primary":true,"locality":"B"}]}`, m{"city": "B"}},
		{"address at work", `{"addresses":[{"type":"home","locality":"A"},{"type":"work","locality":"B"}]}`, m{"city": "B"}},
		{"first address", `{"addresses":[{"type":"home","locality":"A"},{"type":"other","locality":"B"}]}`, m{"city": "A"}},
		{"address without a value", `{"addresses":[{"type":"work","locality":""}]}`, m{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			profile, refused := Profile(decode(t, tt.doc), "", "")
			got := set(profile)
			delete(got, "firstName")
			delete(got, "lastName")
			if diff := cmp.Diff(tt.want, got); diff != "" || len(refused) > 0 {
				t.Errorf("refused %v, profile (-want +got):\n%s", refused, diff)
			}
		})
	}
}

// TestProfileBounds: what Profile gave out, Okta's bounds hold for, whatever came in; and the values that it
// left out are named.
func TestProfileBounds(t *testing.T) {
	bounds := map[string][2]int{
		"login": {5, 100}, "email": {5, 100}, "firstName": {1, 50}, "lastName": {1, 50}, "primaryPhone": {1, 100}, "mobilePhone": {1, 100},
		"streetAddress": {1, 1024}, "city": {1, 128}, "state": {1, 128}, "zipCode": {1, 50}, "countryCode": {2, 2}, "postalAddress": {1, 4096},
	}
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zé@./:_ -]{0,20}`), rapid.Map(rapid.IntRange(40, 5000), func(n int) string { return strings.Repeat("é", n) }))
	rapid.Check(t, func(t *rapid.T) {
		s := func(label string) any { return text.Draw(t, label) }
		doc := map[string]any{
			"displayName": s("displayName"), "title": s("title"), "profileUrl": s("profileUrl"), "locale": s("locale"),
			"preferredLanguage": s("preferredLanguage"), "timezone": s("timezone"),
			"name":         map[string]any{"givenName": s("givenName"), "familyName": s("familyName"), "formatted": s("formatted")},
			"phoneNumbers": []any{map[string]any{"type": "work", "value": s("work")}, map[string]any{"type": "mobile", "value": s("mobile")}},
			"addresses": []any{map[string]any{"streetAddress": s("streetAddress"), "locality": s("locality"), "region": s("region"),
				"postalCode": s("postalCode"), "country": s("country"), "formatted": s("address")}},
		}
		profile, refused := Profile(doc, text.Draw(t, "login"), text.Draw(t, "email"))
		for name, v := range profile {
			value, isText := v.(string)
			if v != nil && !isText {
				t.Fatalf("%s is %T", name, v)
			}
			bound, ok := bounds[name]
			if !ok {
				bound = [2]int{1, 1024}
			}
			if n := utf8.RuneCountInString(value); v != nil && (n < bound[0] || n > bound[1]) {
				t.Fatalf("%s has %d characters, want %v", name, n, bound)
			}
		}
		for _, name := range refused {
			if profile[name] != nil {
				t.Fatalf("%s is refused and written", name)
			}
		}
		again, _ := Profile(doc, "", "")
		third, _ := Profile(doc, "", "")
		if d := Diff(again, third); len(d) > 0 {
			t.Fatalf("two answers for one user: %v", d)
		}
	})
}

func TestProfileLeavesItsInputAlone(t *testing.T) {
	const text = `{"name":{"givenName":" a "},"phoneNumbers":[{"type":"work","value":"tel:1"}],"addresses":[{"country":"ch"}]}`
	doc := decode(t, text)
	Profile(doc, "a@b.example", "a@b.example")
	if diff := cmp.Diff(decode(t, text), doc, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("input was changed:\n%s", diff)
	}
}
