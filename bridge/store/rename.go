package store

import (
	"context"
	"encoding/json"
	"fmt"

	"drawbridge/bridge"
)

const (
	forgetRenames = `DELETE FROM renames WHERE customer_id = ?`

	// The renames come as a JSON array of [old, new, whether they are domains], which both databases take apart.
	addRenamesHead = `INSERT INTO renames (customer_id, old_key, new_key, is_domain)
SELECT c.id, e.value ->> 0, e.value ->> 1, CAST(e.value ->> 2 AS BOOLEAN) FROM `
	addRenamesSQLite   = addRenamesHead + fromJSON + eachOfCustomer
	addRenamesPostgres = addRenamesHead + fromJSONB + eachOfCustomer

	renamesOf = `SELECT old_key, new_key, is_domain FROM renames WHERE customer_id = ? ORDER BY is_domain DESC, old_key`
)

// SetRenames implements bridge.RenameStore.
func (s *Store) SetRenames(ctx context.Context, customerID string, renames []bridge.Rename, e bridge.Event) error {
	rows := make([][]any, len(renames))
	for i, r := range renames {
		rows[i] = []any{r.Old, r.New, r.Domain}
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode the renames: %w", err)
	}
	err = s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockCustomer(ctx, customerByID, customerID)
		if err != nil {
			return err
		}
		if row.Waiting == 0 {
			return errNotWaiting(row)
		}
		if _, err := tx.exec(ctx, forgetRenames, customerID); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, s.dialect.pick(addRenamesSQLite, addRenamesPostgres), string(list), customerID); err != nil {
			return err
		}
		return tx.addEvents(ctx, e)
	})
	return failed("set renames", err)
}

// Renames implements bridge.RenameStore.
func (s *Store) Renames(ctx context.Context, customerID string) ([]bridge.Rename, error) {
	var rows []struct {
		Old    string `db:"old_key"`
		New    string `db:"new_key"`
		Domain bool   `db:"is_domain"`
	}
	if err := s.reading().list(ctx, &rows, renamesOf, customerID); err != nil {
		return nil, failed("read the renames", err)
	}
	renames := make([]bridge.Rename, len(rows))
	for i, r := range rows {
		renames[i] = bridge.Rename{Old: r.Old, New: r.New, Domain: r.Domain}
	}
	return renames, nil
}
