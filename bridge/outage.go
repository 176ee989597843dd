package bridge

import "time"

// CircuitState is the name under which the syncer keeps an Outage as JSON, or null, in the store.
const CircuitState = "circuit"

// Outage is a time in which Okta answers nobody.
type Outage struct {
	Since       time.Time `json:"since"`
	Status      int       `json:"status"` // HTTP; 0: no answer
	Code        string    `json:"code,omitempty"`
	StillActive int       `json:"still_active"` // removed people whose accounts still let them in
	Users       []string  `json:"users"`        // their user ids, at most 100
}
