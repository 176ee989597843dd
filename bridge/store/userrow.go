package store

import (
	"database/sql"

	"drawbridge/bridge"
)

// userColumns leave out folded, which only filters read.
const userColumns = `u.id, u.customer_id, u.ordinal, u.user_name_key, u.external_id, u.doc, u.version, u.connected, u.active, u.removed_at, u.deleted_at, u.created_at, u.modified_at`

// userRow is a row of users, all NULL where an outer join found none.
type userRow struct {
	ID         sql.NullString `db:"id"`
	CustomerID sql.NullString `db:"customer_id"`
	Ordinal    sql.NullInt64  `db:"ordinal"`
	NameKey    sql.NullString `db:"user_name_key"`
	ExternalID sql.NullString `db:"external_id"`
	Doc        []byte         `db:"doc"`
	Version    sql.NullInt64  `db:"version"`
	Connected  sql.NullBool   `db:"connected"`
	Active     sql.NullBool   `db:"active"`
	Removed    sql.NullInt64  `db:"removed_at"`
	Deleted    sql.NullInt64  `db:"deleted_at"`
	Created    sql.NullInt64  `db:"created_at"`
	Modified   sql.NullInt64  `db:"modified_at"`
}

func (r userRow) user() bridge.User {
	return bridge.User{
		ID: r.ID.String, CustomerID: r.CustomerID.String, Ordinal: r.Ordinal.Int64, NameKey: r.NameKey.String,
		ExternalID: r.ExternalID.String, Doc: r.Doc, Version: r.Version.Int64, Connected: r.Connected.Bool,
		Active: r.Active.Bool, Removed: moment(r.Removed.Int64), Deleted: moment(r.Deleted.Int64),
		Created: moment(r.Created.Int64), Modified: moment(r.Modified.Int64),
	}
}

// gatedUser is what a statement says of a credential and, if it is good, of a user.
type gatedUser struct {
	gate
	userRow
	Grouped bool   `db:"grouped"`     // it is in a group, where the statement says so
	Groups  []byte `db:"user_groups"` // a JSON array of [id, name], where it reads them; NULL for none
}

// foundUser is a row of a page.
type foundUser struct {
	found
	userRow
}
