package oktasync

import (
	"context"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// lostFor is how long the search for the accounts of a customer may take: a page of 200 after the other.
const lostFor = 5 * time.Minute

// review looks for what a restore has forgotten of each frozen customer, once, and has each account read once. It writes nothing
// to Okta.
func (k *keeper) review(ctx context.Context) error {
	frozen, err := k.Store.FrozenCustomers(ctx)
	if err != nil {
		return err
	}
	for _, c := range frozen {
		if err := k.reviewCustomer(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

func (k *keeper) reviewCustomer(ctx context.Context, id string) error {
	f, err := k.Store.Found(ctx, id)
	if err != nil {
		return err
	}
	if f.At.IsZero() {
		if err := k.lookFor(ctx, id); err != nil {
			return err
		}
	}
	return inBatches(ctx, func(ctx context.Context) (int, error) { return k.Store.MarkForSweep(ctx, id, planBatch) })
}

// lookFor keeps what Okta has of a customer: its record, and its accounts whose users are not here.
func (k *keeper) lookFor(ctx context.Context, id string) error {
	at, err := k.Store.RecordID(ctx, id)
	if err != nil {
		return err
	}
	r, err := k.find(ctx, at, customerRecord(id))
	if err != nil {
		return err
	}
	f := bridge.Found{At: k.Now()}
	if r != nil {
		record, err := bridge.Decode[bridge.CustomerRecord](r.Text)
		if err == nil {
			f.Record = &record
		} else {
			k.Log.ErrorContext(ctx, "the record of a customer is taken as missing", "record", r.Name, "error", err)
		}
	}
	if f.Lost, err = k.lost(ctx, id); err != nil {
		return err
	}
	return k.Store.SaveFound(ctx, id, f)
}

// lost are the keys on accounts of a customer whose users are not here.
func (k *keeper) lost(ctx context.Context, id string) ([]string, error) {
	bounded, cancel := context.WithTimeout(ctx, lostFor)
	defer cancel()
	found, err := k.Org.Find(bounded, CustomerAttr, id)
	if err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(found))
	for _, a := range found {
		if _, key := a.Marker(); key != "" {
			keys = append(keys, key)
		}
	}
	return k.Store.Strangers(ctx, id, keys)
}

// noteOut keeps, of a frozen customer, that an account lets nobody in whose user is active here: the account's flag tells whether
// that is our doing, which was forgotten. It comes before the read itself is written down, so that none is missed.
func (j *job) noteOut(ctx context.Context, a Account) error {
	if !j.Customer.Frozen() || !j.User.Active || a.Status != policy.Suspended && a.Status != policy.Deprovisioned {
		return nil
	}
	customer, key := a.Marker()
	if customer != j.User.CustomerID || key != j.User.ID {
		return nil
	}
	return j.Store.NoteOut(ctx, customer, key, string(a.Status), a.Profile[ActiveAttr] == false)
}
