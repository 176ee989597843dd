package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"drawbridge/bridge"
)

// counterState is the name of the counter in the syncer's state.
const counterState = "record"

// Counter reads the counter that tells this database from an older copy; zero where it never was counted.
func (s *Store) Counter(ctx context.Context) (bridge.Counter, error) {
	var c bridge.Counter
	value, _, err := s.State(ctx, counterState)
	if err != nil || value == "" {
		return c, err
	}
	return c, failed("read the counter", json.Unmarshal([]byte(value), &c))
}

// A counter is written under the lease alone: one who lost it must not set back what another has counted.
const (
	saveCounter = `INSERT INTO sync_state (name, value, at) SELECT CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS BIGINT) FROM leases l
WHERE l.name = $1 AND l.holder = $2 AND l.fence = $3 AND l.until > `
	onCounter           = ` ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at`
	saveCounterPostgres = saveCounter + postgresClock + ` AND CAST($4 AS BIGINT) >= 0` + onCounter
	saveCounterSQLite   = saveCounter + `$4` + onCounter
)

// SaveCounter keeps the counter. It fails with Lost where the lease is not held.
func (s *Store) SaveCounter(ctx context.Context, lease bridge.Lease, c bridge.Counter) error {
	return failed("keep the counter", s.again(ctx, func() error { return s.writing().saveCounter(ctx, lease, c) }))
}

func (c *session) saveCounter(ctx context.Context, lease bridge.Lease, counter bridge.Counter) error {
	value, err := json.Marshal(counter)
	if err != nil {
		return err
	}
	now := micros(c.store.now())
	n, err := c.exec(ctx, c.store.dialect.pick(saveCounterSQLite, saveCounterPostgres), lease.Name, lease.Holder, lease.Fence, now, counterState, string(value), now)
	if err == nil && n == 0 {
		err = refusal(bridge.Lost, "the lease is held by another process or has run out")
	}
	return err
}

// What is put in Okta of each customer but those that are frozen, whose records there say what was forgotten here.
const recordsToKeep = `SELECT c.id, c.slug, c.epoch, c.state, COALESCE(r.okta_id, '') AS okta_id, COALESCE(r.put, '') AS put,
  COALESCE((SELECT STRING_AGG(t.id, ' ' ORDER BY t.id) FROM tokens t WHERE t.customer_id = c.id AND t.revoked_at = 0 AND t.expires_at > ?), '') AS tokens
FROM customers c LEFT JOIN records r ON r.customer_id = c.id WHERE c.review_since = 0 ORDER BY c.id`

// Records lists what Okta should keep of each customer, and what was put there last; frozen ones are left out.
func (s *Store) Records(ctx context.Context) ([]bridge.KeptRecord, error) {
	var rows []struct {
		ID     string `db:"id"`
		Slug   string `db:"slug"`
		Epoch  int64  `db:"epoch"`
		State  string `db:"state"`
		OktaID string `db:"okta_id"`
		Put    string `db:"put"`
		Tokens string `db:"tokens"`
	}
	if err := s.reading().list(ctx, &rows, recordsToKeep, micros(s.now())); err != nil {
		return nil, failed("list the records", err)
	}
	records := make([]bridge.KeptRecord, len(rows))
	for i, r := range rows {
		k := bridge.KeptRecord{CustomerID: r.ID, OktaID: r.OktaID, Want: bridge.CustomerRecord{
			Slug: r.Slug, Epoch: r.Epoch, State: bridge.State(r.State), Tokens: strings.Fields(r.Tokens),
		}}
		if r.Put != "" {
			if err := json.Unmarshal([]byte(r.Put), &k.Put); err != nil {
				return nil, fmt.Errorf("the record of customer %s cannot be read: %w", r.ID, err)
			}
		}
		records[i] = k
	}
	return records, nil
}

