package oktasync

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"drawbridge/bridge"
)

// Record is a short text that the org keeps for us, in a group of its own that has no members.
type Record struct {
	ID   string // Okta's id of the group
	Name string // unique in the org
	Text string // at most bridge.MaxRecord characters
}

// Records are what the org keeps for us, so that a database that was restored from a backup can be told from the one that it is a
// copy of. Every method sends at most one request that writes, and fails with an *OrgError.
type Records interface {
	// ReadRecord reads one by its id; strongly consistent. CauseGone: there is none.
	ReadRecord(ctx context.Context, id string) (Record, error)
	// FindRecord looks one up by its name; nil: Okta's search, which lags by seconds, shows none.
	FindRecord(ctx context.Context, name string) (*Record, error)
	// CreateRecord makes one. CauseTaken: there is one of the name.
	CreateRecord(ctx context.Context, name, text string) (Record, error)
	// WriteRecord replaces the text of one.
	WriteRecord(ctx context.Context, r Record) error
}

const (
	// vouchFor is how long a count in Okta stands for the calls that follow: a backup older than so much activity is noticed.
	vouchFor = 5 * time.Minute
	// recordLook is how often it is looked whether a customer's record in Okta is to be changed, or an account of a frozen one read.
	recordLook = time.Second
	// recordRetry is how long the records rest after a failure, and vouchRetry how long a call that writes does.
	recordRetry = 15 * time.Second
	vouchRetry  = 5 * time.Second
)

// keeper keeps the records in Okta under a lease.
type keeper struct {
	*Syncer
	lease bridge.Lease

	mu       sync.Mutex // one comparison at a time
	compared time.Time  // when Okta's count was last compared with ours; zero: not under this lease
	bumped   time.Time  // when it was last raised; zero: not under this lease

	telling sync.Mutex
	trouble *string // what was published last; nil: nothing under this lease

	cuts sync.Map // ids of customers whose cut is on record
}

// keepRecords compares Okta's count with ours, closes proven when that is done, and then keeps the records until ctx ends.
func (k *keeper) keepRecords(ctx context.Context, proven chan<- struct{}) {
	if k.Records == nil {
		close(proven)
		return
	}
	for !k.attempt(ctx, k.begin) {
		if !pause(ctx, recordLook) {
			return
		}
	}
	close(proven)
	for pause(ctx, recordLook) {
		if !k.attempt(ctx, k.round) && !pause(ctx, recordRetry) {
			return
		}
	}
}

// attempt does something unless Okta answers nobody, says what stands in the way, and reports whether it was done.
func (k *keeper) attempt(ctx context.Context, do func(context.Context) error) bool {
	if k.circuit.open() {
		return false
	}
	err := do(ctx)
	if ctx.Err() != nil {
		return false
	}
	k.publish(ctx, err)
	var o *OrgError
	if errors.As(err, &o) && o.Cause == CauseOrg {
		k.circuit.trip(ctx, o)
	}
	return err == nil
}

// publish says for people what keeps the records from being read or written; an unchanged state is not written again.
func (k *keeper) publish(ctx context.Context, err error) {
	k.telling.Lock()
	defer k.telling.Unlock()
	sentence := ""
	if err != nil {
		sentence = err.Error()
	}
	if k.trouble != nil && *k.trouble == sentence {
		return
	}
	if err != nil {
		k.Log.ErrorContext(ctx, "the records in Okta cannot be kept; they are tried again", "error", err)
	}
	value := []byte("null")
	if err != nil {
		value, _ = json.Marshal(bridge.Trouble{Since: k.Now(), Sentence: sentence}) // plain fields: cannot fail
	}
	if err := k.Store.SetState(ctx, bridge.TroubleState, string(value)); err != nil {
		k.Log.WarnContext(ctx, "the state of the records could not be written", "error", err)
		return
	}
	k.trouble = &sentence
}

// begin compares and counts once, whoever counted before.
func (k *keeper) begin(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.compare(ctx, true)
}

// round compares now and then, keeps the customers' records, and goes on with the reviews.
func (k *keeper) round(ctx context.Context) error {
	if err := k.check(ctx, vouchFor); err != nil {
		return err
	}
	return errors.Join(k.keepCustomers(ctx), k.review(ctx))
}

// check compares unless that was done within age.
func (k *keeper) check(ctx context.Context, age time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Now().Sub(k.compared) < age {
		return nil
	}
	return k.compare(ctx, false)
}

// recordError hides the cause of a failure from whoever asks what became of an account, of which it says nothing.
type recordError struct{ err error }

func (e *recordError) Error() string {
	return "the database cannot be told from an older copy of itself: " + e.err.Error()
}

// vouch is asked before a call that writes starts. It counts, unless that was done a little while ago.
func (k *keeper) vouch(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Now().Sub(k.bumped) < vouchFor {
		return nil
	}
	err := k.compare(ctx, true)
	if err == nil {
		return nil
	}
	k.compared = time.Time{} // so that the rounds do not call it over before it is
	k.publish(ctx, err)
	var o *OrgError
	if errors.As(err, &o) && o.Cause == CauseOrg {
		k.circuit.trip(ctx, o)
	}
	return &recordError{err}
}

