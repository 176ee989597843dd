package store

import (
	"encoding/json"
	"errors"

	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"
)

// acme is the customer that the filters are asked for.
const acme = "acme"

// filterRow is a resource as the evaluator sees it and as the columns hold it.
type filterRow struct {
	resource          map[string]any
	id, nameKey       string
	externalID        *string
	active            bool
	created, modified int64
	doc, folded       string
	links             []linkDraw
}

// linkDraw is a resource at the other end of a linked attribute: a group of a user, or a user in a group.
type linkDraw struct {
	id, nameKey, folded string
	display             string // as it was written
}

// filterBench is a scratch table with the columns that filters read.
type filterBench struct {
	dialect dialect
	db      *sqlx.DB
}

func filterBenches(t *testing.T) []filterBench {
	t.Helper()
	dsn := os.Getenv("DRAWBRIDGE_TEST_POSTGRES")
	if dsn == "" {
		t.Fatal("DRAWBRIDGE_TEST_POSTGRES names no PostgreSQL server: run `make test`, which starts one")
	}
	benches := []filterBench{
		{sqlite, sqlx.MustOpen("sqlite", ":memory:")},
		{postgres, sqlx.MustOpen("postgres", dsn)},
	}
	for _, b := range benches {
		b.db.SetMaxOpenConns(1) // the scratch table belongs to the connection
		t.Cleanup(func() { _ = b.db.Close() })
		text := " TEXT" + b.collation(t)
		for _, table := range []string{
			`filter_rows (id` + text + `, user_name_key` + text + `, name_key` + text + `, external_id` + text + `,
				active BOOLEAN, created_at BIGINT, modified_at BIGINT, doc TEXT, folded TEXT, mail TEXT GENERATED ALWAYS AS (` + b.mail() + `) STORED,
				modified_minute BIGINT GENERATED ALWAYS AS (modified_at / 60000000) STORED)`,
			`group_members (customer_id TEXT, group_id` + text + `, user_id` + text + `)`,
			`users (customer_id TEXT, id` + text + `, user_name_key` + text + `, folded TEXT, deleted BOOLEAN)`,
			`groups (customer_id TEXT, id` + text + `, name_key` + text + `)`,
		} {
			if _, err := b.db.Exec(`CREATE TEMP TABLE ` + table); err != nil {
				t.Fatal(err)
			}
		}
	}
	return benches
}

// collation is one that does not order by bytes, if the server has it: the order must come from the condition.
func (b filterBench) collation(t *testing.T) string {
	t.Helper()
	if b.dialect == sqlite {
		return ""
	}
	var n int
	if err := b.db.Get(&n, "SELECT count(*) FROM pg_collation WHERE collname = 'und-x-icu'"); err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		return ""
	}
	return ` COLLATE "und-x-icu"`
}

// mail is what the migrations make of users.mail.
func (b filterBench) mail() string {
	if b.dialect == postgres {
		return `CASE WHEN folded::jsonb #> '{emails,1}' IS NULL THEN left(folded::jsonb #>> '{emails,0,value}', 320) ELSE '' END`
	}
	return `CASE WHEN json_type(folded, '$.emails[1]') IS NULL THEN substr(json_extract(folded, '$.emails[0].value'), 1, 320) ELSE '' END`
}

