package check

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// crowd are three users for filters and orders to tell apart.
type crowd struct {
	ada, bob, cyd string // ids
	who           [3]attributes
	prefix        string // of their userNames, and of nobody else's
	made          []*answer
}

func (t *trial) crowd() crowd {
	c := crowd{prefix: t.s.name() + "-"}
	more := []object{
		{"displayName": "Ada Ångström", "title": "Engineer", "nickName": "ace", "active": true, "externalId": c.prefix + "Ext-A",
			"name":    object{"givenName": "Ada", "familyName": "Moss"},
			"emails":  []object{{"value": "ada.work@" + t.s.domain, "type": "work", "primary": true}, {"value": "ada.home@elsewhere.example", "type": "home"}},
			"schemas": []string{userURN, enterpriseURN}, enterpriseURN: object{"department": "Tours", "employeeNumber": "0042", "manager": object{"value": "boss-1"}}},
		{"displayName": "bob \"the\" Builder", "title": "Engineering Manager", "active": false, "externalId": c.prefix + "Ext-B",
			"name":    object{"givenName": "Bob", "familyName": "Abel"},
			"emails":  []object{{"value": "bob.work@elsewhere.example", "type": "work", "primary": true}},
			"schemas": []string{userURN, enterpriseURN}, enterpriseURN: object{"department": "Sales"}},
		{"displayName": "Cyd", "active": true, "externalId": c.prefix + "Ext-C", "name": object{"givenName": "Cyd", "familyName": "Nagy"}},
	}
	ids := []*string{&c.ada, &c.bob, &c.cyd}
	for i, nick := range []string{"ada", "bob", "cyd"} {
		c.who[i] = t.person().with(more[i]).with(object{"userName": c.prefix + nick + "@" + t.s.domain})
		if nick == "cyd" {
			delete(c.who[i], "emails")
		}
		a := t.post("/Users", c.who[i])
		*ids[i] = a.created()
		c.made = append(c.made, a)
	}
	return c
}

// within narrows a filter to the crowd.
func (c crowd) within(filter string) string {
	return fmt.Sprintf("userName sw %q and (%s)", c.prefix, filter)
}

// ids are those of the users named by their first letters.
func (c crowd) ids(letters string) (out []string) {
	for _, l := range letters {
		out = append(out, map[rune]string{'a': c.ada, 'b': c.bob, 'c': c.cyd}[l])
	}
	return out
}

// rfcFilters checks filters: what they find, and that what is none is refused.
func rfcFilters(s *session) {
	people := once((*trial).crowd)
	var checks []check
	for _, f := range crowdFilters() {
		checks = append(checks, check{f.about + ": " + strings.ReplaceAll(f.filter, "%s", "..."), "RFC 7644 3.4.2.2", func(t *trial) {
			c := people(t)
			filter := strings.ReplaceAll(f.filter, "%s", c.prefix)
			t.get("/Users", "filter", c.within(filter)).finds(c.ids(f.finds)...)
		}})
	}
	s.run(filtering, checks)
	s.run(filtering, dateFilters(people))
	s.run(filtering, refusedFilters(people))
}

func crowdFilters() []struct{ about, filter, finds string } {
	return []struct{ about, filter, finds string }{
		{"eq", `title eq "Engineer"`, "a"},
		{"eq ignores case where the schema does", `title eq "ENGINEER"`, "a"},
		{"eq heeds case where the schema does", `externalId eq "%sEXT-A"`, ""},
		{"eq of externalId", `externalId eq "%sExt-A"`, "a"},
		{"eq ignores case beyond ASCII", `displayName eq "ADA ÅNGSTRÖM"`, "a"},
		{"ne", `title ne "Engineer" and title pr`, "b"},
		{"co", `displayName co "the"`, "b"},
		{"sw", `title sw "engineer"`, "ab"},
		{"ew", `title ew "manager"`, "b"},
		{"pr", `title pr`, "ab"},
		{"pr of a list", `emails pr`, "ab"},
		{"pr of a complex attribute", enterpriseURN + `:manager pr`, "a"},
		{"gt", `name.familyName gt "Moss"`, "c"},
		{"ge", `name.familyName ge "Moss"`, "ac"},
		{"lt", `name.familyName lt "Moss"`, "b"},
		{"le", `name.familyName le "Moss"`, "ab"},
		{"a truth value", `active eq true`, "ac"},
		{"a truth value", `active eq false`, "b"},
		{"ne of a truth value", `active ne true`, "b"},
		{"and", `active eq true and title pr`, "a"},
		{"or", `title eq "Engineer" or displayName eq "Cyd"`, "ac"},
		{"and binds before or", `displayName eq "Cyd" or title pr and active eq false`, "bc"},
		{"and binds before or, the other way round", `active eq false and title pr or displayName eq "Cyd"`, "bc"},
		{"parentheses bind first", `(displayName eq "Cyd" or title pr) and active eq false`, "b"},
		{"not", `not (title pr)`, "c"},
		{"not of a group", `not (title eq "Engineer" or active eq false)`, "c"},
		{"and not", `active eq true and not (title pr)`, "c"},
		{"operators in any case", `title PR AND active EQ true`, "a"},
		{"names in any case", `TITLE eq "Engineer" and NAME.FAMILYNAME eq "Moss"`, "a"},
		{"a sub-attribute", `name.givenName eq "bob"`, "b"},
		{"a sub-attribute of a list", `emails.type eq "home"`, "a"},
		{"a list stands for its value", `emails co "elsewhere"`, "ab"},
		{"a value path", `emails[type eq "work" and value co "elsewhere"]`, "b"},
		{"a value path is about one element", `emails[type eq "home" and value sw "ada.work"]`, ""},
		{"and of sub-attributes is about all elements", `emails.type eq "home" and emails.value sw "ada.work"`, "a"},
		{"a value path with not and or", `emails[not (type eq "work") or value sw "bob"]`, "ab"},
		{"a value path among others", `active eq true and emails[primary eq true] or displayName eq "Cyd"`, "ac"},
		{"qualified by the schema", userURN + `:title eq "Engineer"`, "a"},
		{"an extension", enterpriseURN + `:department eq "tours"`, "a"},
		{"a sub-attribute of an extension", enterpriseURN + `:manager.value eq "boss-1"`, "a"},
		{"primary of a list", `emails.primary eq true`, "ab"},
		{"schemas", `schemas eq "` + enterpriseURN + `"`, "ab"},
		{"digits in text are text", enterpriseURN + `:employeeNumber eq "42"`, ""},
		{"escaped quotes", `displayName eq "bob \"the\" builder"`, "b"},
		{"escaped characters", `displayName sw "\u0041da \u00c5"`, "a"},
		{"what looks like SQL is text", `displayName eq "' OR 1=1 --"`, ""},
		{"a wild card is text", `displayName co "%"`, ""},
		{"an underscore is text", `displayName co "_"`, ""},
	}
}