const (
	keepRecord = `INSERT INTO records (customer_id, okta_id, put, found, lost, found_at) VALUES (?, ?, ?, '', '[]', 0)
ON CONFLICT (customer_id) DO UPDATE SET okta_id = excluded.okta_id, put = excluded.put`

	keepFound = `INSERT INTO records (customer_id, okta_id, put, found, lost, found_at) VALUES (?, '', '', ?, ?, ?)
ON CONFLICT (customer_id) DO UPDATE SET found = excluded.found, lost = excluded.lost, found_at = excluded.found_at`

	recordOf = `SELECT okta_id, found, lost, found_at FROM records WHERE customer_id = ?`
)

// recordRow is a row of records.
type recordRow struct {
	OktaID string `db:"okta_id"`
	Found  string `db:"found"`
	Lost   string `db:"lost"`
	At     int64  `db:"found_at"`
}

// SaveRecord notes where Okta keeps a customer's record, and what was put there.
func (s *Store) SaveRecord(ctx context.Context, customerID, oktaID string, put bridge.CustomerRecord) error {
	value, err := json.Marshal(put)
	if err != nil {
		return failed("note a record", err)
	}
	return failed("note a record", s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, keepRecord, customerID, oktaID, string(value))
		return err
	}))
}

// RecordID is where Okta keeps a customer's record; empty: not known.
func (s *Store) RecordID(ctx context.Context, customerID string) (string, error) {
	var row recordRow
	_, err := s.reading().get(ctx, &row, recordOf, customerID)
	return row.OktaID, failed("read where a record is", err)
}

// SaveFound keeps what was found in Okta of a frozen customer.
func (s *Store) SaveFound(ctx context.Context, customerID string, f bridge.Found) error {
	record, lost := "", []byte("[]")
	var err error
	if f.Record != nil {
		var value []byte
		value, err = json.Marshal(f.Record)
		record = string(value)
	}
	if err == nil && len(f.Lost) > 0 {
		lost, err = json.Marshal(f.Lost)
	}
	if err != nil {
		return failed("keep what was found", err)
	}
	return failed("keep what was found", s.again(ctx, func() error {
		_, err := s.writing().exec(ctx, keepFound, customerID, record, string(lost), micros(f.At))
		return err
	}))
}

// Found implements bridge.RestoreStore.
func (s *Store) Found(ctx context.Context, customerID string) (bridge.Found, error) {
	f, err := s.reading().found(ctx, customerID)
	return f, failed("read what was found", err)
}

func (c *session) found(ctx context.Context, customerID string) (bridge.Found, error) {
	var row recordRow
	var f bridge.Found
	found, err := c.get(ctx, &row, recordOf, customerID)
	if err != nil || !found {
		return f, err
	}
	f.At = moment(row.At)
	if row.Found != "" {
		f.Record = &bridge.CustomerRecord{}
		if err := json.Unmarshal([]byte(row.Found), f.Record); err != nil {
			return f, err
		}
	}
	return f, json.Unmarshal([]byte(row.Lost), &f.Lost)
}

const (
	strangersHead     = `SELECT k.key FROM (SELECT value ->> 0 AS key FROM `
	strangersTail     = `) k WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.customer_id = ? AND u.id = k.key) ORDER BY k.key`
	strangersSQLite   = strangersHead + fromJSON + strangersTail
	strangersPostgres = strangersHead + fromJSONB + strangersTail
)

// Strangers returns those of the keys that no user of the customer has, deleted ones included.
func (s *Store) Strangers(ctx context.Context, customerID string, keys []string) ([]string, error) {
	rows := make([][1]string, len(keys))
	for i, k := range keys {
		rows[i][0] = k
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return nil, failed("look for users", err)
	}
	var unknown []string
	err = s.reading().list(ctx, &unknown, s.dialect.pick(strangersSQLite, strangersPostgres), string(list), customerID)
	return unknown, failed("look for users", err)
}

const frozenCustomers = `SELECT ` + customerColumns + ` FROM customers c WHERE c.review_since <> 0 ORDER BY c.id`

// FrozenCustomers lists those who wait for a person's approval after a restore.
func (s *Store) FrozenCustomers(ctx context.Context) ([]bridge.Customer, error) {
	var rows []customerRow
	if err := s.reading().list(ctx, &rows, frozenCustomers); err != nil {
		return nil, failed("list the frozen customers", err)
	}
	return mapped(rows, customerRow.customer), nil
}
