package store

import (
	"context"
	"strings"
	"time"

	"drawbridge/bridge"
)

const requestColumns = `id, customer_id, at, method, path, query, status, took, resource_id, token, body, answer`

// requestRow is a row of requests.
type requestRow struct {
	ID         string `db:"id"`
	CustomerID string `db:"customer_id"`
	At         int64  `db:"at"`
	Method     string `db:"method"`
	Path       string `db:"path"`
	Query      string `db:"query"`
	Status     int    `db:"status"`
	Took       int64  `db:"took"`
	ResourceID string `db:"resource_id"`
	Token      string `db:"token"`
	Body       string `db:"body"`
	Answer     string `db:"answer"`
}

func (r requestRow) request() bridge.Request {
	return bridge.Request{
		ID: r.ID, CustomerID: r.CustomerID, At: moment(r.At), Method: r.Method, Path: r.Path, Query: r.Query, Status: r.Status,
		Took: time.Duration(r.Took) * time.Microsecond, ResourceID: r.ResourceID, Token: r.Token, Body: r.Body, Answer: r.Answer,
	}
}

const (
	addRequestsSQLite = `INSERT INTO requests (id, customer_id, at, method, path, query, status, took, resource_id, token, body, answer)
VALUES `
	requestValues = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	addRequestsPostgres = `COPY requests (` + requestColumns + `) FROM STDIN`
)

// AddRequests stores requests of any customers, at most 1,000: all or none.
func (s *Store) AddRequests(ctx context.Context, requests []bridge.Request) error {
	if len(requests) == 0 {
		return nil
	}
	add := s.addRequestsSQLite
	if s.dialect == postgres {
		add = s.addRequestsPostgres
	}
	return failed("log requests", add(ctx, requests))
}

// addRequestsSQLite runs one statement. It is not prepared: each number of rows would be a statement of its own.
func (s *Store) addRequestsSQLite(ctx context.Context, requests []bridge.Request) error {
	args := make([]any, 0, len(requests)*strings.Count(requestValues, "?"))
	for _, r := range requests {
		args = append(args, requestArgs(r)...)
	}
	query := addRequestsSQLite + strings.Repeat(requestValues+", ", len(requests)-1) + requestValues
	return s.again(ctx, func() error {
		_, err := s.logged.ExecContext(ctx, query, args...)
		return err
	})
}

// addRequestsPostgres copies the rows in: PostgreSQL reads a statement of so many parameters four times as slowly.
func (s *Store) addRequestsPostgres(ctx context.Context, requests []bridge.Request) error {
	return s.inTx(ctx, func(ctx context.Context, c *session) error {
		rows, err := c.tx.PrepareContext(ctx, addRequestsPostgres)
		if err != nil {
			return err
		}
		defer rows.Close()
		for _, r := range requests {
			if _, err := rows.ExecContext(ctx, requestArgs(r)...); err != nil {
				return err
			}
		}
		_, err = rows.ExecContext(ctx) // ends the copy, and says how it went
		return err
	})
}

// requestArgs are the values of requestColumns.
func requestArgs(r bridge.Request) []any {
	return []any{
		r.ID, r.CustomerID, micros(r.At), plain(r.Method), plain(r.Path), plain(r.Query), r.Status,
		r.Took.Microseconds(), plain(r.ResourceID), plain(r.Token), plain(r.Body), plain(r.Answer),
	}
}

// plain is a client's text in a form that can be stored.
func plain(s string) string {
	if storable(s) {
		return s
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

const (
	requestsOf = `SELECT ` + requestColumns + ` FROM requests
WHERE customer_id = ? AND at >= ? AND status BETWEEN ? AND ? ORDER BY at DESC, id DESC LIMIT ?`

	requestsAbout = `SELECT ` + requestColumns + ` FROM requests
WHERE customer_id = ? AND at >= ? AND status BETWEEN ? AND ? AND resource_id = ? AND resource_id <> '' ORDER BY at DESC, id DESC LIMIT ?`
)

// Requests lists a customer's newest requests that the filter selects, the oldest of them first.
func (s *Store) Requests(ctx context.Context, customerID string, f bridge.RequestFilter) ([]bridge.Request, error) {
	query, args := requestsOf, []any{customerID, micros(f.Since), f.MinStatus, f.MaxStatus}
	if f.ResourceID != "" {
		query, args = requestsAbout, append(args, text(f.ResourceID))
	}
	var rows []requestRow
	if err := s.reading().requestLog().list(ctx, &rows, query, append(args, f.Limit)...); err != nil {
		return nil, failed("list the requests", err)
	}
	out := make([]bridge.Request, len(rows))
	for i, row := range rows {
		out[len(rows)-1-i] = row.request()
	}
	return out, nil
}

// pruneRequests deletes one range of the primary key, which ends at the request that is the last one to go.
const pruneRequests = `DELETE FROM requests WHERE customer_id = $1 AND at < $2
  AND at <= COALESCE((SELECT at FROM requests WHERE customer_id = $1 AND at < $2 ORDER BY at LIMIT 1 OFFSET $3), $2)`

// PruneRequests deletes the oldest requests of a customer that came before a time, limit of them and what came in the
// same microsecond as the last one, and returns how many it deleted.
func (s *Store) PruneRequests(ctx context.Context, customerID string, before time.Time, limit int) (int, error) {
	var n int
	err := s.again(ctx, func() error {
		var err error
		n, err = s.writing().requestLog().exec(ctx, pruneRequests, customerID, micros(before), limit-1)
		return err
	})
	return n, failed("delete old requests", err)
}