func (b filterBench) fill(rows []filterRow) error {
	empty := "DELETE FROM "
	if b.dialect == postgres {
		empty = "TRUNCATE " // nothing vacuums a temporary table
	}
	for _, table := range []string{"filter_rows", "group_members", "users", "groups"} {
		if _, err := b.db.Exec(empty + table); err != nil {
			return err
		}
	}
	for _, r := range rows {
		_, err := b.db.Exec(b.db.Rebind("INSERT INTO filter_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
			r.id, r.nameKey, r.nameKey, r.externalID, r.active, r.created, r.modified, r.doc, r.folded)
		if err != nil {
			return err
		}
		for _, l := range r.links {
			if err := b.link(r, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// link adds a resource at the other end, and beside it what must not be seen: a deleted one, and another customer's.
func (b filterBench) link(r filterRow, l linkDraw) error {
	if _, group := r.resource["members"]; group {
		for _, u := range []struct {
			customer string
			deleted  bool
		}{{acme, false}, {acme, true}, {"globex", false}} {
			id := l.id
			if u.deleted {
				id += "-deleted"
			}
			_, err := b.db.Exec(b.db.Rebind("INSERT INTO users VALUES (?, ?, ?, ?, ?)"), u.customer, id, l.nameKey, l.folded, u.deleted)
			if err == nil {
				_, err = b.db.Exec(b.db.Rebind("INSERT INTO group_members VALUES (?, ?, ?)"), u.customer, r.id, id)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	_, err := b.db.Exec(b.db.Rebind("INSERT INTO groups VALUES (?, ?, ?)"), acme, l.id, l.nameKey)
	if err == nil {
		_, err = b.db.Exec(b.db.Rebind("INSERT INTO group_members VALUES (?, ?, ?)"), acme, l.id, r.id)
	}
	return err
}

func (b filterBench) ids(where string, args []any) ([]string, error) {
	ids := []string{}
	err := b.db.Select(&ids, b.db.Rebind("SELECT id FROM filter_rows u WHERE "+where+` ORDER BY id COLLATE `+b.byBytes()), args...)
	return ids, err
}

func (b filterBench) byBytes() string {
	if b.dialect == postgres {
		return `"C"`
	}
	return "BINARY"
}

func matches(x filter.Expr, rt *schema.ResourceType, rows []filterRow) []string {
	ids := []string{}
	for _, r := range rows {
		if filter.Match(x, rt, r.resource) {
			ids = append(ids, r.id)
		}
	}
	slices.Sort(ids)
	return ids
}

// sqlMutation is a wrong translation, made out of the right one.
type sqlMutation func(where string) string

// disagreement runs the filter over the rows in the bench and says how its answer differs from the evaluator's; empty: not at all.
func (b filterBench) disagreement(rt *schema.ResourceType, x filter.Expr, rows []filterRow, mutate sqlMutation) (string, error) {
	where, args, err := compileFilter(b.dialect, rt, acme, x)
	if err != nil {
		return "", err
	}
	got, err := b.ids(mutate(where), args)
	if err != nil {
		return "", err
	}
	return cmp.Diff(matches(x, rt, rows), got), nil
}

// TestI28_SQLAgreesWithEvaluator compares 10,000 drawn filters in each store with the evaluator, and 100,000 in a long run.
func TestI28_SQLAgreesWithEvaluator(t *testing.T) {
	rounds := 1
	if os.Getenv("DRAWBRIDGE_LONG") != "" {
		rounds = 10
	}
	for _, b := range filterBenches(t) {
		for _, rt := range []*schema.ResourceType{filterType(), filterGroupType()} {
			t.Run(string(b.dialect)+"/"+rt.ID, func(t *testing.T) {
				for range rounds {
					rapid.Check(t, func(t *rapid.T) { b.checkDrawn(t, rt) })
				}
			})
		}
	}
}

// checkDrawn compares 25 filters and their opposites over a set of rows; rapid calls it a hundred times.
func (b filterBench) checkDrawn(t *rapid.T, rt *schema.ResourceType) {
	rows := drawRows(t, rt)
	if err := b.fill(rows); err != nil {
		t.Fatal(err)
	}
	g := newFilterDraw(t, rt, rows)
	for range 25 {
		x := g.filter(nil, 3)
		for _, x := range []filter.Expr{x, &filter.Not{X: x}} {
			diff, err := b.disagreement(rt, x, rows, func(where string) string { return where })
			if err != nil {
				t.Fatalf("%s: %v", x, err)
			}
			if diff != "" {
				where, _, _ := compileFilter(b.dialect, rt, acme, x)
				t.Fatalf("%s (-evaluator +%s)\n%s\n%s", x, b.dialect, diff, where)
			}
		}
	}
}

// filterCase is a set of rows and what to ask of them.
type filterCase struct {
	rows    []filterRow
	filters []filter.Expr
}

// mutantCases are the same on every run: one made for what the draws seldom hit, and a hundred drawn.
func mutantCases(t *testing.T, rt *schema.ResourceType) []filterCase {
	made := filterCase{rows: []filterRow{
		newRow(t, rt, "A", map[string]any{"userName": "a", "active": true, "title": json.Number("12")}, 0, 0),
		newRow(t, rt, "C", map[string]any{"userName": "c", "active": true, "title": "1_x2%", "profileUrl": "1-x2!"}, 0, 0),
		newRow(t, rt, "B", map[string]any{"userName": "b", "active": true, "title": "work", "profileUrl": "mill"}, 0, 0),
	}}
	for _, text := range []string{
		`title eq "12"`, `title co "1"`, `title co "1_x"`, `profileUrl co "1_x"`, `title eq "mill" or profileUrl eq "mill"`, `not (title eq "mill")`,
	} {
		x, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		made.filters = append(made.filters, x)
	}
	drawn := rapid.Custom(func(t *rapid.T) filterCase {
		c := filterCase{rows: drawRows(t, rt)}
		g := newFilterDraw(t, rt, c.rows)
		for range 20 {
			c.filters = append(c.filters, g.filter(nil, 2))
		}
		return c
	})
	cases := []filterCase{made}
	for seed := range 100 {
		cases = append(cases, drawn.Example(seed))
	}
	return cases
}

// The mutants of I28: each translation goes wrong in one way that is easily overlooked, and the comparison sees it.
func TestI28_MutantsAreSeen(t *testing.T) {
	contains := regexp.MustCompile(`(?:instr|strpos)\(((?:[^()]|\([^()]*\))*), \?\) > 0`)
	isString := regexp.MustCompile(`(?:json_type|jsonb_typeof)\((?:[^()]|\([^()]*\))*\) = '(?:text|string)'`)
	mutants := map[string]sqlMutation{
		"three-valued not":  func(s string) string { return strings.ReplaceAll(s, ") IS NOT TRUE", ") = FALSE") },
		"strings as sent":   func(s string) string { return strings.ReplaceAll(s, "u.folded", "u.doc") },
		"like":              func(s string) string { return contains.ReplaceAllString(s, "$1 LIKE '%' || ? || '%'") },
		"any type is text":  func(s string) string { return isString.ReplaceAllString(s, "TRUE") },
		"or for and":        func(s string) string { return strings.ReplaceAll(s, " AND ", " OR ") },
		"and for or":        func(s string) string { return strings.ReplaceAll(s, " OR ", " AND ") },
		"greater for equal": func(s string) string { return strings.ReplaceAll(s, " >= ", " > ") },
	}
	rt := filterType()
	cases := mutantCases(t, rt)
	for _, b := range filterBenches(t) {
		for name, mutate := range mutants {
			t.Run(string(b.dialect)+"/"+name, func(t *testing.T) {
				if !b.sees(t, rt, cases, mutate) {
					t.Errorf("%d cases did not see the mutant", len(cases))
				}
			})
		}
	}
}

// The same for what is asked of members and groups.
func TestI28_LinkMutantsAreSeen(t *testing.T) {
	mutants := map[string]sqlMutation{
		"deleted members count": func(s string) string { return strings.ReplaceAll(s, " AND NOT v.deleted", "") },
		"any user of the name":  func(s string) string { return strings.ReplaceAll(s, " AND v.id = m.user_id", "") },
		"names as columns": func(s string) string {
			return regexp.MustCompile(`COALESCE\(.*?v\.user_name_key\)`).ReplaceAllString(s, "v.user_name_key")
		},
		"one for none": func(s string) string { return strings.ReplaceAll(s, "u.id IN", "u.id NOT IN") },
	}
	rt := filterGroupType()
	drawn := rapid.Custom(func(t *rapid.T) filterCase {
		c := filterCase{rows: drawRows(t, rt)}
		g := newFilterDraw(t, rt, c.rows)
		for range 20 {
			c.filters = append(c.filters, g.filter(nil, 2))
		}
		return c
	})
	for _, b := range filterBenches(t) {
		for name, mutate := range mutants {
			t.Run(string(b.dialect)+"/"+name, func(t *testing.T) {
				for seed := range 100 {
					if b.sees(t, rt, []filterCase{drawn.Example(seed)}, mutate) {
						return
					}
				}
				t.Error("100 cases did not see the mutant")
			})
		}
	}
}

func (b filterBench) sees(t *testing.T, rt *schema.ResourceType, cases []filterCase, mutate sqlMutation) bool {
	t.Helper()
	for _, c := range cases {
		if err := b.fill(c.rows); err != nil {
			t.Fatal(err)
		}
		for _, x := range c.filters {
			diff, err := b.disagreement(rt, x, c.rows, mutate)
			if err != nil {
				t.Fatalf("the mutant of %s is no SQL: %v", x, err)
			}
			if diff != "" {
				return true
			}
		}
	}
	return false
}

func compile(t *testing.T, d dialect, text string) (string, []any, error) {
	t.Helper()
	x, err := filter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return compileFilter(d, schema.User(), acme, x)
}

// The look-ups that identity providers send before every write must find an index.
func TestCompileFilterServesIndexes(t *testing.T) {
	tests := []struct {
		filter, where string
		args          []any
	}{
		{`userName eq "Anna.MÜLLER@acme.example"`, `u.user_name_key = ?`, []any{"anna.müller@acme.example"}},
		{`externalId eq "Ext1"`, `u.external_id = ?`, []any{"Ext1"}},
		{`id eq "X" and active eq "True"`, `(u.id = ? AND u.active = ?)`, []any{"X", true}},
	}
	for _, d := range []dialect{sqlite, postgres} {
		for _, tt := range tests {
			t.Run(string(d)+" "+tt.filter, func(t *testing.T) {
				where, args, err := compile(t, d, tt.filter)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.where, where); diff != "" {
					t.Errorf("condition (-want +got)\n%s", diff)
				}
				if diff := cmp.Diff(tt.args, args); diff != "" {
					t.Errorf("arguments (-want +got)\n%s", diff)
				}
			})
		}
	}
}

func TestRequired(t *testing.T) {
	for text, want := range map[string]string{
		`title eq "Engineer"`:                             "engineer",
		`title sw "a" and nickName ew "abc"`:              "abc",
		`title co "ab" and not (nickName eq "abc")`:       "ab",
		`title co "ab" and (nickName eq "x" or title pr)`: "ab",
		`title eq "abc" or nickName eq "abc"`:             "",
		`title ne "abc"`:                                  "",
		`title gt "abc"`:                                  "",
		`title eq "m\u00fcller"`:                          "", // a writer of JSON may escape it
		`title eq "a\"b"`:                                 "",
		`title eq "a/b"`:                                  "",
		`userName eq "abc" and externalId eq "abc"`:       "", // their columns have indexes
		`id eq "abc" and meta.resourceType eq "User"`:     "",
		`active eq "true"`:                                "",
		`emails[type eq "work" and not (value eq "abcdef")].value eq "a@b.example"`: "a@b.example",
		`emails[type eq "work" or type eq "home"]`:                                  "",
		`shoeSize eq "abc"`: "",
	} {
		x, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		row := rowPlace(sqlite, schema.User())
		if got := required(x, row); got != want {
			t.Errorf("%s: %q; want %q", text, got, want)
		}
	}
}

func TestCompileFilterBindsEveryValue(t *testing.T) {
	for _, d := range []dialect{sqlite, postgres} {
		for _, op := range []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"} {
			for _, path := range []string{"userName", "id", "externalId", "meta.resourceType", "title", "emails", "emails.type", "name.givenName", "schemas"} {
				for _, text := range []string{path + " " + op + ` "drop'table"`, `emails[type ` + op + ` "drop'table"].value ` + op + ` "drop'table"`} {
					where, args, err := compile(t, d, text)
					if err != nil {
						t.Fatal(err)
					}
					if strings.Contains(where, "drop") || len(args) == 0 || len(args) != strings.Count(where, "?") {
						t.Errorf("%s %s: %s with %d arguments", d, text, where, len(args))
					}
				}
			}
		}
	}
}

func TestCompileFilterRefuses(t *testing.T) {
	for _, text := range []string{
		`password sw "a"`, `not (password pr)`, `shoeSize pr`, `active gt true`, `name eq "x"`, `userName[value pr]`,
		`groups.$ref pr`, `groups.$ref eq "x"`, `meta.location pr`, `meta.version eq "x"`, `meta[created pr]`,
		`title pr or not (groups.$ref pr)`, `emails[shoeSize pr]`, `emails[type pr].shoeSize pr`, `name[givenName gt 5]`,
	} {
		t.Run(text, func(t *testing.T) {
			for _, d := range []dialect{sqlite, postgres} {
				where, args, err := compile(t, d, text)
				var e *filter.Error
				if !errors.As(err, &e) || where != "" || args != nil {
					t.Errorf("%s: %q, %v, %v; want a *filter.Error and nothing else", d, where, args, err)
				}
			}
		})
	}
	x := &filter.Compare{Path: filter.AttrPath{URN: "urn:it's:Extra", Name: "due"}, Op: filter.Gt, Value: "2024-01-02T03:04:05Z"}
	if _, _, err := compileFilter(sqlite, filterType(), acme, x); err == nil {
		t.Error("a date outside meta was compared")
	}
	if _, _, err := compileFilter(sqlite, schema.User(), acme, nil); err == nil {
		t.Error("no filter at all was compiled")
	}
}
