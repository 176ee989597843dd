package store

import (
	"database/sql"

	"drawbridge/bridge"
)

// groupColumns leave out folded, which only filters read.
const groupColumns = `u.id, u.customer_id, u.ordinal, u.name_key, u.external_id, u.doc, u.version, u.members, u.created_at, u.modified_at`

// groupRow is a row of groups, all NULL where an outer join found none.
type groupRow struct {
	ID         sql.NullString `db:"id"`
	CustomerID sql.NullString `db:"customer_id"`
	Ordinal    sql.NullInt64  `db:"ordinal"`
	NameKey    sql.NullString `db:"name_key"`
	ExternalID sql.NullString `db:"external_id"`
	Doc        []byte         `db:"doc"`
	Version    sql.NullInt64  `db:"version"`
	Members    sql.NullInt64  `db:"members"`
	Created    sql.NullInt64  `db:"created_at"`
	Modified   sql.NullInt64  `db:"modified_at"`
}

func (r groupRow) group() bridge.Group {
	return bridge.Group{
		ID: r.ID.String, CustomerID: r.CustomerID.String, Ordinal: r.Ordinal.Int64, NameKey: r.NameKey.String,
		ExternalID: r.ExternalID.String, Doc: r.Doc, Version: r.Version.Int64, Members: int(r.Members.Int64),
		Created: moment(r.Created.Int64), Modified: moment(r.Modified.Int64),
	}
}

// gatedGroup is what a statement says of a credential and, if it is good, of a group.
type gatedGroup struct {
	gate
	groupRow
}

// foundGroup is a row of a page.
type foundGroup struct {
	found
	groupRow
}
