package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"drawbridge/bridge"
)

const (
	// Few are stuck, let through or locked out: those are found once, and not looked up for each of a hundred thousand.
	departingFew = `WITH stuck AS MATERIALIZED (SELECT user_id, parked FROM due WHERE customer_id = $1 AND parked <> ''),
  passed AS MATERIALIZED (SELECT user_id, removed_at FROM approvals WHERE customer_id = $1),
  locked AS MATERIALIZED (SELECT user_id, since FROM containments WHERE customer_id = $1 AND lifted_at = 0)
SELECT `
	departingColumns = `u.ordinal, u.id, u.active, u.removed_at, u.deleted_at, l.okta_id, l.status, l.status_at, l.taken, l.taken_at, l.foreign_account, l.protected,
  l.provider, l.has_password, d.parked, a.user_id IS NOT NULL, k.since`
	departingDetail = `, u.doc, l.applied, ` + departingFacts

	// Whatever a row of a plan follows from, but for the identity provider and what a person chose.
	departingFacts = `concat_ws('/', u.active, u.removed_at, COALESCE(l.okta_id, ''), l.status, l.status_at, l.taken, l.taken_at, l.foreign_account, l.protected, l.provider, l.has_password,
  COALESCE(d.parked, ''), a.user_id IS NOT NULL, COALESCE(k.since, 0))`
	departingFrom = ` FROM users u
  LEFT JOIN links l ON l.customer_id = u.customer_id AND l.user_id = u.id
  LEFT JOIN stuck d ON d.user_id = u.id
  LEFT JOIN passed a ON a.user_id = u.id AND a.removed_at = u.removed_at
  LEFT JOIN locked k ON k.user_id = u.id`
	ofCustomer    = ` WHERE u.customer_id = $1 AND (NOT u.deleted OR l.okta_id IS NOT NULL)`
	stillGoverned = ofCustomer + ` AND u.connected`
	rejoins       = ofCustomer + ` AND NOT u.connected AND NOT EXISTS (SELECT 1 FROM unmanaged m WHERE m.customer_id = u.customer_id AND m.user_id = u.id)`
	byOrdinal     = ` ORDER BY u.ordinal`

	departing       = departingFew + departingColumns + departingFrom + stillGoverned + byOrdinal
	departingInFull = departingFew + departingColumns + departingDetail + departingFrom + stillGoverned + byOrdinal
	rejoining       = departingFew + departingColumns + departingFrom + rejoins + byOrdinal
	changed         = departingFew + departingColumns + departingDetail + `, r.outcome, r.sign_in` + departingFrom + `
  LEFT JOIN plan_rows r ON r.customer_id = u.customer_id AND r.plan_id = $2 AND r.ordinal = u.ordinal` + stillGoverned + `
  AND ($3 OR r.facts IS NULL OR r.facts <> ` + departingFacts + ` OR r.reason = '` + bridge.ReasonApproved + `')
  AND u.ordinal BETWEEN $4 AND $5`

	governedOrdinals = `SELECT (SELECT MIN(u.ordinal)` + governed + `) AS least, (SELECT MAX(u.ordinal)` + governed + `) AS most`
	governed         = ` FROM users u WHERE u.customer_id = $1 AND u.connected`

	// comparers is how many connections compare a plan with what is, each a part of the customer's people.
	comparers = 4
)

// EachDeparting implements bridge.PlanStore.
func (s *Store) EachDeparting(ctx context.Context, customerID string, detail bool, each func(bridge.Subject) error) error {
	query := departing
	if detail {
		query = departingInFull
	}
	return failed("read the people of a plan", s.eachOf(ctx, query, customerID, detail, each))
}

// EachRejoining implements bridge.PlanStore.
func (s *Store) EachRejoining(ctx context.Context, customerID string, each func(bridge.Subject) error) error {
	return failed("read the people who would come back", s.eachOf(ctx, rejoining, customerID, false, each))
}

// EachChanged implements bridge.PlanStore. The database compares: of a hundred thousand people few have changed. Somebody waits
// for it, so the parts of a customer are compared beside each other.
func (s *Store) EachChanged(ctx context.Context, p bridge.Plan, all bool, each func(bridge.Subject, *bridge.PlanRow) error) error {
	var ends struct{ Least, Most sql.NullInt64 }
	if _, err := s.reading().get(ctx, &ends, governedOrdinals, p.CustomerID); err != nil {
		return failed("find the people of a plan", err)
	}
	if !ends.Least.Valid {
		return nil
	}
	complete, err := s.completer(ctx, p.CustomerID)
	if err != nil {
		return err
	}
	defer s.givePagesBack()
	length := (ends.Most.Int64-ends.Least.Int64)/comparers + 1
	var one sync.Mutex
	work, ctx := errgroup.WithContext(ctx)
	for from := ends.Least.Int64; from <= ends.Most.Int64; from += length {
		work.Go(func() error {
			var outcome, signIn sql.NullString
			return s.reading().each(ctx, changed, func(rows *sql.Rows) error {
				x, err := scanDeparting(rows, true, &outcome, &signIn)
				if err != nil {
					return err
				}
				complete(&x)
				one.Lock()
				defer one.Unlock()
				if !outcome.Valid {
					return each(x, nil)
				}
				was := bridge.PlanRow{UserID: x.User.ID, Ordinal: x.User.Ordinal, SignIn: bridge.SignInWay(signIn.String)}
				become(&was.Outcome, outcome.String)
				return each(x, &was)
			}, p.CustomerID, p.ID, all, from, from+length-1)
		})
	}
	return failed("compare a plan", work.Wait())
}