func dateFilters(people func(*trial) crowd) []check {
	const section = "RFC 7644 3.4.2.2"
	find := func(t *trial, operator, instant string) *answer {
		return t.get("/Users", "filter", people(t).within(fmt.Sprintf("meta.lastModified %s %q", operator, instant)))
	}
	return []check{
		{"id", section, func(t *trial) { t.get("/Users", "filter", fmt.Sprintf("id eq %q", people(t).bob)).finds(people(t).bob) }},
		{"meta.lastModified eq what was read", section, func(t *trial) {
			a := t.get(userPath(people(t).ada))
			got := find(t, "eq", a.text("/meta/lastModified"))
			t.want(len(got.page()) > 0, "%s: nothing is found", got.request)
		}},
		{"meta.lastModified gt and lt are about time", section, func(t *trial) {
			at := t.get(userPath(people(t).ada)).instant("/meta/lastModified")
			all := people(t).ids("abc")
			find(t, "gt", at.Add(-time.Hour).UTC().Format(time.RFC3339)).finds(all...)
			find(t, "lt", at.Add(time.Hour).UTC().Format(time.RFC3339)).finds(all...)
			find(t, "gt", at.Add(time.Hour).UTC().Format(time.RFC3339)).finds()
			find(t, "lt", at.Add(-time.Hour).UTC().Format(time.RFC3339)).finds()
		}},
		{"a time in another zone is the same time", "RFC 7643 2.3.5", func(t *trial) {
			at := t.get(userPath(people(t).ada)).instant("/meta/lastModified")
			east, west := time.FixedZone("", 14*3600), time.FixedZone("", -12*3600)
			find(t, "gt", at.Add(-time.Hour).In(east).Format(time.RFC3339)).finds(people(t).ids("abc")...)
			find(t, "lt", at.Add(time.Hour).In(west).Format(time.RFC3339)).finds(people(t).ids("abc")...)
		}},
		{"meta.created", section, func(t *trial) {
			at := t.get(userPath(people(t).ada)).instant("/meta/created").Add(-time.Hour).UTC().Format(time.RFC3339)
			t.get("/Users", "filter", people(t).within(fmt.Sprintf("meta.created ge %q", at))).finds(people(t).ids("abc")...)
		}},
		{"meta.resourceType", section, func(t *trial) {
			t.get("/Users", "filter", people(t).within(`meta.resourceType eq "User"`)).finds(people(t).ids("abc")...)
		}},
	}
}

func refusedFilters(people func(*trial) crowd) []check {
	var checks []check
	for _, filter := range []string{
		`userName eq`, `userName`, `eq "x"`, `userName xx "x"`, `userName eq x`, `userName eq "x`, `userName eq 'x'`, `(userName eq "x"`, `userName eq "x")`,
		`userName eq "x" and`, `userName eq "x" userName eq "y"`, `not`, `emails[type eq "work"`, `emails[]`, `and userName pr`, `userName eq "\x"`,
	} {
		checks = append(checks, check{"no filter: " + filter, "RFC 7644 3.4.2.2, 3.12", func(t *trial) {
			t.get("/Users", "filter", filter).refused(http.StatusBadRequest, "invalidFilter")
		}})
	}
	return append(checks,
		check{"a truth value has no order", "RFC 7644 3.4.2.2", func(t *trial) {
			t.get("/Users", "filter", "active gt true").refused(http.StatusBadRequest, "invalidFilter")
		}},
		check{"an unknown attribute finds nobody or is refused", "RFC 7644 3.4.2.2", func(t *trial) {
			a := t.get("/Users", "filter", people(t).within(`noSuchAttribute eq "x"`))
			if a.status == http.StatusOK {
				a.finds()
				return
			}
			a.refused(http.StatusBadRequest, "invalidFilter")
		}},
		check{"a password cannot be asked for", "RFC 7643 7", func(t *trial) {
			a := t.get("/Users", "filter", people(t).within(`password sw "a"`))
			if a.status == http.StatusOK {
				a.finds()
				return
			}
			a.refused(http.StatusBadRequest, "invalidFilter")
		}},
		check{"four thousand parentheses are refused", "RFC 7644 7.5", func(t *trial) {
			t.get("/Users", "filter", strings.Repeat("(", 4000)).is(http.StatusBadRequest, http.StatusRequestURITooLong)
		}},
	)
}
