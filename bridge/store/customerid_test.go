package store

import (
	"embed"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"drawbridge/migrations"
)

// sources is the package as it was built: a mutant's build has another line here than the folder has.
//
//go:embed *.go
var sources embed.FS

// overAll are the statements that may read or write rows of all customers, each with its reason.
func overAll() map[string]string {
	const (
		syncer  = "the syncer serves all customers with one lease, the most urgent first"
		upkeep  = "housekeeping of the lease holder, which keeps each customer's rows apart by GROUP BY or PARTITION BY"
		census  = "a number over all customers, without a row of any"
		who     = "finds out whose something is"
		service = "a person of the vendor asks for all"
		telling = "people of the vendor are told of all customers"
		restore = "a restore from a backup sets all customers back at once"
		eachRow = "each of the listed marks names its customer, to which the row is compared"
	)
	return map[string]string{
		"tokenByDigest": who, "linkByOktaID": who, "domainOfOther": who,
		"dueUsersSQLite": syncer, "dueUsersPostgres": syncer, "nextDue": syncer, "openIntents": syncer, "openHolds": syncer, "stillActive": syncer, "countStillActive": syncer,
		"settleDoneSQLite": eachRow, "settleDonePostgres": eachRow, "settleLaterSQLite": eachRow, "settleLaterPostgres": eachRow,
		"numberEventsPostgres": upkeep, "numberEventsSQLite": upkeep, "batchEnd": upkeep, "clearance": upkeep,
		"samplePeaks": upkeep, "foldPostgres": upkeep, "foldSQLite": upkeep, "lastBlockRow": upkeep, "dropFolded": upkeep, "prunePeaks": upkeep,
		"duePlans": syncer, "plansAtWork": syncer, "plansToSweep": syncer, "wavesDue": syncer,
		"dueTotals": census, "globalRemovals": census, "braked": census,
		"liveNotices": telling, "loginHolds": telling,
		"recordsToKeep": syncer, "forgetFound": restore, "forgetOut": restore, "wakeFrozen": restore,
		"retryAll": service, "customerIdPs": service,
	}
}

var (
	statement = regexp.MustCompile(`^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b`)
	tableName = regexp.MustCompile(`\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)`)
	condition = regexp.MustCompile(`\b(?:customer_id|c\.id) = (?:\?|\$\d)`)
	insertion = regexp.MustCompile(`^\s*INSERT INTO \w+ \([^)]*\bcustomer_id\b[^)]*\)\s*VALUES`)
	ownerCol  = regexp.MustCompile(`(?m)^\s+customer_id\s+(.*)$`)
	tableDef  = regexp.MustCompile(`(?ms)^CREATE TABLE (\w+) \((.*?)^\)[^\n;]*;`)
)

// unnamed reports whether a statement touches a table of customers' rows without naming the customer.
func unnamed(sql string, owned []string) bool {
	if !statement.MatchString(sql) {
		return false
	}
	for _, m := range tableName.FindAllStringSubmatch(sql, -1) {
		if slices.Contains(owned, m[1]) {
			return !condition.MatchString(sql) && !insertion.MatchString(sql)
		}
	}
	return false
}

// nobodys are the tables without rows of a customer; the customers themselves are named by id.
func nobodys() []string { return []string{"customers", "leases", "sync_state"} }

// ownedTables lists the tables of a schema with a customer_id, and those in which it is missing or may be NULL.
func ownedTables(schema string) (owned, loose []string) {
	for _, t := range tableDef.FindAllStringSubmatch(schema, -1) {
		c := ownerCol.FindStringSubmatch(t[2])
		if slices.Contains(nobodys(), t[1]) {
			continue
		}
		if c == nil {
			loose = append(loose, t[1])
			continue
		}
		owned = append(owned, t[1])
		if !strings.Contains(c[1], "NOT NULL") {
			loose = append(loose, t[1])
		}
	}
	slices.Sort(owned)
	return owned, loose
}