// eachOf reads everybody in one statement: joined page by page, a hundred thousand people take twice as long.
func (s *Store) eachOf(ctx context.Context, query, customerID string, detail bool, each func(bridge.Subject) error) error {
	complete, err := s.completer(ctx, customerID)
	if err != nil {
		return err
	}
	defer s.givePagesBack()
	return s.reading().each(ctx, query, func(rows *sql.Rows) error {
		x, err := scanDeparting(rows, detail)
		if err != nil {
			return err
		}
		complete(&x)
		return each(x)
	}, customerID)
}

// completer returns what adds to somebody what all people of a customer who are to leave have in common.
func (s *Store) completer(ctx context.Context, customerID string) (func(*bridge.Subject), error) {
	customer, err := s.CustomerByID(ctx, customerID)
	if err != nil {
		return nil, err
	}
	idp, err := s.IdPOf(ctx, customerID)
	return func(x *bridge.Subject) {
		x.Customer, x.IdP = customer, idp
		x.User.CustomerID, x.User.Connected = customerID, true
	}, err
}

const (
	unansweredRemovals = `SELECT u.removed_at FROM users u WHERE u.customer_id = ? AND u.connected AND NOT u.active AND u.removed_at <> 0
  AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.customer_id = u.customer_id AND a.user_id = u.id AND a.removed_at = u.removed_at)`
	activeUsers = `SELECT COUNT(*) FROM users u WHERE u.customer_id = ? AND u.connected AND u.active`
)

// Unanswered implements bridge.PlanStore.
func (s *Store) Unanswered(ctx context.Context, customerID string) (at []time.Time, active int, err error) {
	var removed []int64
	if err = s.reading().list(ctx, &removed, unansweredRemovals, customerID); err == nil {
		_, err = s.reading().get(ctx, &active, activeUsers, customerID)
	}
	return mapped(removed, moment), active, failed("list the removals", err)
}

// scanDeparting scans one row by hand: there are a hundred thousand of them while a person waits.
func scanDeparting(rows *sql.Rows, detail bool, more ...any) (bridge.Subject, error) {
	var x bridge.Subject
	var l bridge.Link
	var removed, deleted int64
	var oktaID, status, taken, provider, password, parked sql.NullString
	var statusAt, takenAt sql.NullInt64
	var foreign, protected sql.NullBool
	var contained sql.NullInt64
	var applied []byte
	into := []any{
		&x.User.Ordinal, &x.User.ID, &x.User.Active, &removed, &deleted, &oktaID, &status, &statusAt, &taken, &takenAt, &foreign, &protected,
		&provider, &password, &parked, &x.Approved, &contained,
	}
	if detail {
		into = append(into, &x.User.Doc, &applied, &x.PlanFacts)
	}
	into = append(into, more...)
	if err := rows.Scan(into...); err != nil {
		return x, err
	}
	x.User.Removed, x.User.Deleted = moment(removed), moment(deleted)
	x.Contained = moment(contained.Int64)
	if parked.String != "" {
		x.Due = &bridge.Due{UserID: x.User.ID, Parked: parked.String}
	}
	if !status.Valid {
		return x, nil
	}
	l = bridge.Link{
		UserID: x.User.ID, OktaID: oktaID.String, StatusAt: moment(statusAt.Int64), TakenAt: moment(takenAt.Int64),
		Foreign: foreign.Bool, Protected: protected.Bool, Provider: provider.String, Password: bridge.PasswordFact(password.String),
	}
	become(&l.Status, status.String)
	become(&l.Taken, taken.String)
	if applied != nil {
		if err := json.Unmarshal(applied, &l.Applied); err != nil {
			return x, err
		}
	}
	x.Link = &l
	return x, nil
}

const idpOf = `SELECT ` + idpColumns + ` FROM customers c` + idpOfCustomer + ` WHERE c.id = ?`

// IdPOf implements bridge.PlanStore.
func (s *Store) IdPOf(ctx context.Context, customerID string) (*bridge.OktaIdP, error) {
	var row struct {
		IdP idpRow `db:"p"`
	}
	_, err := s.reading().get(ctx, &row, idpOf, customerID)
	return row.IdP.idp(), failed("read what is known of an identity provider", err)
}
