package store

import (
	"context"
	"strings"

	"drawbridge/bridge"
)

const (
	setHandChanges = `INSERT INTO hand_changes (user_id, customer_id, fields) VALUES (?, ?, ?) ON CONFLICT (user_id) DO UPDATE SET fields = excluded.fields`
	dropHandChange = `DELETE FROM hand_changes WHERE customer_id = ? AND user_id = ?`
)

// SaveChanged stores a link with what somebody has changed in Okta by hand: names of attributes, none to forget them.
func (s *Store) SaveChanged(ctx context.Context, l bridge.Link, changed []string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.saveLink(ctx, l); err != nil {
			return err
		}
		if len(changed) == 0 {
			_, err := tx.exec(ctx, dropHandChange, l.CustomerID, l.UserID)
			return err
		}
		_, err := tx.exec(ctx, setHandChanges, l.UserID, l.CustomerID, strings.Join(changed, " "))
		return err
	})
	return failed("save what was changed by hand", err)
}