func TestI18_EveryStatementNamesCustomer(t *testing.T) {
	owned := ownedInBoth(t)
	exceptions := overAll()
	constants := stringConstants(t)
	for _, name := range slices.Sorted(maps.Keys(constants)) {
		switch _, excepted := exceptions[name]; {
		case unnamed(constants[name], owned) && !excepted:
			t.Errorf("%s does not name the customer:\n%s", name, constants[name])
		case !unnamed(constants[name], owned) && excepted:
			t.Errorf("%s names the customer; take it off the list of exceptions", name)
		}
		delete(exceptions, name)
	}
	for name := range exceptions {
		t.Errorf("there is no statement %s; take it off the list of exceptions", name)
	}

	mutants := map[string]string{
		"a read by id alone":         `SELECT doc FROM users WHERE id = ?`,
		"a join by id alone":         `SELECT u.doc FROM links l JOIN users u ON u.id = l.user_id WHERE l.okta_id = ?`,
		"a join of every customer":   `SELECT u.doc FROM links l JOIN users u ON u.customer_id = l.customer_id AND u.id = l.user_id`,
		"a column that is only read": `SELECT customer_id FROM users WHERE id = ?`,
		"a write by id alone":        `UPDATE users SET doc = ? WHERE id = ?`,
		"a row of nobody":            `INSERT INTO links (user_id, login_key) VALUES (?, ?)`,
	}
	for what, sql := range mutants {
		if !unnamed(sql, owned) {
			t.Errorf("the check does not see %s: %s", what, sql)
		}
	}
	for _, columns := range []string{"customer_id TEXT,\n    y TEXT NOT NULL", "y TEXT NOT NULL"} {
		if _, loose := ownedTables("CREATE TABLE x (\n    " + columns + "\n) WITHOUT ROWID;\n"); len(loose) != 1 {
			t.Errorf("the check does not see that customer_id is missing or may be NULL in (%s)", columns)
		}
	}
}

// ownedInBoth reads both schemas, which must own the same tables, none of them loosely.
func ownedInBoth(t *testing.T) []string {
	t.Helper()
	var all [][]string
	for _, files := range []fs.FS{migrations.Postgres, migrations.SQLite} {
		var text strings.Builder
		names, err := fs.Glob(files, "*/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(b)
		}
		owned, loose := ownedTables(text.String())
		if len(loose) > 0 {
			t.Errorf("customer_id is missing or may be NULL in %v", loose)
		}
		all = append(all, owned)
	}
	if !slices.Equal(all[0], all[1]) || len(all[0]) < 8 {
		t.Fatalf("tables with a customer_id: PostgreSQL %v, SQLite %v", all[0], all[1])
	}
	return all[0]
}

// stringConstants evaluates the package's constants that are made of string literals and each other.
func stringConstants(t *testing.T) map[string]string {
	t.Helper()
	names, err := fs.Glob(sources, "*.go")
	if err != nil {
		t.Fatal(err)
	}
	exprs := make(map[string]ast.Expr)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := sources.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				for i, id := range spec.Names {
					exprs[id.Name] = spec.Values[i]
				}
			}
			return true
		})
	}
	parts := make(map[string]bool) // of other constants, in which they are read
	for _, x := range exprs {
		ast.Inspect(x, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				parts[id.Name] = true
			}
			return true
		})
	}
	values := make(map[string]string)
	for name, x := range exprs {
		if v, ok := evaluate(x, exprs); ok && !parts[name] {
			values[name] = v
		}
	}
	if len(values) < 50 {
		t.Fatalf("found %d constants: the check does not read the package", len(values))
	}
	return values
}

func evaluate(x ast.Expr, names map[string]ast.Expr) (string, bool) {
	switch x := x.(type) {
	case *ast.BasicLit:
		v, err := strconv.Unquote(x.Value)
		return v, err == nil && x.Kind == token.STRING
	case *ast.Ident:
		next, ok := names[x.Name]
		if !ok {
			return "", false
		}
		return evaluate(next, names)
	case *ast.BinaryExpr:
		left, ok := evaluate(x.X, names)
		if !ok || x.Op != token.ADD {
			return "", false
		}
		right, ok := evaluate(x.Y, names)
		return left + right, ok
	}
	return "", false
}
