package store

import (
	"context"
	"encoding/json"
	"fmt"

	"drawbridge/bridge"
)

// trafficRow is a row of customer_traffic.
type trafficRow struct {
	IdP     string `db:"idp"`
	Certain bool   `db:"certain"`
	IdPAt   int64  `db:"idp_at"`
	Quirks  string `db:"quirks"`
	Dropped string `db:"dropped"`
	Last    int64  `db:"last_request"`
	Limited int64  `db:"limited"`
	Refused int64  `db:"refused"`
}

func (r trafficRow) traffic() (bridge.Traffic, error) {
	t := bridge.Traffic{
		IdP: r.IdP, Certain: r.Certain, IdPAt: moment(r.IdPAt), LastRequest: moment(r.Last), Limited: r.Limited, RefusedAfterDisconnect: r.Refused,
	}
	if err := json.Unmarshal([]byte(r.Quirks), &t.Quirks); err != nil {
		return t, fmt.Errorf("the stored quirks: %w", err)
	}
	if err := json.Unmarshal([]byte(r.Dropped), &t.Dropped); err != nil {
		return t, fmt.Errorf("the stored names: %w", err)
	}
	return t, nil
}

const (
	trafficColumns = `idp, certain, idp_at, quirks, dropped, last_request, limited, refused`

	trafficOf = `SELECT ` + trafficColumns + ` FROM customer_traffic WHERE customer_id = ?`

	beginTraffic = `INSERT INTO customer_traffic (customer_id, idp, certain, idp_at, quirks, dropped, last_request, limited, refused)
VALUES (?, '', FALSE, 0, '{}', '{}', 0, 0, 0) ON CONFLICT (customer_id) DO NOTHING`

	changeTraffic = `UPDATE customer_traffic SET idp = ?, certain = ?, idp_at = ?, quirks = ?, dropped = ?, last_request = ?, limited = ?, refused = ?
WHERE customer_id = ?`
)

// Traffic returns what a customer's requests told; the zero value where there were none.
func (s *Store) Traffic(ctx context.Context, customerID string) (bridge.Traffic, error) {
	var row trafficRow
	found, err := s.reading().get(ctx, &row, trafficOf, customerID)
	if err != nil || !found {
		return bridge.Traffic{}, failed("read what the requests told", err)
	}
	t, err := row.traffic()
	return t, failed("read what the requests told", err)
}

// AddTraffic adds what was seen of a customer's requests to what is stored; replicas may do so at once.
func (s *Store) AddTraffic(ctx context.Context, customerID string, seen bridge.Traffic) error {
	lock := ""
	if s.dialect == postgres {
		lock = ` FOR UPDATE`
	}
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if _, err := tx.exec(ctx, beginTraffic, customerID); err != nil {
			return err
		}
		var row trafficRow
		if _, err := tx.get(ctx, &row, trafficOf+lock, customerID); err != nil {
			return err
		}
		t, err := row.traffic()
		if err != nil {
			return err
		}
		t.Add(seen)
		quirks, _ := json.Marshal(t.Quirks) // strings and numbers: cannot fail
		dropped, _ := json.Marshal(t.Dropped)
		_, err = tx.exec(ctx, changeTraffic, t.IdP, t.Certain, micros(t.IdPAt), string(quirks), string(dropped), micros(t.LastRequest),
			t.Limited, t.RefusedAfterDisconnect, customerID)
		return err
	})
	return failed("note what the requests told", err)
}
