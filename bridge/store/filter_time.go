package store

import (
	"math"
	"time"

	"drawbridge/scim/filter"
)

// compareTime compares whole microseconds, which the columns hold, with a time that may lie between two of them.
func (c *filterCompiler) compareTime(col column, op filter.Op, t time.Time) string {
	if t.Nanosecond()%int(time.Microsecond) != 0 {
		switch op {
		case filter.Eq:
			return "FALSE"
		case filter.Ge:
			op = filter.Gt
		case filter.Lt:
			op = filter.Le
		}
	}
	exact := col.expr + " " + sqlOperator(op) + " "
	if col.minute == "" {
		return exact + c.bind(t.UnixMicro())
	}
	return "(" + c.withinMinutes(col.minute, op, t.UnixMicro()/time.Minute.Microseconds()) + " AND " + exact + c.bind(t.UnixMicro()) + ")"
}

// withinMinutes selects the minutes in which moments lie for which the comparison may hold. PostgreSQL expects a third of all rows of a range
// with one end, and few of one with two; SQLite uses one end of each side, the first that it finds.
func (c *filterCompiler) withinMinutes(expr string, op filter.Op, minute int64) string {
	from, until := minute, minute
	switch op {
	case filter.Gt, filter.Ge:
		until = math.MaxInt64
	case filter.Lt, filter.Le:
		from = math.MinInt64
	}
	switch {
	case c.dialect == postgres || from == until:
		return expr + " BETWEEN " + c.bind(from) + " AND " + c.bind(until)
	case from == minute:
		return expr + " >= " + c.bind(minute)
	}
	return expr + " <= " + c.bind(minute)
}
