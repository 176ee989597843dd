package store

import (
	"context"
	"database/sql"
	"strings"

	"drawbridge/bridge"
)

// A subject is one user and all that belongs to it in one state of the database. Domain names hold no spaces.
const (
	subjectColumns = userColumns + `,
  c.id AS "c.id", c.slug AS "c.slug", c.name AS "c.name", c.state AS "c.state", c.epoch AS "c.epoch", c.okta_idp AS "c.okta_idp", c.logins AS "c.logins",
  c.grace AS "c.grace", c.suspend_only AS "c.suspend_only", c.rate AS "c.rate", c.request_log AS "c.request_log", c.group_patch AS "c.group_patch",
  c.created_at AS "c.created_at", c.modified_at AS "c.modified_at", c.disconnected_by AS "c.disconnected_by", c.verify_from AS "c.verify_from", c.time_zone AS "c.time_zone",
  c.paused_at AS "c.paused_at", c.paused_until AS "c.paused_until", c.pause_answer AS "c.pause_answer", c.review_since AS "c.review_since",
  c.waiting_since AS "c.waiting_since", c.joining_since AS "c.joining_since",
  l.user_id AS "l.user_id", l.customer_id AS "l.customer_id", l.login_key AS "l.login_key", l.okta_id AS "l.okta_id", l.status AS "l.status",
  l.status_at AS "l.status_at", l.taken AS "l.taken", l.taken_at AS "l.taken_at", l.born AS "l.born", l.suspended_since AS "l.suspended_since",
  l.suspend_refused AS "l.suspend_refused", l.foreign_account AS "l.foreign_account", l.protected AS "l.protected",
  l.sessions_version AS "l.sessions_version", l.applied AS "l.applied", l.applied_version AS "l.applied_version", l.read_at AS "l.read_at",
  l.provider AS "l.provider", l.has_password AS "l.has_password",
  i.id AS "i.id", i.customer_id AS "i.customer_id", i.user_id AS "i.user_id", i.kind AS "i.kind", i.state AS "i.state", i.version AS "i.version",
  i.epoch AS "i.epoch", i.revokes AS "i.revokes", i.sent_at AS "i.sent_at", i.deadline AS "i.deadline", i.ended_at AS "i.ended_at", i.outcome AS "i.outcome",
  i.answered AS "i.answered",
  d.user_id AS due_user, d.rank AS due_rank, d.due_at AS due_at, d.version AS due_version, d.attempts AS due_attempts, d.parked AS due_parked,
  (SELECT STRING_AGG(o.name, ' ' ORDER BY o.name) FROM domains o WHERE o.customer_id = c.id) AS domains,
  EXISTS (SELECT 1 FROM holds h WHERE h.customer_id = c.id AND h.closed_at = 0) AS held,
  EXISTS (SELECT 1 FROM approvals a WHERE a.customer_id = c.id AND a.user_id = u.id AND a.removed_at = u.removed_at) AS approved,
  (SELECT k.since FROM containments k WHERE k.customer_id = c.id AND k.user_id = u.id AND k.lifted_at = 0) AS contained,
  EXISTS (SELECT 1 FROM containments k WHERE k.customer_id = c.id AND k.user_id = u.id AND k.lifted_at <> 0 AND k.taken_at > u.removed_at) AS unlocked,
  r.user_id IS NOT NULL AS give_back, r.late_from AS late_from, r.late_until AS late_until,
  (SELECT h.fields FROM hand_changes h WHERE h.customer_id = c.id AND h.user_id = u.id) AS changed,
  w.login AS pin_login, w.email AS pin_email, w.wanted AS pin_wanted, w.held_at AS pin_held, w.applied_at AS pin_applied,
  v.state AS convert_state, v.asked_at AS convert_asked, v.mails AS convert_mails,
  ` + idpColumns

	subjectTables = `users u JOIN customers c ON c.id = u.customer_id
  LEFT JOIN links l ON l.customer_id = u.customer_id AND l.user_id = u.id
  LEFT JOIN intents i ON i.customer_id = u.customer_id AND i.user_id = u.id AND i.state IN ` + openStates + `
  LEFT JOIN due d ON d.customer_id = u.customer_id AND d.user_id = u.id
  LEFT JOIN restorations r ON r.customer_id = u.customer_id AND r.user_id = u.id
  LEFT JOIN conversions v ON v.customer_id = u.customer_id AND v.user_id = u.id
  LEFT JOIN login_pins w ON w.customer_id = u.customer_id AND w.user_id = u.id` + idpOfCustomer

	subject = `SELECT ` + subjectColumns + ` FROM ` + subjectTables + ` WHERE u.customer_id = ? AND u.id = ?`
)

