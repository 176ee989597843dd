package store

import (
	"context"
	"encoding/json"

	"drawbridge/bridge"
)

// Who waits for an answer: a removal in force of somebody whom SCIM governs, which nobody has let through, whose account is
// not known to be without access, and that is not stuck for another reason.
const (
	heldFrom = ` FROM due d JOIN users u ON u.customer_id = d.customer_id AND u.id = d.user_id
  LEFT JOIN links l ON l.customer_id = u.customer_id AND l.user_id = u.id
WHERE d.customer_id = $1 AND d.rank = 1 AND d.parked = '' AND u.removed_at <> 0 AND u.connected
  AND (l.status IS NULL OR l.status NOT IN ` + withoutAccess + `)
  AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.customer_id = u.customer_id AND a.user_id = u.id AND a.removed_at = u.removed_at)`

	withoutAccess = `('SUSPENDED', 'DEPROVISIONED')`

	countHeld  = `SELECT COUNT(*)` + heldFrom
	heldPeople = `SELECT u.id, u.doc, u.removed_at, u.deleted_at, COALESCE(l.status, '') AS status` + heldFrom + ` ORDER BY u.removed_at, u.id`
)

// HeldPeople lists the users of a customer whose removals wait for an answer, the longest first.
func (s *Store) HeldPeople(ctx context.Context, customerID string) ([]bridge.HeldPerson, error) {
	var rows []struct {
		userRow
		Status string `db:"status"`
	}
	if err := s.reading().list(ctx, &rows, heldPeople, customerID); err != nil {
		return nil, failed("list whose removals wait", err)
	}
	out := make([]bridge.HeldPerson, len(rows))
	for i, r := range rows {
		u := r.user()
		out[i] = bridge.HeldPerson{
			Removal: bridge.Removal{UserID: u.ID, At: u.Removed}, UserName: u.UserName(), Deleted: !u.Deleted.IsZero(),
		}
		become(&out[i].Status, r.Status)
	}
	return out, nil
}

// HeldCount counts them.
func (s *Store) HeldCount(ctx context.Context, customerID string) (int, error) {
	var n int
	_, err := s.reading().get(ctx, &n, countHeld, customerID)
	return n, failed("count whose removals wait", err)
}

// A set of removals is one parameter, a JSON array of [user id, microseconds].
const (
	approveHead = `INSERT INTO approvals (user_id, customer_id, removed_at, hold_id, actor, at)
SELECT u.id, u.customer_id, u.removed_at, $3, $4, $5 FROM `
	approveTail = ` AS e CROSS JOIN users u
WHERE u.customer_id = $1 AND u.id = e.value ->> 0 AND u.removed_at = CAST(e.value ->> 1 AS BIGINT) AND u.removed_at <> 0 AND u.connected
ON CONFLICT (user_id, removed_at) DO NOTHING RETURNING user_id`
	approveSQLite   = approveHead + `json_each($2)` + approveTail
	approvePostgres = approveHead + `jsonb_array_elements(CAST($2 AS jsonb))` + approveTail

	hastenHead     = `UPDATE due SET due_at = $3, attempts = 0 WHERE customer_id = $1 AND rank = 1 AND parked = '' AND user_id `
	hastenSQLite   = hastenHead + `IN (SELECT e.value FROM ` + idsSQLite + `)`
	hastenPostgres = hastenHead + `= ` + idsPostgres

	dropProposal = `DELETE FROM hold_answers WHERE customer_id = ? AND hold_id = ?`
)

// setList is the parameter.
func setList(set []bridge.Removal) (string, error) {
	list := make([][2]any, len(set))
	for i, r := range set {
		list[i] = [2]any{r.UserID, micros(r.At)}
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// Approve lets those removals of the set through that are in force, for as long as they are, and makes them due. tell gets
// how many that are beside those that were let through already. The proposal of the same hold is gone.
func (s *Store) Approve(ctx context.Context, by bridge.Approval, set []bridge.Removal, tell func(n int) []bridge.Event) error {
	list, err := setList(set)
	if err != nil {
		return failed("let removals through", err)
	}
	d := s.dialect
	err = s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.moves(ctx, by.CustomerID); err != nil {
			return err
		}
		var ids []string
		err := tx.list(ctx, &ids, d.pick(approveSQLite, approvePostgres), by.CustomerID, list, optional(by.HoldID), by.Actor, micros(by.At))
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, d.pick(hastenSQLite, hastenPostgres), by.CustomerID, idList(ids), micros(by.At)); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, dropProposal, by.CustomerID, by.HoldID); err != nil {
			return err
		}
		return tx.addEvents(ctx, tell(len(ids))...)
	})
	if err == nil {
		s.Wake()
	}
	return failed("let removals through", err)
}

// proposalRow is a row of hold_answers.
type proposalRow struct {
	HoldID     string `db:"hold_id"`
	CustomerID string `db:"customer_id"`
	Answer     string `db:"answer"`
	Actor      string `db:"actor"`
	At         int64  `db:"at"`
	People     []byte `db:"people"`
}

const (
	proposal = `SELECT hold_id, customer_id, answer, actor, at, people FROM hold_answers WHERE customer_id = ? AND hold_id = ?`
	propose  = `INSERT INTO hold_answers (hold_id, customer_id, answer, actor, at, people) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (hold_id) DO UPDATE SET answer = excluded.answer, actor = excluded.actor, at = excluded.at, people = excluded.people`
)