// compare tells whether this database is the one that Okta's count is of, and raises the count where that is wanted or Okta has
// lost it. Where it is not, everything that is not off waits for a person from then on.
func (k *keeper) compare(ctx context.Context, bump bool) error {
	c, err := k.Store.Counter(ctx)
	if err != nil {
		return err
	}
	r, err := k.find(ctx, c.OktaID, bridge.RecordName)
	if err != nil {
		return err
	}
	var there bridge.Count
	if r != nil {
		there, _ = bridge.Decode[bridge.Count](r.Text) // what cannot be read counts for nothing
		c.OktaID = r.ID
	}
	switch {
	case there.Counter > c.Pending:
		if c, err = k.restored(ctx, c, there); err != nil {
			return err
		}
		bump = true
	case there.Counter < c.Confirmed:
		k.Log.ErrorContext(ctx, "somebody has changed the record of Drawbridge in Okta, or taken it away; it is written again", "record", bridge.RecordName)
		c.Strayed, bump = k.Now(), true
	}
	if bump {
		if err := k.bump(ctx, c); err != nil {
			return err
		}
	}
	k.compared = k.Now()
	return nil
}

// restored makes every customer wait for a person.
func (k *keeper) restored(ctx context.Context, c bridge.Counter, there bridge.Count) (bridge.Counter, error) {
	c.Pending, c.Confirmed = there.Counter, there.Counter
	n, err := k.Store.Freeze(ctx, k.lease, c, k.Now(), func(customerID string) bridge.Event {
		return k.newEvent(customerID, bridge.EventCustomerFrozen, nil)
	})
	if err == nil {
		k.Log.ErrorContext(ctx, "ALARM: this database is older than what was last done with it: it was restored from a backup; "+
			"nothing is written to Okta and SCIM answers 503 until a person approves each customer: drawbridge restore review", "customers", n)
	}
	return c, err
}

// bump raises the count: here, in Okta, and here again. It may be cut off anywhere: what Okta has is never above Pending.
func (k *keeper) bump(ctx context.Context, c bridge.Counter) error {
	c.Pending++
	if err := k.Store.SaveCounter(ctx, k.lease, c); err != nil {
		return err
	}
	now := k.Now()
	text, _ := json.Marshal(bridge.Count{Counter: c.Pending, At: now}) // plain fields: cannot fail
	id, err := k.put(ctx, c.OktaID, bridge.RecordName, string(text))
	if err != nil {
		return err
	}
	c.OktaID, c.Confirmed = id, c.Pending
	if err := k.Store.SaveCounter(ctx, k.lease, c); err != nil {
		return err
	}
	k.bumped = now
	return nil
}

// find reads a record by its id or, where that is not known or not its any more, by its name; nil: Okta has none.
func (k *keeper) find(ctx context.Context, id, name string) (*Record, error) {
	ctx, cancel := context.WithTimeout(ctx, k.Timeout)
	defer cancel()
	if id != "" {
		r, err := k.Records.ReadRecord(ctx, id)
		var o *OrgError
		switch {
		case err == nil && r.Name == name:
			return &r, nil
		case err != nil && !(errors.As(err, &o) && o.Cause == CauseGone):
			return nil, err
		}
	}
	return k.Records.FindRecord(ctx, name)
}

// put writes the text of a record, which is made if Okta has none, and returns its id.
func (k *keeper) put(ctx context.Context, id, name, text string) (string, error) {
	r, err := k.find(ctx, id, name)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, k.Timeout)
	defer cancel()
	if r == nil {
		made, err := k.Records.CreateRecord(ctx, name, text)
		return made.ID, err
	}
	r.Text = text
	return r.ID, k.Records.WriteRecord(ctx, *r)
}

// customerRecord is the name of a customer's record.
func customerRecord(id string) string { return bridge.RecordName + "-" + id }

// keepCustomers writes the records of those customers whose state, epoch or tokens are others than Okta has. It compares before: what
// an older copy of the database has to say must not cover what Okta knows.
func (k *keeper) keepCustomers(ctx context.Context) error {
	for changed := false; ; changed = true {
		list, err := k.Store.Records(ctx)
		if err != nil {
			return err
		}
		differing := k.differing(list)
		if len(differing) == 0 {
			return nil
		}
		if !changed {
			if err := k.check(ctx, 0); err != nil {
				return err
			}
			continue // those that are frozen by now are not in the list any more
		}
		for _, r := range differing {
			if err := k.keepCustomer(ctx, r); err != nil || ctx.Err() != nil {
				return err
			}
		}
		return nil
	}
}

// differing are the records to be written. It notes which cuts are on record.
func (k *keeper) differing(list []bridge.KeptRecord) []bridge.KeptRecord {
	var differing []bridge.KeptRecord
	for _, r := range list {
		if !r.Want.Same(r.Put) {
			differing = append(differing, r)
		}
		if r.Put.State.Cut() && r.Put.Epoch == r.Want.Epoch {
			k.cuts.Store(r.CustomerID, true)
		} else {
			k.cuts.Delete(r.CustomerID)
		}
	}
	return differing
}

func (k *keeper) keepCustomer(ctx context.Context, r bridge.KeptRecord) error {
	r.Want.At = k.Now()
	text, _ := json.Marshal(r.Want) // plain fields: cannot fail
	id, err := k.put(ctx, r.OktaID, customerRecord(r.CustomerID), string(text))
	if err != nil {
		return err
	}
	return k.Store.SaveRecord(ctx, r.CustomerID, id, r.Want)
}

// cutOnRecord reports whether Okta knows that a customer's connection was cut: until then, its disconnect is not done.
func (k *keeper) cutOnRecord(customerID string) bool {
	_, ok := k.cuts.Load(customerID)
	return ok
}