// subjectRow is a subject as it is read.
type subjectRow struct {
	userRow
	Customer    customerRow    `db:"c"`
	Link        linkRow        `db:"l"`
	Intent      intentRow      `db:"i"`
	DueUser     sql.NullString `db:"due_user"`
	DueRank     sql.NullInt64  `db:"due_rank"`
	DueAt       sql.NullInt64  `db:"due_at"`
	DueVersion  sql.NullInt64  `db:"due_version"`
	DueAttempts sql.NullInt64  `db:"due_attempts"`
	DueParked   sql.NullString `db:"due_parked"`
	Domains     sql.NullString `db:"domains"`
	Held        bool           `db:"held"`
	Approved    bool           `db:"approved"`
	GiveBack    bool           `db:"give_back"`
	LateFrom    sql.NullInt64  `db:"late_from"`
	LateUntil   sql.NullInt64  `db:"late_until"`
	Convert     sql.NullString `db:"convert_state"`
	Asked       sql.NullInt64  `db:"convert_asked"`
	Mails       sql.NullInt64  `db:"convert_mails"`
	Contained   sql.NullInt64  `db:"contained"`
	Unlocked    bool           `db:"unlocked"`
	Changed     sql.NullString `db:"changed"`
	PinLogin    sql.NullString `db:"pin_login"`
	PinEmail    sql.NullString `db:"pin_email"`
	PinWanted   sql.NullString `db:"pin_wanted"`
	PinHeld     sql.NullInt64  `db:"pin_held"`
	PinApplied  sql.NullInt64  `db:"pin_applied"`
	IdP         idpRow         `db:"p"`
}

func (r subjectRow) subject() (bridge.Subject, error) {
	out := bridge.Subject{
		User: r.user(), Customer: r.Customer.customer(), Domains: strings.Fields(r.Domains.String), Held: r.Held && !r.Approved,
		GiveBack: r.GiveBack, LateFrom: moment(r.LateFrom.Int64), LateUntil: moment(r.LateUntil.Int64), Approved: r.Approved, Contained: moment(r.Contained.Int64), Unlocked: r.Unlocked,
		IdP: r.IdP.idp(),
	}
	if r.Changed.Valid {
		out.Changed = strings.Fields(r.Changed.String)
	}
	if r.PinLogin.Valid {
		pin := &bridge.LoginPin{UserID: out.User.ID, Login: r.PinLogin.String, Email: r.PinEmail.String, Wanted: r.PinWanted.String, Held: moment(r.PinHeld.Int64)}
		if r.PinApplied.Int64 == 0 {
			out.Pin = pin
		} else {
			out.Renamed = pin
		}
	}
	if r.Link.UserID.Valid {
		link, err := r.Link.link()
		if err != nil {
			return bridge.Subject{}, err
		}
		out.Link = &link
	}
	if r.Intent.ID.Valid {
		intent := r.Intent.intent()
		out.Open = &intent
	}
	if r.Convert.Valid {
		out.Conversion = &bridge.Conversion{
			UserID: out.User.ID, CustomerID: out.User.CustomerID, State: bridge.ConversionState(r.Convert.String), Asked: moment(r.Asked.Int64), Mails: int(r.Mails.Int64),
		}
	}
	if r.DueUser.Valid {
		due := r.due()
		out.Due = &due
	}
	return out, nil
}

func (r subjectRow) due() bridge.Due {
	return bridge.Due{
		UserID: r.DueUser.String, CustomerID: r.CustomerID.String, Rank: bridge.Rank(r.DueRank.Int64),
		At: moment(r.DueAt.Int64), Version: r.DueVersion.Int64, Attempts: int(r.DueAttempts.Int64), Parked: r.DueParked.String,
	}
}

// look is a row of who is due. Whoever cannot be read does not keep the others from being so.
func (r subjectRow) look() bridge.Look {
	subject, err := r.subject()
	return bridge.Look{Due: r.due(), Subject: subject, Err: err}
}

// Subject reads all that is known of a user, deleted or not; NotFound where the customer has no such user.
func (s *Store) Subject(ctx context.Context, customerID, userID string) (bridge.Subject, error) {
	var row subjectRow
	found, err := s.reading().get(ctx, &row, subject, customerID, text(userID))
	if err == nil && !found {
		err = errNoUser()
	}
	if err != nil {
		return bridge.Subject{}, failed("read all of a user", err)
	}
	return row.subject()
}

const (
	userOf = `SELECT ` + userColumns + ` FROM users u WHERE u.customer_id = $1
  AND (u.id = $2 OR (u.user_name_key = $2 AND NOT u.deleted) OR (u.user_name_key = $2 AND u.deleted))
ORDER BY CASE WHEN u.id = $2 THEN 0 WHEN NOT u.deleted THEN 1 ELSE 2 END, u.deleted_at DESC, u.ordinal DESC LIMIT 1`

	searchUsers = `SELECT ` + userColumns + ` FROM users u
WHERE u.customer_id = $1 AND NOT u.deleted AND u.user_name_key >= $2 AND u.user_name_key < $3 ORDER BY u.user_name_key LIMIT $4`
)

// UserOf finds a user for support by id or by name key: one that is not deleted before one that is, and the latest of
// those. NotFound where there is none.
func (s *Store) UserOf(ctx context.Context, customerID, nameKeyOrID string) (bridge.User, error) {
	var row userRow
	found, err := s.reading().get(ctx, &row, userOf, customerID, text(nameKeyOrID))
	if err == nil && !found {
		err = errNoUser()
	}
	if err != nil {
		return bridge.User{}, failed("find a user", err)
	}
	return row.user(), nil
}

// afterAll is greater than whatever a name may hold: the last code point, which stands for no character.
const afterAll = "\U0010FFFF"

// SearchUsers lists users, not deleted, whose name key begins with a prefix, by name.
func (s *Store) SearchUsers(ctx context.Context, customerID, prefix string, limit int) ([]bridge.User, error) {
	var rows []userRow
	if err := s.reading().list(ctx, &rows, searchUsers, customerID, text(prefix), text(prefix+afterAll), limit); err != nil {
		return nil, failed("search users", err)
	}
	return mapped(rows, userRow.user), nil
}
