package bridge

import (
	"encoding/json"
	"slices"
	"time"
)

// RecordName is the name of the record that Okta keeps of this installation; those of its customers go on with "-" and the
// customer's id.
const RecordName = "drawbridge-record"

// MaxRecord is how many characters Okta keeps of a record.
const MaxRecord = 1024

// Counter tells a database from an older copy of itself. It grows here first, then in Okta, and here again: Okta never has more
// than Pending, unless this is not the database that it was counted up from.
type Counter struct {
	OktaID    string    `json:"okta_id"`   // where Okta keeps it; empty: not known
	Pending   int64     `json:"pending"`   // what Okta has, or is about to have
	Confirmed int64     `json:"confirmed"` // what Okta had at least
	Strayed   time.Time `json:"strayed"`   // when Okta was last found to have less than Confirmed: somebody changed it there; zero: never
}

// Count is the counter as Okta keeps it.
type Count struct {
	Counter int64     `json:"counter"`
	At      time.Time `json:"at"`
}

// CustomerRecord is what Okta keeps of a customer, so that a restored database learns what it has forgotten. It holds nothing of
// people.
type CustomerRecord struct {
	Slug   string    `json:"slug"`
	Epoch  int64     `json:"epoch"`
	State  State     `json:"state"`
	Tokens []string  `json:"tokens"` // ids of those that are live, sorted
	At     time.Time `json:"at"`     // when it was put there
}

// Same reports whether two records differ in nothing but their time.
func (r CustomerRecord) Same(as CustomerRecord) bool {
	return r.Slug == as.Slug && r.Epoch == as.Epoch && r.State == as.State && slices.Equal(r.Tokens, as.Tokens)
}

// KeptRecord is a customer's record as it should be in Okta, and as it was put there last.
type KeptRecord struct {
	CustomerID string
	OktaID     string // where Okta keeps it; empty: not known
	Want       CustomerRecord
	Put        CustomerRecord // zero: it was never put
}

// Trouble says why the records in Okta cannot be read or written.
type Trouble struct {
	Since    time.Time `json:"since"`
	Sentence string    `json:"sentence"`
}

// TroubleState is the name under which the syncer keeps a Trouble as JSON, or null, in the store.
const TroubleState = "record_trouble"

// Found is what the syncer found in Okta of a customer after a restore.
type Found struct {
	Record *CustomerRecord // nil: Okta keeps none
	Lost   []string        // keys of users on accounts of the customer whose users are not here
	At     time.Time       // zero: it was not looked for yet
}

// Decode reads a record from its text in Okta. Invalid where somebody has changed it there into something else.
func Decode[T Count | CustomerRecord](text string) (T, error) {
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return v, &Error{Code: Invalid, Message: "the record in Okta is not one of ours: somebody has changed it there", Err: err}
	}
	return v, nil
}
