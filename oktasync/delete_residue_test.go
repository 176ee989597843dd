package oktasync_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"drawbridge/bridge"
)

// open opens a connection of the test's own; on SQLite, the file of the request log is attached to it.
func (w *world) open() *sql.DB {
	w.Helper()
	driver, dsn := "postgres", w.url
	if file, ok := strings.CutPrefix(w.url, "sqlite:"); ok {
		driver, dsn = "sqlite", file+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	w.must(err)
	w.Cleanup(func() { db.Close() })
	if file, ok := strings.CutPrefix(w.url, "sqlite:"); ok {
		db.SetMaxOpenConns(1)
		_, err := db.ExecContext(w.Context(), `ATTACH DATABASE ? AS logged`, file+"-requests")
		w.must(err)
	}
	return db
}

// table is one table of the database.
type table struct {
	name string
	rows []string // of one customer where the table has a customer_id, else all; each with its columns
}

// unowned are the tables whose rows belong to no customer, and the one of the customers themselves.
var unowned = []string{"customers", "leases", "sync_state"}

// tables lists the tables of the database, but for those of the tools that it is migrated with.
func (w *world) tables(db *sql.DB) (names []string) {
	w.Helper()
	query := `SELECT name FROM sqlite_master WHERE type = 'table' UNION SELECT name FROM logged.sqlite_master WHERE type = 'table' ORDER BY name`
	if !w.store.Embedded() {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name`
	}
	for _, name := range w.selected(db, query) {
		_, name, _ = strings.Cut(name, "=")
		if !strings.HasPrefix(name, "sqlite_") && !strings.HasPrefix(name, "goose_") {
			names = append(names, name)
		}
	}
	return names
}

// dump reads the tables that have a customer_id for one customer, and the others whole.
func (w *world) dump(db *sql.DB, customerID string) []table {
	w.Helper()
	var out []table
	for _, name := range w.tables(db) {
		query := `SELECT * FROM ` + name
		if !slices.Contains(unowned, name) {
			query += fmt.Sprintf(` WHERE customer_id = '%s'`, customerID)
		}
		out = append(out, table{name, w.selected(db, query)})
	}
	return out
}

// selected writes each row of a query as column=value, joined by blanks.
func (w *world) selected(db *sql.DB, query string) []string {
	w.Helper()
	rows, err := db.QueryContext(w.Context(), query)
	w.must(err)
	defer rows.Close()
	columns, err := rows.Columns()
	w.must(err)
	var out []string
	for rows.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		w.must(rows.Scan(into...))
		words := make([]string, len(columns))
		for i, v := range values {
			words[i] = columns[i] + "=" + v.String
		}
		out = append(out, strings.Join(words, " "))
	}
	w.must(rows.Err())
	return out
}

// personal stands in every value of a person that the test puts into the database.
const personal = "quixote"

// clutter puts a row with something personal into every table that the disconnect of a customer leaves empty.
func (t *tenant) clutter() {
	t.Helper()
	u := t.users[0]
	p, _ := t.rows()
	values := map[string]string{
		"requests (customer_id, at, id, method, path, query, status, took, resource_id, token, body, answer)":                                                  `'%[1]s', 1, 'r', 'GET', '/Users', 'userName eq quixote', 200, 1, '', 'idp', 'quixote', 'quixote'`,
		"customer_traffic (customer_id, idp, certain, idp_at, quirks, dropped, last_request, limited, refused)":                                                `'%[1]s', 'okta', TRUE, 1, '{"quixote":1}', '{"quixote":1}', 1, 0, 0`,
		"groups (ordinal, id, customer_id, name_key, doc, folded, version, members, created_at, modified_at)":                                                  `1, 'g', '%[1]s', 'quixote', '{"displayName":"quixote"}', '{"displayName":"quixote"}', 1, 1, 1, 1`,
		"group_members (customer_id, group_id, user_id)":                                                                                                       `'%[1]s', 'g', '%[2]s'`,
		"approvals (user_id, customer_id, removed_at, actor, at)":                                                                                              `'%[2]s', '%[1]s', 1, 'quixote', 1`,
		"hold_answers (hold_id, customer_id, answer, actor, at, people)":                                                                                       `'h', '%[1]s', 'left', 'quixote', 1, '[["quixote",1]]'`,
		"containments (user_id, customer_id, since, actor, why, lifted_at, taken_at)":                                                                          `'%[2]s', '%[1]s', 1, 'a', 'quixote', 2, 0`,
		"okta_idps (customer_id, okta_idp, name, status, unsuspends, reactivates, read_at)":                                                                    `'%[1]s', '0oa', 'quixote', 'ACTIVE', FALSE, FALSE, 1`,
		"contacts (id, customer_id, name, email, email_key, role, notify, created_at)":                                                                         `'c', '%[1]s', 'quixote', 'quixote', 'quixote', 'admin', TRUE, 1`,
		"notices (id, customer_id, subject, kind, severity, text, created_at, sends, last_sent_at, due_at, owed, acknowledged_at, acknowledged_by, closed_at)": `'n', '%[1]s', 's', 'hold', 'critical', '["quixote"]', 1, 1, 1, 0, '["quixote"]', 1, 'quixote', 1`,
		"restorations (user_id, customer_id, plan_id, late_from, late_until)":                                                                                  `'%[2]s', '%[1]s', '%[3]s', 0, 0`,
		"unmanaged (user_id, customer_id, since, actor, why)":                                                                                                  `'%[2]s', '%[1]s', 1, 'a', 'quixote'`,
		"conversions (user_id, customer_id, plan_id, ordinal, wave, state, asked_at, mails, note)":                                                             `'%[2]s', '%[1]s', '%[3]s', 1, 1, 'sent', 1, 1, 'quixote'`,
		"waves (plan_id, customer_id, number, people, starts_at, started_by, begun_at, stopped_at)":                                                            `'%[3]s', '%[1]s', 1, 1, 1, 'support:jo', 1, 0`,
		"active_peaks (customer_id, hour, peak)":                                                                                                               `'%[1]s', 1, 1`,
		"holds (id, customer_id, opened_at, closed_at, code, sentence)":                                                                                        `'h', '%[1]s', 1, 2, 'over_limit', 'Many people were removed.'`,
		"due (user_id, customer_id, rank, due_at, version, attempts, parked)":                                                                                  `'%[2]s', '%[1]s', 5, 1, 1, 1, 'no_right'`,
		"arrivals (user_id, customer_id, at, how)":                                                                                                             `'%[2]s', '%[1]s', 1, 'login'`,
		"hand_changes (user_id, customer_id, fields)":                                                                                                          `'%[2]s', '%[1]s', 'title'`,
		"renames (customer_id, old_key, new_key, is_domain)":                                                                                                   `'%[1]s', 'quixote', 'quixote', FALSE`,
		"login_pins (user_id, customer_id, login, email, applied_at)":                                                                                          `'%[2]s', '%[1]s', 'quixote', 'quixote', 0`,
		"stays_out (user_id, customer_id, status, by_us)":                                                                                                      `'%[2]s', '%[1]s', 'SUSPENDED', TRUE`,
		"records (customer_id, okta_id, put, found, lost, found_at)":                                                                                           `'%[1]s', '00g', '{}', '', '[]', 0`,
	}
	for into, v := range values {
		t.exec(fmt.Sprintf(`INSERT INTO `+into+` VALUES (`+v+`)`, t.id, u, p.ID))
	}
	t.exec(fmt.Sprintf(`UPDATE users SET doc = '{"userName":"quixote"}', folded = '{"userName":"quixote"}' WHERE customer_id = '%s'`, t.id),
		fmt.Sprintf(`UPDATE plan_rows SET user_name = 'quixote', writes = '[{"field":"login","from":"quixote","to":"quixote"}]', facts = 'quixote' WHERE customer_id = '%s'`, t.id),
		fmt.Sprintf(`UPDATE links SET applied = '{"lastName":"quixote"}', login_key = 'quixote' WHERE customer_id = '%s' AND user_id = '%s'`, t.id, u))
}

// TestDelete_NothingPersonalIsLeft looks through the whole database after a purge: only what tells of the customer without its
// people is left. A table that is new has to be purged, or named here.
func TestDelete_NothingPersonalIsLeft(t *testing.T) {
	stay := []string{"customers", "events", "intents", "holds", "plans", "plan_rows", "waves", "records", "tombstones", "leases", "sync_state"}
	eachWorld(t, func(w *world) {
		x, y := w.tenant(3), w.tenant(2)
		db := w.open()
		p := x.process()
		x.left(p)
		_, err := w.store.NumberEvents(w.Context(), 10_000)
		w.must(err)
		x.clutter()
		_, err = x.svc.SetCustomer(w.Context(), support, y.slug, bridge.CustomerRules{Name: new(string)}) // an event without a number
		w.must(err)
		for _, table := range w.dump(db, x.id) {
			if len(table.rows) == 0 && !slices.Contains([]string{"tombstones", "event_inbox", "leases", "sync_state"}, table.name) {
				w.Errorf("the table %s is empty: this test shows nothing of it", table.name)
			}
		}
		others := w.dump(db, y.id)
		x.delete()
		for range 5 {
			x.must(p.Purge(w.Context()))
		}
		late := bridge.Request{ID: "late", CustomerID: x.id, At: w.now(), Body: personal} // another process had it in hand
		w.must(w.store.AddRequests(w.Context(), []bridge.Request{late}))
		x.purged(p)
		for {
			n, err := w.store.NumberEvents(w.Context(), 10_000)
			if w.must(err); n == 0 {
				break
			}
		}
		for _, table := range w.dump(db, x.id) {
			if len(table.rows) > 0 && !slices.Contains(stay, table.name) {
				w.Errorf("left in %s: %v", table.name, table.rows)
			}
			for _, row := range table.rows {
				if strings.Contains(row, personal) {
					w.Errorf("personal in %s: %s", table.name, row)
				}
			}
		}
		for i, table := range w.dump(db, y.id) {
			if shared := []string{"customers", "leases", "sync_state", "events", "event_inbox"}; !slices.Contains(shared, table.name) && len(table.rows) != len(others[i].rows) {
				w.Errorf("of another customer %d of %d rows are left in %s", len(table.rows), len(others[i].rows), table.name)
			}
		}
	})
}