// Proposal reads the answer to a hold that waits for a second person; NotFound where none does.
func (s *Store) Proposal(ctx context.Context, customerID, holdID string) (bridge.Proposal, error) {
	var row proposalRow
	found, err := s.reading().get(ctx, &row, proposal, customerID, holdID)
	if err == nil && !found {
		err = refusal(bridge.NotFound, "nothing is proposed for this hold")
	}
	if err != nil {
		return bridge.Proposal{}, failed("read a proposal", err)
	}
	p := bridge.Proposal{HoldID: row.HoldID, CustomerID: row.CustomerID, Answer: bridge.HoldAnswer(row.Answer), Actor: row.Actor, At: moment(row.At)}
	p.Set, err = readSet(row.People)
	return p, failed("read the people of a proposal", err)
}

// readSet reads what setList wrote.
func readSet(list []byte) ([]bridge.Removal, error) {
	var pairs []json.RawMessage
	if err := json.Unmarshal(list, &pairs); err != nil {
		return nil, err
	}
	set := make([]bridge.Removal, len(pairs))
	for i, pair := range pairs {
		var at int64
		if err := json.Unmarshal(pair, &[]any{&set[i].UserID, &at}); err != nil {
			return nil, err
		}
		set[i].At = moment(at)
	}
	return set, nil
}

// Propose stores an answer that a second person has to confirm, in place of whatever was proposed for the hold, with its event.
func (s *Store) Propose(ctx context.Context, p bridge.Proposal, ev bridge.Event) error {
	list, err := setList(p.Set)
	if err != nil {
		return failed("store a proposal", err)
	}
	err = s.inTx(ctx, func(ctx context.Context, tx *session) error {
		if err := tx.moves(ctx, p.CustomerID); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, propose, p.HoldID, p.CustomerID, string(p.Answer), p.Actor, micros(p.At), list); err != nil {
			return err
		}
		return tx.addEvents(ctx, ev)
	})
	return failed("store a proposal", err)
}

// lateEvents bounds how many events are looked through for the signs of a hold: the latest.
const lateEvents = `100000`

const (
	signs = `SELECT
  (SELECT CAST(COALESCE(SUM(active), 0) AS BIGINT) FROM user_block WHERE customer_id = $1) AS active,
  (SELECT COUNT(*) FROM users u JOIN links l ON l.customer_id = u.customer_id AND l.user_id = u.id
    WHERE u.customer_id = $1 AND u.removed_at > $2 AND u.connected AND l.status IN ` + withoutAccess + `) AS let_through`

	commonHead = `SELECT g.doc, g.members - s.n AS others FROM (
  SELECT m.group_id, COUNT(*) AS n FROM group_members m WHERE m.customer_id = $1 AND m.user_id `
	commonTail = ` GROUP BY m.group_id HAVING 10 * COUNT(*) >= 9 * CAST($3 AS BIGINT)
) s JOIN groups g ON g.customer_id = $1 AND g.id = s.group_id ORDER BY g.members, g.id LIMIT 1`
	commonGroupSQLite   = commonHead + `IN (SELECT e.value FROM ` + idsSQLite + `)` + commonTail
	commonGroupPostgres = commonHead + `= ` + idsPostgres + commonTail

	userWriters = `SELECT actor, COUNT(*) AS writes,
  SUM(CASE WHEN kind IN ('` + bridge.EventUserDeactivated + `', '` + bridge.EventUserDeleted + `') THEN 1 ELSE 0 END) AS removals FROM (
  SELECT actor, kind, at FROM (SELECT actor, kind, at FROM events WHERE customer_id = $1 ORDER BY seq DESC LIMIT ` + lateEvents + `) AS late
  UNION ALL SELECT actor, kind, at FROM event_inbox WHERE customer_id = $1
) AS told WHERE at > $2 AND kind LIKE 'user.%' AND actor LIKE 'idp:%' GROUP BY actor ORDER BY removals DESC, actor`
)

// Signs counts what tells one kind of mass removal from another. Of very many events the latest are looked through.
func (s *Store) Signs(ctx context.Context, h bridge.Hold, set []bridge.Removal) (bridge.HoldSigns, error) {
	c, since := s.reading(), micros(h.Opened.Add(-bridge.LookBack))
	var row struct {
		Active     int `db:"active"`
		LetThrough int `db:"let_through"`
	}
	if _, err := c.get(ctx, &row, signs, h.CustomerID, since); err != nil {
		return bridge.HoldSigns{}, failed("count the signs of a hold", err)
	}
	out := bridge.HoldSigns{Active: row.Active, LetThrough: row.LetThrough}
	if err := s.commonGroup(ctx, h.CustomerID, set, &out); err != nil {
		return bridge.HoldSigns{}, failed("look for the group of a hold", err)
	}
	var writers []struct {
		Actor    string `db:"actor"`
		Writes   int    `db:"writes"`
		Removals int    `db:"removals"`
	}
	if err := c.list(ctx, &writers, userWriters, h.CustomerID, since); err != nil {
		return bridge.HoldSigns{}, failed("count who wrote the users of a hold", err)
	}
	for i, w := range writers {
		if i > 0 { // the first removed most
			out.OtherWrites += w.Writes
		}
	}
	return out, nil
}

// commonGroup finds the smallest group that nearly all of a set are in.
func (s *Store) commonGroup(ctx context.Context, customerID string, set []bridge.Removal, out *bridge.HoldSigns) error {
	ids := make([]string, len(set))
	for i, r := range set {
		ids[i] = r.UserID
	}
	var row struct {
		Doc    []byte `db:"doc"`
		Others int    `db:"others"`
	}
	found, err := s.reading().get(ctx, &row, s.dialect.pick(commonGroupSQLite, commonGroupPostgres), customerID, idList(ids), len(ids))
	if err != nil || !found {
		return err
	}
	var doc struct {
		DisplayName string `json:"displayName"`
	}
	if err := json.Unmarshal(row.Doc, &doc); err != nil {
		return err
	}
	out.Group, out.GroupOthers = doc.DisplayName, row.Others
	return nil
}
