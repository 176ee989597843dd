// Package migrations holds the schema of both stores as embedded, forward-only files.
package migrations

import "embed"

// Postgres, SQLite and SQLiteRequests hold NNNN_name.sql files in goose's format, under postgres/, sqlite/ and sqlite_requests/. A file
// that was released is never edited: a binary and its predecessor both work on either's schema.
var (
	//go:embed postgres/*.sql
	Postgres embed.FS
	//go:embed sqlite/*.sql
	SQLite embed.FS
	//go:embed sqlite_requests/*.sql
	SQLiteRequests embed.FS // of the file beside SQLite's, which has the log of requests
)
