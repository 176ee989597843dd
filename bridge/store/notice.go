package store

import (
	"context"
	"encoding/json"
	"errors"

	"drawbridge/bridge"
)

const noticeColumns = `id, customer_id, subject, kind, severity, text, created_at, sends, last_sent_at, due_at, owed, acknowledged_at, acknowledged_by, closed_at`

// noticeRow is a row of notices.
type noticeRow struct {
	ID             string `db:"id"`
	CustomerID     string `db:"customer_id"`
	Subject        string `db:"subject"`
	Kind           string `db:"kind"`
	Severity       string `db:"severity"`
	Text           string `db:"text"`
	Created        int64  `db:"created_at"`
	Sends          int    `db:"sends"`
	LastSent       int64  `db:"last_sent_at"`
	Due            int64  `db:"due_at"`
	Owed           string `db:"owed"`
	Acknowledged   int64  `db:"acknowledged_at"`
	AcknowledgedBy string `db:"acknowledged_by"`
	Closed         int64  `db:"closed_at"`
}

func (r noticeRow) notice() (bridge.Notice, error) {
	n := bridge.Notice{
		ID: r.ID, CustomerID: r.CustomerID, Subject: r.Subject, Kind: bridge.NoticeKind(r.Kind), Severity: bridge.Severity(r.Severity),
		Created: moment(r.Created), Sends: r.Sends, LastSent: moment(r.LastSent), Due: moment(r.Due),
		Acknowledged: moment(r.Acknowledged), AcknowledgedBy: r.AcknowledgedBy, Closed: moment(r.Closed),
	}
	return n, errors.Join(json.Unmarshal([]byte(r.Text), &n.Text), json.Unmarshal([]byte(r.Owed), &n.Owed))
}

const (
	raiseNotice = `INSERT INTO notices (id, customer_id, subject, kind, severity, text, created_at, sends, last_sent_at, due_at, owed, acknowledged_at, acknowledged_by, closed_at)
VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, '[]', 0, '', 0)
ON CONFLICT (subject) WHERE closed_at = 0 DO NOTHING`

	liveNotices = `SELECT ` + noticeColumns + ` FROM notices WHERE closed_at = 0 OR due_at <> 0 ORDER BY created_at, id`

	noticeOf = `SELECT ` + noticeColumns + ` FROM notices WHERE customer_id = ? AND id = ?`

	changeNotice = `UPDATE notices SET severity = ?, text = ?, sends = ?, last_sent_at = ?, due_at = ?, owed = ?, acknowledged_at = ?, acknowledged_by = ?, closed_at = ?
WHERE customer_id = ? AND id = ?`
)

// RaiseNotice stores a notice that nobody was told of yet, and reports whether it did: where one of its subject is open, that
// stays as it is.
func (s *Store) RaiseNotice(ctx context.Context, n bridge.Notice) (raised bool, err error) {
	lines, _ := json.Marshal(n.Text) // strings: cannot fail
	err = s.again(ctx, func() error {
		rows, err := s.writing().exec(ctx, raiseNotice, n.ID, n.CustomerID, n.Subject, string(n.Kind), string(n.Severity), string(lines),
			micros(n.Created), micros(n.Due))
		raised = rows > 0
		return err
	})
	return raised, failed("raise a notice", err)
}

// LiveNotices lists the notices of all customers that are open or still to be told, the oldest first.
func (s *Store) LiveNotices(ctx context.Context) ([]bridge.Notice, error) {
	var rows []noticeRow
	if err := s.reading().list(ctx, &rows, liveNotices); err != nil {
		return nil, failed("list the notices", err)
	}
	notices := make([]bridge.Notice, len(rows))
	for i, r := range rows {
		var err error
		if notices[i], err = r.notice(); err != nil {
			return nil, failed("list the notices", err)
		}
	}
	return notices, nil
}

// ChangeNotice applies change to the notice as it is, under a lock, and keeps severity, text and how far the telling is if
// change returns true, which ChangeNotice returns; false without the notice. change may be called again when the database
// asks for a repeat.
func (s *Store) ChangeNotice(ctx context.Context, customerID, id string, change func(*bridge.Notice) bool) (changed bool, err error) {
	lock := ""
	if s.dialect == postgres {
		lock = ` FOR UPDATE`
	}
	err = s.inTx(ctx, func(ctx context.Context, tx *session) error {
		var row noticeRow
		found, err := tx.get(ctx, &row, noticeOf+lock, customerID, id)
		if changed = false; err != nil || !found {
			return err
		}
		n, err := row.notice()
		if err != nil {
			return err
		}
		if changed = change(&n); !changed {
			return nil
		}
		return tx.keepNotice(ctx, n)
	})
	return changed, failed("change a notice", err)
}

func (c *session) keepNotice(ctx context.Context, n bridge.Notice) error {
	lines, _ := json.Marshal(n.Text) // strings: cannot fail
	owed, _ := json.Marshal(n.Owed)
	_, err := c.exec(ctx, changeNotice, string(n.Severity), string(lines), n.Sends, micros(n.LastSent), micros(n.Due), string(owed),
		micros(n.Acknowledged), n.AcknowledgedBy, micros(n.Closed), n.CustomerID, n.ID)
	return err
}
