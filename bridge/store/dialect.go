package store

import (
	"errors"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	sqlitedriver "modernc.org/sqlite"
)

// dialect is the SQL that a database speaks.
type dialect string

// The two databases.
const (
	sqlite   dialect = "sqlite"
	postgres dialect = "postgres"
)

// rebind turns the placeholders of a query, written as ?, into those of the dialect.
func (d dialect) rebind(query string) string {
	if d == postgres {
		return sqlx.Rebind(sqlx.DOLLAR, query)
	}
	return query
}

// pick returns the query that is written for the dialect, where one text does not serve both.
func (d dialect) pick(forSQLite, forPostgres string) string {
	if d == postgres {
		return forPostgres
	}
	return forSQLite
}

// fault is what the code of a driver's error says about a statement that failed.
type fault int

// The faults that a caller can do something about.
const (
	otherFault   fault = iota
	uniqueFault        // a unique value is in use
	missingFault       // the row that a reference names is not there
	textFault          // the text cannot be stored
	retryFault         // the same transaction may succeed when it is run again
)

// faultOf reads a driver's error by its code, and names the constraint where the driver does.
func faultOf(err error) (fault, string) {
	if e := pq.As(err); e != nil {
		return postgresFault(string(e.Code)), e.Constraint
	}
	var e *sqlitedriver.Error
	if errors.As(err, &e) {
		return sqliteFault(e.Code()), ""
	}
	return otherFault, ""
}

// postgresFault reads a SQLSTATE (PostgreSQL documentation, appendix A).
func postgresFault(code string) fault {
	switch code {
	case "23505":
		return uniqueFault
	case "23503":
		return missingFault
	case "22021", "22P05": // U+0000 and what is not UTF-8
		return textFault
	case "40001", "40P01":
		return retryFault
	}
	return otherFault
}

// sqliteFault reads an extended result code (sqlite.org/rescode.html).
func sqliteFault(code int) fault {
	switch {
	case code == 2067 || code == 1555: // SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY
		return uniqueFault
	case code == 787: // SQLITE_CONSTRAINT_FOREIGNKEY
		return missingFault
	case code&0xff == 5: // SQLITE_BUSY and its extended codes
		return retryFault
	}
	return otherFault
}
