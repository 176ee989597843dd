package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"drawbridge/bridge"
)

const (
	holdings = `SELECT
  (SELECT COUNT(*) FROM users WHERE customer_id = $1) AS people,
  (SELECT COUNT(*) FROM links WHERE customer_id = $1 AND okta_id IS NOT NULL) AS accounts,
  (SELECT COUNT(*) FROM containments WHERE customer_id = $1 AND lifted_at = 0) AS locked,
  (SELECT COUNT(*) FROM conversions WHERE customer_id = $1 AND state <> 'done') AS no_password`

	deleteCustomer = `UPDATE customers SET state = 'deleted', epoch = epoch + 1, okta_idp = '', disconnected_by = 0, verify_from = 0, modified_at = ? WHERE id = ?`

	releaseAll     = `UPDATE users SET connected = FALSE WHERE customer_id = ? AND connected` // none is, unless something went wrong
	endWaves       = `UPDATE waves SET stopped_at = ? WHERE customer_id = ? AND stopped_at = 0`
	forgetTokens   = `DELETE FROM tokens WHERE customer_id = ?`
	forgetDomains  = `DELETE FROM domains WHERE customer_id = ?`
	forgetContacts = `DELETE FROM contacts WHERE customer_id = ?`
	forgetIdP      = `DELETE FROM okta_idps WHERE customer_id = ?`
	forgetDue      = `DELETE FROM due WHERE customer_id = ?`
)

// Holdings implements bridge.DeleteStore.
func (s *Store) Holdings(ctx context.Context, customerID string) (bridge.Holdings, error) {
	h, err := s.reading().holdings(ctx, customerID)
	return h, failed("count what is kept of a customer's people", err)
}

func (c *session) holdings(ctx context.Context, customerID string) (bridge.Holdings, error) {
	var row struct {
		People     int `db:"people"`
		Accounts   int `db:"accounts"`
		Locked     int `db:"locked"`
		NoPassword int `db:"no_password"`
	}
	_, err := c.get(ctx, &row, holdings, customerID)
	return bridge.Holdings(row), err
}

// errDeleted says that a customer is there no more.
func errDeleted(c bridge.Customer) error {
	return refusal(bridge.Conflict, "this customer was deleted on "+c.Modified.Format(time.DateOnly)+"; its slug stays taken, so add a customer under another one")
}

// DeleteCustomer implements bridge.DeleteStore. A call of the syncer begins either before this commit, and is found here, or
// after it, and is refused: both take the customer's row.
func (s *Store) DeleteCustomer(ctx context.Context, c bridge.Customer, at time.Time, event func(string, map[string]string) bridge.Event) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *session) error {
		row, err := tx.lockCustomer(ctx, customerByID, c.ID)
		if err != nil {
			return err
		}
		if bridge.State(row.State) != bridge.Disconnected || row.Epoch != c.Epoch {
			return refusal(bridge.Conflict, "the connection has changed meanwhile; look at it again (drawbridge customer show "+row.Slug+")")
		}
		var open int
		if _, err := tx.get(ctx, &open, openCalls, row.ID); err != nil {
			return err
		}
		if open > 0 {
			return refusal(bridge.Conflict, "a call to Okta for one of the customer's people is not over; try again in a minute")
		}
		data, err := tx.releaseCustomer(ctx, row.ID, at)
		if err != nil {
			return err
		}
		return tx.addEvents(ctx, event(bridge.EventCustomerDeleted, data))
	})
	if err != nil {
		return failed("delete a customer", err)
	}
	s.Wake()
	return nil
}

// releaseCustomer takes away what a deleted customer holds, and returns what its event says.
func (c *session) releaseCustomer(ctx context.Context, id string, at time.Time) (map[string]string, error) {
	h, err := c.holdings(ctx, id)
	if err != nil {
		return nil, err
	}
	var domains []domainRow
	if err := c.list(ctx, &domains, domainsOf, id); err != nil {
		return nil, err
	}
	if _, err := c.exec(ctx, endWaves, micros(at), id); err != nil {
		return nil, err
	}
	if err := c.forget(ctx, id, releaseAll, forgetTokens, forgetDomains, forgetContacts, forgetIdP, forgetDue); err != nil {
		return nil, err
	}
	names := mapped(domains, func(d domainRow) string { return d.Name })
	data := map[string]string{"people": strconv.Itoa(h.People), "accounts": strconv.Itoa(h.Accounts), "domains": strings.Join(names, " ")}
	_, err = c.exec(ctx, deleteCustomer, micros(at), id)
	return data, err
}

// forget runs statements that take the customer alone.
func (c *session) forget(ctx context.Context, customerID string, statements ...string) error {
	for _, query := range statements {
		if _, err := c.exec(ctx, query, customerID); err != nil {
			return err
		}
	}
	return nil
}
